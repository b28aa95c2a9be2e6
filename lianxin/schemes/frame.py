"""The time frame of one evaluation: which period, as of which day, as known at which instant."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from lianxin.schemes import calendar
from lianxin.schemes.calendar import Period, Span
from lianxin.schemes.scheme import Scheme

SOON = 30
"""Days before its due day from which an unfinished clause is “due soon”."""


@dataclass(frozen=True)
class Frame:
    """What a verdict is a verdict of. Two clocks: `as_of` bounds the days things happened, `known` when they were recorded."""

    period: Period
    as_of: date
    known: datetime | None
    """None: everything known now."""

    @property
    def day(self) -> date:
        """The last day looked at: the as-of day, at most the period's last."""
        return min(self.as_of, self.period.last)

    @property
    def over(self) -> bool:
        return self.as_of > self.period.last

    @property
    def days_left(self) -> int:
        """Days on which something can still be done, the as-of day included."""
        return max((self.period.last - self.as_of).days + 1, 0)

    @property
    def due_soon(self) -> bool:
        return not self.over and (self.period.last - self.as_of).days <= SOON

    def ended(self, cell: Span) -> bool:
        return self.as_of > cell.last

    def windows(self) -> list[tuple[date, int]]:
        """Per month of entry: (its last day, days from its first to the period's last)."""
        return [(month.last, (self.period.last - month.first).days + 1) for month in self.period.months]


def frame_for(
    scheme: Scheme,
    *,
    as_of: date,
    known_as_of: datetime | None = None,
    period: str | None = None,
    restated: bool = False,
) -> Frame:
    """The frame of a scheme on a day. A period that is over is looked at as its books closed, unless `restated`.

    Raises ValueError where `period` is not the name of one.
    """
    span = calendar.period_named(scheme.period, period) if period else calendar.period_on(scheme.period, as_of)
    if as_of < span.first:
        raise ValueError(
            _("found the period %(period)s, expected one that has begun by %(day)s") % {"period": span.label, "day": as_of}
        )
    if as_of > span.last and not restated:
        sealed = calendar.closing(span, scheme.closes)
        known_as_of = min(sealed, known_as_of) if known_as_of else sealed
    return Frame(span, as_of, known_as_of)


def seal_day(scheme: Scheme, period: Period) -> date:
    """The first day on which the books of a period are closed."""
    return period.last + timedelta(days=scheme.closes + 1)
