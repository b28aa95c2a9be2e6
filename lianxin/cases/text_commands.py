"""`lianxin cases classify-eval|hot-topics|duplicates`: what is made of residents' words, on a table of one's own (Excel, CSV)."""

import csv
import io
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _

from lianxin.accounts.models import User
from lianxin.cases import duplicates, topics
from lianxin.cases.suggest import Classifier
from lianxin.cases.texts import plain
from lianxin.ledger import clock
from lianxin.organizations.access import AnyUser, at_the_terminal
from lianxin.ui.terminal import refuse, say

MOST_BYTES = 200 * 2**20
MOST_ROWS = 100_000
NAMES_OF_PEOPLE = ("留言用户", "反映人", "用户", "reporter", "user")
"""Headings under which a table usually says who wrote, where --person names none."""

FILE = click.Path(path_type=Path)
TEXT = click.option(
    "--text",
    "columns",
    metavar="COLUMN",
    multiple=True,
    help=_("Heading of a column of text; several may be named."),
)


@click.command(
    "classify-eval",
    help=_("How well the matter is told from the words: learn from a part of the rows, try on the rest, in turns."),
)
@click.argument("file", type=FILE)
@click.argument("more", metavar="", nargs=-1)
@TEXT
@click.option("--label", required=True, metavar="COLUMN", help=_("Heading of the column that says what is right."))
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 50), help=_("How many parts."))
def classify_eval(file: Path, more: tuple[str, ...], columns: tuple[str, ...], label: str, folds: int) -> None:
    table = Table(file)
    wanted = table.text_columns(columns, more)
    labels = [str(row[table.column(label)]).strip() for row in table.rows]
    rows = [(table.parts(row, wanted), named) for row, named in zip(table.rows, labels, strict=True)]
    known = [(parts, named) for parts, named in rows if named and plain(" ".join(parts))]
    counts = Counter(named for _parts, named in known)
    twice = sum(count > 1 for count in counts.values())  # of the others nothing can be learned while they are tried
    if twice < 2 or len(known) < folds:
        refuse(
            _(
                "%(file)s: found %(rows)d rows with a text and %(labels)d labels of two rows or more, expected at least"
                " %(folds)d rows and two such labels."
            )
            % {"file": file.name, "rows": len(known), "labels": twice, "folds": folds}
        )
    texts, right = [parts for parts, _named in known], [named for _parts, named in known]
    found = evaluate(Classifier, texts, right, folds)
    click.echo(
        _("rows: %(rows)d, labels: %(labels)d, folds: %(folds)d") % {"rows": len(known), "labels": len(counts), "folds": folds}
    )
    click.echo(f"accuracy: {found['accuracy']:.4f}")
    click.echo(f"macro-F1: {found['macro_f1']:.4f}")


@click.command("hot-topics", help=_("What several people speak of, hottest first, as JSON: in a table, or in the cases here."))
@click.argument("file", type=FILE, required=False)
@click.argument("more", metavar="", nargs=-1)
@TEXT
@click.option("--date", "dated", metavar="COLUMN", help=_("Heading of the column with the day."))
@click.option("--person", metavar="COLUMN", help=_("Heading of the column that tells people apart."))
@click.option("--weight", metavar="COLUMN", help=_("Heading of a column that counts support, such as likes."))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help=_("Of the cases here: how far back."))
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 1000), help=_("How many topics."))
def hot_topics(
    file: Path | None,
    more: tuple[str, ...],
    columns: tuple[str, ...],
    dated: str | None,
    person: str | None,
    weight: str | None,
    days: int,
    top: int,
) -> None:
    if file is None:
        until = clock.today() + timedelta(days=1)
        found = topics.hot_topics(_terminal(), until - timedelta(days=days), until, top)
    else:
        said = _said(Table(file), columns, more, dated, person, weight)
        found = topics.find_topics(said, top)
        if not found:
            say(_("%(rows)d texts read; none of them says what three people say.") % {"rows": len(said)})
    click.echo(json.dumps([told(topic) for topic in found], ensure_ascii=False, indent=2))


