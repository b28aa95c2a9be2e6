"""Units are moved, merged, closed, founded, renamed in mid-year: all concerned read of it, and work stays where it was done.

That standings of the days before stay equal to the byte is held in lianxin/schemes/tests/test_tree_changes.py.
"""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from lianxin.ledger.models import Entry
from lianxin.liaison.actions import NewVisit, record_visits
from lianxin.organizations import actions

DAY = date(2026, 5, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def county(world):
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
