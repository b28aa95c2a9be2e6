"""Leaving a case out of the adjusted figures (剔除): one of the county office asks, another decides, either may lift it later.

Nothing is deleted and nothing of the case changes: figures show it raw, and adjusted without it.
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.cases.actions.moving import Asked, locked, make_move
from lianxin.cases.errors import CaseError
from lianxin.cases.models import IN_FORCE, WAITING, Case, CaseStep, Exclusion, Ground


@transaction.atomic
def ask_exclusion(*, actor: AbstractBaseUser, case: Case, ground: str, reason: str) -> Exclusion:
    """Ask that the adjusted figures leave a case out, on one of the grounds there are, and say why.

    Raises Http404; CaseError where it was asked for already, is left out, or the county itself leads it.
    """
    case = locked(case)
    if case.exclusions.filter(WAITING | IN_FORCE).exists():
        raise CaseError("exclusion_open")
    if case.lead_id == case.county_id:
        raise CaseError("exclusion_county")
    on = Ground(ground)
    step = make_move(actor=actor, case=case, name="ask_exclusion", asked=Asked(reason=reason, data={"ground": on.value}))
    return Exclusion.objects.create(case=case, ground=on, proposed=step)


@transaction.atomic
def decide_exclusion(*, actor: AbstractBaseUser, exclusion: Exclusion, granted: bool, reason: str) -> CaseStep:
    """Grant or decline it: never who asked, and never somebody with a post at the unit that leads. Raises Http404, CaseError."""
    case = locked(exclusion.case)
    exclusion = Exclusion.objects.select_related("proposed__entry").get(pk=exclusion.pk)
    if exclusion.decided_id is not None:
        raise CaseError("exclusion_over")
    if exclusion.proposed.entry.actor_id == actor.pk:
        raise CaseError("exclusion_two")
    data = {"exclusion": exclusion.pk, "ground": exclusion.ground, "granted": granted}
    step = make_move(actor=actor, case=case, name="decide_exclusion", asked=Asked(reason=reason, data=data))
    exclusion.decided, exclusion.agreed = step, granted
    exclusion.save(update_fields=["decided", "agreed"])
    return step


@transaction.atomic
def lift_exclusion(*, actor: AbstractBaseUser, exclusion: Exclusion, reason: str) -> CaseStep:
    """Let a case count in the adjusted figures again. Raises Http404, CaseError."""
    case = locked(exclusion.case)
    exclusion = Exclusion.objects.get(pk=exclusion.pk)
    if not exclusion.agreed or exclusion.lifted_id is not None:
        raise CaseError("exclusion_over")
    data = {"exclusion": exclusion.pk, "ground": exclusion.ground}
    step = make_move(actor=actor, case=case, name="lift_exclusion", asked=Asked(reason=reason, data=data))
    exclusion.lifted = step
    exclusion.save(update_fields=["lifted"])
    return step
