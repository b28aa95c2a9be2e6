"""Photos of cases: taken in with bounds, rebuilt without anything but pixels, kept as files beside the database.

A picture from a stranger is decoded in a process of its own that may open nothing and use little (photo_workshop.py). The hashes
of what was sent and of what is kept stand in the entry of the step, so that `lianxin verify` sees a photo exchanged or lost. The
file is there, whole, before the row that names it.
"""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404
from django.urls import reverse
from django.utils.http import urlencode

from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, CaseStep, Photo
from lianxin.cases.photo_workshop import BYTES, PIXELS
from lianxin.cases.queries.reach import cases_for, readable_for
from lianxin.ledger import clock
from lianxin.organizations.access import AnyUser

MOST = 4
WORKSHOP = Path(__file__).with_name("photo_workshop.py")
WAIT = 20
"""Seconds a picture may take, waiting for nobody."""
AT_ONCE = threading.BoundedSemaphore(2)
"""So many are rebuilt at a time in one worker: each may take half a gigabyte."""
SALT = "cases.photo"
SHOWN_FOR = 30 * 60
ALIKE = 3
"""Two pictures whose likeness differs in so many of 64 signs, or fewer, show the same."""
LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True)
class Cleaned:
    """A picture rebuilt. original: sha256 of what was sent. likeness: see photo_workshop.py."""

    jpeg: bytes
    width: int
    height: int
    original: str
    likeness: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


# --- taking in -------------------------------------------------------------------------------------------------------


def clean_photos(files: Sequence[Any]) -> list[Cleaned]:
    """Uploaded files as pictures that are safe to keep, each once. Raises CaseError, naming the file."""
    if len(files) > MOST:
        raise CaseError("photo_count", most=MOST)
    for file in files:
        if file.size > BYTES:
            raise CaseError("photo_large", name=shown(file.name), most=BYTES >> 20)
    cleaned = [clean_photo(file.read(), shown(file.name)) for file in files]
    return list({each.original: each for each in cleaned}.values())


def shown(name: object) -> str:
    """A file's name as it is repeated to who sent it."""
    return "".join(sign for sign in str(name or "") if sign.isprintable())[:60]


