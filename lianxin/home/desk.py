"""The desk: what I owe, by due date; what waits; what changed since last time. One page for all; posts add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lianxin.accounts.models import User
from lianxin.home.board import Figure
from lianxin.home.choice import POINTS, Choice, highest, is_election, tally, view_for
from lianxin.home.figures import words_of
from lianxin.home.forms import BUCKET_WORDS
from lianxin.home.models import Look
from lianxin.ledger import clock
from lianxin.ledger.kept import Head, ledger_head
from lianxin.ledger.models import Entry
from lianxin.ledger.models import seen as seen_entries
from lianxin.organizations.access import (
    ACCOUNTS_MANAGE,
    APPROVE,
    BRANCH,
    CASE_VIEW,
    ENTRY_VIEW,
    EXPORT,
    GATHERING_RECORD,
    IMPORT_RECORDS,
    IMPORT_UNITS,
    LOG_VIEW,
    OWN,
    STANDING_VIEW,
    SUBTREE,
    VERIFY,
    VISIT_RECORD,
    AnyUser,
    Grant,
    grants_for,
    may,
    scope,
)
from lianxin.organizations.models import Title
from lianxin.reminders.notices import Act, Due
from lianxin.reminders.owed import ELECTIONS, due_of, own_units, urgency
from lianxin.reminders.picture import BEHIND, IMPOSSIBLE, Picture, in_words, picture, why
from lianxin.reminders.queries import Reminder, reminders_for
from lianxin.schemes.queries import StandingRow
from lianxin.ui import states

MOST_NEWS = 8
"""What changed, on the desk; all of it stands on a page of its own."""
NEW_VISIT = timedelta(minutes=30)
"""Opening the desk after so long a pause is a new visit: what came since the last one is new."""


@dataclass(frozen=True)
class Asked:
    """One clause of a point: how far it has come, and what to do about it."""

    words: str
    n: int
    need: int
    done: bool
    state: str
    due: date | None
    act: Act | None

    @property
    def tone(self) -> str:
        """The colour of its bar."""
        return states.find(self.state).tone


@dataclass(frozen=True)
class Point:
    """One of a contact leader's points."""

    code: str
    name: str
    place: str
    state: str
    asked: Sequence[Asked]
    why: str


@dataclass(frozen=True)
class Summary:
    """One scheme over an officer's subtree: who needs help."""

    title: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Standing:
    """One scheme at one's own branch, for its members."""

    unit_name: str
    title: str
    state: str
    due: date | None
    address: str


@dataclass(frozen=True)
class Event:
    """One thing others recorded."""

    entry: Entry
    words: object
    address: str


@dataclass(frozen=True)
class News:
    """What others recorded since the last visit, the newest first."""

    events: Sequence[Event]
    more: bool


@dataclass(frozen=True)
class Keeper:
    """What an administrator looks after."""

    accounts: int


@dataclass(frozen=True)
class Desk:
    """Everything a desk shows; parts that are not the reader's own are empty."""

    posts: Sequence[Act]
    """Which posts are looked at together here, each with the page of its unit."""
    points: Sequence[Point]
    todo: Sequence[Due]
    """What others wait for, then what is missing and due, soonest first: one list."""
    elections: Sequence[Due]
    with_others: Sequence[Reminder]
    summaries: Sequence[Summary]
    standings: Sequence[Standing]
    keeper: Keeper | None
    auditor: Head | None
    elections_address: str
    """All elections falling due, where the desk names only the nearest."""
    owes: bool
    """Whether this reader can owe anything at all."""

    @property
    def nothing(self) -> bool:
        """Nobody waits and nothing is owed."""
        open_points = any(not asked.done for point in self.points for asked in point.asked)
        return not (self.todo or open_points)


