"""Every engine, and the slow oracle, come to the same verdicts, row by row."""

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings

from lianxin.ledger import clock
from lianxin.schemes.frame import Frame, frame_for
from lianxin.schemes.queries import Reading, evaluate
from lianxin.schemes.scheme import Scheme
from lianxin.schemes.scratch import Records, scratch
from lianxin.schemes.standings import StandingRow
from lianxin.schemes.tests.oracle import judge
from lianxin.schemes.tests.pool import KINDS, TEXTS, pool
from lianxin.schemes.tests.worlds import busy, worlds

POOL = pool()
TOGETHER = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, print_blob=False, database=None
)
COMPARED = ("n", "need", "missing", "due", "state", "pace", "alert")


def frames(key: str) -> list[Frame]:
    """Days at the edges of the scheme's periods: within, on the last day, after the close, restated, as known long ago."""
    scheme = POOL[key]
    period = {"year": "2024", "quarter": "2024-Q2", "month": "2024-02"}[scheme.period]
    inside, last = {"year": (date(2024, 2, 29), date(2024, 12, 31)), "quarter": (date(2024, 4, 30), date(2024, 6, 30))}.get(
        scheme.period, (date(2024, 2, 28), date(2024, 2, 29))
    )
    return [
        frame_for(scheme, as_of=inside),
        frame_for(scheme, as_of=last, known_as_of=clock.end_of(date(2024, 11, 30))),
        frame_for(scheme, as_of=date(2025, 1, 20), period=period),
        frame_for(scheme, as_of=date(2025, 1, 20), period=period, restated=True),
    ]


def compared(key: str, frame: Frame, records: Records, backend: str, seen: set[str] | None = None) -> tuple[dict, dict]:
    """What the engine says and what the oracle says; `seen` notes what came up."""
    scheme = POOL[key]
    sources = {name: POOL[name] for name in ("counts", "cells")}
    with scratch(records, backend) as engine:
        rows = evaluate(Reading(scheme, frame, tuple(sources.values()), KINDS), engine=engine)
    found = {
        (row.unit_id, row.clause): tuple(getattr(row, name) for name in COMPARED)
        + ((row.score, row.stars) if row.role == "verdict" else ())
        for row in rows
        if row.role != "veto"
    }
    wanted = {
        key: tuple(verdict[name] for name in COMPARED) + ((verdict["score"], verdict["stars"]) if key[1] == "" else ())
        for key, verdict in judge(scheme, sources, frame, records, KINDS).items()
    }
    if seen is not None:
        seen.update(features(scheme, rows, records))
    return found, wanted


def features(scheme: Scheme, rows: list[StandingRow], records: Records) -> set[str]:
    """What came up in a world: states of every kind of clause, vetoes, stars, and what happened to units and records."""
    found: set[str] = set()
    for row in rows:
        clause = scheme.clause(row.clause)
        what = type(clause.test).__name__ if clause else "Veto " + row.clause if row.role == "veto" else "Verdict"
        found |= {f"{what} {row.state}", f"pace {row.pace}", f"alert {row.alert}", f"stars {row.stars}"}
        found |= set() if row.lasting else {"left"}
    for unit in {row.unit_id for row in records.placements}:
        parents = {row.parent_id for row in records.placements if row.unit_id == unit}
        found |= {"merged" if unit >= 20 else "moved"} if len(parents) > 1 else set()
    found |= {"corrected entry"} if any(entry.valid_to for entry in records.entries) else set()
    found |= {"hidden import"} if any(entry.batch_id == 1 for entry in records.entries) else set()
    found |= {"import seen later"} if any(entry.batch_id == 2 for entry in records.entries) else set()
    found |= {"corrected fact"} if any(fact.valid_to for fact in records.facts) else set()
    return found


ALWAYS = {"moved", "left", "corrected entry", "corrected fact", "hidden import", "import seen later"}
RUNNING = ("met", "unmet", "pending", "not_started", "waived")
EXPECTED = {
    "counts": {*(f"Count {state}" for state in RUNNING), *(f"Verdict {state}" for state in RUNNING), "Count not_applicable"},
    "cells": {
        *(f"Each {state}" for state in RUNNING),
        "Each unknown",
        "Each not_applicable",
        "pace impossible",
        "pace behind",
        "merged",
    },
    "terms": {"Every met", "Every met_late", "Every unmet", "Every unknown", "Every waived", "alert overdue", "alert due_soon"},
    "shares": {
        *(f"Ratio {state}" for state in ("met", "unmet", "pending", "not_applicable", "unknown")),
        *("Value met", "Value unmet", "Value unknown", "Judged met", "Judged unmet", "Judged pending"),
        *("Veto bad met", "Veto bad unmet", "Veto lost unmet", "stars 1", "stars 2", "stars 3"),
    },
    "drawn": {"From met", "From unmet", "From not_applicable", "Count unknown", "Veto late unmet", "stars 1", "stars 2"},
    "monthly": {"Count met", "Count unmet", "Judged met", "Judged unmet", "Judged not_started", "pace behind", "pace on_track"},
}
"""What must come up in the worlds a scheme is compared in: a generator that never made it would have them agree about nothing."""


@pytest.mark.parametrize("key", TEXTS)
def test_sqlite_agrees_with_the_oracle_about_everything_schemes_speak_of(key: str):
    seen: set[str] = set()

    @settings(TOGETHER, max_examples=3 if key == "drawn" else 8)  # drawn judges two other schemes besides
    @given(records=worlds())
    @example(records=busy())
    def agrees(records: Records) -> None:
        for frame in frames(key):
            found, wanted = compared(key, frame, records, "sqlite", seen)
            assert found == wanted, frame

    agrees()
    assert sorted((EXPECTED[key] | ALWAYS) - seen) == []


@pytest.mark.parametrize("key", TEXTS)
@settings(TOGETHER, max_examples=4)
@given(records=worlds())
def test_duckdb_agrees_with_the_oracle(key: str, records: Records):
    for frame in frames(key)[1:3]:
        found, wanted = compared(key, frame, records, "duckdb")
        assert found == wanted, frame


@pytest.mark.postgresql
@pytest.mark.parametrize("key", TEXTS)
def test_postgresql_agrees_with_the_oracle(key: str, postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIANXIN_TEST_POSTGRESQL", postgresql_url)

    @settings(TOGETHER, max_examples=4)
    @given(records=worlds())
    def agrees(records: Records):
        for frame in frames(key)[1:3]:
            found, wanted = compared(key, frame, records, "postgresql")
            assert found == wanted, frame

    agrees()
