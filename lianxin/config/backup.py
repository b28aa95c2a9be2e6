"""A backup: one file, the same for SQLite and PostgreSQL, made while people work; every byte of it is covered by a hash.

    lianxinqiao-backup-1 <sha256 of the manifest> <sha256 of this line so far>⏎
    the manifest, canonical JSON: when, by which version, migrations, head of the ledger; per table columns, rows, size, hashes⏎
    one member per table: its rows as canonical JSON lines, compressed

A county's own rules stand in the manifest. Keys are not in it (`lianxin keys export`), nor are sessions: whoever opens a restored
copy signs in again.
"""

import base64
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO
from uuid import UUID

from django.apps.registry import Apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.duration import duration_string
from django.utils.translation import gettext as _

from lianxin import __version__
from lianxin.cases import rules, search
from lianxin.cases.data_files import own_file
from lianxin.config.folder import current_folder
from lianxin.ledger import clock
from lianxin.ledger.proof import canonical

MAGIC = "lianxinqiao-backup-1"
LEFT_OUT = {"django_session", "accounts_session", "accounts_limit", "accounts_usednetwork", "cases_bucket"}
"""Tables that are emptied by a restore on purpose."""
ROWS_AT_ONCE = 2000
Migrations = list[tuple[str, str]]


class DamagedBackup(Exception):
    """The file is not what was written; says which part."""


class CannotRestore(Exception):
    """The file is whole, but must not be restored here; says why and what to do."""


@dataclass(frozen=True)
class Member:
    """One table of a backup."""

    table: str
    columns: list[str]
    rows: int
    sha256: str
    """Of the rows as text: what two databases are compared by."""
    size: int
    packed: str
    """sha256 of the bytes in the file."""


@dataclass(frozen=True)
class Manifest:
    made_at: str
    version: str
    migrations: Migrations
    head: tuple[int, str]
    """The ledger's last entry and its digest: what came before it can be proved unchanged."""
    keys: dict[str, str]
    """A print of each key, to know the right ones by."""
    members: list[Member]
    rules: dict[str, str] = field(default_factory=dict)
    """The county's own files of rules by name, in base64; left out where there are none, as before there were any."""


@dataclass(frozen=True)
class Compared:
    """One table on both sides of a restore."""

    table: str
    rows: tuple[int, int]
    sha256: tuple[str, str]

    @property
    def same(self) -> bool:
        return self.rows[0] == self.rows[1] and self.sha256[0] == self.sha256[1]


# --- making one -----------------------------------------------------------------------------------------------------


def make_backup(path: Path) -> Manifest:
    """Write a backup of one instant to `path`. The file appears only when it is whole, and only its owner can read it.

    Raises FileExistsError where there is a file already, another OSError where it cannot be written.
    """
    if path.exists():
        raise FileExistsError(path)
    with tempfile.TemporaryFile(dir=path.parent) as body, _snapshot() as connection:
        migrations = applied_migrations(connection)
        members = [_write_member(model, connection.alias, body) for model in kept_models(connection, migrations)]
        manifest = Manifest(
            clock.now().isoformat(), __version__, migrations, _head(connection), current_folder().prints(), members, _own_rules()
        )
        body.seek(0)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                line = _line_of(manifest)
                file.write(_header(line) + line)
                while piece := body.read(1 << 20):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                os.link(file.name, path)  # fails where somebody else made the file meanwhile
            finally:
                Path(file.name).unlink()
    _flush_folder(path.parent)
    return manifest


def _own_rules() -> dict[str, str]:
    return {name: base64.b64encode(written).decode() for name, written in rules.own_files().items()}


def _line_of(manifest: Manifest) -> bytes:
    told = asdict(manifest)
    if not manifest.rules:
        del told["rules"]
    return canonical(told).encode() + b"\n"


def _header(manifest_line: bytes) -> bytes:
    start = f"{MAGIC} {_sha256(manifest_line)} ".encode()
    return start + _sha256(start).encode() + b"\n"


