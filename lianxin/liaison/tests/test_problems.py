"""A problem handled is not solved: only the point's own people say so."""

from datetime import date

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianxin.ledger.models import Entry
from lianxin.liaison import actions
from lianxin.liaison.errors import LiaisonError
from lianxin.liaison.models import Problem, ProblemState
from lianxin.liaison.workflow import MOVES
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Title

DAY = date(2026, 3, 5)


@pytest.fixture
def problem(world):
    leader = world.people["contact_leader"]
    step = actions.handle_problem(
        actor=leader.user, unit=world.branch, day=DAY, leader=leader, matter="水井不出水", remedy="修好了"
    )
    return step.problem


def counted(problem):
    return Entry.objects.standing().filter(subject=problem.subject, kind="liaison.problem_confirmed").count()


def test_it_counts_once_the_secretary_confirms_it(world, problem):
    assert counted(problem) == 0
    step = actions.confirm_problem(actor=world.user("secretary"), problem=problem)
    assert counted(problem) == 1
    assert step.entry.happened_on == DAY, "the leader's work stays in the period in which it was done"


@pytest.mark.parametrize("name", ["contact_leader", "sibling_secretary", "county_officer", "inspector", "member", "head"])
def test_nobody_else_confirms(world, problem, name):
    with pytest.raises(Http404):
        actions.confirm_problem(actor=world.user(name), problem=problem)
    assert counted(problem) == 0


def test_a_leader_who_is_also_the_secretary_cannot_confirm_what_they_handled(world, problem):
    leader = world.people["contact_leader"]
    organizations.give_post(
        actor=world.user("county_officer"), person=leader, unit=world.branch, title=Title.CLERK, since=date(2026, 1, 1)
    )
    leader.user._grants = None
    with pytest.raises(LiaisonError) as refused:
        actions.confirm_problem(actor=leader.user, problem=problem)
    assert refused.value.code == "own_problem"
    actions.confirm_problem(actor=world.user("secretary"), problem=problem)
    assert counted(problem) == 1


def test_rejected_it_goes_back_to_the_leader_and_can_be_handled_again(world, problem):
    actions.reject_problem(actor=world.user("secretary"), problem=problem, reason="还是没水")
    leader = world.people["contact_leader"]
    actions.handle_again(actor=leader.user, problem=problem, day=date(2026, 4, 1), matter="水井不出水", remedy="换了水泵")
    step = actions.confirm_problem(actor=world.user("clerk"), problem=problem)
    assert (counted(problem), step.entry.happened_on) == (1, date(2026, 4, 1))


def test_a_confirmation_taken_back_is_no_longer_counted_and_stays_readable(world, problem):
    actions.confirm_problem(actor=world.user("secretary"), problem=problem)
    actions.reopen_problem(actor=world.user("deputy_secretary"), problem=problem, reason="点错了")
    assert counted(problem) == 0
    assert Entry.objects.filter(subject=problem.subject, kind="liaison.problem_confirmed").exclude(valid_to=None).count() == 1


def test_a_second_confirmation_is_refused(world, problem):
    actions.confirm_problem(actor=world.user("secretary"), problem=problem)
    with pytest.raises(LiaisonError) as refused:
        actions.confirm_problem(actor=world.user("clerk"), problem=problem)
    assert (refused.value.code, counted(problem)) == ("no_such_move", 1)


WORDS = {"day": DAY, "matter": "水井", "remedy": "修了"}
CALLS = {
    "handle": lambda actor, problem: actions.handle_again(actor=actor, problem=problem, **WORDS),
    "correct": lambda actor, problem: actions.correct_problem(
        actor=actor, problem=problem, **{**WORDS, "matter": f"水井{problem.steps.count()}"}, reason="更正"
    ),
    "confirm": lambda actor, problem: actions.confirm_problem(actor=actor, problem=problem),
    "reject": lambda actor, problem: actions.reject_problem(actor=actor, problem=problem, reason="没好"),
    "reopen": lambda actor, problem: actions.reopen_problem(actor=actor, problem=problem, reason="点错"),
    "withdraw": lambda actor, problem: actions.withdraw_problem(actor=actor, problem=problem, reason="记错"),
}
PEOPLE = [
    "contact_leader",
    "secretary",
    "clerk",
    "member",
    "sibling_secretary",
    "county_officer",
    "township_officer",
    "inspector",
]
POINT = {"secretary", "deputy_secretary", "clerk"}


def test_every_move_of_the_table_can_be_called():
    assert {move.name for move in MOVES} == set(CALLS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(sorted(CALLS))), max_size=12))
def test_no_path_leads_to_confirmed_without_the_points_own_act(world, path):
    leader = world.people["contact_leader"]
    problem = actions.handle_problem(actor=leader.user, unit=world.branch, day=DAY, leader=leader, matter="路灯").problem
    last_confirmer = None
    for name, call in path:
        before = Problem.objects.get(pk=problem.pk).state
        try:
            CALLS[call](world.user(name), problem)
        except (Http404, LiaisonError):
            assert Problem.objects.get(pk=problem.pk).state == before
            continue
        after = Problem.objects.get(pk=problem.pk).state
        if after == ProblemState.CONFIRMED:
            last_confirmer = (call, name)
            assert call == "confirm" and name in POINT
        assert after == problem.steps.order_by("-id").values_list("state", flat=True)[0]
        assert counted(problem) == (after == ProblemState.CONFIRMED)
    if Problem.objects.get(pk=problem.pk).state == ProblemState.CONFIRMED:
        assert last_confirmer is not None and last_confirmer[1] in POINT
