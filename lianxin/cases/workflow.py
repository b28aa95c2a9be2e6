"""The life of a case: every allowed move, as one table.

(new) ─ report ─► unclaimed ─ claim/designate ─► led ─ handle ─► handled ─ answer “solved” ─► solved
                      │ expire                   ▲ │ ▲                │  │ silence ─► presumed
                      ▼                          │ │ └── “no”, partly ┘  (reopen: solved, presumed ─► led)
                   dispatch ─ claim/designate ───┘ │
                                                   ├─ return ─► contested ─ decide ─► led
                                                   └─ pause ──► paused ─ resume ────► led

A resident may withdraw until it is solved. Under attack new reports wait in quarantined: released, or declined with a reason,
to which the resident may object. Handled (办结) is not solved (已解决): only a resident's own answer leads there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lianxin.cases.models import LED_STATES, ClockName, Source
from lianxin.cases.models import State as S  # noqa: N817  # stands in every line of the table
from lianxin.organizations.access import (
    CASE_CALL_BACK,
    CASE_CLAIM,
    CASE_DISPATCH,
    CASE_EXCLUDE,
    CASE_HANDLE,
    CASE_RECORD,
)

NEW = ""
RESIDENT = "resident"
"""Whoever holds a receipt of the case."""
THE_CLOCK = "clock"
"""Time itself: the installation's own account, by daily.py."""
SYSTEM = "system"
"""Another system, by its key (Open311)."""

CLAIM, RESPOND, HANDLE, VERDICT = ClockName.CLAIM, ClockName.RESPOND, ClockName.HANDLE, ClockName.VERDICT
ALL = (CLAIM, RESPOND, HANDLE, VERDICT)


@dataclass(frozen=True)
class Move:
    """One allowed move.

    start, end: states; the same one where it stays.
    who: permissions of which one is needed (on the unit `on` names), RESIDENT or THE_CLOCK.
    on: `lead` – the unit that leads; `unit` – the unit on whose behalf; `place` – where the case is.
    at: whose timeline the entry stands on, and who has the credit: `lead`, `unit` or `place`; as `on` unless it says otherwise.
    other_unit: never somebody whose rights come from the unit that leads.
    apart: never somebody who holds anything at the unit that leads, or beneath it, whatever else they hold.
    reason, words: what it needs. words: `shown` ones are read by residents.
    no_open_part: not while an assisting unit still owes its part.
    starts, stops: clocks. pauses, resumes: the clock of handling.
    again: begins another round.
    kind: the entry it writes.
    """

    name: str
    start: str
    end: S
    who: frozenset[str]
    on: str
    kind: str
    at: str = ""
    other_unit: bool = False
    apart: bool = False
    reason: bool = False
    words: bool = False
    shown: bool = False
    no_open_part: bool = False
    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    pauses: bool = False
    resumes: bool = False
    again: bool = False


def _from(states: tuple[str, ...], name: str, end: S | None, who: set[str], on: str, kind: str, **rest: Any) -> Iterator[Move]:
    """The same move out of several states; `end` None: it stays where it is."""
    for start in states:
        yield Move(name, start, end or S(start), frozenset(who), on, f"cases.{kind}", **rest)


_RESIDENT, _CLOCK, _ABOVE, _LEAD = {RESIDENT}, {THE_CLOCK}, {CASE_DISPATCH}, {CASE_HANDLE}
_NEW = (NEW,)
_WAITING = (S.UNCLAIMED, S.DISPATCH)
_LED = (S.LED,)
_ANSWERABLE = (S.LED, S.CONTESTED)
"""Whoever took it up first answers for it until somebody else is named (首接负责)."""
_BEFORE_SOLVED = (S.QUARANTINED, *_WAITING, *LED_STATES, S.HANDLED)
_SAID: dict[str, Any] = {"words": True, "shown": True}
_AGAIN: dict[str, Any] = {"starts": (HANDLE,), "stops": (VERDICT,), "again": True, "at": "lead"}
_TAKEN_UP: dict[str, Any] = {"stops": (CLAIM,), "starts": (RESPOND, HANDLE)}
_HANDED_OVER: dict[str, Any] = {**_SAID, "stops": (RESPOND, HANDLE), "starts": (VERDICT,)}
_CALLED: dict[str, Any] = {"other_unit": True, "at": "lead"}
COUNTED = (*_WAITING, *LED_STATES, S.HANDLED, S.SOLVED, S.PRESUMED)
"""In the denominators of figures: the others are named beside them."""

