"""The door for changing the tree and who stands where in it. Each action is one transaction and one ledger entry.

Days are half-open: closing a unit on day D means that D is the first day it is no longer there. Nothing is overwritten: a changed
span is closed in knowledge time (`valid_to`) and written anew, so that any past day can be shown as it was known then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from pypinyin import Style, lazy_pinyin

from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import (
    Designation,
    Fact,
    Membership,
    MembershipKind,
    Person,
    Placement,
    Post,
    Title,
    Unit,
    UnitKind,
    path_end,
    path_label,
)
from lianxin.organizations.terms import anniversary, average_age, last_election_on, term_years

# --- facts -----------------------------------------------------------------------------------------------------------

FACTS: Mapping[str, type] = {"term_years": int, "founded_on": date, "groups": int, "households": int, "area": str}
"""Facts a person may set, and what they hold."""
DERIVED_FACTS: Mapping[str, type] = {
    "committee": bool,
    "committee_size": int,
    "committee_average_age": int,
    "one_shoulder": bool,
}
"""Facts worked out from elections, never typed: there is a committee (≥ 3), its size, its average age on election day,
and whether the secretary also heads the village or community (一肩挑)."""
COMMITTEE_TITLES = (Title.SECRETARY, Title.DEPUTY_SECRETARY, Title.COMMITTEE_MEMBER)
MOST_IN_COMMITTEE = 7
LEAST_FOR_COMMITTEE = 3


def fact_text(key: str, value: object) -> str:
    """The canonical text of a fact. Raises OrganizationError for an unknown key or a value of another type."""
    expected = FACTS.get(key) or DERIVED_FACTS.get(key)
    if expected is None:
        raise OrganizationError("unknown_fact", key=key, known=", ".join(sorted(FACTS)))
    text = str(value).lower() if expected is bool else str(value).strip()
    try:
        parsed: object = (
            int(text) if expected is int else date.fromisoformat(text) if expected is date else text if text else None
        )
    except ValueError:
        parsed = None
    if parsed is None or (expected is bool and text not in ("true", "false")) or (expected is int and int(text) < 0):
        raise OrganizationError("wrong_fact", key=key, value=value, expected=expected.__name__)
    return str(parsed)


# --- the tree --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewUnit:
    """A unit to found. `parent` is a Unit, or the code of one founded earlier in the same list; None for a county."""

    code: str
    name: str
    kind: str
    parent: Unit | str | None
    since: date
    field: str = ""
    facts: Mapping[str, object] = default(default_factory=dict)


def found_unit(
    *,
    actor: AbstractBaseUser,
    code: str,
    name: str,
    kind: str,
    parent: Unit | None,
    since: date,
    field: str = "",
    facts: Mapping[str, object] | None = None,
) -> Unit:
    """Found one unit beneath `parent` (None: a county) from day `since`, with its facts. See `found_units`."""
    [unit] = found_units(actor=actor, units=[NewUnit(code, name, kind, parent, since, field, facts or {})])
    return unit


@transaction.atomic
def found_units(*, actor: AbstractBaseUser, units: Iterable[NewUnit]) -> list[Unit]:
    """Found many units, parents before children; one entry each. All or nothing.

    Raises OrganizationError where a code is taken, a parent was not open on the day, or a fact is wrong.
    """
    wanted = list(units)
    instant, today = clock.now(), clock.today()
    taken = dict(Unit.objects.filter(code__in=[new.code for new in wanted]).values_list("code", "name"))
    founded: dict[str, Unit] = {}
    spans: dict[int, list[tuple[date, date | None, str]]] = {}
    rows, facts, acts = [], [], []
    for new in wanted:
        if new.since > today:
            raise OrganizationError("future", day=new.since)
        if new.code in taken:
            raise OrganizationError("code_taken", code=new.code, name=taken[new.code])
        taken[new.code] = new.name
        parent = founded[new.parent] if isinstance(new.parent, str) else new.parent
        if parent is not None and parent.pk not in spans:
            known = Placement.objects.known().filter(unit=parent).order_by("since")
            spans[parent.pk] = list(known.values_list("since", "until", "path"))
        unit = Unit(
            code=new.code,
            name=new.name,
            initials=pinyin_initials(new.name),
            kind=UnitKind(new.kind),
            field=new.field,
            opened_on=new.since,
            path=f"new:{new.code}",
        )
        unit.save()
        unit.path = (parent.path if parent else "") + path_label(unit.pk)
        own: list[tuple[date, date | None, str]] = []
        if parent is None:
            own = [(new.since, None, unit.path)]
        else:
            for since, until, path in spans[parent.pk]:
                if until is None or until > new.since:
                    own.append((max(since, new.since), until, path + path_label(unit.pk)))
            if not own or own[0][0] != new.since:
                raise OrganizationError("parent_not_open", parent=parent.name, day=new.since)
        spans[unit.pk] = own
        founded[new.code] = unit
        rows += [
            Placement(
                unit=unit,
                parent=parent,
                path=path,
                name=unit.name,
                kind=unit.kind,
                field=unit.field,
                since=since,
                until=until,
                recorded_at=instant,
            )
            for since, until, path in own
        ]
        facts.append(dict(new.facts))
        acts.append(
            Act(
                "organizations.unit_founded",
                unit,
                new.since,
                subject=f"organizations.unit:{unit.pk}",
                data={"parent": parent.code} if parent else {},
            )
        )
    Unit.objects.bulk_update(founded.values(), ["path"], batch_size=500)
    Placement.objects.bulk_create(rows, batch_size=500)
    entries = record_many(actor=actor, acts=acts)
    Fact.objects.bulk_create(
        [
            Fact(
                unit=entry.unit,
                key=key,
                value=fact_text(key, value),
                since=entry.happened_on,
                recorded_at=entry.recorded_at,
                entry=entry,
            )
            for entry, given in zip(entries, facts, strict=True)
            for key, value in given.items()
        ],
        batch_size=500,
    )
    return list(founded.values())


@transaction.atomic
def move_unit(*, actor: AbstractBaseUser, unit: Unit, to: Unit, day: date, reason: str) -> Entry:
    """Move a unit, with all beneath it, under `to` from day `day` on. What was recorded before stays where it was done.

    Raises OrganizationError where it would stand beneath itself, stands there already, or was changed after `day`.
    """
    _need_reason(reason)
    if to.path.startswith(unit.path):
        raise OrganizationError("beneath_itself", unit=unit.name, parent=to.name)
    if unit.ancestor_ids[-2:-1] == [to.pk]:
        raise OrganizationError("same_parent", unit=unit.name, parent=to.name)
    _refuse_changed_after(day, unit, to)
    before = Unit.objects.get(pk=unit.ancestor_ids[-2])
    entry = record(
        actor=actor,
        kind="organizations.unit_moved",
        unit=unit,
        happened_on=day,
        subject=f"organizations.unit:{unit.pk}",
        data={"from": before.code, "to": to.code},
        reason=reason,
    )
    _replant(unit, to, day, entry)
    return entry


@transaction.atomic
def merge_unit(*, actor: AbstractBaseUser, unit: Unit, into: Unit, day: date, reason: str) -> Entry:
    """Merge a unit into another on day `day`: what stands beneath it and its members pass over, then it is closed.

    Raises OrganizationError as `move_unit` and `close_unit` do.
    """
    _need_reason(reason)
    if unit.pk == into.pk:
        raise OrganizationError("same_unit")
    if into.path.startswith(unit.path):
        raise OrganizationError("beneath_itself", unit=unit.name, parent=into.name)
    _refuse_closing(unit, day)
    _refuse_changed_after(day, unit, into)
    entry = record(
        actor=actor,
        kind="organizations.unit_merged",
        unit=unit,
        happened_on=day,
        subject=f"organizations.unit:{unit.pk}",
        data={"into": into.code},
        reason=reason,
    )
    for child in _children(unit):
        _replant(child, into, day, entry)
    moving = list(Membership.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit, since__lt=day))
    Membership.objects.bulk_create(
        [Membership(person_id=m.person_id, unit=into, kind=m.kind, since=day, until=m.until) for m in moving], batch_size=500
    )
    _close(unit, day, entry)
    return entry


@transaction.atomic
def close_unit(*, actor: AbstractBaseUser, unit: Unit, day: date, reason: str) -> Entry:
    """Close a unit: `day` is the first day it is no longer there. Posts and memberships end with it.

    Raises OrganizationError where units still stand beneath it, it is closed already, or `day` is not after it opened.
    """
    _need_reason(reason)
    _refuse_closing(unit, day)
    children = _children(unit)
    if children:
        names = "、".join(child.name for child in children[:3])
        raise OrganizationError("has_children", unit=unit.name, count=len(children), names=names)
    _refuse_changed_after(day, unit)
    entry = record(
        actor=actor,
        kind="organizations.unit_closed",
        unit=unit,
        happened_on=day,
        subject=f"organizations.unit:{unit.pk}",
        reason=reason,
    )
    _close(unit, day, entry)
    return entry


@transaction.atomic
def rename_unit(*, actor: AbstractBaseUser, unit: Unit, name: str, day: date, reason: str) -> Entry:
    """Give a unit another name from day `day` on; the old name stays with the days before."""
    _need_reason(reason)
    _refuse_changed_after(day, unit)
    entry = record(
        actor=actor,
        kind="organizations.unit_renamed",
        unit=unit,
        happened_on=day,
        subject=f"organizations.unit:{unit.pk}",
        reason=reason,
    )
    for row in _known_from(day, unit=unit):
        _split(row, day, entry, name=name)
    unit.name, unit.initials = name, pinyin_initials(name)
    unit.save(update_fields=["name", "initials"])
    return entry


def pinyin_initials(name: str) -> str:
    """`特门嘎查` → `tmgc`."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:60]


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise OrganizationError("no_reason")


