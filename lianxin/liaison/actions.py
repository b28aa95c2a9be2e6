"""The door for changing what is known of contact points. Each action is one transaction and one ledger entry.

A visit or a problem is counted by schemes through its entry alone. A correction writes a new version and a new entry that
supersedes the old one, with a reason; the old version stays.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.ledger import clock
from lianxin.ledger.actions import Act
from lianxin.ledger.errors import LedgerError
from lianxin.ledger.models import Batch, Entry
from lianxin.ledger.versions import correct_version, standing_version, take_back, write_version, write_versions
from lianxin.liaison.errors import LiaisonError
from lianxin.liaison.models import Problem, ProblemStep, Visit, VisitKind, VisitVersion
from lianxin.liaison.workflow import HANDLED, MOVES, NEW, Move, move_from, moves_named
from lianxin.organizations.access import INSPECTION_RECORD, VISIT_RECEIVE, VISIT_RECORD, AnyUser, may, may_correct
from lianxin.organizations.models import Designation, DesignationKind, Person, Unit
from lianxin.ui.words import words_in

ENTRY_KINDS = {VisitKind.RESEARCH: "liaison.researched", VisitKind.INSPECTION: "liaison.inspected"}

# --- visits ----------------------------------------------------------------------------------------------------------


def may_record_visit(actor: AnyUser, unit: Unit, kind: str) -> bool:
    """Leaders record research and inspections, the point what it received, inspectors inspections."""
    permissions = [VISIT_RECORD, VISIT_RECEIVE] + [INSPECTION_RECORD] * (kind == VisitKind.INSPECTION)
    return any(may(actor, permission, unit) for permission in permissions)


def may_correct_visit(actor: AnyUser, visit: Visit) -> bool:
    """Who recorded a version of it may correct it while a post there lasts; so may the unit's secretary and those above."""
    return may_correct(actor, visit.unit, visit.versions.all(), VISIT_RECORD, VISIT_RECEIVE, INSPECTION_RECORD)


@transaction.atomic
def record_visit(
    *,
    actor: AbstractBaseUser,
    unit: Unit,
    kind: str,
    day: date,
    visitor: Person,
    findings: str = "",
    another: bool = False,
) -> VisitVersion:
    """Record one visit to a contact point. Raises Http404 where the actor may not, LiaisonError as `record_visits` does.

    another: a second one of its kind by that person on that day; else one on record already is refused (the point was faster).
    """
    if not may_record_visit(actor, unit, kind):
        raise Http404
    same_day = VisitVersion.objects.standing().filter(
        entry__unit=unit, entry__kind=ENTRY_KINDS[VisitKind(kind)], entry__happened_on=day, visitor=visitor
    )
    if not another and same_day.exists():
        raise LiaisonError("same_day", unit=unit.name, day=day)
    [version] = record_visits(actor=actor, visits=[NewVisit(unit, kind, day, visitor, findings)])
    return version


@dataclass(frozen=True)
class NewVisit:
    """A visit to record: `kind` research or inspection, `visitor` who came, `recorded_by` where it is not who brings it in."""

    unit: Unit
    kind: str
    day: date
    visitor: Person
    findings: str = ""
    recorded_by: AbstractBaseUser | None = None


@transaction.atomic
def record_visits(*, actor: AbstractBaseUser, visits: Iterable[NewVisit], batch: Batch | None = None) -> list[VisitVersion]:
    """Record many visits, one entry each. All or nothing. The caller has checked that the actor may (import, demonstration).

    batch: the import they belong to; they stay hidden until it is made visible.
    Raises LiaisonError where a unit was no contact point on the day, LedgerError where the day or unit is wrong.
    """
    wanted = list(visits)
    _need_points({(new.unit, new.day) for new in wanted})
    made = Visit.objects.bulk_create([Visit(unit=new.unit) for new in wanted], batch_size=500)
    told = []
    for visit, new in zip(made, wanted, strict=True):
        version = VisitVersion(visit=visit, visitor=new.visitor, findings=new.findings.strip())
        told.append((version, Act(ENTRY_KINDS[VisitKind(new.kind)], new.unit, new.day, visit.subject, actor=new.recorded_by)))
    return write_versions(told, actor=actor, batch=batch)


@transaction.atomic
def correct_visit(
    *, actor: AbstractBaseUser, visit: Visit, kind: str, day: date, visitor: Person, findings: str, reason: str
) -> VisitVersion:
    """Say anew what a visit was; what was said before stays, closed, with the reason.

    Raises Http404 where the actor may not correct it, LiaisonError where it was no contact point on the day, LedgerError where
    nothing changed or it was taken back.
    """
    last = _to_correct(actor, visit)
    _need_points({(visit.unit, day)})
    version = VisitVersion(visit=visit, visitor=visitor, findings=findings.strip())
    return correct_version(last, version, actor=actor, kind=ENTRY_KINDS[VisitKind(kind)], day=day, reason=reason)


