"""Places residents choose from, and the units there they may complain about. For strangers: names of units, nothing else."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q

from lianxin.ledger import clock
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind, UnitQuerySet, path_steps, subtree

NARROW = (UnitKind.VILLAGE, UnitKind.COMMUNITY)
PLACES = (UnitKind.COUNTY, UnitKind.TOWNSHIP, *NARROW)
OFFICES = (UnitKind.DEPARTMENT, UnitKind.CENTRE)
BRANCHES = (UnitKind.BRANCH, UnitKind.GENERAL_BRANCH, UnitKind.COMMITTEE)
MOST_UNITS = 80


@dataclass(frozen=True)
class Choice:
    """Where the choosing of a place stands.

    unit: what is chosen so far. above: county and township it lies in, from the top.
    beneath: narrower places to choose from; none where `unit` is narrow enough.
    unknown: a place was named that we do not know.
    """

    unit: Unit | None
    above: list[Unit] = field(default_factory=list)
    beneath: list[Unit] = field(default_factory=list)
    unknown: bool = False

    @property
    def whole(self) -> str:
        """The name with what it lies in: a village's name stands in many townships."""
        return " · ".join(unit.name for unit in [*self.above[-1:], *([self.unit] if self.unit else [])])


def choose_place(code: str) -> Choice:
    """What can be chosen beneath the place of that code; where none is named, the counties, or what lies in the only one."""
    unit = place_by(code)
    if unit is None:
        counties = list(_open().filter(kind=UnitKind.COUNTY).order_by("path"))
        if len(counties) != 1:
            return Choice(None, beneath=counties, unknown=bool(code))
        return Choice(counties[0], beneath=_beneath(counties[0]), unknown=bool(code))
    return Choice(unit, _above(unit), _beneath(unit))


def place_by(code: str) -> Unit | None:
    """The open place of that code: village, community, township or county."""
    return _open().filter(kind__in=PLACES, code=code).first() if code.isprintable() and len(code) <= 32 else None


def place_around(unit: Unit) -> Choice:
    """The place a unit works for: itself, or the narrowest one it stands in (a branch's village)."""
    around = [*_above(unit), *([unit] if unit.kind in PLACES else [])]
    return lies_in(around[-1]) if around else Choice(None)


def lies_in(unit: Unit) -> Choice:
    """A place with what it lies in, chosen."""
    return Choice(unit, _above(unit))


def units_about(place: Unit) -> list[Unit]:
    """Units to choose from where a resident of that place complains about one."""
    return list(may_be_about(place).order_by("path")[:MOST_UNITS])


def may_be_about(place: Unit) -> UnitQuerySet:
    """Units a resident of that place may complain about: its township, the place's own office and branches, and the offices of
    township and county. Never the county itself: somebody must be left to look into it."""
    wanted = Q(pk__in=place.ancestor_ids) & ~Q(kind=UnitKind.COUNTY)
    for path in path_steps(place.path):
        wanted |= _right_beneath(path, OFFICES)
    if place.kind in NARROW:
        wanted |= _right_beneath(place.path, BRANCHES)
    return _open().filter(wanted)


def _right_beneath(path: str, kinds: Collection[str]) -> Q:
    return subtree(path) & Q(path__length=len(path) + LABEL_WIDTH, kind__in=kinds)


def _open() -> UnitQuerySet:
    return Unit.objects.open_on(clock.today())


def _above(unit: Unit) -> list[Unit]:
    return list(Unit.objects.filter(pk__in=unit.ancestor_ids[:-1], kind__in=PLACES).order_by("path"))


def _beneath(unit: Unit) -> list[Unit]:
    if unit.kind in NARROW:
        return []
    inside = _open().beneath(unit.path).exclude(pk=unit.pk)
    townships = list(inside.filter(kind=UnitKind.TOWNSHIP).order_by("path")) if unit.kind == UnitKind.COUNTY else []
    return townships or list(inside.filter(kind__in=NARROW).order_by("path"))
