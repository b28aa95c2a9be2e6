"""What rooms declare, by key, each with the place where it stands. One registry for each sort (kinds, figures, sheets …).

Nothing is refused here: a key declared twice keeps its first meaning and is remembered as `doubled`; the checks of
lianxin/config/declarations.py say where and how to mend it, before anything is served.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Generic, NamedTuple, TypeVar

Declared = TypeVar("Declared")
ROOT = Path(__file__).resolve().parents[2]


class Doubled(NamedTuple):
    key: str
    place: str
    first: str
    """Where it was declared first."""


class Registry(Generic[Declared]):
    """Everything declared of one sort, in the order declared."""

    def __init__(self, key: Callable[[Declared], str]) -> None:
        self._key = key
        self._declared: dict[str, Declared] = {}
        self._places: dict[str, str] = {}
        self.doubled: list[Doubled] = []

    def add(self, *items: Declared) -> None:
        """Take in what a room declares. Call it from the `declare` of an engine: the place is where that was called."""
        place = _place(sys._getframe(2))
        for item in items:
            key = self._key(item)
            if key in self._declared:
                self.doubled.append(Doubled(key, place, self._places[key]))
            else:
                self._declared[key], self._places[key] = item, place

    def all(self) -> dict[str, Declared]:
        """Everything by key."""
        return dict(self._declared)

    def get(self, key: str) -> Declared | None:
        return self._declared.get(key)

    def place(self, key: str) -> str:
        """Where it is declared: file and line."""
        return self._places[key]


def _place(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{frame.f_lineno}"
