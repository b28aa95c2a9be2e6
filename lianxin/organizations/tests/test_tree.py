"""The tree of any past day stays as it was."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import actions
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Fact, Placement, Title, Unit

DAY = date(2026, 5, 1)


def parents_on(unit: Unit, day: date, known_at=None) -> list[str]:
    rows = Placement.objects.on(day).known_at(known_at or clock.now()).filter(unit=unit)
    return [row.parent.name for row in rows]


def test_a_moved_village_stands_under_its_new_township_and_stood_under_the_old_one(world):
    before = clock.now()
    officer = world.user("county_officer")
    actions.move_unit(actor=officer, unit=world.village, to=world.sibling, day=DAY, reason="区划调整")
    assert parents_on(world.village, date(2026, 4, 30)) == ["满族屯满族乡"]
    assert parents_on(world.village, DAY) == ["科尔沁镇"]
    assert parents_on(world.village, DAY, known_at=before) == ["满族屯满族乡"]
    world.reload()
    assert world.branch.path.startswith(world.sibling.path)
    assert world.group.path.startswith(world.branch.path)


def test_work_done_before_the_move_stays_credited_where_it_was_done(world):
    old = world.village.path
    actions.move_unit(actor=world.user("county_officer"), unit=world.village, to=world.sibling, day=DAY, reason="区划调整")
    world.reload()
    entry = actions.designate(actor=world.user("county_officer"), unit=world.village, designation="weak", since=date(2026, 4, 1))
    assert entry.unit_path == old
    later = actions.designate(actor=world.user("county_officer"), unit=world.village, designation="benchmark", since=DAY)
    assert later.unit_path == world.village.path != old


@pytest.mark.parametrize(
    ("unit", "to", "rule"),
    [("township", "village", "beneath_itself"), ("village", "township", "same_parent")],
)
def test_a_unit_cannot_move_beneath_itself_nor_where_it_stands(world, unit, to, rule):
    with pytest.raises(OrganizationError) as refused:
        actions.move_unit(
            actor=world.user("county_officer"), unit=getattr(world, unit), to=getattr(world, to), day=DAY, reason="试"
        )
    assert refused.value.code == rule


def test_a_merged_village_passes_its_branch_and_members_on_and_is_closed(world):
    into = world.units["152221100003"]
    actions.merge_unit(actor=world.user("county_officer"), unit=world.village, into=into, day=DAY, reason="撤并")
    world.reload()
    assert world.village.closed_on == DAY
    assert world.branch.path.startswith(into.path)
    assert parents_on(world.village, DAY) == []
    assert parents_on(world.village, date(2026, 4, 30)) == ["满族屯满族乡"]


def test_a_unit_with_units_beneath_it_is_not_closed(world):
    with pytest.raises(OrganizationError) as refused:
        actions.close_unit(actor=world.user("county_officer"), unit=world.village, day=DAY, reason="撤销")
    assert refused.value.code == "has_children"
    assert "特门嘎查党支部" in refused.value.messages[0]


def test_a_closed_units_posts_end_with_it(world):
    actions.close_unit(actor=world.user("county_officer"), unit=world.group, day=DAY, reason="撤销")
    actions.close_unit(actor=world.user("county_officer"), unit=world.branch, day=DAY, reason="撤销")
    assert set(world.people["secretary"].posts.values_list("until", flat=True)) == {DAY}


def test_an_election_ends_the_old_committee_and_works_out_its_facts(world):
    officer = world.user("county_officer")
    actions.give_post(actor=officer, person=world.people["secretary"], unit=world.village, title=Title.HEAD, since=DAY)
    elected = [
        (world.people["secretary"], "secretary"),
        (world.people["clerk"], "committee_member"),
        (world.people["member"], "committee_member"),
    ]
    actions.hold_election(actor=officer, unit=world.branch, day=DAY, elected=elected)
    facts = dict(Fact.objects.known().on(DAY).filter(unit=world.branch).values_list("key", "value"))
    assert facts == {
        "term_years": "5",
        "founded_on": "2020-01-01",
        "committee": "true",
        "committee_size": "3",
        "one_shoulder": "true",
        "committee_average_age": "46",
    }
    assert world.people["deputy_secretary"].posts.get(title="deputy_secretary").until == DAY


def test_an_election_needs_one_secretary_and_at_most_seven(world):
    with pytest.raises(OrganizationError) as refused:
        actions.hold_election(
            actor=world.user("county_officer"), unit=world.branch, day=DAY, elected=[(world.people["clerk"], "committee_member")]
        )
    assert refused.value.code == "too_few"


def test_a_worked_out_fact_cannot_be_typed(world):
    with pytest.raises(OrganizationError) as refused:
        actions.set_fact(actor=world.user("county_officer"), unit=world.branch, key="one_shoulder", value=True, since=DAY)
    assert refused.value.code == "derived_fact"


@pytest.mark.parametrize("model", [Entry, Placement, Fact])
def test_the_database_itself_refuses_to_change_or_delete_what_is_kept(world, model):
    for change in (lambda: model.objects.update(unit=world.county), lambda: model.objects.all()._raw_delete("default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
