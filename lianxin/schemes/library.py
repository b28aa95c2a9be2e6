"""Which scheme texts there are: published versions, and which of them a period uses. The folder `library/` only seeds."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from lianxin.schemes.calendar import Period, period_named, period_on
from lianxin.schemes.loader import load_scheme
from lianxin.schemes.models import Version
from lianxin.schemes.scheme import Scheme

FOLDER = Path(__file__).parent / "library"
EXAMPLES = FOLDER / "examples"


def library_files() -> list[Path]:
    """The sample scheme files that come with the product."""
    return sorted(FOLDER.glob("*.yaml"))


@lru_cache(maxsize=256)
def parsed(hash_: str, text: str) -> Scheme:
    """A published text, read once per process."""
    return load_scheme(text, f"{hash_[:12]}.yaml")


def published() -> list[Version]:
    """Every version whose trial has not ended, oldest first. One query."""
    return list(Version.objects.filter(valid_to=None))


def in_force(
    key: str, versions: Iterable[Version], *, as_of: date, known: datetime | None, period: str | None = None
) -> Scheme | None:
    """The version of a scheme that a period uses: the one in force at its start, else the first that begins within it.

    A later version that says `replaces: {…, mid_period: recompute}` takes the whole period over from the day it takes effect.
    A text published after `known` is used only where none was published before.
    """
    mine = [version for version in versions if version.key == key]
    if known is not None:
        mine = [version for version in mine if version.recorded_at <= known] or mine
    mine = [version for version in mine if not version.trial] or mine
    schemes = sorted((parsed(version.hash, version.text) for version in mine), key=lambda scheme: scheme.since)
    if not schemes:
        return None
    unit = schemes[-1].period
    span: Period = period_named(unit, period) if period else period_on(unit, as_of)
    schemes = [scheme for scheme in schemes if scheme.since <= span.last and (scheme.until is None or scheme.until >= span.first)]
    if not schemes:
        return None
    begun = [scheme for scheme in schemes if scheme.since <= span.first]
    chosen = begun[-1] if begun else schemes[0]
    for later in schemes[schemes.index(chosen) + 1 :]:
        if later.recompute and later.replaces == chosen.version and later.since <= as_of:
            chosen = later
    return chosen
