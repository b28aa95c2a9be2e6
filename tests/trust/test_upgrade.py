"""A database of an earlier version is backed up, brought up to date, and can be brought back; a newer one is left alone."""

import json
import shutil

import pytest

from tests.crash.life import PREPARE
from tests.house import new_house

pytestmark = pytest.mark.xdist_group("upgrade")

STATE = """
import hashlib
import json
from django.db import connection
from lianxin.config.backup import applied_migrations, kept_models, table_lines
known, rows = applied_migrations(connection), {}
for model in kept_models(connection, known):
    if model._meta.app_label in ("ledger", "organizations", "liaison"):
        rows[model._meta.db_table] = hashlib.sha256(b"".join(table_lines(model, "default"))).hexdigest()
print(json.dumps([known, rows, connection.introspection.table_names()]))
"""
EARLIER = """
from django.core.management import call_command
for app, name in (("accounts", "0002"), ("organizations", "0001")):
    call_command("migrate", app, name, verbosity=0)
"""
IN_THE_WAY = """
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE accounts_limit (in_the_way integer)")
"""
OUT_OF_THE_WAY = """
from django.db import connection
from lianxin.config.readiness import why_not_ready
print(why_not_ready())
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE accounts_limit")
"""
TWICE = """
import json
from datetime import datetime
from lianxin.config import setup
from lianxin.ledger import clock
with clock.standing_at(datetime(2030, 1, 1)):  # twice in one second, and both are kept
    print(json.dumps([setup.upgrade().stem.removeprefix("before-upgrade-") for _ in range(2)]))
"""
LAID_DOWN = {"ledger_entry", "cases_item", "accounts_user"}
"""Where an upgrade of a database from before the catalogue adds it: its items, one entry, the account that signs it."""


def test_an_earlier_database_is_backed_up_and_brought_up_to_date_and_the_way_back_is_open():
    with new_house(made=False) as house:
        migrations, rows, tables = json.loads(house.python(PREPARE + EARLIER + STATE + IN_THE_WAY))
        assert "accounts_limit" not in tables

        failed = house.refuse("upgrade")  # which says why, and where the backup is
        (backup,) = (house.home / "backups").iterdir()
        assert "accounts_limit" in failed
        assert str(backup) in failed
        assert json.loads(backup.read_bytes().split(b"\n", 2)[1])["migrations"] == migrations  # the version before can restore it
        assert "lianxin upgrade" in house.python(OUT_OF_THE_WAY)

        assert "the chain is whole" in house.run("upgrade").stderr
        migrations_now, rows_now, tables_now = json.loads(house.python(STATE))
        assert "accounts_limit" in tables_now
        kept = rows.keys() - LAID_DOWN
        assert {table: rows_now[table] for table in kept} == {table: rows[table] for table in kept}
        assert json.loads(house.python(TWICE)) == ["20300101T000000", "20300101T000000-2"]
        house.run("verify", "--since", str(backup))  # of the ledger, nothing that was there has changed

        with new_house(made=False) as elsewhere:  # this version can restore it, too, and brings the copy up to date
            shutil.copytree(house.home / "keys", elsewhere.home / "keys")
            restored = elsewhere.run("restore", backup)
            assert {line.split("\t")[-1] for line in restored.stdout.splitlines()} == {"="}
            assert "the chain is whole" in restored.stderr
            migrations_there, rows_there, _tables = json.loads(elsewhere.python(STATE))
            assert migrations_there == migrations_now
            assert {table: rows_there[table] for table in kept} == {table: rows_now[table] for table in kept}


NEWER = """
import json
from pathlib import Path
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from lianxin.config import backup
file = {file!r}
header, manifest, tables = Path(file).read_bytes().split(b"\\n", 2)
manifest = json.loads(manifest)
manifest["migrations"].append(["ledger", "0999_of_tomorrow"])
line = backup.canonical(manifest).encode() + b"\\n"
Path(file + ".tomorrow").write_bytes(backup._header(line) + line + tables)
MigrationRecorder(connection).record_applied("ledger", "0999_of_tomorrow")
"""


def test_a_newer_backup_and_a_newer_database_are_refused_and_left_as_they_are(tmp_path):
    with new_house() as house, new_house(made=False) as elsewhere:
        house.run("backup", tmp_path / "backup")
        house.python(NEWER.format(file=str(tmp_path / "backup")))
        shutil.copytree(house.home / "keys", elsewhere.home / "keys")
        refused = [elsewhere.refuse("restore", tmp_path / "backup.tomorrow"), house.refuse("upgrade"), house.refuse("brief")]
        assert all("newer version" in said and "ledger.0999_of_tomorrow" in said for said in refused)
        assert not (house.home / "backups").exists()
