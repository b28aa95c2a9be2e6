"""The facts of a committee follow from posts, whatever happens; nobody types them. A plain model recounts them day by day."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import actions
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Fact, Placement, Post, Unit
from lianxin.organizations.terms import ELECTION, anniversary, elections_due, term_end

DAY = date(2026, 5, 1)
DERIVED = {"committee", "committee_size", "committee_average_age", "one_shoulder"}
COMMITTEE = {"secretary", "deputy_secretary", "committee_member"}


def stated(unit, day):
    """What the house says of a committee on a day."""
    return dict(Fact.objects.known().on(day).filter(unit=unit, key__in=DERIVED).values_list("key", "value"))


def recounted(unit, day):
    """The same, the slow and obvious way: from every post there is, on that day alone (age is as it was when they began)."""
    [placement] = Placement.objects.known().on(day).filter(unit=unit)
    serving = [post for post in Post.objects.filter(unit=unit) if post.title in COMMITTEE and post.holds_on(day)]
    people = {post.person for post in serving}
    heads = {
        post.person for post in Post.objects.filter(title="head", unit__in=[unit.pk, placement.parent_id]) if post.holds_on(day)
    }
    return {
        "committee": "true" if len(people) >= 3 else "false",
        "committee_size": str(len(people)),
        "one_shoulder": "true" if heads & {post.person for post in serving if post.title == "secretary"} else "false",
    }


def elect(world, day, *names, unit=None, **options):
    people = [world.people[name] for name in names]
    elected = [(people[0], "secretary"), *((person, "committee_member") for person in people[1:])]
    return actions.hold_election(
        actor=world.user("county_officer"), unit=unit or world.branch, day=day, elected=elected, **options
    )


NAMES = ["secretary", "deputy_secretary", "clerk", "member", "head"]
DAYS = st.integers(0, 20).map(lambda weeks: date(2026, 1, 5) + timedelta(weeks=weeks))
TITLES = st.sampled_from([*sorted(COMMITTEE), "head"])
STEPS = st.one_of(
    st.tuples(st.just("give"), DAYS, st.sampled_from(NAMES), TITLES),
    st.tuples(st.just("end"), DAYS, st.integers(0, 9)),
    st.tuples(st.just("elect"), DAYS, st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)),
    st.tuples(st.just("move"), DAYS, st.sampled_from(["152221100003", "152221200203"])),
)


def act(world, step):
    actor = world.user("county_officer")
    match step:
        case "give", day, name, title:
            unit = world.village if title == "head" else world.branch
            actions.give_post(actor=actor, person=world.people[name], unit=unit, title=title, since=day)
        case "end", day, number:
            posts = list(Post.objects.filter(unit__in=[world.branch, world.village]).order_by("pk"))
            actions.end_post(actor=actor, post=posts[number % len(posts)], day=day, reason="轮换")
        case "elect", day, names:
            elect(world, day, *names, approved_early=True)
        case "move", day, code:
            actions.move_unit(
                actor=actor, unit=Unit.objects.get(pk=world.branch.pk), to=world.units[code], day=day, reason="调整"
            )


MOVED_IN_BETWEEN = [
    ("give", date(2026, 4, 20), "secretary", "head"),
    ("move", date(2026, 1, 26), "152221100003"),
    ("give", date(2026, 1, 5), "member", "deputy_secretary"),
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=6))
@example(MOVED_IN_BETWEEN)
def test_on_every_day_the_facts_are_what_the_posts_of_that_day_say(world, steps):
    with transaction.atomic():
        for step in steps:
            with suppress(OrganizationError):
                act(world, step)
        for week in range(-1, 22):
            day = date(2026, 1, 5) + timedelta(weeks=week)
            facts = stated(world.branch, day)
            facts.pop("committee_average_age", None)
            assert facts == recounted(world.branch, day), f"on {day}"
        transaction.set_rollback(True)


def test_a_branch_that_comes_beneath_another_village_loses_one_shoulder(world):
    actor = world.user("county_officer")
    actions.give_post(actor=actor, person=world.people["secretary"], unit=world.village, title="head", since=date(2026, 1, 1))
    assert stated(world.branch, DAY)["one_shoulder"] == "true"
    into = world.units["152221100003"]
    actions.merge_unit(actor=actor, unit=world.village, into=into, day=DAY, reason="撤并")
    assert stated(world.branch, DAY)["one_shoulder"] == "false"
    assert stated(world.branch, DAY - timedelta(days=1))["one_shoulder"] == "true"
    actions.give_post(actor=actor, person=world.people["secretary"], unit=into, title="head", since=date(2026, 6, 1))
    assert stated(world.branch, date(2026, 6, 1))["one_shoulder"] == "true"


def test_the_average_age_is_that_of_those_elected_on_the_day(world):
    for name, born in (("secretary", 1970), ("clerk", 1981), ("member", 1990)):
        person = world.people[name]
        person.birth_year = born
        person.save(update_fields=["birth_year"])
    elect(world, DAY, "secretary", "clerk", "member")
    assert stated(world.branch, DAY)["committee_average_age"] == "46", "(56 + 45 + 36) ÷ 3 = 45.7"


def test_what_was_known_of_a_committee_stays_as_it_was_known(world):
    before, known = clock.now(), stated(world.branch, DAY)
    elect(world, DAY, "member", "clerk", "deputy_secretary")
    then = Fact.objects.known_at(before).on(DAY).filter(unit=world.branch, key__in=DERIVED)
    assert dict(then.values_list("key", "value")) == known != stated(world.branch, DAY)


@pytest.mark.parametrize("key", sorted(DERIVED))
def test_none_of_them_can_be_typed(world, key):
    with pytest.raises(OrganizationError) as refused:
        actions.set_fact(actor=world.user("county_officer"), unit=world.branch, key=key, value="3", since=DAY)
    assert refused.value.code == "derived_fact"


# --- terms -----------------------------------------------------------------------------------------------------------


def test_the_end_of_a_term_follows_from_the_election_and_the_years(world):
    assert term_end(world.branch, DAY) == date(2025, 1, 1), "before any election from the founding: 5 years of a village's branch"
    entry = elect(world, DAY, "secretary", "clerk", "member")
    assert (entry.kind, term_end(world.branch, DAY)) == (ELECTION, date(2031, 5, 1))
    actions.set_fact(actor=world.user("county_officer"), unit=world.branch, key="term_years", value=3, since=date(2026, 6, 1))
    assert term_end(world.branch, date(2026, 6, 1)) == date(2029, 5, 1)
    assert term_end(world.branch, date(2026, 5, 31)) == date(2031, 5, 1), "the days before keep the years they had"


def test_it_is_reminded_of_six_months_ahead_and_overdue_afterwards(world):
    elect(world, DAY, "secretary", "clerk", "member")
    states = {
        day: [term.state for term in elections_due(world.branch, as_of=day)]
        for day in (date(2030, 10, 31), date(2030, 11, 1), date(2031, 5, 1), date(2031, 5, 2))
    }
    assert list(states.values()) == [[], ["due_soon"], ["due_soon"], ["overdue"]]


def test_a_term_that_began_on_a_leap_day_ends_on_the_last_of_february():
    assert anniversary(date(2024, 2, 29), 5) == date(2029, 2, 28)


def test_a_branch_founded_in_the_middle_of_the_year_has_its_term_from_then_on(world):
    unit = actions.found_unit(
        actor=world.user("county_officer"),
        code="new",
        name="新建党支部",
        kind="branch",
        parent=world.village,
        since=DAY,
        facts={"founded_on": DAY},
    )
    assert term_end(unit, DAY) == date(2029, 5, 1), "3 years, where nothing else is said"
    assert stated(unit, DAY) == {}, "nobody was elected yet"
    elect(world, date(2026, 6, 1), "member", "clerk", unit=unit)
    assert (stated(unit, date(2026, 6, 1))["committee_size"], term_end(unit)) == ("2", date(2029, 6, 1))


def test_a_closed_branch_has_no_facts_and_owes_no_election(world):
    elect(world, date(2026, 2, 1), "secretary", "clerk", "member")
    actor = world.user("county_officer")
    for unit in (world.group, world.branch):
        actions.close_unit(actor=actor, unit=unit, day=DAY, reason="撤销")
    assert stated(world.branch, DAY) == {}
    assert stated(world.branch, DAY - timedelta(days=1))["committee_size"] == "3"
    assert elections_due(world.village, months=120, as_of=date(2031, 1, 1)) == []


def test_an_election_writes_one_entry_of_its_own(world):
    before = Entry.objects.count()
    elect(world, DAY, "secretary", "clerk", "member")
    assert Entry.objects.count() == before + 1
