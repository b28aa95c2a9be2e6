"""How far a post reaches: “may A do X to Y?” and “which Y?” are one rule."""

from datetime import date

import pytest

from lianxin.organizations import access, actions
from lianxin.organizations.models import Unit

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
