"""The door for changing the tree and who stands where in it. Each action is one transaction and one ledger entry.

Days are half-open: closing a unit on day D means that D is the first day it is no longer there. Nothing is overwritten: a changed
span is closed in knowledge time (`valid_to`) and written anew, so that any past day can be shown as it was known then.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet, TextChoices
from pypinyin import Style, lazy_pinyin

from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Batch, Entry, seen
from lianxin.organizations.errors import OrganizationError
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
LEAST: Mapping[str, int] = {"term_years": 1}
COMMITTEE_TITLES = (Title.SECRETARY, Title.DEPUTY_SECRETARY, Title.COMMITTEE_MEMBER)
MOST_IN_COMMITTEE = 7
LEAST_FOR_COMMITTEE = 3
SETTLED_AT_ONCE = 200
"""Posts of an import whose committees are worked out in one transaction."""


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
    too_small = isinstance(parsed, int) and parsed < LEAST.get(key, 0)
    if parsed is None or too_small or (expected is bool and text not in ("true", "false")):
        raise OrganizationError("wrong_fact", key=key, value=value, expected=expected.__name__)
    return str(parsed)


# --- the tree --------------------------------------------------------------------------------------------------------


CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}")
LONGEST_NAME = 120


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
        _check_words(new)
        if new.code in taken:
            raise OrganizationError("code_taken", code=new.code, name=taken[new.code])
        taken[new.code] = new.name
        parent = founded.get(new.parent) if isinstance(new.parent, str) else new.parent
        if isinstance(new.parent, str) and parent is None:
            raise OrganizationError("parent_unknown", code=new.code, parent=new.parent)
        if (parent is None) != (new.kind == UnitKind.COUNTY):
            raise OrganizationError("root_is_county", code=new.code)
        if parent is not None and parent.closed_on is not None:
            raise OrganizationError("parent_not_open", parent=parent.name, day=new.since)
        if parent is not None and parent.pk not in spans:
            known = Placement.objects.known().filter(unit=parent).order_by("since")
            spans[parent.pk] = list(known.values_list("since", "until", "path"))
        unit = Unit(
            code=new.code,
            name=new.name,
            initials=pinyin_initials(new.name),
            kind=new.kind,
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
    if unit.depth == 1:
        raise OrganizationError("county_stays", unit=unit.name)
    if to.path.startswith(unit.path):
        raise OrganizationError("beneath_itself", unit=unit.name, parent=to.name)
    if unit.ancestor_ids[-2:-1] == [to.pk]:
        raise OrganizationError("same_parent", unit=unit.name, parent=to.name)
    _refuse_changed_after(day, unit, to)
    _refuse_unless_open(to, day)
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
    _refuse_unless_open(into, day)
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
    moving = list(Membership.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit))
    there = set(Membership.objects.on(day).filter(unit=into).values_list("person_id", "kind"))
    Membership.objects.bulk_create(
        [
            Membership(person_id=m.person_id, unit=into, kind=m.kind, since=max(day, m.since), until=m.until, batch=m.batch)
            for m in moving
            if (m.person_id, m.kind) not in there
        ],
        batch_size=500,
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
    name = _check_name(name)
    if name == unit.name:
        raise OrganizationError("same_name", unit=unit.name)
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


def _check_words(new: NewUnit) -> None:
    """A code that can stand in an address, a name, a kind and a field we know."""
    if not CODE.fullmatch(new.code):
        raise OrganizationError("wrong_code", code=new.code)
    _check_name(new.name)
    _known_word(UnitKind, new.kind)
    if new.field:
        _known_word(Field, new.field)


def _known_word(words: type[TextChoices], found: str) -> Any:
    """The choice of that name. Raises OrganizationError naming those there are."""
    if found not in words.values:
        raise OrganizationError("unknown_word", found=found, known=", ".join(words.values))
    return words(found)


def _check_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise OrganizationError("wrong_name", most=LONGEST_NAME)
    return name


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


def _refuse_unless_open(unit: Unit, day: date) -> None:
    if unit.closed_on is not None or unit.opened_on > day:
        raise OrganizationError("parent_not_open", parent=unit.name, day=day)


def _refuse_closing(unit: Unit, day: date) -> None:
    if unit.closed_on is not None:
        raise OrganizationError("already_closed", unit=unit.name, day=unit.closed_on)
    if day <= unit.opened_on:
        raise OrganizationError("closed_before_opened", unit=unit.name, opened=unit.opened_on, day=day)
    last = Entry.objects.standing().filter(unit=unit, happened_on__gt=day).order_by("-happened_on").first()
    if last is not None:
        raise OrganizationError("worked_later", unit=unit.name, day=last.happened_on)


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
        if until <= since:
            raise OrganizationError("ends_before_start", since=since, until=until)
        held = held.filter(since__lt=until)
    word = _known_word(DesignationKind, designation).label
    if held.exists():
        raise OrganizationError("already_designated", unit=unit.name, designation=word, day=since)
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
    word = _known_word(DesignationKind, designation).label
    for unit, since in units:
        if unit.pk in held:
            raise OrganizationError("already_designated", unit=unit.name, designation=word, day=since)
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
    word = _known_word(DesignationKind, designation).label
    row = Designation.objects.known().filter(unit=unit, designation=designation, since__lt=day, until=None).first()
    if row is None:
        raise OrganizationError("not_designated", unit=unit.name, designation=word, day=day)
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
    taken = _person_codes([new.code for new in wanted])
    for new in wanted:
        if new.code in taken:
            raise OrganizationError("person_taken", code=new.code, name=taken[new.code])
        taken[new.code] = new.name
        if new.membership:
            _known_word(MembershipKind, new.membership)
        if new.title:
            _known_word(Title, new.title)
        if new.until is not None and new.until <= new.since:
            raise OrganizationError("ends_before_start", since=new.since, until=new.until)
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
    entries = record_many(
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
    if batch is None:
        titled = [(new, entry) for new, entry in zip(wanted, entries, strict=True) if new.title]
        _derive_committees([Change(new.unit, new.title, new.since, entry) for new, entry in titled])
    return persons


def _person_codes(codes: Sequence[str]) -> dict[str, str]:
    """Which of these person codes are taken, and by whom; asked in portions that every database takes."""
    taken: dict[str, str] = {}
    for start in range(0, len(codes), 5000):
        found = Person.objects.filter(code__in=codes[start : start + 5000])
        taken.update(found.values_list("code", "name"))
    return taken


def settle_batch(batch: Batch) -> None:
    """Work out the committees' facts from the posts of an import, once it has been made visible; a few units a transaction."""
    wanted = (*COMMITTEE_TITLES, Title.HEAD)
    posts = list(Post.objects.filter(batch=batch, title__in=wanted).select_related("unit").order_by("unit__path", "pk"))
    for start in range(0, len(posts), SETTLED_AT_ONCE):
        part = posts[start : start + SETTLED_AT_ONCE]
        subjects = {f"organizations.post:{post.pk}" for post in part} | {
            f"organizations.person:{post.person_id}" for post in part
        }
        with transaction.atomic():
            entries = {entry.subject: entry for entry in Entry.objects.filter(batch=batch, subject__in=subjects)}
            acts = [(post, entries.get(f"organizations.post:{post.pk}")) for post in part]
            known = [(post, entry or entries.get(f"organizations.person:{post.person_id}")) for post, entry in acts]
            changes = [Change(post.unit, post.title, post.since, entry) for post, entry in known if entry is not None]
            _derive_committees(changes, instant=clock.now())


