"""What time itself does to cases: what nobody claimed goes to dispatch, pauses end, silence closes, lateness is entered."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform

from lianxin.cases.actions.moving import Asked, locked, make_move, the_clock
from lianxin.cases.errors import CaseError
from lianxin.cases.models import LED_STATES, Case, CaseClock, CaseStep, ClockName, State, Verdict
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry

logger = logging.getLogger(__name__)

AT_ONCE = 200


def turn_all() -> int:
    """Everything that is due now; each in a transaction of its own. Returns how many moves and breaches were entered."""
    done = 0
    now = clock.now()
    ran_out = CaseClock.objects.filter(due_at__lt=now, stopped_at=None, paused_at=None, breached_at=None)
    for pk in list(ran_out.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE]):
        done += _try(run_out, pk)
    for pk in list(_paused_until(clock.today())[:AT_ONCE]):
        done += _try(end_pause, pk)
    closed = Case.objects.filter(state__in=LED_STATES, lead__closed_on__lte=clock.today())
    for pk in list(closed.values_list("pk", flat=True)[:AT_ONCE]):
        done += _try(orphan_case, pk)
    return done


def _paused_until(day: date) -> "QuerySet[Case, int]":
    """Cases whose pause is over on that day."""
    pauses = CaseStep.objects.filter(case=OuterRef("pk"), move="pause").order_by("-id")
    until = Subquery(pauses.annotate(until=KeyTextTransform("until", "entry__data")).values("until")[:1])
    return (
        Case.objects.filter(state=State.PAUSED).alias(until=until).filter(until__lte=day.isoformat()).values_list("pk", flat=True)
    )


def _try(act: Callable[..., Entry | CaseStep | None], pk: int) -> int:
    """Whether it was done. What cannot be done now keeps nothing else from being done."""
    try:
        return 1 if act(pk=pk) else 0
    except CaseError:  # somebody else moved it meanwhile
        return 0
    except Exception:
        logger.exception(f"{act.__name__}({pk}) failed; it is tried again")
        return 0


@transaction.atomic
def run_out(*, pk: int) -> Entry | None:
    """A clock ran out: unclaimed cases go to dispatch, silence after handling closes, any other is entered as late."""
    running = CaseClock.objects.select_for_update(of=("self",)).select_related("case", "unit").get(pk=pk)
    if running.stopped_at or running.paused_at or running.breached_at or running.due_at >= clock.now():
        return None
    case = locked(running.case)
    running.breached_at = clock.now()
    running.save(update_fields=["breached_at"])
    if running.name == ClockName.VERDICT:
        return _close_in_silence(case).entry
    if running.name == ClockName.CLAIM and case.state == State.UNCLAIMED:
        return make_move(actor=the_clock(), case=case, name="expire").entry
    return record(**ran_out_act(case, running, clock.now()), actor=the_clock())


def ran_out_act(case: Case, running: CaseClock, at: datetime) -> dict[str, Any]:
    """What the entry says of a clock that ran out: whose lateness it is, and which clock."""
    return {
        "kind": "cases.clock_ran_out",
        "unit": running.unit if running.unit and running.unit.closed_on is None else case.place,
        "happened_on": clock.local_date(at),
        "subject": case.subject,
        "data": {"clock": str(running.name), "round": case.round, "tier": str(case.tier), "place": case.place.code},
    }


def _close_in_silence(case: Case) -> CaseStep:
    """Nobody answered in time: closed without an answer, which never counts as satisfied. Yes from some and silence from others
    is solved: who answered said so."""
    answered = case.reporters.filter(left_at=None, verdict=Verdict.SOLVED).first()
    if answered is None:
        return make_move(actor=the_clock(), case=case, name="fall_silent", end=State.PRESUMED)
    data = {"reporter": answered.pk, "verdict": answered.verdict, "by": answered.verdict_by}
    day = clock.local_date(case.handled_at or clock.now())
    return make_move(actor=the_clock(), case=case, name="fall_silent", end=State.SOLVED, asked=Asked(data=data, day=day))


@transaction.atomic
def end_pause(*, pk: int) -> CaseStep | None:
    """A pause is over: the clock of handling runs on."""
    case = locked(Case.objects.get(pk=pk))
    paused = case.steps.filter(move="pause").select_related("entry").last()
    if case.state != State.PAUSED or paused is None or date.fromisoformat(paused.entry.data["until"]) > clock.today():
        return None
    return make_move(actor=the_clock(), case=case, name="resume")


@transaction.atomic
def orphan_case(*, pk: int) -> CaseStep | None:
    """The unit that led was closed: those above must name another."""
    case = locked(Case.objects.get(pk=pk))
    if case.lead is None or case.lead.closed_on is None or case.lead.closed_on > clock.today():
        return None
    code = case.lead.code

    def leave(it: Case) -> None:
        it.lead, it.mode = None, ""

    return make_move(actor=the_clock(), case=case, name="orphan", asked=Asked(data={"lead": code}), change=leave)
