"""How long things may take: tiers.yaml, the county's own or the package's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lianxin.cases.data_files import Told, note_of, read, rules_in_force
from lianxin.cases.models import ClockName, Tier
from lianxin.organizations.models import UnitKind

FILE = "tiers.yaml"
SPAN = re.compile(r"([1-9][0-9]{0,2})([hd])")


@dataclass(frozen=True)
class Span:
    """A length of time: hours round the clock, or working days."""

    hours: int = 0
    days: int = 0


@dataclass(frozen=True)
class Tiers:
    """The file, checked."""

    version: str
    note: str
    spans: Mapping[Tier, Mapping[ClockName, Span]]
    again: Mapping[Tier, Span]
    verdict: Span
    longest_pause: Span
    longest_extension: int
    extensions: int
    escalate_returns: int
    escalate_redos: int
    """After so many the county decides."""
    capacity: Mapping[str, int]
    call_back_of: int

    def span(self, tier: str, name: ClockName, *, again: bool = False) -> Span:
        """How long that clock may run."""
        if name == ClockName.VERDICT:
            return self.verdict
        return self.again[Tier(tier)] if again and name == ClockName.HANDLE else self.spans[Tier(tier)][name]

    def most_led(self, kind: str) -> int:
        """How many open cases a unit of that kind may lead at once by claiming."""
        return self.capacity.get(kind, self.capacity["default"])


def tiers() -> Tiers:
    """What is in force."""
    return rules_in_force("tiers", read_tiers)


def read_tiers(text: str, file: str = FILE) -> Tiers:
    """Tiers from the text of a file. Raises DataError with the place, what was found and what was expected."""
    names = ("version", "tiers", "again", "verdict", "pause", "extension", "escalate", "capacity", "call_back")
    told = read(text, file).fields(*names, optional=("note",))
    pause, extension = told["pause"].fields("most"), told["extension"].fields("most", "times")
    escalate, capacity = told["escalate"].fields("returns", "redos"), told["capacity"].fields("default", optional=UnitKind.values)
    return Tiers(
        version=told["version"].text(20),
        note=note_of(told),
        spans={Tier(tier): _clocks(clocks) for tier, clocks in told["tiers"].fields(*Tier.values).items()},
        again={Tier(tier): _span(span) for tier, span in told["again"].fields(*Tier.values).items()},
        verdict=_span(told["verdict"]),
        longest_pause=_days(pause["most"]),
        longest_extension=_days(extension["most"]).days,
        extensions=extension["times"].number(),
        escalate_returns=escalate["returns"].number(),
        escalate_redos=escalate["redos"].number(),
        capacity={name: value.number() for name, value in capacity.items()},
        call_back_of=told["call_back"].fields("of")["of"].number(),
    )


def _clocks(told: Told) -> dict[ClockName, Span]:
    """How long the clocks of one tier may run; the verdict's is the same for all and stands apart."""
    return {ClockName(name): _span(span) for name, span in told.fields("claim", "respond", "handle").items()}


def _span(told: Told) -> Span:
    found = SPAN.fullmatch(told.value) if isinstance(told.value, str) else None
    if found is None:
        raise told.wrong(_("hours or working days such as 24h or 7d"))
    number, unit = int(found[1]), found[2]
    return Span(hours=number) if unit == "h" else Span(days=number)


def _days(told: Told) -> Span:
    span = _span(told)
    if not span.days:
        raise told.wrong(_("days such as 30d"))
    return span
