"""Which day a page is asked about, and as known when: `?as_of=2026-05-01&known_as_of=2026-05-03`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from lianxin.ledger import clock


@dataclass(frozen=True)
class Moment:
    """A day as it was, and the day on which it was known so (None: as it is known now)."""

    day: date
    known_on: date | None = None
    problems: tuple[str, ...] = ()
    """What could not be understood, in plain sentences; shown above the page."""

    @property
    def known_at(self) -> datetime:
        """The last instant of the day on which it was known, else this instant."""
        return clock.end_of(self.known_on) if self.known_on and self.known_on < clock.today() else clock.now()

    @property
    def is_now(self) -> bool:
        """Today, as we know it now."""
        return self.day == clock.today() and self.known_on is None

    @property
    def context(self) -> dict[str, object]:
        """What templates need: `moment`, and `as_of`/`known_as_of` where a day was chosen."""
        chosen = None if self.is_now else self.day
        return {"moment": self, "as_of": chosen, "known_as_of": self.known_on}


def today() -> Moment:
    """Now."""
    return Moment(clock.today())


def moment_asked(values: Mapping[str, str]) -> Moment:
    """The moment an address asks for; today where it asks for none, or for one that cannot be."""
    problems: list[str] = []
    day = _day(values.get("as_of", ""), problems)
    known_on = _day(values.get("known_as_of", ""), problems)
    return Moment(day or clock.today(), known_on, tuple(problems))


def _day(text: str, problems: list[str]) -> date | None:
    text = text.strip()[:20]
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.append(_("“%(found)s” is not a day. Write it as 2026-03-05. Shown is today.") % {"found": text})
        return None
    if day > clock.today():
        problems.append(_("%(day)s has not come yet. Shown is today.") % {"day": day.isoformat()})
        return None
    return day
