"""One case, as somebody may read it: its story, who leads, its clocks, what is next, and what this reader may do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lianxin.accounts.sealing import unseal
from lianxin.cases.actions import may_ever_move, may_move
from lianxin.cases.actions.moving import SOON, TAKES_UP
from lianxin.cases.errors import MESSAGES
from lianxin.cases.models import (
    LED_STATES,
    Case,
    CaseClock,
    CaseStep,
    ClockName,
    Exclusion,
    Extension,
    Ground,
    Part,
    Photo,
    Reporter,
    State,
)
from lianxin.cases.photos import photos_of
from lianxin.cases.queries.reach import case_for, case_to_claim, case_to_leave, cases_for, claimants_for, readable_for
from lianxin.cases.tiers import tiers
from lianxin.cases.wording import NEXT, SAYINGS
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import new_key, reason_of
from lianxin.organizations import words
from lianxin.organizations.access import CASE_CLAIM, CASE_DISPATCH, CASE_HANDLE, CASE_VIEW, ENTRY_VIEW, AnyUser, grants_for, may
from lianxin.organizations.models import Unit
from lianxin.ui.dates import full_day


@dataclass(frozen=True)
class Told(words.Told):
    """One thing that happened to the case, as the reader may see it."""

    who: str = ""
    """A resident, time itself, or the person of the line as far as the reader may know."""
    said: str = ""
    """Its words; empty too where the reader may not read them."""
    hidden: bool = False
    """There are words that this reader may not read."""
    erased: bool = False
    shown: bool = False
    """Residents read the words."""
    address: str = ""
    """Of the entry, where the reader sees its unit's timeline."""
    photos: Sequence[Photo] = ()
    facts: Sequence[tuple[str, str]] = ()
    """What else stands in the entry: proposed unit, until when, how many days."""


@dataclass(frozen=True)
class RunningClock:
    name: str
    words: str
    due_at: datetime
    state: str
    paused: bool
    provisional: bool


@dataclass(frozen=True)
class PartShown:
    part: Part
    state: str
    word: str


@dataclass(frozen=True)
class Offer:
    """A move the reader may make now."""

    move: str
    button: str | Promise


@dataclass(frozen=True)
class CasePage:
    """Everything the page of a case shows."""

    case: Case
    title: str
    spot: str
    complaint: str
    """The unit it complains about, for those who read every word; empty: none."""
    told: Sequence[Told]
    clocks: Sequence[RunningClock]
    parts: Sequence[PartShown]
    reporters: Sequence["ReporterShown"]
    sees_phones: bool
    next: str | Promise
    offers: Sequence[Offer]
    refused: Sequence[tuple[str | Promise, str]]
    """(what, why not now)."""
    extension: Extension | None
    """More time that was asked for and is not decided."""
    exclusion: Exclusion | None
    """The last time that leaving it out of the adjusted figures was asked for."""
    claimants: Sequence[Unit]
    home: Unit | None
    """The unit the reader claims for unless another is chosen: none where they hold posts at several."""
    key: str = field(default_factory=new_key)
    """Of the one-tap claim on the page."""

    @property
    def due_state(self) -> str:
        return due_state(self.case.due_at)

    @property
    def offered(self) -> set[str]:
        return {offer.move for offer in self.offers}

    @property
    def escalated_word(self) -> str:
        return _("the county decides who leads")

    @property
    def paused_word(self) -> str:
        return _("stands still")

    def grounds(self, kind: str) -> Told | None:
        """The latest entry of a kind: why somebody returned it, or wants more time."""
        return next((line for line in self.told if line.line.entry.kind == kind), None)

    @property
    def opening(self) -> Told | None:
        """What the residents said when it came in."""
        return next((line for line in reversed(self.told) if line.said), None)


@dataclass(frozen=True)
class ReporterShown:
    reporter: Reporter
    phone: str
    """Masked by the page; empty: none given, or not for this reader."""


def case_page(user: AnyUser, pk: int) -> CasePage:
    """One case. Raises Http404."""
    return page_of(user, case_for(user, pk))


def page_to_move(user: AnyUser, pk: int, move: str) -> CasePage:
    """A case on which the user may make that move, now or in another state. Raises Http404.

    Of two who claim at once the second learns who was first, and reads nothing else of the case; nor does a unit that left it,
    whose form arrives once more.
    """
    if move not in SAYINGS:
        raise Http404
    found = {"claim": case_to_claim, "leave_group": case_to_leave}
    case = found.get(move, case_for)(user, pk)
    if move not in (*found, "do_part") and not may_ever_move(user, case, move):
        raise Http404  # before anything else is read
    in_the_pool = move == "claim" and case.state in WAITING
    readable = move not in found or in_the_pool or readable_for(user).filter(pk=pk).exists()
    page = page_of(user, case, move=move, readable=readable)
    on = units_meant(move, [shown.part for shown in page.parts], page.claimants)
    if not any(may_ever_move(user, case, move, unit=unit) for unit in on):
        raise Http404
    return page


