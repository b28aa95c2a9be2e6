"""Elections (换届) as acts. The term's end is never typed: it is this day plus the unit's `term_years` (terms.py)."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.actions.committees import COMMITTEE_TITLES, Change, derive_committees
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Person, Post, Title, Unit
from lianxin.organizations.terms import anniversary, last_election_on, term_years

MOST_IN_COMMITTEE = 7


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
        subject=unit.subject,
        data={
            "seats": len(elected),
            "one_shoulder": one_shoulder,
            "elected": ", ".join(f"{person.pk} {title}" for person, title in elected),
        },
    )
    over = Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=unit, title__in=COMMITTEE_TITLES, since__lte=day)
    over.update(until=day)
    Post.objects.bulk_create(Post(person=person, unit=unit, title=title, since=day) for person, title in elected)
    derive_committees([Change(unit, Title.SECRETARY, day, entry)])
    return entry


def _heads(person: Person, unit: Unit, day: date) -> bool:
    """Whether the person heads the village or community in which the branch works (一肩挑)."""
    places = [unit.pk, *unit.ancestor_ids[-2:-1]]
    return Post.objects.on(day).filter(person=person, unit__in=places, title=Title.HEAD).exists()
