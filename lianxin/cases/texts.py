"""Residents' words as numbers: what suggestion, duplicates and topics share. By characters, so that no word list is needed.

Nothing here decides anything, keeps anything on disk, or looks at who wrote.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection

from lianxin.accounts.sealing import SealBroken
from lianxin.cases.models import CaseStep, Tombstone
from lianxin.cases.workflow import MOVES, NEW

HEAVY = 0.4
"""A character belongs to a phrase that weighs at least so much of what the heaviest does."""
MOST = 2_000
"""Characters of a text that are looked at; what a matter is about stands near its beginning."""
FIRST_MOVES = tuple(sorted({move.name for move in MOVES if move.start == NEW}))
"""The moves with which a case comes in: their words say what it is about."""

_ADDRESS = re.compile(r"https?://[!-~]*")
_LATIN = re.compile(r"[a-z0-9]+")
_MARKS = re.compile(r"[\W_]+")


def plain(text: str, *, mask: bool = False) -> str:
    """Full width and half width, capitals and marks made alike; each mark becomes a line break, which no phrase crosses.

    mask: numbers and Latin letters become one sign: a house number or phone says nothing about the kind of matter.
    """
    made = _ADDRESS.sub("\n", unicodedata.normalize("NFKC", text[:MOST]).lower())
    if mask:
        made = _LATIN.sub("0", made)
    return _MARKS.sub("\n", made).strip("\n")


def grams(text: str, sizes: Iterable[int] = (1, 2)) -> Iterator[str]:
    """Every run of so many characters within a line of a plain text."""
    for line in text.split("\n"):
        for size in sizes:
            for at in range(len(line) - size + 1):
                yield line[at : at + size]


def phrases(text: str, weights: Mapping[str, float], most: int = 3, shortest: int = 2, longest: int = 8) -> tuple[str, ...]:
    """The stretches of a plain text that weigh most: each gram's weight falls on its characters, and what weighs nearly as much
    as the heaviest character reads on as one phrase."""
    lines = [(line, _weighed(line, weights)) for line in text.split("\n")]
    heavy = max((weight for _line, at_each in lines for weight in at_each), default=0.0) * HEAVY
    found: dict[str, float] = {}
    for line, at_each in lines:
        for start, end in _runs(at_each, heavy):
            phrase = line[start : min(end, start + longest)]
            if len(phrase) >= shortest:
                found[phrase] = max(found.get(phrase, 0.0), sum(at_each[start : start + longest]))
    chosen: list[str] = []
    for phrase in sorted(found, key=lambda phrase: (-found[phrase], phrase)):
        if not any(phrase in other or other in phrase for other in chosen):
            chosen.append(phrase)
        if len(chosen) == most:
            break
    return tuple(chosen)


def _weighed(line: str, weights: Mapping[str, float]) -> list[float]:
    """What each character of a line weighs."""
    at_each = [0.0] * len(line)
    for gram, weight in weights.items():
        start = line.find(gram)
        while start >= 0:
            for at in range(start, start + len(gram)):
                at_each[at] += weight / len(gram)
            start = line.find(gram, start + 1)
    return at_each


def _runs(weights: Sequence[float], heavy: float) -> Iterator[tuple[int, int]]:
    """Where weights of at least `heavy` stand side by side."""
    start = None
    for at, weight in enumerate([*weights, 0.0]):
        if heavy and weight >= heavy:
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None


def words_of(cases: Iterable[int]) -> dict[int, str]:
    """What each case was reported with, opened, by its id. A case whose words were erased, or sealed elsewhere, is left out."""
    wanted, opened = list(cases), {}
    for start in range(0, len(wanted), 900):  # as many as SQLite takes in one question
        steps = CaseStep.objects.filter(case_id__in=wanted[start : start + 900], move__in=FIRST_MOVES).exclude(sealed=None)
        for step in steps.only("case_id", "sealed", "salt").order_by("-pk"):
            try:
                opened[step.case_id] = step.text
            except SealBroken:
                continue
    return opened


def erasures() -> int:
    """Another number after each erasure: what any process made of words before it must be forgotten then."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ERASED)
        last: int | None = cursor.fetchone()[0]
    return last or 0


_LAST_ERASED = f"SELECT MAX(entry_id) FROM {Tombstone._meta.db_table}"  # nosec B608  # our own names
"""As text, because every report asks it."""
