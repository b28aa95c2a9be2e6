"""Who may do what: the one place. The same rule answers “may A do X to Y?” and “which Y?”, as SQL over the tree.

A post grants permissions on its unit's subtree (`SUBTREE`), on its unit alone (`OWN`), or on its unit and the groups directly
beneath it (`BRANCH`: a party group has no officers of its own, its branch keeps its records). Several posts add up; a post's end
is the end of its rights. The table follows product.md, and the access matrix test holds every URL against it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Length
from django.http import Http404

from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.organizations.models import (
    LABEL_WIDTH,
    Membership,
    MembershipKind,
    Person,
    Post,
    Title,
    Unit,
    UnitKind,
    UnitQuerySet,
    path_label,
    subtree,
)

CharField.register_lookup(Length)
"""`path__length`: how a group directly beneath a branch is told from what stands deeper."""

Reach = Literal["own", "branch", "subtree", "installation"]
OWN: Reach = "own"
BRANCH: Reach = "branch"
SUBTREE: Reach = "subtree"
INSTALLATION: Reach = "installation"

STANDING_VIEW = "standing.view"
"""See a unit's name, place, standing, calendar."""
ENTRY_VIEW = "entry.view"
"""See a unit's entries: its timeline."""
RECORD_VIEW = "record.view"
"""See what rooms keep behind an entry: a visit's findings, a meeting's agenda."""
PEOPLE_VIEW = "people.view"
"""See names by post and membership, phones masked."""
GATHERING_RECORD = "gathering.record"
VISIT_RECEIVE = "visit.receive"
"""Record a visit the unit received; confirm a problem handled by a leader."""
VISIT_RECORD = "visit.record"
"""Record research, an inspection, a problem handled, as a contact leader."""
INSPECTION_RECORD = "inspection.record"
ENTRY_CORRECT = "entry.correct"
"""Correct what others recorded; whoever recorded a thing may always correct it while their post lasts."""
ELECTION_HOLD = "election.hold"
IMPORT_RECORDS = "import.records"
"""Import people, visits and gatherings."""
IMPORT_UNITS = "import.units"
POST_GIVE = "post.give"
"""Give and end posts: those in GIVEABLE; take people in and let them leave."""
TREE_CHANGE = "tree.change"
"""Found, move, merge, close units; designate contact points."""
SCHEME_PUBLISH = "scheme.publish"
SCHEME_VIEW = "scheme.view"
EXPORT = "export"
REVEAL = "people.reveal"
"""Open a sealed phone, with a reason."""
CASE_VIEW = "case.view"
"""See cases led, assisted, or (over a subtree) placed there; never the residents' phones."""
CASE_CLAIM = "case.claim"
"""See the pool of unclaimed cases near the unit, and claim one for it."""
CASE_RECORD = "case.record"
"""Record a case for a resident: found on a home visit, taken by phone."""
CASE_HANDLE = "case.handle"
"""Plan, ask for assistance, return, pause, handle, on behalf of the unit that leads or assists."""
CASE_DISPATCH = "case.dispatch"
"""Designate and decide who leads, grant extensions, release from quarantine."""
CASE_CALL_BACK = "case.call_back"
"""Call residents back about cases that another unit led."""
CASE_EXCLUDE = "case.exclude"
"""Propose and agree what the adjusted figures leave out."""
APPROVE = "approve"
LOG_VIEW = "log.view"
VERIFY = "verify"
ACCOUNTS_MANAGE = "accounts.manage"

_MEMBER = {STANDING_VIEW, SCHEME_VIEW}
_CLAIMANT = _MEMBER | {CASE_VIEW, CASE_CLAIM, CASE_RECORD}
_SECRETARY = _CLAIMANT | {ENTRY_VIEW, RECORD_VIEW, PEOPLE_VIEW, GATHERING_RECORD, VISIT_RECEIVE, ENTRY_CORRECT, CASE_HANDLE}

