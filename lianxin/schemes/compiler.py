"""Scheme → SQL. One path, through Ibis, for SQLite, PostgreSQL and DuckDB alike.

A plan is a handful of named steps (they become the WITH clauses of one statement, in reading order): which units are subjects and
when they were active; one shared scan of the ledger that counts for every clause at once; one wide row per subject with the
figures, then the states, then the verdict. All days are literals made in `calendar`; SQL only compares them.

What the rows carry is small on purpose, because a statement's cost grows with its columns: months and quarters are bits of one
number (which are owed, which are met), states are numbers chosen so that their sum counts them, what is the same for every unit
stays outside the statement, and a column no later step reads is never written. A small county's statement takes longer to read
and plan than to run: few steps, and the shortest words for what is asked often.

Kept out on purpose, because the engines differ there: date parts and date arithmetic, time zones, true division, JSON accessors,
parameters. A test walks the plans for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis as typed_ibis
import ibis.backends.sql.compilers as typed_compilers
import sqlglot as typed_sqlglot
from ibis.expr.operations import Field
from ibis.expr.operations import Literal as Literal_

from lianxin.schemes import calendar
from lianxin.schemes.calendar import FAR, MONTHS_IN, Span
from lianxin.schemes.engines import SCOPE_SLOT, Compiled, Dialect
from lianxin.schemes.frame import SOON, Frame
from lianxin.schemes.kinds import WAIVED, waiver_subject
from lianxin.schemes.scheme import (
    Clause,
    Combination,
    Count,
    Each,
    Every,
    FactTest,
    From,
    Judged,
    Measure,
    Ratio,
    Scheme,
    Selection,
    Tally,
    Value,
    Veto,
    tallies_of,
)
from lianxin.schemes.standings import ALERT, ALERTS, PACE, PACES, STATE, STATES, WIDTH

ibis: Any = typed_ibis
"""Ibis's own types stop at the public ones of its expressions; the plans are checked by running them."""
lit: Any = ibis.literal
compilers: Any = typed_compilers
sqlglot: Any = typed_sqlglot

Column = Any
Relation = Any

# The tables a plan reads, narrow: only the columns it needs.
ENTRIES = ibis.table(
    {
        "id": "int64",
        "kind": "string",
        "unit_id": "int64",
        "unit_path": "string",
        "happened_on": "date",
        "recorded_at": "timestamp",
        "valid_to": "timestamp",
        "quantity": "int64",
        "subject": "string",
        "batch_id": "int64",
    },
    name="ledger_entry",
)
BATCHES = ibis.table({"id": "int64", "visible": "boolean", "visible_at": "timestamp"}, name="ledger_batch")
PLACEMENTS = ibis.table(
    {
        "unit_id": "int64",
        "parent_id": "int64",
        "path": "string",
        "name": "string",
        "kind": "string",
        "field": "string",
        "since": "date",
        "until": "date",
        "recorded_at": "timestamp",
        "valid_to": "timestamp",
    },
    name="organizations_placement",
)
_DATED = {"unit_id": "int64", "since": "date", "until": "date", "recorded_at": "timestamp", "valid_to": "timestamp"}
DESIGNATIONS = ibis.table({**_DATED, "designation": "string"}, name="organizations_designation")
FACTS = ibis.table({**_DATED, "key": "string", "value": "string"}, name="organizations_fact")
UNITS = ibis.table({"id": "int64", "code": "string"}, name="organizations_unit")
SCOPE = ibis.table({"id": "int64"}, name="scope_units")
"""The units asked for. Its text is put in when the statement is run, so that one compiled statement serves every user."""

MET, LATE, PENDING, NOT_STARTED, UNMET, UNKNOWN, WAIVED_, OUT = (STATE[state] for state in STATES)
ON_TRACK, BEHIND, IMPOSSIBLE = (PACE[pace] for pace in PACES)
DUE_SOON, OVERDUE = (ALERT[alert] for alert in ALERTS)
LEGEND = "/* " + "; ".join(
    f"{what}: " + ", ".join(f"{number} {word}" for word, number in numbers.items())
    for what, numbers in (("states", STATE), ("pace", PACE), ("alert", ALERT))
) + " */\n"  # fmt: skip
PARTS_AT_ONCE = (1 << WIDTH) - 1
WAIVERS_AT_ONCE = 30
MONTHS_OF = ("months", "whole_months")
"""Columns: the months in which a unit was there at all, and those it was there for the whole of."""
SLOTS = 1 << 13
"""Slots of one group of kinds: its cells are bits, 12 months at most."""


@dataclass
class Plan:
    """Named steps in order; each may read the ones before it."""

    steps: dict[str, "Relation | Wide"] = field(default_factory=dict)

    def add(self, name: str, relation: Relation) -> Relation:
        """Name a step, and return it as a table that later steps can read."""
        self.steps[name] = relation
        return ibis.table(relation.schema(), name=name)

    def relations(self) -> dict[str, Relation]:
        """Every step as it will be written."""
        return {name: step.relation() if isinstance(step, Wide) else step for name, step in self.steps.items()}


class Wide:
    """One row per subject, growing step by step. What is read of the last step is needed, and so is what that is made of; all
    else is left out of the statement, and so is what is the same for every subject."""

    def __init__(
        self, plan: Plan, name: str, source: "Relation | Wide", fresh: dict[str, Column], fixed: dict[str, Column]
    ) -> None:
        self.plan, self.source, self.fresh, self.fixed = plan, source, fresh, fixed
        self.read: set[str] = set()
        self.later: list[Wide] = []
        self._made_of: dict[str, set[str]] = {}
        schema = {**source.table.schema()} if isinstance(source, Wide) else {}
        self.table: Relation = ibis.table({**schema, **{column: made.type() for column, made in fresh.items()}}, name=name)
        plan.steps[name] = self

    @classmethod
    def of(cls, plan: Plan, name: str, relation: Relation, columns: Iterable[str]) -> "Wide":
        """The first of them."""
        return cls(plan, name, relation, {column: relation[column] for column in columns}, {})

    def grow(self, name: str, columns: Mapping[str, Column]) -> "Wide":
        """A further step, with more columns."""
        fixed = {column: made for column, made in columns.items() if isinstance(made.op(), Literal_)}
        fresh = {column: made for column, made in columns.items() if column not in fixed}
        kept = {column: made for column, made in self.fixed.items() if column not in fresh}
        grown = Wide(self.plan, name, self, fresh, {**kept, **fixed})
        self.later.append(grown)
        return grown

    def __getitem__(self, column: str) -> Column:
        if column in self.fixed:
            return self.fixed[column]
        self.read.add(column)
        return self.table[column]

    def __contains__(self, column: str) -> bool:
        return column in self.fixed or column in self.table.schema()

    def needed(self) -> list[str]:
        """The columns that are read of it: of the last step, those that were taken; before, what the needed ones are made of."""
        found = set() if self.later else set(self.read)
        for grown in self.later:
            found.update(*(grown.made_of(column) for column in grown.needed()))
        return sorted(found)

    def made_of(self, column: str) -> set[str]:
        """The columns of the step before that one of these is made of."""
        if column not in self.fresh:
            return {column}
        if column not in self._made_of:
            self._made_of[column] = {read.name for read in self.fresh[column].op().find(Field)}
        return self._made_of[column]

    def short(self) -> str:
        """The step as DuckDB is told it: all there was, and what is new. It drops what nobody reads by itself, and reading a long
        statement takes it longer than small counties do."""
        if not isinstance(self.source, Wide):
            return _text(self.relation(), "duckdb")
        needed = [column for column in self.needed() if column in self.fresh]
        if not needed:
            return f'SELECT * FROM "{self.source.table.get_name()}"'  # nosec B608  # our own name
        tree = _tree(self.source.table.select(**{column: self.fresh[column] for column in needed}), "duckdb")
        again = [sqlglot.to_identifier(column, quoted=True) for column in needed if column in self.source.table.schema()]
        tree.expressions.insert(0, sqlglot.exp.Star(except_=again) if again else sqlglot.exp.Star())
        return _said(tree, "duckdb")

    def relation(self) -> Relation:
        """The step as it will be written."""
        source = self.source.table if isinstance(self.source, Wide) else self.source
        return source.select(
            **{column: self.fresh[column] if column in self.fresh else source[column] for column in self.needed()}
        )


def render(
    plan: Plan, last: Relation, dialect: Dialect, *, scoped: bool = False, fixed: tuple[tuple[str, Any], ...] = ()
) -> Compiled:
    """The plan as one statement."""
    parts = [f'"scope_units" AS ({SCOPE_SLOT})'] if scoped else []
    for name, step in plan.steps.items():
        # PostgreSQL would fold steps used once into each other, and then plans a county's desk for minutes (measured).
        hint = "NOT MATERIALIZED " if dialect == "duckdb" else "MATERIALIZED "
        if isinstance(step, Wide) and dialect == "duckdb":
            text = step.short()
        else:
            text = _text(step.relation() if isinstance(step, Wide) else step, dialect)
        parts.append(f'"{name}" AS {hint}(\n{text}\n)')
    head = LEGEND + ("WITH " + ",\n".join(parts) + "\n" if parts else "")
    return Compiled(head + _text(last, dialect), tuple(last.columns), fixed)


def _text(relation: Relation, dialect: Dialect) -> str:
    """As `ibis.to_sql`, without its two copies of everything."""
    return _said(_tree(relation, dialect), dialect)


