"""What contact points add to a unit's page and to an entry's page."""

from collections.abc import Mapping
from typing import Any

from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.liaison import queries
from lianxin.organizations.access import RECORD_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import ENTRY, UNIT, Panel, declare


def visits_received(user: AnyUser, unit: Unit, moment: Moment) -> Mapping[str, Any] | None:
    """The latest visits to the unit, and problems there that nobody had called solved yet, on the day."""
    visits = queries.lines(user, queries.visits_at(user, unit, moment)[:5])
    problems = queries.unsettled_at(user, unit, moment)[:5]
    return {"visits": visits, "problems": problems} if visits or problems else None


def words_behind(user: AnyUser, entry: Entry, moment: Moment) -> Mapping[str, Any] | None:
    """What an entry of ours stands for, in words."""
    return queries.behind(user, entry) if entry.kind.startswith("liaison.") else None


declare(
    Panel("liaison.visits", UNIT, "liaison/unit_panel.html", visits_received, RECORD_VIEW, place=30),
    Panel("liaison.words", ENTRY, "liaison/entry_panel.html", words_behind, RECORD_VIEW),
)
