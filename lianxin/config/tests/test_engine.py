"""SQLite as we open it: durable settings in force, one copy in the process, writers queued and told when it takes too long."""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.db import connections, transaction
from django.db.utils import OperationalError

import lianxin.config.sqlite.base as engine

pytestmark = pytest.mark.sqlite

AFFECTED = [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 1), (3, 51, 2)]
MENDED = [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4)]


@pytest.fixture
def open_file(tmp_path, django_db_blocker):
    """A function that opens one more connection, as the product would, to a database file of this test's own."""
    opened = []

    def opener():
        settings = {
            **connections.settings["default"],
            "ENGINE": "lianxin.config.sqlite",
            "NAME": str(tmp_path / "county.sqlite3"),
        }
        wrapper = engine.DatabaseWrapper(settings, f"file{len(opened)}")
        opened.append(wrapper)
        return wrapper

    with django_db_blocker.unblock():
        yield opener
        for wrapper in opened:
            wrapper.close()


@contextmanager
def writing(connection):
    """A transaction that has its turn and keeps it."""
    connections[connection.alias] = connection
    try:
        with transaction.atomic(using=connection.alias):
            yield
    finally:
        del connections[connection.alias]


def ask(connection, question):
    with connection.cursor() as cursor:
        return cursor.execute(question).fetchone()[0]


def test_the_live_connection_has_the_settings_that_lose_nothing(open_file):
    connection = open_file()
    found = {
        name: ask(connection, f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
    }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    assert ask(connection, "PRAGMA trusted_schema") == 0
    assert ask(connection, "PRAGMA secure_delete") == 1
    assert ask(connection, "PRAGMA busy_timeout") == engine.LONGEST_WAIT * 1000


@pytest.mark.parametrize("version", AFFECTED)
def test_wal_is_refused_where_it_can_lose_commits(version):
    assert not engine.wal_is_safe(version)


@pytest.mark.parametrize("version", MENDED)
def test_wal_is_used_where_it_is_mended(version):
    assert engine.wal_is_safe(version)


def test_an_affected_version_falls_to_delete_and_extra(open_file, monkeypatch):
    monkeypatch.setattr(engine, "wal_is_safe", lambda: False)
    connection = open_file()
    assert (ask(connection, "PRAGMA journal_mode"), ask(connection, "PRAGMA synchronous")) == ("delete", 3)


def test_only_one_copy_of_sqlite_is_in_the_process():
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            "import lianxin, sys, sqlite3, django.db.backends.sqlite3.base; print(sqlite3.__name__, '_sqlite3' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.split() == ["pysqlite3", "False"]


def test_a_writer_that_waits_too_long_is_told_that_the_database_is_locked(open_file, monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_WAIT", 0.05)
    first, second = open_file(), open_file()
    with writing(first), pytest.raises(OperationalError, match="database is locked"), writing(second):
        pass
    with writing(second):  # and has its turn once the first is done
        assert second.in_sqlite_transaction


def test_a_turn_ends_with_a_rollback_too(open_file, monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_WAIT", 0.05)
    first, second = open_file(), open_file()
    with pytest.raises(ZeroDivisionError), writing(first):
        raise ZeroDivisionError
    with writing(second):
        assert first.queue is None


def test_a_turn_ends_with_the_connection(open_file, monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_WAIT", 0.05)
    first, second = open_file(), open_file()
    first.ensure_connection()
    first._start_transaction_under_autocommit()
    first.close()
    with writing(second):
        assert second.in_sqlite_transaction


WRITER = """
import sys, django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "lianxin.config.sqlite", "NAME": sys.argv[1]}})
django.setup()
from django.db import connection, transaction
for _ in range(100):
    with transaction.atomic(), connection.cursor() as cursor:
        (n,) = cursor.execute("SELECT coalesce(max(n), 0) FROM turn").fetchone()
        cursor.execute("INSERT INTO turn VALUES (%s)", [n + 1])
"""


def test_eight_writers_that_read_before_they_write_all_get_through(open_file, tmp_path):
    connection = open_file()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE turn (n INTEGER PRIMARY KEY)")
    command = [sys.executable, "-c", f"import lianxin\n{WRITER}", str(tmp_path / "county.sqlite3")]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    assert [writer.communicate()[1] for writer in writers] == [""] * 8
    assert ask(connection, "SELECT count(*) FROM turn") == ask(connection, "SELECT max(n) FROM turn") == 800
