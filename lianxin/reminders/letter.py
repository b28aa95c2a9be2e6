"""The words of the daily mail, and on which days it is worth one. Plain text; one link a line; no personal data."""

import os
from collections.abc import Sequence
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianxin.reminders.notices import Due
from lianxin.ui import dates

NEAR = timedelta(days=14)
FAR_OFF = (30, 60)
"""Days before, on which something further away is worth a line."""
MONTHS_AHEAD = (1, 3, 6)
"""Months before, likewise (elections)."""


def worth_a_mail(items: Sequence[Due], today: date) -> list[Due]:
    """What is overdue, waits for the reader, or falls due within 14 days; what is further off only on its days of notice."""
    return [item for item in items if item.due is None or item.due <= today + NEAR or _day_of_notice(item.due, today)]


def _day_of_notice(due: date, today: date) -> bool:
    return (due - today).days in FAR_OFF or any(months_before(due, months) == today for months in MONTHS_AHEAD)


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or that month's last day: 31 August less 6 months is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def subject(items: Sequence[Due]) -> str:
    return ngettext("Lianxinqiao: %(count)d thing due", "Lianxinqiao: %(count)d things due", len(items)) % {"count": len(items)}


def text(items: Sequence[Due], today: date) -> str:
    """The whole mail."""
    lines = [_("Due, as recorded up to %(day)s:") % {"day": dates.full_day(today)}, ""]
    for item in items:
        when = _("by %(day)s") % {"day": dates.full_day(item.due)} if item.due else _("waits for you")
        if item.due and item.due < today:
            when = _("was due on %(day)s") % {"day": dates.full_day(item.due)}
        lines += [f"· {item.unit_name} · {item.text} · {when}", f"  {site()}{(item.act.address if item.act else item.address)}"]
    lines += [
        "",
        _("Your desk: %(address)s") % {"address": site() + reverse("desk")},
        _("No more mail, or a calendar instead: %(address)s") % {"address": site() + reverse("reminders")},
    ]
    return "\n".join(lines) + "\n"


def site() -> str:
    """Where the product is reached, for words that leave it."""
    return os.environ.get("LIANXIN_ADDRESS", "http://localhost:8000").rstrip("/")