def _children(unit: Unit) -> list[Unit]:
    rows = Placement.objects.known().filter(parent=unit, until=None).values_list("unit_id", flat=True)
    return list(Unit.objects.filter(pk__in=rows))


def _known_from(day: date, **where: Any) -> list[Placement]:
    """Known placements that hold on `day` or later."""
    return list(Placement.objects.known().filter(Q(until=None) | Q(until__gt=day), **where).order_by("path", "since"))


def _refuse_changed_after(day: date, *units: Unit) -> None:
    for unit in units:
        later = Placement.objects.known().filter(unit=unit, since__gt=day).order_by("since").first()
        if later is not None:
            raise OrganizationError("moved_later", unit=unit.name, day=later.since)


def _refuse_closing(unit: Unit, day: date) -> None:
    if unit.closed_on is not None:
        raise OrganizationError("already_closed", unit=unit.name, day=unit.closed_on)
    if day <= unit.opened_on:
        raise OrganizationError("closed_before_opened", unit=unit.name, opened=unit.opened_on, day=day)


def _replant(unit: Unit, to: Unit, day: date, entry: Entry) -> None:
    """Put `unit` and all beneath it under `to` from `day` on, in the dated tree and in today's."""
    old, new = unit.path, to.path + path_label(unit.pk)
    for row in _known_from(day, path__gte=old, path__lt=path_end(old)):
        parent = to if row.unit_id == unit.pk else row.parent
        _split(row, day, entry, path=new + row.path[len(old) :], parent=parent)
    moved = list(Unit.objects.beneath(old))
    for each in moved:
        each.path = new + each.path[len(old) :]
    Unit.objects.bulk_update(moved, ["path"], batch_size=500)
    unit.path = new