WAITING = (State.UNCLAIMED, State.DISPATCH)
"""Somebody may claim it."""


def page_of(user: AnyUser, case: Case, *, move: str = "", readable: bool = True) -> CasePage:
    """The page of a case that the user was found to reach.

    move: for that move's own page, which shows nothing beside the story. readable: off for who may not read a word of it.
    """
    parts = list(case.parts.select_related("unit", "called_off").order_by("pk"))
    all_words = reads_all(user, case, parts)
    told = story(user, case, all_words=all_words, photos=not move) if readable else []
    extension = case.extensions.waiting().order_by("-pk").first() if case.state in LED_STATES else None
    steps = ("proposed__entry", "decided__entry", "lifted__entry")
    exclusion = case.exclusions.select_related(*steps).order_by("-pk").first() if all_words else None
    claimants = list(claimants_for(user)) if move == "claim" or (case.state in WAITING and not move) else []
    clocks = [] if move else clocks_of(case)
    said_before = [] if any(one.name == ClockName.RESPOND for one in clocks) else ["answer"]
    said_before += ["plan"] if any(line.line.entry.kind == "cases.planned" for line in told) else []
    offers, refused = moves_of(user, case, parts, extension, claimants, said_before, exclusion)
    sees_phones = sees_masked_phones(user, case)
    reporters = [] if move else list(case.reporters.filter(left_at=None).order_by("pk")[:50])
    opening = next((line for line in reversed(told) if line.said and line.shown), None)
    return CasePage(
        case=case,
        title=title_of(case, opening.said if opening else ""),
        spot=unseal(bytes(case.spot), key="case", bound_to=case.subject) if case.spot and readable else "",
        complaint=case.about.name if case.about and all_words else "",
        told=told,
        clocks=clocks,
        parts=[part_shown(part) for part in parts],
        reporters=[ReporterShown(one, phone_of(one) if sees_phones else "") for one in reporters],
        sees_phones=sees_phones,
        next=NEXT[case.state],
        offers=offers,
        refused=refused,
        extension=extension,
        exclusion=exclusion,
        claimants=claimants,
        home=home_of(user, claimants),
    )


def home_of(user: AnyUser, claimants: Sequence[Unit]) -> Unit | None:
    """The one unit at which the user holds a post that lets them claim."""
    own = {grant.unit_id for grant in grants_for(user) if CASE_CLAIM in grant.permissions}
    at_home = [unit for unit in claimants if unit.pk in own]
    return at_home[0] if len(at_home) == 1 else None