MOVES: tuple[Move, ...] = (
    # It comes in.
    *_from(_NEW, "report", S.UNCLAIMED, {RESIDENT, SYSTEM}, "place", "reported", starts=(CLAIM,), **_SAID),
    *_from(_NEW, "report", S.QUARANTINED, {RESIDENT, SYSTEM}, "place", "reported", **_SAID),
    *_from(_NEW, "record", S.UNCLAIMED, {CASE_RECORD}, "unit", "recorded", starts=(CLAIM,), **_SAID),
    *_from((S.QUARANTINED,), "release", S.UNCLAIMED, _ABOVE, "place", "released", starts=(CLAIM,)),
    *_from((S.QUARANTINED,), "decline", S.DECLINED, _ABOVE, "place", "declined", **_SAID),
    *_from((S.DECLINED,), "object", S.UNCLAIMED, _RESIDENT, "place", "objected", starts=(CLAIM,), **_SAID),
    *_from(_BEFORE_SOLVED, "join", None, _RESIDENT, "place", "joined", shown=True),
    *_from(_BEFORE_SOLVED, "note", None, _RESIDENT, "place", "noted", **_SAID),
    # Somebody takes it up.
    *_from(_WAITING, "claim", S.LED, {CASE_CLAIM}, "unit", "claimed", **_TAKEN_UP),
    *_from(_WAITING, "designate", S.LED, _ABOVE, "place", "designated", **_TAKEN_UP),
    *_from((S.UNCLAIMED,), "expire", S.DISPATCH, _CLOCK, "place", "sent_to_dispatch"),
    *_from(LED_STATES, "orphan", S.DISPATCH, _CLOCK, "place", "orphaned", stops=(RESPOND, HANDLE), starts=(CLAIM,)),
    *_from(_LED, "return", S.CONTESTED, _LEAD, "lead", "returned", reason=True),
    *_from((S.CONTESTED,), "decide", S.LED, _ABOVE, "place", "lead_decided", reason=True),
    *_from(_LED, "transfer", S.LED, _ABOVE, "place", "transferred", reason=True),
    # It is worked on.
    *_from((*_WAITING, *LED_STATES), "sort", None, _ABOVE, "place", "sorted"),
    *_from(LED_STATES, "sort", None, _LEAD, "lead", "sorted"),
    *_from(_ANSWERABLE, "plan", None, _LEAD, "lead", "planned", words=True),
    *_from(_ANSWERABLE, "answer", None, _LEAD, "lead", "answered", stops=(RESPOND,), **_SAID),
    *_from(_LED, "ask", S.LED, _LEAD, "lead", "part_asked", words=True),
    *_from(LED_STATES, "do_part", None, _LEAD, "unit", "part_done", words=True),
    *_from(LED_STATES, "leave_group", None, _LEAD, "unit", "part_left", reason=True),
    *_from(LED_STATES, "call_off", None, _LEAD, "lead", "part_called_off", reason=True),
    *_from(_LED, "pause", S.PAUSED, _LEAD, "lead", "paused", pauses=True, **_SAID),
    *_from((S.PAUSED,), "resume", S.LED, _LEAD, "lead", "resumed", resumes=True),
    *_from((S.PAUSED,), "resume", S.LED, _CLOCK, "lead", "resumed", resumes=True),
    *_from(_LED, "ask_extension", S.LED, _LEAD, "lead", "extension_asked", reason=True),
    *_from(LED_STATES, "extend", None, _ABOVE, "place", "extended", other_unit=True),
    *_from(_LED, "handle", S.HANDLED, _LEAD, "lead", "handled", no_open_part=True, **_HANDED_OVER),
    # The residents say whether it is solved: yes from all who answer; one “no” is enough to begin again.
    *_from((S.HANDLED,), "answer_yes", S.SOLVED, _RESIDENT, "lead", "solved", shown=True, stops=(VERDICT,)),
    *_from((S.HANDLED,), "answer_yes", S.HANDLED, _RESIDENT, "lead", "judged", shown=True),
    *_from((S.HANDLED,), "answer_no", S.LED, _RESIDENT, "lead", "not_solved", shown=True, **_AGAIN),
    *_from((S.HANDLED, S.PRESUMED), "hear_yes", S.SOLVED, {CASE_CALL_BACK}, "place", "solved", stops=(VERDICT,), **_CALLED),
    *_from((S.HANDLED,), "hear_yes", S.HANDLED, {CASE_CALL_BACK}, "place", "judged", **_CALLED),
    *_from((S.HANDLED, S.PRESUMED, S.SOLVED), "hear_no", S.LED, {CASE_CALL_BACK}, "place", "not_solved", **{**_CALLED, **_AGAIN}),
    *_from((S.HANDLED, S.PRESUMED, S.SOLVED), "hear_nobody", None, {CASE_CALL_BACK}, "place", "called_in_vain", **_CALLED),
    *_from((S.SOLVED,), "hear_again", None, {CASE_CALL_BACK}, "place", "called_back", **_CALLED),
    *_from((S.HANDLED,), "fall_silent", S.PRESUMED, _CLOCK, "lead", "presumed", stops=(VERDICT,)),
    # Some answered yes, the others not at all: who answered said so.
    *_from((S.HANDLED,), "fall_silent", S.SOLVED, _CLOCK, "lead", "solved", stops=(VERDICT,)),
    *_from((S.SOLVED, S.PRESUMED), "reopen", S.LED, _RESIDENT, "lead", "reopened", **{**_AGAIN, **_SAID}),
    *_from(_BEFORE_SOLVED, "withdraw", S.WITHDRAWN, _RESIDENT, "place", "withdrawn", shown=True, stops=ALL),
    *_from(_BEFORE_SOLVED, "leave", None, _RESIDENT, "place", "left", shown=True),
    # The adjusted figures leave it out (剔除): one of the county office asks, another decides; nothing of the case changes.
    *_from(COUNTED, "ask_exclusion", None, {CASE_EXCLUDE}, "place", "exclusion_asked", reason=True),
    *_from(
        (*COUNTED, S.WITHDRAWN), "decide_exclusion", None, {CASE_EXCLUDE}, "place", "exclusion_decided", reason=True, apart=True
    ),
    *_from((*COUNTED, S.WITHDRAWN), "lift_exclusion", None, {CASE_EXCLUDE}, "place", "exclusion_lifted", reason=True),
)

PROXIES = (Source.HOME_VISIT, Source.PHONE)
"""Recorded by somebody else for a resident: called back, all of them."""


SERVICES = ("answer", "do_part", "handle")
"""By which somebody serves the residents of a case: their entries' quantity is how many residents it had then (person-times)."""


def moves_from(state: str, name: str = "") -> list[Move]:
    """The moves out of a state; those of that name."""
    return [move for move in MOVES if move.start == state and (not name or move.name == name)]


def move_from(state: str, name: str, end: str = "") -> Move | None:
    """The move of that name out of `state`, to `end` where several lead elsewhere; None where there is none."""
    return next((move for move in moves_from(state, name) if not end or move.end == end), None)
