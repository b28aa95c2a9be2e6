"""Who stands where: people registered, memberships and posts begun and ended. Rights follow posts, at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations.actions.committees import Change, derive_committees
from lianxin.organizations.errors import OrganizationError, known_word, need_reason
from lianxin.organizations.models import Membership, MembershipKind, Person, Post, Title, Unit
from lianxin.organizations.names import pinyin_initials


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
    """Register one person at a unit. See `register_people`, and raises as it does."""
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
            known_word(MembershipKind, new.membership)
        if new.title:
            known_word(Title, new.title)
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
                subject=person.subject,
                data={"person": person.pk, **_said(new)},
            )
            for person, new in pairs
        ],
        batch=batch,
    )
    if batch is None:
        titled = [(new, entry) for new, entry in zip(wanted, entries, strict=True) if new.title]
        derive_committees([Change(new.unit, new.title, new.since, entry) for new, entry in titled])
    return persons


def _said(new: NewPerson) -> dict[str, str]:
    """What a registration says of membership and post: by it `lianxin verify` knows the rows."""
    until = new.until.isoformat() if new.until else ""
    return {"membership": str(new.membership), "title": str(new.title), "until": until}


def _person_codes(codes: Sequence[str]) -> dict[str, str]:
    """Which of these person codes are taken, and by whom; asked in portions that every database takes."""
    taken: dict[str, str] = {}
    for start in range(0, len(codes), 5000):
        found = Person.objects.filter(code__in=codes[start : start + 5000])
        taken.update(found.values_list("code", "name"))
    return taken


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
    return record_many(actor=actor, acts=[*map(_joined, memberships), *map(_given, posts)], batch=batch)


def _joined(row: Membership) -> Act:
    data = {"person": row.person_id, "membership": str(row.kind)}
    return Act("organizations.member_joined", row.unit, row.since, row.subject, data=data)


def _given(row: Post) -> Act:
    data = {"person": row.person_id, "title": str(row.title), "until": row.until.isoformat() if row.until else ""}
    return Act("organizations.post_given", row.unit, row.since, row.subject, data=data)


@transaction.atomic
def join_unit(*, actor: AbstractBaseUser, person: Person, unit: Unit, kind: str, since: date) -> Membership:
    """Make a person a member of a unit from day `since` on; `kind` is a word of MembershipKind.

    Raises OrganizationError where they belong to it already in that way, LedgerError where the unit was not open on the day.
    """
    known_word(MembershipKind, kind)
    held = Membership.objects.filter(Q(until=None) | Q(until__gt=since), person=person, unit=unit, kind=kind).first()
    if held is not None:
        raise OrganizationError("member_already", person=person.name, unit=unit.name, day=held.since)
    membership = Membership.objects.create(person=person, unit=unit, kind=kind, since=since)
    record_many(actor=actor, acts=[_joined(membership)])
    return membership


@transaction.atomic
def leave_unit(*, actor: AbstractBaseUser, membership: Membership, day: date, reason: str) -> Entry:
    """End a membership: `day` is the first day it no longer holds.

    Raises OrganizationError without a reason, where it ended already, or where it began on that day or later.
    """
    need_reason(reason)
    _end(membership, day)
    return record(
        actor=actor,
        kind="organizations.member_left",
        unit=membership.unit,
        happened_on=day,
        subject=membership.subject,
        data={"person": membership.person_id, "membership": membership.kind},
        reason=reason,
    )


@transaction.atomic
def give_post(*, actor: AbstractBaseUser, person: Person, unit: Unit, title: str, since: date, until: date | None = None) -> Post:
    """Give a person a post at a unit from day `since` on (up to, without, `until`). Rights follow at once, and so do the
    committee's facts. Whether the actor may give this title here is the caller's to ask (`access.giveable_titles`).

    title: a word of Title.
    Raises OrganizationError where they hold it already, or it would end before it began; LedgerError as `record` does.
    """
    known_word(Title, title)
    if until is not None and until <= since:
        raise OrganizationError("ends_before_start", since=since, until=until)
    held = Post.objects.filter(Q(until=None) | Q(until__gt=since), person=person, unit=unit, title=title).first()
    if held is not None:
        raise OrganizationError("post_held", person=person.name, day=held.since)
    post = Post.objects.create(person=person, unit=unit, title=title, since=since, until=until)
    [entry] = record_many(actor=actor, acts=[_given(post)])
    derive_committees([Change(unit, title, since, entry)])
    return post


@transaction.atomic
def end_post(*, actor: AbstractBaseUser, post: Post, day: date, reason: str) -> Entry:
    """End a post: `day` is the first day without it; its rights end with it, at once.

    Raises OrganizationError without a reason, where it ended already, or where it began on that day or later.
    """
    need_reason(reason)
    _end(post, day)
    entry = record(
        actor=actor,
        kind="organizations.post_ended",
        unit=post.unit,
        happened_on=day,
        subject=post.subject,
        data={"person": post.person_id, "title": post.title},
        reason=reason,
    )
    derive_committees([Change(post.unit, post.title, day, entry)])
    return entry


def _end(row: Post | Membership, day: date) -> None:
    if row.until is not None and row.until <= day:
        raise OrganizationError("post_over", day=row.until)
    if day <= row.since:
        raise OrganizationError("ends_before_start", since=row.since, until=day)
    row.until = day
    row.save(update_fields=["until"])
