"""Where compiled SQL runs: the live database through Django's own connection, or DuckDB over what `lake` exported.

DuckDB never opens the live SQLite file: two SQLite copies in one process cancel each other's locks.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Protocol

from django.db import connection

from lianxin.schemes.compiler import SCOPE_SLOT, Compiled, Compiler, Dialect, render
from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import Scheme


class Engine(Protocol):
    """Something that runs a statement."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL it speaks."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a statement, executed as it stands."""


class LiveEngine:
    """The database Django is connected to."""

    @property
    def dialect(self) -> Dialect:
        return "postgres" if connection.vendor == "postgresql" else "sqlite"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())


class DuckEngine:
    """A DuckDB connection over exported tables of the same names."""

    dialect: Dialect = "duckdb"

    def __init__(self, duck: Any) -> None:
        self.duck = duck

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.duck.execute(sql).fetchall())


LIVE = LiveEngine()


def ids_as_sql(ids: Collection[int], dialect: Dialect) -> str:
    """A little table of ids, as text. They are numbers, checked to be."""
    numbers = ",".join(str(int(number)) for number in sorted(ids))
    if dialect == "sqlite":
        return f"SELECT value AS id FROM json_each('[{numbers}]')"  # nosec B608  # whole numbers only
    if dialect == "postgres":
        return f"SELECT unnest(ARRAY[{numbers}]::bigint[]) AS id"
    return f"SELECT unnest([{numbers}]::BIGINT[]) AS id"


def fill(compiled: Compiled, units: Iterable[int] | None, dialect: Dialect) -> str:
    """The statement with the units asked for put in."""
    return compiled.sql if units is None else compiled.sql.replace(SCOPE_SLOT, ids_as_sql(list(units), dialect))


@lru_cache(maxsize=512)
def compiled_standings(
    scheme: Scheme, frame: Frame, dialect: Dialect, sources: tuple[Scheme, ...], kinds: frozenset[str], scoped: bool
) -> Compiled:
    """Compile once per scheme text, frame and dialect. Schemes compare by what they say, so their hash is part of the key."""
    compiler = Compiler(scheme, frame, {source.key: source for source in sources}, kinds, scoped, dialect=dialect)
    last = compiler.build()
    return render(compiler.plan, last, dialect, scoped=scoped, fixed=tuple(compiler.fixed.items()))