def _write_member(model: type[models.Model], alias: str, file: IO[bytes]) -> Member:
    packer, packed, size = zlib.compressobj(6), hashlib.sha256(), 0

    def write(piece: bytes) -> None:
        nonlocal size
        packed.update(piece)
        size += file.write(piece)

    digest = _Digest()
    for line in table_lines(model, alias):
        digest.add(line)
        write(packer.compress(line))
    write(packer.flush())
    return Member(model._meta.db_table, columns(model), digest.rows, digest.hexdigest(), size, packed.hexdigest())


@contextmanager
def _snapshot() -> Iterator[BaseDatabaseWrapper]:
    """One instant of the database to read at leisure, while others go on writing."""
    live = connections["default"]
    if live.vendor == "postgresql":
        with transaction.atomic():
            with live.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield live
        return
    forget_left_snapshots()
    with _held_folder() as folder:
        copy = f"{folder}/copy.sqlite3"
        with live.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [copy])  # Connection.backup() never finishes under steady writes
        connections.databases["snapshot"] = {**live.settings_dict, "NAME": copy}
        try:
            yield connections["snapshot"]
        finally:
            connections["snapshot"].close()
            del connections["snapshot"], connections.databases["snapshot"]


SNAPSHOT = ".snapshot-"


@contextmanager
def _held_folder() -> Iterator[str]:
    """A folder beside the database for as long as this lasts. It is locked, which tells it from one a killed backup left."""
    with tempfile.TemporaryDirectory(dir=_beside(), prefix=SNAPSHOT) as folder:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield folder
        finally:
            os.close(handle)


def forget_left_snapshots() -> None:
    """Delete the copies of the database that killed backups left: whole counties that nobody looks after (SQLite only)."""
    if connections["default"].vendor != "sqlite":
        return
    for folder in _beside().glob(f"{SNAPSHOT}*"):
        with suppress(OSError):  # gone meanwhile, or a backup under way holds it
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(handle)


def _beside() -> Path:
    return Path(connections["default"].settings_dict["NAME"]).parent


def _head(connection: BaseDatabaseWrapper) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, digest FROM ledger_entry ORDER BY id DESC LIMIT 1")
        row: tuple[int, str] | None = cursor.fetchone()
    return (row[0], row[1]) if row else (0, "")


# --- tables as text -------------------------------------------------------------------------------------------------


def applied_migrations(connection: BaseDatabaseWrapper) -> Migrations:
    """What this database has been through, sorted."""
    return sorted(MigrationLoader(connection).applied_migrations)


def kept_models(connection: BaseDatabaseWrapper, migrations: Migrations) -> list[type[models.Model]]:
    """Every table a database of that state has, as models of that state (the code may be newer), by name.

    Raises CannotRestore where the state is unknown to this version.
    """
    loader = MigrationLoader(connection)
    unknown = [f"{app}.{name}" for app, name in migrations if (app, name) not in loader.graph.nodes]
    if unknown:
        raise CannotRestore(
            _("It was made by a newer version: this one does not know %(migrations)s. Install that version first.")
            % {"migrations": ", ".join(unknown)}
        )
    state: Apps = loader.project_state(migrations).apps
    found = [model for model in state.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    return sorted((model for model in found if model._meta.db_table not in LEFT_OUT), key=lambda model: model._meta.db_table)


def columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in model._meta.local_concrete_fields]


