"""Dated rows are rewritten, never changed: what was known of them ends at this instant, and they are written anew.

A placement, a designation, a fact each hold over a span of days (`since`, `until`) and are known over a span of time
(`recorded_at`, `valid_to`). So any past day can be shown as it was known on any other.
"""

from datetime import date
from typing import Any, TypeVar

from lianxin.ledger.models import Entry
from lianxin.organizations.models import Designation, Fact, Placement

Row = TypeVar("Row", bound=Placement | Designation | Fact)


def anew(row: Row, entry: Entry, **changes: Any) -> Row:
    """`row` as the act behind `entry` leaves it: the same but for `changes`, known from that act on. Not saved yet."""
    same = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)(**{**same, "recorded_at": entry.recorded_at, "valid_to": None, "entry_id": entry.pk, **changes})


def end_row(row: Row, day: date, entry: Entry) -> None:
    """Know from `entry` on that `row` holds up to `day` only; not at all, where it began on that day or later."""
    type(row).objects.filter(pk=row.pk).update(valid_to=entry.recorded_at)
    if row.since < day:
        anew(row, entry, until=day).save(force_insert=True)
