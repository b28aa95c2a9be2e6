"""People's data: phones sealed, shown masked, opened one at a time with a reason that the person concerned can read.

Sealing is AES-256-GCM, a key per phone wrapped by a key outside the database (docs/adr/0005-phones-are-sealed.md). Opening one is
an act: the entry `organizations.phone_revealed` is the access log, for the auditor and for the person alike.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from lianxin.accounts.sealing import SealBroken, fingerprint, seal, unseal
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.kinds import declared, logged_kinds
from lianxin.ledger.models import Entry, seen
from lianxin.organizations.access import LOG_VIEW, PEOPLE_VIEW, REVEAL, AnyUser, may, scope
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Membership, Person, Post, Unit
from lianxin.ui.phones import mask
from lianxin.ui.words import words_in

QUOTA = 20
"""Phones one account may open in a day."""
SHORTEST_REASON = 5
NUMBER = re.compile(r"1[3-9]\d{9}|0\d{9,11}")


# --- sealing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sealed:
    """A phone as it is kept: `Person.sealed_phone` and `Person.phone_index`."""

    phone: bytes
    index: str


def sealed(number: str, code: str) -> Sealed:
    """Seal a phone for the person of that code. Raises OrganizationError where it is no phone number."""
    digits = clean_phone(number)
    return Sealed(seal(digits, key="person", bound_to=code), phone_index(digits))


def seal_phone(person: Person, number: str) -> None:
    """Keep this number for the person; it is not saved to the database yet."""
    kept = sealed(number, person.code)
    person.sealed_phone, person.phone_index = kept.phone, kept.index


def masked_phone(person: Person) -> str:
    """The person's phone, masked. Empty where none is kept."""
    return masked(person.sealed_phone, key="person", bound_to=person.code)


def masked(kept: bytes | memoryview | None, *, key: str, bound_to: str) -> str:
    """A sealed phone, masked: 138****1234, or **** where the seal is broken. Empty where none is kept."""
    if not kept:
        return ""
    try:
        return mask(unseal(bytes(kept), key=key, bound_to=bound_to))
    except SealBroken:
        return mask("")


def phone_index(number: str) -> str:
    """Finds the same number again without opening it."""
    return fingerprint(clean_phone(number), key="lookup")


def clean_phone(number: str) -> str:
    """Digits only: full-width ones, spaces, dashes and +86 are understood. Raises OrganizationError."""
    digits = re.sub(r"[\s()（）\-–—]", "", unicodedata.normalize("NFKC", number[:40]))
    digits = re.sub(r"^(\+86|0086)", "", digits)
    if not NUMBER.fullmatch(digits):
        raise OrganizationError("phone", found=number[:40])
    return digits


def _open(person: Person) -> str:
    try:
        return unseal(bytes(person.sealed_phone or b""), key="person", bound_to=person.code)
    except SealBroken as broken:
        raise OrganizationError("phone_broken") from broken


# --- opening ---------------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """A phone that was opened, and the entry that says so."""

    number: str
    entry: Entry


@transaction.atomic
def reveal_phone(*, actor: Any, person: Person, reason: str) -> Opened:
    """Open a person's phone. Entered with the reason; the person and the auditor see it.

    Raises Http404 without the permission on one of the person's units; OrganizationError for a reason too short, a quota used
    up, or no phone.
    """
    unit = _unit_of(actor, person, REVEAL)
    if unit is None:
        raise Http404
    if len(words_in(reason)) < SHORTEST_REASON:
        raise OrganizationError("reason_short")
    if not person.sealed_phone:
        raise OrganizationError("no_phone", person=person.name)
    opened = Entry.objects.filter(kind="organizations.phone_revealed", actor=actor, happened_on=clock.today()).count()
    if opened >= QUOTA:
        raise OrganizationError("quota", most=QUOTA)
    number = _open(person)
    entry = record(
        actor=actor,
        kind="organizations.phone_revealed",
        unit=unit,
        happened_on=clock.today(),
        subject=person.subject,
        data={"person": person.pk},
        reason=reason,
    )
    return Opened(number, entry)


