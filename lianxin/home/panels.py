"""What schemes say of a unit, on its page: where it stands with each, and what is missing by when."""

from collections.abc import Mapping
from typing import Any

from lianxin.home.choice import Choice
from lianxin.ledger.moments import Moment
from lianxin.organizations.access import STANDING_VIEW, AnyUser
from lianxin.organizations.models import Unit
from lianxin.organizations.panels import UNIT, Panel, declare
from lianxin.reminders.picture import in_words, picture
from lianxin.schemes.explain import say_missing


def standings_of(user: AnyUser, unit: Unit, moment: Moment) -> Mapping[str, Any] | None:
    """The unit's standing with every scheme in force that asks something of it: the same picture as the desk and the board."""
    seen = picture(moment.day, moment.known_on)
    chosen = Choice(unit.code) if moment.is_now else Choice(unit.code, as_of=moment.day, known_as_of=moment.known_on)
    shown = []
    for scheme in seen.schemes:
        if scheme.subject.kinds and unit.kind not in scheme.subject.kinds:
            continue  # it asks nothing of such units: no need to work it out for this page
        standings = seen.standings(scheme)
        whole = next((row for row in standings.verdicts if row.unit_id == unit.pk), None)
        if whole is None or whole.state == "not_applicable":
            continue
        rows = [row for row in standings.clauses.get(unit.pk, ()) if row.state != "not_applicable"]
        clauses = [(row, say_missing(row, scheme)) for row in rows]
        address = chosen.standing(unit.code, scheme.key)
        shown.append({"title": in_words(whole.title), "whole": whole, "clauses": clauses, "address": address})
    return {"standings": shown} if shown else None


declare(Panel("home.standings", UNIT, "home/_unit_standings.html", standings_of, STANDING_VIEW, place=10))
