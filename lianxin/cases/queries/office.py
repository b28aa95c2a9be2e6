"""The county office's figures of residents' problems, each with the address that opens it. Counted in the database, in groups.

Rates are shown raw, and adjusted: without the cases that two people agreed to leave out, which are counted beside them by ground.
What each rate counts stands in rates.py, which also chooses the cases of the list that opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, OuterRef, Q, Subquery
from django.db.models.functions import Substr, TruncMonth
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lianxin.cases import figures
from lianxin.cases.actions.moving import SOON
from lianxin.cases.models import (
    OPEN_STATES,
    TO_CLAIM,
    Case,
    CaseClock,
    CaseQuerySet,
    ClockName,
    Exclusion,
    Ground,
    Item,
    Reporter,
    State,
)
from lianxin.cases.queries.rates import CONTENT, RULES, Rule, late, over
from lianxin.cases.queries.reach import in_sight, not_about
from lianxin.cases.workflow import COUNTED
from lianxin.ledger import clock
from lianxin.ledger.figures import Asked
from lianxin.organizations.access import CASE_DISPATCH, CASE_VIEW, SUBTREE, AnyUser, grants_for, scope, unit_for
from lianxin.organizations.models import LABEL_WIDTH, Unit, subtree

AGES = ((0, 3), (4, 7), (8, 15), (16, 30), (31, None))
"""Days since it was reported."""
MOST = 20
"""Units and matters named, those with most cases first."""
FEWEST = 5
"""Fewer answers than this are not spread out: a resident could be recognised."""


@dataclass(frozen=True)
class Part:
    """A number that opens: its words, how many, where."""

    words: object
    count: int
    address: str


@dataclass(frozen=True)
class Share:
    """So many of so many, both opening."""

    part: Part
    whole: Part

    @property
    def percent(self) -> str:
        return f"{100 * self.part.count / self.whole.count:.1f} %" if self.whole.count else "–"


@dataclass(frozen=True)
class Rate:
    """A rate in the words of its rule: raw, and without what was left out."""

    title: str | Promise
    rule: str | Promise
    raw: Share
    adjusted: Share
    left_out: Sequence[Part]
    """Of the denominator, by ground."""

    @property
    def shown(self) -> bool:
        """Not of so few that a resident could be recognised."""
        return bool(self.raw.whole.address)


@dataclass(frozen=True)
class Row:
    """One line of a table: a month, place, unit or matter."""

    words: object
    address: str
    reported: int
    open: Part
    solved: Part


@dataclass(frozen=True)
class Office:
    """Everything the page shows."""

    unit: Unit
    since: date
    until: date
    states: Sequence[Part]
    reported: Part
    ages: Sequence[Part]
    pressing: Sequence[Part]
    rates: Sequence[Rate]
    stars: str
    """How satisfied on average those are who said so; empty where too few did."""
    months: Sequence[Row]
    places: Sequence[Row]
    leads: Sequence[Row]
    items: Sequence[Row]
    practical: Part
    """Practical problems of contact points that these solved cases counted for."""


def office_of(user: AnyUser, asked: Mapping[str, str]) -> Office:
    """The figures beneath a unit, of the cases reported in a period (this year). Raises Http404 for a unit not theirs."""
    unit = _unit(user, asked.get("unit", ""))
    today = clock.today()
    since = _day(asked.get("since", "")) or today.replace(month=1, day=1)
    until = min(_day(asked.get("until", "")) or today, today)
    cases = Case.objects.filter(subtree(unit.path, "place__"), in_sight(), not_about(user))
    period = cases.filter(reported_on__gte=since, reported_on__lte=until)
    opens = Opens(unit, since, until)
    counts = _by_state(period)
    states = {State(state): count for state, (count, _again) in counts.items()}
    pressing, ages = _backlog(cases, opens, today, clock.now())
    rates, stars = _rates(user, period, opens, counts)
    return Office(
        unit=unit,
        since=since,
        until=until,
        states=[Part(state.label, states[state], opens(state=state)) for state in State if states.get(state)],
        reported=Part("", sum(states.values()), opens()),
        ages=ages,
        pressing=pressing,
        rates=rates,
        stars=stars,
        months=_months(period, opens),
        places=_places(period, unit, opens),
        leads=_leads(period, opens),
        items=_items(period, opens),
        practical=_practical(user, unit, until),
    )


@dataclass(frozen=True)
class Opens:
    """Addresses of the list of cases that hold what a number counts."""

    unit: Unit
    since: date
    until: date

    def __call__(self, **more: object) -> str:
        period = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return self.always(**{**period, **more})

    def always(self, **more: object) -> str:
        """Whenever it was reported."""
        return f"{reverse('cases')}?{urlencode({'place': self.unit.code, **more, 'counted': 1})}"


# --- the parts ---------------------------------------------------------------------------------------------------------------


def _by_state(period: CaseQuerySet) -> dict[str, tuple[int, int]]:
    """Of each state how many cases, and how many of these residents sent back at least once."""
    found = period.order_by().values_list("state").annotate(count=Count("pk"), again=Count("pk", filter=Q(round__gt=1)))
    return {state: (count, again) for state, count, again in found}


def _backlog(cases: CaseQuerySet, opens: Opens, today: date, now: datetime) -> tuple[list[Part], list[Part]]:
    """What lies open, whenever it was reported: what presses, and by how long it lies. One query."""
    spans = []
    for least, most in AGES:
        last, first = today - timedelta(days=least), today - timedelta(days=most) if most is not None else None
        spans.append((least, most, first, last))
    aged = {
        f"age{least}": Count("pk", filter=Q(reported_on__lte=last) & (Q(reported_on__gte=first) if first else Q()))
        for least, _most, first, last in spans
    }
    found = cases.filter(state__in=OPEN_STATES).aggregate(
        late=Count("pk", filter=Q(due_at__lt=now)),
        soon=Count("pk", filter=Q(due_at__gte=now, due_at__lte=now + SOON)),
        above=Count("pk", filter=Q(escalated=True)),
        **aged,
    )
    pressing = [
        Part(_("late"), found["late"], opens.always(state="open", overdue=1, sort="due")),
        Part(_("late within 24 hours unless something is done"), found["soon"], opens.always(state="open", soon=1, sort="due")),
        Part(_("escalated to the county"), found["above"], opens.always(state="open", escalated=1)),
    ]
    ages = []
    for least, most, first, last in spans:
        words = _("%(least)s–%(most)s days") if most is not None else _("%(least)s days and more")
        days = {"until": last.isoformat(), **({"since": first.isoformat()} if first else {})}
        ages.append(Part(words % {"least": least, "most": most}, found[f"age{least}"], opens.always(state="open", **days)))
    return pressing, ages


# --- rates ---------------------------------------------------------------------------------------------------------------------

Counts = dict[str, tuple[int, int]]
"""Of each rate: numerator, denominator."""


def _rates(user: AnyUser, period: CaseQuerySet, opens: Opens, states: Mapping[str, tuple[int, int]]) -> tuple[list[Rate], str]:
    """Every rate, raw and adjusted; and how satisfied on average those are who said so."""
    said, mean = _satisfied(user, opens, states)
    raw = _in_time(user, opens) | _solved(states) | {"satisfied": said}
    out = _left_out(period)
    rates = [
        _rate(key, rule, raw[key], {ground: counts[key] for ground, counts in out.items()}, opens) for key, rule in RULES.items()
    ]
    return rates, mean


def _rate(key: str, rule: Rule, raw: tuple[int, int], out: Mapping[str, tuple[int, int]], opens: Opens) -> Rate:
    part, whole = raw
    part_out, whole_out = (sum(counts[side] for counts in out.values()) for side in (0, 1))

    def share(part: int, whole: int, **which: str) -> Share:
        if key == "satisfied" and whole < FEWEST:
            return Share(Part("", 0, ""), Part("", 0, ""))
        return Share(Part("", part, opens(rate=key, met=1, **which)), Part("", whole, opens(rate=key, **which)))

    found = share(part, whole)
    left_out = [
        Part(Ground(ground).label, counts[1], opens(rate=key, excluded=ground))
        for ground, counts in out.items()
        if counts[1] and found.whole.address
    ]
    return Rate(rule.title, rule.rule, found, share(part - part_out, whole - whole_out, excluded="no"), left_out)


def _left_out(period: CaseQuerySet) -> dict[str, Counts]:
    """By ground, how much of each rate the adjusted figures leave out."""
    ground = Exclusion.objects.in_force().filter(case=OuterRef("pk")).values("ground")[:1]
    now = clock.now()
    counted: dict[str, Any] = {
        f"{key}_{side}": Count("pk", filter=rule.cases(now, part=side == "part"))
        for key, rule in RULES.items()
        for side in ("part", "whole")
    }
    found = period.left_out().annotate(ground=Subquery(ground)).order_by().values("ground").annotate(**counted)
    rows: dict[str, Counts] = {}
    for row in found:
        told: Mapping[str, Any] = row
        rows[told["ground"]] = {key: (told[f"{key}_part"], told[f"{key}_whole"]) for key in RULES}
    return {ground: rows[ground] for ground in Ground.values if ground in rows}


def _within(user: AnyUser, opens: Opens) -> Q:
    """Of rows that belong to cases: those of the period beneath the unit that any rate counts."""
    theirs = in_sight("case__") & not_about(user, "case__")
    period = Q(case__reported_on__gte=opens.since, case__reported_on__lte=opens.until, case__state__in=COUNTED)
    return theirs & subtree(opens.unit.path, "case__place__") & period


def _in_time(user: AnyUser, opens: Opens) -> Counts:
    """First answers and handling in time, of all whose time is over or used. Each case once, however many such clocks it had."""
    now, names = clock.now(), {ClockName.RESPOND.value: "answered", ClockName.HANDLE.value: "handled"}
    rows = CaseClock.objects.filter(_within(user, opens), over(now), name__in=names, round=1).exclude(case__state__in=TO_CLAIM)
    found = (
        rows.order_by()
        .values_list("name")
        .annotate(every=Count("case", distinct=True), missed=Count("case", distinct=True, filter=late(now)))
    )
    counts = {name: (every - missed, every) for name, every, missed in found}
    return {key: counts.get(name, (0, 0)) for name, key in names.items()}


def _solved(states: Mapping[str, tuple[int, int]]) -> Counts:
    def of(*wanted: State) -> int:
        return sum(states.get(state, (0, 0))[0] for state in wanted)

    solved = of(State.SOLVED)
    return {
        "solved": (solved, of(*COUNTED)),
        "solved_of_handled": (solved, of(State.SOLVED, State.PRESUMED, State.HANDLED)),
    }


def _satisfied(user: AnyUser, opens: Opens, states: Mapping[str, tuple[int, int]]) -> tuple[tuple[int, int], str]:
    """How many cases' residents are satisfied, of how many; and the mean of their stars. Nothing is told of fewer than five."""
    last_word = Q(case__state=State.SOLVED) | Q(case__round=1)
    found = Reporter.objects.filter(_within(user, opens), last_word, stars__isnull=False).aggregate(
        said=Count("case", distinct=True),
        less=Count("case", distinct=True, filter=Q(stars__lt=CONTENT)),
        mean=Avg("stars"),
    )
    sent_back = sum(states.get(state, (0, 0))[1] for state in COUNTED if state != State.SOLVED)
    return (found["said"] - found["less"], found["said"] + sent_back), f"{found['mean']:.1f}" if found["said"] >= FEWEST else ""


