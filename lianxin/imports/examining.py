"""From a table to verdicts: read every cell, resolve codes within reach, find doubles, ask the sheet what is new.

Works through the file in slices of at most 1,000 rows, so that memory and each query stay small whatever the workbook's size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, OuterRef

from lianxin.imports.cells import BadCell, reader, shown
from lianxin.imports.errors import CELL_MESSAGES, Mistake, portable
from lianxin.imports.sheets import Changed, Column, Finding, Row, Sheet, Text, Unchanged, Wrong
from lianxin.imports.workbook import Table, letter
from lianxin.ledger import clock
from lianxin.organizations.access import scope, units_for
from lianxin.organizations.models import Membership, Person, Post, Unit

SLICE = 1_000
"""Rows read, checked, staged or written at once."""
MOST_REMEMBERED = 20_000
"""Units kept at hand between slices."""

Verdict = Literal["added", "changed", "unchanged", "wrong"]


@dataclass(slots=True)
class Judged:
    """One row of the workbook and what would become of it."""

    row: Row
    verdict: Verdict
    mistakes: list[Mistake] = field(default_factory=list)
    differences: Sequence[tuple[str, object, object]] = ()


class Resolver:
    """Codes → units and people within the importer's reach. What lies beyond looks like what does not exist."""

    def __init__(self, user: AbstractBaseUser, permission: str) -> None:
        self.user, self.permission = user, permission
        self.units: dict[str, Unit] = {}

    def find_units(self, codes: set[str]) -> dict[str, Unit]:
        if len(self.units) > MOST_REMEMBERED:
            self.units.clear()
        new = codes - self.units.keys()
        if new:
            self.units.update((unit.code, unit) for unit in units_for(self.user, self.permission).filter(code__in=new))
        return self.units

    def find_people(self, codes: set[str]) -> dict[str, Person]:
        """People who ever held a post or a membership within reach."""
        if not codes:
            return {}
        within = scope(self.user, self.permission, prefix="unit__")
        posts = Post.objects.filter(within, person=OuterRef("pk"))
        memberships = Membership.objects.filter(within, person=OuterRef("pk"))
        people = Person.objects.filter(Exists(posts) | Exists(memberships), code__in=codes).defer("sealed_phone")
        return {person.code: person for person in people}


class Examination:
    """Looks through one table for one importer. Iterate `judged()` once."""

    def __init__(self, sheet: Sheet, table: Table, user: AbstractBaseUser) -> None:
        self.sheet, self.table, self.user = sheet, table, user
        self.today = clock.today()
        self.resolver = Resolver(user, sheet.permission)
        self.readers = [(column, table.columns.get(column.key), reader(column, self.today)) for column in sheet.columns]
        self.seen: dict[tuple[Any, ...], int] = {}

    def judged(self) -> Iterator[list[Judged]]:
        """Verdicts in the file's order, at most 1,000 at a time."""
        slices = self._readable()
        if self.sheet.check_file is not None:
            whole = [judged for part in slices for judged in part]
            self._ask(self.sheet.check_file, whole)
            slices = (whole[start : start + SLICE] for start in range(0, len(whole), SLICE))
        for part in slices:
            self._ask(self.sheet.check, part)
            yield part

    def _readable(self) -> Iterator[list[Judged]]:
        rows = self.table.rows()
        while raw := list(islice(rows, SLICE)):
            part = [self._read(number, cells) for number, cells in raw]
            self._resolve(part)
            self._find_doubles(part)
            yield part

    def _read(self, number: int, cells: list[Any]) -> Judged:
        values: dict[str, Any] = {}
        judged = Judged(Row(number, values), "added")
        for column, position, read in self.readers:
            raw = self.table.fixed.get(column.key, "") if position is None else cells[position]
            try:
                if self.table.bad and position is not None and (number - 1, position) in self.table.bad:
                    raise BadCell(self.table.bad[number - 1, position])
                values[column.key] = read(raw)
            except BadCell as bad:
                values[column.key] = None
                self._mistake(judged, column, bad.message, bad.params, shown(raw, column))
        return judged

    def _resolve(self, part: list[Judged]) -> None:
        for column in self.sheet.columns:
            if not column.type.startswith(("unit", "person")):
                continue
            codes = {code for judged in part if (code := judged.row[column.key]) is not None}
            found: Any = self.resolver.find_units(codes) if column.type.startswith("unit") else self.resolver.find_people(codes)
            for judged in part:
                code = judged.row[column.key]
                if code is None:
                    continue
                if code in found:
                    judged.row.values[column.key] = found[code]  # type: ignore[index]  # ours until it is handed on
                elif not column.type.endswith("_or_code"):
                    judged.row.values[column.key] = None  # type: ignore[index]
                    self._mistake(judged, column, CELL_MESSAGES[f"no_{column.type}"], {}, code)
                if code in found and column.open_on:
                    self._check_open(judged, column, found[code])

    def _check_open(self, judged: Judged, column: Column, unit: Unit) -> None:
        day = judged.row[column.open_on]
        if day is None:
            return
        if unit.closed_on is not None and day >= unit.closed_on:
            params = {"unit": unit.name, "day": unit.closed_on}
            self._mistake(judged, column, CELL_MESSAGES["unit_closed"], params, unit.code)
        elif day < unit.opened_on:
            params = {"unit": unit.name, "opened": unit.opened_on, "day": day}
            self._mistake(judged, column, CELL_MESSAGES["unit_not_open"], params, unit.code)

    def _find_doubles(self, part: list[Judged]) -> None:
        for judged in part:
            if judged.mistakes:
                continue
            values = (judged.row[key] for key in self.sheet.identity)
            same = tuple(value.pk if isinstance(value, Unit | Person) else value for value in values)
            earlier = self.seen.setdefault(same, judged.row.number)
            if earlier != judged.row.number:
                column = self.sheet.column(self.sheet.identity[0])
                self._wrong(Wrong(judged.row, column.key, CELL_MESSAGES["double"], {"row": earlier}), judged)

    def _ask(self, check: Any, part: list[Judged]) -> None:
        """Let the sheet look at the rows that are sound so far."""
        sound = {judged.row.number: judged for judged in part if not judged.mistakes}
        if not sound:
            return
        finding: Finding
        for finding in check(self.user, [judged.row for judged in sound.values()]):
            judged = sound[finding.row.number]
            match finding:
                case Wrong():
                    self._wrong(finding, judged)
                case Unchanged():
                    judged.verdict = judged.verdict if judged.mistakes else "unchanged"
                case Changed(differences=differences):
                    judged.verdict = judged.verdict if judged.mistakes else "changed"
                    judged.differences = differences

    def _wrong(self, wrong: Wrong, judged: Judged) -> None:
        column = self.sheet.column(wrong.column) if wrong.column else None
        value = judged.row[wrong.column] if column else ""
        found = value.code if isinstance(value, Unit | Person) else self._typed(column, value)
        self._mistake(judged, column, wrong.message, wrong.params, found)

    def _typed(self, column: Column | None, value: Any) -> Any:
        if value is None or column is None:
            return ""
        if column.type == "choice":
            return next((label for key, label in column.choices if key == value), value)
        return shown(value, column)

    def _mistake(self, judged: Judged, column: Column | None, message: Text, params: Any, found: Any) -> None:
        plain, kept = portable(message, params)
        position = self.table.columns.get(column.key) if column else None
        place = letter(position) if position is not None else "–"
        judged.verdict = "wrong"
        judged.mistakes.append(
            Mistake(
                judged.row.number, column.key if column else "", place, column.label if column else "", str(found), plain, kept
            )
        )