@dataclass(frozen=True)
class NewPlace:
    """A membership, a post or both at a unit, for a person who is registered already."""

    person: Person
    unit: Unit
    since: date
    membership: str = ""
    title: str = ""


@transaction.atomic
def place_people(*, actor: AbstractBaseUser, places: Iterable[NewPlace], batch: Batch | None = None) -> list[Entry]:
    """`join_unit` and `give_post` for many registered people: one entry for each membership and each post. All or nothing.

    batch: the import they belong to; they stay hidden until it is made visible, and `settle_batch` then works out the facts.
    The caller has checked that nobody holds the same already.
    """
    wanted = list(places)
    memberships = Membership.objects.bulk_create(
        [
            Membership(person=new.person, unit=new.unit, kind=MembershipKind(new.membership), since=new.since, batch=batch)
            for new in wanted
            if new.membership
        ],
        batch_size=500,
    )
    posts = Post.objects.bulk_create(
        [
            Post(person=new.person, unit=new.unit, title=Title(new.title), since=new.since, batch=batch)
            for new in wanted
            if new.title
        ],
        batch_size=500,
    )
    acts = [
        Act(
            "organizations.member_joined",
            row.unit,
            row.since,
            subject=f"organizations.membership:{row.pk}",
            data={"person": row.person_id, "membership": str(row.kind)},
        )
        for row in memberships
    ]
    acts += [
        Act(
            "organizations.post_given",
            row.unit,
            row.since,
            subject=f"organizations.post:{row.pk}",
            data={"person": row.person_id, "title": str(row.title)},
        )
        for row in posts
    ]
    return record_many(actor=actor, acts=acts, batch=batch)