@transaction.atomic
def void_visit(*, actor: AbstractBaseUser, visit: Visit, reason: str) -> Entry:
    """Take a visit back: it never was, or was recorded twice. It stays readable, struck through, and is no longer counted.

    Raises Http404 where the actor may not correct it, LedgerError where it was taken back already or no reason is given.
    """
    return take_back(_to_correct(actor, visit), actor=actor, kind="liaison.visit_voided", reason=reason)


def _to_correct(actor: AbstractBaseUser, visit: Visit) -> VisitVersion:
    """What stands of a visit, for who may correct it. Raises Http404 for anyone else, LedgerError where nothing stands."""
    if not may_correct_visit(actor, visit):
        raise Http404
    return standing_version(VisitVersion, visit=visit)


def _need_points(wanted: set[tuple[Unit, date]]) -> None:
    """Each unit was a contact point on the day. Raises LiaisonError for the first that was not."""
    outside = next(iter(not_points(wanted)), None)
    if outside is not None:
        raise LiaisonError("not_a_point", unit=outside[0].name, day=outside[1])


def not_points(wanted: set[tuple[Unit, date]]) -> list[tuple[Unit, date]]:
    """Those of these units that were no contact point on their day. One query."""
    points = Designation.objects.known().filter(designation=DesignationKind.CONTACT_POINT)
    spans: dict[int, list[tuple[date, date | None]]] = {}
    for unit_id, since, until in points.filter(unit__in={unit.pk for unit, _ in wanted}).values_list("unit_id", "since", "until"):
        spans.setdefault(unit_id, []).append((since, until))
    return [
        (unit, day)
        for unit, day in wanted
        # a day to come and a closed unit are the ledger's to refuse, in better words
        if day <= clock.today() and not (unit.closed_on is not None and unit.closed_on <= day)
        if not any(since <= day and (until is None or day < until) for since, until in spans.get(unit.pk, ()))
    ]


# --- problems --------------------------------------------------------------------------------------------------------
#
# Each action makes one move of workflow.py and gives its step. All raise Http404 where the move is not the actor's in any state;
# LiaisonError where it is not possible from the state the problem has by now (no_such_move), where whoever handled it would judge
# it themselves (own_problem), or where words or a reason are missing; LedgerError for a day to come or a closed unit.


@transaction.atomic
def handle_problem(
    *, actor: AbstractBaseUser, unit: Unit, day: date, leader: Person, matter: str, remedy: str = ""
) -> ProblemStep:
    """A leader handled a practical problem of a contact point. It counts only once the point's own people confirm it.

    Raises Http404 where the actor does not lead it, LiaisonError where it was no contact point on the day or nothing is said of
    the `matter`, LedgerError where the day has not come or the unit was closed.
    """
    move = _allowed(actor, "handle", unit=unit)
    _need_points({(unit, day)})
    problem = Problem.objects.create(unit=unit, leader=leader, state=move.end)
    return _make(actor, problem, move, day=day, matter=matter, remedy=remedy)


@transaction.atomic
def handle_again(*, actor: AbstractBaseUser, problem: Problem, day: date, matter: str, remedy: str) -> ProblemStep:
    """The point said it was not solved; the leader saw to it once more."""
    problem, move = _locked(actor, problem, "handle")
    _need_points({(problem.unit, day)})
    return _make(actor, problem, move, day=day, matter=matter, remedy=remedy)


@transaction.atomic
def correct_problem(
    *, actor: AbstractBaseUser, problem: Problem, day: date, matter: str, remedy: str, reason: str
) -> ProblemStep:
    """Say anew what was handled and when, while it waits to be confirmed. Raises LedgerError where nothing changed, too."""
    problem, move = _locked(actor, problem, "correct")
    _need_points({(problem.unit, day)})
    last = _standing_step(problem, move.supersedes)
    if (last.entry.happened_on, last.matter, last.remedy) == (day, matter.strip(), remedy.strip()):
        raise LedgerError("unchanged")
    return _make(actor, problem, move, day=day, matter=matter, remedy=remedy, reason=reason)


@transaction.atomic
def confirm_problem(*, actor: AbstractBaseUser, problem: Problem) -> ProblemStep:
    """The point's secretary says that the problem is solved. Only now is it counted, on the day it was handled:
    who confirms late does not move the leader's work into another year (the entry's second clock shows when it was confirmed).
    """
    problem, move = _locked(actor, problem, "confirm")
    return _make(actor, problem, move, day=_handled_on(problem))


@transaction.atomic
def reject_problem(*, actor: AbstractBaseUser, problem: Problem, reason: str) -> ProblemStep:
    """The point's secretary says that it is not solved, and why; it goes back to the leader."""
    problem, move = _locked(actor, problem, "reject")
    return _make(actor, problem, move, day=clock.today(), reason=reason)


