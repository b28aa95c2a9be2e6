"""One small world of named people, shared by every test. Synthetic people; public place names.

    科尔沁右翼前旗 (152221)                     乌海市海勃湾区 (150302): the other county
    ├─ 科尔沁镇 (152221100)                    └─ 凤凰岭街道 (150302001)
    │   └─ 碧桂园社区 (152221100003)               └─ 和平社区 (150302001002)
    │       └─ 碧桂园社区党支部 (152221100003-1)         └─ 和平社区党支部 (150302001002-1)
    └─ 满族屯满族乡 (152221200)
        └─ 特门嘎查 (152221200203)
            └─ 特门嘎查党支部 (152221200203-1): contact point
                └─ 第一党小组 (152221200203-1-1)

Every unit opened on 2020-01-01.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.test import Client

from lianxin.accounts.models import User
from lianxin.cases.actions import seed_catalogue
from lianxin.cases.models import Item
from lianxin.ledger import clock
from lianxin.organizations import actions
from lianxin.organizations.models import Person, Unit
from lianxin.schemes.actions import publish_scheme
from lianxin.schemes.library import FOLDER
from lianxin.schemes.models import Version

Made = TypeVar("Made")
Make = Callable[[Callable[["World"], Made]], Made]

OPENED = date(2020, 1, 1)

UNITS: list[tuple[str, str, str, str, str | None]] = [
    ("152221", "科尔沁右翼前旗", "county", "", None),
    ("152221100", "科尔沁镇", "township", "", "152221"),
    ("152221100003", "碧桂园社区", "community", "community", "152221100"),
    ("152221100003-1", "碧桂园社区党支部", "branch", "community", "152221100003"),
    ("152221200", "满族屯满族乡", "township", "", "152221"),
    ("152221200203", "特门嘎查", "village", "village", "152221200"),
    ("152221200203-1", "特门嘎查党支部", "branch", "village", "152221200203"),
    ("152221200203-1-1", "第一党小组", "group", "village", "152221200203-1"),
    ("150302", "海勃湾区", "county", "", None),
    ("150302001", "凤凰岭街道", "township", "", "150302"),
    ("150302001002", "和平社区", "community", "community", "150302001"),
    ("150302001002-1", "和平社区党支部", "branch", "community", "150302001002"),
]

PEOPLE: list[tuple[str, str, str, str, str]] = [
    # name in tests, name, unit, title, membership
    ("county_officer", "乌兰", "152221", "county_officer", ""),
    ("inspector", "韩督", "152221", "inspector", ""),
    ("auditor", "沈计", "152221", "auditor", ""),
    ("administrator", "管理员", "152221", "administrator", ""),
    ("township_officer", "华镇", "152221200", "township_officer", ""),
    ("secretary", "巴图", "152221200203-1", "secretary", "rural"),
    ("deputy_secretary", "其其格", "152221200203-1", "deputy_secretary", "rural"),
    ("clerk", "哈斯", "152221200203-1", "clerk", "rural"),
    ("head", "布和", "152221200203", "head", ""),
    ("member", "宝音", "152221200203-1", "", "rural"),
    ("contact_leader", "陈联", "152221200203-1", "contact_leader", ""),
    ("department_handler", "周办", "152221200203", "department_handler", ""),
    ("sibling_officer", "赵镇", "152221100", "township_officer", ""),
    ("sibling_secretary", "李邻", "152221100003-1", "secretary", "employed"),
    ("other_county_officer", "孙区", "150302", "county_officer", ""),
    ("other_secretary", "钱和", "150302001002-1", "secretary", "employed"),
]


@dataclass
class World:
    """Units by code, people by their name in tests, and a signed-in client for each."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def county(self) -> Unit:
        return self.units["152221"]

    @property
    def township(self) -> Unit:
        return self.units["152221200"]

    @property
    def sibling(self) -> Unit:
        return self.units["152221100"]

    @property
    def village(self) -> Unit:
        return self.units["152221200203"]

    @property
    def branch(self) -> Unit:
        return self.units["152221200203-1"]

    @property
    def group(self) -> Unit:
        return self.units["152221200203-1-1"]

    @property
    def sibling_branch(self) -> Unit:
        return self.units["152221100003-1"]

    @property
    def other_county(self) -> Unit:
        return self.units["150302"]

    @property
    def other_branch(self) -> Unit:
        return self.units["150302001002-1"]

    def user(self, name: str) -> User:
        """The account of a person: `world.user("secretary")`."""
        user = self.people[name].user
        assert user is not None
        return user

    def client(self, name: str | None = None, **kwargs: Any) -> Client:
        """A browser in which that person is signed in; without a name, a stranger's."""
        client = Client(**kwargs)
        if name:
            client.force_login(self.user(name), backend="lianxin.accounts.backends.AccountBackend")
        return client

    def copy(self) -> "World":
        """The same units and people, read anew: what a test does to them in memory stays its own."""
        copied = World()
        copied.reload()
        people = Person.objects.select_related("user").in_bulk([person.pk for person in self.people.values()])
        copied.people = {name: people[person.pk] for name, person in self.people.items()}
        return copied

    def reload(self) -> None:
        """Read the units again, after something changed them."""
        self.units = {unit.code: unit for unit in Unit.objects.all()}


