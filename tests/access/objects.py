"""What the addresses of the matrix point at: for each kind of object, several, each standing at known units."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import ExportRequest, Person, Unit

UNITS = (
    *("152221", "152221200", "152221200203", "152221200203-1", "152221200203-1-1"),
    *("152221100", "152221100003-1", "150302", "150302001002-1"),
)
"""Own, child, sibling and other county for every role of rights.py."""


@dataclass(frozen=True)
class Thing:
    """One object: the arguments of its address, and the units at which it stands (None: at none, the permission suffices)."""

    label: str
    arguments: dict[str, Any] = field(default_factory=dict)
    units: frozenset[str] | None = None


def nothing(world: Any) -> list[Thing]:
    return [Thing("–")]


def units(world: Any) -> list[Thing]:
    return [Thing(code, {"code": code}, frozenset({code})) for code in UNITS]


def people(world: Any) -> list[Thing]:
    today = clock.today()
    found = []
    for name in (
        "county_officer",
        "township_officer",
        "secretary",
        "head",
        "sibling_secretary",
        "other_secretary",
        "former_officer",
    ):
        person = Person.objects.get(pk=world.people[name].pk)
        held = [*person.posts.on(today), *person.memberships.on(today)]
        found.append(Thing(name, {"pk": person.pk}, frozenset(row.unit.code for row in held)))
    return found


def entries(world: Any) -> list[Thing]:
    """The founding of each unit."""
    founding = Entry.objects.filter(kind="organizations.unit_founded", unit__code__in=UNITS).select_related("unit")
    return [Thing(entry.unit.code, {"pk": entry.pk}, frozenset({entry.unit.code})) for entry in founding]


def export_requests(world: Any) -> list[Thing]:
    found = []
    for unit in Unit.objects.filter(code__in=UNITS):
        request = ExportRequest.objects.create(
            user=world.user("founder_of_requests"),
            unit=unit,
            table="people",
            title=f"request {unit.code}",
            address="/",
            rows=501,
            requested_at=clock.now(),
            entry=Entry.objects.filter(unit=unit)[0],
        )
        found.append(Thing(unit.code, {"pk": request.pk}, frozenset({unit.code})))
    return found


OBJECTS: dict[str, Callable[[Any], list[Thing]]] = {
    "none": nothing,
    "unit": units,
    "person": people,
    "entry": entries,
    "export_request": export_requests,
}

ABSENT: dict[str, Any] = {"code": "999999999999", "pk": 99_999_999}
"""Arguments of which nothing exists."""

NEWCOMERS = [
    # name in tests, name, unit, title, membership, until
    ("volunteer", "志一", "152221200203-1", "", "volunteer", None),
    ("former_officer", "郝前", "152221200", "township_officer", "", date(2021, 1, 1)),
    ("closed_account", "严闭", "152221200", "township_officer", "", None),
    ("two_posts", "双林", "152221200203-1", "secretary", "", None),
    ("founder_of_requests", "申文", "152221200", "", "rural", None),
]
