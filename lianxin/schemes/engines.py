"""Where compiled SQL runs: the live database through Django's own connection, or DuckDB over what `lake` exported.

DuckDB never opens the live SQLite file: two SQLite copies in one process cancel each other's locks.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Protocol

from django.conf import settings
from django.core import signing
from django.db import connection

from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import Scheme

Dialect = Literal["sqlite", "postgres", "duckdb"]
SCOPE_SLOT = "/* the units asked for */"
MOST_ARGUMENTS = 90
"""Columns in one JSON array; PostgreSQL lets a function have a hundred arguments."""
MOST_READ = 64
"""Statements that a DuckDB connection keeps as it has read them; the oldest goes."""
MOST_STORED = 400
"""Compiled statements in the data folder; the oldest go."""


@dataclass(frozen=True)
class Compiled:
    """A statement ready to run, and the order of its columns."""

    sql: str
    columns: tuple[str, ...]
    fixed: tuple[tuple[str, Any], ...] = ()
    """Columns that are the same for every row, and what they are."""


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
    """A DuckDB connection over exported tables of the same names. What is asked again is not read again: that takes a third of
    the time of a small county's standings."""

    dialect: Dialect = "duckdb"

    def __init__(self, duck: Any) -> None:
        self.duck = duck
        self._read: dict[str, Any] = {}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.run(sql).fetchall())

    def run(self, sql: str) -> Any:
        """Run one statement; its result is yet to be fetched."""
        if sql not in self._read:
            (statement,) = self.duck.extract_statements(sql)
            if len(self._read) == MOST_READ:
                del self._read[next(iter(self._read))]
            self._read[sql] = statement
        return self.duck.execute(self._read[sql])


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


def rows_together(statements: Sequence[tuple[Compiled, str]], engine: Engine) -> list[list[tuple[Any, ...]]]:
    """The rows of several statements, each as it would give them alone, in one execution.

    They have different columns, so each row travels as text: JSON arrays, which SQLite and PostgreSQL build alike.
    """
    build = "json_array" if engine.dialect == "sqlite" else "json_build_array"
    width = max((-(-len(compiled.columns) // MOST_ARGUMENTS) for compiled, _sql in statements), default=0)
    parts = []
    for number, (compiled, sql) in enumerate(statements):
        names = [f'"{column}"' for column in compiled.columns]
        chunks = [names[start : start + MOST_ARGUMENTS] for start in range(0, width * MOST_ARGUMENTS, MOST_ARGUMENTS)]
        arrays = ", ".join(f"CAST({build}({', '.join(chunk)}) AS TEXT)" for chunk in chunks)
        parts.append(f"SELECT {number}, {arrays} FROM (\n{sql}\n) AS part_{number}")  # nosec B608  # our own statements
    found: list[list[tuple[Any, ...]]] = [[] for _statement in statements]
    for number, *texts in engine.rows("\nUNION ALL\n".join(parts)) if parts else ():
        found[number].append(tuple(chain.from_iterable(json.loads(text) for text in texts)))
    return found


# --- Statements, compiled once -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def compiled_standings(
    scheme: Scheme, frame: Frame, dialect: Dialect, sources: tuple[Scheme, ...], kinds: frozenset[str], scoped: bool
) -> Compiled:
    """Compile once per scheme text, frame and dialect. Schemes compare by what they say, so their hash is part of the key."""

    def make() -> Compiled:
        from lianxin.schemes.compiler import Compiler, render

        compiler = Compiler(scheme, frame, {source.key: source for source in sources}, kinds, scoped, dialect=dialect)
        last = compiler.build()
        return render(compiler.plan, last, dialect, scoped=scoped, fixed=tuple(compiler.fixed.items()))

    return _stored(("standings", scheme.hash, [source.hash for source in sources], scoped), frame, dialect, kinds, make)


@lru_cache(maxsize=512)
def compiled_drill(scheme: Scheme, clause: str, frame: Frame, dialect: Dialect, kinds: frozenset[str]) -> Compiled:
    """The statement that lists the entries behind one clause, of the units put into its scope."""

    def make() -> Compiled:
        from lianxin.schemes.drill import compile_drill

        return compile_drill(scheme, clause, frame, dialect, kinds)

    return _stored(("drill", scheme.hash, clause), frame, dialect, kinds, make)


@lru_cache(maxsize=512)
def compiled_credit(scheme: Scheme, clause: str, frame: Frame, dialect: Dialect, kinds: frozenset[str]) -> Compiled:
    """The statement that counts those entries, (unit_id, unit_path, acts): by the place they were done at."""

    def make() -> Compiled:
        from lianxin.schemes.drill import compile_credit

        return compile_credit(scheme, clause, frame, dialect, kinds)

    return _stored(("credit", scheme.hash, clause), frame, dialect, kinds, make)


def _stored(
    what: tuple[Any, ...], frame: Frame, dialect: Dialect, kinds: frozenset[str], make: Callable[[], Compiled]
) -> Compiled:
    """A compiled statement out of the data folder, where another process has put it, else made now and put there.

    Compiling takes a tenth of a second to a second, and so does loading Ibis, which this spares. Files are signed with the
    installation's key: one that was changed counts as none. Where nothing can be written, nothing is kept.
    """
    if not settings.FOLDER.exists:
        return make()
    told = json.dumps([_code(), what, str(frame), dialect, sorted(kinds)])
    folder = settings.FOLDER.path / "compiled"
    name = hashlib.sha256(told.encode()).hexdigest()
    salt = f"lianxin.schemes.compiled {name}"  # so that one statement cannot be put in the place of another
    try:
        sql, columns, fixed = signing.loads((folder / name).read_text(), salt=salt)
        return Compiled(sql, tuple(columns), tuple((column, value) for column, value in fixed))
    except (OSError, ValueError, signing.BadSignature):
        made = make()
    with suppress(OSError):
        folder.mkdir(exist_ok=True, mode=0o700)
        for old in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)[:-MOST_STORED]:
            old.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as fresh:
            fresh.write(signing.dumps([made.sql, made.columns, made.fixed], salt=salt, compress=True))
        Path(fresh.name).replace(folder / name)
    return made


@cache
def _code() -> str:
    """What makes statements: this folder's own code and the two packages."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} {version('ibis-framework')} {version('sqlglot')}"
