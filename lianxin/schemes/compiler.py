"""Scheme → SQL. One path, through Ibis, for SQLite, PostgreSQL and DuckDB alike.

A plan is a handful of named steps (they become the WITH clauses of one statement, in reading order): which units are subjects and
when they were active; one shared scan of the ledger that counts for every clause at once; one wide row per subject with the
figures, then the states, then the verdict. All days are literals made in `calendar`; SQL only compares them.

Kept out on purpose, because the engines differ there: date parts and date arithmetic, time zones, true division, JSON accessors,
parameters. A test walks the plans for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, Literal

import ibis as typed_ibis

from lianxin.schemes import calendar
from lianxin.schemes.calendar import FAR, MONTHS_IN, Span
from lianxin.schemes.frame import Frame
from lianxin.schemes.kinds import WAIVED
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
    When,
    tallies_of,
)

ibis: Any = typed_ibis
"""Ibis's own types stop at the public ones of its expressions; the plans are checked by running them."""
lit: Any = ibis.literal

Dialect = Literal["sqlite", "postgres", "duckdb"]
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
BATCHES = ibis.table({"id": "int64", "visible": "boolean"}, name="ledger_batch")
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
SCOPE_SLOT = "/* the units asked for */"

UNFINISHED = ("pending", "not_started")
OUT = ("not_applicable", "waived")


@dataclass
class Plan:
    """Named steps in order; each may read the ones before it."""

    steps: dict[str, Relation] = field(default_factory=dict)

    def add(self, name: str, relation: Relation) -> Relation:
        """Name a step, and return it as a table that later steps can read."""
        self.steps[name] = relation
        return ibis.table(relation.schema(), name=name)


@dataclass(frozen=True)
class Compiled:
    """A statement ready to run, and the order of its columns."""

    sql: str
    columns: tuple[str, ...]


def render(plan: Plan, last: Relation, dialect: Dialect, *, scoped: bool = False) -> Compiled:
    """The plan as one statement."""
    parts = [f'"scope_units" AS ({SCOPE_SLOT})'] if scoped else []
    for name, relation in plan.steps.items():
        # PostgreSQL would fold steps used once into each other, and then plans a county's desk for minutes (measured).
        hint = "NOT MATERIALIZED " if dialect == "duckdb" else "MATERIALIZED "
        parts.append(f'"{name}" AS {hint}(\n{ibis.to_sql(relation, dialect=dialect)}\n)')
    head = "WITH " + ",\n".join(parts) + "\n" if parts else ""
    return Compiled(head + str(ibis.to_sql(last, dialect=dialect)), tuple(last.columns))


# --- Small words -------------------------------------------------------------------------------------------------------------


def known(table: Relation, frame: Frame) -> list[Column]:
    """Rows as they were known at the frame's instant."""
    conditions = [seen(table)] if table is ENTRIES else []
    if frame.known is None:
        return [*conditions, table.valid_to.isnull()]
    instant = lit(frame.known)
    return [*conditions, table.recorded_at <= instant, table.valid_to.isnull() | (table.valid_to > instant)]


def seen(entries: Relation) -> Column:
    """Entries of no import, or of one that has been made visible."""
    visible = BATCHES.filter(BATCHES.visible)
    return entries.batch_id.isnull() | entries.batch_id.isin(visible.id)


def flag(condition: Column) -> Column:
    return ibis.ifelse(condition, 1, 0)


def all_of(conditions: Iterable[Column]) -> Column:
    return reduce(and_, conditions)


def any_of(conditions: Iterable[Column]) -> Column:
    return reduce(or_, conditions)


def total(columns: Iterable[Column]) -> Column:
    return reduce(lambda one, other: one + other, columns, lit(0))


def at_least_zero(column: Column) -> Column:
    return ibis.ifelse(column > 0, column, 0)


