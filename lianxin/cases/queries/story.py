"""What a receipt shows: who has the case, what happened, what comes next and by when. Units are named, persons never.

A resident reads what units wrote for residents, and their own words; what another resident of the same case wrote stays theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianxin.accounts.sealing import SealBroken, unseal
from lianxin.cases import receipts
from lianxin.cases.models import Case, CaseClock, CaseStep, ClockName, Photo, Reporter, State, Tier, Tombstone, Verdict
from lianxin.cases.photos import photos_of, resident_address
from lianxin.cases.queries.reach import reporter_by
from lianxin.cases.retention import ASKED, Kept, kept_about, own_steps
from lianxin.cases.workflow import RESIDENT, moves_from
from lianxin.ledger import clock
from lianxin.ledger.kinds import find_kind
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit
from lianxin.ui.dates import day, instant

MINE: dict[str, str | Promise] = {
    "report": gettext_lazy("You reported it."),
    "record": gettext_lazy("%(unit)s wrote it down for you."),
    "join": gettext_lazy("You joined: you have the same problem."),
    "note": gettext_lazy("You added something."),
    "object": gettext_lazy("You objected. It is looked at once more."),
    "reopen": gettext_lazy("You said it was not solved after all. It begins again."),
    "withdraw": gettext_lazy("You withdrew it."),
    "leave": gettext_lazy("You withdrew. Others still have the problem, so the work goes on."),
}
OTHERS: dict[str, str | Promise] = {
    "report": gettext_lazy("A resident reported it."),
    "record": gettext_lazy("%(unit)s wrote it down for a resident."),
    "join": gettext_lazy("Another resident has the same problem, too."),
    "note": gettext_lazy("Another resident added something."),
    "object": gettext_lazy("Another resident objected. It is looked at once more."),
    "reopen": gettext_lazy("Another resident said it was not solved after all. It begins again."),
    "withdraw": gettext_lazy("Another resident withdrew it."),
    "leave": gettext_lazy("Another resident withdrew. The work goes on."),
}
SAID: dict[str, str | Promise] = {
    "release": gettext_lazy("It was looked at and let in."),
    "decline": gettext_lazy("It was not taken up. You read why here, and may object."),
    "claim": gettext_lazy("%(unit)s took it up."),
    "designate": gettext_lazy("%(lead)s was named to take it up."),
    "expire": gettext_lazy("Nobody had taken it up in time, so the office above now names who does."),
    "orphan": gettext_lazy("The unit that had it was closed, so the office above now names another."),
    "return": gettext_lazy("%(unit)s says that another unit is responsible. Until that is decided it stays with them."),
    "decide": gettext_lazy("It was decided that %(lead)s has it."),
    "transfer": gettext_lazy("It was given to %(lead)s."),
    "sort": gettext_lazy("It was sorted: who is usually responsible and how long it may take."),
    "plan": gettext_lazy("%(unit)s planned what to do."),
    "answer": gettext_lazy("%(unit)s answered."),
    "ask": gettext_lazy("%(helper)s was asked to help."),
    "do_part": gettext_lazy("%(unit)s helped."),
    "call_off": gettext_lazy("Help that had been asked for is no longer needed."),
    "pause": gettext_lazy("%(unit)s has to wait until %(until)s, and says why."),
    "resume": gettext_lazy("The work goes on."),
    "ask_extension": gettext_lazy("%(unit)s asked for more time."),
    "handle": gettext_lazy("%(unit)s says what was done. Whether it is solved, you say."),
    "hear_nobody": gettext_lazy("Somebody called to ask whether it is solved, and reached nobody."),
    "hear_again": gettext_lazy("Somebody called and asked: it is still solved."),
}
ANSWERS = {
    Verdict.SOLVED: gettext_lazy("Answer of a resident: solved."),
    Verdict.PARTLY: gettext_lazy("Answer of a resident: partly solved. It begins again."),
    Verdict.NOT: gettext_lazy("Answer of a resident: not solved. It begins again."),
}
MY_ANSWERS = {
    Verdict.SOLVED: gettext_lazy("You answered: solved."),
    Verdict.PARTLY: gettext_lazy("You answered: partly solved. It begins again."),
    Verdict.NOT: gettext_lazy("You answered: not solved. It begins again."),
}
BESIDE = ("cases.clock_ran_out", "cases.phone_revealed")
"""Entries residents read that are no steps."""
OF_MOVE = {"note": ("note",), "reopen": ("reopen",), "object": ("object",), "withdraw": ("withdraw", "leave")}


@dataclass(frozen=True)
class Line:
    """One line of the timeline: when, one sentence, and what was said where this resident may read it."""

    at: datetime
    words: str
    text: str = ""
    mine: bool = False
    photos: list[str] = field(default_factory=list)
    """Addresses, good for half an hour."""


@dataclass(frozen=True)
class Story:
    """A case as one of its residents reads it."""

    receipt: str
    """In groups of four."""
    case: Case
    reporter: Reporter
    spot: str
    phone: str
    now: str
    """Who has it."""
    then: str
    """What happens next."""
    by: str
    """By when; empty where nothing runs."""
    provisional: bool
    late: bool
    may: frozenset[str]
    """`note`, `verdict`, `reopen`, `object`, `withdraw`."""
    alone: str = ""
    """Why it was joined to no other, where it stands alone (`Report.alone`)."""
    kept: list[Kept] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Which words were deleted, and why."""
    lines: list[Line] = field(default_factory=list)
    """The newest first."""


