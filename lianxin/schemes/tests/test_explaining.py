"""Every figure opens: what is listed as counted is what was counted, and the rest says why not."""

from datetime import date

import pytest
from hypothesis import example, given, settings

from lianxin.ledger.actions import record
from lianxin.schemes import actions, explain, queries
from lianxin.schemes.drill import COLUMNS
from lianxin.schemes.frame import Frame
from lianxin.schemes.queries import Reading, evaluate
from lianxin.schemes.scheme import Each, Ratio
from lianxin.schemes.scratch import Records, scratch
from lianxin.schemes.tests.pool import KINDS, TEXTS
from lianxin.schemes.tests.test_engines_agree import POOL, TOGETHER, frames
from lianxin.schemes.tests.worlds import busy, worlds
from tests.world import World


@pytest.mark.django_db
def test_a_second_visit_on_one_day_is_listed_with_the_reason(world: World):
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    for day in (date(2025, 3, 2), date(2025, 3, 2), date(2025, 8, 9)):
        record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=day)
    why = queries.explain("contact-131", world.branch, as_of=date(2025, 9, 30))
    assert why is not None
    inspect = next(clause for clause in why.clauses if clause.row.clause == "inspect")
    assert [entry.happened_on for entry in inspect.counted] == [date(2025, 3, 2), date(2025, 8, 9)]
    assert [entry.why for entry in inspect.not_counted] == ["same_day"]
    assert "at_least: 3" in inspect.source


OPENED = {"counts": {"Count"}, "cells": {"Each", "Each beneath"}, "terms": {"Every"}, "shares": {"Ratio", "Ratio sum"}}
"""Kinds of figures above 0 that must come up, for their entries to be counted."""


def opened(key: str, frame: Frame, records: Records, backend: str) -> set[str]:
    """Every figure of every unit, opened: as many entries are listed as were counted. Which kinds of figures there were."""
    scheme, seen = POOL[key], set()
    read = Reading(scheme, frame, (POOL["counts"], POOL["cells"]), KINDS)
    with scratch(records, backend) as engine:
        for row in evaluate(read, engine=engine):
            clause = scheme.clause(row.clause)
            if clause is None or not explain.can_drill(clause) or row.state in ("not_applicable", "unknown", "waived"):
                continue
            entries, sql = explain.listed(read, row.clause, [row.unit_id], engine)
            counted = [entry for entry in entries if entry.why == "counted"]
            n, word = len(counted), type(clause.test).__name__
            if isinstance(clause.test, Each):
                word += " beneath" if {entry.unit_id for entry in counted} - {row.unit_id} else ""
                n = n / clause.test.at_least
            elif isinstance(clause.test, Ratio) and clause.test.of.quantity:
                word += " sum"
                listed = [dict(zip(COLUMNS, entry, strict=True)) for entry in engine.rows(sql)]
                n = sum(entry["quantity"] for entry in listed if entry["why"] == "counted")
            assert n == row.n, (row, entries)
            seen |= {word} if n else set()
    return seen


@pytest.mark.parametrize("key", TEXTS)
def test_as_many_entries_are_listed_as_were_counted(key: str):
    seen: set[str] = set()

    @settings(TOGETHER, max_examples=8)
    @given(records=worlds())
    @example(records=busy())
    def agrees(records: Records) -> None:
        for frame in frames(key)[1:3]:
            seen.update(opened(key, frame, records, "sqlite"))

    agrees()
    assert OPENED.get(key, set()) - seen == set()


@pytest.mark.parametrize("key", OPENED)
def test_so_on_duckdb(key: str):
    assert OPENED[key] - opened(key, frames(key)[2], busy(), "duckdb") == set()


@pytest.mark.postgresql
@pytest.mark.parametrize("key", OPENED)
def test_so_on_postgresql(key: str, postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIANXIN_TEST_POSTGRESQL", postgresql_url)
    assert OPENED[key] - opened(key, frames(key)[2], busy(), "postgresql") == set()
