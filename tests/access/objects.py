"""What the addresses of the matrix point at: for each kind of object, several, each standing at known units."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.liaison import actions as liaison
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
    by: str = ""
    """The role that recorded it."""


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


RECORDERS = (("contact_leader", "152221200203-1"), ("inspector", "152221200203-1"), ("other_secretary", "150302001002-1"))


def visits(world: Any) -> list[Thing]:
    """An inspection by each who may record one, at the contact points of both counties."""
    found = []
    for by, code in RECORDERS:
        visit = liaison.record_visit(
            actor=world.user(by),
            unit=world.units[code],
            kind="inspection",
            day=date(2026, 3, 5),
            visitor=world.people[by],
            findings=f"findings at {code}",
        ).visit
        found.append(Thing(f"{by}'s visit", {"pk": visit.pk}, frozenset({code}), by))
    return found


def problems(world: Any) -> list[Thing]:
    leader = world.people["contact_leader"]
    step = liaison.handle_problem(
        actor=leader.user, unit=world.branch, day=date(2026, 3, 5), leader=leader, matter="the matter", remedy="the remedy"
    )
    return [Thing("the leader's problem", {"pk": step.problem.pk}, frozenset({world.branch.code}), "contact_leader")]


OBJECTS: dict[str, Callable[[Any], list[Thing]]] = {
    "none": nothing,
    "unit": units,
    "person": people,
    "entry": entries,
    "export_request": export_requests,
    "visit": visits,
    "problem": problems,
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