def _tree(relation: Relation, dialect: Dialect) -> Any:
    return getattr(compilers, dialect).compiler.to_sqlglot(relation)


def _days_as_literals(arg: Any) -> Any:
    if isinstance(arg, list):
        return [_days_as_literals(each) for each in arg]
    if not isinstance(arg, sqlglot.exp.DateFromParts):
        return arg
    year, month, day = (int(arg.args[part].name) for part in ("year", "month", "day"))
    return sqlglot.exp.DateStrToDate(this=sqlglot.exp.Literal.string(date(year, month, day).isoformat()))


def _said(tree: Any, dialect: Dialect) -> str:
    if dialect == "duckdb":
        # A day as a literal: one made by a function takes DuckDB longer to plan than small counties take it to count.
        for node in tree.walk():
            node.args = {key: _days_as_literals(arg) for key, arg in node.args.items()}
    return str(tree.sql(dialect=getattr(compilers, dialect).compiler.dialect, pretty=True, copy=False))


# --- Small words -------------------------------------------------------------------------------------------------------------


def known(table: Relation, frame: Frame) -> list[Column]:
    """Rows as they were known at the frame's instant."""
    conditions = [seen(table, frame)] if table is ENTRIES else []
    if frame.known is None:
        return [*conditions, table.valid_to.isnull()]
    instant = lit(frame.known)
    return [*conditions, table.recorded_at <= instant, table.valid_to.isnull() | (table.valid_to > instant)]


def seen(entries: Relation, frame: Frame | None = None) -> Column:
    """Entries of no import, or of one that has been made visible (by the frame's instant)."""
    visible = BATCHES.filter(BATCHES.visible)
    if frame is not None and frame.known is not None:
        visible = visible.filter(visible.visible_at.isnull() | (visible.visible_at <= lit(frame.known)))
    return entries.batch_id.isnull() | entries.batch_id.isin(visible.id)


def flag(condition: Column) -> Column:
    return ibis.ifelse(condition, 1, 0)


def all_of(conditions: Iterable[Column]) -> Column:
    return reduce(and_, conditions)


def any_of(conditions: Iterable[Column]) -> Column:
    return reduce(or_, conditions)


def total(columns: Iterable[Column]) -> Column:
    """The sum; of what is the same for every row, one number."""
    found = list(columns)
    same = sum(column.op().value for column in found if isinstance(column.op(), Literal_))
    told = [column for column in found if not isinstance(column.op(), Literal_)]
    return reduce(lambda one, other: one + other, [*told, *([lit(same)] if same or not told else [])])


def one_of(standing: Column, *states: int) -> Column:
    """Whether the state of a standing is one of these: each is a bit of its own."""
    return has_bit(standing, sum(states))


def how_many(summed: Column, number: int) -> Column:
    """How many of the summed numbers are this one."""
    place = number.bit_length() - 1
    return (summed >> place if place else summed) & PARTS_AT_ONCE


def _list_position(_list: Any, _element: Any) -> Any: ...
def _bit_count(_mask: Any) -> Any: ...
def _list_extract(_list: Any, _place: Any) -> Any: ...
def _month(_day: Any) -> Any: ...
def _subtract(_day: Any, _days: Any) -> Any: ...
def _bitstring_agg(_number: Any, _least: Any, _most: Any) -> Any: ...
def _translate(_text: Any, _letters: Any, _into: Any) -> Any: ...
def _substr(_text: Any, _start: Any, _length: Any) -> Any: ...


# Functions of the engines themselves: some of DuckDB, and one they all have (Ibis's own asks four lines about the start).
_builtin = ibis.udf.scalar.builtin
list_position = _builtin(_list_position, name="list_position", signature=(("array<string>", "string"), "int64"))
bit_count = _builtin(_bit_count, name="bit_count", signature=(("int64",), "int8"))
list_extract = _builtin(_list_extract, name="list_extract", signature=(("array<int32>", "int64"), "int32"))
month_of = _builtin(_month, name="month", signature=(("date",), "int64"))
days_before = _builtin(_subtract, name="subtract", signature=(("date", "int64"), "date"))
days_after = _builtin(_subtract, name="subtract", signature=(("date", "date"), "int64"))
set_of = ibis.udf.agg.builtin(_bitstring_agg, name="bitstring_agg", signature=(("int64", "int64", "int64"), "string"))
size_of = _builtin(_bit_count, name="bit_count", signature=(("string",), "int64"))
translate = _builtin(_translate, name="translate", signature=(("string", "string", "string"), "string"))
substr = _builtin(_substr, name="substr", signature=(("string", "int64", "int64"), "string"))


def bits_in(mask: Column, dialect: Dialect) -> Column:
    """How many of twelve bits are set."""
    if dialect == "duckdb":
        return bit_count(mask).cast("int32")
    # Those of each two, then of each four, then all together. Shorter than asking for each.
    pairs = mask - ((mask >> 1) & 0x555)
    fours = (pairs & 0x333) + ((pairs >> 2) & 0x333)
    return ((fours * 0x111) >> 8) & 15


def lowest(mask: Column) -> Column:
    """The lowest bit that is set; null where none is."""
    return (mask & -mask).nullif(0)


def has_bit(mask: Column, bits: int) -> Column:
    return (mask & bits) > 0


def either(mask: Column, dialect: Dialect, bits: Sequence[int]) -> Column:
    """Which of these bits are set in any row of a group."""
    if dialect in ("duckdb", "postgres"):
        return mask.bit_or()
    return reduce(lambda one, other: one + other, ((mask & bit).max() for bit in bits))


def ladder(branches: Iterable[tuple[Column, Any]], else_: Any) -> Column:
    """The first branch that holds; there may be none."""
    found = list(branches)
    if found:
        return ibis.cases(*found, else_=else_)
    return lit(else_) if isinstance(else_, int) else else_


def halved(day: Column, steps: Sequence[tuple[date, int]]) -> Column:
    """As a ladder of days, each the last of its step; asked by halves, since every entry goes through it."""
    if len(steps) == 1:
        return lit(steps[0][1])
    middle = len(steps) // 2
    return ibis.ifelse(day <= lit(steps[middle - 1][0]), halved(day, steps[:middle]), halved(day, steps[middle:]))


def small(number: Column) -> Column:
    """A sum as a plain number: engines widen sums, each in its own way."""
    return number.cast("int32")


def by_month(day: Column, months: Sequence[Span], numbers: Sequence[int]) -> Column:
    """The number of the month in which a day lies, on DuckDB: asked shorter and found faster than through a ladder of days.
    Periods lie within one year, so a month's own number tells it."""
    told = {month.first.month: number for month, number in zip(months, numbers, strict=True)}
    listed = [told.get(month, 0) for month in range(1, max(told) + 1)]
    return list_extract(lit(listed, type="array<int32>"), month_of(day))