def story_of(typed: str, reporter: Reporter | None = None, first: CaseStep | None = None) -> Story:
    """The story behind a receipt. Raises CaseError where there is none.

    reporter: who holds it, where that was just saved; first: the one step there is of the case, where it was, too.
    """
    reporter = reporter or reporter_by(typed)
    case = reporter.case
    steps = [first] if first else list(case.steps.select_related("entry__unit", "unit").order_by("id"))
    beside = [] if first else _beside(case)
    names = _names_in([*(step.entry for step in steps), *beside])
    pictures = photos_of([step for step in steps if len(step.entry.evidence) > 1])  # else nothing but the words
    lines = [line for step in steps if (line := _line(step, reporter, names, pictures.get(step.pk, [])))]
    lines += [line for entry in beside if (line := _line_beside(entry, reporter))]
    running = _running(case, first)
    return Story(
        receipt=receipts.shown(receipts.read(typed) or ""),
        case=case,
        reporter=reporter,
        spot=_opened(case.spot, case.subject),
        phone=_opened(reporter.phone, reporter.receipt),
        now=_now(case),
        then=_then(case, reporter, running),
        by=when(running.due_at) if running else "",
        provisional=bool(running and running.provisional),
        late=bool(running and running.due_at < clock.now()),
        may=may_do(reporter),
        alone=_alone(case),
        kept=kept_about(reporter, steps, pictures),
        gone=_gone(reporter, steps),
        lines=sorted(lines, key=lambda line: line.at, reverse=True),
    )


def _beside(case: Case) -> list[Entry]:
    return list(Entry.objects.filter(subject=case.subject, kind__in=BESIDE).select_related("unit", "reason").order_by("id"))


def _running(case: Case, first: CaseStep | None) -> CaseClock | None:
    """The clock that runs out next."""
    if first is None:
        return case.clocks.filter(stopped_at=None, paused_at=None).order_by("due_at").first()
    if case.due_at is None:
        return None
    return CaseClock(case=case, name=case.clock, due_at=case.due_at, provisional="provisional" in first.entry.data)


def may_do(reporter: Reporter) -> frozenset[str]:
    """What this resident may do now."""
    own = {"erase"} if reporter.erasure_asked_at is None else set()
    if reporter.left_at is not None:
        return frozenset(own)
    moves = {move.name for move in moves_from(reporter.case.state) if RESIDENT in move.who}
    found: set[str] = own | {name for name in ("note", "reopen", "object", "withdraw") if name in moves}
    if "answer_yes" in moves and not reporter.verdict:
        found.add("verdict")
    return frozenset(found)


@dataclass(frozen=True)
class Sent:
    """What stands saved of a report, for whoever sent it: as its story shows it, too."""

    place: Unit
    text: str
    """Empty once it was erased."""
    spot: str
    phone: str
    danger: bool
    about: Unit | None
    photos: list[str]
    """Digests of what was sent."""
    may: frozenset[str]


