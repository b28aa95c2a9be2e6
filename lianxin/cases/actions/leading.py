"""Who leads a case: claimed by choice or by a group, designated, returned as not theirs, decided by those above."""

from collections.abc import Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.cases.actions.moving import Asked, locked, make_move
from lianxin.cases.errors import CaseError
from lianxin.cases.models import LED_STATES, Case, CaseStep, Mode, Part, State
from lianxin.cases.queries.reach import neighbourhoods
from lianxin.cases.tiers import tiers
from lianxin.ledger import clock
from lianxin.organizations.models import Unit


@transaction.atomic
def release_case(*, actor: AbstractBaseUser, case: Case) -> CaseStep:
    """A report that waited to be looked at is real: it goes to the pool. Raises Http404, CaseError."""
    return make_move(actor=actor, case=locked(case), name="release")


@transaction.atomic
def decline_case(*, actor: AbstractBaseUser, case: Case, text: str) -> CaseStep:
    """A report that waited to be looked at is none; the resident reads why, and may object. Raises Http404, CaseError."""
    return make_move(actor=actor, case=locked(case), name="decline", asked=Asked(text=text))


@transaction.atomic
def claim_case(*, actor: AbstractBaseUser, case: Case, unit: Unit, partners: Sequence[Unit] = ()) -> CaseStep:
    """A unit claims a case by choice; with partners, as a group of which it is the one lead.

    Raises Http404 where the actor may not claim for the unit, or not there; CaseError where it is claimed by now, or the unit is
    closed, is what the case complains about, or leads as many as it may.
    """
    case = locked(case)
    if not any(case.place.path.startswith(path) for path in neighbourhoods(actor)):
        raise Http404
    if case.state in LED_STATES and case.lead is not None:
        raise CaseError("claimed", unit=case.lead.name)
    refuse_unfit(case, unit)
    unit = Unit.objects.select_for_update().get(pk=unit.pk)  # who claims two at once for one unit is counted twice
    most, leads = tiers().most_led(unit.kind), Case.objects.filter(lead=unit, state__in=LED_STATES).count()
    if leads >= most:
        raise CaseError("full", unit=unit.name, count=leads, most=most)
    for partner in partners:
        refuse_unfit(case, partner)
    mode = Mode.GROUP if partners else Mode.CHOICE
    step = make_move(
        actor=actor,
        case=case,
        name="claim",
        asked=Asked(unit=unit, data={"mode": mode.value}),
        change=lambda it: _give(it, unit, mode),
    )
    Part.objects.bulk_create(Part(case=case, unit=partner, joint=True) for partner in partners if partner != unit)
    return step


@transaction.atomic
def designate_lead(*, actor: AbstractBaseUser, case: Case, lead: Unit, reason: str = "") -> CaseStep:
    """Those above name who leads an unclaimed case.

    Raises Http404 where the actor may not dispatch there, CaseError where somebody leads it by now or the unit cannot.
    """
    case = locked(case)
    refuse_unfit(case, lead)
    asked = Asked(reason=reason, data={"mode": Mode.DESIGNATION.value, "lead": lead.code})
    return make_move(actor=actor, case=case, name="designate", asked=asked, change=lambda it: _give(it, lead, Mode.DESIGNATION))


@transaction.atomic
def return_case(*, actor: AbstractBaseUser, case: Case, reason: str, proposed: Unit | None = None) -> CaseStep:
    """The lead says the case is not theirs, and whose it might be. Until those above decide it keeps leading (首接负责).

    Returned as often as the rules (tiers.yaml) say, the case is escalated: the county decides. Raises Http404, CaseError.
    """
    case = locked(case)
    if case.returns >= tiers().escalate_returns and case.state == State.LED:
        raise CaseError("county_decided")
    returns = case.returns + 1
    escalated = case.escalated or returns >= tiers().escalate_returns

    def count(it: Case) -> None:
        it.returns, it.escalated = returns, escalated

    data = {"returns": returns, "escalated": escalated, **({"proposed": proposed.code} if proposed else {})}
    return make_move(actor=actor, case=case, name="return", asked=Asked(reason=reason, data=data), change=count)


@transaction.atomic
def decide_lead(*, actor: AbstractBaseUser, case: Case, lead: Unit, reason: str) -> CaseStep:
    """After a return those above name the lead: another unit, or the same one again.

    Raises Http404 where it is not theirs (an escalated case is the county's), CaseError where the unit cannot lead it.
    """
    case = locked(case)
    refuse_unfit(case, lead)
    asked = Asked(reason=reason, data={"lead": lead.code})
    return make_move(actor=actor, case=case, name="decide", asked=asked, change=lambda it: _give(it, lead, Mode.DESIGNATION))


@transaction.atomic
def transfer_lead(*, actor: AbstractBaseUser, case: Case, lead: Unit, reason: str) -> CaseStep:
    """Those above give a led case to another unit; its clocks run on. Raises Http404, CaseError."""
    case = locked(case)
    refuse_unfit(case, lead)
    asked = Asked(reason=reason, data={"lead": lead.code})
    return make_move(actor=actor, case=case, name="transfer", asked=asked, change=lambda it: _give(it, lead, Mode.DESIGNATION))


def refuse_unfit(case: Case, unit: Unit) -> None:
    """Raises CaseError where the unit is closed, or is what the case complains about (or stands beneath it)."""
    if unit.closed_on is not None and unit.closed_on <= clock.today():
        raise CaseError("unit_closed", unit=unit.name)
    if case.about is not None and unit.path.startswith(case.about.path):
        raise CaseError("about_unit", unit=unit.name)


def _give(case: Case, lead: Unit, mode: Mode) -> None:
    case.clocks.filter(stopped_at=None).update(unit=lead)
    case.lead, case.mode = lead, mode
