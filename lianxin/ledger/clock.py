"""What time it is. The only place that asks: a day is a local date of Asia/Shanghai, an instant is naive UTC."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
FIXED_DAY = "LIANXIN_TODAY"
"""Environment variable behind `--today`: the day stands still, the time of day runs on."""

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Let the clock stand at a naive UTC instant: for telling a history (the demonstration) and for tests."""
    token = _standing.set(instant)
    try:
        yield
    finally:
        _standing.reset(token)


def now() -> datetime:
    """This instant, naive UTC. Under a fixed day, the same time of day on that local date."""
    standing = _standing.get()
    if standing is not None:
        return standing
    real = datetime.now(UTC)
    fixed = os.environ.get(FIXED_DAY)
    if fixed:
        local = real.astimezone(LOCAL)
        real = datetime.combine(date.fromisoformat(fixed), local.time(), LOCAL).astimezone(UTC)
    return real.replace(tzinfo=None)


def today() -> date:
    """The local date."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """The local date on which a naive UTC instant falls."""
    return moment.replace(tzinfo=UTC).astimezone(LOCAL).date()


def local(moment: datetime) -> datetime:
    """A naive UTC instant as aware local time, for showing."""
    return moment.replace(tzinfo=UTC).astimezone(LOCAL)


def instant(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A local time of day as naive UTC. Before the calendar's first instant there is none to name."""
    if day == date.min:
        return datetime.min
    return datetime.combine(day, time(hour, minute, second), LOCAL).astimezone(UTC).replace(tzinfo=None)


def end_of(day: date) -> datetime:
    """The last instant of a local date, naive UTC (what was known “on” that day)."""
    if day == date.max:
        return datetime.max
    return instant(day + timedelta(days=1)) - timedelta(microseconds=1)
