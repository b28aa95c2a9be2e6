"""Dates and times as people read them, in the language of the page, on the calendar of Asia/Shanghai."""

from datetime import date, datetime

from babel.dates import format_date
from django.utils.translation import get_language, gettext

from lianxin.ledger import clock
from lianxin.ui.states import UNKNOWN_WORD


def day(value: date | None) -> str:
    """3月5日 星期四 / Thu 5 Mar, with the year where it is not this one; within two days also how near it is."""
    if value is None:
        return str(UNKNOWN_WORD)
    value = _local(value)
    today = clock.today()
    near = nearness((value - today).days)
    if near:
        return near
    if value.year != today.year:
        return full_day(value)
    return format_date(value, "M月d日 EEEE" if _chinese() else "EEE d MMM", locale="zh_Hans_CN" if _chinese() else "en_GB")


def full_day(value: date | None) -> str:
    """2026年3月5日 / 5 Mar 2026."""
    if value is None:
        return str(UNKNOWN_WORD)
    return format_date(_local(value), "y年M月d日" if _chinese() else "d MMM y", locale="zh_Hans_CN" if _chinese() else "en_GB")


def instant(value: datetime | None) -> str:
    """2026年3月5日 14:05 / 5 Mar 2026, 14:05: a naive UTC instant shown on the local clock."""
    if value is None:
        return str(UNKNOWN_WORD)
    joint = " " if _chinese() else ", "
    return f"{full_day(value)}{joint}{clock.local(value):%H:%M}"


def month(value: date) -> str:
    """3月 / Mar."""
    return format_date(value, "M月" if _chinese() else "MMM", locale="zh_Hans_CN" if _chinese() else "en_GB")


def nearness(days: int) -> str:
    """今天, 昨天, 明天, 前天, 后天; nothing further away."""
    words = {
        -2: gettext("two days ago"),
        -1: gettext("yesterday"),
        0: gettext("today"),
        1: gettext("tomorrow"),
        2: gettext("in two days"),
    }
    return words.get(days, "")


def _local(value: date) -> date:
    return clock.local_date(value) if isinstance(value, datetime) else value


def _chinese() -> bool:
    return (get_language() or "zh-hans").startswith("zh")
