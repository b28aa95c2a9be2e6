"""The tree: found, move, merge, close, rename a unit. What stood in it on any past day stays as it was."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Entry
from lianxin.ledger.proof import canonical
from lianxin.organizations.actions.committees import Change, derive_committees
from lianxin.organizations.actions.facts import fact_text
from lianxin.organizations.actions.spans import anew, end_row
from lianxin.organizations.errors import OrganizationError, known_word, need_reason
from lianxin.organizations.models import (
    Designation,
    Fact,
    Field,
    Membership,
    Placement,
    Post,
    Title,
    Unit,
    UnitKind,
    path_label,
    subtree,
)
from lianxin.organizations.names import pinyin_initials

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
    """Found one unit beneath `parent` (None: a county) from day `since`, with its facts. See `found_units`; raises as it does."""
    [unit] = found_units(actor=actor, units=[NewUnit(code, name, kind, parent, since, field, facts or {})])
    return unit


@transaction.atomic
def found_units(*, actor: AbstractBaseUser, units: Iterable[NewUnit]) -> list[Unit]:
    """Found many units, parents before children; one entry each. All or nothing.

    Raises OrganizationError where a code is taken or cannot stand in an address, a name, kind or field is none, a parent is
    unknown or was not open on the day, the day has not come, or a fact is wrong.
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
        facts.append({key: fact_text(key, value) for key, value in new.facts.items()})
        acts.append(
            Act(
                "organizations.unit_founded",
                unit,
                new.since,
                subject=unit.subject,
                data={**({"parent": parent.code} if parent else {}), **_said(facts[-1])},
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
                value=value,
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
    need_reason(reason)
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
        subject=unit.subject,
        data={"from": before.code, "to": to.code},
        reason=reason,
    )
    _replant(unit, to, day, entry)
    derive_committees([Change(unit, Title.SECRETARY, day, entry)])
    return entry


@transaction.atomic
def merge_unit(*, actor: AbstractBaseUser, unit: Unit, into: Unit, day: date, reason: str) -> Entry:
    """Merge a unit into another on day `day`: what stands beneath it and its members pass over, then it is closed.

    Raises OrganizationError as `move_unit` and `close_unit` do.
    """
    need_reason(reason)
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
        subject=unit.subject,
        data={"into": into.code},
        reason=reason,
    )
    passing = _children(unit)
    for child in passing:
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
    derive_committees([Change(child, Title.SECRETARY, day, entry) for child in passing])
    return entry


@transaction.atomic
def close_unit(*, actor: AbstractBaseUser, unit: Unit, day: date, reason: str) -> Entry:
    """Close a unit: `day` is the first day it is no longer there. Posts and memberships end with it.

    Raises OrganizationError where units still stand beneath it, it is closed already, or `day` is not after it opened.
    """
    need_reason(reason)
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
        subject=unit.subject,
        reason=reason,
    )
    _close(unit, day, entry)
    return entry


@transaction.atomic
def rename_unit(*, actor: AbstractBaseUser, unit: Unit, name: str, day: date, reason: str) -> Entry:
    """Give a unit another name from day `day` on; the old name stays with the days before.

    Raises OrganizationError without a reason, for a name that is none or its own, or where it was changed after `day`.
    """
    need_reason(reason)
    name = _check_name(name)
    if name == unit.name:
        raise OrganizationError("same_name", unit=unit.name)
    _refuse_changed_after(day, unit)
    entry = record(
        actor=actor,
        kind="organizations.unit_renamed",
        unit=unit,
        happened_on=day,
        subject=unit.subject,
        reason=reason,
    )
    for row in _known_from(day, Q(unit=unit)):
        _split(row, day, entry, name=name)
    unit.name, unit.initials = name, pinyin_initials(name)
    unit.save(update_fields=["name", "initials"])
    return entry


def _said(facts: Mapping[str, str]) -> dict[str, str]:
    """What the founding act says of the facts given with it: by it `lianxin verify` knows their rows."""
    return {"facts": canonical(facts)}


def _check_words(new: NewUnit) -> None:
    """A code that can stand in an address, a name, a kind and a field we know."""
    if not CODE.fullmatch(new.code):
        raise OrganizationError("wrong_code", code=new.code)
    _check_name(new.name)
    known_word(UnitKind, new.kind)
    if new.field:
        known_word(Field, new.field)


def _check_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise OrganizationError("wrong_name", most=LONGEST_NAME)
    return name


def _children(unit: Unit) -> list[Unit]:
    rows = Placement.objects.known().filter(parent=unit, until=None).values_list("unit_id", flat=True)
    return list(Unit.objects.filter(pk__in=rows))


def _known_from(day: date, which: Q) -> list[Placement]:
    """Known placements that hold on `day` or later."""
    return list(Placement.objects.known().filter(Q(until=None) | Q(until__gt=day), which).order_by("path", "since"))


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
    for row in _known_from(day, subtree(old)):
        parent = to.pk if row.unit_id == unit.pk else row.parent_id
        _split(row, day, entry, path=new + row.path[len(old) :], parent_id=parent)
    moved = list(Unit.objects.beneath(old))
    for each in moved:
        each.path = new + each.path[len(old) :]
    Unit.objects.bulk_update(moved, ["path"], batch_size=500)
    unit.path = new


def _split(row: Placement, day: date, entry: Entry, **changes: Any) -> None:
    """Up to `day` the row stays as it was; from `day` on it holds with the changes."""
    end_row(row, day, entry)
    anew(row, entry, since=max(row.since, day), **changes).save(force_insert=True)


def _close(unit: Unit, day: date, entry: Entry) -> None:
    placed: QuerySet[Placement] = Placement.objects.known()
    designated: QuerySet[Designation] = Designation.objects.known()
    stated: QuerySet[Fact] = Fact.objects.known()
    for rows in (placed, designated, stated):
        for row in rows.filter(Q(until=None) | Q(until__gt=day), unit=unit):
            end_row(row, day, entry)
    Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit).update(until=day)
    Membership.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit).update(until=day)
    unit.closed_on = day
    unit.save(update_fields=["closed_on"])
