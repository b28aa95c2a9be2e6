"""How long things may take: data/tiers.yaml, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lianxin.cases.models import ClockName, Tier

FILE = Path(__file__).with_name("data") / "tiers.yaml"


@dataclass(frozen=True)
class Span:
    """A length of time: hours round the clock, or working days."""

    hours: int = 0
    days: int = 0


@dataclass(frozen=True)
class Tiers:
    """The file, checked."""

    version: str
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


@cache
def tiers() -> Tiers:
    """What is in force."""
    return read_tiers(FILE.read_text())


def read_tiers(text: str) -> Tiers:
    """Tiers from the text of a file. Raises ValueError with the place, what was found and what was expected."""
    told: dict[str, Any] = yaml.safe_load(text)
    return Tiers(
        version=str(told["version"]),
        spans={Tier(tier): {ClockName(name): _span(f"tiers.{tier}.{name}", value) for name, value in clocks.items()}
               for tier, clocks in told["tiers"].items()},
        again={Tier(tier): _span(f"again.{tier}", value) for tier, value in told["again"].items()},
        verdict=_span("verdict", told["verdict"]),
        longest_pause=_span("pause.most", told["pause"]["most"]),
        longest_extension=_span("extension.most", told["extension"]["most"]).days,
        extensions=int(told["extension"]["times"]),
        escalate_returns=int(told["escalate"]["returns"]),
        escalate_redos=int(told["escalate"]["redos"]),
        capacity={name: int(value) for name, value in told["capacity"].items()},
        call_back_of=int(told["call_back"]["of"]),
    )  # fmt: skip


def _span(place: str, value: object) -> Span:
    text = str(value)
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in ("h", "d"):
        raise ValueError(f"{FILE.name}: {place}: found {text!r}, expected hours or working days such as 24h or 7d")
    return Span(hours=int(number)) if unit == "h" else Span(days=int(number))
