"""The calendar of schemes: periods, cells, cut-offs. All of it happens here, in Python; compiled SQL only compares days.

Months and quarters are those of local dates. A day that a month lacks is clamped to the month's last: 29 February + 3 years =
28 February, 31 August − 6 months = 28 February (29 in a leap year). Both ends of a `Span` are days inside it.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal

from django.utils.translation import gettext as _

from lianxin.ledger import clock

Unit = Literal["year", "half", "quarter", "month"]
MONTHS_IN: dict[str, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}
FAR = date(9999, 12, 31)
"""Stands for “still holds”."""


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both inside."""

    first: date
    last: date

    @property
    def after(self) -> date:
        """The first day after it."""
        return self.last + timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Period(Span):
    """One year, half, quarter or month, with its name: `2026`, `2026-H1`, `2026-Q1`, `2026-03`."""

    unit: Unit
    label: str

    @cached_property
    def months(self) -> tuple[Span, ...]:
        return cells(self, "month")


def add_months(day: date, months: int) -> date:
    """`day` moved by months, clamped to the last day of the month it lands in."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    return add_months(day, 12 * years)


def period_on(unit: Unit, day: date) -> Period:
    """The period of that unit in which `day` lies."""
    size = MONTHS_IN[unit]
    first = date(day.year, (day.month - 1) // size * size + 1, 1)
    number = (first.month - 1) // size + 1
    label = {
        "year": f"{first.year}",
        "half": f"{first.year}-H{number}",
        "quarter": f"{first.year}-Q{number}",
        "month": f"{first.year}-{first.month:02d}",
    }[unit]
    return Period(first, add_months(first, size) - timedelta(days=1), unit, label)


def period_named(unit: Unit, label: str) -> Period:
    """The period called `label`. Raises ValueError where no period of that unit is called so."""
    match = re.fullmatch(r"(\d{4})(?:-([HQ]?)(\d{1,2}))?", label)
    if match:
        number = int(match[3] or 1)
        month = 1 + (number - 1) * MONTHS_IN[unit]
        if 1 <= month <= 12 and 1900 <= int(match[1]) < 2200:
            period = period_on(unit, date(int(match[1]), month, 1))
            if period.label == label:
                return period
    example = {"year": "2026", "half": "2026-H1", "quarter": "2026-Q1", "month": "2026-03"}[unit]
    raise ValueError(_("found the period “%(label)s”, expected one like %(example)s") % {"label": label, "example": example})


def cells(period: Span, unit: Unit) -> tuple[Span, ...]:
    """The months or quarters of a period, in order."""
    size = MONTHS_IN[unit]
    starts = [period.first]
    while starts[-1] <= period.last:
        starts.append(add_months(starts[-1], size))
    return tuple(Span(first, following - timedelta(days=1)) for first, following in pairwise(starts))


def prorated(need: int, months: int, of_months: int) -> int:
    """What is left of `need` for a unit that was there in some of the months: max(1, ceil(need × months ÷ of_months))."""
    return max(1, -(-need * months // of_months))


def closing(period: Span, days: int) -> datetime:
    """The instant at which a period's books close: the end of the `days`-th day after it, naive UTC."""
    return clock.end_of(period.last + timedelta(days=days))


def first_day_where(reaches: Callable[[date], bool]) -> date:
    """The first day for which `reaches` holds, for a condition that once true stays true. FAR where it never does.

    Turns “base + 3 years ≥ D” into a comparison of `base` with one day, so that SQL needs no date arithmetic.
    """
    low, high = date(1900, 1, 1).toordinal(), date(2200, 1, 1).toordinal()
    if not reaches(date.fromordinal(high)):
        return FAR
    while low < high:
        middle = (low + high) // 2
        if reaches(date.fromordinal(middle)):
            high = middle
        else:
            low = middle + 1
    return date.fromordinal(low)