# --- looking ---------------------------------------------------------------------------------------------------------


def people_for(user: AnyUser, *permissions: str) -> QuerySet[Person]:
    """People who today hold a post or a membership at a unit where the user has any of these permissions."""
    where = scope(user, *(permissions or (PEOPLE_VIEW,)), prefix="unit__")
    today = clock.today()
    posts = Post.objects.on(today).filter(where, person=OuterRef("pk"))
    memberships = Membership.objects.on(today).filter(where, person=OuterRef("pk"))
    return Person.objects.filter(seen(), Exists(posts) | Exists(memberships))


def person_for(user: AnyUser, pk: int, *permissions: str) -> Person:
    """One person. Raises Http404 where there is none and, alike, where it is not theirs to see."""
    person = people_for(user, *permissions).filter(pk=pk).first()
    if person is None:
        raise Http404
    return person


@dataclass(frozen=True)
class Look:
    """One line of the access log: who did what to whose data, when and why."""

    entry: Entry
    what: str
    who: str
    concerns: str
    """Code of the person concerned, or number of the case, without a name: the log opens nobody's data."""
    reason: str


def looks_at(user: AnyUser) -> tuple[Person, list[Look]]:
    """The user's own person, and who opened their data. Raises Http404 for an account that belongs to nobody."""
    person = None if user.pk is None else Person.objects.filter(user__pk=user.pk).first()
    if person is None:
        raise Http404
    entries = Entry.objects.filter(kind="organizations.phone_revealed", subject=person.subject)
    return person, looks(entries.select_related("actor__person", "reason", "unit").order_by("-id")[:200])


def held_by(person: Person, on: date | None = None) -> tuple[list[Post], list[Membership]]:
    """The posts and memberships a person holds on a day (today)."""
    day = on or clock.today()
    posts = Post.objects.on(day).filter(person=person).select_related("unit")
    return list(posts), list(Membership.objects.on(day).filter(person=person).select_related("unit"))


def access_log(user: AnyUser) -> QuerySet[Entry]:
    """Acts that opened or handed out data or rights, newest first, within the user's reach. Raises Http404."""
    if not may(user, LOG_VIEW):
        raise Http404
    entries = Entry.objects.filter(scope(user, LOG_VIEW, prefix="unit__"), kind__in=logged_kinds())
    return entries.select_related("actor__person", "reason", "unit").order_by("-id")


def looks(entries: Iterable[Entry]) -> list[Look]:
    """Entries of the access log as lines to read."""
    kinds, entries = declared(), list(entries)
    codes = _codes_of(entries)
    return [
        Look(
            entry=entry,
            what=str(kinds[entry.kind].label),
            who=getattr(getattr(entry.actor, "person", None), "name", ""),
            concerns=codes.get(entry.subject) or _number_of(entry.subject),
            reason=getattr(getattr(entry, "reason", None), "text", ""),
        )
        for entry in entries
    ]


def _codes_of(entries: list[Entry]) -> dict[str, str]:
    """Subject of an entry → code of the person it is about, in one query."""
    people = Person.objects.filter(
        Q(pk__in=[entry.data["person"] for entry in entries if "person" in entry.data])
        | Q(user__in=[entry.data["account"] for entry in entries if "account" in entry.data])
    )
    codes = {}
    for pk, user, code in people.values_list("pk", "user", "code"):
        codes[f"organizations.person:{pk}"] = codes[f"accounts.user:{user}"] = code
    return codes


def _number_of(subject: str) -> str:
    """What an entry is about that is no person: the number of a case."""
    app, _dot, rest = subject.partition(".")
    return "" if app in ("organizations", "accounts") else rest.partition(":")[2]


def _unit_of(user: AnyUser, person: Person, permission: str) -> Unit | None:
    """The first of the person's units on which the user has the permission."""
    posts, memberships = held_by(person)
    units = [post.unit for post in posts] + [membership.unit for membership in memberships]
    return next((unit for unit in units if may(user, permission, unit)), None)
