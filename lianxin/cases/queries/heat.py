"""Hot topics for the office: what several people report at once, within the reader's reach (topics.py says how it is found).

To find them takes seconds where there are many cases, so what was found is shown again for ten minutes, and says from when it is.
It is kept in the memory of the process alone, by the reach it was found in, and given up as soon as anything is erased, or where
the reader may no longer open each of its cases.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock

from lianxin.accounts.models import User
from lianxin.cases.queries.reach import listed_for
from lianxin.cases.texts import erasures
from lianxin.cases.topics import Topic, hot_topics
from lianxin.ledger import clock
from lianxin.organizations.access import AnyUser, Grant, grants_for

SPANS = (30, 90, 365)
"""Days that can be looked back."""
TOP = 10
FRESH = timedelta(minutes=10)
"""So long what was found is shown again."""
MEANWHILE = timedelta(hours=1)
"""So old it may be while somebody finds it anew; asked for within such a time, it is found anew before anybody asks again."""
MOST = 12
"""So many reaches and spans are kept."""
AT_ONCE = 30_000
"""Cases named in one question; every SQLite takes 32,766."""

Key = tuple[frozenset[Grant], date, date]


@dataclass(frozen=True)
class Topics:
    """The hottest topics of the last `days`, up to today, as they stood at `at`."""

    days: int
    spans: tuple[int, ...]
    since: date
    until: date
    found: list[Topic]
    at: datetime


@dataclass
class Kept:
    """What was found for whoever has the same reach."""

    found: list[Topic]
    at: datetime
    erased: int
    """The last erasure before it was looked for."""
    user: int
    asked_at: datetime


_kept: OrderedDict[Key, Kept] = OrderedDict()
_turns: dict[Key, Lock] = {}
_lock = Lock()


def topics_of(user: AnyUser, asked: Mapping[str, str]) -> Topics:
    """The topics within the user's reach; `days` is one of SPANS, else the middle one."""
    days = {str(span): span for span in SPANS}.get(asked.get("days", ""), SPANS[1])
    today = clock.today()
    key = (frozenset(grants_for(user)), today - timedelta(days=days - 1), today)
    kept = _found_for(user, key)
    kept.asked_at = clock.now()
    return Topics(days, SPANS, key[1], today, kept.found, kept.at)


def _found_for(user: AnyUser, key: Key) -> Kept:
    kept = _kept.get(key)
    if kept is not None and _stands(kept, user, FRESH):
        return kept
    with _lock:
        turn = _turns.setdefault(key, Lock())
    older = kept if kept is not None and _stands(kept, user, MEANWHILE) else None
    if not turn.acquire(blocking=older is None):
        assert older is not None  # somebody else finds it just now
        return older
    try:
        kept = _kept.get(key)  # found while this one waited?
        return kept if kept is not None and _stands(kept, user, FRESH) else _find(user, key)
    finally:
        turn.release()


def _stands(kept: Kept, user: AnyUser, age: timedelta) -> bool:
    """Whether it may be shown: young enough, nothing erased since, and the reader may still open every case of it."""
    if not kept.at <= clock.now() < kept.at + age or kept.erased != erasures():
        return False
    rows = sorted({row for topic in kept.found for row in topic.rows})
    theirs = listed_for(user)[0].order_by() if rows else None
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    return theirs is None or all(theirs.filter(pk__in=part).count() == len(part) for part in parts)


def _find(user: AnyUser, key: Key) -> Kept:
    _grants, since, today = key
    at, erased = clock.now(), erasures()
    found = hot_topics(user, since, today + timedelta(days=1), TOP)
    kept = Kept(found, at, erased, user.pk or 0, at)
    with _lock:
        _kept[key] = kept
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _turns.pop(_kept.popitem(last=False)[0], None)
    return kept


def renew() -> None:
    """Find anew what was asked for lately and is no longer fresh, so that nobody waits for it. What is no longer wanted, or
    anybody's reach, is forgotten."""
    now = clock.now()
    for key, kept in list(_kept.items()):
        user = User.objects.filter(pk=kept.user, is_active=True).first()
        if user is None or now - kept.asked_at > MEANWHILE or key != (frozenset(grants_for(user)), key[1], clock.today()):
            forget(key)
        elif now >= kept.at + FRESH or kept.erased != erasures():
            _find(user, key).asked_at = kept.asked_at


def forget(key: Key | None = None) -> None:
    """What was kept under a key, or all of it."""
    with _lock:
        for each in [key] if key is not None else list(_kept):
            _kept.pop(each, None)
            _turns.pop(each, None)