@click.command("duplicates", help=_("Rows of a table that say nearly the same, as JSON."))
@click.argument("file", type=FILE)
@click.argument("more", metavar="", nargs=-1)
@TEXT
@click.option(
    "--threshold",
    default=duplicates.SAME,
    show_default=True,
    type=click.FloatRange(0.1, 1.0),
    help=_("From which likeness on (1: the same)."),
)
def duplicates_(file: Path, more: tuple[str, ...], columns: tuple[str, ...], threshold: float) -> None:
    table = Table(file)
    wanted = table.text_columns(columns, more)
    groups = duplicates.group_duplicates(["\n".join(table.parts(row, wanted)) for row in table.rows], threshold)
    if not groups:
        say(_("%(rows)d texts read; no two of them say nearly the same.") % {"rows": len(table.rows)})
    shown = [
        {"size": len(group), "rows": [table.number(at) for at in group], "ids": [table.identity(at) for at in group]}
        for group in groups
    ]
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def told(topic: topics.Topic) -> dict[str, Any]:
    """A topic as JSON says it."""
    fields = asdict(topic)
    return {**fields, "since": topic.since.isoformat(), "until": topic.until.isoformat()}


def evaluate(
    make: Callable[[Sequence[Sequence[str]], Sequence[str]], Any],
    texts: Sequence[Sequence[str]],
    right: Sequence[str],
    folds: int,
) -> dict[str, float]:
    """Accuracy and macro-F1 over all rows, each judged by what was learned from the other parts. Every label is spread evenly
    over the parts, and the parts are the same each time."""
    parts = _folds(right, folds)
    judged = [""] * len(texts)
    for part in parts:
        held = set(part)
        rest = [at for at in range(len(texts)) if at not in held]
        judge = make([texts[at] for at in rest], [right[at] for at in rest])
        for at, label in zip(part, judge.predict([texts[at] for at in part]), strict=True):
            judged[at] = label
    scores = []
    for label in sorted(set(right)):
        hits = sum(a == b == label for a, b in zip(judged, right, strict=True))
        said, there = judged.count(label), list(right).count(label)
        scores.append(2 * hits / (said + there))
    accuracy = sum(a == b for a, b in zip(judged, right, strict=True)) / len(right)
    return {"accuracy": accuracy, "macro_f1": sum(scores) / len(scores)}


def _folds(right: Sequence[str], folds: int) -> list[list[int]]:
    of_label = defaultdict(list)
    for at, label in enumerate(right):
        of_label[label].append(at)
    parts: list[list[int]] = [[] for _ in range(folds)]
    lot, turn = random.Random(0), 0  # nosec B311 # shuffles rows, guards nothing
    for label in sorted(of_label):
        lot.shuffle(of_label[label])
        for at in of_label[label]:
            parts[turn % folds].append(at)
            turn += 1
    return [sorted(part) for part in parts if part]


def _said(
    table: "Table", columns: tuple[str, ...], more: tuple[str, ...], dated: str | None, person: str | None, weight: str | None
) -> list[topics.Said]:
    """The rows that have a text and a day."""
    if dated is None:
        refuse(_("--date: found nothing, expected the heading of the column with the day: %(known)s") % {"known": table.known})
    wanted, day = table.text_columns(columns, more), table.column(dated)
    usual = next((heading for heading in NAMES_OF_PEOPLE if heading in table.heading), None)
    named = person or usual
    who = table.column(named) if named else None
    liked = table.column(weight) if weight else None
    said = []
    for at, row in enumerate(table.rows):
        parts = table.parts(row, wanted)
        on = read_day(row[day])
        if on is None and plain(" ".join(parts)):
            refuse(
                _("%(file)s, row %(row)d, “%(column)s”: found “%(found)s”, expected a day such as 2026-10-01.")
                % {"file": table.file.name, "row": table.number(at), "column": dated, "found": str(row[day])[:40]}
            )
        if on is not None:
            people = frozenset([str(row[who]).strip() if who is not None and str(row[who]).strip() else f"{topics.NO_SIGN}{at}"])
            likes = _number(row[liked]) if liked is not None else 0.0
            said.append(topics.Said(table.identity(at), parts, on, people, weight=likes))
    return said


def read_day(cell: Any) -> date | None:
    """A day as a cell says it: a date, or `2026-10-01`, `2026/10/1 8:00`, `2026.10.1`, `2026年10月1日`."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = re.match(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})", str(cell)[:40])
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _number(cell: Any) -> float:
    try:
        return max(float(cell), 0.0)
    except (TypeError, ValueError):
        return 0.0


def _terminal() -> AnyUser:
    """Whoever works at the machine's own terminal holds its data anyway."""
    return at_the_terminal(User(username="*terminal"))


# --- tables ----------------------------------------------------------------------------------------------------------


