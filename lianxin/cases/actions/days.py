"""A county's own working days: 那达慕, a flood on which all work. What was counted with a day that has passed stays."""

from datetime import date, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.cases import workdays
from lianxin.cases.errors import CaseError
from lianxin.cases.models import LocalDay
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.access import TREE_CHANGE, unit_for
from lianxin.organizations.models import Unit
from lianxin.ui.words import words_in

FURTHEST = timedelta(days=3 * 366)
DAY_SET = "cases.day_set"


@transaction.atomic
def set_day(*, actor: AbstractBaseUser, county: Unit, day: date, works: bool | None, name: str = "", reason: str = "") -> Entry:
    """Say that the county works on a day, or does not, whatever the country's calendar says; None: as that says, again.

    Clocks that run already keep their due day; those that start, go on after a pause or get more time from now on follow it.
    name: what the day is; needed unless `works` is None, which needs a reason.
    Raises Http404 where the county's days are not the actor's to set; CaseError for a day that has passed, is too far ahead or
    is so already, and where words are missing.
    """
    county = unit_for(actor, county.code, TREE_CHANGE)
    if not clock.today() <= day <= clock.today() + FURTHEST:
        raise CaseError("day_outside")
    stands = LocalDay.objects.select_for_update().filter(county=county, day=day).first()
    if works is None:
        if stands is None:
            raise CaseError("day_so_already")
        if not words_in(reason):
            raise CaseError("no_reason")
    elif not words_in(name):
        raise CaseError("day_name")
    elif (stands.works, stands.name) == (works, name.strip()) if stands else _country_says(day) == works:
        raise CaseError("day_so_already")
    entry = record(
        actor=actor,
        kind=DAY_SET,
        unit=county,
        happened_on=clock.today(),
        subject=f"cases.day:{county.code}.{day.isoformat()}",
        data={"day": day.isoformat(), "works": workdays.works(day) if works is None else works, "own": works is not None},
        reason=reason,
    )
    if works is None:
        LocalDay.objects.filter(county=county, day=day).delete()
    else:
        said = {"works": works, "name": name.strip()[:60], "entry": entry}
        LocalDay.objects.update_or_create(county=county, day=day, defaults=said)
    return entry


def _country_says(day: date) -> bool | None:
    """Whether the country works on that day; None: not announced yet."""
    return workdays.works(day) if workdays.known(day.year) else None
