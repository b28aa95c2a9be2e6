"""What the clock brings while `lianxin serve` runs: the statements of the day, what runs out for cases, the sealing of closed
books, the daily mail.

A thread beside the requests of each worker rather than a process of its own: it starts, dies and is replaced with its worker. It
looks once a minute. What is done for all workers is done by one at a time; who writes a mail first, and that nobody gets two, is
settled in the outbox (lianxin/reminders), and that nothing is sealed twice in the ledger, also between several machines.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
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
    prepared = sealed = written = turned = None
    stop = threading.Event()  # nobody sets it: the thread ends with its process
    while True:
        prepared = _try(prepare, prepared, "the statements of the day were not made")
        if stop.wait(LOOK):
            return
        _try(renew, None, "hot topics were not looked for")
        turned = _try(turn, turned, "what ran out for cases was not entered")
        sealed = _try(seal, sealed, "what has closed was not sealed")
        written = _try(look, written, "the daily mail was not sent")


def _try(step: Callable[[date | None], date | None], done: date | None, failed: str) -> date | None:
    """One step; `done`: the day for which this worker knows it to be done."""
    try:
        return step(done)
    except Exception:
        logger.exception(f"{failed}; it is tried again")
        return done
    finally:
        connections.close_all()


def prepare(prepared: date | None) -> date | None:
    """Have the first page of the day (and the first after something was recorded) find its figures ready.

    Making the statements of a new day takes seconds: one worker makes them, the others find them in the data folder. Nothing is
    worked out while nothing was recorded.
    """
    from lianxin.reminders import picture  # a worker may import this file before Django is set up
    from lianxin.schemes import queries

    today = clock.today()
    with alone(patient=True) if prepared != today else nullcontext():
        seen = picture.picture(today)
        for scheme in seen.schemes:
            seen.standings(scheme)
    if prepared != today:
        with alone() as mine:
            if mine:
                queries.compile_for(today)
    return today


def renew(_done: date | None) -> None:
    """Find the hot topics anew that somebody looked at within the hour."""
    from lianxin.cases.queries import heat

    heat.renew()


def seal(sealed: date | None) -> date | None:
    """Once a day: keep the standings of every period whose books have closed, as they closed."""
    from lianxin.schemes import actions, queries

    today = clock.today()
    if sealed == today:
        return sealed
    with alone() as mine:
        keeper = queries.keeper()
        if not mine or keeper is None:
            return sealed
        actions.seal_closed(actor=keeper)
        return today


def turn(turned: date | None) -> date | None:
    """Every minute: what time does to cases (unclaimed ones go to dispatch, pauses end, silence closes, lateness is
    entered), and the tallies of what changed; once a day what need not be kept is forgotten."""
    from lianxin.cases import actions, tally

    with alone() as mine:
        if mine:
            actions.turn_all()
            tally.count_new()
            if turned != clock.today():
                actions.forget_old()
    return clock.today()


def look(written: date | None) -> date | None:
    """Send what is due now. `written`: the day whose mails this worker knows to be written; returned, brought up to date."""
    from lianxin.reminders import actions

    today = clock.today()
    if clock.local(clock.now()).hour < FROM_HOUR:
        return written
    with alone() as mine:
        if not mine:
            return written
        actions.send_daily(today, written=written == today)
        return today


@contextmanager
def alone(*, patient: bool = False) -> Iterator[bool]:
    """Whether no other worker of this installation is at it; held until the end of the block. `patient`: wait until none is.

    The lock is on the folder of the keys: that on the data folder is the server's own while it serves (`Folder.in_use`).
    """
    folder = os.open(settings.FOLDER.keys_file.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(folder)