def _split(row: Placement, day: date, entry: Entry, **changes: Any) -> None:
    """End `row`'s knowledge now; write it anew up to `day` as it was and from `day` on with the changes."""
    instant: datetime = entry.recorded_at
    same = {name: getattr(row, name) for name in ("unit", "parent", "path", "name", "kind", "field")}
    Placement.objects.filter(pk=row.pk).update(valid_to=instant)
    if row.since < day:
        Placement.objects.create(**same, since=row.since, until=day, recorded_at=instant, entry=entry)
    changed = {**same, **changes}
    Placement.objects.create(**changed, since=max(row.since, day), until=row.until, recorded_at=instant, entry=entry)


def _close(unit: Unit, day: date, entry: Entry) -> None:
    placed: QuerySet[Placement] = Placement.objects.known()
    designated: QuerySet[Designation] = Designation.objects.known()
    stated: QuerySet[Fact] = Fact.objects.known()
    for rows in (placed, designated, stated):
        for row in rows.filter(Q(until=None) | Q(until__gt=day), unit=unit):
            rows.filter(pk=row.pk).update(valid_to=entry.recorded_at)
            if row.since < day:
                row.pk, row.until, row.recorded_at, row.valid_to, row.entry = None, day, entry.recorded_at, None, entry
                row.save(force_insert=True)
    Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit).update(until=day)
    Membership.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit).update(until=day)
    unit.closed_on = day
    unit.save(update_fields=["closed_on"])


