"""What the lead does with a case: plans, answers, asks for assistance, pauses, asks for time, handles it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.cases.actions.leading import refuse_unfit
from lianxin.cases.actions.moving import Asked, locked, make_move, reckon_anew
from lianxin.cases.errors import CaseError
from lianxin.cases.models import CallBack, Case, CaseStep, ClockName, Extension, Item, Part, Reporter, State, Tier
from lianxin.cases.photos import Cleaned, seen_before
from lianxin.cases.tiers import Span, tiers
from lianxin.cases.workdays import due_after, working_days_between
from lianxin.cases.workflow import PROXIES
from lianxin.ledger import clock
from lianxin.organizations.models import Unit


@transaction.atomic
def sort_case(*, actor: AbstractBaseUser, case: Case, item: Item, tier: str = "") -> CaseStep:
    """Name what the case is about; how long it may take follows from it, reckoned from when each running clock began.

    tier: how urgent it is, where not as the matter says. A danger that a resident told of stays one unless it is said.
    Raises Http404 where it is neither the lead's nor those above's, CaseError where it is over.
    """
    case = locked(case)
    usual = Tier.DANGER if case.tier == Tier.DANGER else item.tier
    data: dict[str, Any] = {}

    def name(it: Case) -> None:
        it.item, it.tier = item, Tier(tier or usual)
        data.update(reckon_anew(it))

    return make_move(actor=actor, case=case, name="sort", asked=Asked(data=data), change=name)


@transaction.atomic
def plan_case(*, actor: AbstractBaseUser, case: Case, text: str, focus: str = "", photos: Sequence[Cleaned] = ()) -> CaseStep:
    """Write down what the trouble is (`focus`: `key` or `focus` problem) and what is to be done. Raises Http404, CaseError."""
    asked = Asked(text=text, photos=photos, data={"focus": focus})
    return make_move(actor=actor, case=locked(case), name="plan", asked=asked)


@transaction.atomic
def answer_resident(*, actor: AbstractBaseUser, case: Case, text: str, photos: Sequence[Cleaned] = ()) -> CaseStep:
    """The first answer, which the resident reads: who has it and what happens next. Raises Http404, CaseError."""
    return make_move(actor=actor, case=locked(case), name="answer", asked=Asked(text=text, photos=photos))


@transaction.atomic
def ask_part(*, actor: AbstractBaseUser, case: Case, unit: Unit, text: str, due_on: date) -> Part:
    """Ask a unit for assistance, by a day of its own. Raises Http404; CaseError where the unit cannot, or owes a part already."""
    case = locked(case)
    refuse_unfit(case, unit)
    if unit == case.lead or case.parts.filter(unit=unit, done=None, called_off=None).exists():
        raise CaseError("part_twice", unit=unit.name)
    if due_on < clock.today():
        raise CaseError("part_past")
    part = Part.objects.create(case=case, unit=unit, due_on=due_on)
    data = {"part": part.pk, "unit": unit.code}
    part.asked = make_move(actor=actor, case=case, name="ask", asked=Asked(text=text, data=data))
    part.save(update_fields=["asked"])
    return part


@transaction.atomic
def do_part(*, actor: AbstractBaseUser, part: Part, text: str, photos: Sequence[Cleaned] = ()) -> CaseStep:
    """The assisting unit says what it did. A photo that another case showed before flags the case, as in `handle_case`.

    Raises Http404; CaseError where the part is over.
    """
    part, case = _open_part(part)
    flag, change = _shown_before(case, photos)
    asked = Asked(unit=part.unit, text=text, photos=photos, data={"part": part.pk, **flag})
    step = make_move(actor=actor, case=case, name="do_part", asked=asked, change=change)
    part.done = step
    part.save(update_fields=["done"])
    return step


@transaction.atomic
def leave_group(*, actor: AbstractBaseUser, part: Part, reason: str) -> CaseStep:
    """A unit that claimed the case together with the lead, or was named so, takes no part in it; the lead reads why.

    Raises Http404; CaseError where the part is over, or the unit was asked to assist: that only the lead calls off.
    """
    part, case = _open_part(part)
    if not part.joint:
        raise CaseError("part_asked", unit=part.unit.name)
    asked = Asked(unit=part.unit, reason=reason, data={"part": part.pk})
    step = make_move(actor=actor, case=case, name="leave_group", asked=asked)
    part.called_off = step
    part.save(update_fields=["called_off"])
    return step


@transaction.atomic
def call_off_part(*, actor: AbstractBaseUser, part: Part, reason: str) -> CaseStep:
    """The lead no longer needs a part; nothing is called off by itself. Raises Http404; CaseError where the part is over."""
    part, case = _open_part(part)
    step = make_move(actor=actor, case=case, name="call_off", asked=Asked(reason=reason, data={"part": part.pk}))
    part.called_off = step
    part.save(update_fields=["called_off"])
    return step


@transaction.atomic
def pause_case(*, actor: AbstractBaseUser, case: Case, text: str, until: date) -> CaseStep:
    """Stop the clock of handling for a reason the resident reads, at most as long as the rules (tiers.yaml) say.

    Raises Http404, CaseError.
    """
    most = tiers().longest_pause.days
    if not clock.today() < until <= clock.today() + timedelta(days=most):
        raise CaseError("pause_length", most=most)
    return make_move(actor=actor, case=locked(case), name="pause", asked=Asked(text=text, data={"until": until.isoformat()}))


@transaction.atomic
def resume_case(*, actor: AbstractBaseUser, case: Case) -> CaseStep:
    """Let the clock run on, by the lead or, when the pause is over, by itself. Raises Http404, CaseError."""
    return make_move(actor=actor, case=locked(case), name="resume")


@transaction.atomic
def ask_extension(*, actor: AbstractBaseUser, case: Case, days: int, reason: str) -> Extension:
    """Ask those above for more working days. Raises Http404; CaseError where one is undecided, or too many or too long."""
    case, rules = locked(case), tiers()
    if case.extensions.waiting().exists():
        raise CaseError("extension_waits")
    if case.extensions.filter(granted=True).count() >= rules.extensions or not 1 <= days <= rules.longest_extension:
        raise CaseError("extension_most", times=rules.extensions, most=rules.longest_extension)
    step = make_move(actor=actor, case=case, name="ask_extension", asked=Asked(reason=reason, data={"days": days}))
    return Extension.objects.create(case=case, asked=step, days=days)


@transaction.atomic
def decide_extension(*, actor: AbstractBaseUser, extension: Extension, granted: bool, reason: str = "") -> CaseStep:
    """Grant or refuse more time; never somebody whose rights come from the unit that asks. Raises Http404, CaseError."""
    case = locked(extension.case)
    if not Extension.objects.waiting().filter(pk=extension.pk).exists():
        raise CaseError("extension_decided")
    data: dict[str, Any] = {"extension": extension.pk, "days": extension.days, "granted": granted}
    if granted:
        for running in case.clocks.filter(name=ClockName.HANDLE, stopped_at=None):
            due = due_after(running.due_at, Span(days=extension.days), case.county)
            running.due_at, running.provisional = due.at, running.provisional or due.provisional
            running.breached_at = running.breached_at if due.at < clock.now() else None
            running.save(update_fields=["due_at", "provisional", "breached_at"])
            data |= {"clock": running.name, "due": due.at.isoformat(timespec="minutes")}
    step = make_move(actor=actor, case=case, name="extend", asked=Asked(reason=reason, data=data))
    extension.decided, extension.granted = step, granted
    extension.save(update_fields=["decided", "granted"])
    return step


@transaction.atomic
def handle_case(*, actor: AbstractBaseUser, case: Case, text: str, photos: Sequence[Cleaned] = ()) -> CaseStep:
    """The lead says what was done; the resident reads it and answers. Handled is not solved.

    Draws the call-back: one in so many by the ledger's own digest, which nobody can choose, of those whose residents left a
    phone; every case recorded for somebody, and every one shown by a photo that another case showed before.
    Raises Http404; CaseError while an assisting unit owes its part.
    """
    case = locked(case)
    days = working_days_between(case.reported_on, clock.today(), case.county)
    flag, change = _shown_before(case, photos)
    asked = Asked(text=text, photos=photos, data={"days": days, **flag})
    step = make_move(actor=actor, case=case, name="handle", asked=asked, change=change)
    if why := why_call_back(case, step, case.reporters.filter(left_at=None).only("phone")):
        draw_call_back(case, why)
    return step


def _shown_before(case: Case, photos: Sequence[Cleaned]) -> tuple[dict[str, str], Callable[[Case], None]]:
    """Whether a unit shows its work by a photo of another case: what the entry says of it, and what changes about the case."""
    recycled = any(seen_before(photo, case) for photo in photos)

    def change(it: Case) -> None:
        it.flagged = it.flagged or recycled

    return ({"flag": "photo"} if recycled else {}), change


def why_call_back(case: Case, step: CaseStep, residents: Iterable[Reporter]) -> str:
    """Why residents are called back after this step handled their case; empty: they are not. Drawn are only those who can be
    called: else a tenth would be promised of which most are nobody's to reach."""
    if case.source in PROXIES:
        return "proxy"
    if case.flagged:
        return "flagged"
    drawn = int(step.entry.digest, 16) % tiers().call_back_of == 0
    return "random" if drawn and any(resident.phone for resident in residents) else ""


def draw_call_back(case: Case, why: str) -> CallBack:
    """Have the residents of this round called back, by somebody of another unit; once a round."""
    drawn, _new = CallBack.objects.get_or_create(case=case, round=case.round, defaults={"why": why, "drawn_at": clock.now()})
    return drawn


def _open_part(part: Part) -> tuple[Part, Case]:
    case = locked(part.case)
    part = Part.objects.select_related("unit").get(pk=part.pk)
    if not part.is_open or case.state == State.HANDLED:
        raise CaseError("part_over")
    return part, case
