"""Terms of office: when a committee was elected, when its term ends. Derived from entries and facts, never stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, QuerySet

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.organizations.models import Fact, Person, Placement, Unit, subtree

USUAL_TERM = 3
"""Years, where a unit has no `term_years` fact: branches other than of villages and communities."""
REMINDED = 6
"""Months before the end of a term from which on the election is called due."""
ELECTION = "organizations.election_held"


def anniversary(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def months_later(day: date, months: int) -> date:
    """The same day some months on (or back); a day the month does not have becomes its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def last_election_on(unit: Unit, as_of: date | None = None) -> date | None:
    """The day of the last election on record (by a day)."""
    held = Entry.objects.standing().filter(unit=unit, kind=ELECTION).order_by("-happened_on")
    if as_of is not None:
        held = held.filter(happened_on__lte=as_of)
    return held.values_list("happened_on", flat=True).first()


def term_years(unit: Unit, day: date) -> int:
    """How long a term lasts for this unit, in years, by its `term_years` fact."""
    value = Fact.objects.known().on(day).filter(unit=unit, key="term_years").values_list("value", flat=True).first()
    return int(value) if value else USUAL_TERM


def term_end(unit: Unit, as_of: date | None = None) -> date | None:
    """The day by which the next election is due: the last one, else the founding, plus the term."""
    day = as_of or clock.today()
    start = last_election_on(unit, as_of)
    if start is None:
        founded = Fact.objects.known().on(day).filter(unit=unit, key="founded_on").values_list("value", flat=True).first()
        start = date.fromisoformat(founded) if founded else None
    return anniversary(start, term_years(unit, day)) if start else None


@dataclass(frozen=True)
class Term:
    """One committee's term of office."""

    unit: Unit
    name: str
    place: str
    """The unit above it."""
    elected_on: date | None
    """None: no election on record; the term runs from the founding."""
    years: int
    due: date
    state: str
    """overdue, due_soon (within six months) or on_track."""


def term_of(unit: Unit, facts: Iterable[Fact], elected: date | None, moment: Moment) -> Term | None:
    """The term of one unit whose facts and last election are at hand; None where it elects nobody."""
    known = {fact.key: fact.value for fact in facts}
    return _term(unit, unit.name, "", elected, known.get("founded_on"), known.get("term_years"), moment.day)


def terms_of(rows: "QuerySet[Placement]", moment: Moment) -> list[Term]:
    """The terms of all these units that elect a committee, the earliest due first. Three queries, however many units."""
    units = rows.order_by().values("unit")
    held = Entry.objects.known_at(moment.known_at).filter(kind=ELECTION, happened_on__lte=moment.day, unit__in=units)
    elected = dict(held.order_by().values_list("unit").annotate(last=Max("happened_on")))
    facts: dict[tuple[int, str], str] = {}
    stated = Fact.objects.on(moment.day).known_at(moment.known_at).filter(key__in=("founded_on", "term_years"), unit__in=units)
    for unit_id, key, value in stated.values_list("unit_id", "key", "value"):
        facts[unit_id, key] = value
    electing = {unit_id for unit_id, key in facts if key == "founded_on"} | set(elected)
    terms = []
    for row in rows.filter(unit__in=electing).select_related("unit", "parent"):
        pk = row.unit_id
        place = row.parent.name if row.parent else ""
        term = _term(
            row.unit, row.name, place, elected.get(pk), facts.get((pk, "founded_on")), facts.get((pk, "term_years")), moment.day
        )
        if term is not None:
            terms.append(term)
    return sorted(terms, key=lambda term: (term.due, term.unit.code))


def elections_due(unit: Unit, months: int = REMINDED, as_of: date | None = None) -> list[Term]:
    """The elections in a unit's subtree that are overdue or fall due within so many months, the earliest first. Not scoped."""
    moment = Moment(as_of or clock.today())
    rows: QuerySet[Placement] = Placement.objects.on(moment.day).known_at(moment.known_at)
    beneath = rows.filter(subtree(unit.path))
    return due_within(terms_of(beneath, moment), months, moment.day)


def due_within(terms: Iterable[Term], months: int, day: date) -> list[Term]:
    """Those that fall due by the day so many months on."""
    last = months_later(day, months)
    return [term for term in terms if term.due <= last]


def _term(
    unit: Unit, name: str, place: str, elected: date | None, founded: str | None, years: str | None, day: date
) -> Term | None:
    start = elected or (date.fromisoformat(founded) if founded else None)
    if start is None:
        return None
    length = int(years) if years else USUAL_TERM
    due = anniversary(start, length)
    state = "overdue" if due < day else "due_soon" if due <= months_later(day, REMINDED) else "on_track"
    return Term(unit, name, place, elected, length, due, state)


def average_age(people: Sequence[Person], day: date) -> int | None:
    """Average age in whole years, half up, of those whose birth year is known; None where none is."""
    ages = [day.year - person.birth_year for person in people if person.birth_year]
    return (2 * sum(ages) + len(ages)) // (2 * len(ages)) if ages else None