def half_up(above: Column, below: Column) -> Column:
    """above ÷ below in whole numbers, a half rounded up; null where `below` is 0."""
    return ibis.ifelse(below > 0, (above * 2 + below) // ibis.ifelse(below > 0, below * 2, 1), ibis.null("int64"))


def without_digits(text: Column) -> Column:
    return reduce(lambda left, digit: left.replace(digit, ""), "0123456789", text)


def number_in(text: Column) -> Column:
    """A fact's text as a whole number; null where it is not one."""
    fits = (text.length() >= 1) & (text.length() <= 9) & (without_digits(text) == "")
    return ibis.ifelse(fits, ibis.ifelse(fits, text, "0").cast("int64"), ibis.null("int64"))


def day_in(text: Column) -> Column:
    """A fact's text if it has the shape of a day; null otherwise."""
    return ibis.ifelse((text.length() == 10) & (without_digits(text) == "--"), text, ibis.null("string"))


def fact_holds(value: Column, test: FactTest) -> Column:
    if test.op == "equals":
        return value == test.values[0]
    if test.op == "in":
        return value.isin(list(test.values))
    bound = int(test.values[0])
    held = number_in(value) >= bound if test.op == "at_least" else number_in(value) <= bound
    return ibis.coalesce(held, False)


def counts(table: Relation, tally: Tally) -> Column:
    """Whether a row of the ledger is one that the tally counts."""
    return table.kind == tally.kind if len(tally.kinds) == 1 else table.kind.isin(list(tally.kinds))


def tallied(table: Relation, tally: Tally, where: Column) -> Column:
    """How many of these rows count, each day or subject once where the scheme says so."""
    if tally.once_per == "day":
        return table.happened_on.nunique(where=where)
    if tally.once_per == "subject":
        return table.subject.nunique(where=where & (table.subject != "")) + table.count(where=where & (table.subject == ""))
    return table.count(where=where)


def within(table: Relation, span: Span) -> Column:
    return (table.happened_on >= lit(span.first)) & (table.happened_on <= lit(span.last))


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

    def build(self) -> Relation:
        """One wide row per subject: see `layout` for its columns."""
        row = self._states(self._figures(self._joined()))
        row = self._combined(row)
        row = self._scored(row)
        return self._named(row)

    def _step(self, name: str, relation: Relation) -> Relation:
        return self.plan.add(self.prefix + name, relation)

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
            held(FACTS, FACTS.key == selection.fact.key, fact_holds(FACTS.value, selection.fact))
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
        """Per unit: `first` day active, whether still `lasting`, active `months`, and which cells it `owes`."""
        spans = self._spans(*selections)
        whole = [clause for clause in clauses if clause.part_year == "whole_units"]
        if whole:
            following = spans.since.lead().over(ibis.window(group_by=spans.unit_id, order_by=spans.since))
            spans = self._step(f"{name}_spans", spans.mutate(following=following))
            breaks = (spans.until < lit(FAR)) & (spans.following.isnull() | (spans.following > spans.until))
        columns: dict[str, Column] = {"first": spans.since.min(), "lasting": flag(spans.until == lit(FAR)).max()}
        if any(clause.part_year == "prorate" for clause in clauses):
            columns["months"] = total(
                flag((spans.since <= lit(month.last)) & (spans.until > lit(month.first))).max()
                for month in self.frame.period.months
            )
        for clause in clauses:
            for position, cell in enumerate(self.cells_of(clause)):
                column = f"owes_{clause.part_year}_{cell_unit(clause)}_{position}"
                if column in columns or (clause.part_year != "whole_units" and not isinstance(clause.test, Each)):
                    continue
                if clause.part_year == "whole_units":
                    begun = flag((spans.since <= lit(cell.first)) & (spans.until > lit(cell.first))).max()
                    broken = flag(breaks & (spans.until > lit(cell.first)) & (spans.until <= lit(cell.last))).max()
                    columns[column] = begun * (1 - broken)
                else:
                    columns[column] = flag((spans.since <= lit(cell.last)) & (spans.until > lit(cell.first))).max()
        return self._step(name, spans.group_by("unit_id").agg(**columns))

    def cells_of(self, clause: Clause) -> tuple[Span, ...]:
        if isinstance(clause.test, Each):
            return calendar.cells(self.frame.period, clause.test.unit)
        return (self.frame.period,)

    # -- what: one shared scan of the ledger

    def unknown_kind(self, clause: Clause) -> bool:
        """Whether no room declares what this clause counts."""
        return any(tally.kind not in self.kinds for tally in _tallies(clause))

    def _scan(self) -> Relation | None:
        """Everything counted on the units themselves, in one pass over the ledger."""
        frame = self.frame
        looking_back = {
            kind for clause in self.scheme.clauses if isinstance(clause.test, Every) for kind in clause.test.tally.kinds
        }
        apart = {clause.id for clause in self.scheme.clauses if isinstance(clause.test, Judged) or _once(clause)}
        kinds = {kind for name, tally in self.scheme.tallies() if name not in apart for kind in tally.kinds}
        if not kinds:
            return None
        e = ENTRIES.filter(ENTRIES.kind.isin(sorted(kinds)), ENTRIES.happened_on <= lit(frame.day), *known(ENTRIES, frame))
        in_period = e.happened_on >= lit(frame.period.first)
        e = e.filter(in_period | e.kind.isin(sorted(looking_back)) if looking_back else in_period)
        if self.scoped:
            e = e.filter(e.unit_id.isin(SCOPE.id))
        in_period = e.happened_on >= lit(frame.period.first)
        columns: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            test, name = clause.test, clause.id
            if isinstance(test, Count) and not test.tally.once_per:
                where = counts(e, test.tally) & in_period if looking_back else counts(e, test.tally)
                columns[f"n_{name}"] = tallied(e, test.tally, where)
            elif isinstance(test, Each):
                for position, cell in enumerate(self.cells_of(clause)):
                    if cell.first <= frame.day:
                        columns[f"n_{name}_{position}"] = tallied(e, test.tally, counts(e, test.tally) & within(e, cell))
            elif isinstance(test, Every):
                mine = counts(e, test.tally)
                columns[f"last_{name}"] = e.happened_on.max(where=mine)
                columns[f"before_{name}"] = e.happened_on.max(where=mine & (e.happened_on < lit(frame.period.first)))
                columns[f"again_{name}"] = e.happened_on.min(where=mine & in_period)
            elif isinstance(test, Ratio):
                for side, measure in (("of", test.of), ("to", test.to)):
                    if measure.tally:
                        columns[f"{side}_{name}"] = self._measured(e, measure, counts(e, measure.tally) & in_period)
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count):
                columns[f"n_{veto.id}"] = tallied(e, veto.test.tally, counts(e, veto.test.tally) & in_period)
        return self._step("counted", e.group_by("unit_id").agg(**columns)) if columns else None

    @staticmethod
    def _measured(e: Relation, measure: Measure, where: Column) -> Column:
        assert measure.tally is not None
        if measure.quantity:
            return ibis.coalesce(e.quantity.sum(where=where), 0)
        return tallied(e, measure.tally, where)

    def _in_period(self, tally: Tally) -> Relation:
        e = ENTRIES.filter(
            counts(ENTRIES, tally),
            ENTRIES.happened_on >= lit(self.frame.period.first),
            ENTRIES.happened_on <= lit(self.frame.day),
            *known(ENTRIES, self.frame),
        )
        return e.filter(e.unit_id.isin(SCOPE.id)) if self.scoped else e

    def _counted_once(self, clause: Clause, test: Count) -> Relation:
        """Per unit: how many days or subjects. Apart from the shared scan, where counting distinct is slow."""
        e = self._in_period(test.tally)
        own = ibis.ifelse(e.subject == "", lit("#") + e.id.cast("string"), e.subject)
        what = e.happened_on if test.tally.once_per == "day" else own
        pairs = e.select("unit_id", what=what).distinct()
        return self._step(f"once_{clause.id}", pairs.group_by("unit_id").agg(**{f"n_{clause.id}": pairs.count()}))

    def _judgement(self, clause: Clause, test: Judged) -> Relation:
        """Per unit: how many judgements, and their sum or the latest one."""
        e = self._in_period(test.tally)
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

    def _beneath(self, clause: Clause, test: Each) -> Relation:
        """Per unit: cells owed and met by the units of a kind directly beneath it, each owing its own."""
        frame, name = self.frame, clause.id
        day, first = lit(frame.day), lit(frame.period.first)
        p = PLACEMENTS.filter(PLACEMENTS.kind == clause.per, PLACEMENTS.since <= day, *known(PLACEMENTS, frame))
        p = p.filter(p.until.isnull() | (p.until > first))
        if self.scoped:
            p = p.filter(p.parent_id.isin(SCOPE.id))
        lasting = p.until.isnull() | (p.until > day)
        p = p.select("unit_id", "parent_id", "since", until=ibis.ifelse(lasting, lit(FAR), p.until))
        following = p.since.lead().over(ibis.window(group_by=[p.parent_id, p.unit_id], order_by=p.since))
        p = self._step(f"{name}_beneath_spans", p.mutate(following=following))
        breaks = (p.until < lit(FAR)) & (p.following.isnull() | (p.following > p.until))
        owes: dict[str, Column] = {}
        for position, cell in enumerate(self.cells_of(clause)):
            if clause.part_year == "whole_units":
                begun = flag((p.since <= lit(cell.first)) & (p.until > lit(cell.first))).max()
                owes[f"owes_{position}"] = begun * (
                    1 - flag(breaks & (p.until > lit(cell.first)) & (p.until <= lit(cell.last))).max()
                )
            else:
                owes[f"owes_{position}"] = flag((p.since <= lit(cell.last)) & (p.until > lit(cell.first))).max()
        owing = self._step(f"{name}_beneath", p.group_by(["parent_id", "unit_id"]).agg(**owes))
        e = ENTRIES.filter(
            counts(ENTRIES, test.tally),
            ENTRIES.happened_on >= first,
            ENTRIES.happened_on <= day,
            *known(ENTRIES, frame),
            ENTRIES.unit_id.isin(owing.unit_id),
        )
        cells = list(enumerate(self.cells_of(clause)))
        done = self._step(
            f"{name}_beneath_counted",
            e.group_by("unit_id").agg(**{f"n_{at}": tallied(e, test.tally, within(e, cell)) for at, cell in cells}),
        )
        both = owing.left_join(done, "unit_id")
        met = {at: flag((both[f"owes_{at}"] == 1) & (ibis.coalesce(both[f"n_{at}"], 0) >= test.at_least)) for at, _cell in cells}
        each = self._step(
            f"{name}_beneath_cells",
            both.select(
                "parent_id",
                owed=total(both[f"owes_{at}"] for at, _cell in cells),
                met=total(met.values()),
                missed=total(both[f"owes_{at}"] - met[at] for at, cell in cells if frame.ended(cell)),
                so_far=total(both[f"owes_{at}"] if frame.ended(cell) else met[at] for at, cell in cells),
                next=self._next_cell(clause, {at: both[f"owes_{at}"] for at, _cell in cells}, met),
            ),
        )
        return self._step(
            f"{name}_beneath_sums",
            each.group_by(unit_id=each.parent_id).agg(
                **{f"beneath_{what}_{name}": each[what].sum() for what in ("owed", "met", "missed", "so_far")},
                **{f"beneath_next_{name}": each.next.min()},
            ),
        )

    def _next_cell(self, clause: Clause, owes: Mapping[int, Column], met: Mapping[int, Column]) -> Column:
        """Which cell falls due next: the first still open one that is owed and not met."""
        branches = [
            ((owes[at] == 1) & (met[at] == 0), at) for at, cell in enumerate(self.cells_of(clause)) if not self.frame.ended(cell)
        ]
        return ibis.cases(*branches, else_=ibis.null("int64")) if branches else ibis.null("int64")

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
        facts = self._step("facts", f.group_by("unit_id").agg(**columns))
        numbers, days = self._typed_facts()
        typed = {f"number_{key}": number_in(facts[f"fact_{key}"]) for key in sorted(numbers)}
        typed |= {f"day_{key}": day_in(facts[f"fact_{key}"]) for key in sorted(days)}
        return self._step("typed_facts", facts.mutate(**typed)) if typed else facts

    def _typed_facts(self) -> tuple[set[str], set[str]]:
        """Keys of the facts that are read as numbers, and as days."""
        tests = [clause.test for clause in self.scheme.clauses]
        numbers = {test.years for test in tests if isinstance(test, Every) and isinstance(test.years, str)}
        numbers |= {measure.fact for test in tests if isinstance(test, Ratio) for measure in (test.of, test.to) if measure.fact}
        return numbers, {test.seed for test in tests if isinstance(test, Every) and test.seed}

    def _dues(self, row: Relation) -> Relation:
        """When the next act falls due, as text: years added to the first four digits of the last one's day. On 29 February it may
        name a day that is none (2027-02-29): no real day lies between it and the 28th, so comparisons come out as clamped;
        the reader clamps it for showing."""
        columns: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            test, name = clause.test, clause.id
            if not isinstance(test, Every):
                continue
            years = lit(test.years) if isinstance(test.years, int) else row[f"number_{test.years}"]
            years = ibis.ifelse((years >= 1) & (years <= 20), years, ibis.null("int64"))
            seed = row[f"day_{test.seed}"] if test.seed else ibis.null("string")
            for what, day in (("due", row[f"last_{name}"]), ("before_due", row[f"before_{name}"])):
                base = ibis.coalesce(day.cast("string"), seed)
                columns[f"{what}_{name}"] = (base.substr(0, 4).cast("int64") + years).cast("string") + base.substr(4)
        return self._step("dues", row.mutate(**columns)) if columns else row

    def _waivers(self) -> Relation:
        """Per unit: which clauses were waived for this period. The clause stands in the entry's subject."""
        e = ENTRIES.filter(ENTRIES.kind == WAIVED, ENTRIES.happened_on <= lit(self.frame.as_of), *known(ENTRIES, self.frame))
        if self.scoped:
            e = e.filter(e.unit_id.isin(SCOPE.id))
        names = ["", *(clause.id for clause in self.scheme.clauses)]
        subjects = {name: waiver_subject(self.scheme.key, name, self.frame.period.label) for name in names}
        e = e.filter(e.subject.isin(list(subjects.values())))
        columns = {f"waived_{name or 'all'}": flag(e.subject == subject).max() for name, subject in subjects.items()}
        return self._step("waivers", e.group_by("unit_id").agg(**columns))

    # -- together: one wide row per subject

    def _joined(self) -> Relation:
        scheme = self.scheme
        plain = [clause for clause in scheme.clauses if clause.applies.empty]
        row = self._activity("subjects", (scheme.subject,), plain)
        joins: list[Relation] = []
        if (scan := self._scan()) is not None:
            joins.append(scan)
        if (facts := self._facts()) is not None:
            joins.append(facts)
        joins.append(self._waivers())
        narrower: dict[Selection, list[Clause]] = {}
        for clause in scheme.clauses:
            if not clause.applies.empty:
                narrower.setdefault(clause.applies, []).append(clause)
            if isinstance(clause.test, Count) and _once(clause):
                joins.append(self._counted_once(clause, clause.test))
            if isinstance(clause.test, Judged):
                joins.append(self._judgement(clause, clause.test))
            if clause.per and isinstance(clause.test, Each):
                joins.append(self._beneath(clause, clause.test))
        for number, (selection, clauses) in enumerate(narrower.items()):
            active = self._activity(f"applies_{number}", (scheme.subject, selection), clauses)
            names = {column: f"{column}_{number}" for column in active.columns if column != "unit_id"}
            joins.append(active.rename({new: old for old, new in names.items()}))
        self.narrower = {clause.id: number for number, clauses in enumerate(narrower.values()) for clause in clauses}
        for source in scheme.sources:
            joins.append(self._source(source))
        for other in joins:
            row = row.left_join(other, "unit_id").drop("unit_id_right")
        return self._dues(self._step("joined", row))

    def _source(self, key: str) -> Relation:
        """Per unit: the verdict and shares of another scheme, in the same frame."""
        other = self.sources[key]
        over_subtree = any(
            isinstance(clause.test, From) and clause.test.scheme == key and clause.test.over == "subtree"
            for clause in self.scheme.clauses
        )
        prefix = f"{self.prefix}{_word(key)}_"
        inner = Compiler(other, self.frame, self.sources, self.kinds, self.scoped and not over_subtree, self.plan, prefix)
        verdicts = inner._scored(inner._combined(inner._states(inner._figures(inner._joined()))))
        name = _word(key)
        mine = verdicts.select(
            "unit_id",
            **{f"{name}_{what}": verdicts[what] for what in ("state_all", "pace_all", "share_met", "share_of", "lasting")},
        )
        if not over_subtree:
            return self._step(f"from_{name}", mine)
        verdict = self._step(f"from_{name}", mine)
        places = self._step(f"from_{name}_places", self._places(scoped=False))
        at = places.join(verdict, "unit_id").select("path", **{c: verdict[c] for c in mine.columns if c != "unit_id"})
        top = places.select(top_id=places.unit_id, top=places.path)
        if self.scoped:
            top = top.filter(top.top_id.isin(SCOPE.id))
        inside = top.join(at, (at.path >= top.top) & (at.path < top.top + ":"))
        counted = ~inside[f"{name}_state_all"].isin(list(OUT)) & (inside[f"{name}_lasting"] == 1)
        sums = inside.group_by(unit_id=inside.top_id).agg(
            **{
                f"{name}_met_beneath": flag(counted & inside[f"{name}_state_all"].isin(["met", "met_late"])).sum(),
                f"{name}_beneath": flag(counted).sum(),
                f"{name}_share_met_beneath": ibis.coalesce(ibis.ifelse(counted, inside[f"{name}_share_met"], 0).sum(), 0),
                f"{name}_share_of_beneath": ibis.coalesce(ibis.ifelse(counted, inside[f"{name}_share_of"], 0).sum(), 0),
            }
        )
        sums = self._step(f"from_{name}_sums", sums)
        return sums.left_join(verdict, "unit_id").drop("unit_id_right")

    # -- figures: n, need, missing per clause

    def _figures(self, row: Relation) -> Relation:
        columns: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            name = clause.id
            months, first, lasting, number = self._active(row, clause)
            columns[f"first_{name}"] = first
            columns[f"ended_{name}"] = flag(ibis.coalesce(lasting, 0) == 0)
            columns[f"applies_{name}"] = flag(first.notnull())
            waived = flag((ibis.coalesce(row.waived_all, 0) == 1) | (ibis.coalesce(row[f"waived_{name}"], 0) == 1))
            columns[f"waived_{name}"] = waived
            columns[f"unknown_{name}"] = lit(1 if self.unknown_kind(clause) else 0)
            if clause.applies.fact:
                missing = flag(ibis.coalesce(row[f"has_{clause.applies.fact.key}"], 0) == 0)
                columns[f"unknown_{name}"] = columns[f"unknown_{name}"] + missing
                columns[f"applies_{name}"] = flag(first.notnull() | (missing == 1))
            columns |= getattr(self, f"_figure_{type(clause.test).__name__.lower()}")(row, clause, months, number)
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count):
                columns[f"n_{veto.id}"] = ibis.coalesce(row[f"n_{veto.id}"], 0)
        return self._step("figures", row.select("unit_id", "first", "lasting", **columns))

    def _active(self, row: Relation, clause: Clause) -> tuple[Column, Column, Column, str]:
        """(active months, first day, lasting, suffix of its columns) of a clause: the subject's, or narrower if it `applies`."""
        number = self.narrower.get(clause.id)
        suffix = "" if number is None else f"_{number}"
        months = row[f"months{suffix}"] if f"months{suffix}" in row.columns else lit(MONTHS_IN[self.frame.period.unit])
        return months, row[f"first{suffix}"], row[f"lasting{suffix}"], suffix

    def _owed(self, row: Relation, clause: Clause, suffix: str) -> dict[int, Column]:
        column = f"owes_{clause.part_year}_{cell_unit(clause)}_"
        return {at: ibis.coalesce(row[f"{column}{at}{suffix}"], 0) for at in range(len(self.cells_of(clause)))}

    def _needed(self, clause: Clause, need: int, months: Column) -> Column:
        """What is owed of `need` entries by a unit that was there for part of the period."""
        of_months = MONTHS_IN[self.frame.period.unit]
        if clause.part_year != "prorate" or need == 1:
            return lit(need)
        parts = [(months == count, calendar.prorated(need, count, of_months)) for count in range(1, of_months)]
        return ibis.cases(*parts, else_=need) if parts else lit(need)

    def _figure_count(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Count)
        n, need = ibis.coalesce(row[f"n_{name}"], 0), self._needed(clause, test.at_least, months)
        columns = {f"n_{name}": n, f"need_{name}": need, f"missing_{name}": at_least_zero(need - n)}
        if clause.part_year == "whole_units":
            columns[f"owed_{name}"] = self._owed(row, clause, suffix)[0]
        if test.bands:
            reached = [(n >= self._needed(clause, entries, months), worth * 10) for entries, worth in reversed(test.bands)]
            columns[f"earned_{name}"] = ibis.cases(*reached, else_=0)
        return columns

    def _figure_each(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Each)
        cells = self.cells_of(clause)
        owes = self._owed(row, clause, suffix)

        def done(at: int) -> Column:
            column = f"n_{name}_{at}"
            return ibis.coalesce(row[column], 0) if column in row.columns else lit(0)

        met = {at: flag((owes[at] == 1) & (done(at) >= test.at_least)) for at in owes}
        own = {
            "owed": total(owes.values()),
            "met": total(met.values()),
            "missed": total(owes[at] - met[at] for at in owes if self.frame.ended(cells[at])),
            "so_far": total(owes[at] if self.frame.ended(cells[at]) else met[at] for at in owes),
        }
        next_cell = self._next_cell(clause, owes, met)
        if clause.per:
            # Groups that are no units of their own are recorded on the branch itself: then it owes the cells as one.
            there = row[f"beneath_owed_{name}"].notnull()
            own = {what: ibis.ifelse(there, row[f"beneath_{what}_{name}"], column).cast("int64") for what, column in own.items()}
            next_cell = ibis.ifelse(there, row[f"beneath_next_{name}"], next_cell)
        return {
            f"n_{name}": own["met"],
            f"need_{name}": own["owed"],
            f"missing_{name}": own["owed"] - own["met"],
            f"missed_{name}": own["missed"],
            f"so_far_{name}": own["so_far"],
            f"owed_{name}": flag(own["owed"] > 0),
            f"next_{name}": next_cell,
        }

    def _figure_every(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Every)
        due = row[f"due_{name}"]
        limit = max((_first_due_after(months, self.frame.day) for months in test.remind), default=None)
        overdue = due < self.frame.day.isoformat()
        soon = (due < limit.isoformat()) if limit else lit(False)
        n = flag(row[f"last_{name}"].notnull() & ~overdue)
        return {
            f"n_{name}": ibis.coalesce(n, 0),
            f"need_{name}": ibis.coalesce(flag(overdue | (n == 1)), 0),
            f"missing_{name}": ibis.coalesce(flag(overdue), 0),
            f"due_{name}": due,
            f"overdue_{name}": ibis.coalesce(flag(overdue), 0),
            f"soon_{name}": ibis.coalesce(flag(soon & ~overdue), 0),
            f"late_{name}": ibis.coalesce(flag(row[f"before_due_{name}"] < row[f"again_{name}"].cast("string")), 0),
        }

    def _figure_ratio(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Ratio)

        def side(which: str, measure: Measure) -> Column:
            return row[f"number_{measure.fact}"] if measure.fact else ibis.coalesce(row[f"{which}_{name}"], 0).cast("int64")

        of, to = side("of", test.of), side("to", test.to)
        needed = (to * test.at_least + 999) // 1000
        return {
            f"n_{name}": of,
            f"need_{name}": to,
            f"missing_{name}": at_least_zero(needed - of),
            f"tenths_{name}": half_up(of * 1000, to),
            f"reached_{name}": flag(of * 1000 >= to * test.at_least),
            f"needed_{name}": needed,
        }

    def _figure_value(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Value)
        value = row[f"fact_{test.fact.key}"]
        nothing = ibis.null("int64")
        return {
            f"n_{name}": nothing,
            f"need_{name}": nothing,
            f"missing_{name}": nothing,
            f"absent_{name}": flag(value.isnull()),
            f"reached_{name}": flag(ibis.coalesce(fact_holds(value, test.fact), False)),
        }

    def _figure_judged(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, Judged)
        n = ibis.coalesce(row[f"n_{name}"], 0)
        scored = half_up(ibis.coalesce(row[f"sum_{name}"], 0).cast("int64") * clause.points * 10, n * test.out_of)
        scored = ibis.coalesce(scored, 0)
        return {
            f"n_{name}": n,
            f"need_{name}": lit(1),
            f"missing_{name}": flag(n == 0),
            f"earned_{name}": ibis.ifelse(scored > clause.points * 10, clause.points * 10, scored),
        }

    def _figure_from(self, row: Relation, clause: Clause, months: Column, suffix: str) -> dict[str, Column]:
        test, name = clause.test, clause.id
        assert isinstance(test, From)
        other = _word(test.scheme)
        state, pace = row[f"{other}_state_all"], row[f"{other}_pace_all"]
        if test.over == "subtree":
            kind = "share_met" if test.use == "share" else "met"
            n = ibis.coalesce(row[f"{other}_{kind}_beneath"], 0).cast("int64")
            need = ibis.coalesce(row[f"{other}_share_of_beneath" if test.use == "share" else f"{other}_beneath"], 0).cast("int64")
        elif test.use == "share":
            n, need = ibis.coalesce(row[f"{other}_share_met"], 0), ibis.coalesce(row[f"{other}_share_of"], 0)
        else:
            n, need = flag(ibis.coalesce(state.isin(["met", "met_late"]), False)), lit(1)
        return {
            f"n_{name}": n,
            f"need_{name}": need,
            f"missing_{name}": at_least_zero(need - n),
            f"source_state_{name}": ibis.coalesce(state, "not_applicable"),
            f"source_pace_{name}": pace,
        }

    # -- states

    def _states(self, row: Relation) -> Relation:
        first: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            name = clause.id
            first[f"over_{name}"] = lit(1) if self.frame.over else row[f"ended_{name}"]
            first[f"bare_{name}"] = self._bare_state(row, clause, first[f"over_{name}"])
        row = self._step("bare", row.mutate(**first))
        second: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            name = clause.id
            outside = row[f"applies_{name}"] == 0
            if f"owed_{name}" in row.columns:
                outside = outside | ((row[f"owed_{name}"] == 0) & (row[f"unknown_{name}"] == 0))
            elif isinstance(clause.test, From):
                outside = outside | (row[f"bare_{name}"] == "not_applicable")
            second[f"state_{name}"] = ibis.cases(
                (outside, "not_applicable"),
                (row[f"waived_{name}"] == 1, "waived"),
                (row[f"unknown_{name}"] > 0, "unknown"),
                else_=row[f"bare_{name}"],
            )
        row = self._step("stated", row.mutate(**second))
        third: dict[str, Column] = {}
        for clause in self.scheme.clauses:
            third[f"pace_{clause.id}"] = self._pace(row, clause)
            third[f"alert_{clause.id}"] = self._alert(row, clause)
            if clause.points:
                third[f"points_{clause.id}"] = self._points(row, clause)
        return self._step("states", row.mutate(**third))

    def _bare_state(self, row: Relation, clause: Clause, over: Column) -> Column:
        """The state of a clause that applies, is not waived, and whose kind is known."""
        test, name = clause.test, clause.id
        n, need = row[f"n_{name}"], row[f"need_{name}"]
        running = ibis.cases((over == 1, "unmet"), (n == 0, "not_started"), else_="pending")
        if isinstance(test, Every):
            return ibis.cases(
                (row[f"due_{name}"].isnull(), "unknown"),
                (row[f"overdue_{name}"] == 1, "unmet"),
                (row[f"late_{name}"] == 1, "met_late"),
                else_="met",
            )
        if isinstance(test, Value):
            return ibis.cases(
                (row[f"absent_{name}"] == 1, "unknown"),
                (row[f"reached_{name}"] == 1, "met"),
                (over == 1, "unmet"),
                else_="pending",
            )
        if isinstance(test, Judged):
            missing = "pending" if test.if_missing == "pending" else ibis.ifelse(over == 1, "unmet", "not_started")
            return ibis.ifelse(n > 0, "met", missing)
        if isinstance(test, Ratio):
            return ibis.cases(
                (n.isnull() | need.isnull(), "unknown"),
                (need == 0, "not_applicable"),
                (row[f"reached_{name}"] == 1, "met"),
                else_=running,
            )
        if isinstance(test, From):
            if test.over == "subtree":
                return ibis.cases((need == 0, "not_applicable"), (n >= need, "met"), else_=running)
            return row[f"source_state_{name}"]
        return ibis.ifelse(n >= need, "met", running)

    def _pace(self, row: Relation, clause: Clause) -> Column:
        """`impossible`, `behind` or `on_track` for what is unfinished: certain facts only."""
        test, name = clause.test, clause.id
        unfinished = row[f"state_{name}"].isin(list(UNFINISHED))
        nothing = ibis.null("string")
        if isinstance(test, From) and test.over == "self":
            return ibis.ifelse(unfinished, ibis.coalesce(row[f"source_pace_{name}"], "on_track"), nothing)
        if isinstance(test, Value | Judged | Every):
            return ibis.ifelse(unfinished, "on_track", nothing)
        n = row[f"n_{name}"]
        need = row[f"needed_{name}"] if isinstance(test, Ratio) else row[f"need_{name}"]
        windows = self.frame.windows()
        # The unit's own window runs from the month in which it became active to the period's end.
        whole = ibis.cases(*((row[f"first_{name}"] <= lit(last), days) for last, days, _gone in windows), else_=windows[-1][1])
        gone = ibis.cases(*((row[f"first_{name}"] <= lit(last), days) for last, _days, days in windows), else_=windows[-1][2])
        behind = n * 4 * whole + need * whole < need * 4 * gone
        impossible = None
        if isinstance(test, Each):
            impossible = row[f"missed_{name}"] > 0
        elif isinstance(test, Count) and test.tally.once_per == "day":
            impossible = row[f"missing_{name}"] > self.frame.days_left
        steps = [(~unfinished, nothing), *([(impossible, "impossible")] if impossible is not None else []), (behind, "behind")]
        return ibis.cases(*steps, else_="on_track")

    def _alert(self, row: Relation, clause: Clause) -> Column:
        test, name = clause.test, clause.id
        state = row[f"state_{name}"]
        if isinstance(test, Every):
            alert = ibis.cases(
                (row[f"overdue_{name}"] == 1, "overdue"), (row[f"soon_{name}"] == 1, "due_soon"), else_=ibis.null("string")
            )
            return ibis.ifelse(state.isin([*OUT, "unknown"]), ibis.null("string"), alert)
        if isinstance(test, Each):
            cells = self.cells_of(clause)
            near = [
                at for at, cell in enumerate(cells) if not self.frame.ended(cell) and (cell.last - self.frame.as_of).days <= 30
            ]
            soon = ibis.coalesce(row[f"next_{name}"].isin(near), False) if near else lit(False)
        else:
            soon = lit(self.frame.due_soon)
        return ibis.cases(
            (state == "unmet", "overdue"), (state.isin(list(UNFINISHED)) & soon, "due_soon"), else_=ibis.null("string")
        )

    def _points(self, row: Relation, clause: Clause) -> Column:
        """Tenths of points earned so far."""
        test, name, full = clause.test, clause.id, clause.points * 10
        state = row[f"state_{name}"]
        out = state.isin([*OUT, "unknown"])
        if f"earned_{name}" in row.columns:
            earned = row[f"earned_{name}"]
        elif isinstance(test, Ratio):
            width = test.full_at - test.zero_at
            above = row[f"tenths_{name}"] - test.zero_at
            linear = half_up(above * full, lit(width))
            earned = ibis.cases((above.isnull() | (above <= 0), 0), (above >= width, full), else_=linear)
        elif isinstance(test, Each):
            earned = half_up(row[f"n_{name}"] * full, row[f"so_far_{name}"])
        elif isinstance(test, From) and (test.use == "share" or test.over == "subtree"):
            earned = half_up(row[f"n_{name}"] * full, row[f"need_{name}"])
        else:
            earned = ibis.ifelse(state.isin(["met", "met_late"]), full, 0)
        return ibis.ifelse(out, 0, ibis.coalesce(earned, 0))

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
        alerts = [row[f"alert_{clause.id}"] for clause in self.scheme.clauses if clause.id in self.scheme.verdict.leaves]
        return self._step(
            "combined",
            row.mutate(
                alert_all=ibis.cases(
                    (any_of(ibis.coalesce(alert == "overdue", False) for alert in alerts), "overdue"),
                    (any_of(ibis.coalesce(alert == "due_soon", False) for alert in alerts), "due_soon"),
                    else_=ibis.null("string"),
                ),
                **self._share(row),
            ),
        )

    def _group(self, row: Relation, name: str, parts: list[str], at_least: int | None) -> Relation:
        def number(*states: str) -> Column:
            return total(flag(row[f"state_{part}"].isin(list(states))) for part in parts)

        row = self._step(
            f"tally_{name}",
            row.mutate(
                met_n=number("met"),
                late_n=number("met_late"),
                open_n=number(*UNFINISHED),
                fresh_n=number("not_started"),
                unknown_n=number("unknown"),
                waived_n=number("waived"),
                asked_n=lit(len(parts)) - number(*OUT),
                on_track_n=total(flag(ibis.coalesce(row[f"pace_{part}"] == "on_track", False)) for part in parts),
                lost_n=total(flag(ibis.coalesce(row[f"pace_{part}"] == "impossible", False)) for part in parts),
            ),
        )
        need = row.asked_n if at_least is None else ibis.ifelse(row.asked_n < at_least, row.asked_n, at_least)
        row = self._step(f"needed_{name}", row.mutate(need_n=need))
        done = row.met_n + row.late_n
        state = ibis.cases(
            (row.asked_n == 0, ibis.ifelse(row.waived_n > 0, "waived", "not_applicable")),
            (row.met_n >= row.need_n, "met"),
            (done >= row.need_n, "met_late"),
            (done + row.open_n + row.unknown_n < row.need_n, "unmet"),
            (done + row.open_n < row.need_n, "unknown"),
            (row.fresh_n == row.asked_n, "not_started"),
            else_="pending",
        )
        row = self._step(f"verdict_{name}", row.mutate(**{f"state_{name}": state}))
        kept = row.drop(
            "met_n", "late_n", "open_n", "fresh_n", "unknown_n", "waived_n", "asked_n", "on_track_n", "lost_n", "need_n"
        )
        done = row.met_n + row.late_n
        pace = ibis.cases(
            (~row[f"state_{name}"].isin(list(UNFINISHED)), ibis.null("string")),
            (done + row.open_n + row.unknown_n - row.lost_n < row.need_n, "impossible"),
            (done + row.on_track_n + row.unknown_n < row.need_n, "behind"),
            else_="on_track",
        )
        columns = {column: row[column] for column in kept.columns}
        columns |= {
            f"pace_{name}": pace,
            f"n_{name}": done,
            f"need_{name}": row.need_n,
            f"missing_{name}": at_least_zero(row.need_n - done),
        }
        return self._step(f"paced_{name}", row.select(**columns))

    def _share(self, row: Relation) -> dict[str, Column]:
        """Cells met among those owed so far; a clause without cells is one cell, owed once it is met or over."""
        met, of = [], []
        for clause in self.scheme.clauses:
            name = clause.id
            counted = ~row[f"state_{name}"].isin(list(OUT))
            if isinstance(clause.test, Each):
                met.append(ibis.ifelse(counted, row[f"n_{name}"], 0))
                of.append(ibis.ifelse(counted, row[f"so_far_{name}"], 0))
            else:
                done = flag(row[f"state_{name}"].isin(["met", "met_late"]))
                met.append(done)
                of.append(ibis.ifelse(row[f"state_{name}"] == "unmet", 1, done))
        return {"share_met": total(met), "share_of": total(of)}

    def _scored(self, row: Relation) -> Relation:
        scheme = self.scheme
        fired = {veto.id: self._fired(row, veto.test) for veto in scheme.vetoes}
        row = self._step("vetoed", row.mutate(**{f"fired_{name}": flag(condition) for name, condition in fired.items()}))
        if scheme.score is None:
            return row
        score = scheme.score
        if score.share == "cells":
            return self._step("scored", row.mutate(score=half_up(row.share_met * 1000, row.share_of)))
        worth = [clause for clause in scheme.clauses if clause.points]
        earned = total(row[f"points_{clause.id}"] for clause in worth)
        asked = total(ibis.ifelse(row[f"state_{clause.id}"].isin(list(OUT)), 0, clause.points) for clause in worth)
        row = self._step("earned", row.mutate(earned=earned, asked=asked))
        unit = 1 if score.decimals else 10
        if scheme.rescale:
            points = half_up(row.earned * score.scale, row.asked * unit) * unit
        else:
            points = half_up(row.earned, lit(unit)) * unit
        row = self._step("rounded", row.mutate(score=points))
        cap = score.cap * 10
        row = self._step("capped", row.mutate(score=ibis.ifelse(row.score > cap, cap, row.score)))
        for veto in scheme.vetoes:
            if veto.effect.score is not None:
                most = veto.effect.score * 10
                hit = (row[f"fired_{veto.id}"] == 1) & (row.score > most)
                row = row.mutate(score=ibis.ifelse(hit, most, row.score))
        if not scheme.levels:
            return self._step("scored", row)
        row = self._step("scored", row)
        branches = [
            (
                all_of([row.score >= level.at_least, *(row[f"state_{clause}"] == state for clause, state in level.needs)]),
                level.stars,
            )
            for level in scheme.levels
        ]
        row = self._step("levelled", row.mutate(stars=ibis.cases(*branches, else_=ibis.null("int64"))))
        for veto in scheme.vetoes:
            if veto.effect.stars_max is not None:
                hit = (row[f"fired_{veto.id}"] == 1) & (row.stars > veto.effect.stars_max)
                row = row.mutate(stars=ibis.ifelse(hit, veto.effect.stars_max, row.stars))
        return self._step("starred", row)

    def _fired(self, row: Relation, test: Count | When) -> Column:
        if isinstance(test, Count):
            return row[f"n_{self._veto_id(test)}"] >= test.at_least
        if test.alert:
            return ibis.coalesce(row[f"alert_{test.clause}"] == test.alert, False)
        return row[f"state_{test.clause}"] == test.state

    def _veto_id(self, test: Count) -> str:
        return next(veto.id for veto in self.scheme.vetoes if veto.test is test)

    # -- names and places

    def _places(self, *, scoped: bool) -> Relation:
        """Per unit: where it stood and how it was called on the frame's day, or last before it."""
        p = PLACEMENTS.filter(PLACEMENTS.since <= lit(self.frame.day), *known(PLACEMENTS, self.frame))
        if scoped:
            p = p.filter(p.unit_id.isin(SCOPE.id))
        latest = ibis.row_number().over(ibis.window(group_by=p.unit_id, order_by=p.since.desc()))
        ranked = p.mutate(place=latest)
        return ranked.filter(ranked.place == 0).select("unit_id", "path", "name", "kind", "field")

    def _named(self, row: Relation) -> Relation:
        places = self._step("places", self._places(scoped=self.scoped))
        wanted = {"unit_id": row.unit_id, "lasting": row.lasting}
        for clause in self.scheme.clauses:
            name = clause.id
            for what in ("n", "need", "missing", "state", "pace", "alert"):
                wanted[f"{what}_{name}"] = row[f"{what}_{name}"]
            if isinstance(clause.test, Every):
                wanted[f"due_{name}"] = row[f"due_{name}"]
            elif isinstance(clause.test, Each):
                wanted[f"next_{name}"] = row[f"next_{name}"]
            if clause.points:
                wanted[f"points_{name}"] = row[f"points_{name}"]
        for veto in self.scheme.vetoes:
            if isinstance(veto.test, Count):
                wanted[f"n_{veto.id}"] = row[f"n_{veto.id}"]
            wanted[f"fired_{veto.id}"] = row[f"fired_{veto.id}"]
        for what in ("n", "need", "missing", "state", "pace", "alert"):
            wanted[f"{what}_all"] = row[f"{what}_all"]
        for what in ("share_met", "share_of", "score", "stars"):
            if what in row.columns:
                wanted[what] = row[what]
        row = self._step("verdicts", row.select(**wanted))
        named = row.join(places, "unit_id").join(UNITS, places.unit_id == UNITS.id)
        return named.select(
            *[row[column] for column in row.columns],
            **{what: places[what] for what in ("path", "name", "kind", "field")},
            code=UNITS.code,
        )


def _tallies(clause: Clause) -> tuple[Tally, ...]:
    return tallies_of(clause.test)


def _once(clause: Clause) -> bool:
    """Whether a clause counts days or subjects rather than entries."""
    return isinstance(clause.test, Count) and bool(clause.test.tally.once_per)


def cell_unit(clause: Clause) -> str:
    return clause.test.unit if isinstance(clause.test, Each) else "period"


def _word(key: str) -> str:
    return key.replace("-", "_")


def _first_due_after(months: int, day: date) -> date:
    """The first due day of which people are not yet reminded, so many months ahead, on `day`."""
    return calendar.first_day_where(lambda due: calendar.add_months(due, -months) > day)


def waiver_subject(scheme: str, clause: str, period: str) -> str:
    """How a waiver names what it waives, in its entry's `subject`."""
    return f"{scheme}/{clause}/{period}"
