"""Units are moved, merged, closed, founded in mid-year: the days before stay as they were, and all concerned read of it."""

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from django.urls import reverse

from lianxin.gatherings.actions import NewGathering, record_gatherings
from lianxin.ledger.models import Entry
from lianxin.liaison.actions import NewVisit, record_visits
from lianxin.organizations import actions
from lianxin.schemes.actions import seed_library
from lianxin.schemes.commands import schemes

DAY = date(2026, 5, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def county(world):
    """The county office, in a county with schemes in force and some work on record."""
    seed_library(actor=world.user("county_officer"), unit=world.county)
    leader = world.people["contact_leader"]
    visits = [NewVisit(world.branch, "inspection", date(2026, month, 3), leader) for month in (1, 2, 4)]
    record_visits(actor=leader.user, visits=visits)
    meetings = [NewGathering(world.branch, "members_met", date(2026, month, 9), "议事") for month in (1, 4)]
    record_gatherings(actor=world.user("secretary"), gatherings=meetings)
    return world.user("county_officer")


def move(world, actor):
    return actions.move_unit(actor=actor, unit=world.village, to=world.sibling, day=DAY, reason="区划调整")


def merge(world, actor):
    return actions.merge_unit(actor=actor, unit=world.village, into=world.units["152221100003"], day=DAY, reason="撤并")


def close(world, actor):
    actions.close_unit(actor=actor, unit=world.group, day=DAY, reason="并组")
    return actions.close_unit(actor=actor, unit=world.branch, day=DAY, reason="撤销")


def found(world, actor):
    unit = actions.found_unit(actor=actor, code="new", name="新建党支部", kind="branch", parent=world.village, since=DAY)
    return Entry.objects.get(unit=unit)


def rename(world, actor):
    return actions.rename_unit(actor=actor, unit=world.branch, name="特门中心党支部", day=DAY, reason="更名")


CHANGES = [move, merge, close, found, rename]


def standings(key: str) -> str:
    """Every standing of the day before, to the letter."""
    told = CliRunner().invoke(schemes, ["standings", key, "--as-of", BEFORE.isoformat(), "--format", "json"])
    assert told.exit_code == 0, told.output
    return told.stdout


@pytest.mark.parametrize("change", CHANGES)
def test_every_standing_of_the_day_before_stays_equal_to_the_byte(world, county, change):
    keys = ("contact-131", "three-meetings-one-lesson", "themed-day", "election-due", "branch-standard-100", "ten-star-village")
    before = {key: standings(key) for key in keys}
    assert world.branch.name in before["contact-131"]
    change(world, county)
    assert {key: standings(key) for key in keys} == before


READ_BY = {
    # what happened: the units whose timelines tell of it
    move: ("village", "township", "sibling"),
    merge: ("village", "township", "into"),
    close: ("branch", "village"),
    found: ("new", "village"),
    rename: ("branch",),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_timeline_concerned_tells_of_it(world, county, change):
    entry = change(world, county)
    codes = {"into": "152221100003", "new": "new"}
    for name in READ_BY[change]:
        code = codes[name] if name in codes else getattr(world, name).code
        page = world.client("county_officer").get(reverse("history", args=[code])).content.decode()
        assert reverse("entry", args=[entry.pk]) in page, f"the timeline of {code}"


def test_a_merger_is_read_by_the_township_it_happened_in_and_not_by_a_branch_next_door(world, county):
    entry = reverse("entry", args=[merge(world, county).pk])
    for name, unit, told in (("township_officer", world.township, True), ("sibling_secretary", world.sibling_branch, False)):
        page = world.client(name).get(reverse("history", args=[unit.code])).content.decode()
        assert (entry in page) is told, name


def test_work_recorded_late_is_credited_where_it_was_done(world, county):
    old = world.branch.path
    move(world, county)
    world.reload()
    leader = world.people["contact_leader"]
    for day, path in ((BEFORE, old), (DAY, world.branch.path)):
        [version] = record_visits(actor=leader.user, visits=[NewVisit(world.branch, "research", day, leader)])
        assert version.entry.unit_path == path
    assert old != world.branch.path
