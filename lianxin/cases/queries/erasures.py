"""What is due to be erased, and what is proposed, as whoever may carry it out reads it: which cases, by which rule, never what
stands in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lianxin.cases.actions.erasure import AT_ONCE, SOON, to_carry_out
from lianxin.cases.data_files import called
from lianxin.cases.models import Case, Erasure, Tombstone
from lianxin.cases.queries.reach import cases_for, in_sight, not_about
from lianxin.cases.retention import RULES, due, holding, retention, spans_of
from lianxin.ledger import clock
from lianxin.organizations.access import APPROVE, AnyUser, units_for
from lianxin.organizations.models import Unit, UnitKind

SHOWN = 100
RULE_WORDS: dict[str, str | Promise] = {
    "phones": _("phone numbers"),
    "photos": _("photos"),
    "words": _("words, and where exactly"),
}


@dataclass(frozen=True)
class Sum:
    """How many cases one rule is about, and how long it keeps what it is about."""

    what: str | Promise
    cases: int
    days: int


@dataclass(frozen=True)
class Line:
    """One case and one rule."""

    case: Case
    readable: bool
    what: str | Promise
    rows: int
    days: int
    ended_on: date | None


@dataclass(frozen=True)
class Proposal:
    """What one look at the rules found to be due in a county, and nobody carried out or declined yet."""

    erasure: Erasure
    county: Unit
    count: int
    """Cases times rules."""
    sums: Sequence[Sum]
    lines: Sequence[Line]
    mine: bool
    """The reader proposed it, so another decides."""

    @property
    def by_itself(self) -> bool:
        return self.erasure.proposed_by.username.startswith("*")

    @property
    def until(self) -> date:
        """Not decided by then, it is void."""
        return clock.local_date(self.erasure.proposed_at + SOON)

    @property
    def at_once(self) -> int:
        return AT_ONCE if self.count > AT_ONCE else 0

    @property
    def unseen(self) -> int:
        return self.count - len(self.lines)


@dataclass(frozen=True)
class DueSum:
    """What one rule makes due in a county today."""

    what: str | Promise
    days: int
    """How long the rule keeps it; some matters are kept for longer, or for less long."""
    cases: int
    readable: int
    """Of these, how many the reader may open: what `address` lists."""
    proposed: int
    """Of these, how many wait for a second person already."""
    oldest: date | None
    address: str


@dataclass(frozen=True)
class DueToday:
    """What is due in a county today, and when the next is."""

    county: Unit
    sums: Sequence[DueSum]
    next_on: date | None
    """Where nothing is due: the day the first will be; None: nothing is kept of cases that ended."""

    @property
    def count(self) -> int:
        """Cases times rules."""
        return sum(one.cases for one in self.sums)

    @property
    def rules(self) -> str:
        """Which rules say so."""
        return called(retention())

    @property
    def fresh(self) -> int:
        """Not proposed yet."""
        return self.count - sum(one.proposed for one in self.sums)


def due_today(user: AnyUser) -> list[DueToday]:
    """What is due in each of the reader's counties, whether proposed or not."""
    return _due_in(user, list(_counties(user).order_by("code")))


def due_in(user: AnyUser, code: str) -> DueToday:
    """The same of one county. Raises Http404 where it is not the reader's."""
    county = _counties(user).filter(code=code).first()
    if county is None:
        raise Http404
    return _due_in(user, [county])[0]


def _due_in(user: AnyUser, counties: Sequence[Unit]) -> list[DueToday]:
    kept, found = retention(), {rule: _by_county(user, rule, counties) for rule in RULES}
    without = [county for county in counties if not any(county.pk in rows for rows in found.values())]
    to_come = _next_in(without) if without else {}
    return [
        DueToday(
            county,
            [_sum(rule, kept.rules[rule].days, county, rows.get(county.pk, {})) for rule, rows in found.items()],
            to_come.get(county.pk),
        )
        for county in counties
    ]


def _by_county(user: AnyUser, rule: str, counties: Sequence[Unit]) -> dict[int, dict[str, Any]]:
    """What the rule makes due in each county; counties without any are left out. Of a county that is somebody's to approve they
    may read everything but complaints about a unit of theirs."""
    stones = to_carry_out().filter(rule=rule, case=OuterRef("pk"))
    cases = Case.objects.filter(in_sight(), due(rule), county__in=counties).order_by()
    rows = cases.values("county").annotate(
        cases=Count("pk"),
        hidden=Count("pk", filter=~not_about(user)),
        proposed=Count("pk", filter=Q(Exists(stones))),
        oldest=Min("ended_at"),
    )
    return {row["county"]: dict(row) for row in rows}


