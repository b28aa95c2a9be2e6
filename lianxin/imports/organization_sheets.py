"""The workbooks of units, and of people with their posts.

They stand here and not in organizations, which is a foundation and may not know this engine.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.imports.sheets import Changed, Column, Finding, Row, Sheet, Text, Unchanged, Wrong, declare
from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.organizations import actions
from lianxin.organizations.access import IMPORT_RECORDS, IMPORT_UNITS, TREE_CHANGE, may
from lianxin.organizations.models import (
    Designation,
    DesignationKind,
    Fact,
    Field,
    Membership,
    MembershipKind,
    Person,
    Placement,
    Post,
    Title,
    Unit,
    UnitKind,
)
from lianxin.organizations.people import phone_index, sealed

# --- units -----------------------------------------------------------------------------------------------------------

RANKS = {UnitKind.COUNTY: 0, UnitKind.TOWNSHIP: 1, UnitKind.VILLAGE: 2, UnitKind.COMMUNITY: 2}
"""Kinds that may only stand beneath a kind of lesser rank."""
FACTS = ("term_years", "founded_on", "groups")
FIXED: dict[str, Text] = {
    "kind": _(
        "On record it is %(recorded)s, and a kind does not change. Correct the cell, or found a new unit with another code."
    ),
    "field": _("On record it is %(recorded)s. Correct the cell or leave it empty."),
    "opened_on": _("On record it opened on %(recorded)s. Correct the cell."),
}

UNIT_MESSAGES = {
    "taken": _("This code cannot be given to a new unit. Check it; if it is right, ask the county office."),
    "no_parent": _("Name the code of the unit it stands under. Counties are founded when the installation is made."),
    "parent_below": _("The unit it stands under comes only in row %(row)s. Put parents above their children."),
    "unknown_parent": _("There is no such unit, neither on record nor further up in this workbook. Bring the parent in first."),
    "own_parent": _("A unit cannot stand under itself. Name the unit above it."),
    "parent_wrong": _("The unit it stands under, in row %(row)s, has a mistake of its own. Mend that first."),
    "rank": _("A %(kind)s cannot stand under a %(parent)s. Check the two codes."),
    "parent_later": _("The unit it stands under opens on %(day)s. Give that day or a later one."),
    "parent_closes": _("The unit it stands under closes on %(day)s. Give an earlier closing day or another unit."),
    "closed_first": _("It closes on %(closed)s but opens on %(opened)s. The closing day comes after the opening day."),
    "outside_life": _("The unit is there from %(opened)s on. Give that day or a later one, before it closes."),
    "moved": _("On record it stands under %(recorded)s. Move it on the unit's own page, where the day and the reason are asked."),
    "close_there": _("On record it is open. Close it on the unit's own page, where the day and the reason are asked."),
    "closed": _("On record it was closed on %(day)s. Correct the cell; what is closed is not opened again."),
    "since": _("On record it is a contact point since %(day)s. Correct the cell or leave it empty."),
}


def check_order(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """What only the whole workbook tells: parents above children, and lives that fit into the parent's."""
    above: dict[str, Row] = {}
    places = {row["code"]: row.number for row in rows if isinstance(row["code"], str)}
    wrong: set[str] = set()
    for row in rows:
        findings = list(_fits(row, above, places, wrong))
        if isinstance(row["code"], str):
            above[row["code"]] = row
            if findings:
                wrong.add(row["code"])
        yield from findings


def _fits(row: Row, above: dict[str, Row], places: dict[str, int], wrong: set[str]) -> Iterator[Wrong]:
    parent, opened, closed = row["parent"], row["opened_on"], row["closed_on"]
    if closed is not None and closed <= opened:
        yield Wrong(row, "closed_on", UNIT_MESSAGES["closed_first"], {"closed": closed, "opened": opened})
        return
    if isinstance(row["code"], Unit):
        return
    kind: Any
    ends: date | None
    if parent is None:
        yield Wrong(row, "parent", UNIT_MESSAGES["no_parent"])
        return
    if isinstance(parent, Unit):
        kind, ends = UnitKind(parent.kind), parent.closed_on
    elif parent == row["code"]:
        yield Wrong(row, "parent", UNIT_MESSAGES["own_parent"])
        return
    elif parent in above:
        if parent in wrong:
            yield Wrong(row, "parent", UNIT_MESSAGES["parent_wrong"], {"row": above[parent].number})
            return
        kind, ends = UnitKind(above[parent]["kind"]), above[parent]["closed_on"]
        if opened < above[parent]["opened_on"]:
            yield Wrong(row, "opened_on", UNIT_MESSAGES["parent_later"], {"day": above[parent]["opened_on"]})
    elif parent in places:
        yield Wrong(row, "parent", UNIT_MESSAGES["parent_below"], {"row": places[parent]})
        return
    else:
        yield Wrong(row, "parent", UNIT_MESSAGES["unknown_parent"])
        return
    own = UnitKind(row["kind"])
    if own in RANKS and RANKS[own] <= RANKS.get(kind, 0 if kind == UnitKind.COMMITTEE else 9):
        yield Wrong(row, "parent", UNIT_MESSAGES["rank"], {"kind": own.label, "parent": kind.label})
    if ends is not None and (closed is None or closed > ends):
        yield Wrong(row, "closed_on" if closed else "parent", UNIT_MESSAGES["parent_closes"], {"day": ends})


