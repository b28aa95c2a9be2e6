"""The door for reading the tree and who stands where in it: the user first, everything within their reach.

Each function takes a `Moment`: a day as it was, and as it was known on another. Absent and forbidden alike raise Http404.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Substr
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.ledger.models import Entry, seen
from lianxin.ledger.moments import Moment
from lianxin.organizations.access import (
    ELECTION_HOLD,
    ENTRY_VIEW,
    PEOPLE_VIEW,
    POST_GIVE,
    RECORD_VIEW,
    REVEAL,
    STANDING_VIEW,
    SUBTREE,
    TREE_CHANGE,
    AnyUser,
    entry_scope,
    giveable_titles,
    grants_for,
    may,
    scope,
    units_for,
)
from lianxin.organizations.models import (
    LABEL_WIDTH,
    Designation,
    DesignationKind,
    Fact,
    Membership,
    MembershipKind,
    Person,
    Placement,
    Post,
    Title,
    Unit,
    UnitKind,
    path_steps,
    subtree,
)
from lianxin.organizations.panels import rows_to_count
from lianxin.organizations.people import person_for
from lianxin.organizations.terms import ELECTION, Term, term_of
from lianxin.organizations.words import told_of

Words = str | Promise
PAGE_SIZE = 50
LATEST = 8
"""Entries on a unit's page; the rest stand in its history."""
LONGEST_SEARCH = 60

# --- the tree as it was ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step down the tree: a unit's name as it was then, and its code where the reader may open it."""

    name: str
    code: str = ""


def placements_on(moment: Moment) -> "QuerySet[Placement]":
    """How every unit stood on that day, as known then. Not scoped."""
    rows: QuerySet[Placement] = Placement.objects.on(moment.day).known_at(moment.known_at)
    return rows


def placements_for(user: AnyUser, moment: Moment, *permissions: str) -> "QuerySet[Placement]":
    """The same, of the units on which the user has any of these permissions (default: may see their standing)."""
    return placements_on(moment).filter(scope(user, *(permissions or (STANDING_VIEW,)), prefix="unit__")).select_related("unit")


def placement_of(unit: Unit, moment: Moment) -> Placement | None:
    """How the unit stood on that day; None where it did not exist (any more)."""
    return placements_on(moment).filter(unit=unit).first()


def units_within(placement: Placement, moment: Moment) -> Q:
    """The units that stood in that subtree at that moment, as a condition on rows with a `unit`."""
    if moment.is_now:
        return subtree(placement.path, "unit__")
    return Q(unit__in=placements_on(moment).filter(subtree(placement.path)).values("unit"))


def way_to(user: AnyUser, placement: Placement, known: Iterable[Placement]) -> list[Step]:
    """From the top of the tree down to this unit, by the names of that day."""
    by_path = {row.path: row for row in known}
    steps = []
    for path in path_steps(placement.path):
        row = by_path.get(path)
        if row is not None:
            steps.append(Step(row.name, row.unit.code if may(user, STANDING_VIEW, row.unit) else ""))
    return steps


def family(unit: Unit, moment: Moment) -> tuple[Placement | None, list[Placement], list[Placement]]:
    """The unit's placement, those above it (itself included) and those right beneath it. One query."""
    ends = range(LABEL_WIDTH, (Placement._meta.get_field("path").max_length or 0) + 1, LABEL_WIDTH)
    path = Subquery(placements_on(moment).filter(unit=unit).order_by().values("path")[:1])
    above = path_steps(unit.path) if moment.is_now else [Substr(path, 1, end) for end in ends]
    rows = list(placements_on(moment).filter(Q(path__in=above) | Q(parent=unit)).select_related("unit").order_by("path"))
    placement = next((row for row in rows if row.unit_id == unit.pk), None)
    ancestors = [row for row in rows if placement and placement.path.startswith(row.path)]
    return placement, ancestors, [row for row in rows if row.parent_id == unit.pk]


@dataclass(frozen=True)
class Line:
    """One line of the tree: a unit as it stood, and how many units stand beneath it."""

    placement: Placement
    beneath: int


