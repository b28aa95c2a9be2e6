"""How far a post reaches: “may A do X to Y?” and “which Y?” are one rule."""

from datetime import date

import pytest

from lianxin.ledger import clock
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations import access, actions
from lianxin.organizations.models import Post, Unit
from tests.world import OPENED

PERMISSIONS = sorted({permission for _, granted in access.GRANTS.values() for permission in granted})
SINCE = date(2021, 1, 1)


@pytest.mark.parametrize(
    "name", ["secretary", "clerk", "member", "contact_leader", "township_officer", "inspector", "head", "administrator"]
)
def test_both_questions_get_the_same_answer(world, name):
    user = world.user(name)
    units = list(Unit.objects.all())
    for permission in PERMISSIONS:
        reached = set(access.units_for(user, permission).values_list("pk", flat=True))
        assert reached == {unit.pk for unit in units if access.may(user, permission, unit)}


@pytest.mark.parametrize("name", ["secretary", "deputy_secretary", "clerk"])
def test_a_secretary_keeps_the_records_of_the_branch_and_of_its_groups(world, name):
    reached = access.units_for(world.user(name), access.GATHERING_RECORD)
    assert {unit.code for unit in reached} == {world.branch.code, world.group.code}


def test_a_group_moved_to_another_branch_goes_with_its_records(world):
    actions.move_unit(actor=world.user("county_officer"), unit=world.group, to=world.sibling_branch, day=SINCE, reason="合并")
    group = Unit.objects.get(pk=world.group.pk)
    assert not access.may(world.user("secretary"), access.GATHERING_RECORD, group)
    assert access.may(world.user("sibling_secretary"), access.GATHERING_RECORD, group)


def test_only_groups_directly_beneath_are_the_branchs_own(world):
    actor = world.user("county_officer")
    deep = actions.found_unit(actor=actor, code="deep", name="组下组", kind="group", parent=world.group, since=SINCE)
    team = actions.found_unit(actor=actor, code="team", name="服务队", kind="team", parent=world.branch, since=SINCE)
    secretary = world.user("secretary")
    assert not access.may(secretary, access.GATHERING_RECORD, deep)
    assert not access.may(secretary, access.GATHERING_RECORD, team)
    assert not {deep.pk, team.pk} & set(access.units_for(secretary, access.GATHERING_RECORD).values_list("pk", flat=True))


def test_a_leader_of_the_point_does_not_reach_its_groups(world):
    assert access.may(world.user("contact_leader"), access.VISIT_RECORD, world.branch)
    assert not access.may(world.user("contact_leader"), access.VISIT_RECORD, world.group)


def test_a_post_counts_from_its_first_day_to_the_day_before_its_end(world):
    user, until = world.user("secretary"), date(2026, 3, 1)
    Post.objects.filter(person=world.people["secretary"]).update(until=until)
    days = [date(2019, 12, 31), OPENED, date(2026, 2, 28), until]  # asked one after the other of the same account
    titles = [{grant.title for grant in access.grants_for(user, day)} for day in days]
    assert titles == [set(), {"secretary", "member"}, {"secretary", "member"}, {"member"}]


def test_a_post_of_an_import_under_way_gives_nothing_yet(world):
    told = {"sheet": "people", "file_hash": "x", "actor": world.user("county_officer"), "created_at": clock.now()}
    batch = Batch.objects.create(**told)
    Post.objects.filter(person=world.people["secretary"]).update(batch=batch)
    assert access.titles_of(world.user("secretary")) == {"member"}
    Batch.objects.filter(pk=batch.pk).update(visible=True)
    assert access.titles_of(world.copy().user("secretary")) == {"secretary", "member"}


def test_unless_asked_otherwise_ones_units_are_those_whose_standing_one_sees(world):
    assert not access.units_for(world.user("member"), access.ENTRY_VIEW).exists()
    assert {unit.code for unit in access.units_for(world.user("member"))} == {world.branch.code, world.group.code}


def test_posts_are_given_within_reach_only(world):
    officer = world.user("township_officer")
    assert access.giveable_titles(officer, world.branch) == access.GIVEABLE["township_officer"]
    assert access.giveable_titles(officer, world.sibling_branch) == set()
    assert access.giveable_titles(world.user("secretary"), world.branch) == set()


def test_entries_stay_with_where_the_work_was_done_for_whoever_may_read_them(world):
    officer, founding = world.user("township_officer"), Entry.objects.get(kind="organizations.unit_founded", unit=world.group)
    actions.move_unit(actor=world.user("county_officer"), unit=world.group, to=world.sibling_branch, day=SINCE, reason="合并")
    readers = dict.fromkeys(("township_officer", "sibling_officer", "secretary", "sibling_secretary"), access.ENTRY_VIEW)
    found = {
        name for name, right in readers.items() if founding in Entry.objects.filter(access.entry_scope(world.user(name), right))
    }
    assert found == {"township_officer", "sibling_officer", "sibling_secretary"}
    assert not Entry.objects.filter(access.entry_scope(officer, access.LOG_VIEW)).exists()
