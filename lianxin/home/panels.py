"""What schemes say of a unit, on its page: where it stands with each, and what is missing by when."""

from collections.abc import Mapping
from typing import Any

from lianxin.ledger.moments import Moment
from lianxin.organizations.access import STANDING_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import UNIT, Panel, declare
from lianxin.reminders.picture import in_words, picture, why
from lianxin.schemes.explain import say_missing


def standings_of(user: AnyUser, unit: Unit, moment: Moment) -> Mapping[str, Any] | None:
    """The unit's standing with every scheme in force that asks something of it: the same picture as the desk and the board."""
    seen = picture(moment.day, moment.known_on)
    shown = []
    for scheme in seen.schemes:
        standings = seen.standings(scheme)
        whole = next((row for row in standings.verdicts if row.unit_id == unit.pk), None)
        if whole is None or whole.state == "not_applicable":
            continue
        rows = [row for row in standings.clauses.get(unit.pk, ()) if row.state != "not_applicable"]
        clauses = [(row, say_missing(row, scheme)) for row in rows]
        shown.append({"title": in_words(whole.title), "whole": whole, "clauses": clauses, "address": why(unit.code, scheme.key)})
    return {"standings": shown} if shown else None


declare(Panel("home.standings", UNIT, "home/_unit_standings.html", standings_of, STANDING_VIEW, place=10))