@dataclass(frozen=True)
class Tree:
    """What the tree page shows: where we are, and the units right beneath."""

    at: Placement | None
    way: Sequence[Step]
    lines: Sequence[Line]
    found: "Page[Placement] | None"
    """Search results, where something was searched for."""
    query: str = ""


def tree(user: AnyUser, moment: Moment, *, at: str = "", search: str = "", page: str | int = 1) -> Tree:
    """Browse from the top of what the user may see, from the unit of code `at`, or search. Raises Http404."""
    search = search.strip()[:LONGEST_SEARCH]
    if search:
        return Tree(None, (), (), Paginator(found_units(user, moment, search), PAGE_SIZE).get_page(page), search)
    if at:
        unit = units_for(user).filter(code=at).first()
        if unit is None:
            raise Http404
        placement, ancestors, children = family(unit, moment)
        if placement is None:
            return Tree(None, (), (), None)
        mine = [row for row in children if may(user, STANDING_VIEW, row.unit)]
        return Tree(placement, way_to(user, placement, ancestors), _lines(placement, mine, moment), None)
    tops = _tops(user, moment)
    if len(tops) == 1:
        return tree(user, moment, at=tops[0].unit.code)
    return Tree(None, (), [Line(row, 0) for row in tops], None)


def _tops(user: AnyUser, moment: Moment) -> list[Placement]:
    """The units at which the user's reach begins: those of their posts, without the ones beneath another of them."""
    own = {grant.unit_id for grant in grants_for(user) if STANDING_VIEW in grant.permissions}
    tops: list[Placement] = []
    for row in placements_on(moment).filter(unit__in=own).select_related("unit").order_by("path"):
        if not tops or not row.path.startswith(tops[-1].path):
            tops.append(row)
    return tops


def _lines(placement: Placement, children: Sequence[Placement], moment: Moment) -> list[Line]:
    width = len(placement.path) + LABEL_WIDTH
    counted = (
        placements_on(moment)
        .filter(subtree(placement.path), path__gt=placement.path)
        .order_by()
        .values_list(Substr("path", 1, width))
        .annotate(count=Count("pk"))
    )
    beneath = {path: count - 1 for path, count in counted}
    return [Line(row, beneath.get(row.path, 0)) for row in sorted(children, key=lambda row: _in_order(row))]


KINDS_IN_ORDER = {kind: place for place, kind in enumerate(UnitKind.values)}


def _in_order(row: Placement) -> tuple[int, str]:
    return KINDS_IN_ORDER.get(row.kind, 99), row.unit.code


def found_units(user: AnyUser, moment: Moment, words: str) -> "QuerySet[Placement]":
    """Units whose name holds these words, whose pinyin initials hold these letters, or whose code begins so; best first."""
    words = words.strip()[:LONGEST_SEARCH]
    letters = "".join(words.lower().split())
    match = Q(name__icontains=words) | Q(unit__code__istartswith=words)
    best = Q(name__istartswith=words) | Q(unit__code=words)
    if letters.isascii() and letters.isalnum():
        match |= Q(unit__initials__contains=letters)
        best |= Q(unit__initials__startswith=letters)
    rank = Case(When(best, then=Value(True)), default=Value(False), output_field=BooleanField())
    above = placements_on(moment).filter(unit=OuterRef("parent")).values("name")[:1]
    rows = placements_for(user, moment).filter(match).annotate(best=rank, parent_name=Subquery(above))
    return rows.order_by("-best", "path")


def units_beneath(
    user: AnyUser, unit: Unit, moment: Moment, *, kind: str = "", field: str = "", designation: str = ""
) -> "QuerySet[Placement]":
    """The units that stood beneath `unit` on that day, within the user's reach: what every figure about units opens to."""
    placement = placement_of(unit, moment)
    if placement is None:
        return Placement.objects.none()
    rows = placements_for(user, moment).filter(subtree(placement.path)).order_by("path")
    if kind:
        rows = rows.filter(kind=kind)
    if field:
        rows = rows.filter(field=field)
    if designation:
        held = Designation.objects.on(moment.day).known_at(moment.known_at).filter(designation=designation)
        rows = rows.filter(unit__in=held.values("unit"))
    else:
        rows = rows.exclude(unit=unit)
    above = placements_on(moment).filter(unit=OuterRef("parent")).values("name")[:1]
    return rows.annotate(parent_name=Subquery(above))


