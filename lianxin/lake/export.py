"""The ledger and the tree as Parquet, for DuckDB. The live SQLite file is never opened by DuckDB: rows come from a snapshot that
our own SQLite makes (`VACUUM INTO`), or, on PostgreSQL, from the connection Django holds.

Files carry the live tables' names and columns, so that the same compiled schemes run on them; sorted by unit, so that drilling
into one unit reads little.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

TEXT, NUMBER, DAY, INSTANT, FLAG = pa.string(), pa.int64(), pa.date32(), pa.timestamp("us"), pa.bool_()
DATED = {"since": DAY, "until": DAY, "recorded_at": INSTANT, "valid_to": INSTANT}
TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "ledger_entry": (
        {
            "id": NUMBER, "kind": TEXT, "unit_id": NUMBER, "unit_path": TEXT, "happened_on": DAY, "recorded_at": INSTANT,
            "valid_to": INSTANT, "quantity": NUMBER, "subject": TEXT, "batch_id": NUMBER,
        },
        "unit_id, happened_on, id",
    ),
    "ledger_batch": ({"id": NUMBER, "visible": FLAG, "visible_at": INSTANT}, "id"),
    "organizations_unit": ({"id": NUMBER, "code": TEXT}, "id"),
    "organizations_placement": (
        {"unit_id": NUMBER, "parent_id": NUMBER, "path": TEXT, "name": TEXT, "kind": TEXT, "field": TEXT, **DATED},
        "unit_id, since",
    ),
    "organizations_designation": ({"unit_id": NUMBER, "designation": TEXT, **DATED}, "unit_id, since"),
    "organizations_fact": ({"unit_id": NUMBER, "key": TEXT, "value": TEXT, **DATED}, "unit_id, since"),
}  # fmt: skip
"""Table → its columns, and the order of its rows."""
AT_ONCE = 50_000


def export_lake(folder: Path) -> dict[str, int]:
    """Write every table to `folder` as Parquet; each file appears whole or not at all. Returns rows per table."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _consistent() as execute:
        return {table: _write(folder / f"{table}.parquet", table, execute) for table in TABLES}


@contextmanager
def open_lake(folder: Path) -> Iterator[Any]:
    """A DuckDB connection in which the exported tables stand under their own names."""
    duck = duckdb.connect(":memory:")
    try:
        for table in TABLES:
            place = str(folder / f"{table}.parquet").replace("'", "''")
            duck.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{place}')")  # nosec B608  # our own table names
        yield duck
    finally:
        duck.close()


def _write(file: Path, table: str, execute: Any) -> int:
    columns, order = TABLES[table]
    schema = pa.schema(list(columns.items()))
    fresh = file.with_suffix(".new")
    count = 0
    # The names are this file's own constants.
    rows = execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")  # nosec B608  # our own table names
    with pq.ParquetWriter(fresh, schema, compression="zstd") as writer:
        while chunk := rows.fetchmany(AT_ONCE):
            count += len(chunk)
            writer.write_table(_table(chunk, schema))
    fresh.replace(file)
    return count


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        [
            pa.array([_typed(value, field.type) for value in column], field.type)
            for column, field in zip(columns, schema, strict=True)
        ],
        schema=schema,
    )


def _typed(value: Any, type_: Any) -> Any:
    """A value as its column wants it: SQLite keeps days and instants as text, flags as numbers."""
    if value is None:
        return None
    if type_ == DAY and isinstance(value, str):
        return date.fromisoformat(value)
    if type_ == INSTANT and isinstance(value, str):
        return datetime.fromisoformat(value)
    return bool(value) if type_ == FLAG else value


@contextmanager
def _consistent() -> Iterator[Any]:
    """Something to run SELECTs on that sees one moment of the database."""
    if connection.vendor == "sqlite":
        with tempfile.TemporaryDirectory(prefix="lianxin-lake-") as folder:
            snapshot = Path(folder) / "snapshot.sqlite3"
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(snapshot)])
            copy = sqlite3.connect(snapshot)
            try:
                yield copy.execute
            finally:
                copy.close()
        return
    with connection.cursor() as cursor:

        def execute(sql: str) -> Any:
            cursor.execute(sql)
            return cursor

        yield execute
