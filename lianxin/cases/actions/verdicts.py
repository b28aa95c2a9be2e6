"""Whether it is solved: only a resident says so, on the receipt's page or when called back by somebody of another unit."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from lianxin.accounts.networks import REMEMBERED, networks_of_users
from lianxin.cases.actions.handling import draw_call_back
from lianxin.cases.actions.moving import Asked, locked, make_move, the_residents
from lianxin.cases.errors import CaseError
from lianxin.cases.models import CallBack, Case, CaseStep, Reporter, State, Verdict
from lianxin.cases.tiers import tiers
from lianxin.ledger import clock
from lianxin.organizations.models import Membership, Post, Unit


@transaction.atomic
def give_verdict(*, reporter: Reporter, verdict: str, why: str = "", stars: int | None = None, network: str = "") -> CaseStep:
    """A resident answers: solved, partly, or not. One “no” (or “partly”) begins another round at once.

    The case is solved when every resident of it who is still there has answered yes.
    network: keyed digest of the address; one of the lead's own people's flags the answer: it counts, and is called back.
    Raises CaseError where this resident answered already, withdrew, or the case is not handled.
    """
    case = locked(reporter.case)
    reporter = Reporter.objects.get(pk=reporter.pk)
    _refuse_answered(case, reporter)
    flag = _flag_of(case, network)
    return _judge(the_residents(), case, reporter, verdict, why, stars, by="resident", flag=flag, name="answer")


@transaction.atomic
def record_call_back(
    *, actor: AbstractBaseUser, call_back: CallBack, reporter: Reporter, verdict: str, why: str = "", stars: int | None = None
) -> CaseStep:
    """What a resident said on the phone, to somebody of another unit than the one that led. It stands as their answer.

    Raises Http404 where the actor may not call back, CaseError where it was called back already.
    """
    case = locked(call_back.case)
    reporter = Reporter.objects.get(pk=reporter.pk, case=case)
    call_back = CallBack.objects.get(pk=call_back.pk)
    if call_back.done_id is not None or reporter.left_at is not None:
        raise CaseError("called_back")
    if case.state == State.SOLVED and verdict == Verdict.SOLVED:
        step = make_move(actor=actor, case=case, name="hear_again", asked=Asked(text=why, data={"call_back": call_back.pk}))
    else:
        step = _judge(actor, case, reporter, verdict, why, stars, by="call_back", flag="", name="hear")
    call_back.done, call_back.reached = step, True
    call_back.save(update_fields=["done", "reached"])
    return step


@transaction.atomic
def call_in_vain(*, actor: AbstractBaseUser, call_back: CallBack, why: str) -> CaseStep:
    """Nobody was reached; it says nothing of the case. Raises Http404, CaseError where it was called back already."""
    case = locked(call_back.case)
    call_back = CallBack.objects.get(pk=call_back.pk)
    if call_back.done_id is not None:
        raise CaseError("called_back")
    step = make_move(actor=actor, case=case, name="hear_nobody", asked=Asked(text=why, data={"call_back": call_back.pk}))
    call_back.done, call_back.reached = step, False
    call_back.save(update_fields=["done", "reached"])
    return step


@transaction.atomic
def reopen_case(*, reporter: Reporter, text: str) -> CaseStep:
    """A resident says it was not solved after all; the same lead begins again. Raises CaseError where it is open still."""
    case = locked(reporter.case)
    return make_move(
        actor=the_residents(), case=case, name="reopen", asked=Asked(reporter=reporter, text=text, data={"reporter": reporter.pk})
    )


@transaction.atomic
def withdraw_report(*, reporter: Reporter, why: str = "") -> CaseStep:
    """A resident withdraws; the case ends with the last one. Raises CaseError once it is solved or over."""
    case = locked(reporter.case)
    reporter = Reporter.objects.get(pk=reporter.pk)
    if reporter.left_at is not None:
        raise CaseError("left")
    others = case.reporters.filter(left_at=None).exclude(pk=reporter.pk).exists()
    step = make_move(
        actor=the_residents(),
        case=case,
        name="leave" if others else "withdraw",
        asked=Asked(reporter=reporter, text=why, data={"reporter": reporter.pk}),
    )
    reporter.left_at = clock.now()
    reporter.save(update_fields=["left_at"])
    return step


def _judge(
    actor: AbstractBaseUser,
    case: Case,
    reporter: Reporter,
    verdict: str,
    why: str,
    stars: int | None,
    *,
    by: str,
    flag: str,
    name: str,
) -> CaseStep:
    answer = Verdict(verdict)
    data = {"reporter": reporter.pk, "verdict": answer.value, "by": by, "round": case.round}
    data |= {"stars": stars} if stars else {}
    data |= {"flag": flag} if flag else {}
    asked = Asked(reporter=reporter, text=why, data=data, day=clock.local_date(case.handled_at) if case.handled_at else None)
    end = ""
    if answer == Verdict.SOLVED:
        silent = case.reporters.filter(Q(verdict="") | ~Q(verdict=Verdict.SOLVED), left_at=None).exclude(pk=reporter.pk)
        end = State.HANDLED if silent.exists() and case.state == State.HANDLED else State.SOLVED
        name = f"{name}_yes"
    else:
        escalated = case.escalated or case.round >= tiers().escalate_redos
        asked.data, asked.day, name = {**data, "escalated": escalated}, None, f"{name}_no"
    if flag:
        draw_call_back(case, "flagged")

    def change(it: Case) -> None:
        it.flagged = it.flagged or bool(flag)
        it.escalated = it.escalated or bool(asked.data.get("escalated"))

    step = make_move(actor=actor, case=case, name=name, end=end, asked=asked, change=change)
    if answer == Verdict.SOLVED:
        reporter.verdict, reporter.stars, reporter.verdict_by = answer, stars, by
        reporter.save(update_fields=["verdict", "stars", "verdict_by"])
    return step


def _refuse_answered(case: Case, reporter: Reporter) -> None:
    if reporter.left_at is not None:
        raise CaseError("left")
    if reporter.verdict and case.state == State.HANDLED:
        raise CaseError("judged")


def _flag_of(case: Case, network: str) -> str:
    """Why an answer asks for a call-back: it came from a network of the lead's own people, or of somebody who worked on it."""
    if not network or case.lead is None:
        return ""
    workers = case.steps.exclude(unit=None).values_list("entry__actor", flat=True)
    return "network" if network in networks_of(case.lead) | networks_of_users(set(workers)) else ""


def networks_of(unit: Unit) -> set[str]:
    """Keyed digests of the addresses from which the unit's own people, and those beneath it, proved who they are lately."""
    lately = Q(unit__path__startswith=unit.path, since__lte=clock.today())
    lately &= Q(until=None) | Q(until__gt=clock.today() - REMEMBERED)
    posts = Post.objects.filter(lately).values_list("person__user", flat=True)
    members = Membership.objects.filter(lately).values_list("person__user", flat=True)
    return networks_of_users({user for user in posts.union(members) if user is not None})