def half_up(above: Column, below: Column) -> Column:
    """above ÷ below in whole numbers, a half rounded up; null where `below` is 0."""
    return ibis.ifelse(below > 0, (above * 2 + below) // ibis.ifelse(below > 0, below * 2, 1), ibis.null("int64"))


def without_digits(text: Column, dialect: Dialect) -> Column:
    if dialect != "sqlite":
        return translate(text, "0123456789", "")
    return reduce(lambda left, digit: left.replace(digit, ""), "0123456789", text)


def number_in(text: Column, dialect: Dialect) -> Column:
    """A fact's text as a whole number; null where it is not one."""
    fits = (text.length() >= 1) & (text.length() <= 9) & (without_digits(text, dialect) == "")
    return ibis.ifelse(fits, ibis.ifelse(fits, text, "0").cast("int64"), ibis.null("int64"))


def day_in(text: Column, dialect: Dialect) -> Column:
    """A fact's text if it has the shape of a day; null otherwise."""
    return ibis.ifelse((text.length() == 10) & (without_digits(text, dialect) == "--"), text, ibis.null("string"))


def years_after(day: Column, years: Column) -> Column:
    """A day's text so many years later; see `Compiler._dues`."""
    return (substr(day, 1, 4).cast("int64") + years).cast("string") + substr(day, 5, 6)


def fact_holds(value: Column, test: FactTest, dialect: Dialect) -> Column:
    if test.op == "equals":
        return value == test.values[0]
    if test.op == "in":
        return value.isin(list(test.values))
    bound = int(test.values[0])
    number = number_in(value, dialect)
    return ibis.coalesce(number >= bound if test.op == "at_least" else number <= bound, False)


def counts(table: Relation, tally: "Tally | Use") -> Column:
    """Whether a row of the ledger is one that the tally counts."""
    return table.kind == tally.kinds[0] if len(tally.kinds) == 1 else table.kind.isin(list(tally.kinds))


def tallied(table: Relation, tally: Tally) -> Column:
    """How many of these rows there are, each day or subject once where the scheme says so."""
    if tally.once_per == "day":
        return table.happened_on.nunique()
    if tally.once_per == "subject":
        return table.subject.nunique(where=table.subject != "") + table.count(where=table.subject == "")
    return table.count()


# --- The compiler ------------------------------------------------------------------------------------------------------------


@dataclass
class Compiler:
    """Builds the plan of one scheme in one frame."""

    scheme: Scheme
    frame: Frame
    sources: Mapping[str, Scheme]
    """The schemes its `from` clauses use, and theirs, by key."""
    kinds: frozenset[str]
    """Kinds that rooms declare; a clause over another kind is unknown."""
    scoped: bool = False
    plan: Plan = field(default_factory=Plan)
    prefix: str = ""
    dialect: Dialect = "sqlite"
    narrower: dict[str, int] = field(default_factory=dict)
    """Clause → number of the activity it has of its own, since it applies to some only."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Columns of the result that are the same for every unit."""

    def build(self) -> Relation:
        """One wide row per subject."""
        return self._named(self._judged())

    def _judged(self) -> Wide:
        return self._scored(self._combined(self._states(self._figures(self._joined()))))

    def _grow(self, row: Wide, name: str, columns: Mapping[str, Column]) -> Wide:
        return row.grow(self.prefix + name, columns)

    def _step(self, name: str, relation: Relation) -> Relation:
        return self.plan.add(self.prefix + name, relation)

    # -- cells: each month of the period is a bit; a quarter is the bit of its first month

    def bit(self, cell: Span) -> int:
        """The bit of a month, quarter, half or whole period."""
        return 1 << [month.first for month in self.frame.period.months].index(cell.first)

    def bits(self, cells: Iterable[Span]) -> int:
        return sum(self.bit(cell) for cell in cells)

    def every_month(self) -> list[int]:
        """Each month of the period, as a bit."""
        return [self.bit(month) for month in self.frame.period.months]

    def _bits_in(self, mask: Column) -> Column:
        return bits_in(mask, self.dialect)

    def cells_of(self, clause: Clause) -> tuple[Span, ...]:
        if isinstance(clause.test, Each):
            return calendar.cells(self.frame.period, clause.test.unit)
        return (self.frame.period,)

    def owed(self, rows: Relation, clause: Clause) -> Column:
        """Which cells of a clause a unit owes, from its months: a quarter where all of them are whole, or any is touched."""
        size = MONTHS_IN[clause.test.unit if isinstance(clause.test, Each) else self.frame.period.unit]
        months = rows[MONTHS_OF[clause.part_year == "whole_units"]]
        join = and_ if clause.part_year == "whole_units" else or_
        every = self.bits(self.cells_of(clause))
        return months if size == 1 else reduce(join, (months >> at if at else months for at in range(size))) & every

    def months(self, spans: Relation, *, whole: bool) -> Column:
        """Of a unit's spans: the months it was there for the whole of, or in which it was there at all."""
        if not whole:
            return either(spans.touched, self.dialect, self.every_month())
        # Of a month begun, any break within it takes it away.
        had, lost = (either(mask, self.dialect, self.every_month()) for mask in (spans.begun, spans.broken))
        return had - (had & lost)

    def _spread(self, spans: Relation, *keys: str, whole: bool, touching: bool) -> Relation:
        """These columns, and a span's months as bits, for `months` to be put together."""
        spans = spans.mutate(months=self._months_until(spans.until, over=False))
        columns = {}
        if touching:
            columns["touched"] = self._months_from(spans.since, begun=False) & spans.months
        if whole:
            columns["begun"] = self._months_from(spans.since, begun=True) & spans.months
            # The month within which it ended, after its first day and without another taking over.
            ended = (spans.until < lit(FAR)) & (spans.following.isnull() | (spans.following > spans.until))
            columns["broken"] = ibis.ifelse(ended, spans.months - self._months_until(spans.until, over=True), 0)
        return spans.select(*keys, **columns)

    def _months_from(self, day: Column, *, begun: bool) -> Column:
        """The months that begin on `day` or later, or that end then, as bits."""
        months, first = self.frame.period.months, lit(self.frame.period.first)
        every = (1 << len(months)) - 1
        left = [every - (1 << at) + 1 for at in range(len(months) + 1)]
        if self.dialect != "duckdb":
            days = (month.first if begun else month.last for month in months)
            return ladder(((day <= lit(last), bits) for last, bits in zip(days, left, strict=False)), 0)
        if begun:
            return ibis.ifelse(day <= first, every, by_month(days_before(day, 1), months, left[1:]))
        return by_month(ibis.greatest(day, first), months, left[:-1])

    def _months_until(self, day: Column, *, over: bool) -> Column:
        """The months that have begun before `day`, or that are over then, as bits."""
        months, last = self.frame.period.months, lit(self.frame.period.last)
        gone = [(1 << at) - 1 for at in range(len(months) + 1)]
        if self.dialect != "duckdb":
            days = [month.last if over else month.first for month in months]
            return ladder(((day > lit(first), bits) for first, bits in reversed(list(zip(days, gone[1:], strict=True)))), 0)
        if over:
            return ibis.ifelse(day > last, gone[-1], by_month(day, months, gone[:-1]))
        return by_month(ibis.least(days_before(day, 1), last), months, gone[1:])

    # -- who: subjects and when they were active

    def _spans(self, *selections: Selection) -> Relation:
        """(unit_id, since, until) over which every condition held, as known, up to the frame's day.

        What ends after that day still holds as far as can be known, so a move or closure on a later day changes nothing.
        """
        day, first = lit(self.frame.day), lit(self.frame.period.first)

        def held(table: Relation, *conditions: Column) -> Relation:
            rows = table.filter(*known(table, self.frame), *conditions, table.since <= day)
            if self.scoped:
                rows = rows.filter(rows.unit_id.isin(SCOPE.id))
            rows = rows.filter(rows.until.isnull() | (rows.until > first))
            lasting = rows.until.isnull() | (rows.until > day)
            return rows.select("unit_id", "since", until=ibis.ifelse(lasting, lit(FAR), rows.until))

        placed = [PLACEMENTS.kind.isin(list(selection.kinds)) for selection in selections if selection.kinds]
        placed += [PLACEMENTS.field.isin(list(selection.fields)) for selection in selections if selection.fields]
        spans = held(PLACEMENTS, *placed)
        others = [
            held(DESIGNATIONS, DESIGNATIONS.designation == selection.designation)
            for selection in selections
            if selection.designation
        ]
        others += [
            held(FACTS, FACTS.key == selection.fact.key, fact_holds(FACTS.value, selection.fact, self.dialect))
            for selection in selections
            if selection.fact
        ]
        for part in others:
            other = part.select(unit="unit_id", other_since="since", other_until="until")
            both = spans.join(other, spans.unit_id == other.unit)
            both = both.filter((both.since < both.other_until) & (both.other_since < both.until))
            spans = both.select(
                "unit_id",
                since=ibis.ifelse(both.since >= both.other_since, both.since, both.other_since),
                until=ibis.ifelse(both.until <= both.other_until, both.until, both.other_until),
            )
        return spans

    def _activity(self, name: str, selections: tuple[Selection, ...], clauses: list[Clause]) -> Relation:
        """Per unit: `first` day active, whether still `lasting`, active `months`, and which cells it `owes`, as bits."""
        spans = self._spans(*selections)
        whole = any(clause.part_year == "whole_units" for clause in clauses)
        touching = any(clause.part_year == "prorate" or isinstance(clause.test, Each) for clause in clauses)
        if whole:
            following = spans.since.lead().over(ibis.window(group_by=spans.unit_id, order_by=spans.since))
            spans = spans.mutate(following=following)
        if whole or touching:
            spread = self._spread(spans, "unit_id", "since", "until", whole=whole, touching=touching)
            spans = self._step(f"{name}_spans", spread)
        columns = {"first": spans.since.min(), "lasting": flag(spans.until == lit(FAR)).max()}
        columns |= {
            MONTHS_OF[kind]: self.months(spans, whole=kind) for kind, wanted in ((False, touching), (True, whole)) if wanted
        }
        return self._step(name, spans.group_by("unit_id").agg(**columns))

    # -- what: one shared scan of the ledger

    def unknown_kind(self, clause: Clause) -> bool:
        """Whether no room declares what this clause counts."""
        return any(tally.kind not in self.kinds for tally in _tallies(clause))

    def _shared(self, tally: Tally) -> bool:
        """Whether the shared scan counts it, so that it needs no scan of its own: all but subjects, and days on DuckDB only."""
        return not tally.once_per or (tally.once_per == "day" and self.dialect == "duckdb")

    def _uses(self) -> list["Use"]:
        """What the shared scan counts: everything but days, subjects and judgements."""
        found: list[Use] = []
        for clause in self.scheme.clauses:
            test = clause.test
            if isinstance(test, Count) and self._shared(test.tally):
                found.append(Use(f"n_{clause.id}", test.tally.kinds, days=bool(test.tally.once_per)))
            elif isinstance(test, Each) and not _distinct(test):
                found.append(Use(f"done_{clause.id}", test.tally.kinds, test.unit, test.at_least))
            elif isinstance(test, Ratio):
                sides = (("of", test.of), ("to", test.to))
                for side, measure in sides:
                    tally = measure.tally
                    if tally and (measure.quantity or self._shared(tally)):
                        days = bool(tally.once_per) and not measure.quantity
                        found.append(Use(f"{side}_{clause.id}", tally.kinds, quantity=measure.quantity, days=days))
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count) and self._shared(veto.test.tally):
                found.append(Use(f"n_{veto.id}", veto.test.tally.kinds, days=bool(veto.test.tally.once_per)))
        return found

    def _plain(self) -> Relation | None:
        """What one pass over the ledger and one grouping by unit count: entries, quantities, and cells in which one is enough."""
        uses = [use for use in self._uses() if use.plain]
        if not uses:
            return None
        e = self._in_period(sorted({kind for use in uses for kind in use.kinds}))
        columns, told = {}, {}
        for use in uses:
            counted, nothing = self._cell(e, use.unit) if use.unit else e.quantity if use.quantity else 1, 0
            if use.days:
                counted, nothing = days_after(e.happened_on, lit(self.frame.period.first)), ibis.null("int64")
            columns[use.column] = ibis.ifelse(counts(e, use), counted, nothing)
        e = self._step("counting", e.select("unit_id", **columns))
        for use in uses:
            column = e[use.column]
            bits = [self.bit(cell) for cell in self._begun(use.unit)] if use.unit else []
            told[use.column] = either(column, self.dialect, bits) if use.unit else small(column.sum())
            if use.days:
                told[use.column] = size_of(set_of(column, 0, (self.frame.day - self.frame.period.first).days))
        return self._step("counted", e.group_by("unit_id").agg(**told))

    def _slotted(self) -> Relation | None:
        """Cells that ask for more than one entry, in one pass: counted per unit and slot (a kind in a month or quarter), then
        per unit."""
        uses = [use for use in self._uses() if not use.plain]
        if not uses:
            return None
        alike: dict[tuple[int, ...], list[str]] = {}
        for kind in sorted({kind for use in uses for kind in use.kinds}):
            alike.setdefault(tuple(at for at, use in enumerate(uses) if kind in use.kinds), []).append(kind)
        groups: list[Slots] = []
        for number, (using, kinds) in enumerate(alike.items()):
            units = [unit for at in using if (unit := uses[at].unit)]
            finest = min(units, key=lambda unit: MONTHS_IN[unit], default=None)
            groups.append(Slots(number * SLOTS, tuple(kinds), finest, using))
        e = self._in_period(sorted({kind for group in groups for kind in group.kinds}))
        slots = [(e.kind.isin(list(group.kinds)), self._slot(e, group)) for group in groups]
        e = e.mutate(slot=ibis.cases(*slots[:-1], else_=slots[-1][1]) if len(slots) > 1 else slots[0][1])
        s = self._step("slots", e.group_by(["unit_id", "slot"]).agg(n=e.count()))
        columns: dict[str, Column] = {}
        for at, use in enumerate(uses):
            columns |= self._counted(s, use, [group for group in groups if at in group.uses])
        return self._step("slots_counted", s.group_by("unit_id").agg(**columns))

    def _begun(self, unit: calendar.Unit) -> list[Span]:
        """The cells in which something can have happened by the frame's day."""
        return [cell for cell in calendar.cells(self.frame.period, unit) if cell.first <= self.frame.day]

    def _slot(self, e: Relation, group: "Slots") -> Column:
        return self._cell(e, group.unit, group.base) if group.unit else lit(group.base)

    def _cell(self, e: Relation, unit: calendar.Unit, base: int = 0) -> Column:
        """The cell in which an entry lies, as a bit (plus `base`)."""
        cells = self._begun(unit)
        if self.dialect != "duckdb" or len(cells) == 1:
            return halved(e.happened_on, [(cell.last, base + self.bit(cell)) for cell in cells])
        months = [month for month in self.frame.period.months if month.first <= cells[-1].last]
        return by_month(
            e.happened_on,
            months,
            [base + self.bit(cell) for month in months for cell in cells if cell.first <= month.first <= cell.last],
        )

    def _counted(self, s: Relation, use: "Use", groups: Sequence["Slots"]) -> dict[str, Column]:
        """One figure per unit out of the slots; of cells, a bit for each with enough."""
        nothing = ibis.null("int64")
        assert use.unit
        inside = any_of((s.slot >= group.base) & (s.slot < group.base + SLOTS) for group in groups)
        if len(groups) == 1 and groups[0].unit == use.unit:
            enough = inside & (s.n >= use.at_least)
            return {use.column: small(ibis.ifelse(enough, s.slot - groups[0].base, nothing).sum())}
        bits = []
        for cell in self._begun(use.unit):
            slots = [
                group.base + self.bit(finer)
                for group in groups
                for finer in self._begun(group.unit or use.unit)
                if cell.first <= finer.first <= cell.last
            ]
            n = ibis.coalesce(ibis.ifelse(s.slot.isin(slots), s.n, nothing).sum(), 0)
            bits.append(ibis.ifelse(n >= use.at_least, self.bit(cell), 0))
        return {use.column: total(bits)}

    def _of(self, kinds: Sequence[str]) -> Column:
        """Entries of these kinds. DuckDB looks into an array once for each kind there is, into a list for each entry."""
        if len(kinds) == 1:
            return ENTRIES.kind == kinds[0]
        if self.dialect == "duckdb":
            return list_position(ibis.array(list(kinds)), ENTRIES.kind) > 0
        return ENTRIES.kind.isin(list(kinds))

    def _in_period(self, kinds: Sequence[str]) -> Relation:
        e = ENTRIES.filter(
            self._of(kinds),
            ENTRIES.happened_on >= lit(self.frame.period.first),
            ENTRIES.happened_on <= lit(self.frame.day),
            *known(ENTRIES, self.frame),
        )
        return e.filter(e.unit_id.isin(SCOPE.id)) if self.scoped else e

    def _once(self, name: str, column: str, tally: Tally, clause: Clause | None = None) -> Relation:
        """Per unit: how many days or subjects; of cells, a bit for each with enough. Apart from the shared scan, where counting
        distinct is slow. An entry without a subject is one of its own."""
        e = self._in_period(tally.kinds)
        keys = ["unit_id"]
        each = clause.test if clause and isinstance(clause.test, Each) else None
        if each:
            e, keys = e.mutate(cell=self._cell(e, each.unit)), ["unit_id", "cell"]
        if tally.once_per == "day":
            pairs = e.select(*keys, "happened_on").distinct()
            n = pairs.count()
        else:
            same = e.group_by([*keys, "subject"]).agg(entries=e.count())
            pairs = same.mutate(one=ibis.ifelse(same.subject == "", same.entries, 1))
            n = pairs.one.sum()
        if not clause or not each:
            return self._step(f"once_{name}", pairs.group_by("unit_id").agg(**{column: small(n)}))
        cells = pairs.group_by(keys).agg(n=n)
        done = ibis.ifelse(cells.n >= each.at_least, cells.cell, ibis.null("int64")).sum()
        still = {f"still_{what}": made for what, made in self._still(cells, clause, name).items()}
        return self._step(f"once_{name}", cells.group_by("unit_id").agg(**{column: small(done)}, **still))

    def _hopeless(self, clause: Clause) -> "Hopeless":
        """Which cells can no longer be met, whatever is done: where each day counts once, that is certain before a cell ends."""
        test = clause.test
        assert isinstance(test, Each)
        lost, running, asked = self._ended_bits(clause)[0], 0, 0
        for cell in self.cells_of(clause):
            left = (cell.last - max(cell.first, self.frame.as_of)).days + 1
            if test.tally.once_per != "day" or self.frame.ended(cell) or test.at_least <= left:
                continue
            if cell.first <= self.frame.as_of:
                running, asked = self.bit(cell), test.at_least - left
            else:
                lost += self.bit(cell)
        return Hopeless(lost, running, asked)

    def _still(self, cells: Relation, clause: Clause, name: str) -> dict[str, Column]:
        """Of a unit's cells: the running one, as a bit, if its days left suffice for what it lacks."""
        hopeless = self._hopeless(clause)
        if not hopeless.running:
            return {}
        enough = (cells.cell == hopeless.running) & (cells.n >= hopeless.asked)
        return {name: ibis.ifelse(enough, hopeless.running, 0).max()}

    def _last(self, name: str, tally: Tally) -> Relation:
        """Per unit: the day of the last act, of the last before the period, and of the first within it."""
        e = ENTRIES.filter(counts(ENTRIES, tally), ENTRIES.happened_on <= lit(self.frame.day), *known(ENTRIES, self.frame))
        if self.scoped:
            e = e.filter(e.unit_id.isin(SCOPE.id))
        before = e.happened_on < lit(self.frame.period.first)
        return self._step(
            f"last_{name}",
            e.group_by("unit_id").agg(
                **{
                    f"last_{name}": e.happened_on.max(),
                    f"before_{name}": e.happened_on.max(where=before),
                    f"again_{name}": e.happened_on.min(where=~before),
                }
            ),
        )

    def _judgement(self, clause: Clause, test: Judged) -> Relation:
        """Per unit: how many judgements, and their sum or the latest one."""
        e = self._in_period(test.tally.kinds)
        if test.pick == "mean":
            picked = e
        else:
            newest = ibis.window(group_by=e.unit_id, order_by=[e.happened_on.desc(), e.id.desc()])
            ranked = e.mutate(place=ibis.row_number().over(newest))
            picked = ranked.filter(ranked.place == 0)
        name = clause.id
        return self._step(
            f"judged_{name}",
            picked.group_by("unit_id").agg(**{f"n_{name}": picked.count(), f"sum_{name}": picked.quantity.sum()}),
        )

    def owing_beneath(self, clause: Clause) -> Relation:
        """(parent_id, unit_id, owes): which cells the units of a kind directly beneath owe, each its own, as bits."""
        frame, name = self.frame, clause.id
        day, first = lit(frame.day), lit(frame.period.first)
        p = PLACEMENTS.filter(PLACEMENTS.kind == clause.per, PLACEMENTS.since <= day, *known(PLACEMENTS, frame))
        p = p.filter(p.until.isnull() | (p.until > first))
        if self.scoped:
            p = p.filter(p.parent_id.isin(SCOPE.id))
        lasting = p.until.isnull() | (p.until > day)
        p = p.select("unit_id", "parent_id", "since", until=ibis.ifelse(lasting, lit(FAR), p.until))
        whole = clause.part_year == "whole_units"
        if whole:
            following = p.since.lead().over(ibis.window(group_by=[p.parent_id, p.unit_id], order_by=p.since))
            p = p.mutate(following=following)
        spread = self._spread(p, "unit_id", "parent_id", whole=whole, touching=not whole)
        p = self._step(f"{name}_beneath_spans", spread)
        months = p.group_by(["parent_id", "unit_id"]).agg(**{MONTHS_OF[whole]: self.months(p, whole=whole)})
        return self._step(f"{name}_beneath", months.select("parent_id", "unit_id", owes=self.owed(months, clause)))

    def _beneath(self, clause: Clause, test: Each) -> Relation:
        """Per unit: cells owed and met by the units of a kind directly beneath it."""
        frame, name = self.frame, clause.id
        owing = self.owing_beneath(clause)
        e = ENTRIES.filter(
            counts(ENTRIES, test.tally),
            ENTRIES.happened_on >= lit(frame.period.first),
            ENTRIES.happened_on <= lit(frame.day),
            *known(ENTRIES, frame),
            ENTRIES.unit_id.isin(owing.unit_id),
        )
        e = e.mutate(cell=self._cell(e, test.unit))
        n = tallied(e, test.tally)
        each = e.group_by(["unit_id", "cell"]).agg(n=n)
        enough = ibis.ifelse(each.n >= test.at_least, each.cell, 0)
        still = self._still(each, clause, "still")
        done = self._step(f"{name}_beneath_counted", each.group_by("unit_id").agg(done=small(enough.sum()), **still))
        both = owing.left_join(done, "unit_id")
        lost = self._hopeless(clause).bits(both.still if still else None)
        met = both.select("parent_id", "owes", met=both.owes & ibis.coalesce(both.done, 0), lost=lost)
        met = self._step(f"{name}_beneath_met", met.select("parent_id", "owes", "met", "lost", short=met.owes - met.met))
        ended, open_ = self._ended_bits(clause)
        each = self._step(
            f"{name}_beneath_cells",
            met.select(
                "parent_id",
                owed=self._bits_in(met.owes),
                met=self._bits_in(met.met),
                lost=self._bits_in(met.short & met.lost),
                so_far=self._bits_in(met.met + (met.short & ended)),
                next=lowest(met.short & open_),
            ),
        )
        return self._step(
            f"{name}_beneath_sums",
            each.group_by(unit_id=each.parent_id).agg(
                **{f"beneath_{what}_{name}": small(each[what].sum()) for what in ("owed", "met", "lost", "so_far")},
                **{f"beneath_next_{name}": each.next.min()},
            ),
        )

    def _ended_bits(self, clause: Clause) -> tuple[int, int]:
        """The cells that are over, and those that are not."""
        ended = self.bits(cell for cell in self.cells_of(clause) if self.frame.ended(cell))
        return ended, self.bits(self.cells_of(clause)) - ended

    # -- facts and waivers

    def _facts(self) -> Relation | None:
        """Per unit: the facts asked for, as they stood on the frame's day (`fact_KEY`), and whether they ever did (`has_KEY`)."""
        now: set[str] = set()
        ever: set[str] = set()
        for clause in self.scheme.clauses:
            if clause.applies.fact:
                ever.add(clause.applies.fact.key)
            test = clause.test
            if isinstance(test, Value):
                now.add(test.fact.key)
            elif isinstance(test, Every):
                now |= ({test.years} if isinstance(test.years, str) else set()) | ({test.seed} if test.seed else set())
            elif isinstance(test, Ratio):
                now |= {measure.fact for measure in (test.of, test.to) if measure.fact}
        if not now | ever:
            return None
        day = lit(self.frame.day)
        f = FACTS.filter(FACTS.key.isin(sorted(now | ever)), *known(FACTS, self.frame), FACTS.since <= day)
        f = f.filter(f.until.isnull() | (f.until > lit(self.frame.period.first)))
        if self.scoped:
            f = f.filter(f.unit_id.isin(SCOPE.id))
        holds = f.until.isnull() | (f.until > day)
        columns = {f"fact_{key}": f.value.max(where=(f.key == key) & holds) for key in sorted(now)}
        columns |= {f"has_{key}": flag(f.key == key).max() for key in sorted(ever)}
        return self._step("facts", f.group_by("unit_id").agg(**columns))

    def _dues(self, row: Wide) -> dict[str, Column]:
        """When the next act falls due, as text: years added to the first four digits of the last one's day. On 29 February it may
        name a day that is none (2027-02-29): no real day lies between it and the 28th, so comparisons come out as clamped;
        the reader clamps it for showing."""
        columns: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            test, name = clause.test, clause.id
            if not isinstance(test, Every):
                continue
            if isinstance(test.years, int):
                years = lit(test.years) if 1 <= test.years <= 20 else ibis.null("int64")
            else:
                number = number_in(row[f"fact_{test.years}"], self.dialect)
                years = ibis.ifelse((number >= 1) & (number <= 20), number, ibis.null("int64"))
            columns[f"base_due_{name}"] = self._base(row, test, row[f"last_{name}"])
            columns[f"years_{name}"] = years
            # Whoever acted so lately before the period cannot have been late within it; texts are slow to put together.
            lately = self._lately(test.years if isinstance(test.years, int) and 1 <= test.years <= 20 else 1)
            before = row[f"before_{name}"]
            asked = row[f"again_{name}"].notnull() & ibis.coalesce(before < lit(lately), True)
            columns[f"base_before_{name}"] = ibis.ifelse(asked, self._base(row, test, before), ibis.null("string"))
        return columns

    def _lately(self, years: int) -> date:
        """The first day from which so many years last beyond the frame's day."""
        return calendar.first_day_where(lambda day: calendar.add_years(day, years) >= self.frame.day)

    def _base(self, row: Wide, test: Every, day: Column) -> Column:
        """The day, as text, from which years are counted. A fact's shape is looked at only where there was no act: it is slow."""
        seed = day_in(row[f"fact_{test.seed}"], self.dialect) if test.seed else ibis.null("string")
        return ibis.ifelse(day.isnull(), seed, day.cast("string"))

    def _waivers(self) -> Relation:
        """Per unit: which clauses were waived for this period, as bits. The clause stands in the entry's subject."""
        e = ENTRIES.filter(ENTRIES.kind == WAIVED, ENTRIES.happened_on <= lit(self.frame.as_of), *known(ENTRIES, self.frame))
        if self.scoped:
            e = e.filter(e.unit_id.isin(SCOPE.id))
        names = ["", *(clause.id for clause in self.scheme.clauses)]
        subjects = [waiver_subject(self.scheme.key, name, self.frame.period.label) for name in names]
        e = e.filter(e.subject.isin(subjects))
        columns = {}
        for word in range(-(-len(subjects) // WAIVERS_AT_ONCE)):
            here = subjects[word * WAIVERS_AT_ONCE :][:WAIVERS_AT_ONCE]
            columns[f"waivers_{word}"] = ladder(((e.subject == subject, 1 << at) for at, subject in enumerate(here)), 0)
        if self.dialect == "duckdb":
            made = e.select("unit_id", **columns)
            return self._step("waivers", made.group_by("unit_id").agg(**{word: made[word].bit_or() for word in columns}))
        once = e.select("unit_id", **columns).distinct()
        return self._step("waivers", once.group_by("unit_id").agg(**{word: small(once[word].sum()) for word in columns}))

    def _waived(self, row: Wide, clause: Clause) -> Column:
        """Whether a clause, or the scheme as a whole, was waived."""
        at = 1 + next(number for number, other in enumerate(self.scheme.clauses) if other is clause)
        word, bit = divmod(at, WAIVERS_AT_ONCE)
        first = ibis.coalesce(row["waivers_0"], 0)
        if not word:
            return has_bit(first, 1 | 1 << bit)
        return has_bit(first, 1) | has_bit(ibis.coalesce(row[f"waivers_{word}"], 0), 1 << bit)

    # -- together: one wide row per subject

    def _joined(self) -> Wide:
        scheme = self.scheme
        plain = [clause for clause in scheme.clauses if clause.applies.empty]
        row = self._activity("subjects", (scheme.subject,), plain)
        joins: list[Relation] = []
        joins += [found for found in (self._plain(), self._slotted(), self._facts()) if found is not None]
        joins.append(self._waivers())
        narrower: dict[Selection, list[Clause]] = {}
        for clause in scheme.clauses:
            test, name = clause.test, clause.id
            if not clause.applies.empty:
                narrower.setdefault(clause.applies, []).append(clause)
            if isinstance(test, Count) and not self._shared(test.tally):
                joins.append(self._once(name, f"n_{name}", test.tally))
            if isinstance(test, Each) and _distinct(test):
                joins.append(self._once(name, f"done_{name}", test.tally, clause))
            if isinstance(test, Ratio):
                for side, measure in (("of", test.of), ("to", test.to)):
                    if measure.tally and not self._shared(measure.tally) and not measure.quantity:
                        joins.append(self._once(f"{side}_{name}", f"{side}_{name}", measure.tally))
            if isinstance(test, Every):
                joins.append(self._last(name, test.tally))
            if isinstance(test, Judged):
                joins.append(self._judgement(clause, test))
            if clause.per and isinstance(test, Each):
                joins.append(self._beneath(clause, test))
        for veto in scheme.vetoes:
            if isinstance(veto.test, Count) and not self._shared(veto.test.tally):
                joins.append(self._once(veto.id, f"n_{veto.id}", veto.test.tally))
        for number, (selection, clauses) in enumerate(narrower.items()):
            active = self._activity(f"applies_{number}", (scheme.subject, selection), clauses)
            names = {column: f"{column}_{number}" for column in active.columns if column != "unit_id"}
            joins.append(active.rename({new: old for old, new in names.items()}))
        self.narrower = {clause.id: number for number, clauses in enumerate(narrower.values()) for clause in clauses}
        for source in scheme.sources:
            joins.append(self._source(source))
        columns = list(row.columns)
        for number, other in enumerate(joins):
            row = row.left_join(other, "unit_id", rname=f"{{name}}_again_{number}")
            columns += [column for column in other.columns if column != "unit_id"]
        joined = Wide.of(self.plan, self.prefix + "joined", row, columns)
        return self._grow(joined, "measured", self._measured(joined))

    def _measured(self, row: Wide) -> dict[str, Column]:
        """What is read more than once: cells owed and met, days of dues, the length of a unit's own window."""
        columns = self._dues(row)
        for clause in self.scheme.clauses:
            _months, first, _lasting, suffix = self._active(row, clause)
            # From the first day of the month in which the unit became active to the period's last.
            columns[f"window{suffix}"] = self._window(first)
            if isinstance(clause.test, Each):
                owes = self.owed(RowWith(row, suffix), clause)
                met = owes & ibis.coalesce(row[f"done_{clause.id}"], 0)
                columns |= {f"owes_{clause.id}": owes, f"met_{clause.id}": met, f"short_{clause.id}": owes - met}
        return columns

    def _window(self, first: Column) -> Column:
        """Days from the first day of a day's month to the period's last."""
        windows = self.frame.windows()
        if self.dialect == "duckdb":
            within = ibis.greatest(first, lit(self.frame.period.first))
            return by_month(within, self.frame.period.months, [days for _last, days in windows])
        return ladder([(first <= lit(last), days) for last, days in windows[:-1]], windows[-1][1])

    def _source(self, key: str) -> Relation:
        """Per unit: the verdict and shares of another scheme, in the same frame."""
        other = self.sources[key]
        over_subtree = any(
            isinstance(clause.test, From) and clause.test.scheme == key and clause.test.over == "subtree"
            for clause in self.scheme.clauses
        )
        prefix = f"{self.prefix}{_word(key)}_"
        inner = Compiler(
            other, self.frame, self.sources, self.kinds, self.scoped and not over_subtree, self.plan, prefix, self.dialect
        )
        verdicts = inner._judged()
        name = _word(key)
        uses = {clause.test.use for clause in self.scheme.clauses if isinstance(clause.test, From) and clause.test.scheme == key}
        wanted = ["standing_all", "lasting", *(["share_met", "share_of"] if "share" in uses else [])]
        own = verdicts.table.select(unit_id=verdicts["unit_id"], **{f"{name}_{what}": verdicts[what] for what in wanted})
        verdict = self._step(f"from_{name}", own)
        if not over_subtree:
            return verdict
        places = self._step(f"from_{name}_places", self._places(scoped=False))
        at = places.join(verdict, "unit_id").select("path", **{c: verdict[c] for c in own.columns if c != "unit_id"})
        top = places.select(top_id=places.unit_id, top=places.path)
        if self.scoped:
            top = top.filter(top.top_id.isin(SCOPE.id))
        inside = top.join(at, (at.path >= top.top) & (at.path < top.top + ":"))
        standing = inside[f"{name}_standing_all"]
        counted = ~one_of(standing, OUT, WAIVED_) & (inside[f"{name}_lasting"] == 1)
        sums = {
            f"{name}_met_beneath": flag(counted & one_of(standing, MET, LATE)).sum(),
            f"{name}_beneath": flag(counted).sum(),
        }
        for what in wanted[2:]:
            sums[f"{name}_{what}_beneath"] = ibis.coalesce(ibis.ifelse(counted, inside[f"{name}_{what}"], 0).sum(), 0)
        beneath = self._step(f"from_{name}_sums", inside.group_by(unit_id=inside.top_id).agg(**sums))
        return beneath.left_join(verdict, "unit_id").drop("unit_id_right")

    # -- figures: n, need, missing per clause

    def _figures(self, row: Wide) -> Wide:
        columns: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            columns |= getattr(self, f"_figure_{type(clause.test).__name__.lower()}")(row, clause)
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count):
                columns[f"n_{veto.id}"] = ibis.coalesce(row[f"n_{veto.id}"], 0)
        return self._grow(row, "figures", columns)

    def _active(self, row: Wide, clause: Clause) -> tuple[Column, Column, Column, str]:
        """(active months, first day, lasting, suffix of its columns) of a clause: the subject's, or narrower if it `applies`."""
        number = self.narrower.get(clause.id)
        suffix = "" if number is None else f"_{number}"
        months = (
            self._bits_in(row[f"months{suffix}"]) if clause.part_year == "prorate" else lit(MONTHS_IN[self.frame.period.unit])
        )
        return months, row[f"first{suffix}"], row[f"lasting{suffix}"], suffix

    def _needed(self, clause: Clause, need: int, months: Column) -> Column:
        """What is owed of `need` entries by a unit that was there for part of the period."""
        of_months = MONTHS_IN[self.frame.period.unit]
        if clause.part_year != "prorate" or need == 1:
            return lit(need)
        return (months * need + (of_months - 1)) // of_months  # as calendar.prorated: no unit is there for less than a month

    def _figure_count(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Count)
        months = self._active(row, clause)[0]
        n = ibis.coalesce(row[f"n_{name}"], 0)
        columns = {f"n_{name}": n, f"need_{name}": self._needed(clause, test.at_least, months)}
        if test.bands:
            reached = [(n >= self._needed(clause, entries, months), worth * 10) for entries, worth in reversed(test.bands)]
            columns[f"earned_{name}"] = ibis.cases(*reached, else_=0)
        return columns

    def _figure_each(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Each)
        ended, open_ = self._ended_bits(clause)
        hopeless = self._hopeless(clause)
        lost = hopeless.bits(row[f"still_{name}"] if hopeless.running else None)
        owes, met, short = (row[f"{what}_{name}"] for what in ("owes", "met", "short"))
        own = {
            "owed": self._bits_in(owes),
            "met": self._bits_in(met),
            "lost": self._bits_in(short & lost) if hopeless.any else lit(0),
            "so_far": self._bits_in(met + (short & ended)),
        }
        next_cell = lowest(short & open_)
        if clause.per:
            # Groups that are no units of their own are recorded on the branch itself: then it owes the cells as one.
            there = row[f"beneath_owed_{name}"].notnull()
            own = {what: ibis.ifelse(there, row[f"beneath_{what}_{name}"], column) for what, column in own.items()}
            next_cell = ibis.ifelse(there, row[f"beneath_next_{name}"], next_cell)
        return {
            f"n_{name}": own["met"],
            f"need_{name}": own["owed"],
            f"lost_{name}": own["lost"],
            f"so_far_{name}": own["so_far"],
            f"next_{name}": next_cell,
        }

    def _figure_every(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Every)
        years = row[f"years_{name}"]
        late = years_after(row[f"base_before_{name}"], years) < row[f"again_{name}"].cast("string")
        return {f"due_{name}": years_after(row[f"base_due_{name}"], years), f"late_{name}": flag(ibis.coalesce(late, False))}

    def _figure_ratio(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Ratio)

        def side(which: str, measure: Measure) -> Column:
            if measure.fact:
                return number_in(row[f"fact_{measure.fact}"], self.dialect)
            return ibis.coalesce(row[f"{which}_{name}"], 0)

        return {f"n_{name}": side("of", test.of), f"need_{name}": side("to", test.to)}

    def _figure_value(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Value)
        value = row[f"fact_{test.fact.key}"]
        return {
            f"absent_{name}": flag(value.isnull()),
            f"reached_{name}": flag(ibis.coalesce(fact_holds(value, test.fact, self.dialect), False)),
        }

    def _figure_judged(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Judged)
        n = ibis.coalesce(row[f"n_{name}"], 0)
        scored = half_up(ibis.coalesce(row[f"sum_{name}"], 0).cast("int64") * clause.points * 10, n * test.out_of)
        scored = ibis.coalesce(scored, 0)
        most = clause.points * 10
        return {f"n_{name}": n, f"need_{name}": lit(1), f"earned_{name}": ibis.ifelse(scored > most, most, scored)}

    def _figure_from(self, row: Wide, clause: Clause) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, From)
        other = _word(test.scheme)
        if test.over == "subtree":
            kind = "share_met" if test.use == "share" else "met"
            n = ibis.coalesce(row[f"{other}_{kind}_beneath"], 0)
            need = ibis.coalesce(row[f"{other}_share_of_beneath" if test.use == "share" else f"{other}_beneath"], 0)
        elif test.use == "share":
            n, need = ibis.coalesce(row[f"{other}_share_met"], 0), ibis.coalesce(row[f"{other}_share_of"], 0)
        else:
            n, need = flag(ibis.coalesce(one_of(row[f"{other}_standing_all"], MET, LATE), False)), lit(1)
        return {f"n_{name}": n, f"need_{name}": need}

    # -- states

    def _states(self, row: Wide) -> Wide:
        row = self._grow(row, "stood", {f"standing_{clause.id}": self._standing(row, clause) for clause in self.scheme.clauses})
        worth = {f"points_{clause.id}": self._points(row, clause) for clause in self.scheme.clauses if clause.points}
        return self._grow(row, "worth", worth) if worth else row

    def _standing(self, row: Wide, clause: Clause) -> Column:
        """Outside, waived, unknown, or how far it has come: in this order."""
        test, name = clause.test, clause.id
        unknown_kind = self.unknown_kind(clause)
        first = self._active(row, clause)[1]
        steps: list[tuple[Column, Any]] = []
        absent = None
        if not clause.applies.empty:
            outside = first.isnull()
            if clause.applies.fact:
                absent = ibis.coalesce(row[f"has_{clause.applies.fact.key}"], 0) == 0
                outside = outside & ~absent
            steps.append((outside, OUT))
        if isinstance(test, Each | Count) and not unknown_kind:
            nothing_owed = None
            if isinstance(test, Each):
                nothing_owed = row[f"need_{name}"] == 0
            elif clause.part_year == "whole_units":
                suffix = self._active(row, clause)[3]
                nothing_owed = self.owed(RowWith(row, suffix), clause) == 0
            if nothing_owed is not None:
                steps.append((nothing_owed if absent is None else nothing_owed & ~absent, OUT))
        if isinstance(test, From):
            if test.over == "subtree":
                steps.append((row[f"need_{name}"] == 0, OUT))
            else:
                steps.append((one_of(ibis.coalesce(row[f"{_word(test.scheme)}_standing_all"], OUT), OUT), OUT))
        steps.append((self._waived(row, clause), WAIVED_))
        if absent is not None and not unknown_kind:
            steps.append((absent, UNKNOWN))
        come, rest = ([], lit(UNKNOWN)) if unknown_kind else self._come(row, clause)
        return ibis.cases(*steps, *come, else_=rest)

    def _come(self, row: Wide, clause: Clause) -> tuple[list[tuple[Column, Any]], Column]:
        """How far a clause has come that applies, is not waived, and whose kind is known: as the rungs of a ladder and its else.
        What is unmet is overdue; what is unfinished has a pace, and falls due soon or not."""
        test, name = clause.test, clause.id
        _months, _first, lasting, suffix = self._active(row, clause)
        left = (ibis.coalesce(lasting, 0) if suffix else lasting) == 0
        unmet = UNMET + OVERDUE
        if isinstance(test, Every):
            due, soon = row[f"due_{name}"], self._soon(row, clause)
            done = total([ladder([(row[f"late_{name}"] == 1, LATE)], MET), soon])
            return [(due.isnull(), UNKNOWN), (self._overdue(due), unmet)], done
        if isinstance(test, From) and test.over == "self":
            other = row[f"{_word(test.scheme)}_standing_all"]
            bare = other - (other & sum(ALERT.values()))
            unfinished = [(one_of(bare, PENDING, NOT_STARTED), bare + DUE_SOON)] if self.frame.due_soon else []
            return [(one_of(bare, UNMET), unmet), *unfinished], bare
        if isinstance(test, Judged) and test.if_missing == "pending":
            return [(row[f"n_{name}"] > 0, MET)], total([lit(PENDING), lit(ON_TRACK), self._soon(row, clause)])
        # What is left: met, or unmet once the period is over or the unit has gone, else unfinished.
        if isinstance(test, Value):
            reached, begun = [(row[f"absent_{name}"] == 1, UNKNOWN), (row[f"reached_{name}"] == 1, MET)], lit(PENDING)
        elif isinstance(test, Judged):
            reached, begun = [(row[f"n_{name}"] > 0, MET)], lit(NOT_STARTED)
        else:
            n, need = row[f"n_{name}"], row[f"need_{name}"]
            if isinstance(test, Ratio):
                enough = n * 1000 >= need * test.at_least
                reached = [(n.isnull() | need.isnull(), UNKNOWN), (need == 0, OUT), (enough, MET)]
            else:
                reached = [(n >= need, MET)]
            begun = ibis.ifelse(n == 0, NOT_STARTED, PENDING)
        if self.frame.over:
            return reached, lit(unmet)
        return [*reached, (left, unmet)], total([begun, self._pace(row, clause), self._soon(row, clause)])

    def _overdue(self, due: Column) -> Column:
        return due < self.frame.day.isoformat()

    def _pace(self, row: Wide, clause: Clause) -> Column:
        """`impossible`, `behind` or `on_track` for what is unfinished: certain facts only."""
        test, name = clause.test, clause.id
        if isinstance(test, Value | Judged):
            return lit(ON_TRACK)
        n, need = row[f"n_{name}"], row[f"need_{name}"]
        steps: list[tuple[Column, Any]] = []
        if isinstance(test, Ratio):
            need = (need * test.at_least + 999) // 1000
        elif isinstance(test, Each):
            steps.append((row[f"lost_{name}"] > 0, IMPOSSIBLE))
        elif isinstance(test, Count) and test.tally.once_per == "day":
            steps.append((need - n > self.frame.days_left, IMPOSSIBLE))
        # The unit's own window runs from the month in which it became active to the period's end. Behind is whose share done
        # falls short of the share of time gone by more than a quarter: n ÷ need + ¼ < (window − left) ÷ window.
        window, left = row[f"window{self._active(row, clause)[3]}"], (self.frame.period.last - self.frame.day).days
        asked = window * 3 - left * 4 if left else window * 3
        once = isinstance(need.op(), Literal_) and need.op().value == 1
        steps.append((n * window * 4 < (asked if once else need * asked), BEHIND))
        return ibis.cases(*steps, else_=ON_TRACK)

    def _soon(self, row: Wide, clause: Clause) -> Column:
        """Whether what is unfinished falls due soon; of what comes every so many years, whether people are reminded of it."""
        test, name = clause.test, clause.id
        if isinstance(test, Every):
            limit = max((_first_due_after(months, self.frame.day) for months in test.remind), default=None)
            return ibis.ifelse(row[f"due_{name}"] < limit.isoformat(), DUE_SOON, 0) if limit else lit(0)
        if isinstance(test, Each):
            cells = self.cells_of(clause)
            near = [cell for cell in cells if not self.frame.ended(cell) and (cell.last - self.frame.as_of).days <= SOON]
            if not near:
                return lit(0)
            return ibis.ifelse(has_bit(ibis.coalesce(row[f"next_{name}"], 0), self.bits(near)), DUE_SOON, 0)
        return lit(DUE_SOON if self.frame.due_soon else 0)

    def _points(self, row: Wide, clause: Clause) -> Column:
        """Tenths of points earned so far."""
        test, name, full = clause.test, clause.id, clause.points * 10
        state = row[f"standing_{name}"]
        if f"earned_{name}" in row:
            earned = row[f"earned_{name}"]
        elif isinstance(test, Ratio):
            n, width = row[f"n_{name}"], test.full_at - test.zero_at
            above = half_up(n * 1000, row[f"need_{name}"]) - test.zero_at
            linear = half_up(above * full, lit(width))
            earned = ibis.cases((above.isnull() | (above <= 0), 0), (above >= width, full), else_=linear)
        elif isinstance(test, Each):
            earned = half_up(row[f"n_{name}"] * full, row[f"so_far_{name}"])
        elif isinstance(test, From) and (test.use == "share" or test.over == "subtree"):
            earned = half_up(row[f"n_{name}"] * full, row[f"need_{name}"])
        else:
            earned = ibis.ifelse(one_of(state, MET, LATE), full, 0)
        return ibis.ifelse(one_of(state, OUT, WAIVED_, UNKNOWN), 0, ibis.coalesce(earned, 0))

    # -- the verdict

    def _combined(self, row: Relation) -> Relation:
        """Clause states → the verdict, with three values: what is unknown neither passes nor fails."""
        pending = [self.scheme.verdict]
        groups: list[Combination] = []
        while pending:
            group = pending.pop()
            groups.append(group)
            pending += [part for part in group.of if isinstance(part, Combination)]
        names = {id(group): f"group{number}" if number else "all" for number, group in enumerate(groups)}
        for group in reversed(groups):
            parts = [part if isinstance(part, str) else names[id(part)] for part in group.of]
            row = self._group(row, names[id(group)], parts, group.at_least)
        return row

    def _group(self, row: Wide, name: str, parts: list[str], at_least: int | None) -> Wide:
        """A combination's standing and figures, out of sums of its parts' standings."""
        chunks = [parts[at : at + PARTS_AT_ONCE] for at in range(0, len(parts), PARTS_AT_ONCE)]
        sums = {
            f"sum_{at}_{name}": total([row[f"standing_{part}"].cast("int64") for part in chunk])
            for at, chunk in enumerate(chunks)
        }
        row = self._grow(row, f"tally_{name}", sums | (self._share(row) if name == "all" else {}))
        columns = [row[column] for column in sums]

        def number(*words: int) -> Column:
            return total(how_many(column, word) for column in columns for word in words)

        counts = {
            "n": number(MET, LATE),
            "open": number(PENDING, NOT_STARTED),
            "asked": len(parts) - number(OUT, WAIVED_),
            "unknown": number(UNKNOWN),
        }
        row = self._grow(row, f"counted_{name}", {f"{what}_{name}": column for what, column in counts.items()})
        columns = [row[column] for column in sums]
        done, open_, asked, unknown = (row[f"{what}_{name}"] for what in counts)
        need = asked if at_least is None else ibis.least(asked, at_least)
        pace = ibis.cases(
            (done + open_ + unknown - number(IMPOSSIBLE) < need, IMPOSSIBLE),
            (done + number(ON_TRACK) + unknown < need, BEHIND),
            else_=ON_TRACK,
        )
        standing = ibis.cases(
            (asked == 0, ibis.ifelse(number(WAIVED_) > 0, WAIVED_, OUT)),
            (number(MET) >= need, MET),
            (done >= need, LATE),
            (done + open_ + unknown < need, UNMET),
            (done + open_ < need, UNKNOWN),
            else_=ibis.ifelse(number(NOT_STARTED) == asked, NOT_STARTED, PENDING) + pace,
        )
        alert = ibis.cases((number(OVERDUE) > 0, OVERDUE), (number(DUE_SOON) > 0, DUE_SOON), else_=0)
        return self._grow(row, f"verdict_{name}", {f"standing_{name}": standing + alert, f"need_{name}": need})

    def _share(self, row: Wide) -> dict[str, Column]:
        """Cells met among those owed so far; a clause without cells is one cell, owed once it is met or over."""
        met, of = [], []
        for clause in self.scheme.clauses:
            name = clause.id
            state = row[f"standing_{name}"]
            if isinstance(clause.test, Each):
                out = one_of(state, OUT, WAIVED_)
                met.append(ibis.ifelse(out, 0, row[f"n_{name}"]))
                of.append(ibis.ifelse(out, 0, row[f"so_far_{name}"]))
            else:
                met.append(flag(one_of(state, MET, LATE)))
                of.append(flag(one_of(state, MET, LATE, UNMET)))
        return {"share_met": total(met), "share_of": total(of)}

    def _scored(self, row: Wide) -> Wide:
        scheme = self.scheme
        if scheme.vetoes:
            row = self._grow(row, "vetoed", {f"fired_{veto.id}": flag(self._fired(row, veto)) for veto in scheme.vetoes})
        if scheme.score is None:
            return row
        score = scheme.score
        if score.share == "cells":
            return self._grow(row, "scored", {"score": half_up(row["share_met"] * 1000, row["share_of"])})
        worth = [clause for clause in scheme.clauses if clause.points]
        earned = total(row[f"points_{clause.id}"] for clause in worth)
        asked = total(ibis.ifelse(one_of(row[f"standing_{clause.id}"], OUT, WAIVED_), 0, clause.points) for clause in worth)
        row = self._grow(row, "earned", {"earned": earned, "asked": asked})
        unit = 1 if score.decimals else 10
        if scheme.rescale:
            points = half_up(row["earned"] * score.scale, row["asked"] * unit) * unit
        else:
            points = half_up(row["earned"], lit(unit)) * unit
        row = self._grow(row, "rounded", {"points": points})
        points, cap = row["points"], score.cap * 10
        most = [(row[f"fired_{veto.id}"], veto.effect.score * 10) for veto in scheme.vetoes if veto.effect.score is not None]
        limits = [
            ((fired == 1) & (points > at_most), min(at_most, cap)) for fired, at_most in sorted(most, key=lambda each: each[1])
        ]
        points = ibis.cases(*limits, (points > cap, cap), else_=points)
        row = self._grow(row, "scored", {"score": points})
        if not scheme.levels:
            return row
        branches = []
        for level in scheme.levels:
            needs = [has_bit(row[f"standing_{clause}"], STATE[state]) for clause, state in level.needs]
            branches.append((all_of([row["score"] >= level.at_least, *needs]), level.stars))
        row = self._grow(row, "levelled", {"reached": ibis.cases(*branches, else_=ibis.null("int64"))})
        stars = row["reached"]
        most = [(row[f"fired_{veto.id}"], veto.effect.stars_max) for veto in scheme.vetoes if veto.effect.stars_max is not None]
        limits = [((fired == 1) & (stars > at_most), at_most) for fired, at_most in sorted(most, key=lambda each: each[1])]
        return self._grow(row, "starred", {"stars": ladder(limits, stars)})

    def _fired(self, row: Wide, veto: Veto) -> Column:
        test = veto.test
        if isinstance(test, Count):
            return row[f"n_{veto.id}"] >= test.at_least
        return has_bit(row[f"standing_{test.clause}"], ALERT[test.alert] if test.alert else STATE[test.state])

    # -- names and places

    def _places(self, *, scoped: bool) -> Relation:
        """Per unit: where it stood and how it was called on the frame's day, or last before it."""
        p = PLACEMENTS.filter(PLACEMENTS.since <= lit(self.frame.day), *known(PLACEMENTS, self.frame))
        if scoped:
            p = p.filter(p.unit_id.isin(SCOPE.id))
        # The newest of each unit by a join, since picking it with a window is slow.
        newest = p.group_by(newest_id=p.unit_id).agg(newest=p.since.max())
        both = p.join(newest, (p.unit_id == newest.newest_id) & (p.since == newest.newest))
        return both.select("unit_id", "path", "name", "kind", "field")

    def _named(self, row: Wide) -> Relation:
        wanted = {}
        for clause in self.scheme.clauses:
            name = clause.id
            wanted[f"standing_{name}"] = row[f"standing_{name}"]
            if not isinstance(clause.test, Every | Value):
                wanted |= {f"{what}_{name}": row[f"{what}_{name}"] for what in ("n", "need")}
            if isinstance(clause.test, Every):
                wanted[f"due_{name}"] = row[f"due_{name}"]
                due, acted = row[f"due_{name}"], row[f"last_{name}"].notnull()
                wanted[f"n_{name}"] = flag(acted & ~self._overdue(due))
                wanted[f"need_{name}"] = flag(due.notnull() & (acted | self._overdue(due)))
            elif isinstance(clause.test, Each):
                wanted[f"next_{name}"] = row[f"next_{name}"]
            if clause.points:
                wanted[f"points_{name}"] = row[f"points_{name}"]
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count):
                wanted[f"n_{veto.id}"] = row[f"n_{veto.id}"]
            wanted[f"fired_{veto.id}"] = row[f"fired_{veto.id}"]
        wanted |= {f"{what}_all": row[f"{what}_all"] for what in ("standing", "n", "need")}
        wanted |= {what: row[what] for what in ("score", "stars") if what in row}
        self.fixed = {name: column.op().value for name, column in wanted.items() if isinstance(column.op(), Literal_)}
        wanted = {name: column for name, column in wanted.items() if name not in self.fixed}
        verdicts = self._step("verdicts", row.table.select(unit_id=row["unit_id"], lasting=row["lasting"], **wanted))
        p = self._places(scoped=self.scoped)
        places = self._step("places", p.join(UNITS, p.unit_id == UNITS.id).select(*p.columns, "code"))
        return verdicts.join(places, "unit_id").select(*verdicts.columns, *(places[c] for c in places.columns if c != "unit_id"))


