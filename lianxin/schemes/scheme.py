"""What a scheme file says, once read: a frozen tree of a closed set of clauses. The loader makes it, the compiler reads it.

A scheme asks something of subjects (units) in every period. Each clause counts entries in its own way (`Test`); the verdict
combines the clauses. Everything here is plain data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lianxin.schemes.calendar import Unit

PartYear = Literal["keep", "prorate", "whole_units"]


@dataclass(frozen=True)
class Title:
    """A text in the languages of the house."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True)
class FactTest:
    """A fact of the unit compared with values: `{fact: groups, at_least: 1}`."""

    key: str
    op: Literal["equals", "at_least", "at_most", "in"]
    values: tuple[str, ...]
    """Canonical text, as facts are kept: `5`, `true`, `2021-09-28`, a word."""


@dataclass(frozen=True)
class Selection:
    """Which units, by what they were: every condition given must hold."""

    kinds: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    designation: str = ""
    fact: FactTest | None = None

    @property
    def empty(self) -> bool:
        return self == Selection()


@dataclass(frozen=True)
class Tally:
    """Entries to be counted: those of a kind, and of kinds that the scheme lets count as it."""

    kind: str
    also: tuple[str, ...] = ()
    once_per: Literal["", "day", "subject"] = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind, *self.also)


@dataclass(frozen=True)
class Count:
    """Entries of a kind in the period."""

    tally: Tally
    at_least: int
    bands: tuple[tuple[int, int], ...] = ()
    """(from so many entries, so many points), rising."""


@dataclass(frozen=True)
class Each:
    """Every cell of the period needs its own."""

    tally: Tally
    unit: Unit
    at_least: int = 1


@dataclass(frozen=True)
class Every:
    """An act at least every so many years from the last one, else from the day a fact names."""

    tally: Tally
    years: int | str
    """A number, or the key of a fact."""
    seed: str
    remind: tuple[int, ...]
    """Months before the due day, longest first."""


@dataclass(frozen=True)
class Measure:
    """One side of a ratio: entries, their quantities, or a fact."""

    tally: Tally | None = None
    quantity: bool = False
    fact: str = ""


@dataclass(frozen=True)
class Ratio:
    """One measure over another, in tenths of a per cent."""

    of: Measure
    to: Measure
    at_least: int
    """Tenths of a per cent that make it met."""
    zero_at: int
    full_at: int


@dataclass(frozen=True)
class Value:
    """A fact compared on the as-of day."""

    fact: FactTest


@dataclass(frozen=True)
class Judged:
    """The score somebody gave, as the quantity of a judgement entry."""

    tally: Tally
    pick: Literal["latest", "mean"]
    if_missing: Literal["pending", "unmet"]
    out_of: int


@dataclass(frozen=True)
class From:
    """Another scheme's verdict or share."""

    scheme: str
    use: Literal["met", "share"]
    over: Literal["self", "subtree"] = "self"


@dataclass(frozen=True)
class When:
    """A veto that looks at one of the scheme's own clauses."""

    clause: str
    alert: str = ""
    state: str = ""


Test = Count | Each | Every | Ratio | Value | Judged | From


@dataclass(frozen=True)
class Clause:
    """One thing a scheme asks."""

    id: str
    title: Title
    test: Test
    points: int = 0
    part_year: PartYear = "keep"
    per: str = ""
    """A kind of unit directly beneath: each of them owes the cells."""
    applies: Selection = field(default_factory=Selection)
    source: str = field(default="", compare=False)
    """The clause as written."""


@dataclass(frozen=True)
class Effect:
    """What a veto does."""

    score: int | None = None
    """The score becomes at most this."""
    stars_max: int | None = None


@dataclass(frozen=True)
class Veto:
    """Something that, when it happened, caps what the rest has earned."""

    id: str
    title: Title
    test: Count | When
    effect: Effect
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class Combination:
    """So many of these must be met. `all`: every one that applies."""

    of: tuple["str | Combination", ...]
    at_least: int | None = None
    """None: all that apply."""

    @property
    def leaves(self) -> tuple[str, ...]:
        return tuple(leaf for part in self.of for leaf in ((part,) if isinstance(part, str) else part.leaves))


@dataclass(frozen=True)
class Level:
    stars: int
    at_least: int
    """Tenths of a point."""
    needs: tuple[tuple[str, str], ...] = ()
    """(clause, state) pairs that must hold as well."""


@dataclass(frozen=True)
class Score:
    """How points become a score. `cells`: the share of cells met among those owed so far, instead of points."""

    share: Literal["", "cells"] = ""
    scale: int = 100
    cap: int = 100
    decimals: int = 1


@dataclass(frozen=True)
class Scheme:
    """One version of one scheme."""

    key: str
    title: Title
    version: str
    since: date
    until: date | None
    basis: str
    subject: Selection
    period: Unit
    closes: int
    """Days after the period in which entries still count for the sealed verdict."""
    clauses: tuple[Clause, ...]
    vetoes: tuple[Veto, ...]
    verdict: Combination
    score: Score | None
    levels: tuple[Level, ...]
    rescale: bool
    credit: Literal["at_record_date", "at_period_end"]
    """Where acts are credited in roll-ups."""
    shown: tuple[str, ...]
    replaces: str
    recompute: bool
    """Whether it replaces an older version in the middle of a period, for the whole of it."""
    trial: bool
    hash: str = ""
    text: str = field(default="", compare=False, repr=False)

    def __hash__(self) -> int:
        return hash(self.hash)

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"

    def clause(self, name: str) -> Clause | None:
        return next((clause for clause in self.clauses if clause.id == name), None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the schemes whose verdicts this one uses."""
        return tuple(dict.fromkeys(clause.test.scheme for clause in self.clauses if isinstance(clause.test, From)))

    def tallies(self) -> Iterator[tuple[str, Tally]]:
        """(clause or veto id, what it counts)."""
        for clause in self.clauses:
            yield from ((clause.id, tally) for tally in tallies_of(clause.test))
        for veto in self.vetoes:
            if isinstance(veto.test, Count):
                yield veto.id, veto.test.tally


def tallies_of(test: Test) -> tuple[Tally, ...]:
    if isinstance(test, Ratio):
        return tuple(side.tally for side in (test.of, test.to) if side.tally)
    if isinstance(test, Value | From):
        return ()
    return (test.tally,)
