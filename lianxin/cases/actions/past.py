"""The bulk door: many cases told at once, for the past that is brought in from a workbook and for the demonstration.

Every move is held against the same table as a single one, and what is written is the same: step, entry, clocks, residents,
call-backs. Whether each actor held a post on a day of the past is not asked: whoever calls this has checked that the caller may
bring things in. Moves that need a reason, a pause or more time are made one by one.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.cases.actions.handling import why_call_back
from lianxin.cases.actions.intake import Report, county_of, draft_case, draft_reporter, seal_spot
from lianxin.cases.actions.moving import TOLD, _data, _entered_at, the_clock, the_residents
from lianxin.cases.actions.timers import ran_out_act
from lianxin.cases.errors import CaseError
from lianxin.cases.models import (
    FINAL_STATES,
    LED_STATES,
    CallBack,
    Case,
    CaseClock,
    CaseStep,
    ClockName,
    Mode,
    Part,
    Reporter,
    Source,
    State,
    Verdict,
)
from lianxin.cases.search import index_cases
from lianxin.cases.tiers import tiers
from lianxin.cases.workdays import Due, due_after, working_days_between
from lianxin.cases.workflow import NEW, RESIDENT, SERVICES, THE_CLOCK, Move, moves_from
from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record_many
from lianxin.ledger.models import Batch
from lianxin.ledger.proof import new_salt
from lianxin.ledger.versions import write_versions
from lianxin.organizations.models import Unit
from lianxin.ui.words import words_in

LONGEST_PAST = 10_000
"""What was written elsewhere in the past is kept whole."""
CALLS = ("hear_yes", "hear_no", "hear_nobody", "hear_again")
OF_A_RESIDENT = ("note", "answer_yes", "answer_no", "hear_yes", "hear_no", "withdraw", "leave", "reopen")
"""Moves whose step names the resident, beside that of one who joins."""


@dataclass(frozen=True)
class PastMove:
    """One move as it was made.

    at: when. Its entry happened on that local day, and is recorded now.
    actor: who made it; residents' own moves and the clock's have accounts of their own.
    unit: on whose behalf, where it is not the lead's; the one that claims, or is asked for assistance.
    lead: whom those above named.
    partners: with whom it claims as a group. due_on: by when an assisting unit is to be done.
    resident: which of the case's residents, in the order they came.
    joins: what another resident says who joins with this move.
    """

    name: str
    at: datetime
    actor: AbstractBaseUser | None = None
    unit: Unit | None = None
    lead: Unit | None = None
    partners: Sequence[Unit] = ()
    due_on: date | None = None
    resident: int = 0
    joins: Report | None = None
    text: str = ""
    verdict: str = ""
    stars: int | None = None
    end: str = ""


@dataclass(eq=False)
class PastCase:
    """A case of the past: what was reported, and what came of it. The rest is filled in while it is told."""

    report: Report
    moves: Sequence[PastMove] = ()
    case: Case = field(init=False)
    reporters: list[Reporter] = field(init=False, default_factory=list)
    parts: list[Part] = field(init=False, default_factory=list)
    clocks: list[CaseClock] = field(init=False, default_factory=list)
    owing: list[Part] = field(init=False, default_factory=list)
    """Parts that are not done yet."""
    call_back: CallBack | None = field(init=False, default=None)
    """The last that was drawn."""

    @property
    def residents(self) -> list[Reporter]:
        """Who is still there."""
        return [reporter for reporter in self.reporters if reporter.left_at is None]


@transaction.atomic
def tell_cases(*, actor: AbstractBaseUser, told: Iterable[PastCase], batch: Batch | None = None) -> list[Case]:
    """Write cases of the past with all their moves, in a handful of statements. All or nothing.

    batch: the import they belong to; they and their entries stay hidden until it is made visible.
    Raises CaseError where the table of moves does not allow one of them, LedgerError for a day that is none.
    """
    told = list(told)
    telling = Telling(actor, batch)
    telling.tell([(one, move) for one in told for move in one.moves])
    telling.finish()
    return [one.case for one in told]


class Telling:
    """Cases while they are told: `tell` what happened as often as one likes, `turn` what time itself did, `finish` once."""

    def __init__(self, actor: AbstractBaseUser, batch: Batch | None = None) -> None:
        self.actor, self.batch = actor, batch
        self.residents, self.clock = the_residents(), the_clock()
        self.told: list[PastCase] = []
        self.running: list[tuple[datetime, int, PastCase, CaseClock]] = []
        """A heap, by when they run out."""
        self.order = count()
        self.counties: dict[int, Unit] = {}
        self.dues: dict[tuple[object, ...], Due] = {}
        self.lengths: dict[tuple[date, date, int], int] = {}

    def tell(self, moves: Sequence[tuple[PastCase, PastMove]]) -> list[PastCase]:
        """Make these moves, in this order. Returns the cases of which a call-back was drawn."""
        self._begin(moves)
        pairs = [self._made(one, move) for one, move in moves]
        steps = write_versions(pairs, actor=self.actor, batch=self.batch)
        drawn = []
        for (one, move), step in zip(moves, steps, strict=True):
            self._settle(one, move, step)
            if move.name == "handle" and self._draw(one, step):
                drawn.append(one)
        return drawn

    def turn(self, now: datetime) -> list[tuple[PastCase, PastMove]]:
        """What time itself does by `now`: lateness is entered at once; moves of the clock are returned, to be told."""
        late, moves = [], []
        while self.running and self.running[0][0] < now:
            due, _order, one, running = heapq.heappop(self.running)
            if running.stopped_at or due != running.due_at:
                continue
            running.breached_at = now
            if running.name == ClockName.VERDICT:
                answered = any(reporter.verdict == Verdict.SOLVED for reporter in one.residents)
                moves.append((one, PastMove("fall_silent", now, end=State.SOLVED if answered else State.PRESUMED)))
            elif running.name == ClockName.CLAIM and one.case.state == State.UNCLAIMED:
                moves.append((one, PastMove("expire", now)))
            else:
                late.append(Act(**ran_out_act(one.case, running, now), actor=self.clock))
        record_many(actor=self.actor, acts=late, batch=self.batch)
        return moves

    def finish(self) -> None:
        """Write where every case stands."""
        _write([one.case for one in self.told])
        _write([reporter for one in self.told for reporter in one.reporters])
        _write([part for one in self.told for part in one.parts])
        clocks = [running for one in self.told for running in one.clocks]
        CaseClock.objects.bulk_create([running for running in clocks if running.pk is None], batch_size=500)
        index_cases([one.case for one in self.told])

    # --- what must stand before its entry ---------------------------------------------------------------------------------

    def _begin(self, moves: Sequence[tuple[PastCase, PastMove]]) -> None:
        """New cases, residents, parts: rows that entries name."""
        first: dict[int, tuple[PastCase, PastMove]] = {}
        for one, move in moves:
            if not hasattr(one, "case"):
                first.setdefault(id(one), (one, move))
        fresh = list(first.values())
        for one, move in fresh:
            one.case = draft_case(one.report, county=self._county(one.report.place), at=move.at)
            one.case.batch = self.batch
        Case.objects.bulk_create([one.case for one, _move in fresh], batch_size=500)
        reporters = []
        for one, move in fresh:
            seal_spot(one.case, one.report)
            one.reporters.append(draft_reporter(one.case, one.report, at=move.at, by_proxy=move.name == "record"))
            self.told.append(one)
            reporters += one.reporters
        parts = []
        for one, move in moves:
            if move.joins is not None:
                one.reporters.append(draft_reporter(one.case, move.joins, at=move.at))
                reporters.append(one.reporters[-1])
            asked = [move.unit] if move.name == "ask" else move.partners
            for unit in asked:
                part = Part(case=one.case, unit=unit, joint=move.name == "claim", due_on=move.due_on)
                one.parts.append(part)
                one.owing.append(part)
                parts.append(part)
        Reporter.objects.bulk_create(reporters, batch_size=500)
        Part.objects.bulk_create(parts, batch_size=500)

    def _county(self, place: Unit) -> Unit:
        return self.counties.get(place.pk) or self.counties.setdefault(place.pk, county_of(place))

    # --- one move ---------------------------------------------------------------------------------------------------------

    def _made(self, one: PastCase, told: PastMove) -> tuple[CaseStep, Act]:
        """The case after the move, and the step and entry that will say so."""
        case, move = one.case, self._allowed(one, told)
        before = case.lead
        if told.name == "claim":
            self._give(one, told.unit, Mode.GROUP if told.partners else Mode.CHOICE)
        if told.name == "designate":
            self._give(one, told.lead, Mode.DESIGNATION)
        data = self._said(one, told)
        case.state = move.end
        if move.again:
            case.round += 1
            for reporter in one.reporters:
                reporter.verdict, reporter.stars, reporter.verdict_by = "", None, ""
        case.handled_at = told.at if move.end == State.HANDLED and move.start != State.HANDLED else case.handled_at
        if move.end != move.start:
            case.ended_at = told.at if move.end in FINAL_STATES else None
        started = self._turn_clocks(one, move, told.at)
        self._heard(one, told)
        reporter = one.reporters[-1] if told.joins else one.reporters[told.resident]
        theirs = told.joins is not None or told.name in OF_A_RESIDENT
        step = CaseStep(
            case=case,
            move=move.name,
            state=move.end,
            unit=told.unit if told.name != "ask" else before,
            reporter=reporter if theirs else None,
            shown=move.shown,
            salt=new_salt(),
        )
        if step.unit is None and move.on == "lead" and RESIDENT not in move.who:
            step.unit = before
        step.say(told.text.strip()[: TOLD if one.report.source != Source.IMPORT else LONGEST_PAST])
        by = self.residents if RESIDENT in move.who else self.clock if THE_CLOCK in move.who else told.actor or self.actor
        act = Act(
            kind=move.kind,
            unit=_entered_at(case, move, told.unit if told.name != "ask" else None, before),
            happened_on=self._day(one, told, move),
            subject=case.subject,
            quantity=len(one.residents) if move.name in SERVICES else 1,
            data={**_data(case, started), **data},
            actor=by,
        )
        return step, act

    def _allowed(self, one: PastCase, told: PastMove) -> Move:
        """As `make_move` would hold it against the table, but for who may."""
        state = NEW if told.name in ("report", "record") else one.case.state
        end = told.end
        if told.name in ("answer_yes", "hear_yes") and not end:
            mine = one.reporters[told.resident]
            silent = any(reporter.verdict != Verdict.SOLVED for reporter in one.residents if reporter is not mine)
            end = State.HANDLED if silent and one.case.state == State.HANDLED else State.SOLVED
        found = [move for move in moves_from(state, told.name) if not end or move.end == end]
        if not found or found[0].reason or found[0].pauses or found[0].resumes:
            raise CaseError("no_such_move", state=one.case.get_state_display())
        if found[0].words and not words_in(told.text):
            raise CaseError("no_words")
        if found[0].no_open_part and one.owing:
            raise CaseError("open_part", unit=one.owing[0].unit.name)
        if told.name == "do_part" and told.unit not in [part.unit for part in one.owing]:
            raise CaseError("part_over")
        if told.name in ("hear_nobody", "hear_again") and one.call_back is None:
            raise CaseError("called_back")
        return found[0]

    def _said(self, one: PastCase, told: PastMove) -> dict[str, Any]:
        """What the entry says beside what every move says, as its action would."""
        case, reporter = one.case, one.reporters[-1] if told.joins else one.reporters[told.resident]
        if told.name in ("report", "record"):
            return {"source": str(one.report.source), "reporter": one.reporters[0].pk}
        if told.name in ("claim", "designate"):
            named = {"lead": case.lead.code} if told.name == "designate" and case.lead else {}
            return {"mode": str(case.mode), **named}
        if told.name == "ask":
            return {"part": one.parts[-1].pk, "unit": one.parts[-1].unit.code}
        if told.name == "do_part":
            return {"part": _part_of(one, told).pk}
        if told.name == "plan":
            return {"focus": ""}
        if told.name == "handle":
            return {"days": self._length(case.reported_on, clock.local_date(told.at), case.county)}
        if told.name in ("hear_nobody", "hear_again"):
            return {"call_back": one.call_back.pk if one.call_back else 0}
        if told.name in ("answer_yes", "answer_no", "hear_yes", "hear_no"):
            return self._judgement(case, reporter, told)
        if told.name == "fall_silent" and told.end == State.SOLVED:
            answered = next(each for each in one.residents if each.verdict == Verdict.SOLVED)
            return {"reporter": answered.pk, "verdict": answered.verdict, "by": answered.verdict_by}
        return {"reporter": reporter.pk} if told.name in ("join", "note", "withdraw", "leave", "reopen") else {}

    def _judgement(self, case: Case, reporter: Reporter, told: PastMove) -> dict[str, Any]:
        by = "call_back" if told.name in CALLS else "resident"
        said: dict[str, Any] = {"reporter": reporter.pk, "verdict": str(told.verdict), "by": by, "round": case.round}
        said |= {"stars": told.stars} if told.stars else {}
        if told.name in ("answer_no", "hear_no"):
            case.escalated = case.escalated or case.round >= tiers().escalate_redos
            said["escalated"] = case.escalated
        return said

    def _day(self, one: PastCase, told: PastMove, move: Move) -> date:
        """A solved case counts on the day it was handled; everything else when it happened."""
        handled = one.case.handled_at
        yes = told.name in ("answer_yes", "hear_yes") or (told.name == "fall_silent" and move.end == State.SOLVED)
        return clock.local_date(handled if yes and handled else told.at)

    def _heard(self, one: PastCase, told: PastMove) -> None:
        """What else changes with the move."""
        if told.name in ("answer_yes", "hear_yes"):
            mine = one.reporters[told.resident]
            mine.verdict, mine.stars = str(Verdict.SOLVED), told.stars
            mine.verdict_by = "call_back" if told.name in CALLS else "resident"
        if told.name in ("withdraw", "leave"):
            one.reporters[told.resident].left_at = told.at
        if told.name == "do_part":
            one.owing.remove(next(part for part in one.owing if part.unit == told.unit))

    def _settle(self, one: PastCase, told: PastMove, step: CaseStep) -> None:
        """What points back at the step once it stands."""
        if told.name == "ask":
            one.parts[-1].asked = step
        if told.name == "do_part":
            _part_of(one, told).done = step
        if told.name in CALLS and one.call_back is not None:
            one.call_back.done, one.call_back.reached = step, told.name != "hear_nobody"
            one.call_back.save(update_fields=["done", "reached"])

    def _draw(self, one: PastCase, step: CaseStep) -> bool:
        """As `handle_case` draws the call-back."""
        case = one.case
        if case.source == Source.IMPORT:
            return False  # whom should one call?
        why = why_call_back(case, step, one.residents)
        if why:
            one.call_back = CallBack.objects.create(case=case, round=case.round, why=why, drawn_at=case.handled_at or clock.now())
        return bool(why)

    # --- clocks -----------------------------------------------------------------------------------------------------------

    def _give(self, one: PastCase, lead: Unit | None, mode: Mode) -> None:
        one.case.lead, one.case.mode = lead, mode
        for running in one.clocks:
            if running.stopped_at is None:
                running.unit = lead

    def _turn_clocks(self, one: PastCase, move: Move, at: datetime) -> CaseClock | None:
        """As `make_move` turns them."""
        case, started = one.case, None
        for running in one.clocks:
            if running.stopped_at is None and running.name in (*move.stops, *move.starts):
                running.stopped_at = at
        for name in move.starts:
            due = self._due(case, name, at)
            whose = case.lead if case.state in (*LED_STATES, State.HANDLED) else case.place
            times = {"started_at": at, "due_at": due.at, "provisional": due.provisional}
            started = CaseClock(case=case, name=name, round=case.round, unit=whose, **times)
            one.clocks.append(started)
            heapq.heappush(self.running, (due.at, next(self.order), one, started))
        still = [running for running in one.clocks if running.stopped_at is None]
        first = min(still, key=lambda running: running.due_at, default=None)
        case.clock, case.due_at = (first.name, first.due_at) if first else ("", None)
        return started

    def _due(self, case: Case, name: ClockName, at: datetime) -> Due:
        span = tiers().span(case.tier, name, again=case.round > 1)
        if span.hours:
            return due_after(at, span, case.county)
        key = (clock.local_date(at), span, case.county_id)
        return self.dues.get(key) or self.dues.setdefault(key, due_after(at, span, case.county))

    def _length(self, start: date, end: date, county: Unit) -> int:
        key = (start, end, county.pk)
        if key not in self.lengths:
            self.lengths[key] = working_days_between(start, end, county)
        return self.lengths[key]


def _part_of(one: PastCase, told: PastMove) -> Part:
    """The part that unit owes, or has just done."""
    return next(part for part in reversed(one.parts) if part.unit == told.unit)


def _write(rows: list[Any]) -> None:
    """Rows as they are now, over those that stand already: one statement for many."""
    by_model = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    for model, found in by_model.items():
        fields = [each.name for each in model._meta.concrete_fields if not each.primary_key]
        model._default_manager.bulk_create(
            found, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=fields
        )