def title_of(case: Case, text: str) -> str:
    """What a case is called in lists: the first of its words, else its item."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if first:
        return first if len(first) <= 60 else f"{first[:59]}…"
    return str(case.item) if case.item else _("case %(number)s") % {"number": case.pk}


def phone_of(reporter: Reporter) -> str:
    return unseal(bytes(reporter.phone), key="case", bound_to=reporter.receipt) if reporter.phone else ""


# --- who reads what --------------------------------------------------------------------------------------------------


def reads_all(user: AnyUser, case: Case, parts: Sequence[Part]) -> bool:
    """Whether the reader works on the case or looks after its place; who merely may claim it reads what residents read."""
    if may(user, CASE_VIEW, case.place) or (case.lead is not None and may(user, CASE_VIEW, case.lead)):
        return True
    return any(may(user, CASE_VIEW, part.unit) for part in parts if part.called_off_id is None)


def sees_masked_phones(user: AnyUser, case: Case) -> bool:
    """Whoever handles the case, and those above who dispatch it."""
    return may(user, CASE_DISPATCH, case.place) or (case.lead is not None and may(user, CASE_HANDLE, case.lead))


# --- the story -------------------------------------------------------------------------------------------------------


def story(user: AnyUser, case: Case, *, all_words: bool, photos: bool = True) -> list[Told]:
    """Every entry of the case, the newest first, each with the words of its step as far as the reader may read them."""
    entries = list(Entry.objects.filter(subject=case.subject).select_related(*words.told_of()).order_by("-pk"))
    steps = {step.entry_id: step for step in case.steps.all()}
    pictures = photos_of(list(steps.values())) if photos else {}
    remember_who_took_it_up(case, steps, entries)
    codes = {str(entry.data[name]) for entry in entries for name in ("proposed", "lead", "unit") if entry.data.get(name)}
    names = dict(Unit.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    lines = words.lines(user, entries, case.place)
    return [_told(user, line, steps.get(line.entry.pk), names, pictures, all_words=all_words) for line in lines]


def remember_who_took_it_up(case: Case, steps: Mapping[int, CaseStep], entries: Sequence[Entry]) -> None:
    """So that asking for each move whether the reader claimed the case needs no query: all its steps are here."""
    taken_up = ((steps.get(entry.pk), entry) for entry in entries)
    found = ((step.move, step.unit_id, entry.actor_id) for step, entry in taken_up if step and step.move in TAKES_UP)
    case.__dict__["taken_up"] = next(found, None)


def _told(
    user: AnyUser,
    line: words.Line,
    step: CaseStep | None,
    names: Mapping[str, str],
    pictures: Mapping[int, Sequence[Photo]],
    *,
    all_words: bool,
) -> Told:
    actor = line.entry.actor.username if line.entry.actor else ""
    who = {"*residents": _("a resident"), "*clock": _("time itself")}.get(actor, line.who)
    address = reverse("entry", args=[line.entry.pk]) if may(user, ENTRY_VIEW, line.entry.unit) else ""
    facts = _facts(line.entry, names)
    if step is None:
        return Told(line, who=who, address=address, facts=facts)
    reads = all_words or step.shown
    return Told(
        line,
        who=who,
        address=address,
        said=step.text if reads else "",
        hidden=not reads and step.sealed is not None,
        erased=step.erased_at is not None,
        shown=step.shown,
        photos=pictures.get(step.pk, ()) if reads else (),
        facts=facts,
    )


def _facts(entry: Entry, names: Mapping[str, str]) -> list[tuple[str, str]]:
    data: Mapping[str, Any] = entry.data
    more_time = entry.kind in ("cases.extension_asked", "cases.extended")
    named = {key: names.get(str(data[key]), str(data[key])) for key in ("proposed", "lead", "unit") if data.get(key)}
    facts = [
        (_("Whose it might be"), named.get("proposed", "")),
        (_("Lead"), named.get("lead", "")),
        (_("Unit"), named.get("unit", "")),
        (_("Until"), _day(data.get("until"))),
        (_("Working days"), str(data.get("days", "")) if more_time else ""),
        (_("Ground"), str(Ground(data["ground"]).label) if data.get("ground") in Ground.values else ""),
        (_("Decision"), {True: _("granted"), False: _("refused")}.get(data.get("granted"), "")),  # type: ignore[arg-type]
        (_("Kind of problem"), focus_words(str(data.get("focus", "")))),
        (_("Stars"), str(data["stars"]) if data.get("stars") else ""),
    ]
    return [(label, value) for label, value in facts if value]


def saved_facts(user: AnyUser, entry: Entry) -> list[tuple[object, object]]:
    """What the user's own move says, for the page that asks what a changed one meant. Nothing where they no longer reach the
    case: it may complain about their unit, or their post may have ended."""
    step = CaseStep.objects.select_related("case__place").filter(entry=entry).first()
    case_pk = int(entry.subject.rpartition(":")[2])
    if entry.actor_id != user.pk or not readable_for(user).filter(pk=case_pk).exists():
        return []
    codes = {str(entry.data[name]) for name in ("proposed", "lead", "unit") if entry.data.get(name)}
    facts: list[tuple[object, object]] = [*_facts(entry, dict(Unit.objects.filter(code__in=codes).values_list("code", "name")))]
    facts += reason_of(entry)
    if step is not None:
        if step.move == "record":
            phone = step.case.reporters.filter(pk=entry.data.get("reporter"), phone__isnull=False).exists()
            facts += [(_("Where is it?"), step.case.place.name)]
            facts += [(_("The resident's phone"), _("on record, sealed"))] if phone else []
        words = _("deleted in time") if step.erased_at else step.text
        facts += [(_("In these words"), words)] if words else []
        facts += [(_("Photos"), str(number))] if (number := step.photos.count()) else []
    return facts


def focus_words(focus: str) -> str:
    return {"key": _("key problem"), "focus": _("focus problem")}.get(focus, "")


def _day(value: object) -> str:
    return full_day(date.fromisoformat(str(value))) if value else ""


# --- clocks and parts ------------------------------------------------------------------------------------------------


def clocks_of(case: Case) -> list[RunningClock]:
    """The clocks that run or stand still now, the most pressing first."""
    running = case.clocks.filter(stopped_at=None).order_by("due_at")
    return [
        RunningClock(one.name, one.get_name_display(), one.due_at, _clock_state(one), one.paused_at is not None, one.provisional)
        for one in running
    ]


def _clock_state(running: CaseClock) -> str:
    return "pending" if running.paused_at else due_state(running.due_at)


def due_state(due_at: datetime | None) -> str:
    """How near the end of a clock is, as a word of lianxin.ui.states."""
    now = clock.now()
    if due_at is None or due_at - now > SOON:
        return "pending"
    return "overdue" if due_at < now else "due_soon"


def part_shown(part: Part) -> PartShown:
    """How a part stands."""
    if part.done_id is not None:
        return PartShown(part, "met", _("done"))
    if part.called_off is not None:
        left = part.called_off.move == "leave_group"
        return PartShown(part, "superseded", _("left the group") if left else _("called off"))
    late = part.due_on is not None and part.due_on < clock.today()
    return PartShown(part, "overdue" if late else "pending", _("overdue") if late else _("open"))


# --- moves -----------------------------------------------------------------------------------------------------------


def moves_of(
    user: AnyUser,
    case: Case,
    parts: Sequence[Part],
    extension: Extension | None,
    claimants: Sequence[Unit],
    said_before: Collection[str] = (),
    exclusion: Exclusion | None = None,
) -> tuple[list[Offer], list[tuple[str | Promise, str]]]:
    """What the reader may do now, what brings it forward first; and what not, with the reason.

    said_before: moves of this round that need not be made twice.
    """
    offers, refused = [], []
    open_parts = [part for part in parts if part.is_open]
    for name, saying in SAYINGS.items():
        on = units_meant(name, open_parts, claimants)
        now = any(may_move(user, case, name, unit=unit) for unit in on)
        why = _hindrance(case, name, open_parts, extension) if now else None
        why = _hindrance_of_leaving_out(user, case, name, exclusion) if now and why is None else why
        if now and why is None:
            offers.append(Offer(name, saying.button))
        elif now and why:
            refused.append((saying.button, why))
        elif not now and name in SAID_WHY_NOT and any(may_ever_move(user, case, name, unit=unit) for unit in on):
            refused.append((saying.button, _("Not while it is “%(state)s”.") % {"state": case.get_state_display()}))
    offers.sort(key=lambda offer: offer.move in said_before)  # what was done once is no longer the next thing
    if not offers and not refused and case.is_open and case.lead is not None:
        refused.append((_("Work on it"), _("Only %(unit)s, which leads, and those above it may.") % {"unit": case.lead.name}))
    return offers, refused


SAID_WHY_NOT = ("answer", "plan", "handle", "ask", "pause", "ask_extension", "return")
"""Moves of which a reader is told that the state does not allow them; of the others nobody expects it."""


def units_meant(name: str, parts: Sequence[Part], claimants: Sequence[Unit]) -> Sequence[Unit | None]:
    """On whose behalf the reader would make that move."""
    if name == "claim":
        return claimants
    if name == "do_part":
        return [part.unit for part in parts]
    if name == "leave_group":
        return [part.unit for part in parts if part.joint]
    return [None]


def _hindrance(case: Case, name: str, open_parts: Sequence[Part], extension: Extension | None) -> str | None:
    """Why a move that is the reader's cannot be made now; empty: it has no object, and need not be named."""
    if name == "handle" and open_parts:
        return str(MESSAGES["open_part"]) % {"unit": open_parts[0].unit.name}
    if name == "call_off" and not open_parts:
        return ""
    if name == "extend" and extension is None:
        return ""
    if name == "ask_extension" and extension is not None:
        return str(MESSAGES["extension_waits"])
    if name == "return" and case.returns >= tiers().escalate_returns:
        return str(MESSAGES["county_decided"])
    return None