def _tallies(clause: Clause) -> tuple[Tally, ...]:
    return tallies_of(clause.test)


def _distinct(test: Each) -> bool:
    """Whether days or subjects have to be told apart: one entry is enough for one day."""
    return bool(test.tally.once_per) and test.at_least > 1


@dataclass(frozen=True)
class Use:
    """One figure that the shared scan makes: a number of entries, their quantities, or a bit for each cell with enough."""

    column: str
    kinds: tuple[str, ...]
    unit: calendar.Unit | None = None
    at_least: int = 1
    quantity: bool = False
    days: bool = False
    """Each day once."""

    @property
    def plain(self) -> bool:
        """Whether it can be told from each entry alone."""
        return self.unit is None or self.at_least == 1


@dataclass(frozen=True)
class Slots:
    """Kinds that the same figures count, alike: their numbers (of a slot) begin at `base`, one for each cell."""

    base: int
    kinds: tuple[str, ...]
    unit: calendar.Unit | None
    uses: tuple[int, ...]


@dataclass(frozen=True)
class Hopeless:
    """Cells that can no longer be met, as bits."""

    lost: int
    """Over, or with fewer days than they ask for."""
    running: int
    """The cell of today, where its days left may not suffice: they do with `asked` done by now."""
    asked: int

    @property
    def any(self) -> bool:
        return bool(self.lost | self.running)

    def bits(self, still: Column | None) -> Column:
        """Those of a unit. `still`: the running one if it can be met."""
        return lit(self.lost) if still is None else self.lost + (self.running - ibis.coalesce(still, 0))


class RowWith:
    """A row whose columns have a suffix; null where the unit is none of those: then 0."""

    def __init__(self, row: Wide, suffix: str) -> None:
        self.row, self.suffix = row, suffix

    def __getitem__(self, column: str) -> Column:
        found = self.row[column + self.suffix]
        return ibis.coalesce(found, 0) if self.suffix else found


def _word(key: str) -> str:
    return key.replace("-", "_")


def _first_due_after(months: int, day: date) -> date:
    """The first due day of which people are not yet reminded, so many months ahead, on `day`."""
    return calendar.first_day_where(lambda due: calendar.add_months(due, -months) > day)