# --- designations and facts ------------------------------------------------------------------------------------------


@transaction.atomic
def designate(*, actor: AbstractBaseUser, unit: Unit, designation: str, since: date, until: date | None = None) -> Entry:
    """Make a unit a contact point, benchmark, weak … from day `since` on (until `until`, if it is known already).

    Raises OrganizationError where it is one on any of those days.
    """
    held = Designation.objects.known().filter(Q(until=None) | Q(until__gt=since), unit=unit, designation=designation)
    if until is not None:
        held = held.filter(since__lt=until)
    if held.exists():
        raise OrganizationError("already_designated", unit=unit.name, designation=designation, day=since)
    entry = record(
        actor=actor,
        kind="organizations.designation_given",
        unit=unit,
        happened_on=since,
        data={"designation": designation},
        subject=f"organizations.unit:{unit.pk}",
    )
    Designation.objects.create(
        unit=unit, designation=designation, since=since, until=until, recorded_at=entry.recorded_at, entry=entry
    )
    return entry


@transaction.atomic
def designate_many(*, actor: AbstractBaseUser, units: Sequence[tuple[Unit, date]], designation: str) -> list[Entry]:
    """`designate` for a list of (unit, since): one entry each, all or nothing."""
    held = set(
        Designation.objects.known()
        .filter(unit__in=[unit for unit, _ in units], designation=designation, until=None)
        .values_list("unit_id", flat=True)
    )
    for unit, since in units:
        if unit.pk in held:
            raise OrganizationError("already_designated", unit=unit.name, designation=designation, day=since)
    entries = record_many(
        actor=actor,
        acts=[
            Act(
                "organizations.designation_given",
                unit,
                since,
                subject=f"organizations.unit:{unit.pk}",
                data={"designation": designation},
            )
            for unit, since in units
        ],
    )
    Designation.objects.bulk_create(
        [
            Designation(unit_id=e.unit_id, designation=designation, since=e.happened_on, recorded_at=e.recorded_at, entry=e)
            for e in entries
        ],
        batch_size=500,
    )
    return entries


@transaction.atomic
def end_designation(*, actor: AbstractBaseUser, unit: Unit, designation: str, day: date, reason: str) -> Entry:
    """End a designation: `day` is the first day it no longer holds."""
    _need_reason(reason)
    row = Designation.objects.known().filter(unit=unit, designation=designation, since__lt=day, until=None).first()
    if row is None:
        raise OrganizationError("not_designated", unit=unit.name, designation=designation, day=day)
    entry = record(
        actor=actor,
        kind="organizations.designation_ended",
        unit=unit,
        happened_on=day,
        data={"designation": designation},
        subject=f"organizations.unit:{unit.pk}",
        reason=reason,
    )
    Designation.objects.filter(pk=row.pk).update(valid_to=entry.recorded_at)
    Designation.objects.create(
        unit=unit, designation=designation, since=row.since, until=day, recorded_at=entry.recorded_at, entry=entry
    )
    return entry


@transaction.atomic
def set_fact(*, actor: AbstractBaseUser, unit: Unit, key: str, value: object, since: date) -> Entry:
    """Say that a fact holds from day `since` on. Earlier days keep what they had.

    Raises OrganizationError for an unknown key, a value of another type, or a fact that is worked out.
    """
    if key in DERIVED_FACTS:
        raise OrganizationError("derived_fact", key=key)
    text = fact_text(key, value)
    entry = record(
        actor=actor,
        kind="organizations.fact_set",
        unit=unit,
        happened_on=since,
        data={"key": key, "value": text},
        subject=f"organizations.unit:{unit.pk}",
    )
    _write_facts(unit, {key: text}, since, entry)
    return entry


def _write_facts(unit: Unit, values: Mapping[str, str], since: date, entry: Entry) -> None:
    held = Fact.objects.known().filter(Q(until=None) | Q(until__gt=since), unit=unit, key__in=values)
    for row in held:
        Fact.objects.filter(pk=row.pk).update(valid_to=entry.recorded_at)
        if row.since < since:
            Fact.objects.create(
                unit=unit, key=row.key, value=row.value, since=row.since, until=since, recorded_at=entry.recorded_at, entry=entry
            )
    Fact.objects.bulk_create(
        Fact(unit=unit, key=key, value=value, since=since, recorded_at=entry.recorded_at, entry=entry)
        for key, value in values.items()
    )


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewPerson:
    """A person to register, with the unit they belong to and, if they hold one, their post there."""

    code: str
    name: str
    unit: Unit
    since: date
    birth_year: int | None = None
    membership: str = ""
    title: str = ""
    until: date | None = None
    sealed_phone: bytes | None = None
    phone_index: str = ""