# --- by month, place, unit, matter ---------------------------------------------------------------------------------------------

TALLY: dict[str, Any] = {
    "reported": Count("pk"),
    "open": Count("pk", filter=Q(state__in=OPEN_STATES)),
    "solved": Count("pk", filter=Q(state=State.SOLVED)),
}


def _tallied(groups: Any, *order: str) -> Any:
    """Of each group how many were reported, are open, are solved."""
    return groups.annotate(**TALLY).order_by(*order)


def _row(words: object, found: Mapping[str, Any], address: str) -> Row:
    return Row(
        words,
        address,
        found["reported"],
        Part("", found["open"], f"{address}&state=open"),
        Part("", found["solved"], f"{address}&state=solved"),
    )


def _months(period: CaseQuerySet, opens: Opens) -> list[Row]:
    """月有所成: what of each month's reports is solved by now."""
    found = _tallied(period.annotate(month=TruncMonth("reported_on")).values("month"), "month")
    rows = []
    for one in found:
        first: date = one["month"]
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        span = {"since": max(first, opens.since).isoformat(), "until": min(last, opens.until).isoformat()}
        rows.append(_row(f"{first:%Y-%m}", one, opens(**span)))
    return rows


def _places(period: CaseQuerySet, unit: Unit, opens: Opens) -> list[Row]:
    """By what stands directly beneath the unit; what lies at the unit itself by itself."""
    length = len(unit.path) + LABEL_WIDTH
    found = list(_tallied(period.annotate(part=Substr("place__path", 1, length)).values("part"), "-reported", "part"))
    named = {one.path: one for one in Unit.objects.filter(path__in=[one["part"] for one in found])}
    rows = []
    for one in found:
        place = named[one["part"]]
        address = opens(exact="place") if place.path == unit.path else opens(place=place.code)
        rows.append(_row(place.name, one, address))
    return rows


