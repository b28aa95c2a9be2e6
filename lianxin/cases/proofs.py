"""How the steps of cases prove their entries, and photos, and what was erased.

What was erased keeps what had bound it, which without the words gives nothing away; it counts only where a tombstone names it.
"""

import hashlib
from collections.abc import Collection, Iterator

from lianxin.cases.models import CaseStep, Photo, Tombstone
from lianxin.cases.photos import path_of
from lianxin.ledger.proof import Proof, ProvedRow, declare


def steps(entries: Collection[int]) -> Iterator[ProvedRow]:
    found = list(CaseStep.objects.filter(entry__in=entries).select_related("case"))
    buried = _buried("steps", [step.case_id for step in found if step.erased_at])
    for step in found:
        binds = (step.bound if step.pk in buried else "") if step.erased_at else step.commitment
        yield ProvedRow(f"cases_casestep {step.pk}", step.entry_id, binds, step.case.subject)


def photos(entries: Collection[int]) -> Iterator[ProvedRow]:
    """Each photo twice: what was sent, by its row; what is kept, by its file."""
    found = list(Photo.objects.filter(step__entry__in=entries).select_related("step", "case"))
    buried = _buried("photos", [photo.case_id for photo in found if photo.erased_at])
    for photo in found:
        entry, subject = photo.step.entry_id, photo.case.subject
        yield ProvedRow(f"cases_photo {photo.pk}", entry, photo.original, subject)
        kept = (photo.digest if photo.pk in buried else "") if photo.erased_at else _digest_of_file(photo)
        yield ProvedRow(f"photos/{photo.name}.jpg", entry, kept, subject)


def tombstones(entries: Collection[int]) -> Iterator[ProvedRow]:
    for stone in Tombstone.objects.filter(entry__in=entries).select_related("case"):
        yield ProvedRow(f"cases_tombstone {stone.pk}", stone.entry_id or 0, stone.binds, stone.case.subject)


def _digest_of_file(photo: Photo) -> str:
    try:
        return hashlib.sha256(path_of(photo.name).read_bytes()).hexdigest()
    except OSError:
        return ""


def _buried(what: str, cases: Collection[int]) -> set[int]:
    """Keys of the rows that tombstones of these cases name."""
    stones = Tombstone.objects.filter(case__in=cases).exclude(entry=None) if cases else Tombstone.objects.none()
    return {key for stone in stones for key in stone.rows.get(what, ())}


declare(Proof("cases.steps", steps), Proof("cases.photos", photos), Proof("cases.tombstones", tombstones))
