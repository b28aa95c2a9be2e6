"""The door for changing what is known of organisational life. Each action is one transaction and one ledger entry.

Joint gatherings: one act, one entry of its own. The host records its gathering and passes on a link; each partner's secretary
confirms with it that their unit took part, which writes that unit's own entry with the same subject. Nobody writes for others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.gatherings.errors import GatheringError
from lianxin.gatherings.models import Gathering, GatheringKind, GatheringVersion
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Batch, Entry
from lianxin.ledger.proof import commitment, new_salt
from lianxin.organizations.access import ENTRY_CORRECT, GATHERING_RECORD, may
from lianxin.organizations.models import Unit, UnitKind

HOLDERS = {
    UnitKind.GROUP: {GatheringKind.GROUP_MET},
    UnitKind.BRANCH: set(GatheringKind) - {GatheringKind.GROUP_MET},
    UnitKind.GENERAL_BRANCH: set(GatheringKind) - {GatheringKind.GROUP_MET},
    UnitKind.COMMITTEE: set(GatheringKind) - {GatheringKind.GROUP_MET},
}
"""Which kinds of unit hold what. A group meeting stands at the group, whose branch's secretary records it."""


@dataclass(frozen=True)
class NewGathering:
    """A gathering to record. `kind` as in GatheringKind; `recorded_by` where it is not who brings it in."""

    unit: Unit
    kind: str
    day: date
    topic: str
    present: int | None = None
    place: str = ""
    recorded_by: AbstractBaseUser | None = None


def may_correct_gathering(actor: AbstractBaseUser, gathering: Gathering) -> bool:
    """Who recorded a version of it may correct it while a post there lasts; so may the unit's secretary and those above."""
    if may(actor, ENTRY_CORRECT, gathering.unit):
        return True
    here = may(actor, GATHERING_RECORD, gathering.unit)
    return here and gathering.versions.filter(entry__actor_id=actor.pk).exists()


@transaction.atomic
def record_gathering(
    *,
    actor: AbstractBaseUser,
    unit: Unit,
    kind: str,
    day: date,
    topic: str,
    present: int | None = None,
    place: str = "",
    another: bool = False,
) -> GatheringVersion:
    """Record one gathering. Raises Http404 where the actor may not, GatheringError as `record_gatherings` does.

    another: a second one of its kind on that day; else a day that already has one is refused (a colleague was faster).
    """
    if not may(actor, GATHERING_RECORD, unit):
        raise Http404
    same_day = GatheringVersion.objects.standing().filter(
        entry__unit=unit, entry__kind=GatheringKind(kind).entry_kind, entry__happened_on=day
    )
    if not another and same_day.exists():
        raise GatheringError("same_day", kind=GatheringKind(kind).label, unit=unit.name, day=day)
    new = NewGathering(unit, kind, day, topic, present, place)
    [version] = record_gatherings(actor=actor, gatherings=[new])
    return version


@transaction.atomic
def record_gatherings(
    *, actor: AbstractBaseUser, gatherings: Iterable[NewGathering], batch: Batch | None = None
) -> list[GatheringVersion]:
    """Record many gatherings, one entry each. All or nothing. The caller has checked that the actor may (import, demonstration).

    batch: the import they belong to; they stay hidden until it is made visible.
    Raises GatheringError where a unit does not hold such a thing or a topic is missing, LedgerError where the day is wrong.
    """
    wanted = list(gatherings)
    for new in wanted:
        _need_holder(new.unit, new.kind)
        _need_topic(new.topic)
    made = Gathering.objects.bulk_create([Gathering(unit=new.unit) for new in wanted], batch_size=500)
    return _write(actor, list(zip(made, wanted, strict=True)), batch)


@transaction.atomic
def join_gathering(*, actor: AbstractBaseUser, host: Gathering, unit: Unit, present: int | None = None) -> GatheringVersion:
    """A partner unit confirms that it took part in a joint gathering: its own entry, same kind, day and subject as the host's.

    Raises Http404 where the actor does not record for `unit`, GatheringError where there is nothing to join.
    """
    if not may(actor, GATHERING_RECORD, unit):
        raise Http404
    held = _standing_version(host)
    if host.unit_id == unit.pk:
        raise GatheringError("own_gathering")
    kind = held.entry.kind.removeprefix("gatherings.")
    _need_holder(unit, kind)
    guest, _ = Gathering.objects.get_or_create(host=host, unit=unit)
    if GatheringVersion.objects.standing().filter(gathering=guest).exists():
        raise GatheringError("joined", unit=unit.name)
    new = NewGathering(unit, kind, held.entry.happened_on, held.topic, present, held.place)
    [version] = _write(actor, [(guest, new)], None)
    return version


