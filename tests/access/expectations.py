"""Reads expectations.yaml, strictly."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.access.objects import OBJECTS


@dataclass(frozen=True)
class Row:
    """What one URL name expects."""

    methods: dict[str, str]
    object: str = "none"
    on_object: str = ""
    """Where the object asks for more than the address: permissions on its unit, or `recorder`, joined by `|`."""
    args: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    """What is asked for after the question mark."""
    unit_asked_by: str = ""
    """Name of the query's key by which a unit may be asked for; then every unit is asked for, too."""
    post: dict[str, str] = field(default_factory=dict)
    step_up: bool = False
    """Wants a proof that is at most ten minutes old."""
    random: bool = False
    """Differs at every call (a fresh secret, a challenge)."""
    head: str = ""
    """The role that is shown the ledger's newest entry, of the whole installation."""
    names: str = ""
    """`all`: may name people and units everywhere (the administration of accounts). `cases`: may name the units that meet in a
    case which the reader reaches through one of them."""
    absent: bool = False
    """Exists in a demonstration only; here it is a 404 for everyone."""


def expectations() -> dict[str, Row]:
    rows = {}
    lines = Path(__file__).with_name("expectations.yaml").read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parsed = yaml.safe_load(line)
        assert isinstance(parsed, dict) and len(parsed) == 1, (
            f"expectations.yaml:{number}: expected one row on one line, found {line!r}"
        )
        [(name, values)] = parsed.items()
        assert name not in rows, f"expectations.yaml:{number}: {name} stands there twice"
        rows[name] = Row(**values)
        assert rows[name].object in OBJECTS, (
            f"expectations.yaml:{number}: found object {rows[name].object}, expected one of {sorted(OBJECTS)}"
        )
    return rows
