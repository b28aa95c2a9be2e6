"""Open cases that may be the same as what somebody is about to report, shown to a stranger without a word of what others wrote.

Of another's report only what the stranger typed, too, is ever shown; and only where much of it is the same, so that nobody can
ask word by word what others wrote. Cases that complain about a unit are left out.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.core import signing
from django.db.models import Count, Q

from lianxin.cases import receipts
from lianxin.cases.models import OPEN_STATES, Case, CaseStep, Sending, State
from lianxin.organizations.models import Unit, path_end

LOOKED_AT = 200
SHOWN = 3
SHORTEST = 6
"""Fewer signs than that are like everything."""
ALIKE = 0.4
"""So much of the shorter of two texts must stand in the other one."""
SALT = "cases.join"
GOOD_FOR = 14 * 24 * 3600
"""Seconds an offer to join holds: a draft may wait for a network."""


@dataclass(frozen=True)
class Alike:
    """A case that may be the same. offer: lets its holder join. shared: words both wrote. people: how many have it."""

    offer: str
    title: str
    shared: list[str]
    reported_on: date
    state: str
    lead: Unit | None
    people: int


def alike(place: Unit, text: str) -> list[Alike]:
    """The most similar open cases in the place, best first."""
    wanted = _pairs(text)
    if len(wanted) < SHORTEST - 1:
        return []
    here = Q(place__path__gte=place.path, place__path__lt=path_end(place.path))
    cases = Case.objects.filter(here, state__in=(*OPEN_STATES, State.HANDLED), about=None, erased_at=None)
    latest = cases.order_by("-id").values_list("pk", flat=True)[:LOOKED_AT]
    said = CaseStep.objects.filter(case__in=list(latest), move__in=("report", "record"), erased_at=None)
    scored = [(_likeness(wanted, _pairs(step.text)), step) for step in said]
    best = sorted(((score, step) for score, step in scored if score >= ALIKE), key=lambda each: -each[0])[:SHOWN]
    found = Case.objects.select_related("item", "lead").annotate(people=Count("reporters", filter=Q(reporters__left_at=None)))
    known = found.in_bulk([step.case_id for _score, step in best])
    return [_shown(known[step.case_id], text, step.text) for _score, step in best]


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


def _shown(case: Case, text: str, theirs: str) -> Alike:
    return Alike(
        offer=signing.dumps(case.pk, salt=SALT),
        title=case.item.title if case.item else "",
        shared=_shared(text, theirs),
        reported_on=case.reported_on,
        state=case.get_state_display(),
        lead=case.lead,
        people=case.people,  # type: ignore[attr-defined]  # annotated above
    )


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())[:1000]


def _pairs(text: str) -> set[str]:
    letters = _letters(text)
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


def _likeness(one: set[str], other: set[str]) -> float:
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller >= SHORTEST - 1 else 0.0


def _shared(text: str, theirs: str) -> list[str]:
    """The longest words of the first text that stand in the second."""
    pairs, words, at = _pairs(theirs), [], 0
    for piece in re.findall(r"[^\W_]+", text[:1000]):
        at, lower = 0, piece.lower()
        while at < len(lower) - 1:
            end = at
            while end < len(lower) - 1 and lower[end : end + 2] in pairs:
                end += 1
            if end > at:
                words.append(piece[at : end + 1])
            at = max(end, at + 1)
    return sorted(dict.fromkeys(words), key=len, reverse=True)[:4]