@transaction.atomic
def correct_gathering(
    *,
    actor: AbstractBaseUser,
    gathering: Gathering,
    kind: str,
    day: date,
    topic: str,
    present: int | None,
    place: str,
    reason: str,
) -> GatheringVersion:
    """Say anew what a gathering was; what was said before stays, closed, with the reason.

    Raises Http404 where the actor may not correct it, GatheringError where nothing changed or it was taken back.
    """
    if not may_correct_gathering(actor, gathering):
        raise Http404
    last = _standing_version(gathering)
    _need_holder(gathering.unit, kind)
    _need_topic(topic)
    version = _version(gathering, NewGathering(gathering.unit, kind, day, topic, present, place))
    entry_kind = GatheringKind(kind).entry_kind
    if (entry_kind, day, _said(version)) == (last.entry.kind, last.entry.happened_on, _said(last)):
        raise GatheringError("unchanged")
    version.entry = record(
        actor=actor,
        kind=entry_kind,
        unit=gathering.unit,
        happened_on=day,
        subject=gathering.subject,
        evidence=[gathering_commitment(version)],
        supersedes=last.entry,
        reason=reason,
    )
    version.save(force_insert=True)
    return version


@transaction.atomic
def void_gathering(*, actor: AbstractBaseUser, gathering: Gathering, reason: str) -> Entry:
    """Take a gathering back: it never was, or was recorded twice. It stays readable, struck through, and is no longer counted."""
    if not may_correct_gathering(actor, gathering):
        raise Http404
    last = _standing_version(gathering)
    return record(
        actor=actor,
        kind="gatherings.gathering_voided",
        unit=gathering.unit,
        happened_on=last.entry.happened_on,
        subject=gathering.subject,
        supersedes=last.entry,
        reason=reason,
    )


def gathering_commitment(version: GatheringVersion) -> str:
    """What binds a version's words to its entry."""
    return commitment(version.salt, topic=version.topic, place=version.place, present=version.present)


def _write(actor: AbstractBaseUser, pairs: list[tuple[Gathering, NewGathering]], batch: Batch | None) -> list[GatheringVersion]:
    versions = [_version(gathering, new) for gathering, new in pairs]
    acts = [
        Act(
            GatheringKind(new.kind).entry_kind,
            new.unit,
            new.day,
            gathering.subject,
            evidence=[gathering_commitment(version)],
            actor=new.recorded_by,
        )
        for version, (gathering, new) in zip(versions, pairs, strict=True)
    ]
    for version, entry in zip(versions, record_many(actor=actor, acts=acts, batch=batch), strict=True):
        version.entry = entry
    return GatheringVersion.objects.bulk_create(versions, batch_size=500)


def _version(gathering: Gathering, new: NewGathering) -> GatheringVersion:
    return GatheringVersion(
        gathering=gathering,
        topic=new.topic.strip(),
        place=new.place.strip(),
        present=new.present,
        salt=new_salt(),
    )


def _said(version: GatheringVersion) -> tuple[str, str, int | None]:
    return version.topic, version.place, version.present


def _standing_version(gathering: Gathering) -> GatheringVersion:
    version = GatheringVersion.objects.standing().select_related("entry__unit").filter(gathering=gathering).first()
    if version is None:
        raise GatheringError("taken_back")
    return version


def holds(unit: Unit, kind: str) -> bool:
    """Whether units of this kind hold such a thing."""
    return GatheringKind(kind) in HOLDERS.get(UnitKind(unit.kind), ())


def _need_holder(unit: Unit, kind: str) -> None:
    if not holds(unit, kind):
        raise GatheringError("wrong_unit", unit=unit.name, kind=GatheringKind(kind).label)


def _need_topic(topic: str) -> None:
    if not topic.strip():
        raise GatheringError("no_topic")
