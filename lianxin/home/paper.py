"""A paper of figures: sentences and tables whose numbers know where they open. Written once, read on a page and in a terminal."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from unicodedata import east_asian_width


@dataclass(frozen=True)
class Words:
    """A few words or one number; `address` is where it opens."""

    text: str
    address: str = ""
    number: bool = False
    whole: bool = False
    """Not to be broken: a day."""


Line = Sequence[Words]


@dataclass(frozen=True)
class Table:
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Words]]

    @property
    def numeric(self) -> list[int]:
        """Which columns hold numbers only."""
        return [column for column in range(len(self.head)) if self.rows and all(row[column].number for row in self.rows)]

    @property
    def labelled(self) -> list[list[tuple[str, Words]]]:
        """Each row with the heads of its cells, for screens on which a row becomes a card."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Section:
    title: str
    lines: Sequence[Line] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Paper:
    """The whole of it."""

    title: str
    unit: str
    as_of: date
    known_at: datetime
    sections: Sequence[Section] = field(default_factory=tuple)


def number(count: int, address: str = "") -> Words:
    return Words(f"{count:,}", address, number=True)


def line(sentence: str, **parts: Words | str | int) -> Line:
    """A sentence with its numbers in place: `line(_("%(met)s met"), met=number(3, address))`."""
    found = []
    for position, piece in enumerate(re.split(r"%\((\w+)\)s", sentence)):
        if position % 2:
            part = parts[piece]
            found.append(part if isinstance(part, Words) else Words(str(part)))
        elif piece:
            found.append(Words(piece))
    return found


def as_text(paper: Paper) -> Iterator[str]:
    """The paper for a terminal, line by line."""
    yield paper.title
    yield "=" * width(paper.title)
    for section in paper.sections:
        yield ""
        yield section.title
        yield "-" * width(section.title)
        for words in section.lines:
            yield "".join(part.text for part in words)
        for table in section.tables:
            if table.caption:
                yield ""
                yield table.caption
            yield from _table(table)


PAGE = 100
"""Columns of a terminal that a table may fill; what is longer in its last column goes on in the next line."""
LEAST = 30
"""Columns the last column has at least, however wide the others are."""


def _table(table: Table) -> Iterator[str]:
    rows = [[Words(words) for words in table.head], *table.rows]
    widths = [max(width(row[column].text) for row in rows) for column in range(len(table.head))]
    left = sum(size + 2 for size in widths[:-1])
    widths[-1] = min(widths[-1], max(PAGE - left, LEAST))
    for row in rows:
        cells = [pad(cell.text, size, at in table.numeric) for at, (cell, size) in enumerate(zip(row, widths, strict=True))]
        first, *others = folded(cells[-1], widths[-1])
        yield ("  " + "  ".join([*cells[:-1], first])).rstrip()
        yield from (" " * (left + 2) + words for words in others)


def folded(text: str, size: int) -> list[str]:
    """A text in lines of at most so many columns, broken after a space or a Chinese comma where there is one."""
    if width(text) <= size:
        return [text]
    lines, now = [], ""
    for piece in re.findall(r"[^ ，、；。]+[ ，、；。]*|[ ，、；。]+", text):
        if now and width((now + piece).rstrip()) > size:
            lines.append(now.rstrip())
            now = ""
        for character in piece:  # what holds no place to break at is broken where the line is full
            if width((now + character).rstrip()) > size:
                lines.append(now.rstrip())
                now = ""
            now += character
    return [*lines, now.rstrip()]


def pad(text: str, size: int, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def width(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
