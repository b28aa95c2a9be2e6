"""Figures about organisational life: what was held this year."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.gatherings.models import GatheringKind
from lianxin.ledger.figures import Asked, Column, Figure, declare
from lianxin.ledger.kinds import declared as kinds
from lianxin.ledger.models import Entry
from lianxin.organizations.access import ENTRY_VIEW


def held(asked: Asked) -> QuerySet[Any]:
    """Gatherings of the year of the day, up to that day; a joint one once for each unit that took part."""
    entries = Entry.objects.known_at(asked.known_at).happened_by(asked.day)
    ours = [kind.entry_kind for kind in GatheringKind]
    counted = entries.filter(asked.within("unit__"), kind__in=ours, happened_on__gte=asked.day.replace(month=1, day=1))
    return counted.select_related("unit").order_by("-happened_on", "-pk")


declare(
    Figure(
        "gatherings.held",
        _("gatherings held this year"),
        _("Entries since 1 January that were not corrected or taken back; a joint gathering once for each unit that took part."),
        held,
        (
            Column(_("What happened"), lambda entry: kinds()[entry.kind].label, lambda entry: reverse("entry", args=[entry.pk])),
            Column(_("Unit"), lambda entry: entry.unit.name, lambda entry: reverse("unit", args=[entry.unit.code])),
            Column(_("Day"), lambda entry: entry.happened_on),
        ),
        ENTRY_VIEW,
        by="kind",
        parts=[(kind.entry_kind, kind.label) for kind in GatheringKind],
    ),
)
