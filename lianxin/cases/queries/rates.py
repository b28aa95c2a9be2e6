"""Rates of cases: each is so many cases of so many, told as conditions on a case, so that a number and its list cannot differ.

Denominators are honest: every case of the period is in them but those withdrawn, not taken up or still held back. A clock
that stands still is not over. Silence and a “no” are never taken for satisfied.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lianxin.cases.models import TO_CLAIM, CaseClock, ClockName, Reporter, State
from lianxin.cases.workflow import COUNTED

CONTENT = 4
"""So many stars of five are satisfied."""
SAID_SO = Q(state=State.SOLVED) | Q(round=1)
"""The stars that stand are the residents' last word."""
SENT_BACK = Q(round__gt=1) & ~Q(state=State.SOLVED)
"""The residents' last word was no."""


def _of_the_case(now: datetime, name: ClockName, ran: Callable[[datetime], Q]) -> Q:
    """Whether a clock of that name, of the first round, is as told."""
    return Q(Exists(CaseClock.objects.filter(ran(now), case=OuterRef("pk"), name=name, round=1)))


def over(now: datetime) -> Q:
    """A clock whose time is used, or ran out."""
    return Q(stopped_at__isnull=False) | Q(paused_at=None, due_at__lt=now)


def late(now: datetime) -> Q:
    """A clock that was stopped after its time, or ran out and runs on."""
    return Q(stopped_at__gt=F("due_at")) | Q(stopped_at=None, paused_at=None, due_at__lt=now)


def _stars(**which: int) -> Q:
    return Q(Exists(Reporter.objects.filter(case=OuterRef("pk"), stars__isnull=False, **which)))


@dataclass(frozen=True)
class Rule:
    """One rate. whole, part: which cases, given the present moment; `part` only narrows `whole`."""

    title: str | Promise
    rule: str | Promise
    whole: Callable[[datetime], Q]
    part: Callable[[datetime], Q]

    def cases(self, now: datetime, *, part: bool) -> Q:
        """The cases of its denominator; or only those of its numerator."""
        whole = Q(state__in=COUNTED) & self.whole(now)
        return whole & self.part(now) if part else whole


def _in_time(title: str | Promise, rule: str | Promise, name: ClockName) -> Rule:
    """In time: no such clock of the case was late. Where nobody leads yet, there is nobody whose time it was."""
    led = ~Q(state__in=TO_CLAIM)
    return Rule(title, rule, lambda now: led & _of_the_case(now, name, over), lambda now: ~_of_the_case(now, name, late))


RULES: dict[str, Rule] = {
    "answered": _in_time(
        _("answered in time"),
        _("First answers before their time ran out, of all due by now."),
        ClockName.RESPOND,
    ),
    "handled": _in_time(
        _("handled in time"),
        _("Handled the first time before its time ran out, of all due by now."),
        ClockName.HANDLE,
    ),
    "solved": Rule(
        _("solved, the residents say"),
        _("Of all cases reported in the period but those withdrawn, not taken up, or still held back."),
        lambda now: Q(),
        lambda now: Q(state=State.SOLVED),
    ),
    "solved_of_handled": Rule(
        _("solved, of those handled"),
        _("Handled cases in which the residents said yes; silence and answers still awaited stay in the whole."),
        lambda now: Q(state__in=(State.SOLVED, State.PRESUMED, State.HANDLED)),
        lambda now: Q(state=State.SOLVED),
    ),
    "satisfied": Rule(
        _("satisfied"),
        _(
            "Cases whose residents all gave four or five of five, of those in which somebody said how satisfied they are. "
            "Where their last word was no, the case stays in the whole. Fewer than five are not shown."
        ),
        lambda now: (SAID_SO & _stars()) | SENT_BACK,
        lambda now: SAID_SO & _stars() & ~_stars(stars__lt=CONTENT),
    ),
}
"""In the order in which they are shown."""