def register_person(
    *,
    actor: AbstractBaseUser,
    code: str,
    name: str,
    unit: Unit,
    since: date,
    birth_year: int | None = None,
    membership: str = "",
    title: str = "",
) -> Person:
    """Register one person at a unit. See `register_people`."""
    [person] = register_people(actor=actor, people=[NewPerson(code, name, unit, since, birth_year, membership, title)])
    return person


@transaction.atomic
def register_people(*, actor: AbstractBaseUser, people: Iterable[NewPerson], batch: Batch | None = None) -> list[Person]:
    """Register many people, each with a membership or a post or both; one entry each. All or nothing.

    batch: the import they belong to; they stay hidden until it is made visible.
    Raises OrganizationError where a person code is taken.
    """
    wanted = list(people)
    taken = dict(Person.objects.filter(code__in=[new.code for new in wanted]).values_list("code", "name"))
    for new in wanted:
        if new.code in taken:
            raise OrganizationError("person_taken", code=new.code, name=taken[new.code])
        taken[new.code] = new.name
    persons = Person.objects.bulk_create(
        [
            Person(
                code=new.code,
                name=new.name,
                initials=pinyin_initials(new.name),
                birth_year=new.birth_year,
                sealed_phone=new.sealed_phone,
                phone_index=new.phone_index,
                batch=batch,
            )
            for new in wanted
        ],
        batch_size=500,
    )
    pairs = list(zip(persons, wanted, strict=True))
    Membership.objects.bulk_create(
        [
            Membership(
                person=person, unit=new.unit, kind=MembershipKind(new.membership), since=new.since, until=new.until, batch=batch
            )
            for person, new in pairs
            if new.membership
        ],
        batch_size=500,
    )
    Post.objects.bulk_create(
        [
            Post(person=person, unit=new.unit, title=Title(new.title), since=new.since, until=new.until, batch=batch)
            for person, new in pairs
            if new.title
        ],
        batch_size=500,
    )
    record_many(
        actor=actor,
        acts=[
            Act(
                "organizations.person_registered",
                new.unit,
                new.since,
                subject=f"organizations.person:{person.pk}",
                data={"person": person.pk},
            )
            for person, new in pairs
        ],
        batch=batch,
    )
    return persons


@transaction.atomic
def join_unit(*, actor: AbstractBaseUser, person: Person, unit: Unit, kind: str, since: date) -> Membership:
    """Make a person a member of a unit from day `since` on."""
    held = Membership.objects.on(since).filter(person=person, unit=unit, kind=kind).first()
    if held is not None:
        raise OrganizationError("post_held", person=person.name, day=held.since)
    membership = Membership.objects.create(person=person, unit=unit, kind=MembershipKind(kind), since=since)
    record(
        actor=actor,
        kind="organizations.member_joined",
        unit=unit,
        happened_on=since,
        subject=f"organizations.membership:{membership.pk}",
        data={"person": person.pk, "membership": kind},
    )
    return membership


@transaction.atomic
def leave_unit(*, actor: AbstractBaseUser, membership: Membership, day: date, reason: str) -> Entry:
    """End a membership: `day` is the first day it no longer holds."""
    _need_reason(reason)
    _end(membership, day)
    return record(
        actor=actor,
        kind="organizations.member_left",
        unit=membership.unit,
        happened_on=day,
        subject=f"organizations.membership:{membership.pk}",
        data={"person": membership.person_id, "membership": membership.kind},
        reason=reason,
    )


@transaction.atomic
def give_post(*, actor: AbstractBaseUser, person: Person, unit: Unit, title: str, since: date, until: date | None = None) -> Post:
    """Give a person a post at a unit from day `since` on. Rights follow at once."""
    held = Post.objects.on(since).filter(person=person, unit=unit, title=title).first()
    if held is not None:
        raise OrganizationError("post_held", person=person.name, day=held.since)
    post = Post.objects.create(person=person, unit=unit, title=Title(title), since=since, until=until)
    entry = record(
        actor=actor,
        kind="organizations.post_given",
        unit=unit,
        happened_on=since,
        subject=f"organizations.post:{post.pk}",
        data={"person": person.pk, "title": str(title)},
    )
    if title in COMMITTEE_TITLES:
        _derive_committee(unit, since, entry)
    return post