@transaction.atomic
def join_unit(*, actor: AbstractBaseUser, person: Person, unit: Unit, kind: str, since: date) -> Membership:
    """Make a person a member of a unit from day `since` on."""
    _known_word(MembershipKind, kind)
    held = Membership.objects.filter(Q(until=None) | Q(until__gt=since), person=person, unit=unit, kind=kind).first()
    if held is not None:
        raise OrganizationError("member_already", person=person.name, unit=unit.name, day=held.since)
    membership = Membership.objects.create(person=person, unit=unit, kind=kind, since=since)
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
    _known_word(Title, title)
    if until is not None and until <= since:
        raise OrganizationError("ends_before_start", since=since, until=until)
    held = Post.objects.filter(Q(until=None) | Q(until__gt=since), person=person, unit=unit, title=title).first()
    if held is not None:
        raise OrganizationError("post_held", person=person.name, day=held.since)
    post = Post.objects.create(person=person, unit=unit, title=title, since=since, until=until)
    entry = record(
        actor=actor,
        kind="organizations.post_given",
        unit=unit,
        happened_on=since,
        subject=f"organizations.post:{post.pk}",
        data={"person": person.pk, "title": str(title)},
    )
    _derive_committees([Change(unit, title, since, entry)])
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
    _derive_committees([Change(post.unit, post.title, day, entry)])
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
    for _, title in elected:
        if title not in COMMITTEE_TITLES:
            raise OrganizationError("unknown_word", found=title, known=", ".join(COMMITTEE_TITLES))
    doubled = next((person for person, _ in elected if people.count(person.pk) > 1), None)
    if doubled is not None:
        raise OrganizationError("named_twice", person=doubled.name)
    if [title for _, title in elected].count(Title.SECRETARY) != 1:
        raise OrganizationError("too_few")
    if len(elected) > MOST_IN_COMMITTEE:
        raise OrganizationError("too_many", most=MOST_IN_COMMITTEE, found=len(elected))
    last = last_election_on(unit)
    if last is not None and last >= day:
        raise OrganizationError("election_later", unit=unit.name, last=last)
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
    over = Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit, title__in=COMMITTEE_TITLES, since__lte=day)
    over.update(until=day)
    Post.objects.bulk_create(Post(person=person, unit=unit, title=title, since=day) for person, title in elected)
    _derive_committees([Change(unit, Title.SECRETARY, day, entry)])
    return entry


# --- what follows from posts -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A post at a unit began or ended on a day, by an act."""

    unit: Unit
    title: str
    day: date
    entry: Entry


