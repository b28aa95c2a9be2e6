"""Erasing what names people: proposed by one, carried out by another; at a resident's own wish at once, or at the case's end.

Of each erasure a tombstone stays: which rows, by which rule, never what stood in them. Its entry proves it; what the erased
words had been bound by stays beside them, so that `lianxin verify` still finds everything in its place. What was erased is also
noted in keys/erased.jsonl, outside the database and its backups: `lianxin restore` erases it once more.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from lianxin.cases.actions.moving import locked, the_residents
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Bucket, Case, CaseStep, Erasure, Hold, Photo, Reporter, Sending, Tombstone
from lianxin.cases.photos import erase_file, sweep
from lianxin.cases.retention import ASKED, RULES, due_now, retention, rows_of
from lianxin.cases.search import index_cases
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.access import APPROVE, may
from lianxin.organizations.models import Unit, UnitKind
from lianxin.ui.words import words_in

AGAIN = "again"
SOON = timedelta(days=30)
"""A proposal not approved in so long is stale."""
AT_ONCE = 200
"""So many are carried out by one tap on a page: nobody else can save meanwhile."""


@transaction.atomic
def propose_erasure(*, actor: AbstractBaseUser) -> Erasure | None:
    """Note down everything whose time is over; nothing is erased yet. None: nothing is due. Earlier proposals are void.

    Entered in each county it concerns: whoever may carry it out there is told. For the terminal, as `approve_erasure`.
    """
    return _propose(actor)


@transaction.atomic
def propose_in_county(*, actor: AbstractBaseUser, county: Unit) -> Entry:
    """The same of one county, by whoever could carry out what others propose there; then another does.

    Raises Http404 where the actor may not approve there, CaseError where nothing is due.
    """
    if not may(actor, APPROVE, county) or county.kind != UnitKind.COUNTY:
        raise Http404
    erasure = _propose(actor, county)
    if erasure is None:
        raise CaseError("nothing_due")
    return Entry.objects.get(kind="cases.erasure_proposed", subject=_subject(erasure))


def _propose(actor: AbstractBaseUser, county: Unit | None = None) -> Erasure | None:
    undone = Tombstone.objects.filter(entry=None)
    (undone.filter(case__county=county) if county is not None else undone).delete()
    due = list(due_now(county))
    if not due:
        return None
    erasure = Erasure.objects.create(rules=retention().version, proposed_at=clock.now(), proposed_by_id=actor.pk)
    stones = [Tombstone(case=one.case, erasure=erasure, rule=one.rule, rows=one.rows) for one in due]
    Tombstone.objects.bulk_create(stones, batch_size=1000)
    counties = Counter(one.case.county for one in due)
    for where, count in sorted(counties.items(), key=lambda counted: counted[0].code):
        _tell(actor, erasure, where, "cases.erasure_proposed", count)
    return erasure


@transaction.atomic
def approve_erasure(*, actor: AbstractBaseUser, erasure: Erasure) -> int:
    """Carry out what was proposed, but for cases put on hold since. How many tombstones there are. For the terminal, whose users
    hold every county's data anyway.

    Raises CaseError where the actor proposed it, it was done, a newer one took its place, or it is too old.
    """
    return len(_carry_out(actor, _held_open(actor, erasure)))


@transaction.atomic
def approve_in_county(*, actor: AbstractBaseUser, erasure: Erasure, county: Unit) -> Entry:
    """Carry out what was proposed of a county, the oldest AT_ONCE of it; the rest goes on waiting. The last entry.

    Raises Http404 where the actor may not approve there, CaseError as `approve_erasure`.
    """
    if not may(actor, APPROVE, county):
        raise Http404
    stones = _carry_out(actor, _held_open(actor, erasure), county, AT_ONCE)
    assert stones[-1].entry is not None
    return stones[-1].entry


@transaction.atomic
def decline_erasure(*, actor: AbstractBaseUser, erasure: Erasure, county: Unit, reason: str) -> Entry:
    """What was proposed of a county is kept for now. It is due still and may be proposed again: a hold keeps a case for longer.

    Raises Http404 where the actor may not approve there, CaseError as `approve_erasure`, and without a reason.
    """
    if not may(actor, APPROVE, county):
        raise Http404
    if not words_in(reason):
        raise CaseError("no_reason")
    stones = _held_open(actor, erasure).tombstones.filter(entry=None, case__county=county)
    gone, _by_model = stones.delete()
    if not gone:
        raise CaseError("erasure_over")
    return _tell(actor, erasure, county, "cases.erasure_declined", gone, reason)


def to_carry_out(erasure: Erasure | None = None, county: Unit | None = None) -> QuerySet[Tombstone]:
    """What is proposed and neither done nor void, but for cases on hold; of one proposal, of one county.

    Void is also what other rules made due: they may keep it for longer now.
    """
    held = Hold.objects.filter(lifted=None).values("case")
    fresh = Tombstone.objects.filter(entry=None, erasure__approved_at=None, erasure__proposed_at__gte=clock.now() - SOON)
    fresh = fresh.filter(erasure__rules=retention().version)
    fresh = fresh.filter(erasure=erasure) if erasure is not None else fresh
    fresh = fresh.filter(case__county=county) if county is not None else fresh
    return fresh.exclude(case__in=held)


def _tell(actor: AbstractBaseUser, erasure: Erasure, county: Unit, kind: str, stones: int, reason: str = "") -> Entry:
    """Enter what became of a proposal in a county: how many cases times rules, never which."""
    about: dict[str, Any] = {"unit": county, "happened_on": clock.today(), "subject": _subject(erasure)}
    return record(actor=actor, kind=kind, **about, data={"batch": erasure.pk, "stones": stones}, reason=reason)


def _subject(erasure: Erasure) -> str:
    return f"cases.erasure:{erasure.pk}"


def _held_open(actor: AbstractBaseUser, erasure: Erasure) -> Erasure:
    """The proposal as it is now, held until the transaction ends. Raises CaseError where it is the actor's own, done or void."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.proposed_by_id == actor.pk:
        raise CaseError("erasure_two")
    if erasure.approved_at is not None or erasure.proposed_at < clock.now() - SOON:
        raise CaseError("erasure_over")
    return erasure