# --- a unit ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """Counts of what stands beneath a unit, each by kind; the address of each opens to exactly that many."""

    units: Sequence[tuple[str, int]]
    designations: Sequence[tuple[str, int]]
    members: Sequence[tuple[str, int]]

    @property
    def any(self) -> bool:
        return bool(self.units or self.designations or self.members)

    @property
    def unit_figures(self) -> list[tuple[str, str, int]]:
        """(kind, its words, how many)."""
        return _worded(UnitKind, self.units)

    @property
    def designation_figures(self) -> list[tuple[str, str, int]]:
        return _worded(DesignationKind, self.designations)

    @property
    def member_figures(self) -> list[tuple[str, str, int]]:
        return _worded(MembershipKind, self.members)


def _worded(words: type[TextChoices], counts: Sequence[tuple[str, int]]) -> list[tuple[str, str, int]]:
    return [(word, str(words(word).label), count) for word, count in counts]


@dataclass(frozen=True)
class UnitPage:
    """What is known of one unit at one moment."""

    unit: Unit
    placement: Placement | None
    way: Sequence[Step]
    children: Sequence[Placement]
    figures: Figures
    designations: Sequence[Designation]
    facts: Sequence[Fact]
    term: Term | None
    posts: Sequence[Post]
    entries: Sequence[Entry]
    more: bool
    """Whether the history holds more entries than these."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What panels asked to have counted, by their key and word."""
    may_see_people: bool = False
    may_see_committees: bool = False


def unit_page(user: AnyUser, unit: Unit, moment: Moment) -> UnitPage:
    """One unit, which the gate has let through."""
    placement, ancestors, children = family(unit, moment)
    if placement is None:
        return UnitPage(unit, None, (), (), Figures((), (), ()), (), (), None, (), _latest(user, unit, moment), True)
    entries = _latest(user, unit, moment)
    facts, designations, elected, figures, counts = _said_of(user, placement, moment)
    return UnitPage(
        unit=unit,
        placement=placement,
        way=way_to(user, placement, ancestors),
        children=sorted((row for row in children if may(user, STANDING_VIEW, row.unit)), key=_in_order),
        figures=figures,
        designations=designations,
        facts=facts,
        term=term_of(unit, facts, elected, moment),
        posts=posts_at(user, unit, moment),
        entries=entries[:LATEST],
        more=len(entries) > LATEST,
        counts=counts,
        may_see_people=may(user, PEOPLE_VIEW, unit),
        may_see_committees=may(user, RECORD_VIEW, unit),
    )


