"""What the schemes still ask, as reminders: of one's own units clause by clause, and elections falling due in one's subtree."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from lianxin.organizations.access import (
    BRANCH,
    ELECTION_HOLD,
    GATHERING_RECORD,
    OWN,
    STANDING_VIEW,
    SUBTREE,
    VISIT_RECORD,
    AnyUser,
    grants_for,
    may,
)
from lianxin.reminders.notices import Due, Notice, act_for, declare, records
from lianxin.reminders.picture import Picture, Place, in_words, kinds_of, picture, why
from lianxin.schemes.queries import StandingRow
from lianxin.schemes.scheme import Clause, Every, Scheme
from lianxin.schemes.standings import OWING

WITHIN = timedelta(days=60)
"""How far ahead a desk looks."""
ELECTION = "organizations.election_held"


def of_own_units(user: AnyUser, today: date) -> list[Due]:
    """What the reader's own units still lack and must have within 60 days, soonest first."""
    seen = picture(today)
    units = own_units(user, seen, GATHERING_RECORD, VISIT_RECORD)
    found = []
    for scheme in seen.schemes:
        if scheme.score and scheme.levels:
            continue  # a rating asks nothing of its own: what it counts is asked by the schemes it draws on
        standings = seen.standings(scheme)
        for unit in units.values():
            everything = may(user, GATHERING_RECORD, unit)
            for row in standings.clauses.get(unit.pk, ()):
                if is_owed(row, today):
                    item = due_of(user, scheme, row, unit)
                    if everything or item.act is not None:
                        found.append(item)
    return sorted(found, key=urgency)


def elections_beneath(user: AnyUser, today: date) -> list[Due]:
    """Elections overdue, or due within the months their scheme reminds of, in the subtrees of an officer, soonest first."""
    paths = [grant.path for grant in grants_for(user) if grant.reach == SUBTREE and ELECTION_HOLD in grant.permissions]
    if not paths:
        return []
    seen = picture(today)
    rows = [
        (scheme, row)
        for scheme, row in elections(seen)
        if row.alert in ("due_soon", "overdue") and row.unit_path.startswith(tuple(paths))
    ]
    rows.sort(key=lambda found: (found[1].due or date.max, found[1].unit_code))
    return [due_of(user, scheme, row, seen.tree.places[row.unit_id]) for scheme, row in rows[:MOST_ELECTIONS]]


ELECTIONS = "reminders.elections"
"""The notice of elections falling due: a desk shows them as a table."""
MOST_ELECTIONS = 10
"""How many a desk names; the rest stand behind the number beside them."""


def elections(seen: Picture) -> Iterable[tuple[Scheme, StandingRow]]:
    """Every clause of the day that asks for an election."""
    for scheme in seen.schemes:
        asking = {clause.id for clause in scheme.clauses if asks_election(clause)}
        if asking and not scheme.sources and len(scheme.clauses) == len(asking):
            for rows in seen.standings(scheme).clauses.values():
                yield from ((scheme, row) for row in rows if row.clause in asking)


def asks_election(clause: Clause) -> bool:
    return isinstance(clause.test, Every) and ELECTION in kinds_of(clause)


def own_units(user: AnyUser, seen: Picture, *permissions: str) -> dict[int, Place]:
    """Units, as they stand on the day, at which the user holds a post that gives one of these permissions there alone."""
    ids = {
        grant.unit_id
        for grant in grants_for(user)
        if grant.reach in (OWN, BRANCH) and not grant.permissions.isdisjoint(permissions)
    }
    return {unit_id: seen.tree.places[unit_id] for unit_id in sorted(ids) if unit_id in seen.tree.places}


def is_owed(row: StandingRow, today: date) -> bool:
    """Something is missing and still to be done, and its day is near or past."""
    if not row.lasting or row.due is None or row.due > today + WITHIN:
        return False
    return row.alert in ("overdue", "due_soon") or (bool(row.missing) and row.state in OWING)


def due_of(user: AnyUser, scheme: Scheme, row: StandingRow, unit: Place) -> Due:
    """A standing as a reminder."""
    clause = scheme.clause(row.clause)
    acts = (act_for(user, kind, unit) for kind in kinds_of(clause))
    return Due(
        key=f"standing:{row.scheme}:{row.clause}:{row.unit_code}:{row.period}",
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        text=said(scheme, row),
        due=row.due,
        state=row.alert or row.pace or row.state,
        address=why(row.unit_code, row.scheme) if may(user, STANDING_VIEW, unit) else "",
        act=next((act for act in acts if act), None),
        n=row.n,
        need=row.need,
    )


def said(scheme: Scheme, row: StandingRow) -> str:
    """专题调研，还差1次: what a clause still asks, in the reader's words."""
    clause = scheme.clause(row.clause)
    words = in_words(clause.title) if clause else in_words(scheme.title)
    if clause and isinstance(clause.test, Every):
        return words
    missing = row.missing or 0
    return ngettext("%(what)s, %(missing)d missing", "%(what)s, %(missing)d missing", missing) % {
        "what": words,
        "missing": missing,
    }


def urgency(item: Due) -> tuple[date, str, str]:
    """Soonest first; at equal days by unit, so that the order stands still."""
    return item.due or date.max, item.unit_code, item.key


records(
    ELECTION,
    gettext_lazy("Record the election"),
    permission=ELECTION_HOLD,
    address=lambda code: reverse("hold_election", args=[code]),
)
declare(
    Notice("reminders.owed", gettext_lazy("To do"), f"{GATHERING_RECORD}|{VISIT_RECORD}", of_own_units),
    Notice(ELECTIONS, gettext_lazy("Elections falling due"), ELECTION_HOLD, elections_beneath),
)