def sent_by(reporter: Reporter) -> Sent:
    """What a resident reported, or said when joining. For nobody but who holds their receipt, or the key it is made from."""
    case = reporter.case
    steps = case.steps.select_related("entry").filter(move__in=("report", "join")).order_by("id")
    own = next((step for step in steps if reporter.pk in (step.reporter_id, step.entry.data.get("reporter"))), None)
    began = own is not None and own.move == "report"
    return Sent(
        place=case.place,
        text=own.text if own else "",
        spot=_opened(case.spot, case.subject) if began else "",
        phone=_opened(reporter.phone, reporter.receipt),
        danger=own is not None and began and own.entry.data.get("tier") == Tier.DANGER,  # as said then; it may be sorted since
        about=case.about if began else None,
        photos=list(own.photos.filter(erased_at=None).values_list("original", flat=True)) if own else [],
        may=may_do(reporter),
    )


def did_already(reporter: Reporter, act: str, text: str, verdict: str = "") -> bool:
    """Whether this is the very thing the resident did last: a double tap, or a page sent again on a bad network."""
    last = reporter.steps.select_related("entry").order_by("id").last()
    if last is None:
        return False
    if act == "verdict":
        said = last.entry.data.get("verdict") if last.entry.data.get("by") == "resident" else None
        return str(last.move).startswith("answer_") and said == verdict and bool(last.text == text.strip())
    return last.move in OF_MOVE[act] and bool(last.text == text.strip())


def when(due: datetime) -> str:
    """A day, where a clock runs to the end of one; else day and time."""
    on = clock.local_date(due)
    return day(on) if due == clock.end_of(on) else instant(due)


# --- one line --------------------------------------------------------------------------------------------------------


def _names_in(entries: Iterable[Entry]) -> dict[str, str]:
    """Names of the units that entries name by code."""
    codes = {str(entry.data[name]) for entry in entries for name in ("lead", "unit", "proposed") if name in entry.data}
    return dict(Unit.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}


def _line(step: CaseStep, reporter: Reporter, names: dict[str, str], photos: list[Photo]) -> Line | None:
    data = step.entry.data
    author = step.reporter_id or data.get("reporter")
    mine = author == reporter.pk
    sentence = _sentence(step, mine, data)
    if sentence is None:
        return None
    by_unit = step.unit.name if step.unit else step.entry.unit.name
    words = str(sentence) % {
        "unit": by_unit,
        "lead": names.get(str(data.get("lead")), by_unit),
        "helper": names.get(str(data.get("unit")), by_unit),
        "until": day(date.fromisoformat(str(data["until"]))) if "until" in data else "",
    }
    if not mine and not (step.shown and author is None):
        return Line(step.entry.recorded_at, words)
    return Line(step.entry.recorded_at, words, step.text, mine, [resident_address(photo) for photo in photos])


def _sentence(step: CaseStep, mine: bool, data: dict[str, Any]) -> str | Promise | None:
    if step.move in MINE:
        return MINE[step.move] if mine else OTHERS[step.move]
    if "verdict" in data and step.move != "fall_silent":
        return (MY_ANSWERS if mine else ANSWERS)[Verdict(str(data["verdict"]))]
    if step.move == "fall_silent" and step.state == State.PRESUMED:
        return _("Nobody answered in time, so it was closed without an answer. That never counts as solved.")
    if step.move == "fall_silent":
        return _("Everybody who answered said it is solved.")
    if step.move == "extend":
        return _("More time was granted.") if data.get("granted") else _("More time was not granted.")
    if step.move in SAID:
        return SAID[step.move]
    return str(find_kind(step.entry.kind).label) if step.shown else None


def _line_beside(entry: Entry, reporter: Reporter) -> Line | None:
    if entry.kind == "cases.clock_ran_out":
        late = {
            ClockName.RESPOND: _("The time to answer ran out at %(unit)s. That is on record."),
            ClockName.HANDLE: _("The time to handle it ran out at %(unit)s. That is on record."),
        }.get(ClockName(str(entry.data.get("clock"))), _("Time ran out at %(unit)s. That is on record."))
        return Line(entry.recorded_at, late % {"unit": entry.unit.name})
    if entry.data.get("reporter") != reporter.pk:
        return None
    reason = getattr(entry, "reason", None)
    return Line(
        entry.recorded_at, _("%(unit)s opened your phone number.") % {"unit": entry.unit.name}, reason.text if reason else ""
    )