def clean_photo(data: bytes, name: str) -> Cleaned:
    """One picture rebuilt in the workshop. Raises CaseError."""
    with AT_ONCE:
        try:
            done = subprocess.run(  # nosec B603 # our own program, no argument from outside
                [sys.executable, "-I", str(WORKSHOP)], input=data, capture_output=True, timeout=WAIT, check=False, env={}
            )
        except subprocess.TimeoutExpired:
            raise CaseError("photo_broken", name=name) from None
    head, _line, jpeg = done.stdout.partition(b"\n")
    said: dict[str, Any] = json.loads(head) if done.returncode == 0 and head else {"refused": "broken"}
    match said.get("refused"):
        case None:
            return Cleaned(jpeg, said["width"], said["height"], hashlib.sha256(data).hexdigest(), said["likeness"])
        case "pixels":
            raise CaseError("photo_pixels", name=name, most=PIXELS // 1_000_000)
        case "format":
            raise CaseError("photo_format", name=name)
        case _:
            raise CaseError("photo_broken", name=name)


# --- keeping ---------------------------------------------------------------------------------------------------------


def evidence_of(cleaned: Sequence[Cleaned]) -> list[str]:
    """What the entry of their step holds: the hash of each original, and of each file kept."""
    return [digest for each in cleaned for digest in (each.original, each.digest)]


def keep_photos(step: CaseStep, cleaned: Sequence[Cleaned]) -> list[Photo]:
    """Write the files, then their rows. Called by `make_move`, which has put `evidence_of` them into the step's entry."""
    return [
        Photo.objects.create(
            case_id=step.case_id,
            step=step,
            name=_write(each.jpeg),
            original=each.original,
            digest=each.digest,
            likeness=each.likeness,
            width=each.width,
            height=each.height,
            size=len(each.jpeg),
        )
        for each in cleaned
    ]


def _write(jpeg: bytes) -> str:
    """A new file in the folder of photos, whole and on the disk when its name appears. Returns its name."""
    folder, name = settings.FOLDER.photos, secrets.token_hex(16)
    folder.mkdir(mode=0o700, exist_ok=True)
    fresh = folder / f".{name}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(jpeg)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path_of(name))
    with _held(folder) as handle:
        os.fsync(handle)
    return name


def path_of(name: str) -> Path:
    """Where a photo lies."""
    path: Path = settings.FOLDER.photos / f"{name}.jpg"
    return path


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def erase_file(name: str) -> None:
    """Take a photo off the disk; it may be gone already."""
    path_of(name).unlink(missing_ok=True)
    if settings.FOLDER.photos.is_dir():
        with _held(settings.FOLDER.photos) as handle:
            os.fsync(handle)


def sweep() -> int:
    """Erase files that no row names: their step was never saved. Those of the last day are let be: a step may be under way."""
    folder, gone = settings.FOLDER.photos, 0
    if not folder.is_dir():
        return 0
    before = (clock.now() - timedelta(days=1) - datetime(1970, 1, 1)).total_seconds()
    old = {path.name.removeprefix(".").removesuffix(".jpg"): path for path in folder.iterdir() if path.stat().st_mtime < before}
    named = set(Photo.objects.filter(erased_at=None).values_list("name", flat=True))
    for name in sorted(old.keys() - named):
        old[name].unlink(missing_ok=True)
        gone += 1
    return gone


# --- looking ---------------------------------------------------------------------------------------------------------


def photos_of(steps: Sequence[CaseStep]) -> dict[int, list[Photo]]:
    """The photos of these steps that are still there, by step."""
    found: dict[int, list[Photo]] = {}
    for photo in Photo.objects.filter(step__in=[step.pk for step in steps], erased_at=None).order_by("id"):
        found.setdefault(photo.step_id, []).append(photo)
    return found


def resident_address(photo: Photo) -> str:
    """The address under which a resident's browser sees a photo from the page of the receipt, for half an hour."""
    return f"{reverse('photo', args=[photo.name])}?{urlencode({'pass': signing.dumps(photo.pk, salt=SALT)})}"


def photo_for(user: AnyUser, name: str, shown_pass: str) -> Path:
    """The file of a photo: for whoever may read its case, or came from the page of a receipt. Raises Http404."""
    photo = Photo.objects.select_related("step").filter(name=name, erased_at=None).first()
    if photo is None or not (_passes(photo, shown_pass) or _may_see(user, photo)):
        raise Http404
    path = path_of(photo.name)
    if not path.is_file():
        raise Http404
    return path


def _passes(photo: Photo, shown_pass: str) -> bool:
    try:
        return bool(signing.loads(shown_pass[:200], salt=SALT, max_age=SHOWN_FOR) == photo.pk)
    except signing.BadSignature:
        return False


def _may_see(user: AnyUser, photo: Photo) -> bool:
    cases = readable_for(user) if photo.step.shown else cases_for(user)  # who may merely claim it sees what residents see
    return user.is_authenticated and cases.filter(pk=photo.case_id).exists()


def seen_before(cleaned: Cleaned, case: Case) -> Photo | None:
    """A photo of another case of the county, of the last year, that shows the same: also re-encoded, brightened or mirrored."""
    recent = Photo.objects.filter(case__county=case.county_id, step__entry__recorded_at__gt=clock.now() - LOOKED_BACK)
    mine = int(cleaned.likeness[:16], 16)
    others = recent.exclude(case=case).order_by("-id").only("id", "original", "likeness", "case_id")
    for photo in others.iterator(chunk_size=2000):
        if photo.original == cleaned.original:
            return photo
        for start in (0, 16):
            sides = photo.likeness[start : start + 16]
            if sides and _tells(mine) and (int(sides, 16) ^ mine).bit_count() <= ALIKE:
                return photo
    return None


def _tells(likeness: int) -> bool:
    """Whether a likeness says anything: that of a white wall or of the night is like any other."""
    return 8 <= likeness.bit_count() <= 56
