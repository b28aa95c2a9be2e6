"""Hot topics for the office: what several people report at once, within the reader's reach (topics.py says how it is found)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lianxin.cases.topics import Topic, hot_topics
from lianxin.ledger import clock
from lianxin.ledger.kept import Kept, ledger_head
from lianxin.organizations.access import AnyUser, grants_for

SPANS = (30, 90, 365)
"""Days that can be looked back."""
TOP = 10
_kept: Kept[list[Topic]] = Kept(12)


@dataclass(frozen=True)
class Topics:
    """The hottest topics of the last `days`, up to today."""

    days: int
    spans: tuple[int, ...]
    since: date
    until: date
    found: list[Topic]


def topics_of(user: AnyUser, asked: Mapping[str, str]) -> Topics:
    """The topics within the user's reach; `days` is one of SPANS, else the middle one. Kept until the ledger changes."""
    days = {str(span): span for span in SPANS}.get(asked.get("days", ""), SPANS[1])
    today = clock.today()
    since = today - timedelta(days=days - 1)
    key = (frozenset(grants_for(user)), since, today)
    found = _kept.get(key, ledger_head(), lambda: hot_topics(user, since, today + timedelta(days=1), TOP))
    return Topics(days, SPANS, since, today, found)
