"""The county office's figures of residents' problems, each with the address that opens it. Read from tallies (tally.py).

Rates are shown raw, and adjusted: without the cases that two people agreed to leave out, which are counted beside them by ground.
What each rate counts stands in rates.py, which also chooses the cases of the list that opens; the tallies count the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lianxin.cases import figures, tally
from lianxin.cases.actions.moving import SOON
from lianxin.cases.models import (
    OPEN_STATES,
    Case,
    CaseQuerySet,
    Exclusion,
    Ground,
    Item,
    State,
)
from lianxin.cases.queries.rates import RULES, Rule
from lianxin.cases.queries.reach import held_by, in_sight, not_about
from lianxin.cases.workflow import COUNTED
from lianxin.ledger import clock
from lianxin.ledger.figures import Asked
from lianxin.organizations.access import APPROVE, CASE_DISPATCH, CASE_VIEW, SUBTREE, AnyUser, grants_for, may, scope, unit_for
from lianxin.organizations.models import Unit, subtree

AGES = ((0, 3), (4, 7), (8, 15), (16, 30), (31, None))
"""Days since it was reported."""
FIRST_DAY = date(1949, 10, 1)
"""Nothing was reported before: a period asked for that begins or ends sooner does so on this day."""
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
    may_erase: bool
    """The reader proposes, and carries out, what is due to be erased."""


def office_of(user: AnyUser, asked: Mapping[str, str]) -> Office:
    """The figures beneath a unit, of the cases reported in a period (this year). Raises Http404 for a unit not theirs."""
    unit = _unit(user, asked.get("unit", ""))
    today = clock.today()
    since = max(_day(asked.get("since", "")) or today.replace(month=1, day=1), FIRST_DAY)
    until = max(min(_day(asked.get("until", "")) or today, today), FIRST_DAY)
    cases = Case.objects.filter(subtree(unit.path, "place__"), in_sight(), not_about(user))
    period = cases.filter(reported_on__gte=since, reported_on__lte=until)
    opens = Opens(unit, since, until)
    found = tally.figures_of(unit, since, until, held_by(user))
    states = {State(state): count.reported for state, count in found.by.get("state", {}).items()}
    pressing, ages = _backlog(cases, opens, today, clock.now())
    return Office(
        unit=unit,
        since=since,
        until=until,
        states=[Part(state.label, states[state], opens(state=state)) for state in State if states.get(state)],
        reported=Part("", sum(states.values()), opens()),
        ages=ages,
        pressing=pressing,
        rates=_rates(period, opens, found.all, states),
        stars=f"{found.all.stars / found.all.voices:.1f}" if found.all.said >= FEWEST else "",
        months=_months(found, opens),
        places=_places(found, unit, opens),
        leads=_leads(found, opens),
        items=_items(found, opens),
        practical=_practical(user, unit, until),
        may_erase=may(user, APPROVE),
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


def _rates(period: CaseQuerySet, opens: Opens, found: tally.Count, states: Mapping[State, int]) -> list[Rate]:
    """Every rate, raw and adjusted."""

    def of(*wanted: State) -> int:
        return sum(states.get(state, 0) for state in wanted)

    raw: Counts = {
        "answered": (found.answered - found.answered_late, found.answered),
        "handled": (found.handled - found.handled_late, found.handled),
        "solved": (found.solved, of(*COUNTED)),
        "solved_of_handled": (found.solved, of(State.SOLVED, State.PRESUMED, State.HANDLED)),
        "satisfied": (found.satisfied, found.said + found.sent_back),
    }
    out = _left_out(period)
    return [
        _rate(key, rule, raw[key], {ground: counts[key] for ground, counts in out.items()}, opens) for key, rule in RULES.items()
    ]


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


# --- by month, place, unit, matter ---------------------------------------------------------------------------------------------


def _row(words: object, count: tally.Count, address: str) -> Row:
    return Row(
        words,
        address,
        count.reported,
        Part("", count.open, f"{address}&state=open"),
        Part("", count.solved, f"{address}&state=solved"),
    )


def _most(groups: Mapping[str, tally.Count] | None) -> list[tuple[int, tally.Count]]:
    """The groups of most cases, by their number."""
    return sorted(((int(key), count) for key, count in (groups or {}).items()), key=lambda one: (-one[1].reported, one[0]))[:MOST]


def _months(found: tally.Figures, opens: Opens) -> list[Row]:
    """月有所成: what of each month's reports is solved by now."""
    rows = []
    for first, count in found.months.items():
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        span = {"since": max(first, opens.since).isoformat(), "until": min(last, opens.until).isoformat()}
        rows.append(_row(f"{first:%Y-%m}", count, opens(**span)))
    return rows


def _places(found: tally.Figures, unit: Unit, opens: Opens) -> list[Row]:
    """By what stands directly beneath the unit; what lies at the unit itself by itself."""
    parts = {int(label) if label else unit.pk: count for label, count in found.by.get("part", {}).items()}
    named = Unit.objects.in_bulk(parts)
    return [
        _row(named[pk].name, count, opens(exact="place") if pk == unit.pk else opens(place=named[pk].code))
        for pk, count in sorted(parts.items(), key=lambda one: (-one[1].reported, named[one[0]].path))
    ]


def _leads(found: tally.Figures, opens: Opens) -> list[Row]:
    """By who leads; those with most cases first."""
    most = _most(found.by.get("lead"))
    named = Unit.objects.in_bulk([pk for pk, _count in most])
    return [_row(named[pk].name, count, opens(lead=named[pk].code, exact="lead")) for pk, count in most]


def _items(found: tally.Figures, opens: Opens) -> list[Row]:
    """By matter; those with most cases first."""
    most = _most(found.by.get("item"))
    named = Item.objects.in_bulk([pk for pk, _count in most])
    return [_row(str(named[pk]), count, opens(item=named[pk].key, exact="item")) for pk, count in most]


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
