"""The county office's figures of residents' problems, each with the address that opens it. Counted in the database, in groups.

Denominators are honest: every case reported in the period is in them but those withdrawn or not taken up, which are named beside.
Silence is shown as silence and never counts as satisfied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, F, Q
from django.db.models.functions import Substr, TruncMonth
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.cases.actions.moving import SOON
from lianxin.cases.models import OPEN_STATES, Case, CaseClock, CaseQuerySet, ClockName, Reporter, State
from lianxin.cases.queries.reach import in_sight, not_about
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.access import CASE_DISPATCH, SUBTREE, AnyUser, grants_for, unit_for
from lianxin.organizations.models import LABEL_WIDTH, Unit, path_end

AGES = ((0, 3), (4, 7), (8, 15), (16, 30), (31, None))
"""Days since it was reported."""
MOST = 20
"""Units and matters named, those with most cases first."""
FEWEST = 5
"""Fewer answers than this are not spread out: a resident could be recognised."""
OUT = (State.WITHDRAWN, State.DECLINED, State.QUARANTINED)
"""In no denominator."""


@dataclass(frozen=True)
class Part:
    """A number that opens: its words, how many, where."""

    words: object
    count: int
    address: str


@dataclass(frozen=True)
class Rate:
    """So many of so many, in the words of its rule."""

    title: object
    rule: object
    part: int
    whole: int

    @property
    def percent(self) -> str:
        return f"{100 * self.part / self.whole:.1f} %" if self.whole else "–"


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
    reported: int
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
    beneath = Q(place__path__gte=unit.path, place__path__lt=path_end(unit.path))
    cases = Case.objects.filter(beneath, in_sight(), not_about(user))
    period = cases.filter(reported_on__gte=since, reported_on__lte=until)
    opens = Opens(unit, since, until)
    states = dict(period.values_list("state").annotate(count=Count("pk")).order_by())
    satisfied, stars = _stars(user, unit, since, until)
    return Office(
        unit=unit,
        since=since,
        until=until,
        states=[Part(state.label, states[state], opens(state=state)) for state in State if states.get(state)],
        reported=sum(states.values()),
        ages=_ages(cases, opens, today),
        pressing=_pressing(cases, opens, clock.now()),
        rates=[*_clock_rates(user, unit, since, until), *_solution(states), satisfied],
        stars=stars,
        months=_months(period, opens),
        places=_places(period, unit, opens),
        leads=_leads(period, opens),
        items=_items(period, opens),
        practical=_practical(unit, since, until),
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
        return f"{reverse('cases')}?{urlencode({'place': self.unit.code, **more})}"


# --- the parts ---------------------------------------------------------------------------------------------------------------


def _ages(cases: CaseQuerySet, opens: Opens, today: date) -> list[Part]:
    """The backlog by how long it lies, whenever it was reported."""
    spans = []
    for least, most in AGES:
        last, first = today - timedelta(days=least), today - timedelta(days=most) if most is not None else None
        spans.append((least, most, first, last))
    wanted = {
        f"age{least}": Count("pk", filter=Q(reported_on__lte=last) & (Q(reported_on__gte=first) if first else Q()))
        for least, _most, first, last in spans
    }
    found = cases.filter(state__in=OPEN_STATES).aggregate(**wanted)
    parts = []
    for least, most, first, last in spans:
        words = _("%(least)s–%(most)s days") if most is not None else _("%(least)s days and more")
        days = {"until": last.isoformat(), **({"since": first.isoformat()} if first else {})}
        parts.append(Part(words % {"least": least, "most": most}, found[f"age{least}"], opens.always(state="open", **days)))
    return parts


def _pressing(cases: CaseQuerySet, opens: Opens, now: datetime) -> list[Part]:
    """What is late, and what will be within a day."""
    found = cases.filter(state__in=OPEN_STATES).aggregate(
        late=Count("pk", filter=Q(due_at__lt=now)),
        soon=Count("pk", filter=Q(due_at__gte=now, due_at__lte=now + SOON)),
        above=Count("pk", filter=Q(escalated=True)),
    )
    return [
        Part(_("late"), found["late"], opens.always(state="open", overdue=1)),
        Part(_("late within 24 hours unless something is done"), found["soon"], opens.always(state="open", sort="due")),
        Part(_("escalated to the county"), found["above"], opens.always(state="open", escalated=1)),
    ]


def _within(user: AnyUser, unit: Unit, since: date, until: date) -> Q:
    """Of rows that belong to cases: those of the period beneath the unit."""
    beneath = Q(case__place__path__gte=unit.path, case__place__path__lt=path_end(unit.path))
    theirs = in_sight("case__") & not_about(user, "case__")
    return theirs & beneath & Q(case__reported_on__gte=since, case__reported_on__lte=until)


def _clock_rates(user: AnyUser, unit: Unit, since: date, until: date) -> list[Rate]:
    """First answers and handling in time, of all whose time is over or used."""
    names = (ClockName.RESPOND, ClockName.HANDLE)
    over = Q(stopped_at__isnull=False) | Q(due_at__lt=clock.now())
    rows = CaseClock.objects.filter(_within(user, unit, since, until), over, name__in=names, round=1).exclude(case__state__in=OUT)
    counts = (
        rows.order_by().values_list("name").annotate(all=Count("pk"), kept=Count("pk", filter=Q(stopped_at__lte=F("due_at"))))
    )
    found = {name: (kept, every) for name, every, kept in counts}
    words = {
        ClockName.RESPOND: (_("answered in time"), _("First answers before their time ran out, of all due by now.")),
        ClockName.HANDLE: (_("handled in time"), _("Handled the first time before its time ran out, of all due by now.")),
    }
    return [Rate(*words[name], *found.get(name, (0, 0))) for name in names]


def _solution(states: Mapping[str, int]) -> list[Rate]:
    counted = sum(count for state, count in states.items() if state not in OUT)
    solved = states.get(State.SOLVED, 0)
    ended = sum(states.get(state, 0) for state in (State.SOLVED, State.PRESUMED, State.HANDLED))
    return [
        Rate(
            _("solved, the residents say"),
            _("Of all cases reported in the period but those withdrawn, not taken up, or still held back."),
            solved,
            counted,
        ),
        Rate(
            _("solved, of those handled"),
            _("Handled cases in which the residents said yes; silence and answers still awaited stay in the whole."),
            solved,
            ended,
        ),
    ]


def _stars(user: AnyUser, unit: Unit, since: date, until: date) -> tuple[Rate, str]:
    """Satisfaction of those who said how satisfied they are; nothing is told of fewer than five."""
    found = Reporter.objects.filter(_within(user, unit, since, until)).aggregate(
        said=Count("stars"), good=Count("pk", filter=Q(stars__gte=4)), mean=Avg("stars")
    )
    enough = found["said"] >= FEWEST
    rule = _("Four or five of five, of the residents who said how satisfied they are. Fewer than five answers are not shown.")
    rate = Rate(_("satisfied"), rule, found["good"] if enough else 0, found["said"] if enough else 0)
    return rate, f"{found['mean']:.1f}" if enough else ""


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
    """By what stands directly beneath the unit."""
    length = len(unit.path) + LABEL_WIDTH
    found = list(_tallied(period.annotate(part=Substr("place__path", 1, length)).values("part"), "-reported", "part"))
    named = {one.path: one for one in Unit.objects.filter(path__in=[one["part"] for one in found])}
    return [_row(named[one["part"]].name, one, opens(place=named[one["part"]].code)) for one in found if one["part"] in named]


def _leads(period: CaseQuerySet, opens: Opens) -> list[Row]:
    """By who leads; those with most cases first."""
    by = _tallied(period.exclude(lead=None).values("lead__code", "lead__name"), "-reported", "lead__code")
    return [_row(one["lead__name"], one, opens(lead=one["lead__code"])) for one in by[:MOST]]


def _items(period: CaseQuerySet, opens: Opens) -> list[Row]:
    """By matter; those with most cases first."""
    by = _tallied(period.exclude(item=None).values("item__key", "item__title"), "-reported", "item__key")
    return [_row(one["item__title"], one, opens(item=one["item__key"])) for one in by[:MOST]]


def _practical(unit: Unit, since: date, until: date) -> Part:
    """Contact points of “131” for which a solved case counted in the period."""
    entries = Entry.objects.standing().filter(kind="cases.solved", happened_on__gte=since, happened_on__lte=until)
    points = entries.filter(
        unit_path__gte=unit.path,
        unit_path__lt=path_end(unit.path),
        unit__designations__designation="contact_point",
        unit__designations__until=None,
        unit__designations__valid_to=None,
    )
    address = f"{reverse('board_units')}?{urlencode({'unit': unit.code, 'scheme': 'contact-131', 'clause': 'solve'})}"
    return Part("", points.aggregate(count=Count("unit", distinct=True))["count"], address)


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