def make_world() -> World:
    """Make the small world in the current database."""
    world = World()
    system = User.objects.create_user("founder", created_at=clock.now())
    founded = actions.found_units(
        actor=system,
        units=[actions.NewUnit(code, name, kind, parent, OPENED, field) for code, name, kind, field, parent in UNITS],
    )
    world.units = {unit.code: unit for unit in founded}
    for unit in (world.branch, world.sibling_branch, world.other_branch):
        actions.set_fact(actor=system, unit=unit, key="term_years", value=5, since=OPENED)
        actions.set_fact(actor=system, unit=unit, key="founded_on", value=OPENED, since=OPENED)
    for unit in (world.branch, world.other_branch):
        actions.designate(actor=system, unit=unit, designation="contact_point", since=OPENED)
    people = actions.register_people(
        actor=system,
        people=[
            actions.NewPerson(f"T{number:03d}", name, world.units[unit], OPENED, 1980, membership, title)
            for number, (_, name, unit, title, membership) in enumerate(PEOPLE, 1)
        ],
    )
    for (name, *_), person in zip(PEOPLE, people, strict=True):
        person.user = User.objects.create_user(name, created_at=clock.now())
        person.save(update_fields=["user"])
        world.people[name] = person
    return world


@pytest.fixture(scope="session")
def _world_once(django_db_setup: None, django_db_blocker: Any) -> World:
    """The small world, made once per test run; each test changes its own copy inside a transaction that is rolled back."""
    with django_db_blocker.unblock():
        return make_world()


@pytest.fixture(scope="module")
def make_for_the_module(_world_once: World, django_db_blocker: Any) -> Iterator[Make[Any]]:
    """`make(function)` calls the function with the small world; what it makes stays for every test of the module.

    For what takes long to make. Each test still changes its own copy: its transaction stands within the one opened here.
    """
    with ExitStack() as at_the_end:

        def make(function: Callable[[World], Made]) -> Made:
            with django_db_blocker.unblock():
                return function(_world_once.copy())

        def undo() -> None:
            with django_db_blocker.unblock():
                transaction.set_rollback(True)
                around.__exit__(None, None, None)

        around = transaction.atomic()
        with django_db_blocker.unblock():
            around.__enter__()
        at_the_end.callback(undo)
        yield make


@pytest.fixture
def world(_world_once: World, db: None) -> World:
    """The small world as it was made."""
    return _world_once.copy()


@pytest.fixture
def points_in_force(world: World) -> Version:
    """The contact points' scheme, in force. To compile all of the library for each day looked at takes seconds."""
    text = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8")
    return publish_scheme(actor=world.user("county_officer"), text=text, file="contact-131.yaml", unit=world.county)


@pytest.fixture
def catalogue(world: World) -> dict[str, Item]:
    """The sample catalogue of matters, by key."""
    seed_catalogue(actor=world.user("county_officer"), unit=world.county)
    return {item.key: item for item in Item.objects.all()}