def _derive_committees(changes: Iterable[Change], instant: datetime | None = None) -> None:
    """Work out the committees' facts anew from the day of each change on, and write them beside the act that changed them.

    A change of the head touches the branches of the village or community, too (一肩挑).
    """
    first: dict[int, Change] = {}
    units: dict[int, Unit] = {}
    ordered = sorted(changes, key=lambda change: change.day, reverse=True)
    for change in ordered:
        if change.title in COMMITTEE_TITLES:
            first[change.unit.pk], units[change.unit.pk] = change, change.unit
    heads = {change.unit.pk: change for change in ordered if change.title == Title.HEAD}
    if heads:
        led = Post.objects.filter(title__in=COMMITTEE_TITLES).values("unit")
        places = Placement.objects.known().filter(parent__in=list(heads), until=None, unit__in=led).select_related("unit")
        for unit, head in [(row.unit, heads[row.parent_id]) for row in places if row.parent_id] + [
            (head.unit, head) for head in heads.values()
        ]:
            earlier = first.get(unit.pk)
            if earlier is None or head.day < earlier.day:
                first[unit.pk], units[unit.pk] = head, unit
    if not first:
        return
    committees: dict[int, list[Post]] = {}
    led_places: dict[int, list[Post]] = {}
    places_of = {pk: {pk, *unit.ancestor_ids[-2:-1]} for pk, unit in units.items()}
    wanted = list({place for places in places_of.values() for place in places})
    for start in range(0, len(wanted), 5000):
        posts = Post.objects.filter(seen(), unit__in=wanted[start : start + 5000], title__in=(*COMMITTEE_TITLES, Title.HEAD))
        for post in posts.select_related("person"):
            (led_places if post.title == Title.HEAD else committees).setdefault(post.unit_id, []).append(post)
    rows = []
    for pk, change in first.items():
        if pk in committees:
            headed = [post for place in places_of[pk] for post in led_places.get(place, ())]
            rows += _committee_facts(units[pk], change, committees[pk], headed, instant or change.entry.recorded_at)
    _replace_facts(rows)


def _committee_facts(unit: Unit, change: Change, posts: list[Post], heads: list[Post], instant: datetime) -> list[Fact]:
    """The facts of one committee from the day of the change on, a span for each day on which one of its posts begins or ends."""
    ends = {day for post in (*posts, *heads) for day in (post.since, post.until) if day is not None and day > change.day}
    facts: list[Fact] = []
    last: dict[str, Fact] = {}
    for day in sorted({change.day, *ends}):
        values = committee_values(posts, heads, day)
        for key in DERIVED_FACTS:
            value, before = values.get(key), last.get(key)
            if before is not None and before.value == value:
                continue
            if before is not None:
                before.until = day
                del last[key]
            if value is not None:
                fact = Fact(unit=unit, key=key, value=value, since=day, recorded_at=instant, entry=change.entry)
                last[key] = fact
                facts.append(fact)
    return facts


def committee_values(posts: Iterable[Post], heads: Iterable[Post], day: date) -> dict[str, str]:
    """The derived facts as these posts make them on that day."""
    serving = [post for post in posts if post.holds_on(day)]
    people = {post.person_id: post.person for post in serving}
    secretary = next((post.person_id for post in serving if post.title == Title.SECRETARY), None)
    values = {
        "committee": str(len(people) >= LEAST_FOR_COMMITTEE).lower(),
        "committee_size": str(len(people)),
        "one_shoulder": str(any(post.person_id == secretary for post in heads if post.holds_on(day))).lower(),
    }
    age = average_age(list(people.values()), day)
    if age is not None:
        values["committee_average_age"] = str(age)
    return values


def _replace_facts(facts: Sequence[Fact]) -> None:
    """Write derived facts in place of what was known of the same units from the first of these days on."""
    began: dict[int, Fact] = {}
    for fact in facts:
        if fact.unit_id not in began or fact.since < began[fact.unit_id].since:
            began[fact.unit_id] = fact
    old: list[Fact] = []
    ids = list(began)
    for start in range(0, len(ids), 5000):
        old += Fact.objects.known().filter(unit__in=ids[start : start + 5000], key__in=DERIVED_FACTS)
    touched = [row for row in old if row.until is None or row.until > began[row.unit_id].since]
    closing: dict[datetime, list[int]] = {}
    kept = []
    for row in touched:
        new = began[row.unit_id]
        closing.setdefault(new.recorded_at, []).append(row.pk)
        if row.since < new.since:
            kept.append(
                Fact(
                    unit_id=row.unit_id,
                    key=row.key,
                    value=row.value,
                    since=row.since,
                    until=new.since,
                    recorded_at=new.recorded_at,
                    entry=new.entry,
                )
            )
    for instant, closed in closing.items():
        for start in range(0, len(closed), 5000):
            Fact.objects.filter(pk__in=closed[start : start + 5000]).update(valid_to=instant)
    Fact.objects.bulk_create([*kept, *facts], batch_size=500)


def _heads(person: Person, unit: Unit, day: date) -> bool:
    """Whether the person heads the village or community in which the branch works (一肩挑)."""
    places = [unit.pk, *unit.ancestor_ids[-2:-1]]
    return Post.objects.on(day).filter(person=person, unit__in=places, title=Title.HEAD).exists()
