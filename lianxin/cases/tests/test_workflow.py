"""The table of moves: what it promises, whatever path a case takes."""

from lianxin.cases.models import FINAL_STATES, State
from lianxin.cases.workflow import CASE_CALL_BACK, MOVES, NEW, RESIDENT, THE_CLOCK


def test_every_state_is_reached_and_left_or_final():
    reached, left = {move.end for move in MOVES}, {move.start for move in MOVES if move.end != move.start}
    assert reached == set(State)
    assert set(State) - left <= set(FINAL_STATES)


def test_only_a_resident_leads_to_solved():
    """By their own answer, by what they say on the phone, or because all who answered said so."""
    ways = {(move.name, *move.who) for move in MOVES if move.end == State.SOLVED and move.start != State.SOLVED}
    assert ways == {("answer_yes", RESIDENT), ("hear_yes", CASE_CALL_BACK), ("fall_silent", THE_CLOCK)}


def test_what_begins_a_case_writes_what_a_resident_said():
    assert all(move.words and move.shown for move in MOVES if move.start == NEW)


def test_nothing_is_handled_with_an_open_part():
    assert all(move.no_open_part for move in MOVES if move.end == State.HANDLED and move.start != State.HANDLED)
