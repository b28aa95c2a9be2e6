"""What cases add to a unit's page and to an entry's page."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from lianxin.cases.queries import lists, pages
from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.organizations.access import CASE_VIEW, ENTRY_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import ENTRY, UNIT, Panel, declare


def ways_to(user: AnyUser, unit: Unit, moment: Moment, counts: Mapping[str, int] | None) -> Mapping[str, Any] | None:
    """The figures that matter, each with its list, and further ways, as it stands now. counts: of `lists.standing_at`."""
    if not moment.is_now:
        return None
    year = moment.day.replace(month=1, day=1).isoformat()
    asked: list[tuple[object, tuple[str, ...], dict[str, str]]] = [
        (_("open"), ("in_time", "late"), {"state": "open"}),
        (_("late"), ("late",), {"state": "open", "overdue": "1"}),
        (_("waits for the residents' answer"), ("handled",), {"state": "handled"}),
        (_("solved this year"), ("solved",), {"state": "solved", "over_since": year}),
    ]
    where = f"{reverse('cases')}?unit={unit.code}&counted=1"
    figures = []
    for words, which, more in asked if counts is not None else ():
        count: int = sum((counts or {}).get(word, 0) for word in which)
        figures.append((words, count, f"{where}&{urlencode(more)}"))
    return {"figures": figures}


def words_behind(user: AnyUser, entry: Entry, moment: Moment) -> Mapping[str, Any] | None:
    """What an entry of a case stands for, in words, for those who may read the case."""
    return pages.behind(user, entry) if entry.subject.startswith("cases.case:") else None


declare(
    Panel("cases.open", UNIT, "cases/unit_panel.html", ways_to, CASE_VIEW, place=20, counts=lists.standing_at),
    Panel("cases.words", ENTRY, "cases/entry_panel.html", words_behind, ENTRY_VIEW),
)
