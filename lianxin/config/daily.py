"""What the clock brings while `lianxin serve` runs: the daily mail. Every worker looks once a minute; one at a time does it.

A thread beside the requests rather than a process of its own: it starts, dies and is replaced with its worker. Who writes a mail
first, and that nobody gets two, is settled in the outbox (lianxin/reminders), also between several machines.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.conf import settings
from django.db import connections

from lianxin.ledger import clock

logger = logging.getLogger(__name__)

LOOK = 60
"""Seconds between two looks."""
FROM_HOUR = 7
"""Mails go out from seven o'clock, Asia/Shanghai."""


def begin() -> None:
    """Start looking, in a thread that never keeps the worker from stopping."""
    threading.Thread(target=_keep_looking, name="daily", daemon=True).start()


def _keep_looking() -> None:
    written: date | None = None
    stop = threading.Event()  # nobody sets it: the thread ends with its process
    while not stop.wait(LOOK):
        try:
            written = look(written)
        except Exception:
            logger.exception("the daily mail was not sent; it is tried again")
        finally:
            connections.close_all()


def look(written: date | None) -> date | None:
    """Send what is due now. `written`: the day whose mails this worker knows to be written; returned, brought up to date."""
    from lianxin.reminders import actions  # a worker may import this file before Django is set up

    today = clock.today()
    if clock.local(clock.now()).hour < FROM_HOUR:
        return written
    with alone() as mine:
        if not mine:
            return written
        actions.send_daily(today, written=written == today)
        return today


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other worker of this installation is at it; held until the end of the block."""
    folder = os.open(settings.FOLDER.path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(folder)
