"""The life of a problem against a model so plain that it can be checked by reading."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.http import Http404
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lianxin.ledger.models import Entry
from lianxin.liaison import actions
from lianxin.liaison.errors import LiaisonError
from lianxin.liaison.models import ProblemStep
from lianxin.liaison.workflow import MOVES, NEW

DAY = date(2026, 3, 5)

LEADS_TO = {
    ("rejected", "handle"): "handled",
    ("handled", "correct"): "handled",
    ("handled", "confirm"): "confirmed",
    ("handled", "reject"): "rejected",
    ("confirmed", "reopen"): "handled",
    ("handled", "withdraw"): "withdrawn",
    ("rejected", "withdraw"): "withdrawn",
}
"""Written down a second time, from product.md and not from the table."""
OF_THE_POINT = {"secretary", "deputy_secretary", "clerk"}
ABOVE = {"township_officer", "county_officer"}
STRANGERS = {"member", "head", "inspector", "auditor", "sibling_secretary", "sibling_officer", "other_county_officer"}
EVERYBODY = sorted({"contact_leader"} | OF_THE_POINT | ABOVE | STRANGERS)
MAY = {
    "handle": {"contact_leader"},
    "correct": {"contact_leader"} | OF_THE_POINT | ABOVE,
    "confirm": OF_THE_POINT,
    "reject": OF_THE_POINT,
    "reopen": OF_THE_POINT | ABOVE,
    "withdraw": {"contact_leader"} | OF_THE_POINT | ABOVE,
}
NEEDS_REASON = {"correct", "reject", "reopen", "withdraw"}
NEEDS_WORDS = {"handle", "correct"}


def test_the_table_holds_no_other_moves():
    assert {(move.start, move.name): str(move.end) for move in MOVES if move.start != NEW} == LEADS_TO
    assert [(move.name, str(move.end)) for move in MOVES if move.start == NEW] == [("handle", "handled")]
    assert {move.name for move in MOVES if move.reason} == NEEDS_REASON
    assert {move.name for move in MOVES if move.words} == NEEDS_WORDS
    assert set(actions.ACTIONS) == set(MAY)


class Problems(RuleBasedStateMachine):
    """One problem, moved by anybody in any order."""

    world = None

    def __init__(self):
        super().__init__()
        self.kept = transaction.atomic()
        self.kept.__enter__()
        leader = self.world.people["contact_leader"]
        step = actions.handle_problem(actor=leader.user, unit=self.world.branch, day=DAY, leader=leader, matter="水井")
        self.problem, self.state, self.handled_on, self.done = step.problem, "handled", DAY, 1

    def teardown(self):
        transaction.set_rollback(True)
        self.kept.__exit__(None, None, None)

    @rule(name=st.sampled_from(EVERYBODY), move=st.sampled_from(sorted(MAY)), silent=st.booleans())
    def somebody_moves_it(self, name, move, silent):
        """`silent`: without the words or the reason the move may need."""
        day = DAY + timedelta(days=self.done)
        said = {"day": day, "matter": f"水井{self.done}", "remedy": ""} if move in NEEDS_WORDS else {}
        said |= {"reason": "如实"} if move in NEEDS_REASON else {}
        said |= dict.fromkeys({"matter", "reason"} & set(said), " ") if silent else {}
        to = LEADS_TO.get((self.state, move))
        try:
            actions.ACTIONS[move](actor=self.world.user(name), problem=self.problem, **said)
        except Http404:
            assert name not in MAY[move]
        except LiaisonError as refused:
            assert name in MAY[move]
            assert (refused.code == "no_such_move") == (to is None)
            assert to is None or (silent and refused.code in ("no_reason", "no_words"))
        else:
            assert name in MAY[move] and to is not None
            assert not (silent and move in NEEDS_REASON | NEEDS_WORDS)
            self.state, self.done = to, self.done + 1
            self.handled_on = day if move in NEEDS_WORDS else self.handled_on

    @invariant()
    def it_stands_where_the_model_stands(self):
        self.problem.refresh_from_db()
        assert self.problem.state == self.state

    @invariant()
    def it_counts_once_while_the_point_calls_it_solved_and_on_the_day_it_was_handled(self):
        counted = Entry.objects.standing().filter(subject=self.problem.subject, kind="liaison.problem_confirmed")
        assert [entry.happened_on for entry in counted] == ([self.handled_on] if self.state == "confirmed" else [])

    @invariant()
    def every_step_is_kept_with_one_entry_each(self):
        assert self.problem.steps.count() == Entry.objects.filter(subject=self.problem.subject).count() == self.done
        assert all(step.commitment in step.entry.evidence for step in ProblemStep.objects.filter(problem=self.problem))

    @invariant()
    def nobody_is_offered_what_they_may_not_do(self):
        for name in ("contact_leader", "secretary", "county_officer", "inspector"):
            offered = actions.allowed_moves(self.world.user(name), self.problem)
            assert Counter(offered) == Counter(move for (start, move) in LEADS_TO if start == self.state and name in MAY[move])


@pytest.mark.django_db
def test_whoever_moves_it_in_whatever_order_it_stands_where_the_plain_model_stands(world):
    Problems.world = world
    run_state_machine_as_test(Problems, settings=settings(max_examples=20, stateful_step_count=12, deadline=None))
