"""Call-backs: whom somebody of another unit than the lead is to ask whether it is really solved."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lianxin.cases.models import CallBack, CaseStep, Reporter, State, Verdict
from lianxin.cases.queries.pages import title_of
from lianxin.cases.queries.reach import in_sight, not_about
from lianxin.ledger.models import Entry
from lianxin.organizations.access import CASE_CALL_BACK, AnyUser, grants_for
from lianxin.organizations.models import path_ids, subtree

STATES = (State.HANDLED, State.PRESUMED, State.SOLVED)
MOST = 100
"""On one page; the oldest first."""


@dataclass(frozen=True)
class Call:
    """One call-back, with what it is about."""

    drawn: CallBack
    title: str
    words: str
    """What the resident reported."""
    reply: str
    """What the lead said it did."""
    residents: list[Reporter]

    @property
    def without_phone(self) -> bool:
        """Nobody who reported it left a number: whoever asks must go there."""
        return not any(resident.phone for resident in self.residents)


def calls_for(user: AnyUser, *, made: bool = False) -> QuerySet[CallBack]:
    """Call-backs the user may make: where they may call back, and the lead is not the unit their right stems from.

    made: those made already, too: a form that arrives twice is answered like the first time.
    """
    reach = Q(pk__in=())
    for grant in grants_for(user):
        if CASE_CALL_BACK in grant.permissions:
            reach |= subtree(grant.path, "case__place__") & ~Q(case__lead__in=path_ids(grant.path))
    found = CallBack.objects.filter(reach, in_sight("case__"), not_about(user, "case__"))
    if not made:
        found = found.filter(done=None, case__state__in=STATES)
    return found.select_related("case__place", "case__lead", "case__item").order_by("drawn_at", "pk")


def waiting_calls(user: AnyUser) -> list[CallBack]:
    """The oldest of them."""
    return list(calls_for(user)[:MOST])


def was_made(user: AnyUser, pk: int) -> bool:
    """Whether it is one of theirs, and nothing is to be asked any more."""
    return calls_for(user, made=True).filter(pk=pk).exists() and not calls_for(user).filter(pk=pk).exists()


def call_for(user: AnyUser, pk: int, *, made: bool = False) -> Call:
    """One of them. Raises Http404 where it is not theirs, or (unless `made`) was made already."""
    drawn = calls_for(user, made=made).filter(pk=pk).first()
    if drawn is None:
        raise Http404
    steps = CaseStep.objects.filter(case=drawn.case_id, move__in=("report", "record", "handle")).order_by("pk")
    words = [(step.move, step.text) for step in steps]
    said = next((text for move, text in words if move != "handle"), "")
    reply = next((text for move, text in reversed(words) if move == "handle"), "")
    residents = list(Reporter.objects.filter(case=drawn.case_id, left_at=None).order_by("pk"))
    return Call(drawn, title_of(drawn.case, said), said, reply, residents)


def saved_facts(entry: Entry) -> list[tuple[object, object]]:
    """What a call-back that the reader recorded says, for the page that asks what a changed one meant."""
    step = CaseStep.objects.get(entry=entry)
    verdict = entry.data.get("verdict") or (Verdict.SOLVED if step.move == "hear_again" else "")
    said = Verdict(str(verdict)).label if verdict else pgettext("call-back", "nobody was reached")
    facts: list[tuple[object, object]] = [(_("Is it really solved?"), said)]
    facts += [(_("How satisfied, from 1 to 5"), str(entry.data["stars"]))] if entry.data.get("stars") else []
    return facts + ([(_("In the resident's words"), step.text)] if step.text else [])
