"""Which cases somebody may read: those their unit leads or assists; those placed in their subtree; the pool near them.

Whoever holds a post at the unit a case complains about, or beneath it, never sees it, whatever else they hold. Nobody sees what
a workbook brings in before all of it is written.
"""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404

from lianxin.cases import receipts
from lianxin.cases.errors import CaseError
from lianxin.cases.models import TO_CLAIM, Case, CaseQuerySet, Part, Reporter
from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.organizations.access import CASE_CLAIM, CASE_HANDLE, CASE_VIEW, SUBTREE, AnyUser, grants_for, scope
from lianxin.organizations.models import Unit, UnitKind, path_ids

FEW = 2_000
"""So many cases are named one by one; of more, lists go back in time until a page is full."""
FEW_UNITS = 300


def cases_for(user: AnyUser, *permissions: str) -> CaseQuerySet:
    """Every case on which the user has any of these permissions (default: may read it), through the unit that leads or assists it
    or, over a subtree, through its place."""
    units = Unit.objects.filter(scope(user, *(permissions or (CASE_VIEW,))))
    return Case.objects.filter(_through(units), in_sight(), not_about(user))


def pool_for(user: AnyUser) -> CaseQuerySet:
    """Cases nobody leads yet, near the units for which the user may claim: in the same township, or the county for what stands
    directly beneath it."""
    return Case.objects.to_claim().filter(in_sight(), not_about(user), place__in=_near(user))


def readable_for(user: AnyUser) -> CaseQuerySet:
    """What the user may open: their cases, and the pool near them."""
    return cases_for(user) | pool_for(user)


def listed_for(user: AnyUser) -> tuple[CaseQuerySet, list[int] | None]:
    """`readable_for`, for lists: the same cases; and which they are, where they are few.

    Somebody with a handful among a million would otherwise wait until the whole county was walked through. Whoever reads much of
    the county fills a page with its newest cases at once.
    """
    theirs, near = Unit.objects.filter(scope(user, CASE_VIEW)).order_by(), _near(user)
    units = list(theirs.values_list("pk", flat=True)[: FEW_UNITS + 1])
    if len(units) <= FEW_UNITS:
        ways = [
            Case.objects.filter(lead__in=units).values_list("pk"),
            Case.objects.filter(place__in=units).values_list("pk"),
            Part.objects.filter(unit__in=units, called_off=None).values_list("case"),
            Case.objects.to_claim().filter(place__in=near).values_list("pk"),
        ]
        found = list(ways[0].union(*ways[1:], all=True)[: FEW + 1])
        if len(found) <= FEW:
            few = sorted({pk for (pk,) in found})
            return Case.objects.filter(in_sight(), not_about(user), pk__in=few), few
    return _walked(theirs, near).filter(in_sight(), not_about(user)), None


def _walked(units: QuerySet[Unit], near: QuerySet[Unit, Any]) -> CaseQuerySet:
    """The same again, told so that no index of lead or place is used (hence + 0): case by case, from the newest back, is sooner
    at the end of a page than sorting all that somebody reads who reads much."""
    theirs = units.order_by().values("pk")
    assisted = Part.objects.filter(unit__in=theirs, called_off=None)
    cases = Case.objects.alias(its_lead=F("lead_id") + 0, its_place=F("place_id") + 0)
    pool = Q(state__in=TO_CLAIM, its_place__in=near)
    return cases.filter(Q(its_lead__in=theirs) | Q(its_place__in=theirs) | pool | Q(pk__in=assisted.values("case")))


def _through(units: QuerySet[Unit]) -> Q:
    """Cases that one of these units leads or assists, or that lie there. No joins: each way can be looked up by itself."""
    theirs = units.order_by().values("pk")
    assisted = Part.objects.filter(unit__in=theirs, called_off=None)
    return Q(lead__in=theirs) | Q(place__in=theirs) | Q(pk__in=assisted.values("case"))


