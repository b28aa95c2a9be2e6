"""Reminders. An app declares in its own `notices.py` what falls due, who hears of it, and which page records what.

Nobody writes a reminder: it is worked out from standings, terms and rows each time, and is gone when the thing is done. The same
list stands on the desk, in the private calendar and in the daily mail.

    declare(
        Notice(
            "liaison.confirmations",
            _("Problems waiting for your confirmation"),
            permission=VISIT_RECEIVE,
            due=lambda user, today: [Due(…) for … in queries.waiting_for(user)],
        )
    )
    records("liaison.inspected", _("Record an inspection"), permission=VISIT_RECORD, address=lambda code: reverse(…, args=[code]))
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from lianxin.ledger.registry import Registry
from lianxin.organizations.access import AnyUser, may
from lianxin.organizations.models import Unit
from lianxin.reminders.picture import Place

Words = str | Promise


@dataclass(frozen=True)
class Act:
    """The one thing to do about it: the words of the button and where it leads."""

    words: Words
    address: str


@dataclass(frozen=True)
class Due:
    """One thing owed.

    key: names the same obligation from day to day: `standing:contact-131:inspect:152221200203-1:2026`. Calendars know it by this.
    unit: whose it is, by code and name.
    text: what is missing, in one line. It leaves the house by mail and calendar: no personal data.
    due: the last day, where there is one.
    state: a word of lianxin.ui.states: pending, behind, impossible, due_soon, overdue, waiting.
    address: where it is explained.
    act: its one action, where the reader may do it.
    n, need: how far it has come, where that can be counted.
    """

    key: str
    unit_code: str
    unit_name: str
    text: Words
    due: date | None
    state: str
    address: str
    act: Act | None = None
    n: int | None = None
    need: int | None = None


@dataclass(frozen=True)
class Notice:
    """One sort of reminder.

    key: `app.plural`.
    title: the heading its items stand under on the desk.
    permission: who hears of it; `due` narrows further to what is that reader's own.
    due: what is owed by this user as of today, soonest first.
    waiting: somebody else waits for the reader; such items stand before what is merely due.
    with_others: the reader waits for somebody else; such items stand last and do not travel.
    travels: whether it goes into the calendar and the mail, or stays on the desk.
    """

    key: str
    title: Words
    permission: str
    due: Callable[[AnyUser, date], Sequence[Due]]
    waiting: bool = False
    with_others: bool = False
    travels: bool = True


@dataclass(frozen=True)
class Recorder:
    """Which page records entries of a kind, and who may use it."""

    kind: str
    words: Words
    permission: str
    address: Callable[[str], str]


notices: Registry[Notice] = Registry(lambda notice: notice.key)
recorders: Registry[Recorder] = Registry(lambda recorder: f"{recorder.kind} {recorder.permission}")


def declare(*declared: Notice) -> None:
    """Declare notices at start-up, from an app's `notices.py`."""
    notices.add(*declared)


def records(kind: str, words: Words, *, permission: str, address: Callable[[str], str]) -> None:
    """Say which page records entries of `kind`: `address` is given the unit's code. A list of what is owed then offers it.

    Where two sorts of people record the same kind on different pages (a leader a visit made, a secretary a visit received), say
    both; the first the reader may use is offered.
    """
    recorders.add(Recorder(kind, words, permission, address))


def declared() -> dict[str, Notice]:
    """All notices by key, in the order declared."""
    return notices.all()


def act_for(user: AnyUser, kind: str, unit: Unit | Place) -> Act | None:
    """The page on which this user may record an entry of `kind` for `unit`, if there is one."""
    for recorder in recorders.all().values():
        if recorder.kind == kind and may(user, recorder.permission, unit):
            return Act(recorder.words, recorder.address(unit.code))
    return None
