"""Small databases with the live tables' names and columns, filled from plain rows: for examples, and to compare engines."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from lianxin.schemes.engines import Dialect, DuckEngine, Engine

TABLES = {
    "ledger_entry": "id bigint, kind varchar, unit_id bigint, unit_path varchar, happened_on date, recorded_at timestamp,"
    " valid_to timestamp, quantity bigint, subject varchar, batch_id bigint",
    "ledger_batch": "id bigint, visible boolean, visible_at timestamp",
    "organizations_unit": "id bigint, code varchar",
    "organizations_placement": "unit_id bigint, parent_id bigint, path varchar, name varchar, kind varchar, field varchar,"
    " since date, until date, recorded_at timestamp, valid_to timestamp",
    "organizations_designation": "unit_id bigint, designation varchar, since date, until date, recorded_at timestamp,"
    " valid_to timestamp",
    "organizations_fact": "unit_id bigint, key varchar, value varchar, since date, until date, recorded_at timestamp,"
    " valid_to timestamp",
}


@dataclass(frozen=True)
class EntryRow:
    id: int
    kind: str
    unit_id: int
    unit_path: str
    happened_on: date
    recorded_at: datetime
    valid_to: datetime | None = None
    quantity: int = 1
    subject: str = ""
    batch_id: int | None = None


@dataclass(frozen=True)
class BatchRow:
    id: int
    visible: bool
    visible_at: datetime | None = None


@dataclass(frozen=True)
class PlacementRow:
    unit_id: int
    parent_id: int | None
    path: str
    name: str
    kind: str
    field: str
    since: date
    until: date | None
    recorded_at: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True)
class DesignationRow:
    unit_id: int
    designation: str
    since: date
    until: date | None
    recorded_at: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True)
class FactRow:
    unit_id: int
    key: str
    value: str
    since: date
    until: date | None
    recorded_at: datetime
    valid_to: datetime | None = None


@dataclass
class Records:
    """Everything a scheme reads, as plain rows."""

    units: dict[int, str] = field(default_factory=dict)
    """id → code"""
    placements: list[PlacementRow] = field(default_factory=list)
    designations: list[DesignationRow] = field(default_factory=list)
    facts: list[FactRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    batches: list[BatchRow] = field(default_factory=list)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        def plain(rows: list[Any]) -> list[tuple[Any, ...]]:
            return [tuple(getattr(row, column.name) for column in fields(row)) for row in rows]

        return {
            "ledger_entry": plain(self.entries),
            "ledger_batch": plain(self.batches),
            "organizations_unit": list(self.units.items()),
            "organizations_placement": plain(self.placements),
            "organizations_designation": plain(self.designations),
            "organizations_fact": plain(self.facts),
        }


class NoBackend(Exception):
    """This backend cannot be had here; the message says what would help."""


@contextmanager
def scratch(records: Records, backend: str) -> Iterator[Engine]:
    """A throw-away database on that backend (sqlite, duckdb, postgresql) holding the records."""
    with BACKENDS[backend]() as (engine, put):
        for table, columns in TABLES.items():
            put(table, columns, records.tables()[table])
        yield engine


Put = Callable[[str, str, list[tuple[Any, ...]]], None]


class _Scratch:
    """Runs statements on a DB-API connection."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self.connection = connection
        self._dialect = dialect

    @property
    def dialect(self) -> Dialect:
        return self._dialect

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())


@contextmanager
def _sqlite() -> Iterator[tuple[Engine, Put]]:
    import sqlite3  # the one the product runs on, see lianxin.config

    connection = sqlite3.connect(":memory:")

    def put(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        # As Django keeps them: days and instants are text, so that they compare as text.
        connection.execute(f"CREATE TABLE {table} ({columns.replace('timestamp', 'text').replace(' date', ' text')})")
        marks = ", ".join("?" for _column in columns.split(", "))
        texts = [tuple(str(value) if isinstance(value, date) else value for value in row) for row in rows]
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", texts)  # nosec B608  # our own table names

    try:
        yield _Scratch(connection, "sqlite"), put
    finally:
        connection.close()


@contextmanager
def _duckdb() -> Iterator[tuple[Engine, Put]]:
    import duckdb

    connection = duckdb.connect(":memory:")

    def put(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join("?" for _column in columns.split(", "))
        if rows:
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # nosec B608  # our own table names

    try:
        yield DuckEngine(connection), put
    finally:
        connection.close()


@contextmanager
def _postgresql() -> Iterator[tuple[Engine, Put]]:
    url = os.environ.get("LIANXIN_TEST_POSTGRESQL") or os.environ.get("LIANXIN_DATABASE_URL", "")
    if not url.startswith("postgres"):
        raise NoBackend(_("No PostgreSQL server is named. Set LIANXIN_TEST_POSTGRESQL to postgresql://user@host:port/name."))
    try:
        import psycopg
    except ImportError:
        raise NoBackend(_("The PostgreSQL driver is missing. Install lianxinqiao[postgresql].")) from None
    try:
        connection = psycopg.connect(url)
    except psycopg.OperationalError as error:
        raise NoBackend(_("PostgreSQL does not answer: %s") % str(error).strip().splitlines()[0]) from None

    def put(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        connection.execute(f"CREATE TEMPORARY TABLE {table} ({columns})")
        marks = ", ".join("%s" for _column in columns.split(", "))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # nosec B608  # our own table names

    try:
        yield _Scratch(connection, "postgres"), put
    finally:
        connection.rollback()  # the temporary tables were never committed
        connection.close()


BACKENDS = {"sqlite": _sqlite, "duckdb": _duckdb, "postgresql": _postgresql}