def _near(user: AnyUser) -> QuerySet[Unit, Any]:
    """The units near those for which the user may claim."""
    return Unit.objects.beneath(*neighbourhoods(user)).order_by().values("pk")


def case_for(user: AnyUser, pk: int, *permissions: str) -> Case:
    """One case. Raises Http404 where there is none and, alike, where it is not theirs."""
    found = cases_for(user, *permissions) if permissions else readable_for(user)
    case = found.select_related("county", "place", "lead", "item", "about").filter(pk=pk).first()
    if case is None:
        raise Http404
    return case


def case_to_claim(user: AnyUser, pk: int) -> Case:
    """A case near the user, also where somebody claimed it a moment ago. Raises Http404."""
    near = Case.objects.filter(in_sight(), not_about(user), place__in=_near(user), pk=pk)
    case = near.select_related("county", "place", "lead", "item", "about").first()
    if case is None:
        raise Http404
    return case


def case_to_leave(user: AnyUser, pk: int) -> Case:
    """A case that a unit of the user's claimed with others, also where it left them a moment ago. Raises Http404."""
    units = Unit.objects.filter(scope(user, CASE_HANDLE)).order_by()
    joined = Part.objects.filter(unit__in=units.values("pk"), joint=True)
    theirs = Case.objects.filter(in_sight(), not_about(user), pk=pk, pk__in=joined.values("case"))
    case = theirs.select_related("county", "place", "lead", "item", "about").first()
    if case is None:
        raise Http404
    return case


def claimants_for(user: AnyUser) -> QuerySet[Unit]:
    """Units for which the user may claim."""
    return Unit.objects.open_on(clock.today()).filter(scope(user, CASE_CLAIM)).order_by("path")


def neighbourhoods(user: AnyUser, permission: str = CASE_CLAIM) -> list[str]:
    """Paths of the subtrees whose unclaimed cases the user sees (or, with CASE_RECORD, from which they record)."""
    grants = [grant for grant in grants_for(user) if permission in grant.permissions]
    wide = {grant.path for grant in grants if grant.reach == SUBTREE}
    above = {pk for grant in grants for pk in path_ids(grant.path)}
    places = Unit.objects.filter(pk__in=above, kind__in=(UnitKind.COUNTY, UnitKind.TOWNSHIP)).order_by("path")
    paths = list(places.values_list("path", flat=True))
    for grant in grants:
        around = [path for path in paths if grant.path.startswith(path)]
        wide.update(around[-1:])  # the narrowest
    return sorted(path for path in wide if not any(path != other and path.startswith(other) for other in wide))


def reporter_by(typed: str) -> Reporter:
    """The reporter who holds a receipt, as it was typed. Raises CaseError where there is none."""
    receipt = receipts.read(typed)
    found = Reporter.objects.filter(in_sight("case__")).select_related("case__place", "case__lead", "case__county", "case__item")
    reporter = found.filter(receipt=receipts.digest_of(receipt)).first() if receipt else None
    if reporter is None:
        raise CaseError("no_receipt")
    return reporter


def in_sight(prefix: str = "") -> Q:
    """Left out: cases of a workbook that is still being brought in, or was given up. Every reader of cases asks for this."""
    shown = Batch.objects.filter(visible=True).values("pk")
    return Q(**{f"{prefix}batch": None}) | Q(**{f"{prefix}batch__in": shown})


def not_about(user: AnyUser, prefix: str = "") -> Q:
    """Left out: what complains about a unit at which, or beneath which, the user holds anything. A condition on the case at
    `prefix`."""
    return Q(**{f"{prefix}about": None}) | ~Q(**{f"{prefix}about__in": held_by(user)})


def held_by(user: AnyUser) -> list[int]:
    """The units at which, or beneath which, the user holds anything."""
    return sorted({pk for grant in grants_for(user) for pk in path_ids(grant.path)})
