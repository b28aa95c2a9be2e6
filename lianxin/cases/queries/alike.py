"""Open cases that may be the same as what somebody is about to report, shown to a stranger without a word of what others wrote.

Of another's report only what the stranger typed, too, is ever shown; and only where much of it is the same, so that nobody can
ask word by word what others wrote. Which cases those are, duplicates.py says; what complains about a unit is never among them.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.core import signing
from django.db.models import Count

from lianxin.cases import receipts
from lianxin.cases.duplicates import Similar, similar_open
from lianxin.cases.models import Case, Reporter, Sending
from lianxin.organizations.models import Unit

SHOWN = 3
SHORTEST = 6
"""Fewer signs than that are like everything, and could be somebody's name."""
SALT = "cases.join"
GOOD_FOR = 14 * 24 * 3600
"""Seconds an offer to join holds: a draft may wait for a network."""


@dataclass(frozen=True)
class Alike:
    """A case that may be the same. offer: lets its holder join. shared: words both wrote. people: how many have it."""

    offer: str
    title: str
    shared: tuple[str, ...]
    place: str
    reported_on: date
    state: str
    people: int


def alike(place: Unit, text: str) -> list[Alike]:
    """The likest open cases near the place."""
    if len(set(re.sub(r"[\W_]+", "", text[:1000]))) < SHORTEST:
        return []
    found = similar_open(place, text, SHOWN)
    if not found:
        return []
    still_there = Reporter.objects.filter(case__in=[each.case.pk for each in found], left_at=None)
    people = dict(still_there.order_by().values_list("case").annotate(Count("pk")))
    return [_shown(each, people.get(each.case.pk, 0)) for each in found]


def _shown(similar: Similar, people: int) -> Alike:
    case = similar.case
    return Alike(
        offer=signing.dumps(case.pk, salt=SALT),
        title=str(case.item) if case.item else "",
        shared=similar.words,
        place=case.place.name,
        reported_on=case.reported_on,
        state=case.get_state_display(),
        people=people,
    )


def case_offered(offer: str) -> Case | None:
    """The case an offer lets join. None: it is none of ours, or too old."""
    if not offer:
        return None
    try:
        pk = signing.loads(offer[:200], salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return Case.objects.filter(pk=pk).first()


def was_sent(sending: str) -> bool:
    """Whether a report was received under this key: sent once more, it is like nothing but itself."""
    return Sending.objects.filter(key=receipts.digest_of_sending(sending)).exists()