GRANTS: dict[str, tuple[Reach, frozenset[str]]] = {
    Title.MEMBER: (BRANCH, frozenset(_CLAIMANT)),
    Title.TEAM_MEMBER: (OWN, frozenset(_CLAIMANT | {CASE_HANDLE})),
    Title.COMMITTEE_MEMBER: (BRANCH, frozenset(_CLAIMANT)),
    Title.HEAD: (OWN, frozenset(_MEMBER)),
    Title.SECRETARY: (BRANCH, frozenset(_SECRETARY)),
    Title.DEPUTY_SECRETARY: (BRANCH, frozenset(_SECRETARY)),
    Title.CLERK: (BRANCH, frozenset(_SECRETARY)),
    Title.CONTACT_LEADER: (OWN, frozenset(_MEMBER | {ENTRY_VIEW, RECORD_VIEW, VISIT_RECORD})),
    Title.TOWNSHIP_OFFICER: (
        SUBTREE,
        frozenset(
            _MEMBER
            | {ENTRY_VIEW, RECORD_VIEW, PEOPLE_VIEW, IMPORT_RECORDS, ELECTION_HOLD, POST_GIVE, ENTRY_CORRECT, REVEAL}
            | {CASE_VIEW, CASE_CLAIM, CASE_RECORD, CASE_HANDLE, CASE_DISPATCH, CASE_CALL_BACK}
        ),
    ),
    Title.DEPARTMENT_HANDLER: (OWN, frozenset(_MEMBER | {ENTRY_VIEW, CASE_VIEW, CASE_HANDLE})),
    Title.COUNTY_OFFICER: (
        SUBTREE,
        frozenset(
            _MEMBER
            | {ENTRY_VIEW, RECORD_VIEW, PEOPLE_VIEW, IMPORT_RECORDS, IMPORT_UNITS, TREE_CHANGE, ELECTION_HOLD, ENTRY_CORRECT}
            | {POST_GIVE, SCHEME_PUBLISH, EXPORT, REVEAL, APPROVE}
            | {CASE_VIEW, CASE_RECORD, CASE_HANDLE, CASE_DISPATCH, CASE_CALL_BACK, CASE_EXCLUDE}
        ),
    ),
    Title.INSPECTOR: (SUBTREE, frozenset(_MEMBER | {ENTRY_VIEW, RECORD_VIEW, INSPECTION_RECORD, CASE_VIEW})),
    Title.AUDITOR: (SUBTREE, frozenset({STANDING_VIEW, SCHEME_VIEW, ENTRY_VIEW, LOG_VIEW, VERIFY})),
    Title.ADMINISTRATOR: (INSTALLATION, frozenset({ACCOUNTS_MANAGE})),
}

TITLE_OF_MEMBERS: dict[str, str] = {
    MembershipKind.RURAL: Title.MEMBER,
    MembershipKind.EMPLOYED: Title.MEMBER,
    MembershipKind.AWAY: Title.MEMBER,
    MembershipKind.VOLUNTEER: Title.TEAM_MEMBER,
}
"""What a membership counts as, where no post was given."""

GIVEABLE: dict[str, frozenset[str]] = {
    Title.TOWNSHIP_OFFICER: frozenset(
        {
            *(Title.MEMBER, Title.TEAM_MEMBER, Title.SECRETARY, Title.DEPUTY_SECRETARY),
            *(Title.CLERK, Title.COMMITTEE_MEMBER, Title.HEAD),
        }
    ),
    Title.COUNTY_OFFICER: frozenset(set(Title.values) - {Title.ADMINISTRATOR}),
}
"""Which posts each may give and end, within their reach. Nobody hands out more than this, whatever they hold themselves."""

AnyUser = AbstractBaseUser | AnonymousUser


class Placed(Protocol):
    """A unit, or as much of one as says where it stands."""

    @property
    def pk(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...


@dataclass(frozen=True)
class Grant:
    """What one post or membership gives: permissions on a unit, or on it and all beneath."""

    title: str
    unit_id: int
    path: str
    reach: Reach
    permissions: frozenset[str]

    def covers(self, unit: Placed) -> bool:
        if self.reach == SUBTREE:
            return unit.path.startswith(self.path)
        if self.reach == BRANCH and unit.kind == UnitKind.GROUP and unit.path == self.path + path_label(unit.pk):
            return True
        return self.reach != INSTALLATION and unit.pk == self.unit_id


_HELD = " UNION ALL ".join(
    f"SELECT held.{word}, held.unit_id, unit.path FROM {table._meta.db_table} held"  # nosec B608  # our own names and numbers
    f" JOIN {Person._meta.db_table} person ON person.id = held.person_id"
    f" JOIN {Unit._meta.db_table} unit ON unit.id = held.unit_id"
    f" LEFT JOIN {Batch._meta.db_table} batch ON batch.id = held.batch_id"
    " WHERE person.user_id = %s AND held.since <= %s AND (held.until IS NULL OR held.until > %s)"
    " AND (held.batch_id IS NULL OR batch.visible)"
    for word, table in (("title", Post), ("kind", Membership))
)
"""Posts and memberships `.on(day)`, as text: every page asks it, and to put it together anew took longer than the answer."""


def grants_for(user: AnyUser, on: date | None = None) -> list[Grant]:
    """Everything the user's posts and memberships give on that day (today). Read once per request."""
    if not user.is_authenticated or not user.is_active:
        return []
    day = on or clock.today()
    cached: tuple[date, list[Grant]] | None = getattr(user, "_grants", None)
    if cached and cached[0] == day:
        return cached[1]
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [user.pk, day, day, user.pk, day, day])
        held = [(TITLE_OF_MEMBERS.get(word, word), unit_id, path) for word, unit_id, path in cursor.fetchall()]
    grants = [Grant(title, unit_id, path, *GRANTS[title]) for title, unit_id, path in held if title in GRANTS]
    user.__dict__["_grants"] = (day, grants)  # remembered for this request's user object only
    return grants


