"""What the addresses of the matrix point at: for each kind of object, several, each standing at known units."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lianxin.accounts.models import User
from lianxin.cases import actions as residents
from lianxin.cases.models import ApiKey, CallBack, Case, Item, State
from lianxin.gatherings import actions as rooms
from lianxin.gatherings.models import GatheringVersion
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.liaison import actions as liaison
from lianxin.liaison.models import Problem, VisitVersion
from lianxin.organizations import actions as organizations
from lianxin.organizations import people as people_of_units
from lianxin.organizations.models import ExportRequest, Person, Unit
from lianxin.schemes import actions as schemes
from tests.world import OPENED

PHONE = "1380479{:04d}"
RESIDENTS = 9000
"""Number of the phone that every resident gives."""

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


def counties(world: Any) -> list[Thing]:
    return [thing for thing in units(world) if len(thing.label) == 6]


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
    requests = ExportRequest.objects.select_related("unit")
    return [Thing(request.unit.code, {"pk": request.pk}, frozenset({request.unit.code})) for request in requests]


def visits(world: Any) -> list[Thing]:
    found = VisitVersion.objects.select_related("visit__unit", "entry__actor")
    return [
        Thing(
            f"a visit to {row.visit.unit.code}", {"pk": row.visit_id}, frozenset({row.visit.unit.code}), row.entry.actor.username
        )
        for row in found
    ]


def problems(world: Any) -> list[Thing]:
    found = Problem.objects.select_related("unit", "leader__user")
    return [
        Thing(f"a problem at {row.unit.code}", {"pk": row.pk}, frozenset({row.unit.code}), row.leader.user.username)
        for row in found
    ]


def gatherings(world: Any) -> list[Thing]:
    found = GatheringVersion.objects.select_related("gathering__unit", "entry__actor").order_by("pk")
    return [
        Thing(f"one at {unit.code}", {"pk": row.gathering_id}, frozenset({unit.code}), row.entry.actor.username)
        for row in found
        for unit in [row.gathering.unit]
    ]


def waiting_cases(world: Any) -> list[Thing]:
    """In the pool: read and claimed by everybody who may claim in the same township."""
    found = Case.objects.select_related("place").filter(lead=None)
    return [
        Thing(f"waiting at {row.place.code}", {"pk": row.pk}, frozenset(code for code in UNITS if code[:9] == row.place.code[:9]))
        for row in found
    ]


def led_cases(world: Any) -> list[Thing]:
    """Led by a branch: worked on by its own people and those above."""
    found = Case.objects.select_related("lead").exclude(lead=None).exclude(state=State.HANDLED)
    return [Thing(f"led by {row.lead.code}", {"pk": row.pk}, frozenset({row.lead.code})) for row in found if row.lead]


def led_reporters(world: Any) -> list[Thing]:
    """Residents of cases that a branch leads."""
    found = Case.objects.select_related("lead").exclude(lead=None)
    return [
        Thing(f"of a case led by {row.lead.code}", {"pk": row.pk, "reporter": one.pk}, frozenset({row.lead.code}))
        for row in found
        for one in row.reporters.all()
        if row.lead
    ]


def cases(world: Any) -> list[Thing]:
    """Read by those who may claim it, those of the unit that leads, and those who look after the place."""
    led = Case.objects.select_related("lead", "place").exclude(lead=None)
    both = [Thing(f"at {row.place.code}", {"pk": row.pk}, frozenset({row.lead.code, row.place.code})) for row in led if row.lead]
    return [*waiting_cases(world), *both]


def call_backs(world: Any) -> list[Thing]:
    """Made by those above the place, of another unit than the lead."""
    found = CallBack.objects.select_related("case__place")
    return [Thing(f"at {row.case.place.code}", {"pk": row.pk}, frozenset({row.case.place.code})) for row in found]


LIVED_AT = {
    # unit: who records there, who leads, who opens phones
    "152221200203-1": ("secretary", "contact_leader", "county_officer"),
    "152221100003-1": ("sibling_secretary", "sibling_leader", "sibling_officer"),
    "150302001002-1": ("other_secretary", "other_leader", "other_county_officer"),
}


def canary(code: str) -> str:
    """Words that stand in everything recorded at a unit, and must stand in no page of those out of whose reach it is."""
    return f"words of {code}!"


def live(world: Any) -> None:
    """At one branch of each part of the tree: visits, a problem, a gathering, cases, a phone opened, a request for a list."""
    founder = User.objects.get(username="founder")
    organizations.designate(actor=founder, unit=world.sibling_branch, designation="contact_point", since=date(2026, 1, 1))
    for code, (secretary, leader, officer) in LIVED_AT.items():
        unit, words, day = world.units[code], canary(code), date(2026, 3, 5)
        visit = {
            "unit": unit,
            "kind": "inspection",
            "day": day,
            "visitor": world.people[leader],
            "findings": words,
            "another": True,
        }
        for by in (secretary, leader, "inspector"):
            if by != "inspector" or code != "150302001002-1":
                liaison.record_visit(actor=world.user(by), **visit)
        liaison.handle_problem(
            actor=world.user(leader), unit=unit, day=day, leader=world.people[leader], matter=words, remedy=words
        )
        meeting = {"unit": unit, "kind": "members_met", "day": day, "topic": words, "present": 5, "place": words}
        rooms.record_gathering(actor=world.user(secretary), **meeting)
        live_with_cases(world, secretary, world.units[code.removesuffix("-1")])
        people_of_units.reveal_phone(actor=world.user(officer), person=world.people[secretary], reason=words)
    for unit in Unit.objects.filter(code__in=UNITS):
        ExportRequest.objects.create(
            user=world.user("other_secretary" if unit.code.startswith("150302") else "founder_of_requests"),
            unit=unit,
            table="people",
            title=canary(unit.code),
            address="/",
            rows=501,
            requested_at=clock.now(),
            entry=Entry.objects.filter(unit=unit)[0],
        )


def live_with_cases(world: Any, secretary: str, place: Unit) -> None:
    """Two residents of a place report something, and its branch claims the first."""
    words, phone = canary(place.code), PHONE.format(RESIDENTS)
    reports = [residents.Report(f"key {number} of {place.code}", place, words, spot=words, phone=phone) for number in range(2)]
    first, _second = [residents.report_case(report=report).reporter.case for report in reports]
    branch = world.units[f"{place.code}-1"]
    residents.claim_case(actor=world.user(secretary), case=first, unit=branch)
    told = residents.Report(f"key for {place.code}", place, words, spot=words, phone=phone, source="phone")
    called = residents.record_case(actor=world.user(secretary), unit=branch, report=told).reporter.case
    residents.claim_case(actor=world.user(secretary), case=called, unit=branch)
    residents.handle_case(actor=world.user(secretary), case=called, text=words)
    office = world.user("other_county_officer" if place.code.startswith("150302") else "county_officer")
    residents.ask_exclusion(actor=office, case=called, ground="mistake", reason=words)


def remark(world: Any) -> None:
    """At the same branches: a clause waived, and a standing that seems wrong to the secretary. Needs the schemes."""
    for code, (secretary, _leader, officer) in LIVED_AT.items():
        about = {"unit": world.units[code], "scheme": "contact-131", "clause": "inspect", "period": str(clock.today().year)}
        county = "other_county_officer" if officer == "other_county_officer" else "county_officer"
        schemes.waive_clause(actor=world.user(county), reason=canary(code), **about)
        schemes.doubt_standing(actor=world.user(secretary), words=canary(code), **about)


API_KEY = "a key of these tests"


def open_to_others(world: Any) -> None:
    """Another system may file requests for the county."""
    digest = residents.digest_of_key(API_KEY)
    ApiKey.objects.create(name="another system", digest=digest, county=world.county, created_at=clock.now())
    Item.objects.get_or_create(key="water.supply.outage", defaults={"level": 3, "title": "停水断水"})


OBJECTS: dict[str, Callable[[Any], list[Thing]]] = {
    "none": nothing,
    "unit": units,
    "county": counties,
    "person": people,
    "entry": entries,
    "export_request": export_requests,
    "visit": visits,
    "problem": problems,
    "gathering": gatherings,
    "case": cases,
    "waiting_case": waiting_cases,
    "led_case": led_cases,
    "led_reporter": led_reporters,
    "call_back": call_backs,
}

ABSENT: dict[str, Any] = {"code": "999999999999", "pk": 99_999_999, "reporter": 99_999_999}
"""Arguments of which nothing exists."""

NEWCOMERS = [
    # name in tests, name, unit, title, membership, until
    ("volunteer", "志一", "152221200203-1", "", "volunteer", None),
    ("former_officer", "郝前", "152221200", "township_officer", "", date(2021, 1, 1)),
    ("closed_account", "严闭", "152221200", "township_officer", "", None),
    ("sibling_leader", "林邻", "152221100003-1", "contact_leader", "", None),
    ("other_leader", "欧阳联", "150302001002-1", "contact_leader", "", None),
    ("two_posts", "双林", "152221200203-1", "secretary", "", None),
    ("founder_of_requests", "申文", "152221200", "", "rural", None),
]


def inhabit(world: Any) -> None:
    """Everybody of NEWCOMERS, a phone for each person, something recorded in every room, the schemes and remarks on them."""
    founder = User.objects.get(username="founder")
    new = [
        organizations.NewPerson(f"N{number}", name, world.units[unit], OPENED, 1980, membership, title, until)
        for number, (_, name, unit, title, membership, until) in enumerate(NEWCOMERS)
    ]
    for (role, *_), person in zip(NEWCOMERS, organizations.register_people(actor=founder, people=new), strict=True):
        person.user = User.objects.create_user(role, created_at=clock.now())
        person.save()
        world.people[role] = person
    second_post = {"unit": world.sibling, "title": "inspector", "since": OPENED}
    organizations.give_post(actor=founder, person=world.people["two_posts"], **second_post)
    for number, person in enumerate(world.people.values()):
        people_of_units.seal_phone(person, PHONE.format(number))
        person.save()
    live(world)
    schemes.seed_library(actor=founder, unit=world.county)
    residents.seed_catalogue(actor=founder, unit=world.county)
    remark(world)
    open_to_others(world)