def desk_of(user: User, today: date | None = None) -> Desk:
    """The reader's desk today."""
    day = today or clock.today()
    seen = picture(day)
    grants = grants_for(user)
    reminders = reminders_for(user, day)
    points = points_of(user, seen)
    shown = {(point.code) for point in points}
    waiting = [item for reminder in reminders if reminder.notice.waiting for item in reminder.items]
    todo = [
        item
        for reminder in reminders
        if reminder.notice.key != ELECTIONS and not reminder.notice.waiting and not reminder.notice.with_others
        for item in reminder.items
        if not (item.key.startswith(f"standing:{POINTS}:") and item.unit_code in shown)
    ]
    elections = [item for reminder in reminders if reminder.notice.key == ELECTIONS for item in reminder.items]
    return Desk(
        posts=posts_of(grants, seen),
        points=points,
        todo=[*waiting, *sorted(todo, key=urgency)],
        elections=elections,
        with_others=[reminder for reminder in reminders if reminder.notice.with_others],
        summaries=summaries_of(user, grants, seen),
        standings=standings_of(user, grants, seen),
        keeper=Keeper(User.objects.filter(is_active=True).count()) if may(user, ACCOUNTS_MANAGE) else None,
        auditor=seen.head if may(user, VERIFY) else None,
        elections_address=elections_address(user, seen) if elections else "",
        owes=may(user, GATHERING_RECORD) or may(user, VISIT_RECORD),
    )


@dataclass(frozen=True)
class Beside:
    """What stands beside a desk: where else to go, and what others recorded."""

    links: Sequence[Act]
    reads: bool
    """Whether this reader sees entries."""
    news: News


def beside(user: User, since: int) -> Beside:
    """What stands beside the reader's desk; new is what came after the entry `since`."""
    return Beside(links_of(user, grants_for(user)), may(user, ENTRY_VIEW), news_for(user, since))


def posts_of(grants: Sequence[Grant], seen: Picture) -> list[Act]:
    """书记 · 特门嘎查党支部: which posts are looked at together here."""
    found = {}
    for grant in grants:
        place = seen.tree.places.get(grant.unit_id)
        words = _("%(post)s, %(unit)s") % {"post": Title(grant.title).label, "unit": place.name if place else ""}
        found[words] = Act(words, reverse("unit", args=[place.code]) if place and STANDING_VIEW in grant.permissions else "")
    return list(found.values())


def points_of(user: AnyUser, seen: Picture) -> list[Point]:
    """A contact leader's points and what 131 asks of each, the most pressing first."""
    scheme = seen.scheme(POINTS)
    units = own_units(user, seen, VISIT_RECORD)
    if scheme is None or not units:
        return []
    standings = seen.standings(scheme)
    verdicts = {row.unit_id: row for row in standings.verdicts if row.unit_id in units and row.lasting}
    points = []
    for row in sorted(verdicts.values(), key=lambda row: (row.due or date.max, row.unit_code)):
        unit = units[row.unit_id]
        place = seen.tree.above(row.unit_path, "township", "county")
        asked = [asked_of(user, due_of(user, scheme, each, unit), each) for each in standings.clauses.get(row.unit_id, ())]
        opens = why(unit.code, scheme.key)
        points.append(Point(unit.code, row.unit_name, place.name if place else "", row.pace or row.state, asked, opens))
    return points


def asked_of(user: AnyUser, item: Due, row: StandingRow) -> Asked:
    return Asked(
        words=in_words(row.clause_title),
        n=row.n or 0,
        need=row.need or 0,
        done=not row.missing,
        state=row.state if not row.missing else row.alert or row.pace or row.state,
        due=row.due,
        act=item.act,
    )


def summaries_of(user: AnyUser, grants: Sequence[Grant], seen: Picture) -> list[Summary]:
    """For whoever looks after a subtree: per scheme, how many units are behind or can no longer make it."""
    if not any(grant.reach == SUBTREE and STANDING_VIEW in grant.permissions for grant in grants):
        return []
    unit = seen.tree.places.get(highest(user))
    if unit is None:  # founded, but not open yet
        return []
    view = view_for(user, unit, Choice(unit.code))
    opens = partial(view.choice.address, "board_units")
    found = []
    for scheme in view.schemes:
        counts = tally(view.standings(scheme))
        if counts.total and not is_election(scheme):
            figures = [
                Figure(counts.counts[state], BUCKET_WORDS[state], state, opens(scheme=scheme.key, state=state))
                for state in (BEHIND, IMPOSSIBLE)
            ]
            everyone = Figure(counts.total, _("units"), "", opens(scheme=scheme.key))
            found.append(Summary(in_words(scheme.title), [everyone, *figures]))
    return found


