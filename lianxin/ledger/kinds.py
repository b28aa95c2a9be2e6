"""Kinds of entries. A room declares in its own `kinds.py` what it writes; `record()` checks against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from lianxin.ledger.errors import LedgerError

Scalar = str | int | bool
SCALARS: tuple[type, ...] = (str, int, bool)


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    name: `room.past_verb`, for example `liaison.inspected`.
    label: what people read (lazy translation).
    fields: the scalar fields `data` may hold: name → str, int or bool. Ids and codes only, never free text or personal data.
    countable: whether a scheme may count it.
    """

    name: str
    label: str | Promise
    fields: Mapping[str, type] = field(default_factory=dict)
    countable: bool = True


_declared: dict[str, Kind] = {}


def declare(*kinds: Kind) -> None:
    """Declare kinds at start-up, from a room's `kinds.py`.

    Raises ValueError where a name is not `room.past_verb`, is declared twice, or a field is not a scalar.
    """
    for kind in kinds:
        room, dot, verb = kind.name.partition(".")
        if not (room and dot and verb):
            raise ValueError(f"kind {kind.name!r}: expected room.past_verb, as in liaison.inspected")
        if kind.name in _declared and _declared[kind.name] != kind:
            raise ValueError(f"kind {kind.name!r} is declared twice")
        for name, type_ in kind.fields.items():
            if type_ not in SCALARS:
                raise ValueError(f"kind {kind.name!r}, field {name!r}: found {type_!r}, expected str, int or bool")
        _declared[kind.name] = kind


def declared() -> dict[str, Kind]:
    """All kinds by name."""
    return dict(_declared)


def find_kind(name: str) -> Kind:
    """The declared kind of that name. Raises LedgerError naming the near ones."""
    if name not in _declared:
        raise LedgerError("undeclared_kind", kind=name)
    return _declared[name]


def check_data(kind: Kind, data: Mapping[str, object]) -> dict[str, Scalar]:
    """`data` as it will be stored. Raises LedgerError on a field the kind does not declare or of another type."""
    checked: dict[str, Scalar] = {}
    for name, value in data.items():
        expected = kind.fields.get(name)
        if expected is None:
            raise LedgerError("undeclared_field", kind=kind.name, field=name)
        if type(value) is not expected:
            raise LedgerError("wrong_type", kind=kind.name, field=name, found=value, expected=expected.__name__)
        checked[name] = value  # type: ignore[assignment]  # its type was just compared
    return checked