def _carry_out(actor: AbstractBaseUser, erasure: Erasure, county: Unit | None = None, most: int | None = None) -> list[Tombstone]:
    stones = list(to_carry_out(erasure, county).select_related("case__county").order_by("pk")[:most])
    if not stones:
        raise CaseError("erasure_over")
    for stone in stones:
        _bury(stone, actor)
    if not to_carry_out(erasure).exists():
        erasure.approved_at, erasure.approved_by_id = clock.now(), actor.pk
        erasure.save()
    return stones


@transaction.atomic
def ask_erasure(*, reporter: Reporter) -> bool:
    """A resident wants what is kept of them erased: their phone now; their words and photos now, too, if the case has ended, else
    as soon as it has. Whether everything is gone. Raises CaseError while the case is on hold."""
    case = locked(reporter.case)
    if case.holds.filter(lifted=None).exists():
        raise CaseError("on_hold")
    ended = case.ended_at is not None
    Reporter.objects.filter(pk=reporter.pk).update(erasure_asked_at=clock.now(), network="")
    rows: dict[str, Any] = {}
    for rule in RULES if ended else ("phones",):
        rows |= rows_of(case, rule, reporter)
    if rows:
        _bury(Tombstone(case=case, rule=ASKED, rows=rows), the_residents())
    if ended:
        Reporter.objects.filter(pk=reporter.pk).update(erased_at=clock.now())
    return ended


@transaction.atomic
def hold_case(*, actor: AbstractBaseUser, case: Case, reason: str) -> Entry:
    """From now on nothing of the case is erased. Raises CaseError without a reason, or where it is on hold."""
    case = locked(case)
    if not words_in(reason):
        raise CaseError("no_reason")
    if case.holds.filter(lifted=None).exists():
        raise CaseError("on_hold")
    entry = _enter(actor, case, "cases.held", reason=reason)
    Hold.objects.create(case=case, placed=entry)
    return entry


@transaction.atomic
def lift_hold(*, actor: AbstractBaseUser, case: Case, reason: str) -> Entry:
    """What is kept of the case may be erased again. Raises CaseError without a reason, or where it is not on hold."""
    case = locked(case)
    hold = case.holds.filter(lifted=None).first()
    if not words_in(reason):
        raise CaseError("no_reason")
    if hold is None:
        raise CaseError("not_on_hold")
    hold.lifted = _enter(actor, case, "cases.hold_lifted", reason=reason)
    hold.save(update_fields=["lifted"])
    return hold.lifted


