"""What people said of a standing: waivers with their reasons, what seems wrong to the unit and what the county office answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lianxin.ledger import clock
from lianxin.ledger.models import Entry, EntryQuerySet
from lianxin.organizations.access import (
    APPROVE,
    ENTRY_CORRECT,
    ENTRY_VIEW,
    VISIT_RECEIVE,
    VISIT_RECORD,
    AnyUser,
    entry_scope,
    may,
)
from lianxin.organizations.models import Unit
from lianxin.schemes import kinds, library
from lianxin.schemes.calendar import period_on
from lianxin.schemes.explain import here
from lianxin.schemes.frame import seal_day
from lianxin.schemes.scheme import Scheme
from lianxin.ui.dates import full_day

DOUBTERS = (VISIT_RECEIVE, VISIT_RECORD, ENTRY_CORRECT)
"""Who may say that a standing seems wrong: those who answer for what the unit records, and those above."""


@dataclass(frozen=True)
class Remark:
    """A waiver or a doubt, as a page shows it."""

    entry: Entry
    clause: str
    clause_title: str
    period: str
    text: str
    answer: Entry | None = None
    answer_text: str = ""


@dataclass(frozen=True)
class Remarks:
    """What stands beside one unit's standing with one scheme in one period."""

    waivers: tuple[Remark, ...]
    doubts: tuple[Remark, ...]
    may_waive: bool
    may_doubt: bool

    @property
    def open_doubts(self) -> tuple[Remark, ...]:
        return tuple(doubt for doubt in self.doubts if doubt.answer is None)


def remarks_for(user: AnyUser, unit: Unit, scheme: Scheme, period: str) -> Remarks:
    """Waivers and doubts of a standing. The words are for those who may open the unit's entries."""
    wanted = [kinds.WAIVED, kinds.DOUBTED]
    entries = list(
        Entry.objects.standing()
        .filter(unit=unit, kind__in=wanted, subject__startswith=f"{scheme.key}/", subject__endswith=f"/{period}")
        .select_related("unit", "reason")
        .order_by("pk")
    )
    said = _told(entries, {scheme.key: scheme}, words=may(user, ENTRY_VIEW, unit))
    return Remarks(
        tuple(remark for remark in said if remark.entry.kind == kinds.WAIVED),
        tuple(remark for remark in said if remark.entry.kind == kinds.DOUBTED),
        may(user, APPROVE, unit),
        any(may(user, permission, unit) for permission in DOUBTERS),
    )


def waivers_of(unit: Unit, scheme: Scheme) -> list[Remark]:
    """The waivers of a unit that stand, of any period."""
    return _told(_entries_of(unit, scheme, kinds.WAIVED), {scheme.key: scheme}, words=True)


def open_doubts_of(unit: Unit, scheme: Scheme) -> list[Remark]:
    """What seems wrong to a unit and was not answered yet."""
    told = _told(_entries_of(unit, scheme, kinds.DOUBTED), {scheme.key: scheme}, words=True)
    return [remark for remark in told if remark.answer is None]


def _entries_of(unit: Unit, scheme: Scheme, kind: str) -> EntryQuerySet:
    standing = Entry.objects.standing().filter(unit=unit, kind=kind, subject__startswith=f"{scheme.key}/")
    return standing.select_related("unit", "reason").order_by("pk")


def doubts_for(user: AnyUser) -> list[Remark]:
    """What seems wrong to units within this user's reach, the unanswered first, then the newest."""
    entries = (
        Entry.objects.standing()
        .filter(entry_scope(user, APPROVE), kind=kinds.DOUBTED)
        .select_related("unit", "reason")
        .order_by("-pk")[:200]
    )
    versions = library.published()
    schemes = {key: library.in_force(key, versions, as_of=clock.today(), known=None) for key in {v.key for v in versions}}
    told = _told(entries, {key: scheme for key, scheme in schemes.items() if scheme}, words=True)
    return sorted(told, key=lambda remark: remark.answer is not None)


def _told(entries: Iterable[Entry], schemes: dict[str, Scheme], *, words: bool) -> list[Remark]:
    entries = list(entries)
    names = [doubt_subject(entry) for entry in entries if entry.kind == kinds.DOUBTED]
    given = Entry.objects.standing().filter(kind=kinds.DOUBT_ANSWERED, subject__in=names).select_related("reason")
    answers = {answer.subject: answer for answer in given} if names else {}
    told = []
    for entry in entries:
        key, clause = str(entry.data["scheme"]), str(entry.data["clause"])
        scheme = schemes.get(key)
        part = scheme.clause(clause) if scheme else None
        title = here(part.title) if part else here(scheme.title) if scheme and not clause else clause or key
        answer = answers.get(doubt_subject(entry))
        said, replied = (words_of(entry), words_of(answer)) if words else ("", "")
        told.append(Remark(entry, clause, title, str(entry.data["period"]), said, answer, replied))
    return told


def words_of(entry: Entry | None) -> str:
    """The words beside an entry."""
    reason = getattr(entry, "reason", None)
    return reason.text if reason else ""


def doubt_subject(doubt: Entry) -> str:
    """How an answer names the doubt it answers."""
    return f"schemes.doubt:{doubt.pk}"


def clause_choices(scheme: Scheme) -> list[tuple[str, Any]]:
    """The scheme as a whole, and its clauses."""
    return [("", _("the scheme as a whole")), *((clause.id, here(clause.title)) for clause in scheme.clauses)]


def period_choices(scheme: Scheme, today: date) -> list[tuple[str, str]]:
    """The period of today, and the one before it while its books are open; each with the day until which a waiver would hold."""
    current = period_on(scheme.period, today)
    before = period_on(scheme.period, date.fromordinal(current.first.toordinal() - 1))
    offered = [current, *([before] if today < seal_day(scheme, before) else [])]
    return [
        (period.label, _("%(period)s, until %(day)s") % {"period": period.label, "day": full_day(period.last)})
        for period in offered
    ]
