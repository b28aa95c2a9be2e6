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
from lianxin.ledger.actions import Act
from lianxin.ledger.models import Batch, Entry
from lianxin.ledger.versions import correct_version, standing_version, take_back, write_versions
from lianxin.organizations.access import GATHERING_RECORD, AnyUser, may, may_correct
from lianxin.organizations.models import Unit, UnitKind
from lianxin.ui.words import words_in

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


def may_correct_gathering(actor: AnyUser, gathering: Gathering) -> bool:
    """Who recorded a version of it may correct it while a post there lasts; so may the unit's secretary and those above."""
    return may_correct(actor, gathering.unit, gathering.versions.all(), GATHERING_RECORD)


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
    held = standing_version(GatheringVersion, gathering=host)
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

    Raises Http404 where the actor may not correct it, GatheringError where such a unit does not hold that or a topic is missing,
    LedgerError where nothing changed or it was taken back.
    """
    last = _to_correct(actor, gathering)
    _need_holder(gathering.unit, kind)
    _need_topic(topic)
    version = _version(gathering, NewGathering(gathering.unit, kind, day, topic, present, place))
    return correct_version(last, version, actor=actor, kind=GatheringKind(kind).entry_kind, day=day, reason=reason)


@transaction.atomic
def void_gathering(*, actor: AbstractBaseUser, gathering: Gathering, reason: str) -> Entry:
    """Take a gathering back: it never was, or was recorded twice. It stays readable, struck through, and is no longer counted.

    Raises Http404 where the actor may not correct it, LedgerError where it was taken back already or no reason is given.
    """
    return take_back(_to_correct(actor, gathering), actor=actor, kind="gatherings.gathering_voided", reason=reason)


def _to_correct(actor: AbstractBaseUser, gathering: Gathering) -> GatheringVersion:
    """What stands of a gathering, for who may correct it. Raises Http404 for anyone else, LedgerError where nothing stands."""
    if not may_correct_gathering(actor, gathering):
        raise Http404
    return standing_version(GatheringVersion, gathering=gathering)


def _write(actor: AbstractBaseUser, pairs: list[tuple[Gathering, NewGathering]], batch: Batch | None) -> list[GatheringVersion]:
    told = []
    for gathering, new in pairs:
        act = Act(GatheringKind(new.kind).entry_kind, new.unit, new.day, gathering.subject, actor=new.recorded_by)
        told.append((_version(gathering, new), act))
    return write_versions(told, actor=actor, batch=batch)


def _version(gathering: Gathering, new: NewGathering) -> GatheringVersion:
    return GatheringVersion(gathering=gathering, topic=new.topic.strip(), place=new.place.strip(), present=new.present)


def holds(unit: Unit, kind: str) -> bool:
    """Whether units of this kind hold such a thing."""
    return GatheringKind(kind) in HOLDERS.get(UnitKind(unit.kind), ())


def _need_holder(unit: Unit, kind: str) -> None:
    if not holds(unit, kind):
        raise GatheringError("wrong_unit", unit=unit.name, kind=GatheringKind(kind).label)


def _need_topic(topic: str) -> None:
    if not words_in(topic):
        raise GatheringError("no_topic")