@transaction.atomic
def reopen_problem(*, actor: AbstractBaseUser, problem: Problem, reason: str) -> ProblemStep:
    """The confirmation was a mistake: it is taken back and no longer counted."""
    problem, move = _locked(actor, problem, "reopen")
    return _make(actor, problem, move, day=_handled_on(problem), reason=reason)


@transaction.atomic
def withdraw_problem(*, actor: AbstractBaseUser, problem: Problem, reason: str) -> ProblemStep:
    """It was recorded by mistake: it stays readable, struck through."""
    problem, move = _locked(actor, problem, "withdraw")
    return _make(actor, problem, move, day=_handled_on(problem), reason=reason)


def allowed_moves(actor: AnyUser, problem: Problem) -> list[str]:
    """The moves this person may make now, by name."""
    return [
        move.name
        for move in MOVES
        if move.start == problem.state
        and _is_theirs(actor, move, problem.unit, problem)
        and not (move.not_leader and actor.pk in _handlers(problem))
    ]


def may_ever_move(actor: AnyUser, problem: Problem, name: str) -> bool:
    """Whether this person may make that move in some state: a form sent twice must find its page the second time, too."""
    return any(_is_theirs(actor, move, problem.unit, problem) for move in moves_named(name))


def _locked(actor: AbstractBaseUser, problem: Problem, name: str) -> tuple[Problem, Move]:
    """The problem as it is now, held until the transaction ends, and the move out of there."""
    fresh = Problem.objects.select_for_update(of=("self",)).select_related("unit", "leader").get(pk=problem.pk)
    return fresh, _allowed(actor, name, unit=fresh.unit, problem=fresh)


def _allowed(actor: AbstractBaseUser, name: str, *, unit: Unit, problem: Problem | None = None) -> Move:
    """The move, if it exists out of this state and the actor may make it.

    Raises LiaisonError for a move that does not exist, Http404 for one that is not theirs.
    """
    move = move_from(problem.state if problem else NEW, name)
    if not any(_is_theirs(actor, each, unit, problem) for each in ([move] if move else moves_named(name))):
        raise Http404
    if move is None:
        assert problem is not None
        raise LiaisonError("no_such_move", state=problem.get_state_display())
    if problem is not None and move.not_leader and actor.pk in _handlers(problem):
        raise LiaisonError("own_problem")
    return move


def _is_theirs(actor: AnyUser, move: Move, unit: Unit, problem: Problem | None) -> bool:
    if any(may(actor, permission, unit) for permission in move.who):
        return True
    if not (move.recorder and problem is not None):
        return False
    here = may(actor, VISIT_RECORD, unit) or may(actor, VISIT_RECEIVE, unit)
    return here and problem.steps.filter(entry__kind=move.supersedes, entry__actor_id=actor.pk).exists()


def _handlers(problem: Problem) -> set[int | None]:
    """Accounts that handled it: the leader's, and whoever recorded that it was handled."""
    recorded = problem.steps.filter(entry__kind=HANDLED, entry__supersedes=None)
    return {problem.leader.user_id, *recorded.values_list("entry__actor_id", flat=True)}


def _standing_step(problem: Problem, kind: str) -> ProblemStep:
    step: ProblemStep | None = problem.steps.select_related("entry").filter(entry__kind=kind, entry__valid_to=None).last()
    if step is None:
        raise LiaisonError("no_such_move", state=problem.get_state_display())
    return step


def _handled_on(problem: Problem) -> date:
    """The day the problem was last handled."""
    handled = problem.steps.filter(entry__kind=HANDLED).order_by("-id")
    day: date = handled.values_list("entry__happened_on", flat=True)[0]
    return day


def _make(
    actor: AbstractBaseUser, problem: Problem, move: Move, *, day: date, matter: str = "", remedy: str = "", reason: str = ""
) -> ProblemStep:
    """Make the move: its step, its entry, the problem's new state."""
    if move.reason and not words_in(reason):
        raise LiaisonError("no_reason")
    if move.words and not words_in(matter):
        raise LiaisonError("no_words")
    step = write_version(
        ProblemStep(problem=problem, state=move.end, matter=matter.strip(), remedy=remedy.strip()),
        actor=actor,
        kind=move.kind,
        unit=problem.unit,
        happened_on=day,
        subject=problem.subject,
        supersedes=_standing_step(problem, move.supersedes).entry if move.supersedes else None,
        reason=reason,
    )
    if problem.state != move.end:
        problem.state = move.end
        problem.save(update_fields=["state"])
    return step


ACTIONS: Mapping[str, Callable[..., ProblemStep]] = {
    "handle": handle_again,
    "correct": correct_problem,
    "confirm": confirm_problem,
    "reject": reject_problem,
    "reopen": reopen_problem,
    "withdraw": withdraw_problem,
}
"""What each move of an existing problem calls."""