def table_lines(model: type[models.Model], alias: str) -> Iterator[bytes]:
    """The rows of a table in the order of their keys, each one line; alike on every database."""
    names = [field.attname for field in model._meta.local_concrete_fields]
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield json.dumps(row, separators=(",", ":"), sort_keys=True, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case timedelta():
            return duration_string(value)
        case Decimal() | UUID():
            return str(value)
    raise TypeError(f"no plain form for {value!r}")


class _Digest:
    """Counts lines and hashes them."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._hash.update(line)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


# --- reading one ----------------------------------------------------------------------------------------------------


def read_manifest(path: Path) -> Manifest:
    """Check every byte of the file and return what it holds. Raises DamagedBackup naming the part that is not as written."""
    with path.open("rb") as file:
        manifest, _start = _open(file)
        for member in manifest.members:
            packed = hashlib.sha256()
            for piece in _pieces(file, member):
                packed.update(piece)
            if packed.hexdigest() != member.packed:
                raise DamagedBackup(
                    _("table %(table)s: found sha256 %(found)s, expected %(expected)s")
                    % {"table": member.table, "found": packed.hexdigest(), "expected": member.packed}
                )
        if file.read(1):
            raise DamagedBackup(_("the end: found more bytes after the last table"))
    return manifest


def head_of_backup(path: Path) -> tuple[int, str] | None:
    """The head of the ledger named by a backup; None where the file is no backup. Raises DamagedBackup."""
    with path.open("rb") as file:
        if not file.read(len(MAGIC)).startswith(MAGIC.encode()):
            return None
        file.seek(0)
        return _open(file)[0].head


def _open(file: IO[bytes]) -> tuple[Manifest, int]:
    header = file.readline(300)
    words = header.split(b" ")
    if len(words) != 3 or words[0] != MAGIC.encode():
        raise DamagedBackup(_("the header: found no backup of this product in it"))
    if header != b" ".join(words[:2]) + b" " + _sha256(b" ".join(words[:2]) + b" ").encode() + b"\n":
        raise DamagedBackup(_("the header: it does not match its own sha256"))
    line = file.readline()
    if _sha256(line) != words[1].decode():
        raise DamagedBackup(
            _("the manifest: found sha256 %(found)s, expected %(expected)s")
            % {"found": _sha256(line), "expected": words[1].decode()}
        )
    stored = json.loads(line)
    members = [Member(**member) for member in stored.pop("members")]
    migrations = [(app, name) for app, name in stored.pop("migrations")]
    head_id, head_digest = stored.pop("head")
    return Manifest(**stored, migrations=migrations, head=(head_id, head_digest), members=members), file.tell()


def _pieces(file: IO[bytes], member: Member) -> Iterator[bytes]:
    left = member.size
    while left:
        piece = file.read(min(left, 1 << 20))
        if not piece:
            raise DamagedBackup(_("table %(table)s: the file is cut short there") % {"table": member.table})
        left -= len(piece)
        yield piece


def _lines(file: IO[bytes], member: Member) -> Iterator[bytes]:
    unpacker, rest = zlib.decompressobj(), b""
    for piece in _pieces(file, member):
        *whole, rest = (rest + unpacker.decompress(piece)).split(b"\n")
        yield from whole
    *whole, rest = (rest + unpacker.flush()).split(b"\n")
    yield from whole


# --- restoring ------------------------------------------------------------------------------------------------------


def restore_backup(path: Path) -> list[Compared]:
    """Fill the empty database with a backup, in one transaction, and compare every table on both sides.

    Raises DamagedBackup or CannotRestore, and then the database is as empty as before.
    """
    manifest = read_manifest(path)
    prints = current_folder().prints()
    if any(prints.get(name) != kept for name, kept in manifest.keys.items()):
        raise CannotRestore(
            _("The keys in this folder are not the ones it was written with. Bring them first: “lianxin keys import FILE”.")
        )
    own_rules = _rules_to_bring(manifest)
    connection = connections["default"]
    _refuse_filled(connection)
    known = kept_models(connection, manifest.migrations)
    _refuse_unlisted(known, manifest)
    MigrationExecutor(connection).migrate(_targets(connection, manifest.migrations))
    with transaction.atomic(), path.open("rb") as file:
        _open(file)
        by_table = {model._meta.db_table: model for model in known}
        for model in known:
            model._base_manager.all().delete()  # what migrating itself wrote: content types
        for member in manifest.members:
            _fill(by_table[member.table], _lines(file, member))
        compared = [_compare(by_table[member.table], member) for member in manifest.members]
        differing = [row.table for row in compared if not row.same]
        if differing:
            raise CannotRestore(
                _("After restoring, these tables differ from the backup: %(tables)s") % {"tables": ", ".join(differing)}
            )
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), known):
                cursor.execute(statement)
        for name, written in own_rules.items():
            rules.make_own(name, written)
    call_command("migrate", verbosity=0)  # forward to this version, and the guard of the ledger put in place
    search.rebuild()  # it is worked out from what was restored, so no backup carries it
    if connection.vendor == "postgresql":  # until it looks at what came in, it would plan as if every table were empty
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return compared


def _targets(connection: BaseDatabaseWrapper, migrations: Migrations) -> Migrations:
    """The last migrations of that state: those none of the others builds on."""
    graph, wanted = MigrationLoader(connection).graph, set(migrations)
    return sorted(key for key in wanted if not any(child.key in wanted for child in graph.node_map[key].children))


def _refuse_filled(connection: BaseDatabaseWrapper) -> None:
    tables = connection.introspection.table_names()
    if "django_migrations" not in tables:
        if tables:
            raise CannotRestore(_("The database holds something else. Name an empty one."))
        return
    with connection.cursor() as cursor:
        for table in ("accounts_user", "organizations_unit", "ledger_entry"):
            if table in tables:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # nosec B608  # one of three names above
                if cursor.fetchone():
                    raise CannotRestore(
                        _("The database is not empty (%(table)s). Restore into a new folder: LIANXIN_HOME=…") % {"table": table}
                    )


def _refuse_unlisted(known: list[type[models.Model]], manifest: Manifest) -> None:
    expected = {model._meta.db_table: columns(model) for model in known}
    listed = {member.table: member.columns for member in manifest.members}
    if expected != listed:
        differing = sorted(table for table in expected.keys() | listed.keys() if expected.get(table) != listed.get(table))
        raise CannotRestore(_("The backup does not list what this version keeps: %(tables)s") % {"tables": ", ".join(differing)})


def _rules_to_bring(manifest: Manifest) -> dict[str, bytes]:
    """The backup's rules that are not here yet. Raises CannotRestore where the folder has others."""
    unknown = sorted(manifest.rules.keys() - rules.READERS.keys())
    if unknown:
        raise CannotRestore(
            _("It was made by a newer version: this one does not know the rules %(rules)s. Install that version first.")
            % {"rules": ", ".join(unknown)}
        )
    carried = {name: base64.b64decode(written) for name, written in manifest.rules.items()}
    here = rules.own_files()
    differing = [name for name in carried if name in here and here[name] != carried[name]]
    if differing:
        raise CannotRestore(
            _("%(file)s is not the one of the backup. Move it elsewhere, then restore again.") % {"file": own_file(differing[0])}
        )
    return {name: written for name, written in carried.items() if name not in here}


def _fill(model: type[models.Model], lines: Iterable[bytes]) -> None:
    fields = model._meta.local_concrete_fields
    batch: list[models.Model] = []
    at_once = max(1, min(ROWS_AT_ONCE, 30_000 // len(fields)))

    def insert() -> None:
        # raw: as they are, without the values some fields give themselves on saving
        model._base_manager.all()._insert(batch, fields=fields, using="default", raw=True)  # type: ignore[attr-defined]

    for line in lines:
        values = json.loads(line)
        batch.append(model(**{field.attname: field.to_python(value) for field, value in zip(fields, values, strict=True)}))
        if len(batch) == at_once:
            insert()
            batch = []
    if batch:
        insert()


def _compare(model: type[models.Model], member: Member) -> Compared:
    digest = _Digest()
    for line in table_lines(model, "default"):
        digest.add(line)
    return Compared(member.table, (member.rows, digest.rows), (member.sha256, digest.hexdigest()))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
