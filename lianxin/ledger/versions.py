"""Records told in versions: a visit, a gathering, the steps of a problem.

The room's row holds words, which an entry must not; the entry beside it says what happened, where and when, and binds the words
by their hash. Nothing said is ever changed: a correction adds a version whose entry supersedes the one before, and the newest
entry that stands says what holds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Self, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction

from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.errors import LedgerError
from lianxin.ledger.models import Batch, Entry, seen
from lianxin.ledger.proof import commitment, new_salt


class VersionQuerySet(models.QuerySet[Any]):
    def shown(self) -> Self:
        """All that was ever said, but for imports still under way."""
        return self.filter(seen("entry__"))

    def standing(self) -> Self:
        """What holds now: neither corrected nor taken back, and of no import still under way."""
        return self.shown().filter(entry__valid_to=None)


class Version(models.Model):
    """What was said of a record at one time. Kind, unit and day stand in its entry."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")
    salt = models.CharField(max_length=16)

    objects = VersionQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def words(self) -> dict[str, object]:
        """What it says beside its entry; a room's model names them."""
        raise NotImplementedError

    @property
    def commitment(self) -> str:
        """What binds its words to its entry."""
        return commitment(self.salt, **self.words)


Told = TypeVar("Told", bound=Version)


@transaction.atomic(savepoint=False)
def write_version(version: Told, *, actor: AbstractBaseUser, files: Sequence[str] = (), **act: Any) -> Told:
    """Write a version and its entry. `act`: what `record` takes beside actor and evidence. Raises LedgerError as it does.

    files: sha256 of files that belong to it; they are evidence, too.
    """
    version.salt = version.salt or new_salt()  # sealed words need theirs before
    version.entry = record(actor=actor, evidence=[version.commitment, *files], **act)
    version.save(force_insert=True)
    return version


@transaction.atomic(savepoint=False)
def write_versions(told: Sequence[tuple[Told, Act]], *, actor: AbstractBaseUser, batch: Batch | None = None) -> list[Told]:
    """Write many versions of one model, each with its entry, in a handful of statements. All or nothing.

    batch: the import they belong to; they stay hidden until it is made visible.
    """
    versions, acts = [version for version, _act in told], []
    for version, act in told:
        version.salt = version.salt or new_salt()
        acts.append(replace(act, evidence=[version.commitment]))
    for version, entry in zip(versions, record_many(actor=actor, acts=acts, batch=batch), strict=True):
        version.entry = entry
    if versions:
        type(versions[0])._default_manager.bulk_create(versions, batch_size=500)
    return versions


def correct_version(last: Version, version: Told, *, actor: AbstractBaseUser, kind: str, day: date, reason: str) -> Told:
    """Say a record anew: `version` in place of `last`, which stays, closed, with the reason.

    Raises LedgerError where nothing changed, without a reason, and as `record` does.
    """
    if (kind, day, version.words) == (last.entry.kind, last.entry.happened_on, last.words):
        raise LedgerError("unchanged")
    old = last.entry
    act: dict[str, Any] = {"kind": kind, "unit": old.unit, "happened_on": day, "subject": old.subject}
    act |= {"supersedes": old, "reason": reason}
    return write_version(version, actor=actor, **act)


def take_back(last: Version, *, actor: AbstractBaseUser, kind: str, reason: str) -> Entry:
    """It never was, or was recorded twice: `last` stays readable, struck through, and is no longer counted.

    Raises LedgerError without a reason.
    """
    old = last.entry
    return record(
        actor=actor,
        kind=kind,
        unit=old.unit,
        happened_on=old.happened_on,
        subject=old.subject,
        supersedes=old,
        reason=reason,
    )


def standing_version(model: type[Told], **of: Any) -> Told:
    """Of a record's versions the one that holds: `standing_version(VisitVersion, visit=visit)`.

    Raises LedgerError where the record was taken back.
    """
    version: Told | None = model.objects.standing().select_related("entry__unit").filter(**of).first()
    if version is None:
        raise LedgerError("taken_back")
    return version
