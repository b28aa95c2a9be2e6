"""What the adjusted figures leave out (剔除): who asked, who decided, when and why; and what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.cases.models import IN_FORCE, WAITING, Exclusion, ExclusionQuerySet, Ground
from lianxin.cases.queries.reach import in_sight, not_about
from lianxin.organizations import words
from lianxin.organizations.access import CASE_DISPATCH, CASE_EXCLUDE, AnyUser, grants_for, scope
from lianxin.organizations.models import path_ids

PAGE_SIZE = 50
STATES: dict[str, tuple[Any, Q]] = {
    "open": (_("waits for a decision"), WAITING),
    "granted": (pgettext_lazy("exclusion", "granted"), IN_FORCE),
    "declined": (pgettext_lazy("exclusion", "declined"), Q(agreed=False)),
    "lifted": (pgettext_lazy("exclusion", "lifted"), Q(lifted__isnull=False)),
}
"""Each exclusion is in one of them."""


@dataclass(frozen=True)
class Tab:
    """Those in one state: how many, and where they stand."""

    words: object
    count: int
    address: str
    here: bool


@dataclass(frozen=True)
class Listed:
    """One exclusion: each step as a line that says who, when and why."""

    exclusion: Exclusion
    asked: words.Line
    decided: words.Line | None
    lifted: words.Line | None


@dataclass(frozen=True)
class ExclusionList:
    """One page of them, the newest first."""

    tabs: Sequence[Tab]
    page: Page[Exclusion]
    rows: Sequence[Listed]
    ground: str
    grounds: Sequence[tuple[str, Any]]
    state: str


def exclusions_for(user: AnyUser) -> ExclusionQuerySet:
    """Those of cases placed where the user dispatches; none of a case that complains about their own unit."""
    theirs = in_sight("case__") & not_about(user, "case__")
    return Exclusion.objects.filter(scope(user, CASE_DISPATCH, prefix="case__place__"), theirs)


def undecided_for(user: AnyUser) -> ExclusionQuerySet:
    """Those that wait and that the user did not ask for; of whom they may decide about."""
    if not any(CASE_EXCLUDE in grant.permissions for grant in grants_for(user)):
        return Exclusion.objects.none()
    return Exclusion.objects.waiting().exclude(proposed__entry__actor=user.pk)


def led_by_own(user: AnyUser) -> Q:
    """Cases led by a unit at which, or beneath which, the user holds anything."""
    return Q(lead__isnull=False, lead__in=sorted({pk for grant in grants_for(user) for pk in path_ids(grant.path)}))


def exclusion_list(user: AnyUser, asked: Mapping[str, str]) -> ExclusionList:
    """One page of exclusions, as asked: of a state, on a ground."""
    ground = asked.get("ground", "") if asked.get("ground", "") in Ground.values else ""
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    found = exclusions_for(user)
    found = found.filter(ground=ground) if ground else found
    counts = found.aggregate(**{name: Count("pk", filter=which) for name, (_words, which) in STATES.items()})
    chosen = found.filter(STATES[state][1]) if state else found
    steps = [path for step in ("proposed", "decided", "lifted") for path in words.told_of(f"{step}__entry__")]
    chosen = chosen.select_related("case__place", "case__lead", "case__item", *steps).order_by("-pk")
    page = Paginator(chosen, PAGE_SIZE).get_page(asked.get("page"))
    return ExclusionList(
        tabs=[
            Tab(label, counts[name], f"{reverse('exclusions')}?{urlencode({'state': name, 'ground': ground})}", name == state)
            for name, (label, _which) in STATES.items()
        ],
        page=page,
        rows=_rows(user, list(page)),
        ground=ground,
        grounds=Ground.choices,
        state=state,
    )


def _rows(user: AnyUser, found: Sequence[Exclusion]) -> list[Listed]:
    entries = [step.entry for one in found for step in (one.proposed, one.decided, one.lifted) if step is not None]
    lines = {line.entry.pk: line for line in words.lines(user, entries)}
    return [
        Listed(
            one,
            lines[one.proposed.entry_id],
            lines[one.decided.entry_id] if one.decided else None,
            lines[one.lifted.entry_id] if one.lifted else None,
        )
        for one in found
    ]
