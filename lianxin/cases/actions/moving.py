"""One move of a case: held against the table in workflow.py, made with its step, entry and clocks. All actions end here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.accounts.actions import standing_account
from lianxin.cases.errors import CaseError
from lianxin.cases.models import FINAL_STATES, LED_STATES, Case, CaseClock, CaseStep, ClockName, Reporter, State
from lianxin.cases.photos import Cleaned, evidence_of, keep_photos
from lianxin.cases.search import index_cases
from lianxin.cases.tiers import tiers
from lianxin.cases.workdays import Due, due_after, due_after_pause
from lianxin.cases.workflow import MOVES, NEW, RESIDENT, SERVICES, SYSTEM, THE_CLOCK, Move, moves_from
from lianxin.ledger import clock
from lianxin.ledger.proof import new_salt
from lianxin.ledger.versions import write_version
from lianxin.organizations.access import CASE_CLAIM, CASE_HANDLE, AnyUser, Grant, grants_for
from lianxin.organizations.models import Unit
from lianxin.ui.words import words_in

TOLD = 4000
"""The most a person may write at once."""


def the_residents() -> AbstractBaseUser:
    """The account in whose name residents' own steps are recorded."""
    return standing_account(name="residents")


def the_clock() -> AbstractBaseUser:
    """The account in whose name time itself acts."""
    return standing_account(name="clock")


@dataclass
class Asked:
    """What a move is asked with.

    unit: on whose behalf (claims, parts, records); the lead's own for what the lead does.
    reporter: whose step it is, for residents.
    text: the words; sealed.
    reason: why; read beside the entry by those who may.
    data: further fields of the entry, as its kind declares.
    day: when it happened (today).
    shown: whether residents read the words; None: as the table says.
    photos: pictures of it, as `photos.clean_photos` gives them.
    """

    unit: Unit | None = None
    reporter: Reporter | None = None
    text: str = ""
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    day: date | None = None
    shown: bool | None = None
    photos: Sequence[Cleaned] = ()


def locked(case: Case) -> Case:
    """The case as it is now, held until the transaction ends: of two who claim at once, one comes second."""
    # Locked first, read then: PostgreSQL, having waited, would read the case anew but not what is joined to it.
    Case.objects.select_for_update().values_list("pk").get(pk=case.pk)
    return Case.objects.select_related("county", "place", "lead", "item", "about").get(pk=case.pk)


@transaction.atomic(savepoint=False)
def make_move(
    *,
    actor: AbstractBaseUser,
    case: Case,
    name: str,
    end: str = "",
    asked: Asked | None = None,
    change: Callable[[Case], None] | None = None,
    new: bool = False,
) -> CaseStep:
    """Make a move: one step, one entry, the case's new state, its clocks.

    case: as `locked` gave it (or new, and saved).
    new: it was saved just now, in this transaction: there is no step of it yet.
    end: which of several moves of that name, by where it leads.
    change: sets what else changes about the case (its lead …), before the entry is written.
    Raises Http404 where it is not the actor's to do, CaseError where the table does not allow it or something is missing.
    """
    asked = asked or Asked()
    move = allowed_move(actor, case, name, end=end, unit=asked.unit, reporter=asked.reporter, new=new)
    if move.reason and not words_in(asked.reason):
        raise CaseError("no_reason")
    if move.words and not words_in(asked.text) and not (asked.photos and move.name == "note"):  # a photo speaks, too
        raise CaseError("no_words")
    if move.no_open_part and (owing := case.parts.filter(done=None, called_off=None).select_related("unit").first()):
        raise CaseError("open_part", unit=owing.unit.name)
    before = case.lead
    if change is not None:
        change(case)
    case.state = move.end
    if move.again:
        case.round += 1
        case.reporters.update(verdict="", stars=None, verdict_by="")
    now = clock.now()
    case.handled_at = now if move.end == State.HANDLED and move.start != State.HANDLED else case.handled_at
    if move.end != move.start:  # what changes nothing does not end it anew: words are erased so long after the end
        case.ended_at = now if move.end in FINAL_STATES else None
    started = _turn_clocks(case, move)
    step = CaseStep(
        case=case,
        move=move.name,
        state=move.end,
        unit=asked.unit or (before if move.on == "lead" and RESIDENT not in move.who else None),
        reporter=asked.reporter,
        shown=move.shown if asked.shown is None else asked.shown,
        salt=new_salt(),
    )
    step.say(words_in(asked.text)[:TOLD])
    write_version(
        step,
        actor=actor,
        files=evidence_of(asked.photos),
        kind=move.kind,
        unit=_entered_at(case, move, asked.unit, before),
        happened_on=asked.day or clock.today(),
        subject=case.subject,
        quantity=case.reporters.filter(left_at=None).count() if move.name in SERVICES else 1,
        data={**_data(case, started), **asked.data},
        reason=asked.reason,
    )
    keep_photos(step, asked.photos)
    case.save()
    if step.sealed:
        index_cases([case], [step] if new else None)
    case.__dict__.pop("taken_up", None)
    return step