def _said_of(
    user: AnyUser, placement: Placement, moment: Moment
) -> tuple[list[Fact], list[Designation], date | None, Figures, dict[str, dict[str, int]]]:
    """The unit's facts, its designations, the day of its last election, the figures beneath it, and what panels have counted, in
    one query."""
    unit = placement.unit
    panels = rows_to_count(user, unit, moment)
    facts = Fact.objects.on(moment.day).known_at(moment.known_at).filter(unit=unit)
    designations = Designation.objects.on(moment.day).known_at(moment.known_at).filter(unit=unit)
    elections = Entry.objects.known_at(moment.known_at).filter(unit=unit, kind=ELECTION, happened_on__lte=moment.day)
    rows = facts.values_list(Value("fact"), "key", "value", "since").union(
        designations.values_list(Value("designation"), "designation", Value(""), "since"),
        elections.values_list(Value("election"), "kind", Value(""), "happened_on"),
        *_counts_beneath(user, placement, moment),
        *(_counted_by_word(key, rows, moment) for key, rows in panels),
        all=True,
    )
    said: dict[str, list[tuple[str, str, date]]] = {}
    for what, key, value, since in sorted(rows, key=lambda row: (row[1], row[3])):
        said.setdefault(what, []).append((key, value, since))
    counts = {what: [(word, int(count)) for word, count, _day in said.get(what, ())] for what in COUNTED}
    return (
        [Fact(unit=unit, key=key, value=value, since=since) for key, value, since in said.get("fact", ())],
        [Designation(unit=unit, designation=key, since=since) for key, _value, since in said.get("designation", ())],
        max((since for _kind, _value, since in said.get("election", ())), default=None),
        Figures(
            sorted(counts["units"], key=lambda pair: KINDS_IN_ORDER.get(pair[0], 99)),
            counts["designations"],
            sorted(counts["members"], key=lambda pair: MembershipKind.values.index(pair[0])),
        ),
        {key: {word: int(count) for word, count, _day in said.get(key, ())} for key, _rows in panels},
    )


def _counted_by_word(key: str, rows: "QuerySet[Any]", moment: Moment) -> "QuerySet[Any, Any]":
    """Rows of what, word, count and day, like those of `_counts_beneath`."""
    grouped = rows.order_by().annotate(what=Value(key)).values("what", "word")
    counted = grouped.annotate(count=Cast(Count("pk", distinct=True), TextField()), day=Value(moment.day, DateField()))
    said: QuerySet[Any, Any] = counted.values_list("what", "word", "count", "day")
    return said


COUNTED = ("units", "designations", "members")


def _counts_beneath(user: AnyUser, placement: Placement, moment: Moment) -> "list[QuerySet[Any, Any]]":
    """Units and designations by kind, and members by kind where the user may see people: rows of what, kind, count and day."""
    mine = scope(user, STANDING_VIEW, prefix="unit__")
    placed = placements_on(moment).filter(mine, subtree(placement.path)).exclude(unit=placement.unit_id)
    designated = Designation.objects.on(moment.day).known_at(moment.known_at).filter(mine, units_within(placement, moment))
    members = members_within(user, placement, moment)
    columns = [(placed, "kind", "unit_id"), (designated, "designation", "unit_id"), (members, "kind", "person_id")]
    day = Value(moment.day, DateField())
    return [
        rows.order_by()
        .annotate(what=Value(what), word=F(word))
        .values("what", "word")
        .annotate(count=Cast(Count(distinct, distinct=True), TextField()), day=day)
        .values_list("what", "word", "count", "day")
        for what, (rows, word, distinct) in zip(COUNTED, columns, strict=True)
    ]


def posts_at(user: AnyUser, unit: Unit, moment: Moment) -> list[Post]:
    """Who holds which post at the unit on that day, in the order of the posts; nobody without the right to see people."""
    if not may(user, PEOPLE_VIEW, unit):
        return []
    posts = Post.objects.on(moment.day).filter(unit=unit).select_related("person")
    return sorted(posts, key=lambda post: (TITLES_IN_ORDER.index(post.title), post.person.initials))


TITLES_IN_ORDER = [
    *(Title.COUNTY_OFFICER, Title.TOWNSHIP_OFFICER, Title.CONTACT_LEADER, Title.SECRETARY, Title.DEPUTY_SECRETARY),
    *(Title.HEAD, Title.COMMITTEE_MEMBER, Title.CLERK, Title.DEPARTMENT_HANDLER, Title.INSPECTOR, Title.AUDITOR),
    *(Title.ADMINISTRATOR, Title.TEAM_MEMBER, Title.MEMBER),
]

# --- people ----------------------------------------------------------------------------------------------------------


def members_within(user: AnyUser, placement: Placement, moment: Moment, kind: str = "") -> "QuerySet[Membership]":
    """Memberships that hold on that day in the subtree, where the user may see people."""
    rows = Membership.objects.on(moment.day).filter(scope(user, PEOPLE_VIEW, prefix="unit__"), units_within(placement, moment))
    return rows.filter(kind=kind) if kind else rows


