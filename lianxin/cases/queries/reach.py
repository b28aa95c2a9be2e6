"""Which cases somebody may read: those their unit leads or assists; those placed in their subtree; the pool near them.

Whoever holds a post at the unit a case complains about, or beneath it, never sees it, whatever else they hold.
"""

from django.db.models import Q, QuerySet
from django.http import Http404

from lianxin.cases import receipts
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, CaseQuerySet, Part, Reporter
from lianxin.ledger import clock
from lianxin.organizations.access import CASE_CLAIM, CASE_VIEW, SUBTREE, AnyUser, grants_for, scope
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind, path_end


def cases_for(user: AnyUser, *permissions: str) -> CaseQuerySet:
    """Every case on which the user has any of these permissions (default: may read it), through the unit that leads or assists it
    or, over a subtree, through its place."""
    wanted = permissions or (CASE_VIEW,)
    assisted = Part.objects.filter(scope(user, *wanted, prefix="unit__"), called_off=None)
    reach = scope(user, *wanted, prefix="lead__") | scope(user, *wanted, prefix="place__") | Q(pk__in=assisted.values("case"))
    return Case.objects.filter(reach, not_about(user))


def pool_for(user: AnyUser) -> CaseQuerySet:
    """Cases nobody leads yet, near the units for which the user may claim: in the same township, or the county for what stands
    directly beneath it."""
    near = Q(pk__in=())
    for path in neighbourhoods(user):
        near |= Q(place__path__gte=path, place__path__lt=path_end(path))
    return Case.objects.to_claim().filter(near, not_about(user))


def readable_for(user: AnyUser) -> CaseQuerySet:
    """What the user may open: their cases, and the pool near them."""
    return cases_for(user) | pool_for(user)


def case_for(user: AnyUser, pk: int, *permissions: str) -> Case:
    """One case. Raises Http404 where there is none and, alike, where it is not theirs."""
    found = cases_for(user, *permissions) if permissions else readable_for(user)
    case = found.select_related("county", "place", "lead", "item", "about").filter(pk=pk).first()
    if case is None:
        raise Http404
    return case


def case_to_claim(user: AnyUser, pk: int) -> Case:
    """A case near the user, also where somebody claimed it a moment ago. Raises Http404."""
    near = Q(pk__in=())
    for path in neighbourhoods(user):
        near |= Q(place__path__gte=path, place__path__lt=path_end(path))
    case = Case.objects.filter(near, not_about(user), pk=pk).select_related("county", "place", "lead", "item", "about").first()
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
    above = {prefix for grant in grants for prefix in _prefixes(grant.path)}
    kinds = dict(Unit.objects.filter(path__in=above, kind__in=(UnitKind.COUNTY, UnitKind.TOWNSHIP)).values_list("path", "kind"))
    for grant in grants:
        places = [prefix for prefix in _prefixes(grant.path) if prefix in kinds]
        wide |= {max(places, key=len)} if places else set()
    return sorted(path for path in wide if not any(path != other and path.startswith(other) for other in wide))


def reporter_by(typed: str) -> Reporter:
    """The reporter who holds a receipt, as it was typed. Raises CaseError where there is none."""
    receipt = receipts.read(typed)
    found = Reporter.objects.select_related("case__place", "case__lead", "case__county", "case__item")
    reporter = found.filter(receipt=receipts.digest_of(receipt)).first() if receipt else None
    if reporter is None:
        raise CaseError("no_receipt")
    return reporter


def _prefixes(path: str) -> list[str]:
    return [path[:end] for end in range(LABEL_WIDTH, len(path) + 1, LABEL_WIDTH)]


def not_about(user: AnyUser) -> Q:
    """Left out: what complains about a unit at which, or beneath which, the user holds anything."""
    held = {prefix for grant in grants_for(user) for prefix in _prefixes(grant.path)}
    return Q(about=None) | ~Q(about__path__in=sorted(held))
