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
    """The latest visits to the unit, and problems there that nobody has called solved yet; only as things stand today."""
    if not moment.is_now:
        return None
    visits = queries.lines(user, queries.visits_for(user).filter(visit__unit=unit)[:5])
    problems = list(queries.problems_for(user).unsettled().filter(unit=unit)[:5])
    return {"visits": visits, "problems": problems} if visits or problems else None


def words_behind(user: AnyUser, entry: Entry, moment: Moment) -> Mapping[str, Any] | None:
    """What an entry of ours stands for, in words."""
    return queries.behind(user, entry) if entry.kind.startswith("liaison.") else None


declare(
    Panel("liaison.visits", UNIT, "liaison/unit_panel.html", visits_received, RECORD_VIEW, place=30),
    Panel("liaison.words", ENTRY, "liaison/entry_panel.html", words_behind, RECORD_VIEW),
)
