"""Parts of a page that other rooms bring along: standings on a unit's page, what a meeting held on an entry's page.

A room leaves them in its own `panels.py`; they are collected at start-up.

    declare(Panel("schemes.standings", UNIT, "schemes/standings_panel.html", standings_panel, STANDING_VIEW, place=10))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import QuerySet

from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.ledger.registry import Registry
from lianxin.organizations.access import AnyUser, may
from lianxin.organizations.models import Unit

Page = Literal["unit", "entry"]
UNIT: Page = "unit"
ENTRY: Page = "entry"


@dataclass(frozen=True)
class Panel:
    """One part of a unit's or an entry's page.

    key: `app.noun`.
    template: what it looks like; gets `panel` (what `content` gave), `unit`, and on an entry's page `entry`.
    content: called with the user, the Unit or Entry, and the Moment asked about; None: nothing to show. Few queries.
    permission: who sees it, on the unit of the page.
    place: smaller stands higher.
    counts: rows with a column `word`, which a unit's page counts by that word along with its own figures, so that they cost no
        query more; None: nothing to count. `content` is called with how many there are by word, too (None: not counted).
    """

    key: str
    page: Page
    template: str
    content: Callable[..., Mapping[str, Any] | None]
    permission: str
    place: int = 50
    counts: Callable[[AnyUser, Unit, Moment], QuerySet[Any] | None] | None = None


@dataclass(frozen=True)
class Shown:
    """A panel with its content, ready for the template."""

    template: str
    content: Mapping[str, Any]


registry: Registry[Panel] = Registry(lambda panel: panel.key)


def declare(*panels: Panel) -> None:
    """Declare panels at start-up, from an app's `panels.py`."""
    registry.add(*panels)


Counts = Mapping[str, Mapping[str, int]]
"""By the key of a panel: how many, by word."""


def unit_panels(user: AnyUser, unit: Unit, moment: Moment, counts: Counts) -> list[Shown]:
    """What rooms show of this unit to this user."""
    return _shown(UNIT, user, unit, unit, moment, counts)


def rows_to_count(user: AnyUser, unit: Unit, moment: Moment) -> list[tuple[str, QuerySet[Any]]]:
    """What panels ask the unit's page to count for them: (key of the panel, rows with a column `word`)."""
    found = []
    for panel in registry.all().values():
        rows = panel.counts(user, unit, moment) if panel.counts and may(user, panel.permission, unit) else None
        if rows is not None:
            found.append((panel.key, rows))
    return found


def entry_panels(user: AnyUser, entry: Entry, moment: Moment) -> list[Shown]:
    """What rooms show of this entry to this user."""
    return _shown(ENTRY, user, entry.unit, entry, moment, {})


def _shown(page: Page, user: AnyUser, unit: Unit, of: Unit | Entry, moment: Moment, counts: Counts) -> list[Shown]:
    panels = sorted((panel for panel in registry.all().values() if panel.page == page), key=lambda panel: panel.place)
    shown = []
    for panel in panels:
        if may(user, panel.permission, unit):
            counted = (counts.get(panel.key),) if panel.counts else ()
            content = panel.content(user, of, moment, *counted)
            if content is not None:
                shown.append(Shown(panel.template, content))
    return shown
