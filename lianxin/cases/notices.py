"""What cases ask of people: those their unit leads, parts they owe, the pool nearby, what those above must decide.

Nothing of a resident's words stands here: these lines leave the house by mail and calendar.
"""

from datetime import date

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lianxin.cases.actions.erasure import SOON
from lianxin.cases.models import Case, State
from lianxin.cases.queries import calls, erasures, lists
from lianxin.cases.queries.pages import due_state, title_of
from lianxin.ledger import clock
from lianxin.organizations.access import APPROVE, CASE_CALL_BACK, CASE_CLAIM, CASE_DISPATCH, CASE_HANDLE, AnyUser
from lianxin.reminders.notices import Act, Due, Notice, Words, declare

MOST = 12
"""Cases of one sort on a desk; the rest stand in the list."""


def work(user: AnyUser, today: date) -> list[Due]:
    """Cases the reader's own units lead, and parts they owe to others."""
    return [
        _due(one.case, "lead", _WORDS_LED.get(State(one.case.state), _PARTNER_LEFT if one.left else _LED))
        if one.part is None
        else _part_due(one, today)
        for one in lists.owed(user, MOST)
    ]


_LED = _("A case you lead")
_PARTNER_LEFT = _("A case you lead; a partner left the group")
_WORDS_LED = {
    State.PAUSED: _("A case you lead, paused"),
    State.CONTESTED: _("A case you returned; you lead it until it is decided"),
}


def to_decide(user: AnyUser, today: date) -> list[Due]:
    """What waits for those above: a lead to name, a return, more time, a report held back; what the adjusted figures may leave
    out; and one line for all the cases that were escalated to the county."""
    above = lists.to_decide(user, MOST)
    items = [_due(case, case.state, _WORDS_ABOVE[State(case.state)]) for case in above.cases]
    items += [_due(case, "exclusion", _LEAVE_OUT) for case in above.exclusions]
    return [*items, *_escalated(above)]


def _escalated(above: lists.Above) -> list[Due]:
    if not above.escalated or above.first is None:
        return []
    address = f"{reverse('cases')}?state=open&escalated=1&counted=1"
    text = _("Cases escalated to the county, still open: %(count)s") % {"count": above.escalated}
    place = above.first.place
    return [Due("cases.escalated", place.code, place.name, text, None, "behind", address, Act(_("See which"), address))]


_LEAVE_OUT = _("Decide whether the adjusted figures leave a case out")
_MORE_TIME = _("More time is asked for")
_WORDS_ABOVE = {
    State.DISPATCH: _("A case nobody claimed: name who leads"),
    State.CONTESTED: _("A case was returned: decide whose it is"),
    State.QUARANTINED: _("A report was held back: look whether it is real"),
    State.LED: _MORE_TIME,
    State.PAUSED: _MORE_TIME,
}


def to_call(user: AnyUser, today: date) -> list[Due]:
    """One line for all the call-backs that wait for the reader."""
    drawn = calls.calls_for(user).first()
    if drawn is None:
        return []
    address = reverse("call_backs")
    return [
        Due(
            key="cases.call_backs",
            unit_code=drawn.case.place.code,
            unit_name=drawn.case.place.name,
            text=_("Residents are to be called back: is it really solved?"),
            due=None,
            state="pending",
            address=address,
            act=Act(_("See whom"), address),
        )
    ]


def to_erase(user: AnyUser, today: date) -> list[Due]:
    """One line for all that somebody else proposed to erase."""
    found = erasures.waiting_for(user)
    if found is None:
        return []
    county, erasure = found
    address = reverse("erasures")
    return [
        Due(
            key=f"cases.erasure:{erasure.pk}",
            unit_code=county.code,
            unit_name=county.name,
            text=_("What residents left is to be erased: a second person must look"),
            due=clock.local_date(erasure.proposed_at + SOON),
            state="waiting",
            address=address,
            act=Act(_("Look at it"), address),
        )
    ]


def nearby(user: AnyUser, today: date) -> list[Due]:
    """One line for the whole pool near the reader."""
    case = lists.pool_near(user)
    if case is None:
        return []
    act = Act(_("Look and claim"), reverse("case_pool"))
    return [_due(case, "pool", _("Problems nearby wait to be claimed"), act=act)]


def _due(case: Case, sort: str, text: Words, *, act: Act | None = None) -> Due:
    page = reverse("case", args=[case.pk])
    about = "" if sort == "pool" else title_of(case, "")
    return Due(
        key=f"cases.case:{case.pk}:{sort}",
        unit_code=case.place.code,
        unit_name=case.place.name,
        text=format_lazy("{text}：{about}" if about else "{text}", text=text, about=about),
        due=clock.local_date(case.due_at) if case.due_at else None,
        state=due_state(case.due_at),
        address=act.address if act else page,
        act=act or Act(_("Open"), page),
    )


def _part_due(one: lists.Owed, today: date) -> Due:
    page = reverse("case", args=[one.case.pk])
    late = one.due_on is not None and one.due_on < today
    return Due(
        key=f"cases.part:{one.part}",
        unit_code=one.code,
        unit_name=one.unit,
        text=_("Your part of a case that another unit leads"),
        due=one.due_on,
        state="overdue" if late else "pending",
        address=page,
        act=Act(_("Open"), page),
    )


declare(
    Notice("cases.to_decide", _("Cases waiting for your decision"), CASE_DISPATCH, to_decide, waiting=True),
    Notice("cases.work", _("Cases you lead or assist"), CASE_HANDLE, work),
    Notice("cases.calls", _("Call-backs"), CASE_CALL_BACK, to_call, travels=False),
    Notice("cases.erasures", _("Proposed erasures"), APPROVE, to_erase, travels=False),
    Notice("cases.pool", _("Problems nearby"), CASE_CLAIM, nearby, travels=False),
)
