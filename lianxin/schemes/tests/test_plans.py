"""What never reaches a plan, because the engines differ there; and what the statements that touch the ledger look like.

After a wanted change of the statements run this, and read the difference:
NEW_GOLDEN=1 .venv/bin/python -m pytest lianxin/schemes/tests/test_plans.py
"""

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import pytest

from lianxin.schemes.compiler import ENTRIES, LEGEND, Compiler, Plan, render
from lianxin.schemes.drill import _listed
from lianxin.schemes.examples import library_schemes
from lianxin.schemes.explain import can_drill
from lianxin.schemes.frame import frame_for
from lianxin.schemes.scheme import Scheme
from lianxin.schemes.tests.pool import KINDS, pool

DIALECTS = ("sqlite", "postgres", "duckdb")
GOLDEN = Path(__file__).parent / "golden"
SHOWN = {
    "contact-131": ("counting", "counted", "once_solve"),
    "three-meetings-one-lesson": ("counting", "counted"),
    "election-due": ("facts", "last_election"),
    "cells": ("once_dense",),
}
FORBIDDEN: tuple[type[Any], ...] = (
    ops.ExtractTemporalField, ops.DateAdd, ops.DateSub, ops.DateDiff, ops.DateDelta, ops.DateTruncate, ops.Strftime,
    ops.TimestampAdd, ops.TimestampSub, ops.TimestampDiff, ops.TimestampDelta, ops.TimestampTruncate, ops.TimestampNow,
    ops.DateNow,
    ops.DayOfWeekIndex, ops.IntervalFromInteger, ops.Divide, ops.JSONGetItem, ops.ScalarParameter, ops.BitOr, ops.ArrayCollect,
    ops.Quantile, ops.Median, ops.RegexSearch, ops.RandomScalar,
)  # fmt: skip
IN_TEXT = re.compile(
    r"\bnow\(|current_date|current_timestamp|strftime|\bextract\(|\binterval\b|time zone|->|\bjson_extract|julianday|\?|\$\d",
    re.I,
)


def plans() -> Iterator[tuple[str, Any]]:
    """Every step of every statement: standings and drill-downs, of the samples and of the pool."""
    for schemes in (library_schemes(), pool()):
        for scheme in schemes.values():
            frame = frame_for(scheme, as_of=date(2026, 5, 31))
            compiler = Compiler(scheme, frame, schemes, KINDS | kinds_of(scheme), scoped=True)
            last = compiler.build()
            yield from ((f"{scheme.key} {name}", step) for name, step in [*compiler.plan.relations().items(), ("last", last)])
            for clause in filter(can_drill, scheme.clauses):
                compiler = Compiler(scheme, frame, schemes, KINDS | kinds_of(scheme), scoped=True)
                last = _listed(compiler, clause, frame)
                yield from (
                    (f"{scheme.key}.{clause.id} {name}", step) for name, step in [*compiler.plan.steps.items(), ("", last)]
                )


def kinds_of(scheme: Scheme) -> frozenset[str]:
    return frozenset(tally.kind for _clause, tally in scheme.tallies())


def forbidden_in(relation: Any) -> list[str]:
    """Operations, types and literals that the engines take differently."""
    found = []
    for node in relation.op().find(ops.Node):
        if isinstance(node, FORBIDDEN) and not isinstance(node, ops.FloorDivide):
            found.append(type(node).__name__)
        kind = getattr(node, "dtype", None)
        if kind is not None and (kind.is_floating() or kind.is_decimal() or kind.is_json() or kind.is_interval()):
            found.append(f"{type(node).__name__}: {kind}")
        if kind is not None and kind.is_timestamp() and kind.timezone:
            found.append(f"{type(node).__name__}: {kind}")
    return found


def test_what_the_engines_take_differently_never_reaches_a_plan():
    steps = list(plans())
    assert len(steps) > 300
    assert [(name, forbidden_in(step)) for name, step in steps if forbidden_in(step)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda e: e.happened_on.quarter(),
        lambda e: e.happened_on + ibis.interval(days=3),
        lambda e: e.quantity / 2,
        lambda e: e.recorded_at < ibis.now(),
        lambda e: e.recorded_at.cast("timestamp('UTC')"),
        lambda e: e.quantity.cast("float64"),
        lambda e: e.subject.cast("json")["a"],
        lambda e: e.quantity + ibis.param("int64"),
    ],
)
def test_the_walk_finds_each_of_them(wrong: Any):
    assert forbidden_in(ENTRIES.mutate(found=wrong(ENTRIES)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_clock_no_parameter_and_no_calendar_in_the_text(dialect: Any):
    for key, names in SHOWN.items():
        text = statement(key, names, dialect)
        assert IN_TEXT.search(text) is None, IN_TEXT.search(text)


def statement(key: str, names: tuple[str, ...], dialect: Any) -> str:
    """The steps of a scheme's plan that touch the ledger or its facts, as this engine is told them."""
    schemes = {**library_schemes(), **pool()}
    scheme = schemes[key]
    compiler = Compiler(
        scheme, frame_for(scheme, as_of=date(2026, 5, 31)), schemes, kinds_of(scheme), scoped=True, dialect=dialect
    )
    compiler.build()
    steps, told = compiler.plan.relations(), []
    for name in names:
        told.append(f"-- {key} {name}\n{render(Plan(), steps[name], dialect).sql.removeprefix(LEGEND)}\n")
    return "\n".join(told)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_statements_are_those_that_were_read_and_agreed_to(dialect: Any):
    path = GOLDEN / f"{dialect}.sql"
    made = "\n".join(statement(key, names, dialect) for key, names in SHOWN.items())
    if os.environ.get("NEW_GOLDEN"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), "the statements changed; see the head of this file"
