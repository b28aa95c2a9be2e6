"""What time it is. The only place that asks: a day is a local date of Asia/Shanghai, an instant is naive UTC."""

import os
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
FIXED_DAY = "LIANXIN_TODAY"
"""Environment variable behind `--today`: the day stands still, the time of day runs on."""


def now() -> datetime:
    """This instant, naive UTC. Under a fixed day, the same time of day on that local date."""
    real = datetime.now(UTC)
    fixed = os.environ.get(FIXED_DAY)
    if fixed:
        local = real.astimezone(LOCAL)
        real = datetime.combine(date.fromisoformat(fixed), local.time(), LOCAL).astimezone(UTC)
    return real.replace(tzinfo=None)


def today() -> date:
    """The local date."""
    return local_date(now())


def local_date(instant: datetime) -> date:
    """The local date on which a naive UTC instant falls."""
    return instant.replace(tzinfo=UTC).astimezone(LOCAL).date()


def local(instant: datetime) -> datetime:
    """A naive UTC instant as aware local time, for showing."""
    return instant.replace(tzinfo=UTC).astimezone(LOCAL)


def end_of(day: date) -> datetime:
    """The last instant of a local date, naive UTC (what was known “on” that day)."""
    after = datetime.combine(day + timedelta(days=1), time(), LOCAL).astimezone(UTC)
    return after.replace(tzinfo=None) - timedelta(microseconds=1)