@transaction.atomic
def end_post(*, actor: AbstractBaseUser, post: Post, day: date, reason: str) -> Entry:
    """End a post: `day` is the first day without it; its rights end with it, at once."""
    _need_reason(reason)
    _end(post, day)
    entry = record(
        actor=actor,
        kind="organizations.post_ended",
        unit=post.unit,
        happened_on=day,
        subject=f"organizations.post:{post.pk}",
        data={"person": post.person_id, "title": post.title},
        reason=reason,
    )
    if post.title in COMMITTEE_TITLES:
        _derive_committee(post.unit, day, entry)
    return entry


def _end(row: Post | Membership, day: date) -> None:
    if row.until is not None and row.until <= day:
        raise OrganizationError("post_over", day=row.until)
    if day <= row.since:
        raise OrganizationError("ends_before_start", since=row.since, until=day)
    row.until = day
    row.save(update_fields=["until"])


# --- elections -------------------------------------------------------------------------------------------------------


@transaction.atomic
def hold_election(
    *, actor: AbstractBaseUser, unit: Unit, day: date, elected: Sequence[tuple[Person, str]], approved_early: bool = False
) -> Entry:
    """Record that a unit elected its committee: the old committee's posts end, the new ones begin, the facts follow.

    elected: (person, title) with title secretary, deputy_secretary or committee_member; exactly one secretary, at most 7 in all.
    approved_early: an election more than a year before the term ends needs the approval of the level above.
    The term's end is derived: this day plus the unit's `term_years`.

    Raises OrganizationError where that does not hold. Source: 基层组织选举工作条例 (terms of 5 and 3
    years, at most 1 year early).
    """
    people = [person.pk for person, _ in elected]
    doubled = next((person for person, _ in elected if people.count(person.pk) > 1), None)
    if doubled is not None:
        raise OrganizationError("named_twice", person=doubled.name)
    if [title for _, title in elected].count(Title.SECRETARY) != 1:
        raise OrganizationError("too_few")
    if len(elected) > MOST_IN_COMMITTEE:
        raise OrganizationError("too_many", most=MOST_IN_COMMITTEE, found=len(elected))
    last = last_election_on(unit)
    if last is not None and not approved_early:
        due = anniversary(last, term_years(unit, day))
        if day < anniversary(due, -1):
            raise OrganizationError("too_early", last=last, day=day, due=due)
    secretary = next(person for person, title in elected if title == Title.SECRETARY)
    one_shoulder = _heads(secretary, unit, day)
    entry = record(
        actor=actor,
        kind="organizations.election_held",
        unit=unit,
        happened_on=day,
        subject=f"organizations.unit:{unit.pk}",
        data={"seats": len(elected), "one_shoulder": one_shoulder},
    )
    Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit, title__in=COMMITTEE_TITLES, since__lt=day).update(until=day)
    Post.objects.bulk_create(Post(person=person, unit=unit, title=Title(title), since=day) for person, title in elected)
    _derive_committee(unit, day, entry)
    return entry


def _derive_committee(unit: Unit, day: date, entry: Entry) -> None:
    """Work out the committee's facts from the posts that hold on `day`, and write them beside the act that changed them."""
    posts = Post.objects.on(day).filter(unit=unit, title__in=COMMITTEE_TITLES).select_related("person")
    people = {post.person_id: post.person for post in posts}
    secretary = next((post.person for post in posts if post.title == Title.SECRETARY), None)
    facts = {
        "committee": str(len(people) >= LEAST_FOR_COMMITTEE).lower(),
        "committee_size": str(len(people)),
        "one_shoulder": str(secretary is not None and _heads(secretary, unit, day)).lower(),
    }
    age = average_age(list(people.values()), day)
    if age is not None:
        facts["committee_average_age"] = str(age)
    _write_facts(unit, facts, day, entry)


def _heads(person: Person, unit: Unit, day: date) -> bool:
    """Whether the person heads the village or community in which the branch works (一肩挑)."""
    places = [unit.pk, *unit.ancestor_ids[-2:-1]]
    return Post.objects.on(day).filter(person=person, unit__in=places, title=Title.HEAD).exists()