def people_of(
    user: AnyUser, unit: Unit, moment: Moment, *, kind: str = "", title: str = "", search: str = ""
) -> "QuerySet[Person]":
    """The people of a unit and of those beneath it on that day, within the user's reach: what every figure about people opens to.

    kind: only members of that kind; title: only those who hold that post; search: in names and initials.
    """
    placement = placement_of(unit, moment)
    if placement is None:
        return Person.objects.none()
    members = members_within(user, placement, moment, kind)
    posts = Post.objects.on(moment.day).filter(scope(user, PEOPLE_VIEW, prefix="unit__"), units_within(placement, moment))
    if title:
        chosen = Q(pk__in=posts.filter(title=title).values("person"))
    elif kind:
        chosen = Q(pk__in=members.values("person"))
    else:
        chosen = Q(pk__in=members.values("person")) | Q(pk__in=posts.values("person"))
    words = search.strip()[:LONGEST_SEARCH]
    if words:
        chosen &= Q(name__icontains=words) | Q(initials__startswith=words.lower())
    return Person.objects.filter(seen(), chosen).order_by("initials", "name", "pk")


@dataclass(frozen=True)
class Roles:
    """A person with the posts and memberships they hold on a day, where the reader may see them."""

    person: Person
    posts: Sequence[Post]
    memberships: Sequence[Membership]


def roles_of(user: AnyUser, people: Sequence[Person], moment: Moment, *, own: bool = False) -> list[Roles]:
    """What these people hold on that day, within the user's reach (`own`: all of it, for one's own page). Two queries."""
    mine = Q() if own else scope(user, PEOPLE_VIEW, prefix="unit__")
    posts: dict[int, list[Post]] = {}
    for post in Post.objects.on(moment.day).filter(mine, person__in=people).select_related("unit").order_by("unit__path"):
        posts.setdefault(post.person_id, []).append(post)
    memberships: dict[int, list[Membership]] = {}
    held = Membership.objects.on(moment.day).filter(mine, person__in=people)
    for membership in held.select_related("unit").order_by("unit__path"):
        memberships.setdefault(membership.person_id, []).append(membership)
    return [Roles(person, posts.get(person.pk, ()), memberships.get(person.pk, ())) for person in people]


def past_roles_of(user: AnyUser, person: Person, *, own: bool = False) -> list[Post | Membership]:
    """Everything the person ever held within the user's reach, newest first."""
    mine = Q() if own else scope(user, PEOPLE_VIEW, prefix="unit__")
    held = Q(until=None) | Q(until__gt=F("since"))  # an empty span was replaced on the very day it began
    posts = Post.objects.filter(seen(), mine, held, person=person).select_related("unit")
    memberships = Membership.objects.filter(seen(), mine, held, person=person).select_related("unit")
    return sorted([*posts, *memberships], key=lambda row: row.since, reverse=True)


# --- entries ---------------------------------------------------------------------------------------------------------


def entries_for(user: AnyUser) -> "QuerySet[Entry]":
    """Every entry the user may read, superseded ones included, with what a timeline says of each."""
    return Entry.objects.filter(seen(), entry_scope(user, ENTRY_VIEW)).select_related(*told_of())


def timeline(user: AnyUser, unit: Unit, moment: Moment, *, kind: str = "") -> "QuerySet[Entry]":
    """What happened at a unit, newest first: its own entries, and those by which units came beneath it, left it, merged into it.

    Whoever oversees the unit reads of every unit that came or left; whoever only serves at it, of those within their reach.
    """
    if not may(user, ENTRY_VIEW, unit):
        return Entry.objects.none()
    beneath: QuerySet[Placement] = Placement.objects.filter(parent=unit)
    around = Q(pk__in=beneath.filter(entry__unit=F("unit")).values("entry"))
    around |= Q(kind="organizations.unit_founded", unit__in=beneath.filter(entry=None).values("unit"))
    around |= Q(kind="organizations.unit_merged", data__into=unit.code)
    if not any(grant.reach == SUBTREE and grant.covers(unit) and ENTRY_VIEW in grant.permissions for grant in grants_for(user)):
        around &= scope(user, ENTRY_VIEW, prefix="unit__")
    entries = Entry.objects.filter(Q(unit=unit) | around)
    entries = entries.filter(seen(at=moment.known_at), happened_on__lte=moment.day, recorded_at__lte=moment.known_at)
    if kind:
        entries = entries.filter(kind=kind)
    return entries.select_related(*told_of()).order_by("-happened_on", "-pk")


