"""Who is likely to take a matter up: item × place → unit, by routing.yaml; else the township. Only ever a suggestion."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _

from lianxin.cases.catalogue import KEY
from lianxin.cases.data_files import Told, note_of, read, rules_in_force
from lianxin.cases.models import Item
from lianxin.ledger import clock
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind

FILE = "routing.yaml"
BY_NAME = (UnitKind.DEPARTMENT, UnitKind.ENTERPRISE)
BY_PLACE = (UnitKind.VILLAGE, UnitKind.COMMUNITY, UnitKind.TOWNSHIP, UnitKind.COUNTY)
Names = Mapping[str, Sequence[str]]
"""Kind of unit → words its name may hold."""


@dataclass(frozen=True)
class Routing:
    """The file, checked."""

    version: str
    note: str
    names: Mapping[str, Names]
    """By the key of an item, or of one above it."""
    otherwise: Mapping[str, Sequence[str]]

    def words(self, key: str, kind: str) -> Sequence[str]:
        """What such units are usually called, for that item: the longest key that fits and names that kind speaks."""
        while key:
            if kind in self.names.get(key, {}):
                return self.names[key][kind]
            key = key.rpartition(".")[0]
        return ()


@dataclass(frozen=True)
class Routed:
    """The unit suggested, and why, in the reader's language.

    usual: it is of the kind the catalogue names; otherwise the next best.
    """

    unit: Unit
    why: str
    usual: bool


def route(item: Item | None, place: Unit, not_to: Unit | None = None) -> Routed | None:
    """Who is likely to take up such a matter at that place. Three queries at most; None where nobody is left.

    not_to: the unit a case complains about; neither it nor what stands beneath it is suggested.
    """
    rules = routing()
    usual = item.responsible if item is not None and item.responsible else UnitKind.TOWNSHIP.value
    around = {unit.kind: unit for unit in _around(place, not_to)}
    for kind in (usual, *rules.otherwise.get(usual, ())):
        if kind in around:
            return Routed(around[kind], _why_here(item, usual, kind), kind == usual)
        if kind in BY_NAME and item is not None:
            words = rules.words(item.key, kind)
            named = _named(kind, words, place, around.get(UnitKind.TOWNSHIP), not_to)
            if named is not None:
                unit, word = named
                return Routed(unit, _why_named(item, kind, word), kind == usual)
    return None


def routing() -> Routing:
    """What is in force."""
    return rules_in_force("routing", read_routing)


def read_routing(text: str, file: str = FILE) -> Routing:
    """Rules from the text of a file. Raises DataError with the place, what was found and what was expected."""
    told = read(text, file).fields("version", "names", "otherwise", optional=("note",))
    names = {}
    for key, kinds in told["names"].entries():
        if not KEY.fullmatch(key):
            raise kinds.wrong(_("the key of an item such as “water.supply”"))
        names[key] = {kind: _words(words) for kind, words in kinds.fields(optional=BY_NAME).items()}
    places = told["otherwise"].fields(optional=UnitKind.values)
    otherwise = {kind: tuple(one.one_of([*BY_NAME, *BY_PLACE]) for one in kinds.items()) for kind, kinds in places.items()}
    return Routing(told["version"].text(20), note_of(told), names, otherwise)


def _words(told: Told) -> tuple[str, ...]:
    words = tuple(word.text(20) for word in told.items())
    if not words:
        raise told.wrong(_("at least one word"))
    return words


# --- finding units ---------------------------------------------------------------------------------------------------


def _around(place: Unit, not_to: Unit | None) -> Iterator[Unit]:
    """The place and what it stands in, that are open: village, township, county."""
    here = Unit.objects.open_on(clock.today()).filter(pk__in=place.ancestor_ids, kind__in=BY_PLACE).order_by("path")
    return (unit for unit in here if not _beneath(unit, not_to))


def _named(kind: str, words: Sequence[str], place: Unit, township: Unit | None, not_to: Unit | None) -> tuple[Unit, str] | None:
    """The unit of that kind in the county whose name holds the first of these words; the nearest of several."""
    if not words:
        return None
    wanted = reduce(or_, (Q(name__contains=word) for word in words))
    found = Unit.objects.open_on(clock.today()).beneath(place.path[:LABEL_WIDTH]).filter(wanted, kind=kind)

    def order(unit: Unit) -> tuple[int, bool, int, str]:
        return _rank(unit, words), township is None or not unit.path.startswith(township.path), unit.depth, unit.path

    nearest = min((unit for unit in found if not _beneath(unit, not_to)), key=order, default=None)
    return (nearest, words[_rank(nearest, words)]) if nearest is not None else None


def _rank(unit: Unit, words: Sequence[str]) -> int:
    return next(number for number, word in enumerate(words) if word in unit.name)


def _beneath(unit: Unit, above: Unit | None) -> bool:
    return above is not None and unit.path.startswith(above.path)


# --- why -------------------------------------------------------------------------------------------------------------


def _why_here(item: Item | None, usual: str, kind: str) -> str:
    if item is None:
        return _("Nobody has said yet what it is about; the %(kind)s where it is comes first.") % {"kind": _kind(kind)}
    if kind == usual:
        return _("“%(item)s” is usually for the %(kind)s where it is.") % {"item": str(item), "kind": _kind(kind)}
    return _("“%(item)s” is usually for a unit of the kind %(usual)s, and none is known here; so the %(kind)s where it is.") % {
        "item": str(item),
        "usual": _kind(usual),
        "kind": _kind(kind),
    }


def _why_named(item: Item, kind: str, word: str) -> str:
    return _("“%(item)s” is usually for the %(kind)s with “%(word)s” in its name.") % {
        "item": str(item),
        "kind": _kind(kind),
        "word": word,
    }


def _kind(kind: str) -> str:
    return str(UnitKind(kind).label)
