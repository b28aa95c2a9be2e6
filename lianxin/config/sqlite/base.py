"""SQLite as a county's only database: durable, append-only triggers in force, writers queued fairly.

Measured (docs/adr): synchronous=NORMAL loses acknowledged commits in a power cut, FULL none; DEFERRED transactions that read
then write collapse into lock errors, IMMEDIATE none; SQLite is unfair among writers, a file lock around writes mends it.
"""

import fcntl
import os
import random
import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

LONGEST_WAIT = 5
"""Seconds a writer waits for its turn before the person is told that the database is busy."""

SAFE_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First versions of each series without the WAL-reset race; anything newer than the first is safe."""

ALWAYS = (
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "secure_delete=ON",
    "recursive_triggers=ON",  # else INSERT OR REPLACE would delete a kept row without waking its trigger
    "cache_size=-65536",
    "temp_store=MEMORY",
)


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite may use WAL without the race that loses acknowledged commits."""
    return version >= SAFE_WAL[0] or any(version[:2] == fixed[:2] and version >= fixed for fixed in SAFE_WAL[1:])


def harden(connection: sqlite3.Connection) -> None:
    """Put the settings that lose nothing in force: WAL and FULL where WAL is safe and the disk allows it, else EXTRA."""
    wanted = "WAL" if wal_is_safe() else "DELETE"
    (journal,) = connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()
    connection.execute(f"PRAGMA synchronous={'FULL' if journal == 'wal' else 'EXTRA'}")
    for pragma in ALWAYS:
        connection.execute(f"PRAGMA {pragma}")


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; holds the write queue's lock from BEGIN IMMEDIATE to COMMIT or ROLLBACK."""

    queue: int | None = None

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.transaction_mode = "IMMEDIATE"
        return {**params, "timeout": LONGEST_WAIT}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        harden(connection)
        return connection

    # What follows hooks into methods of Django's backend that the type stubs do not list.

    def _start_transaction_under_autocommit(self) -> None:
        self._enter_queue()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self.in_sqlite_transaction:  # a commit that failed keeps its turn until it is rolled back
                self._leave_queue()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave_queue()

    @property
    def in_sqlite_transaction(self) -> bool:
        return self.connection is not None and bool(self.connection.in_transaction)

    def _enter_queue(self) -> None:
        if self.queue is not None or self.is_in_memory_db():
            return
        queue = os.open(f"{self.settings_dict['NAME']}.queue", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(queue)
                    raise OperationalError("database is locked") from None
                # Chance spreads the waiters; it guards nothing.
                time.sleep(random.uniform(0.001, 0.005))  # nosec B311  # spreads, guards nothing
            else:
                self.queue = queue
                return

    def _leave_queue(self) -> None:
        if self.queue is not None:
            os.close(self.queue)  # closing releases the lock
            self.queue = None
