"""Tells the demonstration's story: two years of two counties, through the same actions people use, on the days they happened.

Nothing is written past the actions; the clock stands at each moment told. Uneven on purpose: every branch and leader has a
diligence of its own, and every irregularity of real life occurs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction

from lianxin.accounts.models import User
from lianxin.demo import people
from lianxin.demo.places import CONTACT_POINTS, MAIN, OTHER, places
from lianxin.ledger import clock
from lianxin.organizations import actions
from lianxin.organizations.models import Person, Title, Unit
from lianxin.organizations.terms import anniversary

SEED = 131
OPENED = date(2016, 1, 1)
Progress = Callable[[str], None]


@dataclass
class County:
    """What the storyteller has made so far."""

    today: date
    rng: random.Random
    actor: User
    units: dict[str, Unit] = field(default_factory=dict)
    branches: list[Unit] = field(default_factory=list)
    points: list[Unit] = field(default_factory=list)
    """The 226 contact points, in the main county."""
    members: dict[int, list[Person]] = field(default_factory=dict)
    """By branch."""
    secretaries: dict[int, Person] = field(default_factory=dict)
    leaders: dict[int, Person] = field(default_factory=dict)
    """By contact point."""
    diligence: dict[int, float] = field(default_factory=dict)
    accounts: dict[str, Person] = field(default_factory=dict)

    @property
    def start(self) -> date:
        """The first day told."""
        return anniversary(self.today, -2)


def tell(today: date, progress: Progress) -> County:
    """Make both counties and live through two years up to `today`. One transaction: all of it or nothing."""
    with transaction.atomic():
        start = anniversary(today, -2)
        rng = random.Random(SEED)
        with clock.standing_at(clock.instant(start - timedelta(days=1), 9)):
            actor = User.objects.create_user("storyteller", created_at=clock.now())
            county = County(today, rng, actor)
            progress("places")
            found_places(county)
            progress("people")
            register_everyone(county)
            progress("elections")
            hold_first_elections(county)
            name_contact_points(county)
            give_accounts(county)
    return county


def found_places(county: County) -> None:
    """Every unit of both counties."""
    founded = actions.found_units(actor=county.actor, units=places(OPENED, county.rng))
    county.units = {unit.code: unit for unit in founded}
    county.branches = [unit for unit in founded if unit.kind == "branch"]
    county.diligence = {unit.pk: county.rng.betavariate(2.2, 1.3) for unit in county.branches}


def register_everyone(county: County) -> None:
    """The members of every branch."""
    register = people.Register(county.rng)
    wanted = people.members(register, county.branches, OPENED)
    for person, new in zip(actions.register_people(actor=county.actor, people=wanted), wanted, strict=True):
        county.members.setdefault(new.unit.pk, []).append(person)
    teams = [unit for unit in county.units.values() if unit.kind == "team"]
    volunteers = county.rng.sample([person for unit in county.branches for person in county.members[unit.pk]], 12 * len(teams))
    for position, person in enumerate(volunteers):
        actions.join_unit(
            actor=county.actor,
            person=person,
            unit=teams[position % len(teams)],
            kind="volunteer",
            since=county.start - timedelta(days=30),
        )


def hold_first_elections(county: County) -> None:
    """The elections before the story begins: villages and communities together, other branches when their term came."""
    for branch in county.branches:
        if branch.field in ("village", "community"):
            day = anniversary(county.start, -4) + timedelta(days=county.rng.randrange(240, 330))
        else:
            day = county.start - timedelta(days=county.rng.randrange(20, 1070))
        elect(county, branch, day)


def elect(county: County, branch: Unit, day: date) -> None:
    """Hold one election among the branch's own members."""
    pool = [person for person in county.members[branch.pk] if day.year - (person.birth_year or day.year) < 68]
    seats = min(len(pool), county.rng.choice((3, 3, 5, 5, 5, 7)) if len(county.members[branch.pk]) >= 7 else 1)
    chosen = county.rng.sample(pool, seats)
    place = county.units.get(branch.code.rsplit("-", 1)[0])
    if place is not None and place.kind in ("village", "community") and county.rng.random() < 0.82:
        actions.give_post(actor=county.actor, person=chosen[0], unit=place, title=Title.HEAD, since=day)
    titles = [Title.SECRETARY, Title.DEPUTY_SECRETARY, *[Title.COMMITTEE_MEMBER] * 5]
    actions.hold_election(
        actor=county.actor, unit=branch, day=day, elected=list(zip(chosen, titles, strict=False)), approved_early=True
    )
    county.secretaries[branch.pk] = chosen[0]


def name_contact_points(county: County) -> None:
    """226 contact points over all fields, each with its leader, from the day before the story begins."""
    for name, number in CONTACT_POINTS.items():
        of_field = [unit for unit in county.branches if unit.field == name and unit.code.startswith(MAIN)]
        first = [unit for unit in of_field if unit.name[:3] in ("特门嘎", "良种场", "碧桂园")]
        rest = [unit for unit in of_field if unit not in first]
        county.points += [*first, *county.rng.sample(rest, number - len(first))]
    day = county.start - timedelta(days=7)
    actions.designate_many(actor=county.actor, units=[(unit, day) for unit in county.points], designation="contact_point")
    register = people.Register(county.rng)
    register.count = 90000
    shared = people.leaders(register, county.points, county.units[MAIN], day)
    leaders = actions.register_people(actor=county.actor, people=[new for new, _ in shared])
    for leader, (new, others) in zip(leaders, shared, strict=True):
        county.leaders[new.unit.pk] = leader
        for point in others:
            actions.give_post(actor=county.actor, person=leader, unit=point, title=Title.CONTACT_LEADER, since=day)
            county.leaders[point.pk] = leader


ACCOUNTS: list[tuple[str, str, str]] = [
    ("county", MAIN, Title.COUNTY_OFFICER),
    ("inspector", MAIN, Title.INSPECTOR),
    ("auditor", MAIN, Title.AUDITOR),
    ("administrator", MAIN, Title.ADMINISTRATOR),
    ("township", "152221200", Title.TOWNSHIP_OFFICER),
    ("department", f"{MAIN}-D11", Title.DEPARTMENT_HANDLER),
    ("clerk", "152221200203-1", Title.CLERK),
    ("othercounty", OTHER, Title.COUNTY_OFFICER),
]
"""Sign-ins of the demonstration whose posts are given here; secretary, leader and member sign in as people of the story."""
PASSWORD = "lianxin-demo-131"


def give_accounts(county: County) -> None:
    """One sign-in for each role."""
    day = county.start - timedelta(days=7)
    register = people.Register(county.rng)
    register.count = 99000
    new = [register.person(county.units[code], day, title=title) for _, code, title in ACCOUNTS]
    persons = actions.register_people(actor=county.actor, people=new)
    county.accounts = {name: person for (name, _, _), person in zip(ACCOUNTS, persons, strict=True)}
    shown = county.units["152221200203-1"]
    secretary = county.secretaries[shown.pk]
    county.accounts["secretary"] = secretary
    county.accounts["leader"] = county.leaders[shown.pk]
    county.accounts["member"] = next(person for person in county.members[shown.pk] if person != secretary)
    for name, person in county.accounts.items():
        person.user = User.objects.create_user(name, PASSWORD, created_at=clock.now())
        person.save(update_fields=["user"])