class Table:
    """The first sheet of a workbook, or a CSV file: one row of headings, and what stands beneath. Refuses a file that is none."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.misnamed = False
        """It is called a workbook, and is text."""
        lines = self._lines()
        heading = next((at for at, line in enumerate(lines) if any(str(cell).strip() for cell in line)), None)
        if heading is None or len(lines) == heading + 1:
            refuse(_("%(file)s: found no rows, expected one row of headings and rows beneath it.") % {"file": file.name})
        self.heading = [str(cell).strip() for cell in lines[heading]]
        filled = [(at, line) for at, line in enumerate(lines[heading + 1 :], heading + 2) if any(str(c).strip() for c in line)]
        if len(filled) > MOST_ROWS:
            refuse(
                _("%(file)s: found %(rows)s rows, expected at most %(most)s.")
                % {"file": file.name, "rows": f"{len(filled):,}", "most": f"{MOST_ROWS:,}"}
            )
        width = len(self.heading)
        self.rows = [[*line[:width], *[""] * (width - len(line))] for _at, line in filled]
        self._numbers = [at for at, _line in filled]
        self._ids = self._identities()

    @property
    def known(self) -> str:
        return "、".join(name for name in self.heading if name)

    def column(self, name: str) -> int:
        """Where the column of that heading stands. Refuses a name that is none."""
        if name not in self.heading and self.misnamed:
            refuse(
                _("%(file)s is plain text, not an Excel workbook, and has no column “%(name)s”. Its first line: %(known)s")
                % {"file": self.file.name, "name": name, "known": self.known[:80]}
            )
        if self.heading.count(name) > 1:
            refuse(
                _("%(file)s: found “%(name)s” above several columns. Give each column a heading of its own.")
                % {"file": self.file.name, "name": name}
            )
        if name not in self.heading:
            refuse(
                _("%(file)s: found no column “%(name)s”, expected one of: %(known)s")
                % {"file": self.file.name, "name": name, "known": self.known}
            )
        return self.heading.index(name)

    def text_columns(self, columns: tuple[str, ...], more: tuple[str, ...]) -> list[int]:
        """The columns of text: named one by one, behind each other, or with commas between them."""
        names = [name for word in (*columns, *more) for name in ([word] if word in self.heading else re.split("[,，]", word))]
        if not columns:
            refuse(_("--text: found nothing, expected the heading of a column: %(known)s") % {"known": self.known})
        return [self.column(name) for name in names]

    def parts(self, row: Sequence[Any], columns: Sequence[int]) -> tuple[str, ...]:
        return tuple(str(row[at]).strip() for at in columns)

    def number(self, at: int) -> int:
        """The row as Excel numbers it."""
        return self._numbers[at]

    def identity(self, at: int) -> int:
        """What the first column calls the row, where it is a number of its own for each; else the row as Excel numbers it."""
        return self._ids[at]

    def _identities(self) -> list[int]:
        found = [str(row[0]).strip().removesuffix(".0") for row in self.rows]
        if all(word.isascii() and word.isdigit() and len(word) < 16 for word in found) and len(set(found)) == len(found):
            return [int(word) for word in found]
        return list(self._numbers)

    def _lines(self) -> list[list[Any]]:
        try:
            if self.file.stat().st_size > MOST_BYTES:
                refuse(_("%(file)s is larger than %(most)d MB.") % {"file": self.file.name, "most": MOST_BYTES // 2**20})
            content = self.file.read_bytes()
        except OSError:
            refuse(_("%(file)s cannot be read. Check the name and whether you may open it.") % {"file": self.file})
        if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
            return self._sheet(content)
        self.misnamed = self.file.suffix.lower() in (".xlsx", ".xls", ".xlsm")
        csv.field_size_limit(MOST_BYTES)
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                return self._text(text)
        return refuse(_("%(file)s: found something else, expected an Excel workbook (.xlsx) or CSV.") % {"file": self.file.name})

    def _text(self, text: str) -> list[list[Any]]:
        """CSV as people make it; but a quotation mark that is never closed would swallow all that follows."""
        try:
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                refuse(_('%(file)s: found a quotation mark (") that is never closed.') % {"file": self.file.name})
        try:
            return list(csv.reader(io.StringIO(text, newline="")))
        except csv.Error:
            return refuse(
                _("%(file)s: found something else, expected an Excel workbook (.xlsx) or CSV.") % {"file": self.file.name}
            )

    def _sheet(self, content: bytes) -> list[list[Any]]:
        from python_calamine import CalamineWorkbook

        try:
            return list(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())
        except BaseException as broken:
            # A panic of the reader in Rust is no Exception; it means a damaged file like the others.
            if isinstance(broken, Exception) or type(broken).__name__ == "PanicException":
                refuse(_("%(file)s: found something else, expected an Excel workbook (.xlsx) or CSV.") % {"file": self.file.name})
            raise
