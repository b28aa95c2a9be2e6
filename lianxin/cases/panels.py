"""What cases add to a unit's page and to an entry's page."""

from collections.abc import Mapping
from typing import Any

from lianxin.cases.queries import pages
from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.organizations.access import CASE_VIEW, ENTRY_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import ENTRY, UNIT, Panel, declare


def ways_to(user: AnyUser, unit: Unit, moment: Moment) -> Mapping[str, Any] | None:
    """The ways to what the unit leads and what lies there, as it stands now. A unit's page has no query to spare for more."""
    return {} if moment.is_now else None


def words_behind(user: AnyUser, entry: Entry, moment: Moment) -> Mapping[str, Any] | None:
    """What an entry of a case stands for, in words, for those who may read the case."""
    return pages.behind(user, entry) if entry.subject.startswith("cases.case:") else None


declare(
    Panel("cases.open", UNIT, "cases/unit_panel.html", ways_to, CASE_VIEW, place=20),
    Panel("cases.words", ENTRY, "cases/entry_panel.html", words_behind, ENTRY_VIEW),
)
