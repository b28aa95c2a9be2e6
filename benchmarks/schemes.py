"""How long a six-clause scheme takes to standings, beside a bare count of three kinds, hand-written, in the same engine and run.

`python -m benchmarks.schemes [UNITS…]`: by default 226 10000 100000 1000000 (50 M entries); 226 10000 takes seconds. 50 entries a
unit over two years, made inside DuckDB itself, in a file, by two threads and within 8 GB. Also: a drill-down from one figure to
its entries, and how long each scheme of the library takes to compile. A line of figures each, with ✓ or NOT where something is
promised; exit 1 where a promise is not kept.
"""

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks._figures import said

DEFAULT = (226, 10_000, 100_000, 1_000_000)
MOST_ON_SQLITE = 30.0
MOST_TIMES_BARE = 13.0
MOST_DRILL = 5.0
MOST_SPREAD = 2.0
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


def main(sizes: tuple[int, ...] = DEFAULT) -> bool:
    """Print one line a measurement; False where a promise is not kept."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianxin.config.settings")
    django.setup()
    kept, costs = [compiling()], {}
    for units in sizes:
        with tempfile.TemporaryDirectory() as folder:
            duck = world(units, Path(folder) / "world.duckdb")
            if units < 1000:
                kept.append(on_sqlite(duck, units))
            else:
                right, costs[units] = on_duckdb(duck, units)
                kept.append(right)
            duck.close()
    if len(costs) > 1:
        spread = max(costs.values()) / min(costs.values())
        named = f"dearest of {min(costs) * ENTRIES_EACH:,} to {max(costs) * ENTRIES_EACH:,} entries ÷ cheapest, per entry"
        kept.append(said(named, f"{spread:.1f}×", f"≤ {MOST_SPREAD:.0f}×", spread <= MOST_SPREAD))
    return all(kept)


def world(units: int, file: Path) -> Any:
    """A DuckDB holding the tables of so many contact points and what they did, sorted by unit."""
    import duckdb

    from lianxin.schemes.scratch import TABLES

    duck = duckdb.connect(str(file))
    duck.execute("SET threads = 2")
    duck.execute("SET memory_limit = '8GB'")
    duck.execute(f"SET temp_directory = '{file.parent}'")
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
    duck.execute("CHECKPOINT")
    return duck


def reading() -> Any:
    from lianxin.schemes.frame import frame_for
    from lianxin.schemes.loader import load_scheme
    from lianxin.schemes.queries import Reading

    scheme = load_scheme(SIX)
    return Reading(scheme, frame_for(scheme, as_of=AS_OF), (), frozenset(KINDS))


def best(*works: Callable[[], Any], times: int) -> list[tuple[float, float]]:
    """Of each, the least seconds and the least processor seconds; in turns, so that a busy moment does not fall on one alone."""
    found: list[list[tuple[float, float]]] = [[] for _work in works]
    for _ in range(times):
        for work, runs in zip(works, found, strict=True):
            begun, used = time.perf_counter(), time.process_time()
            work()
            runs.append((time.perf_counter() - begun, time.process_time() - used))
    return [(min(run[0] for run in runs), min(run[1] for run in runs)) for runs in found]


def compiling() -> bool:
    """How long it takes to compile what the library holds, the first time in a process that has Ibis loaded."""
    from lianxin.ledger.kinds import declared
    from lianxin.schemes.compiler import Compiler, render
    from lianxin.schemes.frame import frame_for
    from lianxin.schemes.library import library_files
    from lianxin.schemes.loader import load_scheme

    library = {scheme.key: scheme for scheme in (load_scheme(file.read_text(), file.name) for file in library_files())}
    kinds = frozenset(declared())

    def compile_(key: str) -> None:
        compiler = Compiler(library[key], frame_for(library[key], as_of=AS_OF), library, kinds)
        render(compiler.plan, compiler.build(), "sqlite")

    compile_("election-due")
    for key in library:
        ((seconds, used),) = best(lambda key=key: compile_(key), times=1)  # type: ignore[misc]
        said(f"compile {key}", f"{seconds * 1000:.0f} ms ({used * 1000:.0f} ms of processor)")
    return True


def on_sqlite(duck: Any, units: int) -> bool:
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
    ((seconds, used),) = best(lambda: evaluate(read, engine=engine), times=15)
    what = f"{units} units × {ENTRIES_EACH}, six clauses to rows, SQLite, warm"
    found = f"{seconds * 1000:.1f} ms ({used * 1000:.1f} ms of processor)"
    return said(what, found, f"≤ {MOST_ON_SQLITE:.0f} ms", seconds * 1000 <= MOST_ON_SQLITE)


def on_duckdb(duck: Any, units: int) -> tuple[bool, float]:
    """Whether it keeps its promises, and the cost of an entry in seconds."""
    from lianxin.schemes.engines import DuckEngine, compiled_drill, compiled_standings, fill

    read, engine = reading(), DuckEngine(duck)
    compiled = compiled_standings(read.scheme, read.frame, "duckdb", (), read.kinds, False)
    (bare, bare_used), (whole, used) = best(
        lambda: engine.run(f"CREATE OR REPLACE TABLE bare AS {BARE}"),
        lambda: engine.run(f"CREATE OR REPLACE TABLE verdicts AS {compiled.sql}"),
        times=7 if units <= 100_000 else 3,
    )
    total = units * ENTRIES_EACH
    name = f"{units:,} units × {ENTRIES_EACH}, DuckDB"
    said(f"{name}: bare count of three kinds", f"{bare * 1000:.0f} ms ({bare_used * 1000:.0f} ms of processor)")
    said(f"{name}: six clauses to verdicts, warm", f"{whole * 1000:.0f} ms ({used * 1000:.0f} ms of processor)")
    said(f"{name}: an entry", f"{whole / total * 1e9:.0f} ns")
    kept = True
    if units >= 100_000:
        ratio = whole / bare
        found = f"{ratio:.1f}× ({used / bare_used:.1f}× of processor)"
        kept = said(f"{name}: six clauses ÷ bare", found, f"≤ {MOST_TIMES_BARE:.0f}×", ratio <= MOST_TIMES_BARE)
    drill = compiled_drill(read.scheme, "inspect", read.frame, "duckdb", read.kinds)
    one = fill(drill, [units // 2], "duckdb")
    ((seconds, _used),) = best(lambda: engine.rows(one), times=7)
    said(f"drill-down from one figure to its entries among {total:,}, DuckDB file", f"{seconds * 1000:.1f} ms")
    if units == 100_000:
        kept = drill_on_sqlite(duck, units) and kept
    return kept, whole / total


def drill_on_sqlite(duck: Any, units: int) -> bool:
    """The same list out of a SQLite with the live ledger's index by unit, kind and day."""
    from lianxin.schemes.engines import compiled_drill, fill
    from lianxin.schemes.scratch import TABLES, _Scratch

    read = reading()
    with tempfile.TemporaryDirectory() as folder:
        live = sqlite3.connect(Path(folder) / "live.sqlite3", isolation_level=None)
        live.execute("PRAGMA synchronous = OFF")
        live.execute("BEGIN")
        for table, columns in TABLES.items():
            live.execute(f"CREATE TABLE {table} ({columns.replace('timestamp', 'text').replace(' date', ' text')})")
            texts = [
                f"{name}::varchar" if type_ in ("date", "timestamp") else name
                for name, type_ in (column.split() for column in columns.split(", "))
            ]
            rows = duck.execute(f"SELECT {', '.join(texts)} FROM {table}")
            while chunk := rows.fetchmany(100_000):
                live.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in texts)})", chunk)
        live.execute("COMMIT")
        live.execute("CREATE INDEX a ON ledger_entry (unit_id, kind, happened_on)")
        live.execute("CREATE INDEX d ON organizations_placement (unit_id, since)")
        drill = compiled_drill(read.scheme, "inspect", read.frame, "sqlite", read.kinds)
        engine, at = _Scratch(live, "sqlite"), iter(range(units))
        engine.rows(fill(drill, [next(at)], "sqlite"))
        ((seconds, _used),) = best(lambda: engine.rows(fill(drill, [next(at) * 7919 % units], "sqlite")), times=15)
        live.close()
    what = f"drill-down from one figure to its entries among {units * ENTRIES_EACH:,}, SQLite with the live index"
    return said(what, f"{seconds * 1000:.1f} ms", f"≤ {MOST_DRILL:.0f} ms", seconds * 1000 <= MOST_DRILL)


if __name__ == "__main__":
    sys.exit(0 if main(tuple(int(word) for word in sys.argv[1:]) or DEFAULT) else 1)
