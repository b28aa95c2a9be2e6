"""Designations: a unit is a contact point, a benchmark, weak … over a span of days."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Entry
from lianxin.organizations.actions.spans import end_row
from lianxin.organizations.errors import OrganizationError, known_word, need_reason
from lianxin.organizations.models import Designation, DesignationKind, Unit


def designate(*, actor: AbstractBaseUser, unit: Unit, designation: str, since: date, until: date | None = None) -> Entry:
    """Make a unit a contact point, benchmark, weak … from day `since` on (until `until`, if it is known already).

    Raises OrganizationError where it is one on any of those days, or ends before it begins; LedgerError as `record` does.
    """
    [entry] = designate_many(actor=actor, units=[(unit, since)], designation=designation, until=until)
    return entry


@transaction.atomic
def designate_many(
    *, actor: AbstractBaseUser, units: Sequence[tuple[Unit, date]], designation: str, until: date | None = None
) -> list[Entry]:
    """`designate` for a list of (unit, since): one entry each, all or nothing. Raises as it does."""
    word = known_word(DesignationKind, designation).label
    held: dict[int, list[date | None]] = {}
    rows = Designation.objects.known().filter(unit__in=[unit for unit, _ in units], designation=designation)
    for unit_id, ends in (rows.filter(since__lt=until) if until else rows).values_list("unit_id", "until"):
        held.setdefault(unit_id, []).append(ends)
    for unit, since in units:
        if until is not None and until <= since:
            raise OrganizationError("ends_before_start", since=since, until=until)
        if any(ends is None or ends > since for ends in held.get(unit.pk, ())):
            raise OrganizationError("already_designated", unit=unit.name, designation=word, day=since)
    given = {"designation": str(designation), "until": until.isoformat() if until else ""}
    acts = [Act("organizations.designation_given", unit, since, unit.subject, data=given) for unit, since in units]
    entries = record_many(actor=actor, acts=acts)
    Designation.objects.bulk_create(
        [
            Designation(
                unit=entry.unit,
                designation=designation,
                since=entry.happened_on,
                until=until,
                recorded_at=entry.recorded_at,
                entry=entry,
            )
            for entry in entries
        ],
        batch_size=500,
    )
    return entries


@transaction.atomic
def end_designation(*, actor: AbstractBaseUser, unit: Unit, designation: str, day: date, reason: str) -> Entry:
    """End a designation: `day` is the first day it no longer holds.

    Raises OrganizationError without a reason, or where it does not hold on the day before; LedgerError as `record` does.
    """
    need_reason(reason)
    word = known_word(DesignationKind, designation).label
    row = Designation.objects.known().filter(unit=unit, designation=designation, since__lt=day, until=None).first()
    if row is None:
        raise OrganizationError("not_designated", unit=unit.name, designation=word, day=day)
    entry = record(
        actor=actor,
        kind="organizations.designation_ended",
        unit=unit,
        happened_on=day,
        subject=unit.subject,
        data={"designation": designation},
        reason=reason,
    )
    end_row(row, day, entry)
    return entry
