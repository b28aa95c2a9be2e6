"""What tests of the desk, the board and the brief share: schemes, a day in November, a county of several points."""

from datetime import date, timedelta

import pytest

from lianxin.gatherings import actions as gatherings
from lianxin.ledger import clock
from lianxin.liaison import actions as liaison
from lianxin.organizations import actions as organizations
from lianxin.schemes.actions import seed_library
from tests.world import OPENED

COUNTY = "152221"


@pytest.fixture
def in_force(world):
    """The schemes of the library, in force."""
    return seed_library(actor=world.user("county_officer"), unit=world.county)


@pytest.fixture
def november(monkeypatch):
    """The next 20 November: what is due by the end of the year falls within 60 days."""
    real = clock.today()
    day = date(real.year + (real > date(real.year, 11, 20)), 11, 20)
    monkeypatch.setenv(clock.FIXED_DAY, day.isoformat())
    return day


@pytest.fixture
def october(november, monkeypatch):
    """The day before 60 days remain of the year."""
    day = november.replace(month=12, day=31) - timedelta(days=61)
    monkeypatch.setenv(clock.FIXED_DAY, day.isoformat())
    return day


def settle(world, villages=3, township="152221200", start=300):
    """So many more villages in a township, each with its branch, which is a contact point of the world's leader."""
    actor = world.user("county_officer")
    codes = [f"{township}{number:03d}" for number in range(start, start + villages)]
    new = []
    for code in codes:
        new += [
            organizations.NewUnit(code, f"第{code[-3:]}嘎查", "village", world.units[township], OPENED, "village"),
            organizations.NewUnit(f"{code}-1", f"第{code[-3:]}嘎查党支部", "branch", code, OPENED, "village"),
        ]
    branches = [unit for unit in organizations.found_units(actor=actor, units=new) if unit.kind == "branch"]
    organizations.designate_many(actor=actor, units=[(unit, OPENED) for unit in branches], designation="contact_point")
    leader = world.people["contact_leader"]
    for branch in branches:
        organizations.give_post(actor=actor, person=leader, unit=branch, title="contact_leader", since=OPENED)
        organizations.set_fact(actor=actor, unit=branch, key="term_years", value=5, since=OPENED)
        organizations.set_fact(actor=actor, unit=branch, key="founded_on", value=OPENED, since=OPENED)
    return branches


def visit(world, unit, kind, day):
    """The leader's visit, recorded."""
    leader = world.people["contact_leader"]
    liaison.record_visits(actor=leader.user, visits=[liaison.NewVisit(unit, kind, day, leader, "看了看", leader.user)])


def solve(world, unit, day):
    """A practical problem, handled by the leader and confirmed by the branch's secretary."""
    leader = world.people["contact_leader"]
    step = liaison.handle_problem(actor=leader.user, unit=unit, day=day, leader=leader, matter="自来水断了", remedy="换了水管")
    liaison.confirm_problem(actor=world.user("secretary"), problem=step.problem)


def meet(world, unit, kind, day):
    gatherings.record_gathering(actor=world.user("secretary"), unit=unit, kind=kind, day=day, topic="学习", present=9)


@pytest.fixture
def town(world, in_force, november):
    """A county in which units stand differently: one point met, one visited once, two not at all."""
    visited, *_others = settle(world)
    visit(world, world.branch, "research", november.replace(month=2))
    for month in (3, 6, 9):
        visit(world, world.branch, "inspection", november.replace(month=month))
    solve(world, world.branch, november.replace(month=5))
    visit(world, visited, "inspection", november.replace(month=4))
    world.reload()
    return world
