"""Figures about the record itself: what was written this month, what was corrected, what was written late."""

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.ledger.figures import Asked, Column, Figure, declare
from lianxin.ledger.kinds import declared as kinds
from lianxin.ledger.models import Entry, seen
from lianxin.organizations.access import ENTRY_VIEW

LATE = timedelta(days=10)
"""An entry is late when written more than this after the day it tells of."""


def written(asked: Asked) -> QuerySet[Entry]:
    """Entries of work done that were written in the month of the day, up to that day."""
    since = clock.instant(asked.day.replace(day=1))
    until = min(clock.end_of(asked.day), asked.known_at)
    countable = [name for name, kind in kinds().items() if kind.countable]
    entries = Entry.objects.filter(seen(at=asked.known_at), asked.within("unit__"), kind__in=countable)
    return entries.filter(recorded_at__gte=since, recorded_at__lte=until).select_related("unit").order_by("-recorded_at", "-pk")


def corrections(asked: Asked) -> QuerySet[Entry]:
    return written(asked).exclude(supersedes=None)


def late(asked: Asked) -> QuerySet[Entry]:
    day_ends = timedelta(hours=16)  # local midnight, on the clock of UTC
    deadline = ExpressionWrapper(F("happened_on") + (LATE + day_ends), output_field=DateTimeField())
    return written(asked).filter(supersedes=None, recorded_at__gt=deadline)


def words_of(entry: Any) -> object:
    kind = kinds().get(entry.kind)
    return kind.label if kind else entry.kind


COLUMNS = (
    Column(_("What happened"), words_of, lambda entry: reverse("entry", args=[entry.pk])),
    Column(_("Unit"), lambda entry: entry.unit.name, lambda entry: reverse("unit", args=[entry.unit.code])),
    Column(_("Day"), lambda entry: entry.happened_on),
    Column(_("Written"), lambda entry: clock.local_date(entry.recorded_at)),
)

declare(
    Figure(
        "home.written",
        _("entries written this month"),
        _("Everything recorded since the first of the month, corrections and imports included; each once."),
        written,
        COLUMNS,
        ENTRY_VIEW,
    ),
    Figure(
        "home.corrections",
        _("corrections this month"),
        _("Entries written this month that supersede another, with a reason. The superseded entry stays and no longer counts."),
        corrections,
        COLUMNS,
        ENTRY_VIEW,
    ),
    Figure(
        "home.late",
        _("late entries this month"),
        _("Entries written this month more than 10 days after the day they tell of."),
        late,
        COLUMNS,
        ENTRY_VIEW,
    ),
)
