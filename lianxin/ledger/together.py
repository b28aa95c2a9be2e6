"""Many small acts, one commit: what waits at the same time in a process is saved in one transaction.

A commit is safe once the disk says so, perhaps a hundred times a second, and only one writer at a time extends the
chain. So whoever comes first carries the acts of all who wait, each within a savepoint of its own: what fails fails alone.
Nobody is answered before the commit that holds their act is on the disk.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import DatabaseError, transaction

from lianxin.ledger.actions import lock_chain

Result = TypeVar("Result")


class _Waiting:
    """An act, the language and whatever else of its request it reads, and what became of it."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.context = act, copy_context()
        self.over = False
        self.result: Any = None
        self.failure: BaseException | None = None

    def make(self) -> None:
        try:
            with transaction.atomic():
                self.result = self.context.run(self.act)
        except Exception as failure:
            self.failure = failure


_waiting: list[_Waiting] = []
_guard = threading.Lock()
_turn = threading.Lock()


def save_together(act: Callable[[], Result]) -> Result:
    """Do an act within a transaction, perhaps along with others; returns what it returns, or raises what it raises, once it is
    saved. Within a transaction already under way: at once, as part of it."""
    if transaction.get_connection().in_atomic_block:
        with transaction.atomic():
            return act()
    mine = _Waiting(act)
    with _guard:
        _waiting.append(mine)
    with _turn:
        if not mine.over:
            _save_all()
    if mine.failure is not None:
        raise mine.failure
    result: Result = mine.result
    return result


def _save_all() -> None:
    """Save whatever waits by the time it is our turn at the database. Without the commit none of it was done."""
    acts: list[_Waiting] = []
    try:
        with transaction.atomic():
            lock_chain()
            acts = _taken()
            for each in acts:
                each.make()
            if transaction.get_rollback():
                raise DatabaseError("the transaction cannot be committed")
    except BaseException as failure:
        acts = acts or _taken()
        for each in acts:
            each.failure = each.failure or failure
        if not isinstance(failure, Exception):
            raise
    finally:
        for each in acts:
            each.over = True


def _taken() -> list[_Waiting]:
    with _guard:
        taken = _waiting[:]
        _waiting.clear()
    return taken
