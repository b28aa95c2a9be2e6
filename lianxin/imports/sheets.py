"""Workbook sheets: what a room leaves in its `sheets.py` so that a data clerk can bring rows in from Excel.

A room declares columns and two functions, and nothing about files. The engine writes the template, reads the workbook, names
every wrong cell, resolves codes within the importer's scope, finds doubles, stages, previews, applies in small transactions and
makes all visible at once:

    declare(
        Sheet(
            key="visits",
            title=_("visits"),
            permission=access.IMPORT_RECORDS,
            columns=(
                Column("unit", _("unit code"), "unit", open_on="day", example="152221200203-1"),
                Column("leader", _("leader's code"), "person", example="L001"),
                Column("kind", _("what was done"), "choice", choices=VisitKind.choices, example="inspection"),
                Column("day", _("day"), "date", example="2026-03-05"),
                Column("findings", _("findings"), "text", required=False, longest=500),
            ),
            identity=("unit", "leader", "kind", "day"),
            check=check_visits,
            apply=bring_in_visits,
        )
    )


    def check_visits(user, rows):                 # at most 1,000 rows at a time, in the file's order, every cell already typed
        recorded = set(Visit.objects.filter(...).values_list("unit_id", "leader_id", "kind", "happened_on"))
        for row in rows:
            if (row["unit"].pk, row["leader"].pk, row["kind"], row["day"]) in recorded:
                yield Unchanged(row)              # so that the same file again says “0 added, N unchanged”
            elif …:
                yield Wrong(row, "leader", _("%(name)s is not a contact leader of %(unit)s. Give the post first."), {"name": …})


    def bring_in_visits(actor, rows, batch):      # inside one transaction, at most 1,000 rows, only those that are new
        record_visits(actor=actor, visits=[NewVisit(unit=row["unit"], …) for row in rows], batch=batch)

Rows stay hidden until `batch` is visible: pass it on to `record_many`, and let the room's own rows be read through their entry or
a `batch` of their own (`lianxin.ledger.models.seen`). `check` may be called again later for the same rows, and must then answer
from the records. It does not ask for rights over units and people again: what lies beyond the importer's reach never gets that
far, and at the terminal there is no such bound.

The sheets of units and people stand in `organization_sheets.py` beside this file, because organizations is a foundation and may
not know the engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise

from lianxin.ledger.models import Batch
from lianxin.ledger.registry import Registry

Text = str | Promise
ColumnType = Literal[
    "text", "words", "code", "int", "date", "moment", "choice", "unit", "person", "unit_or_code", "person_or_code", "phone"
]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
CODE_TYPES: tuple[ColumnType, ...] = ("code", "unit", "person", "unit_or_code", "person_or_code", "phone")
"""Columns formatted as text in the template, so that Excel keeps every digit."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    type, and what a row then holds: text, code, phone → str · words (as people paste them: spaces tidied) → str · int → int ·
        date → datetime.date · moment (day and local time of day) → datetime.datetime · choice → the choice's key ·
        unit → Unit and person → Person, within the importer's reach · unit_or_code, person_or_code: the same, or the code as
        typed where there is none, for rows that bring one in. An empty optional cell is None.
    label: the heading, a lazy translation; a workbook may carry it in any language of the product.
    help: one line under the heading in the instructions.
    example: what the sample row shows, as typed.
    choices: (key, label) for `choice`; either may be typed.
    least, most: bounds of an `int`.
    longest: characters of a `text` or `code`.
    future: whether a `date` may lie after today.
    open_on: for `unit`: the key of the date column on whose day the unit must be open.
    also: other headings it is known by, where the workbook comes from elsewhere.
    fixed: it may be given once for the whole workbook, in the mapping, instead of a column.
    """

    key: str
    label: Text
    type: ColumnType = "text"
    required: bool = True
    help: Text = ""
    example: str = ""
    choices: Sequence[tuple[str, Text]] = ()
    least: int = 0
    most: int = 1_000_000
    longest: int = 200
    future: bool = False
    open_on: str = ""
    also: Sequence[str] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a workbook, every cell read as its column says: `row["unit"]`."""

    number: int
    """The row's number in the worksheet, as Excel shows it."""
    values: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be brought in, and why: a lazy sentence, its params apart, ending with how to mend it.

    The engine puts the row, the column's letter and heading, and what was found there in front of it.
    """

    row: Row
    column: str
    message: Text
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A row that is on record already, exactly so."""

    row: Row


@dataclass(frozen=True, slots=True)
class Changed:
    """A row on record with other values: (column key, as recorded, as in the workbook). Only for sheets with `change`."""

    row: Row
    differences: Sequence[tuple[str, object, object]]


Finding = Wrong | Unchanged | Changed
Check = Callable[[AbstractBaseUser, Sequence[Row]], Iterable[Finding]]
Apply = Callable[[AbstractBaseUser, Sequence[Row], Batch], object]


@dataclass(frozen=True)
class Sheet:
    """One kind of workbook.

    key: names it in addresses and on the command line: `lianxin import visits`.
    permission: what its importer needs; rows of units beyond its reach are refused as if those units did not exist.
    identity: columns that make a row what it is; a second row with the same values is a double.
    check: findings for rows whose cells are all well-formed; a row without a finding is new.
    apply: bring new rows in. Called inside a transaction; raising ValidationError leaves nothing behind.
    change: bring changed rows in; without it, `check` must not yield Changed.
    check_file: sees all rows of the file first, for what only the whole can tell (a parent further up).
    hidden: whether what `apply` writes stays hidden until the batch is visible. Where not (units), a workbook of at most 1,000
        new rows is still one transaction; a longer one grows slice by slice, each complete in itself.
    withdraw: takes back what `apply` wrote unseen where a workbook is given up half-way, in small transactions; without it, rows
        with a `batch` of their own are deleted.
    finish: what follows once all is visible, in small transactions of its own; doing it twice must change nothing.
    help: a sentence or two at the head of the instructions.
    mapped: whether workbooks come from elsewhere, with headings of their own: which column is which is guessed, shown, and can be
        said (a mapping of column keys to headings or letters); what no column asks for is passed over.
    """

    key: str
    title: Text
    permission: str
    columns: Sequence[Column]
    identity: Sequence[str]
    check: Check
    apply: Apply
    change: Apply | None = None
    check_file: Check | None = None
    hidden: bool = True
    withdraw: Callable[[Batch], object] | None = None
    finish: Callable[[AbstractBaseUser, Batch], object] | None = None
    help: Text = ""
    mapped: bool = False

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


registry: Registry[Sheet] = Registry(lambda sheet: sheet.key)


def declare(*sheets: Sheet) -> None:
    """Declare sheets at start-up, from a room's `sheets.py`."""
    registry.add(*sheets)


def declared() -> dict[str, Sheet]:
    """All sheets by key."""
    return registry.all()