def standings_of(user: AnyUser, grants: Sequence[Grant], seen: Picture) -> list[Standing]:
    """For members and those who look after single units without recording there: how these stand."""
    own = {grant.unit_id for grant in grants if grant.reach in (OWN, BRANCH) and STANDING_VIEW in grant.permissions}
    own -= {grant.unit_id for grant in grants if not grant.permissions.isdisjoint((GATHERING_RECORD, VISIT_RECORD))}
    if not own:
        return []
    found = []
    for scheme in seen.schemes:
        for row in seen.standings(scheme).verdicts:
            if row.unit_id in own and row.lasting and row.state not in ("not_applicable", "waived"):
                opens = why(row.unit_code, scheme.key)
                found.append(Standing(row.unit_name, in_words(scheme.title), row.pace or row.state, row.due, opens))
    return sorted(found, key=lambda standing: standing.unit_name)


def elections_address(user: AnyUser, seen: Picture) -> str:
    """The list of every election falling due in the reader's subtree."""
    scheme = next((scheme for scheme in seen.schemes if is_election(scheme)), None)
    unit = seen.tree.places.get(highest(user))
    return Choice(unit.code).address("board_units", scheme=scheme.key, falling_due=True) if scheme and unit else ""


def links_of(user: AnyUser, grants: Sequence[Grant]) -> list[Act]:
    """Where this reader's posts lead besides: a handful, never a menu of modules."""
    subtree = any(grant.reach == SUBTREE and STANDING_VIEW in grant.permissions for grant in grants)
    links: list[tuple[bool, str | Promise, str]] = [
        (may(user, CASE_VIEW), _("Cases"), "cases"),
        (subtree, _("Board"), "board"),
        (subtree and may(user, ENTRY_VIEW), _("Brief"), "brief"),
        (may(user, IMPORT_RECORDS) or may(user, IMPORT_UNITS), _("Bring in workbooks"), "imports"),
        (may(user, ACCOUNTS_MANAGE), _("Accounts"), "accounts"),
        (may(user, LOG_VIEW), _("Access log"), "access_log"),
        (may(user, EXPORT) or may(user, APPROVE), _("Requests for long lists"), "export_requests"),
    ]
    return [Act(words, reverse(name)) for shown, words, name in links if shown]


def look(user: User) -> Look:
    """Note that the reader looks at the desk now; says from which entry on things are new. Writes once a visit."""
    now, last = clock.now(), ledger_head().entry
    known = Look.objects.filter(user=user).first()
    if known is None:
        return Look.objects.create(user=user, before=last, latest=last, looked_at=now)
    if now - known.looked_at > NEW_VISIT:
        known.before, known.latest, known.looked_at = known.latest, last, now
        known.save(update_fields=["before", "latest", "looked_at"])
    return known


def changes_for(user: User, since: int) -> QuerySet[Entry]:
    """What others recorded, in the reader's units, after an entry; newest first."""
    mine = scope(user, ENTRY_VIEW, prefix="unit__")
    entries = Entry.objects.filter(mine, seen_entries(), pk__gt=since).exclude(actor=user)
    return entries.select_related("unit", "actor__person").order_by("-pk")


def events_of(entries: Iterable[Entry]) -> list[Event]:
    """Entries in words."""
    return [Event(entry, words_of(entry), reverse("entry", args=[entry.pk])) for entry in entries]


def news_for(user: User, since: int) -> News:
    """The newest of it."""
    if not may(user, ENTRY_VIEW):
        return News((), False)
    found = list(changes_for(user, since)[: MOST_NEWS + 1])
    return News(events_of(found[:MOST_NEWS]), len(found) > MOST_NEWS)