def _latest(user: AnyUser, unit: Unit, moment: Moment) -> list[Entry]:
    return list(timeline(user, unit, moment)[: LATEST + 1])


def kinds_in(entries: "QuerySet[Entry]") -> list[str]:
    """The kinds that occur among these entries, the most recent first."""
    rows = entries.order_by().values("kind").annotate(last=Max("happened_on")).order_by("-last")
    return [row["kind"] for row in rows]


def entry_for(user: AnyUser, pk: int) -> Entry:
    """One entry. Raises Http404."""
    entry = entries_for(user).select_related("supersedes__actor__person").filter(pk=pk).first()
    if entry is None:
        raise Http404
    return entry


def newer(entry: Entry) -> Entry | None:
    """The entry that corrected this one, if any."""
    return getattr(entry, "superseded_by", None)


# --- one person ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonPage:
    """One person as far as the reader's rights go."""

    person: Person
    now: Roles
    past: Sequence[Post | Membership]
    endable: Sequence[Post | Membership]
    """Those the reader may end."""
    reveal: bool
    """Whether the reader may ask to open the phone."""


def person_page(user: AnyUser, pk: int) -> PersonPage:
    """A person who today holds something where the user may see people. Raises Http404."""
    moment = Moment(clock.today())
    found = person_for(user, pk)
    [roles] = roles_of(user, [found], moment)
    held: list[Post | Membership] = [*roles.posts, *roles.memberships]
    return PersonPage(
        person=found,
        now=roles,
        past=[row for row in past_roles_of(user, found) if row not in held],
        endable=[
            *(post for post in roles.posts if post.title in giveable_titles(user, post.unit)),
            *(row for row in roles.memberships if may(user, POST_GIVE, row.unit)),
        ],
        reveal=bool(found.sealed_phone) and any(may(user, REVEAL, row.unit) for row in held),
    )


# --- what may be done ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """Something the user may do to a unit: the name of its address, and the words on its link."""

    address: str
    words: Words


ELECTING = (UnitKind.COMMITTEE, UnitKind.GENERAL_BRANCH, UnitKind.BRANCH)
OFFERS: Sequence[tuple[str, str, Words]] = (
    ("hold_election", ELECTION_HOLD, _("Record an election")),
    ("give_post", POST_GIVE, _("Give a post")),
    ("end_post", POST_GIVE, _("End a post")),
    ("take_in", POST_GIVE, _("Take a member in")),
    ("leave_unit", POST_GIVE, _("Record that a member left")),
    ("found_unit", TREE_CHANGE, _("Found a unit beneath")),
    ("designate_unit", TREE_CHANGE, _("Designate")),
    ("end_designation", TREE_CHANGE, _("End a designation")),
    ("set_fact", TREE_CHANGE, _("Set a fact")),
    ("rename_unit", TREE_CHANGE, _("Rename")),
    ("move_unit", TREE_CHANGE, _("Move")),
    ("merge_unit", TREE_CHANGE, _("Merge into another")),
    ("close_unit", TREE_CHANGE, _("Close")),
)


def acts_on(user: AnyUser, unit: Unit) -> list[Offer]:
    """What the user may do to this unit. A closed unit stays as it is."""
    if unit.closed_on is not None:
        return []
    offers = [Offer(address, words) for address, permission, words in OFFERS if may(user, permission, unit)]
    return [offer for offer in offers if offer.address != "hold_election" or unit.kind in ELECTING]
