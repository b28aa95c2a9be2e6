"""What organisational life adds to a unit's page and to an entry's page."""

from collections.abc import Mapping
from typing import Any

from lianxin.gatherings import queries
from lianxin.gatherings.actions import HOLDERS
from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.organizations.access import RECORD_VIEW, STANDING_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import ENTRY, UNIT, Panel, declare


def this_year(user: AnyUser, unit: Unit, moment: Moment) -> Mapping[str, Any] | None:
    """The year of a branch or group, kinds by months, as far as it had come on the day."""
    if unit.kind not in HOLDERS:
        return None
    calendar = queries.calendar_of(user, unit, {}, moment, asking=False)
    return {"calendar": calendar} if any(held for row in calendar.rows for held in row.months) else None


def words_behind(user: AnyUser, entry: Entry, moment: Moment) -> Mapping[str, Any] | None:
    """What an entry of ours stands for, in words."""
    return queries.behind(entry) if entry.kind.startswith("gatherings.") else None


declare(
    Panel("gatherings.year", UNIT, "gatherings/unit_panel.html", this_year, STANDING_VIEW, place=40),
    Panel("gatherings.words", ENTRY, "gatherings/entry_panel.html", words_behind, RECORD_VIEW),
)