def allowed_move(
    actor: AnyUser,
    case: Case,
    name: str,
    *,
    end: str = "",
    unit: Unit | None = None,
    reporter: Reporter | None = None,
    new: bool = False,
) -> Move:
    """The move of that name that this actor may make now. Raises Http404 where it is not theirs, CaseError where the state no
    longer allows it. new: as in `make_move`."""
    state = case.state if not new and case.steps.exists() else NEW
    found = [move for move in moves_from(state, name) if not end or move.end == end]
    theirs = [move for move in found if _is_theirs(actor, move, case, unit, reporter)]
    if theirs:
        return theirs[0]
    if found:
        raise Http404
    raise CaseError("no_such_move", state=case.get_state_display())


def may_move(actor: AnyUser, case: Case, name: str, *, unit: Unit | None = None) -> bool:
    """Whether that move of a recorded case is this actor's to make now."""
    return any(_is_theirs(actor, move, case, unit, None) for move in moves_from(case.state, name))


def may_ever_move(actor: AnyUser, case: Case, name: str, *, unit: Unit | None = None) -> bool:
    """Whether that move would be this actor's to make, now or in another state of the case."""
    return any(_is_theirs(actor, move, case, unit, None) for move in MOVES if move.name == name)


def _is_theirs(actor: AnyUser, move: Move, case: Case, unit: Unit | None, reporter: Reporter | None) -> bool:
    name = getattr(actor, "username", "")
    if THE_CLOCK in move.who:
        return bool(name == "*clock")
    if RESIDENT in move.who or SYSTEM in move.who:
        mine = reporter is not None and reporter.case_id == case.pk and reporter.left_at is None
        return bool(name == "*residents") and (mine or move.start == NEW)
    on = {"lead": case.lead, "unit": unit, "place": case.place}[move.on]
    if on is None:
        return False
    if case.about is not None and belongs_to(actor, case.about):
        return False  # whoever belongs to what it complains about has no part in it, whatever else they hold
    if move.apart and any(_under(grant, case.lead) for grant in grants_for(actor)):
        return False
    grants = [grant for grant in grants_for(actor) if grant.permissions & move.who and grant.covers(on)]
    if move.other_unit:
        grants = [grant for grant in grants if not _under(grant, case.lead)]
    if case.escalated and move.name in NAMES_THE_LEAD:
        grants = [grant for grant in grants if case.county.path.startswith(grant.path)]
    return bool(grants) or (move.on == "lead" and CASE_HANDLE in move.who and _claimed_it(actor, case))


NAMES_THE_LEAD = ("designate", "decide", "transfer")
"""Moves by which those above name who leads; of an escalated case, the county alone."""
TAKES_UP = ("claim", *NAMES_THE_LEAD)
"""Moves that say who leads from then on."""


def _claimed_it(actor: AnyUser, case: Case) -> bool:
    """Whether the unit leads because this very person claimed it: who claims for a branch may also see it through."""
    lead = case.lead
    if lead is None or not any(CASE_CLAIM in grant.permissions and grant.covers(lead) for grant in grants_for(actor)):
        return False
    if "taken_up" not in case.__dict__:  # once for all the moves of a page
        steps = case.steps.filter(move__in=TAKES_UP).order_by("-id")
        case.__dict__["taken_up"] = steps.values_list("move", "unit", "entry__actor").first()
    return bool(case.__dict__["taken_up"] == ("claim", lead.pk, actor.pk))