def _gone(reporter: Reporter, steps: list[CaseStep]) -> list[str]:
    """Which words were deleted, and why, as the tombstones tell: at this resident's wish, or because their time was over."""
    erased = {step.pk for step in steps if step.erased_at}
    if not erased:
        return []
    by_rule: dict[str, set[int]] = {}
    for rule, rows in Tombstone.objects.filter(case=reporter.case).exclude(entry=None).values_list("rule", "rows"):
        by_rule.setdefault(rule, set()).update(rows.get("steps", ()))
    own = {step.pk for step in own_steps(reporter, steps)}
    asked, over = erased & own & by_rule.get(ASKED, set()), erased & by_rule.get("words", set())
    said = [_("What you wrote was deleted as you asked. That it happened stays on record.")] if asked else []
    if over and said:
        return [*said, _("The other words were deleted when their time was over.")]
    if over:
        return [_("The words were deleted when their time was over. That it happened stays on record.")]
    return said or ([_("The words were deleted. That it happened stays on record.")] if reporter.case.erased_at else [])


# --- now, and then ---------------------------------------------------------------------------------------------------


def _now(case: Case) -> str:
    """Who has it."""
    unit = case.lead.name if case.lead else case.place.name
    sentences: dict[str, str] = {
        State.QUARANTINED: _("It arrived. Very many reports are arriving, so somebody looks at it first. It is not lost."),
        State.UNCLAIMED: _("It arrived. The branches and teams nearby see it now."),
        State.DISPATCH: _("Nobody has taken it up yet. The office above is naming who does."),
        State.LED: _("%(unit)s has it."),
        State.CONTESTED: _("%(unit)s has it, and says that another unit is responsible. The office above decides."),
        State.PAUSED: _("%(unit)s has it and must wait for something."),
        State.HANDLED: _("%(unit)s says it is done. Is it solved? Only you can say so."),
        State.SOLVED: _("It is solved: the residents said so."),
        State.PRESUMED: _("It was closed without an answer of yours."),
        State.WITHDRAWN: _("It was withdrawn."),
        State.DECLINED: _("It was not taken up."),
    }
    return sentences[case.state] % {"unit": unit}


def _alone(case: Case) -> str:
    if case.about is not None:
        return _("It complains about an office, so it is a report of its own and joins no other: that office never sees it.")
    if case.tier == Tier.DANGER:
        return _("Somebody may be in danger, so it is a report of its own, joins no other, and is looked at at once.")
    return ""


def _then(case: Case, reporter: Reporter, running: CaseClock | None) -> str:
    """What happens next."""
    if reporter.left_at is not None:
        return _("Nothing more is asked of you. If the problem is still there, report it anew.")
    if case.state == State.LED:
        answering = running is not None and running.name == ClockName.RESPOND
        return _("They answer you here.") if answering else _("They work on it and tell you here what was done.")
    if case.state == State.HANDLED and reporter.verdict:
        return _("You have answered. It is solved once the others who have this problem say so, too.")
    return {
        State.QUARANTINED: _("It is let in, or you read here why not."),
        State.UNCLAIMED: _("One of them takes it up. If nobody does in time, the office above names who must."),
        State.DISPATCH: _("The office above names who takes it up."),
        State.CONTESTED: _("The decision. Until then they go on working on it."),
        State.PAUSED: _("The work goes on when the wait is over."),
        State.HANDLED: _("Look whether it is really solved, and say so below. “No” begins the work again at once."),
        State.SOLVED: _("Nothing. If it comes back, say so below: the work begins again."),
        State.PRESUMED: _("Nothing, unless you say below that it is not solved: then the work begins again."),
        State.WITHDRAWN: _("Nothing. If the problem is still there, report it anew."),
        State.DECLINED: _("Nothing, unless you object below."),
    }[State(case.state)]


def _opened(sealed: Any, bound_to: str) -> str:
    if not sealed:
        return ""
    try:
        return unseal(bytes(sealed), key="case", bound_to=bound_to)
    except SealBroken:
        return ""