def check_units(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New, unchanged, changed in a way this workbook may change, or wrong."""
    codes = [row["code"] for row in rows if isinstance(row["code"], str)]
    taken = set(Unit.objects.filter(code__in=codes).values_list("code", flat=True))
    known = [row["code"].pk for row in rows if isinstance(row["code"], Unit)]
    parents = dict(Placement.objects.known().filter(unit__in=known, until=None).values_list("unit_id", "parent__name"))
    placed = dict(Placement.objects.known().filter(unit__in=known).order_by("since").values_list("unit_id", "parent_id"))
    facts: dict[int, dict[str, str]] = defaultdict(dict)
    for unit, key, value in Fact.objects.known().filter(unit__in=known, until=None).values_list("unit_id", "key", "value"):
        facts[unit][key] = value
    points = dict(
        Designation.objects.known()
        .filter(unit__in=known, designation=DesignationKind.CONTACT_POINT, until=None)
        .values_list("unit_id", "since")
    )
    for row in rows:
        unit = row["code"]
        if isinstance(unit, Unit):
            yield from _compared(row, unit, placed.get(unit.pk), parents.get(unit.pk) or "–", facts[unit.pk], points.get(unit.pk))
        elif unit in taken:
            yield Wrong(row, "code", UNIT_MESSAGES["taken"])
        else:
            point, closed = row["contact_point_since"], row["closed_on"]
            if point is not None and (point < row["opened_on"] or (closed is not None and point >= closed)):
                yield Wrong(row, "contact_point_since", UNIT_MESSAGES["outside_life"], {"opened": row["opened_on"]})


def _compared(
    row: Row, unit: Unit, parent_id: int | None, parent_name: str, facts: dict[str, str], point: date | None
) -> Iterator[Finding]:
    """What a unit on record has that the workbook says otherwise. An empty optional cell says nothing."""
    mistakes: list[Wrong] = []
    differences: list[tuple[str, object, object]] = []
    if row["parent"] is not None and getattr(row["parent"], "pk", None) != parent_id:
        mistakes.append(Wrong(row, "parent", UNIT_MESSAGES["moved"], {"recorded": parent_name}))
    recorded: dict[str, Any] = {"kind": UnitKind(unit.kind).label, "opened_on": unit.opened_on}
    recorded["field"] = Field(unit.field).label if unit.field else "–"
    for key, message in FIXED.items():
        if row[key] is not None and row[key] != getattr(unit, key):
            mistakes.append(Wrong(row, key, message, {"recorded": recorded[key]}))
    if row["closed_on"] != unit.closed_on:
        if unit.closed_on is not None:
            mistakes.append(Wrong(row, "closed_on", UNIT_MESSAGES["closed"], {"day": unit.closed_on}))
        else:
            mistakes.append(Wrong(row, "closed_on", UNIT_MESSAGES["close_there"]))
    if row["name"] != unit.name:
        differences.append(("name", unit.name, row["name"]))
    for key in FACTS:
        if row[key] is not None and str(row[key]) != facts.get(key):
            differences.append((key, facts.get(key), row[key]))
    since = row["contact_point_since"]
    if since is not None and since != point:
        if point is not None:
            mistakes.append(Wrong(row, "contact_point_since", UNIT_MESSAGES["since"], {"day": point}))
        elif since < unit.opened_on or unit.closed_on is not None:
            mistakes.append(Wrong(row, "contact_point_since", UNIT_MESSAGES["outside_life"], {"opened": unit.opened_on}))
        else:
            differences.append(("contact_point_since", None, since))
    if differences and unit.closed_on is not None:
        mistakes.append(Wrong(row, "code", UNIT_MESSAGES["closed"], {"day": unit.closed_on}))
    if mistakes:
        yield from mistakes
    else:
        yield Changed(row, differences) if differences else Unchanged(row)


def found_units(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    founded = actions.found_units(
        actor=actor,
        units=[
            actions.NewUnit(
                row["code"],
                row["name"],
                row["kind"],
                row["parent"],
                row["opened_on"],
                row["field"] or "",
                {key: row[key] for key in FACTS if row[key] is not None},
            )
            for row in rows
        ],
    )
    pairs = list(zip(founded, rows, strict=True))
    points = [(unit, row["contact_point_since"]) for unit, row in pairs if row["contact_point_since"] is not None]
    if points:
        actions.designate_many(actor=actor, units=points, designation=DesignationKind.CONTACT_POINT.value)
    for unit, row in reversed(pairs):
        if row["closed_on"] is not None:
            actions.close_unit(actor=actor, unit=unit, day=row["closed_on"], reason=gettext("Brought in by workbook."))


def change_units(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    """Each difference is an act of its own, as on the unit's page; what changes, changes today."""
    today, reason = clock.today(), gettext("Changed by workbook.")
    for row in rows:
        [finding] = check_units(actor, [row])
        if not isinstance(finding, Changed):
            continue
        for key, before, after in finding.differences:
            unit = Unit.objects.get(pk=row["code"].pk)
            if key == "name":
                actions.rename_unit(actor=actor, unit=unit, name=row["name"], day=today, reason=reason)
            elif key == "contact_point_since":
                actions.designate(actor=actor, unit=unit, designation=DesignationKind.CONTACT_POINT.value, since=row[key])
            else:
                since = unit.opened_on if before is None else today
                actions.set_fact(actor=actor, unit=unit, key=key, value=after, since=since)


UNITS = Sheet(
    key="units",
    title=_("Units"),
    permission=IMPORT_UNITS,
    help=_(
        "One row for each unit, parents above their children. A unit that is on record already may have a new name, term,"
        " number of"
        " groups, founding day or contact-point day; moving and closing are done on the unit's own page."
    ),
    columns=(
        Column(
            "code",
            _("Unit code"),
            "unit_or_code",
            longest=32,
            example="152221200203-1",
            help=_("Stable for ever: the official division code where there is one, for a branch the place's code and “-1”."),
        ),
        Column("name", _("Unit name"), longest=120, example="特门嘎查党支部"),
        Column("kind", _("Kind of unit"), "choice", choices=UnitKind.choices, example=UnitKind.BRANCH),
        Column(
            "parent",
            _("Code of the unit above"),
            "unit_or_code",
            required=False,
            open_on="opened_on",
            example="152221200203",
            help=_("On record already, or further up in this workbook. Only units that are on record may leave it empty."),
        ),
        Column("opened_on", _("Opened on"), "date", example="2020-01-01"),
        Column("field", _("Field of work"), "choice", required=False, choices=Field.choices, example=Field.VILLAGE),
        Column("term_years", _("Term in years"), "int", required=False, least=1, most=10, example="5"),
        Column(
            "founded_on",
            _("Term runs from"),
            "date",
            required=False,
            example="2021-09-28",
            help=_("The day the first term is counted from while no election is on record."),
        ),
        Column("groups", _("Party groups"), "int", required=False, most=99, example="2"),
        Column("contact_point_since", _("Contact point since"), "date", required=False, example="2020-08-07"),
        Column(
            "closed_on",
            _("Closed on"),
            "date",
            required=False,
            help=_("Only for units of the past that are brought in for their history."),
        ),
    ),
    identity=("code",),
    check=check_units,
    check_file=check_order,
    apply=found_units,
    change=change_units,
)

# --- people ----------------------------------------------------------------------------------------------------------

GRASSROOTS = (
    Title.SECRETARY,
    Title.DEPUTY_SECRETARY,
    Title.COMMITTEE_MEMBER,
    Title.CLERK,
    Title.HEAD,
    Title.CONTACT_LEADER,
    Title.TEAM_MEMBER,
)
"""Posts whoever may import people may also give; offices need the right to change the tree, as on the unit's page."""
OFFICES = (Title.TOWNSHIP_OFFICER, Title.DEPARTMENT_HANDLER, Title.COUNTY_OFFICER, Title.INSPECTOR, Title.AUDITOR)
PARTY = (MembershipKind.RURAL, MembershipKind.EMPLOYED, MembershipKind.AWAY)
"""Where a member is registered: at one unit at a time. A volunteer may be in several teams beside it."""

PEOPLE_MESSAGES = {
    "taken": _("This code belongs to somebody else. Give this person another one."),
    "other_name": _("On record this code belongs to %(recorded)s. Correct the code or the name."),
    "other_birth": _("On record it is %(recorded)s. Correct the cell or leave it empty."),
    "other_phone": _("Another phone is on record. Leave the cell empty and change it on the person's page."),
    "no_phone": _("No phone is on record, and a workbook adds phones only with new people. Leave the cell empty."),
    "nothing": _("Say what the person is there: fill in “Member of”, “Post” or both."),
    "disagree": _("Row %(row)s says something else of the person with this code. One code is one person."),
    "member_since": _("On record the person is a member there since %(day)s. Correct the day."),
    "member_elsewhere": _("On record the person is a member of %(unit)s since %(day)s. End that on the person's page first."),
    "member_twice": _("Row %(row)s makes the same person a member elsewhere. A member is registered at one unit at a time."),
    "post_since": _("On record the person holds this post since %(day)s. Correct the day."),
    "office": _("This post is given by the county office. Leave it empty, or ask them."),
}


def check_agreement(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """Rows of one code speak of one person, who is a party member at one unit only."""
    first: dict[str, Row] = {}
    registered: dict[str, Row] = {}
    for row in rows:
        person = row["code"]
        code = person.code if isinstance(person, Person) else person
        earlier = first.setdefault(code, row)
        for key in ("name", "birth_year", "phone"):
            if row[key] is not None and earlier[key] is not None and row[key] != earlier[key]:
                yield Wrong(row, key, PEOPLE_MESSAGES["disagree"], {"row": earlier.number})
        if row["membership"] in PARTY:
            other = registered.setdefault(code, row)
            if other is not row:
                yield Wrong(row, "membership", PEOPLE_MESSAGES["member_twice"], {"row": other.number})


def check_people(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New, unchanged, or wrong: what is on record of a person is changed on the person's page."""
    new = [row["code"] for row in rows if isinstance(row["code"], str)]
    taken = set(Person.objects.filter(code__in=new).values_list("code", flat=True))
    known = [row["code"].pk for row in rows if isinstance(row["code"], Person)]
    memberships: dict[int, list[Membership]] = defaultdict(list)
    posts: dict[int, list[Post]] = defaultdict(list)
    for membership in Membership.objects.filter(person__in=known).select_related("unit"):
        memberships[membership.person_id].append(membership)
    for post in Post.objects.filter(person__in=known):
        posts[post.person_id].append(post)
    for row in rows:
        person = row["code"]
        if row["membership"] is None and row["title"] is None:
            yield Wrong(row, "membership", PEOPLE_MESSAGES["nothing"])
        elif row["title"] in OFFICES and not may(user, TREE_CHANGE, row["unit"]):
            yield Wrong(row, "title", PEOPLE_MESSAGES["office"])
        elif isinstance(person, Person):
            yield from _held(row, person, memberships[person.pk], posts[person.pk])
        elif person in taken:
            yield Wrong(row, "code", PEOPLE_MESSAGES["taken"])


def _held(row: Row, person: Person, memberships: list[Membership], posts: list[Post]) -> Iterator[Finding]:
    """Compare a row with what is on record of the person."""
    mistakes = [*_same_person(row, person)]
    unit, since = row["unit"], row["since"]
    member = [held for held in memberships if held.unit_id == unit.pk and held.kind == row["membership"]]
    holds = [held for held in posts if held.unit_id == unit.pk and held.title == row["title"]]
    is_member, has_post = (any(held.since == since for held in these) for these in (member, holds))
    if row["membership"] is not None and not is_member:
        running = next((held for held in member if _overlaps(held, since)), None)
        elsewhere = next(
            (held for held in memberships if held.kind in PARTY and row["membership"] in PARTY and _overlaps(held, since)), None
        )
        if running is not None:
            mistakes.append(Wrong(row, "since", PEOPLE_MESSAGES["member_since"], {"day": running.since}))
        elif elsewhere is not None:
            params = {"unit": elsewhere.unit.name, "day": elsewhere.since}
            mistakes.append(Wrong(row, "unit", PEOPLE_MESSAGES["member_elsewhere"], params))
    if row["title"] is not None and not has_post:
        running_post = next((held for held in holds if _overlaps(held, since)), None)
        if running_post is not None:
            mistakes.append(Wrong(row, "since", PEOPLE_MESSAGES["post_since"], {"day": running_post.since}))
    if mistakes:
        yield from mistakes
    elif (row["membership"] is None or is_member) and (row["title"] is None or has_post):
        yield Unchanged(row)


def _same_person(row: Row, person: Person) -> Iterator[Wrong]:
    if row["name"] != person.name:
        yield Wrong(row, "name", PEOPLE_MESSAGES["other_name"], {"recorded": person.name})
    if row["birth_year"] is not None and row["birth_year"] != person.birth_year:
        yield Wrong(row, "birth_year", PEOPLE_MESSAGES["other_birth"], {"recorded": person.birth_year or "–"})
    if row["phone"] is not None and not person.phone_index:
        yield Wrong(row, "phone", PEOPLE_MESSAGES["no_phone"])
    elif row["phone"] is not None and phone_index(row["phone"]) != person.phone_index:
        yield Wrong(row, "phone", PEOPLE_MESSAGES["other_phone"])


def _overlaps(held: Membership | Post, since: date) -> bool:
    """Whether something held still lasts on that day, or begins after it."""
    return held.until is None or held.until > since


def bring_in_people(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    """Register new people with the first row that speaks of them; further rows give them further memberships and posts."""
    new: dict[str, Row] = {}
    further: list[Row] = []
    for row in rows:
        if isinstance(row["code"], Person) or row["code"] in new:
            further.append(row)
        else:
            new[row["code"]] = row
    registered = actions.register_people(actor=actor, people=[_new_person(row) for row in new.values()], batch=batch)
    people = {person.code: person for person in registered}
    places = []
    for row in further:
        person = row["code"] if isinstance(row["code"], Person) else people[row["code"]]
        is_member, has_post = _already(row, person) if isinstance(row["code"], Person) else (False, False)
        membership = "" if is_member else row["membership"] or ""
        title = "" if has_post else row["title"] or ""
        places.append(actions.NewPlace(person, row["unit"], row["since"], membership, title))
    actions.place_people(actor=actor, places=places, batch=batch)


def _new_person(row: Row) -> actions.NewPerson:
    kept = sealed(row["phone"], row["code"]) if row["phone"] else None
    return actions.NewPerson(
        row["code"],
        row["name"],
        row["unit"],
        row["since"],
        row["birth_year"],
        row["membership"] or "",
        row["title"] or "",
        sealed_phone=kept.phone if kept else None,
        phone_index=kept.index if kept else "",
    )


def _already(row: Row, person: Person) -> tuple[bool, bool]:
    """Which half of a row is on record already (membership, post)."""
    where = {"person": person, "unit": row["unit"], "since": row["since"]}
    is_member = row["membership"] is not None and Membership.objects.filter(**where, kind=row["membership"]).exists()
    return is_member, row["title"] is not None and Post.objects.filter(**where, title=row["title"]).exists()


def settle(actor: AbstractBaseUser, batch: Batch) -> None:
    """The facts of committees whose posts came with the workbook."""
    actions.settle_batch(batch)


PEOPLE = Sheet(
    key="people",
    title=_("People and posts"),
    permission=IMPORT_RECORDS,
    help=_(
        "One row for each membership or post: somebody with two posts has two rows with the same code. Give every person a"
        " code of"
        " your own, such as X0001; never an identity-card number. What is on record of a person is changed on the person's page."
    ),
    columns=(
        Column(
            "code",
            _("Person code"),
            "person_or_code",
            longest=32,
            example="X0001",
            help=_("A code of your own; no identity-card number."),
        ),
        Column("name", _("Name"), longest=60, example="张三"),
        Column("birth_year", _("Birth year"), "int", required=False, least=1900, most=2100, example="1980"),
        Column("phone", _("Phone"), "phone", required=False, example="13800000000", help=_("Kept sealed and shown masked.")),
        Column("unit", _("Unit code"), "unit", open_on="since", example="152221200203-1"),
        Column(
            "membership",
            _("Member of"),
            "choice",
            required=False,
            choices=MembershipKind.choices,
            example=MembershipKind.RURAL,
            help=_("Empty for somebody who only holds a post there."),
        ),
        Column(
            "title",
            _("Post"),
            "choice",
            required=False,
            choices=[(title.value, title.label) for title in (*GRASSROOTS, *OFFICES)],
            example=Title.SECRETARY,
        ),
        Column(
            "since",
            _("From which day"),
            "date",
            example="2021-03-01",
            help=_("The first day of the membership or post in this row."),
        ),
    ),
    identity=("code", "unit", "membership", "title"),
    check=check_people,
    check_file=check_agreement,
    apply=bring_in_people,
    finish=settle,
)

declare(UNITS, PEOPLE)
