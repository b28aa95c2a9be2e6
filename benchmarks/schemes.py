"""How long a six-clause scheme takes to standings, beside a bare hand-written count of three kinds: same engine, same run.

`python -m benchmarks.schemes [UNITS…]` (default 226 100000; 1000000 is 50 M entries). 50 entries a unit over two years, made
inside DuckDB itself. Also a drill-down from one figure to its entries.
"""

import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

ENTRIES_EACH = 50
AS_OF = date(2026, 12, 31)
KINDS = (
    "liaison.researched", "liaison.inspected", "liaison.problem_confirmed",
    "gatherings.themed_day_held", "gatherings.members_met",
    "organizations.election_held", "gatherings.lesson_held",
)  # fmt: skip
SIX = """
scheme: six
title: {zh: 六条, en: Six}
version: "1"
effective: {from: 2020-01-01}
subject: {designation: contact_point}
period: year
part_year: prorate
closes: 10d
clauses:
  - {id: research, title: {zh: 甲, en: A}, count: {kind: liaison.researched, at_least: 1}, part_year: keep}
  - {id: inspect, title: {zh: 甲, en: A}, count: {kind: liaison.inspected, at_least: 3, once_per: day}}
  - {id: solve, title: {zh: 甲, en: A}, count: {kind: liaison.problem_confirmed, at_least: 1, once_per: subject}, part_year: keep}
  - {id: themed, title: {zh: 甲, en: A}, part_year: whole_units,
     each: {unit: month, kind: gatherings.themed_day_held, at_least: 1}}
  - {id: members, title: {zh: 甲, en: A}, part_year: whole_units,
     each: {unit: quarter, kind: gatherings.members_met, at_least: 1}}
  - {id: election, title: {zh: 甲, en: A}, every: {kind: organizations.election_held, years: 5, seed: founded_on, remind: [6mo]}}
verdict: {all: [research, inspect, solve, themed, members, election]}
"""
BARE = """
SELECT unit_id, count(*) FILTER (WHERE kind = 'liaison.researched'), count(*) FILTER (WHERE kind = 'liaison.inspected'),
  count(*) FILTER (WHERE kind = 'liaison.problem_confirmed')
FROM ledger_entry WHERE happened_on BETWEEN DATE '2026-01-01' AND DATE '2026-12-31' AND valid_to IS NULL GROUP BY unit_id
"""


def main(sizes: list[int]) -> None:
    import django

    django.setup()
    for units in sizes:
        duck = world(units)
        if units < 1000:
            on_sqlite(duck, units)
        on_duckdb(duck, units)
        duck.close()


def world(units: int) -> Any:
    """A DuckDB holding the tables of so many contact points and what they did, sorted by unit."""
    import duckdb

    from lianxin.schemes.scratch import TABLES

    duck = duckdb.connect(":memory:")
    duck.execute("SET threads = 2")
    for table, columns in TABLES.items():
        duck.execute(f"CREATE TABLE {table} ({columns})")
    path = "'0000001' || lpad(i::varchar, 7, '0')"
    early = "TIMESTAMP '2020-01-01'"
    duck.execute(f"INSERT INTO organizations_unit SELECT i, i::varchar FROM range({units}) t(i)")
    duck.execute(
        f"INSERT INTO organizations_placement SELECT i, 1, {path}, 'u', 'branch', 'village', DATE '2020-01-01', NULL,"
        f" {early}, NULL"
        f" FROM range({units}) t(i)"
    )
    duck.execute(
        "INSERT INTO organizations_designation SELECT i, 'contact_point',"
        f" CASE WHEN i % 20 = 0 THEN DATE '2026-01-01' + ((i * 7) % 300)::integer ELSE DATE '2020-01-01' END, NULL, {early}, NULL"
        f" FROM range({units}) t(i)"
    )
    duck.execute(
        f"INSERT INTO organizations_fact SELECT i, 'founded_on', '2022-06-01', DATE '2020-01-01', NULL, {early}, NULL"
        f" FROM range({units}) t(i)"
    )
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    happened = "DATE '2025-01-01' + (hash(i) % 730)::integer"
    duck.execute(
        f"INSERT INTO ledger_entry SELECT i, ([{kinds}])[(hash(i * 31) % {len(KINDS)})::integer + 1], i // {ENTRIES_EACH},"
        f" '0000001' || lpad((i // {ENTRIES_EACH})::varchar, 7, '0'), {happened}, ({happened})::timestamp,"
        f" CASE WHEN i % 50 = 0 THEN ({happened})::timestamp + INTERVAL 10 DAY END, 1,"
        f" CASE WHEN i % 7 = 0 THEN 'x:' || (i % 1000) ELSE '' END, NULL FROM range({units * ENTRIES_EACH}::bigint) t(i)"
    )
    return duck


def reading() -> Any:
    from lianxin.schemes.frame import frame_for
    from lianxin.schemes.loader import load_scheme
    from lianxin.schemes.queries import Reading

    scheme = load_scheme(SIX)
    return Reading(scheme, frame_for(scheme, as_of=AS_OF), (), frozenset(KINDS))


def best(work: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def on_sqlite(duck: Any, units: int) -> None:
    from lianxin.schemes.queries import evaluate
    from lianxin.schemes.scratch import TABLES, _Scratch

    live = sqlite3.connect(":memory:")
    for table, columns in TABLES.items():
        live.execute(f"CREATE TABLE {table} ({columns.replace('timestamp', 'text').replace(' date', ' text')})")
        rows = [
            tuple(str(value) if hasattr(value, "year") else value for value in row)
            for row in duck.execute(f"FROM {table}").fetchall()
        ]
        if rows:
            live.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in rows[0])})", rows)
    live.execute("CREATE INDEX a ON ledger_entry (unit_id, kind, happened_on)")
    live.execute("CREATE INDEX b ON ledger_entry (kind, happened_on, unit_id)")
    live.execute("CREATE INDEX c ON ledger_entry (subject)")
    live.execute("CREATE INDEX d ON organizations_placement (unit_id, since)")
    engine, read = _Scratch(live, "sqlite"), reading()
    evaluate(read, engine=engine)
    print(
        f"{units} units × {ENTRIES_EACH}, SQLite, warm, to rows: {best(lambda: evaluate(read, engine=engine), 7) * 1000:.1f} ms",
        flush=True,
    )


def on_duckdb(duck: Any, units: int) -> None:
    from lianxin.schemes.engines import compiled_drill, compiled_standings, fill

    read = reading()
    compiled = compiled_standings(read.scheme, read.frame, "duckdb", (), read.kinds, False)
    times = 5 if units <= 100_000 else 2
    bare = best(lambda: duck.execute(f"CREATE OR REPLACE TABLE bare AS {BARE}"), times)
    whole = best(lambda: duck.execute(f"CREATE OR REPLACE TABLE verdicts AS {compiled.sql}"), times)
    total = units * ENTRIES_EACH
    print(
        f"{units} units × {ENTRIES_EACH}, DuckDB: bare {bare * 1000:.0f} ms, six clauses {whole * 1000:.0f} ms,"
        f" {whole / bare:.1f}×, {whole / total * 1e9:.0f} ns an entry",
        flush=True,
    )
    drill = compiled_drill(read.scheme, "inspect", read.frame, "duckdb", read.kinds, False)
    one = fill(drill, [units // 2], "duckdb")
    print(
        f"drill-down to one figure's entries among {total}: {best(lambda: duck.execute(one).fetchall(), 5) * 1000:.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [226, 100_000])
