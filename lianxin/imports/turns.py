"""One process at a time brings in workbooks of a sheet. Whether one still does is known at once, even after a power cut."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

LONGEST_WAIT = 600.0
"""Seconds to wait for a turn; the longest workbook takes about one minute."""


class NoTurn(Exception):
    """Another process is still at it."""


@contextmanager
def turn(sheet: str, wait: float = LONGEST_WAIT) -> Iterator[None]:
    """Hold the sheet's turn: a file lock in the data folder on SQLite, an advisory lock on PostgreSQL. Raises NoTurn."""
    hold = _advisory_lock if connection.vendor == "postgresql" else _file_lock
    with hold(sheet, time.monotonic() + wait):
        yield


def is_under_way(sheet: str) -> bool:
    """Whether some process brings in a workbook of this sheet at this moment."""
    try:
        with turn(sheet, wait=0):
            return False
    except NoTurn:
        return True


@contextmanager
def _file_lock(sheet: str, until: float) -> Iterator[None]:
    folder = settings.FOLDER.path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(folder / f"imports-{sheet}.turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise NoTurn from None
                time.sleep(0.05)
        yield
    finally:
        os.close(file)  # closing releases the lock


@contextmanager
def _advisory_lock(sheet: str, until: float) -> Iterator[None]:
    number = int.from_bytes(hashlib.sha256(f"lianxin.imports.{sheet}".encode()).digest()[:7], "big")
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            if cursor.fetchone() == (True,):
                break
            if time.monotonic() >= until:
                raise NoTurn
            time.sleep(0.05)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
