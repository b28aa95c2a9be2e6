"""Working days of China: make-up Saturdays (调休) work, public holidays do not, and a county's own days go before both.

The country's calendar comes with the `chinesecalendar` package, which knows the years that have been announced; later years are
Monday to Friday, and whatever is worked out with them is marked provisional.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar

from lianxin.cases.models import LocalDay
from lianxin.cases.tiers import Span
from lianxin.ledger import clock
from lianxin.organizations.models import Unit

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """When a span has passed; provisional where it touches a year whose calendar is not known yet."""

    at: datetime
    provisional: bool


def due_after(start: datetime, span: Span, county: Unit) -> Due:
    """When `span` after `start` (naive UTC) has passed: hours later, or at the end of the last working day."""
    if span.hours:
        return Due(start + timedelta(hours=span.hours), False)
    own = local_days(county)
    day, left, provisional = clock.local_date(start), span.days, False
    while left:
        day += ONE_DAY
        provisional = provisional or (day not in own and not known(day.year))
        left -= own.get(day, works(day))
    return Due(clock.end_of(day), provisional)


def due_after_pause(due_at: datetime, paused: datetime, resumed: datetime, county: Unit) -> Due:
    """When a clock that stood still from `paused` to `resumed` runs out: what was left then is left now.

    Hours go on by the hour. Working days go on by the day, to the end of one; where it was paused on its last day, that day is
    left. What had run out before the pause stays as it was.
    """
    if paused > due_at:
        return Due(due_at, False)
    last_day, began, today = clock.local_date(due_at), clock.local_date(paused), clock.local_date(resumed)
    if due_at != clock.end_of(last_day):
        return Due(due_at + (resumed - paused), False)
    left = working_days_between(began, last_day, county)
    if not left and not local_days(county).get(today, works(today)):
        left = 1
    due = due_after(resumed, Span(days=left), county)
    return Due(max(due.at, due_at), due.provisional)


def working_days_between(start: date, end: date, county: Unit) -> int:
    """Working days after `start` up to and including `end`."""
    own = local_days(county)
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(own.get(day, works(day)) for day in days)


def local_days(county: Unit) -> dict[date, bool]:
    """The county's own days: day → whether it works."""
    return dict(LocalDay.objects.filter(county=county).values_list("day", "works"))


def works(day: date) -> bool:
    """Whether the country works on that day; Monday to Friday in years not announced yet."""
    if not known(day.year):
        return day.weekday() < 5
    return bool(chinese_calendar.is_workday(day))  # type: ignore[no-untyped-call]


@cache
def known(year: int) -> bool:
    """Whether the country's calendar of that year is known."""
    first, last = known_years()
    return first <= year <= last


def known_years() -> tuple[int, int]:
    """The first and the last year whose calendar is known."""
    years = {day.year for day in chinese_calendar.constants.holidays}
    return min(years), max(years)
