"""Terms of office: when a committee was elected, when its term ends. Derived from entries and facts, never stored."""

from collections.abc import Sequence
from datetime import date

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Fact, Person, Unit

USUAL_TERM = 3
"""Years, where a unit has no `term_years` fact: branches other than of villages and communities."""


def anniversary(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def last_election_on(unit: Unit) -> date | None:
    """The day of the last election on record."""
    held = Entry.objects.standing().filter(unit=unit, kind="organizations.election_held").order_by("-happened_on")
    return held.values_list("happened_on", flat=True).first()


def term_years(unit: Unit, day: date) -> int:
    """How long a term lasts for this unit, in years, by its `term_years` fact."""
    value = Fact.objects.known().on(day).filter(unit=unit, key="term_years").values_list("value", flat=True).first()
    return int(value) if value else USUAL_TERM


def term_end(unit: Unit, as_of: date | None = None) -> date | None:
    """The day by which the next election is due: the last one, else the founding, plus the term."""
    day = as_of or clock.today()
    start = last_election_on(unit)
    if start is None:
        founded = Fact.objects.known().on(day).filter(unit=unit, key="founded_on").values_list("value", flat=True).first()
        start = date.fromisoformat(founded) if founded else None
    return anniversary(start, term_years(unit, day)) if start else None


def average_age(people: Sequence[Person], day: date) -> int | None:
    """Average age in whole years, half up, of those whose birth year is known; None where none is."""
    ages = [day.year - person.birth_year for person in people if person.birth_year]
    return (2 * sum(ages) + len(ages)) // (2 * len(ages)) if ages else None
