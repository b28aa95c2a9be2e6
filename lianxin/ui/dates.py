"""Dates and times as people read them, in the language of the page, on the calendar of Asia/Shanghai."""

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date, format_datetime
from django.utils.translation import get_language, gettext

from lianxin.ledger import clock
from lianxin.ui.states import UNKNOWN_WORD

NEAR = 2
"""Days within which a day is said by its nearness."""


def day(value: date | None) -> str:
    """3月5日 星期四 / Thu 5 Mar, with the year where it is not this one; within two days only how near it is (今天)."""
    if not value:
        return str(UNKNOWN_WORD)
    value, today = _local(value), clock.today()
    if value.year != today.year and abs((value - today).days) > NEAR:
        return full_day(value)
    return nearness((value - today).days) or _written(value, gettext("EEE d MMM"))


def full_day(value: date | None) -> str:
    """2026年3月5日 / 5 Mar 2026."""
    return str(UNKNOWN_WORD) if not value else _written(_local(value), gettext("d MMM y"))


def instant(value: datetime | None) -> str:
    """2026年3月5日 14:05 / 5 Mar 2026, 14:05: a naive UTC instant shown on the local clock."""
    return str(UNKNOWN_WORD) if not value else _written(clock.local(value), gettext("d MMM y, HH:mm"))


def month(value: date) -> str:
    """3月 / Mar."""
    return _written(value, gettext("MMM"))


def nearness(days: int) -> str:
    """今天, 昨天, 明天, 前天, 后天; nothing further away."""
    if abs(days) > NEAR:
        return ""
    words = {
        -2: gettext("two days ago"),
        -1: gettext("yesterday"),
        0: gettext("today"),
        1: gettext("tomorrow"),
        2: gettext("in two days"),
    }
    return words[days]


def _written(value: date, pattern: str) -> str:
    """By a pattern of CLDR, which is itself translated: the order of day and month belongs to the language."""
    locale = "zh_Hans_CN" if (get_language() or "zh-hans").startswith("zh") else "en_GB"
    if isinstance(value, datetime):
        return format_datetime(value, pattern, locale=locale)
    return _written_day(value, pattern, locale)


@lru_cache(maxsize=4096)
def _written_day(value: date, pattern: str, locale: str) -> str:
    """Lists say the same few days over and over."""
    return format_date(value, pattern, locale=locale)


def _local(value: date) -> date:
    return clock.local_date(value) if isinstance(value, datetime) else value
