"""Facts of a unit: what schemes may ask of it. A person sets some; those of committees are worked out (committees.py)."""

from collections.abc import Mapping
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.actions.spans import end_row
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Fact, Unit

FACTS: Mapping[str, type] = {"term_years": int, "founded_on": date, "groups": int, "households": int, "area": str}
"""Facts a person may set, and what they hold."""
DERIVED_FACTS: Mapping[str, type] = {
    "committee": bool,
    "committee_size": int,
    "committee_average_age": int,
    "one_shoulder": bool,
}
"""Facts worked out from elections, never typed: there is a committee (≥ 3), its size, its average age on election day,
and whether the secretary also heads the village or community (一肩挑)."""
LEAST: Mapping[str, int] = {"term_years": 1}


def fact_text(key: str, value: object) -> str:
    """The canonical text of a fact. Raises OrganizationError for an unknown key or a value of another type."""
    expected = FACTS.get(key) or DERIVED_FACTS.get(key)
    if expected is None:
        raise OrganizationError("unknown_fact", key=key, known=", ".join(sorted(FACTS)))
    text = str(value).lower() if expected is bool else str(value).strip()
    try:
        parsed: object = (
            int(text) if expected is int else date.fromisoformat(text) if expected is date else text if text else None
        )
    except ValueError:
        parsed = None
    too_small = isinstance(parsed, int) and parsed < LEAST.get(key, 0)
    if parsed is None or too_small or (expected is bool and text not in ("true", "false")):
        raise OrganizationError("wrong_fact", key=key, value=value, expected=expected.__name__)
    return str(parsed)


@transaction.atomic
def set_fact(*, actor: AbstractBaseUser, unit: Unit, key: str, value: object, since: date) -> Entry:
    """Say that a fact holds from day `since` on. Earlier days keep what they had.

    Raises OrganizationError for an unknown key, a value of another type, or a fact that is worked out.
    """
    if key in DERIVED_FACTS:
        raise OrganizationError("derived_fact", key=key)
    text = fact_text(key, value)
    entry = record(
        actor=actor,
        kind="organizations.fact_set",
        unit=unit,
        happened_on=since,
        data={"key": key, "value": text},
        subject=unit.subject,
    )
    _write_facts(unit, {key: text}, since, entry)
    return entry


def _write_facts(unit: Unit, values: Mapping[str, str], since: date, entry: Entry) -> None:
    held = Fact.objects.known().filter(Q(until=None) | Q(until__gt=since), unit=unit, key__in=values)
    for row in held:
        end_row(row, since, entry)
    Fact.objects.bulk_create(
        Fact(unit=unit, key=key, value=value, since=since, recorded_at=entry.recorded_at, entry=entry)
        for key, value in values.items()
    )
