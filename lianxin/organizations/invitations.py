"""Accounts of people: one-time links for them, closing an account, the first administrator of an installation.

Administration sees names, posts and whether an account exists, nothing else of a person and no content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse

from lianxin.accounts import actions as accounts
from lianxin.accounts.models import Invitation, User
from lianxin.ledger import clock
from lianxin.ledger.models import Entry, seen
from lianxin.organizations.access import ACCOUNTS_MANAGE, AnyUser, may
from lianxin.organizations.actions import register_person
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Membership, Person, Post, Title, Unit


@dataclass(frozen=True)
class Link:
    """What is handed to a person on paper, once."""

    person: Person
    unit: Unit
    username: str
    path: str


def invite_people(*, actor: Any, people: Sequence[Person]) -> list[Link]:
    """A one-time link for each person, valid 14 days; an unused older one dies. Makes the account where there is none.

    Raises Http404 without the permission, OrganizationError for a person without post or membership. All or nothing.
    """
    if not may(actor, ACCOUNTS_MANAGE):
        raise Http404
    return _invite(actor, people)


@transaction.atomic
def _invite(actor: User, people: Sequence[Person]) -> list[Link]:
    units = _units_of(people)
    for person in people:
        if person.pk not in units:
            raise OrganizationError("no_unit", person=person.name)
        if person.user is None:
            person.user = User.objects.create_user(_free_name(person.code), created_at=clock.now())
            person.save(update_fields=["user"])
    accounts_and_units = [(person.user, units[person.pk]) for person in people if person.user]
    tokens = accounts.issue_links(actor=actor, accounts=accounts_and_units)
    return [
        Link(person, unit, user.username, reverse("invitation", args=[token]))
        for person, (user, unit), token in zip(people, accounts_and_units, tokens, strict=True)
    ]


def deactivate_account(*, actor: Any, person: Person) -> Entry:
    """Close a person's account at once: signed out everywhere, links dead. A new link opens it again.

    Raises OrganizationError where it is closed already, or is one's own.
    """
    user = _account(actor, person)
    if user.pk == actor.pk:
        raise OrganizationError("own_account")
    if not user.is_active:
        raise OrganizationError("account_closed", person=person.name)
    return accounts.deactivate_account(actor=actor, user=user, unit=_unit(actor, person))


def revoke_invitation(*, actor: Any, person: Person) -> Entry | None:
    """Withdraw a link that was not used yet."""
    return accounts.revoke_invitations(actor=actor, user=_account(actor, person), unit=_unit(actor, person))


@transaction.atomic
def first_administrator(*, actor: User, county: Unit, name: str) -> str:
    """The first administrator of an installation: a person with the post, and the token of their one-time link.

    actor: the account under which the county was founded.
    """
    person = register_person(actor=actor, code="A0001", name=name, unit=county, since=clock.today(), title=Title.ADMINISTRATOR)
    person.user = User.objects.create_user("administrator", created_at=clock.now())
    person.save(update_fields=["user"])
    [token] = accounts.issue_links(actor=actor, accounts=[(person.user, county)])
    return token


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """One line of the administration: a name, where they serve, and how it stands with the account."""

    person: Person
    roles: list[str]
    state: str
    """none, invited, open, closed"""
    can_close: bool


STATES = ("none", "invited", "open", "closed")


def people_to_administer(user: AnyUser, search: str = "", state: str = "") -> QuerySet[Person]:
    """Everybody with a post today, and everybody who has an account. Raises Http404 without the permission."""
    if not may(user, ACCOUNTS_MANAGE):
        raise Http404
    in_post = Exists(Post.objects.on(clock.today()).filter(person=OuterRef("pk")))
    invited = Exists(Invitation.objects.open_at(clock.now()).filter(user=OuterRef("user")))
    people = Person.objects.filter(seen(), in_post | Q(user__isnull=False)).select_related("user")
    if search:
        people = people.filter(Q(name__contains=search) | Q(code=search) | Q(initials__istartswith=search))
    chosen = {
        "none": Q(user=None),
        "invited": invited,
        "open": Q(user__is_active=True) & ~Q(user__password__startswith="!"),  # nosec B106  # how Django marks “no password yet”
        "closed": Q(user__is_active=False),
    }
    return people.filter(chosen.get(state, Q())).order_by("initials", "pk")


def accounts_of(user: AnyUser, people: Sequence[Person]) -> list[Account]:
    """These people as lines of the administration, in two queries."""
    today = clock.today()
    roles: dict[int, list[str]] = {}
    for post in Post.objects.on(today).filter(person__in=people).select_related("unit"):
        roles.setdefault(post.person_id, []).append(f"{post.unit.name} {Title(post.title).label}")
    users = [person.user_id for person in people if person.user_id]
    invited = set(Invitation.objects.open_at(clock.now()).filter(user__in=users).values_list("user_id", flat=True))
    return [
        Account(
            person=person,
            roles=roles.get(person.pk, []),
            state=_state(person.user, invited),
            can_close=bool(person.user and person.user.is_active and person.user_id != user.pk),
        )
        for person in people
    ]


def people_by_code(user: AnyUser, codes: Sequence[str]) -> list[Person]:
    """The people of these codes, in that order. Raises Http404 where one does not exist."""
    if not may(user, ACCOUNTS_MANAGE):
        raise Http404
    return find_people(codes)


def find_people(codes: Sequence[str]) -> list[Person]:
    """The people of these codes, in that order; for commands, which whoever holds the data folder may run."""
    written = [code for code in codes if code.isprintable()]
    found = {person.code: person for person in Person.objects.filter(seen(), code__in=written).select_related("user")}
    missing = next((code for code in codes if code not in found), None)
    if missing is not None:
        raise Http404(missing)
    return [found[code] for code in codes]


def people_without_account(unit: Unit | None = None) -> list[Person]:
    """Everybody in a post today who has no account, of the whole installation or of one subtree; for commands."""
    posts = Post.objects.on(clock.today()).filter(person=OuterRef("pk"))
    if unit is not None:
        posts = posts.filter(unit__in=Unit.objects.beneath(unit.path))
    return list(Person.objects.filter(seen(), Exists(posts), user=None).order_by("code"))


def oldest_administrator() -> User | None:
    """Under whose name a command acts."""
    posts = Post.objects.on(clock.today()).filter(title=Title.ADMINISTRATOR, person__user__is_active=True)
    post = posts.select_related("person__user").order_by("pk").first()
    return post.person.user if post else None


def person_behind(invitation: Invitation) -> Person | None:
    """For whom an invitation is."""
    return Person.objects.filter(user=invitation.user_id).first()


def _state(user: User | None, invited: set[int]) -> str:
    if user is None:
        return "none"
    if user.pk in invited:
        return "invited"
    return "open" if user.is_active and user.has_usable_password() else "closed"


def _account(actor: Any, person: Person) -> User:
    if not may(actor, ACCOUNTS_MANAGE):
        raise Http404
    if person.user is None:
        raise OrganizationError("no_account", person=person.name)
    return person.user


def _unit(actor: Any, person: Person) -> Unit:
    """Where an act about an account is entered: the person's own unit, else the administrator's."""
    units = _units_of([person])
    return units.get(person.pk) or Post.objects.on(clock.today()).filter(person__user=actor).select_related("unit")[0].unit


def _units_of(people: Sequence[Person]) -> dict[int, Unit]:
    """Each person's unit today: that of the first post, else of the first membership."""
    today = clock.today()
    units: dict[int, Unit] = {}
    for held in (Post, Membership):
        for row in held.objects.on(today).filter(person__in=people).select_related("unit").order_by("pk"):
            units.setdefault(row.person_id, row.unit)
    return units


def _free_name(code: str) -> str:
    """The person's code as sign-in name; with a number at its end where somebody chose just that one."""
    name, number = code[:36], 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{code[:36]}-{number}"
    return name
