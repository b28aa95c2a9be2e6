"""Values worked out from the ledger, kept in this process until the ledger changes. Never stale: the head is asked for each time.

standings = Kept(24)
rows = standings.get(("contact-131", day), ledger_head(), lambda: compute(…))
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from django.db import connection

from lianxin.ledger.models import Batch, Entry

Value = TypeVar("Value")


class Head(NamedTuple):
    """The end of the ledger. Two equal heads mean: the same entries, and the same imports visible."""

    entry: int
    digest: str
    batches: int


_of_this_look: ContextVar[Head | None] = ContextVar("head", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """For a page that only reads: `ledger_head` is asked once, so that every part of the page tells of the same moment."""
    token = _of_this_look.set(ledger_head())
    try:
        yield
    finally:
        _of_this_look.reset(token)


def ledger_head() -> Head:
    """Where the ledger ends now. One query by primary key; every change of anything is an entry, or shows an import."""
    held = _of_this_look.get()
    if held is not None:
        return held
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        last = cursor.fetchone()
    return Head(*last) if last else Head(0, "", 0)


_HEAD = (
    f"SELECT id, digest, (SELECT COUNT(*) FROM {Batch._meta.db_table} WHERE visible) "  # nosec B608  # our own names
    f"FROM {Entry._meta.db_table} ORDER BY id DESC LIMIT 1"
)
"""As text, because every page asks it."""


class Kept(Generic[Value]):
    """The most recently used values, each with the head it was worked out at."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, tuple[Head, Value]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, head: Head, make: Callable[[], Value]) -> Value:
        """The value kept under `key` at this head, else made now. Threads that want the same one wait for whoever makes it."""
        found = self._find(key, head)
        if found is not None:
            return found[1]
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            found = self._find(key, head)
            if found is None:
                found = head, make()
                with self._lock:
                    self._values[key] = found
                    self._values.move_to_end(key)
                    while len(self._values) > self.most:
                        self._making.pop(self._values.popitem(last=False)[0], None)
            return found[1]

    def _find(self, key: Hashable, head: Head) -> tuple[Head, Value] | None:
        with self._lock:
            found = self._values.get(key)
            if found is None or found[0] != head:
                return None
            self._values.move_to_end(key)
            return found
