"""The life of a problem: every allowed move, as one table.

    (new) ── handle ──► handled ── confirm ──► confirmed
                        │  ▲  ▲ ──── reopen ◄──┘
                 reject │  │ handle again
                        ▼  │
                      rejected            handled | rejected ── withdraw ──► withdrawn

Only the point's own people confirm, and never whoever handled it: handled is not solved.
"""

from dataclasses import dataclass

from lianxin.liaison.models import ProblemState as S
from lianxin.organizations.access import ENTRY_CORRECT, VISIT_RECEIVE, VISIT_RECORD

NEW = ""


@dataclass(frozen=True)
class Move:
    """One allowed move.

    who: permissions of which one is needed on the point.
    not_leader: whoever handled the problem may not.
    reason, words: what it needs.
    kind: the entry it writes; `supersedes`: the kind of the standing entry whose place it takes, if it does.
    recorder: whoever wrote the entry it supersedes may do it, too.
    """

    name: str
    start: str
    end: S
    who: frozenset[str]
    kind: str
    recorder: bool = False
    not_leader: bool = False
    reason: bool = False
    words: bool = False
    supersedes: str = ""


_LEADER = frozenset({VISIT_RECORD})
_POINT = frozenset({VISIT_RECEIVE})
_CORRECT = frozenset({ENTRY_CORRECT})

HANDLED = "liaison.problem_handled"
CONFIRMED = "liaison.problem_confirmed"
REJECTED = "liaison.problem_rejected"
REOPENED = "liaison.problem_reopened"
WITHDRAWN = "liaison.problem_withdrawn"

MOVES = (
    Move("handle", NEW, S.HANDLED, _LEADER, HANDLED, words=True),
    Move("handle", S.REJECTED, S.HANDLED, _LEADER, HANDLED, words=True),
    Move("correct", S.HANDLED, S.HANDLED, _CORRECT, HANDLED, recorder=True, reason=True, words=True, supersedes=HANDLED),
    Move("confirm", S.HANDLED, S.CONFIRMED, _POINT, CONFIRMED, not_leader=True),
    Move("reject", S.HANDLED, S.REJECTED, _POINT, REJECTED, not_leader=True, reason=True),
    Move("reopen", S.CONFIRMED, S.HANDLED, _CORRECT, REOPENED, recorder=True, reason=True, supersedes=CONFIRMED),
    Move("withdraw", S.HANDLED, S.WITHDRAWN, _CORRECT, WITHDRAWN, recorder=True, reason=True, supersedes=HANDLED),
    Move("withdraw", S.REJECTED, S.WITHDRAWN, _CORRECT, WITHDRAWN, recorder=True, reason=True, supersedes=HANDLED),
)


def move_from(state: str, name: str) -> Move | None:
    """The move of that name out of `state`, if there is one."""
    return next((move for move in MOVES if move.start == state and move.name == name), None)


def moves_named(name: str) -> list[Move]:
    """The moves of that name, from whatever state; from an existing one if there are such."""
    moves = [move for move in MOVES if move.name == name]
    return [move for move in moves if move.start != NEW] or moves