def forget_old() -> int:
    """What needs nobody's approval: digests of addresses, keys of sendings, buckets that are full, files without a row, and what
    residents asked for whose case has ended since. How much it was."""
    kept, now = retention().by_itself, clock.now()
    gone = Reporter.objects.filter(joined_at__lt=now - kept["networks"]).exclude(network="").update(network="")
    gone += Sending.objects.filter(received_at__lt=now - kept["sendings"]).delete()[0]
    Bucket.objects.filter(full_at__lte=now).delete()
    asked = Reporter.objects.filter(erased_at=None, case__ended_at__isnull=False).exclude(erasure_asked_at=None)
    for reporter in asked.exclude(case__in=Hold.objects.filter(lifted=None).values("case")).select_related("case"):
        gone += ask_erasure(reporter=reporter)
    return gone + sweep()


# --- a burial --------------------------------------------------------------------------------------------------------


def _bury(stone: Tombstone, actor: AbstractBaseUser) -> None:
    """Erase what the stone names, enter it, and note it outside the database."""
    case, rows, now = stone.case, stone.rows, clock.now()
    note: dict[str, Any] = {"case": case.pk, "rule": stone.rule, "steps": {}, "reporters": [], "photos": []}
    for step in CaseStep.objects.filter(pk__in=rows.get("steps", ()), erased_at=None):
        note["steps"][str(step.pk)] = bound = step.commitment
        CaseStep.objects.filter(pk=step.pk).update(sealed=None, salt="", bound=bound, erased_at=now)
    for reporter in Reporter.objects.filter(pk__in=rows.get("reporters", ())):
        note["reporters"].append(reporter.receipt)
        Reporter.objects.filter(pk=reporter.pk).update(phone=None, phone_index="", network="")
    for photo in Photo.objects.filter(pk__in=rows.get("photos", ()), erased_at=None):
        note["photos"].append(photo.name)
        Photo.objects.filter(pk=photo.pk).update(erased_at=now, likeness="")
        transaction.on_commit(partial(erase_file, photo.name))
    if rows.get("spot"):
        note["spot"] = True
        Case.objects.filter(pk=case.pk).update(spot=None, lat=None, long=None)
    if not CaseStep.objects.filter(case=case).exclude(sealed=None).exists():
        Case.objects.filter(pk=case.pk).update(erased_at=now)
    index_cases([Case.objects.get(pk=case.pk)])
    counts = {name: len(rows.get(name, ())) for name in ("steps", "reporters", "photos")}
    data = {"rule": stone.rule, **({"batch": stone.erasure_id} if stone.erasure_id else {}), **counts}
    stone.entry = _enter(actor, case, "cases.erased", data=data, evidence=[stone.binds])
    stone.save()
    _note(note)


def _enter(
    actor: AbstractBaseUser,
    case: Case,
    kind: str,
    *,
    data: Mapping[str, object] | None = None,
    evidence: Sequence[str] = (),
    reason: str = "",
) -> Entry:
    """At the county: the unit itself may be closed by then, or be what the case complains about."""
    about: dict[str, Any] = {"unit": case.county, "happened_on": clock.today(), "subject": case.subject}
    return record(actor=actor, kind=kind, **about, data=data, evidence=evidence, reason=reason)


# --- after a restore -------------------------------------------------------------------------------------------------


def _note(note: Mapping[str, Any]) -> None:
    """One line more in keys/erased.jsonl, on the disk before the erasure is: digests and random names, nothing of a person."""
    settings.FOLDER.note_erased([json.dumps(note, sort_keys=True)])


def _notes() -> Iterator[dict[str, Any]]:
    for line in settings.FOLDER.erased():
        with suppress(ValueError):  # torn by a power cut: what it was of never came about
            yield json.loads(line)


@transaction.atomic
def erase_again(*, actor: AbstractBaseUser) -> int:
    """After a restore: erase what had been erased before and came back. How many cases it was.

    A row counts as the same only where the digest that was noted fits it: keys given anew to other cases are never touched.
    """
    again = 0
    for note in list(_notes()):
        steps = CaseStep.objects.filter(pk__in=list(note["steps"]), erased_at=None)
        same = [step.pk for step in steps if step.commitment == note["steps"][str(step.pk)]]
        reporters = Reporter.objects.filter(receipt__in=note["reporters"]).exclude(phone=None)
        photos = Photo.objects.filter(name__in=note["photos"], erased_at=None)
        found = {"steps": same, "reporters": [one.pk for one in reporters], "photos": [one.pk for one in photos]}
        case = Case.objects.select_related("county").filter(pk=note["case"]).first()
        rows: dict[str, Any] = {name: keys for name, keys in found.items() if keys}
        if case is None or not rows:
            continue
        if note.get("spot") and case.spot is not None and same:
            rows["spot"] = True
        _bury(Tombstone(case=case, rule=AGAIN, rows=rows), actor)
        again += 1
    return again
