"""The working days of a year, as clocks count them: the country's calendar, and the county's own days before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import chinese_calendar
from django.http import Http404
from django.utils.translation import get_language

from lianxin.cases import workdays
from lianxin.cases.models import LocalDay
from lianxin.ledger import clock
from lianxin.organizations.access import STANDING_VIEW, TREE_CHANGE, AnyUser, grants_for, units_for
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind

HOLIDAYS: dict[str, str] = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}  # type: ignore[attr-defined]
BACK, AHEAD = 3, 2
"""Years offered for choice, around this one."""


@dataclass(frozen=True)
class Named:
    """Days in a row that the country has off, and for what."""

    first: date
    last: date
    name: str


@dataclass(frozen=True)
class Month:
    """One month: how many days are worked, and what is out of the ordinary."""

    first: date
    working: int
    off: Sequence[Named]
    make_up: Sequence[date]
    own: Sequence[LocalDay]


@dataclass(frozen=True)
class YearPage:
    """provisional: the country's calendar of that year is not known: Monday to Friday."""

    county: Unit
    counties: Sequence[tuple[str, str]]
    year: int
    years: Sequence[tuple[str, str]]
    provisional: bool
    known: tuple[int, int]
    months: Sequence[Month]
    working: int
    own: Sequence[LocalDay]
    may_set: bool
    today: date


def year_page(user: AnyUser, asked: Mapping[str, str]) -> YearPage:
    """The working days of `?year=` in a county of the reader's. Raises Http404 where they have none."""
    counties = counties_for(user)
    county = next((one for one in counties if one.code == asked.get("county")), counties[0] if counties else None)
    if county is None:
        raise Http404
    first, last = workdays.known_years()
    year = _year(asked.get("year", ""), first, last)
    own = list(LocalDay.objects.filter(county=county, day__year=year).select_related("entry").order_by("day"))
    works = {one.day: one.works for one in own}
    months = [_month(date(year, number, 1), own, works) for number in range(1, 13)]
    return YearPage(
        county=county,
        counties=[(one.code, one.name) for one in counties],
        year=year,
        years=[(str(one), str(one)) for one in sorted({*range(clock.today().year - BACK, clock.today().year + AHEAD + 1), year})],
        provisional=not workdays.known(year),
        known=(first, last),
        months=months,
        working=sum(month.working for month in months),
        own=own,
        may_set=county in settable(user),
        today=clock.today(),
    )


def counties_for(user: AnyUser) -> list[Unit]:
    """The counties in which the user's posts stand."""
    paths = {grant.path[:LABEL_WIDTH] for grant in grants_for(user) if STANDING_VIEW in grant.permissions}
    return list(Unit.objects.filter(path__in=paths, kind=UnitKind.COUNTY).order_by("path"))


def settable(user: AnyUser) -> list[Unit]:
    """The counties whose own days the user may set."""
    return list(units_for(user, TREE_CHANGE).filter(kind=UnitKind.COUNTY, closed_on=None).order_by("path"))


def said_of_day(county: Unit, asked: str) -> dict[str, Any]:
    """What a form about a day (as typed into an address; else today) begins with: what the county said of it, else the contrary
    of what the country's calendar says, for whoever sets a day wants it changed."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = clock.today()
    stands = LocalDay.objects.filter(county=county, day=day).first()
    works = stands.works if stands else not workdays.works(day)
    return {"day": day, "works": "yes" if works else "no", "name": stands.name if stands else ""}


def _year(asked: str, first: int, last: int) -> int:
    this = clock.today().year
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else this
    return year if first <= year <= max(last, this + AHEAD) else this


def _month(first: date, own: Sequence[LocalDay], works: Mapping[date, bool]) -> Month:
    following = (first + timedelta(days=31)).replace(day=1)
    days = [first + timedelta(days=number) for number in range((following - first).days)]
    known = workdays.known(first.year)
    return Month(
        first=first,
        working=sum(works.get(day, workdays.works(day)) for day in days),
        off=_in_a_row(day for day in days if day in chinese_calendar.constants.holidays) if known else (),
        make_up=[day for day in days if day in chinese_calendar.constants.workdays] if known else (),
        own=[one for one in own if one.day.month == first.month],
    )


def _in_a_row(days: Iterable[date]) -> list[Named]:
    found: list[Named] = []
    for day in days:
        name = _holiday(chinese_calendar.constants.holidays[day])
        if found and found[-1].name == name and found[-1].last == day - timedelta(days=1):
            found[-1] = Named(found[-1].first, day, name)
        else:
            found.append(Named(day, day, name))
    return found


def _holiday(name: str) -> str:
    """The country's own names: English ones in English, else Chinese."""
    return name if (get_language() or "zh-hans").startswith("en") else HOLIDAYS.get(name, name)
