"""Kinds of entries. A room declares in its own `kinds.py` what it writes; `record()` checks against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from lianxin.ledger.errors import LedgerError
from lianxin.ledger.registry import Registry

Scalar = str | int | bool
SCALARS: tuple[type, ...] = (str, int, bool)


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    name: `room.past_verb`, for example `liaison.inspected`.
    label: what people read (lazy translation).
    fields: the scalar fields `data` may hold: name → str, int or bool. Ids and codes only, never free text or personal data.
    countable: whether a scheme may count it.
    files: whether its evidence is the hash of a file that left the house, which no row here can prove.
    logged: whether it opened or handed out data or rights: then it stands in the access log.
    """

    name: str
    label: str | Promise
    fields: Mapping[str, type] = field(default_factory=dict)
    countable: bool = True
    files: bool = False
    logged: bool = False


registry: Registry[Kind] = Registry(lambda kind: kind.name)


def declare(*kinds: Kind) -> None:
    """Declare kinds at start-up, from a room's `kinds.py`."""
    registry.add(*kinds)


def declared() -> dict[str, Kind]:
    """All kinds by name."""
    return registry.all()


def logged_kinds() -> list[str]:
    """Names of the kinds that stand in the access log."""
    return [name for name, kind in registry.all().items() if kind.logged]


def find_kind(name: str) -> Kind:
    """The declared kind of that name. Raises LedgerError where there is none."""
    kind = registry.get(name)
    if kind is None:
        raise LedgerError("undeclared_kind", kind=name)
    return kind


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
