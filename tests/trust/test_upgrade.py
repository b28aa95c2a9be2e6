"""A database of an earlier version is backed up, brought up to date, and can be brought back; a newer one is left alone."""

import json
import shutil

import pytest

from tests.crash.life import PREPARE
from tests.house import new_house

pytestmark = pytest.mark.xdist_group("upgrade")

EARLIER = """
from django.core.management import call_command
for app, name in (("accounts", "0002"), ("organizations", "0001")):
    call_command("migrate", app, name, verbosity=0)
"""
STATE = """
import json
from django.db import connection
from lianxin.config.backup import applied_migrations, kept_models, table_lines
import hashlib
known = applied_migrations(connection)
rows = {model._meta.db_table: hashlib.sha256(b"".join(table_lines(model, "default"))).hexdigest() for model in kept_models(connection, known)}
own = [name for name in rows if name.startswith(("ledger", "organizations", "liaison"))]
print(json.dumps([known, {name: rows[name] for name in own}, connection.introspection.table_names()]))
"""


def state_of(house):
    """Which migrations the database has been through, the rows of each table as one hash, and all its tables."""
    return json.loads(house.python(STATE))


@pytest.fixture
def earlier():
    """A lived-in house as the version before left it."""
    with new_house(made=False) as house:
        house.python(PREPARE + EARLIER)
        yield house


def test_an_earlier_database_is_backed_up_and_brought_up_to_date_and_the_way_back_is_open(earlier):
    assert "lianxin upgrade" in earlier.refuse("brief")
    migrations, rows, tables = state_of(earlier)
    assert "accounts_limit" not in tables

    said = earlier.run("upgrade").stderr
    (backup,) = (earlier.home / "backups").iterdir()
    assert str(backup) in said
    assert "the chain is whole" in said
    migrations_now, rows_now, tables_now = state_of(earlier)
    assert "accounts_limit" in tables_now
    assert {table: rows_now[table] for table in rows} == rows
    assert json.loads(backup.read_bytes().split(b"\n", 2)[1])["migrations"] == migrations  # which the version before can restore

    with new_house(made=False) as elsewhere:  # and so can this one: it brings the copy up to date, too
        shutil.copytree(earlier.home / "keys", elsewhere.home / "keys")
        restored = elsewhere.run("restore", backup)
        assert {line.split("\t")[-1] for line in restored.stdout.splitlines()} == {"="}
        assert "the chain is whole" in restored.stderr
        assert state_of(elsewhere)[:2] == [migrations_now, rows_now]


def test_an_upgrade_that_fails_says_why_and_where_the_backup_is_and_works_once_that_is_mended(earlier):
    _migrations, rows, _tables = state_of(earlier)
    earlier.sql("CREATE TABLE accounts_limit (in_the_way integer)")
    said = earlier.refuse("upgrade")
    (backup,) = (earlier.home / "backups").iterdir()
    assert "accounts_limit" in said
    assert str(backup) in said
    assert "lianxin upgrade" in earlier.refuse("brief")
    earlier.sql("DROP TABLE accounts_limit")
    assert "the chain is whole" in earlier.run("upgrade").stderr
    rows_now = state_of(earlier)[1]
    assert {table: rows_now[table] for table in rows} == rows


NEWER = """
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("ledger", "0999_of_tomorrow")
"""
BACKUP_OF_TOMORROW = """
import json
from pathlib import Path
from lianxin.config import backup
header, manifest, tables = Path({file!r}).read_bytes().split(b"\\n", 2)
manifest = json.loads(manifest)
manifest["migrations"].append(["ledger", "0999_of_tomorrow"])
line = backup.canonical(manifest).encode() + b"\\n"
Path({file!r} + ".tomorrow").write_bytes(backup._header(line) + line + tables)
"""


def test_a_newer_database_and_a_newer_backup_are_refused_and_left_as_they_are(tmp_path):
    with new_house() as house:
        house.run("backup", tmp_path / "backup")
        house.python(BACKUP_OF_TOMORROW.format(file=str(tmp_path / "backup")))
        with new_house(made=False) as elsewhere:
            shutil.copytree(house.home / "keys", elsewhere.home / "keys")
            said = elsewhere.refuse("restore", tmp_path / "backup.tomorrow")
            assert "newer version" in said
            assert "ledger.0999_of_tomorrow" in said
            assert not elsewhere.database.exists() or elsewhere.run("restore", tmp_path / "backup").returncode == 0
        house.python(NEWER)
        for command in ("upgrade", "serve", "brief"):
            said = house.refuse(command)
            assert "newer version" in said
            assert "ledger.0999_of_tomorrow" in said
        assert not (house.home / "backups").exists()
