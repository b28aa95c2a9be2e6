"""Opening a resident's phone: one at a time, with a reason the resident reads, and entered."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.accounts.sealing import SealBroken, unseal
from lianxin.cases.actions.moving import may_ever_move
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, Reporter
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.access import AnyUser
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.people import QUOTA, SHORTEST_REASON, Opened
from lianxin.ui.words import words_in

OPENED_BY = ("answer", "release", "hear_nobody")
"""Moves whose right is also the right to call: of who leads, of those above, of who calls back."""
COUNTED = ("cases.phone_revealed", "organizations.phone_revealed")
"""Residents' phones and members' count together."""


def may_open_phones(user: AnyUser, case: Case) -> bool:
    """Whether the user works on the case, stands above it, or calls back about it; never whom it complains about."""
    return any(may_ever_move(user, case, move) for move in OPENED_BY)


@transaction.atomic
def reveal_phone(*, actor: AbstractBaseUser, reporter: Reporter, reason: str) -> Opened:
    """Open a resident's phone. The resident reads the reason under the receipt, the auditor in the access log.

    Raises Http404 where it is not the actor's to open; OrganizationError for a reason too short or a quota used up; CaseError
    where none is kept.
    """
    case = Case.objects.select_related("lead", "place", "county", "about").get(pk=reporter.case_id)  # as it is now
    reporter = Reporter.objects.get(pk=reporter.pk)
    if not may_open_phones(actor, case):
        raise Http404
    if len(words_in(reason)) < SHORTEST_REASON:
        raise OrganizationError("reason_short")
    if not reporter.phone:
        raise CaseError("no_phone")
    if Entry.objects.filter(kind__in=COUNTED, actor_id=actor.pk, happened_on=clock.today()).count() >= QUOTA:
        raise OrganizationError("quota", most=QUOTA)
    try:
        number = unseal(bytes(reporter.phone), key="case", bound_to=reporter.receipt)
    except SealBroken as broken:
        raise OrganizationError("phone_broken") from broken
    hidden = case.about is not None and case.place.path.startswith(case.about.path)
    entry = record(
        actor=actor,
        kind="cases.phone_revealed",
        unit=case.lead if case.lead is not None and case.lead.closed_on is None else case.county if hidden else case.place,
        happened_on=clock.today(),
        subject=case.subject,
        data={"reporter": reporter.pk},
        reason=reason,
    )
    return Opened(number, entry)
