"""Workbook of visits: rows from Excel, each an act of its own."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from lianxin.imports.sheets import Column, Finding, Row, Sheet, Unchanged, Wrong, declare
from lianxin.ledger.models import Batch, seen
from lianxin.liaison.actions import ENTRY_KINDS, NewVisit, not_points, record_visits
from lianxin.liaison.models import WORDS, VisitKind, VisitVersion
from lianxin.organizations.access import IMPORT_RECORDS


def check_visits(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New, on record already (corrected since or not), or not a contact point on that day."""
    versions = VisitVersion.objects.filter(
        seen("entry__"),
        entry__unit__in={row["unit"].pk for row in rows},
        entry__happened_on__gte=min((row["day"] for row in rows), default=None),
        entry__happened_on__lte=max((row["day"] for row in rows), default=None),
    )
    recorded = set(versions.values_list("entry__unit", "entry__kind", "entry__happened_on", "visitor"))
    outside = {(unit.pk, day) for unit, day in not_points({(row["unit"], row["day"]) for row in rows})}
    for row in rows:
        unit, day = row["unit"], row["day"]
        if (unit.pk, ENTRY_KINDS[VisitKind(row["kind"])], day, row["visitor"].pk) in recorded:
            yield Unchanged(row)
        elif (unit.pk, day) in outside:
            yield Wrong(
                row,
                "unit",
                _("%(unit)s was not a contact point on %(day)s. Correct the code or the day."),
                {"unit": unit.name, "day": day},
            )


def bring_in_visits(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    new = [NewVisit(row["unit"], row["kind"], row["day"], row["visitor"], row["findings"] or "") for row in rows]
    record_visits(actor=actor, visits=new, batch=batch)


declare(
    Sheet(
        key="visits",
        title=_("Visits to contact points"),
        permission=IMPORT_RECORDS,
        columns=(
            Column("unit", _("Unit code"), "unit", open_on="day", help=_("The contact point's code."), example="152221200203-1"),
            Column("visitor", _("Code of who came"), "person", help=_("The contact leader's person code."), example="L0001"),
            Column("kind", _("What was done"), "choice", choices=VisitKind.choices, example="inspection"),
            Column("day", _("Day"), "date", example="2026-03-05"),
            Column("findings", _("What was found"), "text", required=False, longest=WORDS),
        ),
        identity=("unit", "visitor", "kind", "day"),
        check=check_visits,
        apply=bring_in_visits,
        help=_("One row for each visit. A visit already on record is left as it is."),
    )
)