def _hindrance_of_leaving_out(user: AnyUser, case: Case, name: str, exclusion: Exclusion | None) -> str | None:
    """Like `_hindrance`: one of the county office asks, another decides, and what was granted can be lifted."""
    asked = exclusion is not None and exclusion.decided_id is None
    in_force = exclusion is not None and bool(exclusion.agreed) and exclusion.lifted_id is None
    if name == "ask_exclusion" and (asked or in_force):
        return ""
    if name == "ask_exclusion" and case.lead_id == case.county_id:
        return str(MESSAGES["exclusion_county"])
    if name == "decide_exclusion" and not asked:
        return ""
    if name == "decide_exclusion" and exclusion is not None and exclusion.proposed.entry.actor_id == user.pk:
        return str(MESSAGES["exclusion_two"])
    return "" if name == "lift_exclusion" and not in_force else None


# --- beside an entry -------------------------------------------------------------------------------------------------


def behind(user: AnyUser, entry: Entry) -> dict[str, Any] | None:
    """The words behind an entry of a case; None for whoever may not read the case."""
    case = cases_for(user).filter(pk=int(entry.subject.rpartition(":")[2])).first()
    if case is None:
        return None
    step = case.steps.filter(entry=entry).first()
    return {"case": case.pk, "said": step.text if step else ""}
