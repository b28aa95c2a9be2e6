"""Workbook of gatherings: rows from Excel, each an act of its own."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from lianxin.gatherings.actions import NewGathering, holds, record_gatherings
from lianxin.gatherings.models import MOST_PRESENT, PLACE, WORDS, GatheringKind, GatheringVersion
from lianxin.imports.sheets import Column, Finding, Row, Sheet, Unchanged, Wrong, declare
from lianxin.ledger.models import Batch, seen
from lianxin.organizations.access import IMPORT_RECORDS


def check_gatherings(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New, on record already (corrected since or not), or not what such a unit holds."""
    versions = GatheringVersion.objects.filter(
        seen("entry__"),
        entry__unit__in={row["unit"].pk for row in rows},
        entry__happened_on__gte=min((row["day"] for row in rows), default=None),
        entry__happened_on__lte=max((row["day"] for row in rows), default=None),
    )
    recorded = set(versions.values_list("entry__unit", "entry__kind", "entry__happened_on", "topic"))
    for row in rows:
        unit, kind = row["unit"], GatheringKind(row["kind"])
        if (unit.pk, kind.entry_kind, row["day"], row["topic"].strip()) in recorded:
            yield Unchanged(row)
        elif not holds(unit, kind):
            words = _("%(unit)s does not hold a %(kind)s. Branches do; a group holds group meetings.")
            yield Wrong(row, "kind", words, {"unit": unit.name, "kind": kind.label})


def bring_in_gatherings(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    new = [NewGathering(row["unit"], row["kind"], row["day"], row["topic"], row["present"], row["place"] or "") for row in rows]
    record_gatherings(actor=actor, gatherings=new, batch=batch)


declare(
    Sheet(
        key="gatherings",
        title=_("Organisational life"),
        permission=IMPORT_RECORDS,
        columns=(
            Column(
                "unit",
                _("Unit code"),
                "unit",
                open_on="day",
                help=_("The branch's code; for a group meeting the group's."),
                example="152221200203-1",
            ),
            Column("kind", _("What was held"), "choice", choices=GatheringKind.choices, example="members_met"),
            Column("day", _("Day"), "date", example="2026-03-05"),
            Column("topic", _("What it was about"), "text", longest=WORDS),
            Column("present", _("How many came"), "int", required=False, least=1, most=MOST_PRESENT, example="12"),
            Column("place", _("Where, if elsewhere"), "text", required=False, longest=PLACE),
        ),
        identity=("unit", "kind", "day", "topic"),
        check=check_gatherings,
        apply=bring_in_gatherings,
        help=_("One row for each gathering of each unit. A gathering already on record is left as it is."),
    )
)