def may(user: AnyUser, permission: str, unit: Placed | None = None) -> bool:
    """Whether the user may do this to `unit`; without a unit, to anything at all."""
    grants = [grant for grant in grants_for(user) if permission in grant.permissions]
    return bool(grants) if unit is None else any(grant.covers(unit) for grant in grants)


def may_correct(user: AnyUser, unit: Unit, versions: "QuerySet[Any]", *recording: str) -> bool:
    """Whether the user may correct a record of `unit`: the unit's secretary and those above may; so may whoever recorded one of
    its `versions` (rows with an `entry`), as long as a post there gives one of the `recording` permissions."""
    if may(user, ENTRY_CORRECT, unit):
        return True
    records_here = any(may(user, permission, unit) for permission in recording)
    return records_here and versions.filter(entry__actor_id=user.pk).exists()


def scope(user: AnyUser, *permissions: str, prefix: str = "") -> Q:
    """The units on which the user has any of these permissions, as a condition on `{prefix}pk`, `path` and `kind`."""
    condition = Q(**{f"{prefix}pk__in": ()})
    own = set()
    branches = set()
    for grant in grants_for(user):
        if grant.permissions.isdisjoint(permissions):
            continue
        if grant.reach in (OWN, BRANCH):
            own.add(grant.unit_id)
        if grant.reach == BRANCH:
            branches.add(grant.path)
        if grant.reach == SUBTREE:
            condition |= subtree(grant.path, prefix)
    for path in sorted(branches):
        groups = Q(**{f"{prefix}path__length": len(path) + LABEL_WIDTH, f"{prefix}kind": UnitKind.GROUP})
        condition |= subtree(path, prefix) & groups
    return condition | Q(**{f"{prefix}pk__in": sorted(own)}) if own else condition


def units_for(user: AnyUser, *permissions: str) -> UnitQuerySet:
    """The units on which the user has any of these permissions (default: may see their standing)."""
    return Unit.objects.filter(scope(user, *(permissions or (STANDING_VIEW,))))


def unit_for(user: AnyUser, code: str, *permissions: str) -> Unit:
    """One unit by code. Raises Http404 where it does not exist and, alike, where it is not theirs."""
    try:
        return units_for(user, *permissions).get(code=code)
    except Unit.DoesNotExist:
        raise Http404 from None


def entry_scope(user: AnyUser, *permissions: str, prefix: str = "") -> Q:
    """The entries (at `prefix`) on whose unit the user has any of these permissions: as it stands now, or as it stood when the
    thing happened (work stays with where it was done, and so does the right to read it)."""
    condition = scope(user, *permissions, prefix=f"{prefix}unit__")
    for grant in grants_for(user):
        if grant.reach == SUBTREE and not grant.permissions.isdisjoint(permissions):
            condition |= subtree(grant.path, f"{prefix}unit_")
    return condition


def giveable_titles(user: AnyUser, unit: Unit) -> set[str]:
    """The posts the user may give and end at this unit."""
    held = [grant.title for grant in grants_for(user) if POST_GIVE in grant.permissions and grant.covers(unit)]
    return {title for holder in held for title in GIVEABLE.get(holder, ())}


def at_the_terminal(user: AbstractBaseUser) -> AbstractBaseUser:
    """The same account with every right over every unit: whoever works at the machine's own terminal holds its data anyway.

    For commands only; the rights last as long as this one object.
    """
    permissions = frozenset().union(*(granted for _, granted in GRANTS.values()))
    user.__dict__["_grants"] = (clock.today(), [Grant("terminal", 0, "", SUBTREE, permissions)])
    return user


def titles_of(user: AnyUser) -> set[str]:
    """The titles the user holds today."""
    return {grant.title for grant in grants_for(user)}