def belongs_to(actor: AnyUser, unit: Unit) -> bool:
    """Whether the actor holds anything at this unit, or beneath it."""
    return any(_under(grant, unit) for grant in grants_for(actor))


def _under(grant: Grant, unit: Unit | None) -> bool:
    """Whether a right stems from this unit, or from one beneath it."""
    return unit is not None and grant.path.startswith(unit.path)


def _entered_at(case: Case, move: Move, unit: Unit | None, before: Unit | None) -> Unit:
    """The unit on whose timeline a move stands, and which has the credit."""
    at = move.at or move.on
    if at == "unit" and unit is not None:
        return unit
    if at == "lead" and (before or case.lead) is not None:
        return before or case.lead  # type: ignore[return-value]  # one of them is there
    hidden = case.about is not None and case.place.path.startswith(case.about.path)
    return case.county if hidden else case.place  # what complains about a unit stands on no timeline that it reads


def _data(case: Case, started: CaseClock | None) -> dict[str, Any]:
    data: dict[str, Any] = {"tier": str(case.tier), "place": case.place.code, "round": case.round}
    if case.item is not None:
        data["item"] = case.item.key
    if started is not None:
        data |= {"clock": str(started.name), "due": started.due_at.isoformat(timespec="minutes")}
        if started.provisional:
            data["provisional"] = True
    return data


# --- clocks ----------------------------------------------------------------------------------------------------------


def _turn_clocks(case: Case, move: Move) -> CaseClock | None:
    """Stop, pause, resume and start what the move says; returns the last one started or resumed."""
    now = clock.now()
    fresh = move.start == NEW  # nothing runs yet
    running = case.clocks.filter(stopped_at=None)
    if move.stops and not fresh:
        running.filter(name__in=move.stops).update(stopped_at=now, paused_at=None)
    if move.pauses:
        running.filter(name=ClockName.HANDLE).update(paused_at=now)
    started = None
    if move.resumes:
        for held in running.filter(name=ClockName.HANDLE).exclude(paused_at=None):
            due = due_after_pause(held.due_at, held.paused_at or now, now, case.county)
            held.due_at, held.provisional, held.paused_at = due.at, held.provisional or due.provisional, None
            held.save(update_fields=["due_at", "provisional", "paused_at"])
            started = held
    for name in move.starts:
        if not fresh:
            running.filter(name=name).update(stopped_at=now)
        due = due_for(case, name)
        started = CaseClock.objects.create(
            case=case,
            name=name,
            round=case.round,
            unit=case.lead if case.state in (*LED_STATES, State.HANDLED) else case.place,
            started_at=now,
            due_at=due.at,
            provisional=due.provisional,
        )
    alone = fresh and len(move.starts) == 1
    next_due = started if alone else case.clocks.filter(stopped_at=None, paused_at=None).order_by("due_at").first()
    case.clock, case.due_at = (next_due.name, next_due.due_at) if next_due else ("", None)
    return started


def due_for(case: Case, name: ClockName) -> Due:
    """When that clock of the case runs out, started now."""
    return due_after(clock.now(), tiers().span(case.tier, name, again=case.round > 1), case.county)


def reckon_anew(case: Case) -> dict[str, Any]:
    """Another urgency: every clock that runs is reckoned from when it began. Not one that was paused, for which more time was
    granted, or that ran out: what was decided or entered of those stands. Returns what the entry says of the next to run out."""
    granted = case.extensions.filter(granted=True, asked__state=State.LED).exists()
    held = {each.name for each in case.clocks.exclude(paused_at=None)} | ({ClockName.HANDLE} if granted else set())
    told: dict[str, Any] = {}
    for running in case.clocks.filter(stopped_at=None, breached_at=None).exclude(name__in=held).order_by("-due_at"):
        span = tiers().span(case.tier, ClockName(running.name), again=case.round > 1)
        due = due_after(running.started_at, span, case.county)
        running.due_at, running.provisional = due.at, due.provisional
        running.save(update_fields=["due_at", "provisional"])
        told = {"clock": str(running.name), "due": due.at.isoformat(timespec="minutes")}
    return told


SOON = timedelta(hours=24)
"""What runs out within so long is about to be late."""
