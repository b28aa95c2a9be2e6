"""Every engine, and the slow oracle, come to the same verdicts, row by row."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from lianxin.ledger import clock
from lianxin.schemes.frame import Frame, frame_for
from lianxin.schemes.queries import Reading, evaluate
from lianxin.schemes.scratch import Records, scratch
from lianxin.schemes.tests.oracle import judge
from lianxin.schemes.tests.pool import KINDS, TEXTS, pool
from lianxin.schemes.tests.worlds import worlds

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


def compared(key: str, frame: Frame, records: Records, backend: str) -> tuple[dict, dict]:
    """What the engine says and what the oracle says."""
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
    return found, wanted


@pytest.mark.parametrize("key", TEXTS)
@TOGETHER
@given(records=worlds())
def test_sqlite_agrees_with_the_oracle(key: str, records: Records):
    for frame in frames(key):
        found, wanted = compared(key, frame, records, "sqlite")
        assert found == wanted, frame


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