def _sum(rule: str, days: int, county: Unit, row: Mapping[str, Any]) -> DueSum:
    cases = row.get("cases", 0)
    return DueSum(
        what=RULE_WORDS[rule],
        days=days,
        cases=cases,
        readable=cases - row.get("hidden", 0),
        proposed=row.get("proposed", 0),
        oldest=clock.local_date(row["oldest"]) if row else None,
        address=f"{reverse('cases')}?erase={rule}&place={county.code}&counted=1",
    )


def _next_in(counties: Sequence[Unit]) -> dict[int, date]:
    """The day on which the first is due, of counties in which nothing is yet."""
    found: dict[int, date] = {}
    for rule in RULES:
        for span, matters in spans_of(rule):
            cases = Case.objects.filter(in_sight(), holding(rule), matters, county__in=counties, ended_at__isnull=False)
            for county, first in cases.order_by().values("county").annotate(first=Min("ended_at")).values_list("county", "first"):
                day = clock.local_date(first + span)
                found[county] = min(found.get(county, day), day)
    return found


def to_erase(user: AnyUser, rule: str) -> Q:
    """A condition on a case: what the rule is about is due, in a county where the user may carry it out."""
    return due(rule) & Q(county__in=_counties(user).order_by().values("pk"))


def proposals_for(user: AnyUser) -> list[Proposal]:
    """What waits in the reader's counties."""
    waits = _waiting(user).values_list("erasure", "case__county").annotate(count=Count("pk")).order_by("-erasure")
    found = list(waits)
    erasures = Erasure.objects.select_related("proposed_by__person").in_bulk({erasure for erasure, _county, _count in found})
    counties = Unit.objects.in_bulk({county for _erasure, county, _count in found})
    return [
        Proposal(erasures[erasure], counties[county], count, (), (), erasures[erasure].proposed_by_id == user.pk)
        for erasure, county, count in found
    ]


def waiting_for(user: AnyUser) -> tuple[Unit, Erasure] | None:
    """One that waits for this reader, if any: of somebody else's."""
    others = _waiting(user).exclude(erasure__proposed_by=user.pk).select_related("case__county", "erasure")
    stone = others.order_by("pk").first()
    return (stone.case.county, stone.erasure) if stone is not None and stone.erasure is not None else None


def proposal_for(user: AnyUser, pk: int, code: str, *, sent: bool = False) -> Proposal:
    """One of them, whole. Raises Http404 where nothing of it waits there, or it is not the reader's.

    sent: also where nothing waits any more: a form that arrives twice is answered like the first time.
    """
    county = _counties(user).filter(code=code).first()
    erasure = Erasure.objects.select_related("proposed_by__person").filter(pk=pk).first()
    if county is None or erasure is None:
        raise Http404
    stones = to_carry_out(erasure, county)
    counts = dict(stones.values_list("rule").annotate(count=Count("pk")).order_by())
    if not counts and not sent:
        raise Http404
    kept = retention()
    shown = list(stones.select_related("case__item", "case__place").order_by("pk")[:SHOWN])
    readable = set(cases_for(user).filter(pk__in={stone.case_id for stone in shown}).values_list("pk", flat=True))
    return Proposal(
        erasure=erasure,
        county=county,
        count=sum(counts.values()),
        sums=[Sum(RULE_WORDS[rule], counts[rule], kept.rules[rule].days) for rule in RULES if rule in counts],
        lines=[_line(stone, stone.case_id in readable) for stone in shown],
        mine=erasure.proposed_by_id == user.pk,
    )


def left_of(proposal: Proposal) -> str:
    """How much of it still waits; empty: nothing does."""
    left = to_carry_out(proposal.erasure, proposal.county).count()
    words = ngettext("%(n)s more of this proposal waits to be decided.", "%(n)s more of this proposal wait to be decided.", left)
    return words % {"n": f"{left:,}"} if left else ""


def _line(stone: Tombstone, readable: bool) -> Line:
    case, rows = stone.case, sum(len(keys) for keys in stone.rows.values() if isinstance(keys, list))
    days = retention().kept_for(stone.rule, case.item.key if case.item else "").days
    ended = clock.local_date(case.ended_at) if case.ended_at else None
    return Line(case, readable, RULE_WORDS[stone.rule], rows, days, ended)


def _counties(user: AnyUser) -> QuerySet[Unit]:
    return units_for(user, APPROVE).filter(kind=UnitKind.COUNTY)


def _waiting(user: AnyUser) -> QuerySet[Tombstone]:
    return to_carry_out().filter(case__county__in=_counties(user).order_by().values("pk"))