def _leads(period: CaseQuerySet, opens: Opens) -> list[Row]:
    """By who leads; those with most cases first."""
    by = _tallied(period.exclude(lead=None).values("lead__code", "lead__name"), "-reported", "lead__code")
    return [_row(one["lead__name"], one, opens(lead=one["lead__code"], exact="lead")) for one in by[:MOST]]


def _items(period: CaseQuerySet, opens: Opens) -> list[Row]:
    """By matter; those with most cases first."""
    by = _tallied(period.exclude(item=None).values("item__key", "item__title", "item__title_en"), "-reported", "item__key")
    return [
        _row(str(Item(title=one["item__title"], title_en=one["item__title_en"])), one, opens(item=one["item__key"], exact="item"))
        for one in by[:MOST]
    ]


def _practical(user: AnyUser, unit: Unit, until: date) -> Part:
    """Contact points of “131” for which a solved case counted in the year."""

    def within(prefix: str = "") -> Q:
        return subtree(unit.path, prefix) & scope(user, CASE_VIEW, prefix=prefix)

    points = figures.practical(Asked(until, clock.now(), within))
    asked = {"unit": unit.code, **({"as_of": until.isoformat()} if until < clock.today() else {})}
    return Part(f"{until:%Y}", points.count(), f"{reverse('figure', args=['cases.practical'])}?{urlencode(asked)}")


# --- what is asked for ------------------------------------------------------------------------------------------


def _unit(user: AnyUser, code: str) -> Unit:
    if code:
        return unit_for(user, code, CASE_DISPATCH)
    grants = [grant for grant in grants_for(user) if CASE_DISPATCH in grant.permissions and grant.reach == SUBTREE]
    if not grants:
        raise Http404
    return Unit.objects.get(pk=min(grants, key=lambda grant: (len(grant.path), grant.path)).unit_id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
