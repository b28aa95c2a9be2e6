"""Figures about contact points: visits and solved problems of the year."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.figures import Asked, Column, Figure, declare
from lianxin.ledger.kinds import declared as kinds
from lianxin.ledger.models import Entry
from lianxin.liaison.actions import ENTRY_KINDS
from lianxin.liaison.models import VisitKind
from lianxin.organizations.access import ENTRY_VIEW

SOLVED = "liaison.problem_confirmed"


def acts(asked: Asked) -> QuerySet[Any]:
    """Visits and confirmed problems of the year of the day, up to that day."""
    entries = Entry.objects.known_at(asked.known_at).happened_by(asked.day)
    since = asked.day.replace(month=1, day=1)
    counted = entries.filter(asked.within("unit__"), kind__in=[*ENTRY_KINDS.values(), SOLVED], happened_on__gte=since)
    return counted.select_related("unit").order_by("-happened_on", "-pk")


declare(
    Figure(
        "liaison.acts",
        _("visits to contact points and problems solved this year"),
        _("Entries since 1 January that were not corrected or taken back. A problem stands here once the point confirmed it."),
        acts,
        (
            Column(_("What happened"), lambda entry: kinds()[entry.kind].label, lambda entry: reverse("entry", args=[entry.pk])),
            Column(_("Unit"), lambda entry: entry.unit.name, lambda entry: reverse("unit", args=[entry.unit.code])),
            Column(_("Day"), lambda entry: entry.happened_on),
        ),
        ENTRY_VIEW,
        by="kind",
        parts=[
            *((ENTRY_KINDS[kind], kind.label) for kind in VisitKind),
            (SOLVED, _("problem solved")),
        ],
    ),
)
