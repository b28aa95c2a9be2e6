"""Which units may be named for a case, as lead or to assist, and how what was typed is found among them."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Case as Choice
from django.db.models import Q, Value, When

from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case
from lianxin.ledger import clock
from lianxin.organizations.access import CASE_DISPATCH, AnyUser, scope
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind, UnitQuerySet, subtree

MOST_OFFERED = 300
"""Units offered in the list under a field; any other within reach is found by its code or name."""
NOT_WORKING = (UnitKind.GRID, UnitKind.BUILDING)
"""Kinds of which nobody acts."""


def able(user: AnyUser, case: Case) -> UnitQuerySet:
    """Open units that may be named: those of the same township, those directly beneath the county, and whatever the user
    dispatches for."""
    county, township = case.county.path, case.place.path[: len(case.county.path) + LABEL_WIDTH]
    near = subtree(township) if len(township) > len(county) else Q(pk__in=())
    direct = Q(path__length=len(county) + LABEL_WIDTH) & ~Q(kind=UnitKind.TOWNSHIP)
    units = Unit.objects.open_on(clock.today()).beneath(county).filter(near | direct | scope(user, CASE_DISPATCH))
    units = units.exclude(kind__in=NOT_WORKING)
    if case.about is not None:
        units = units.exclude(subtree(case.about.path))
    return units.order_by("path")


def offered(user: AnyUser, case: Case) -> list[tuple[str, str]]:
    """(code, name) of the nearest of them, for the list under a field: the case's own township first."""
    township = case.place.path[: len(case.county.path) + LABEL_WIDTH]
    near = When(subtree(township), then=Value(0))
    units = able(user, case).annotate(far=Choice(near, default=Value(1))).order_by("far", "path")
    return list(units.values_list("code", "name")[:MOST_OFFERED])


def find_unit(units: UnitQuerySet, typed: str, *, none: str = "no_unit") -> Unit:
    """The unit meant by a code, a name, initials, or part of a name. Raises CaseError where that is several, or none (by the
    sentence of that name)."""
    words = typed.strip().removesuffix(")").removesuffix("）")
    code = words.rpartition("（")[2] or words
    for condition in (
        Q(code=words) | Q(code=code) | Q(name=words) | Q(name=typed.strip()),
        Q(initials=words.lower()),
        Q(name__contains=words),
    ):
        found = list(units.filter(condition)[:6])
        exact = [unit for unit in found if unit.code in (words, code)]
        if exact or len(found) == 1:
            return (exact or found)[0]
        if found:
            raise CaseError("which_unit", codes="、".join(f"{unit.name} {unit.code}" for unit in found))
    raise CaseError(none, found=words)


def find_units(units: UnitQuerySet, typed: str) -> Sequence[Unit]:
    """Several units, one a line or separated by commas. Raises ValidationError with every one that was not found."""
    found, wrong = [], []
    for words in typed.replace("、", "\n").replace("，", "\n").replace(",", "\n").splitlines()[:12]:
        if words.strip():
            try:
                found.append(find_unit(units, words))
            except CaseError as refused:
                wrong += refused.messages
    if wrong:
        raise ValidationError(wrong)
    return list(dict.fromkeys(found))
