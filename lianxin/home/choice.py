"""What a page of figures was asked to show, and the addresses that ask for it. One choice, kept in the address alone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404
from django.urls import reverse

from lianxin.ledger import clock
from lianxin.ledger.figures import Asked, Figure
from lianxin.organizations.access import (
    BRANCH,
    OWN,
    STANDING_VIEW,
    SUBTREE,
    AnyUser,
    Grant,
    grants_for,
    may,
    scope,
    unit_for,
    units_for,
)
from lianxin.organizations.models import Placement, Unit, subtree
from lianxin.reminders.owed import asks_election
from lianxin.reminders.picture import BUCKETS, Picture, Place, bucket, picture, why
from lianxin.schemes.queries import StandingRow
from lianxin.schemes.scheme import Scheme


@dataclass(frozen=True)
class Choice:
    """Of which day, known when, beneath which unit, which units. Empty means all."""

    unit: str
    as_of: date | None = None
    known_as_of: date | None = None
    field: str = ""
    level: str = ""
    scheme: str = ""
    clause: str = ""
    state: str = ""
    beneath: str = ""
    """`direct`: without those that stand beneath a township, village or community of their own."""
    alert: str = ""
    falling_due: bool = False
    """Only what is overdue or falls due soon."""
    lacking: bool = False
    """Only units that lack something."""
    month: str = ""
    """Only what is due in that month: 2026-12."""

    def address(self, name: str, **changes: Any) -> str:
        """Where this choice, with the changes made, is shown by the page of that name."""
        values = {key: 1 if value is True else value for key, value in vars(replace(self, **changes)).items() if value}
        return f"{reverse(name)}?{urlencode(values)}"

    def standing(self, code: str, scheme: str) -> str:
        """Why one unit stands as it does, on the chosen day."""
        return self._with_day(why(code, scheme))

    def page_of(self, code: str) -> str:
        """A unit's page, on the chosen day."""
        return self._with_day(reverse("unit", args=[code]))

    def figure(self, key: str, part: str = "") -> str:
        """The rows of a declared figure beneath the chosen unit."""
        return self._with_day(reverse("figure", args=[key]), unit=self.unit, part=part)

    def _with_day(self, address: str, **values: str) -> str:
        days = {name: day.isoformat() for name in ("as_of", "known_as_of") if (day := getattr(self, name))}
        asked = {**{name: value for name, value in values.items() if value}, **days}
        return f"{address}?{urlencode(asked)}" if asked else address


def asked_unit(user: AnyUser, code: str) -> Unit:
    """The unit an address names; where it names none, the reader's own highest one. Raises Http404 for a unit not theirs."""
    return unit_for(user, code) if code else Unit.objects.get(pk=highest(user))


def highest(user: AnyUser) -> int:
    """The id of the unit a reader looks at unasked: the highest whose whole subtree is theirs, else the first of their own."""
    grants = [grant for grant in grants_for(user) if STANDING_VIEW in grant.permissions]
    grants.sort(key=lambda grant: (grant.reach in (OWN, BRANCH), len(grant.path), grant.path))
    if not grants:
        raise Http404
    return grants[0].unit_id


POINTS = "contact-131"
"""The scheme of the contact points (联系点)."""


def is_election(scheme: Scheme) -> bool:
    """A scheme that asks for nothing but elections is told by its due days, not by its states."""
    return all(asks_election(clause) for clause in scheme.clauses)


PARTS = ("township", "village", "community")
"""Kinds of units that make a row of the board, where they stand directly beneath the chosen one."""


@dataclass(frozen=True)
class View:
    """What one reader sees of a picture: the units that are theirs, beneath the chosen one, of the chosen field and level."""

    picture: Picture
    choice: Choice
    unit: Unit | Place
    """As it stands now; where only the day matters, as it stood then."""
    top: Place | None
    """The chosen unit as it stood on the day; None where it was not open."""
    user: AnyUser | None
    """None: whoever runs the installation, at its terminal."""

    @cached_property
    def visible(self) -> frozenset[int] | None:
        """Ids of the units that are theirs; None: whatever stands beneath the chosen one, without looking them up."""
        if self.user is None or (self.picture.key == (clock.today(), None) and any(map(self._holds_all, grants_for(self.user)))):
            return None
        return frozenset(units_for(self.user).order_by().values_list("pk", flat=True))

    def _holds_all(self, grant: Grant) -> bool:
        """Whether that right reaches all that stands beneath the chosen unit now."""
        beneath = self.top is not None and self.top.path.startswith(grant.path)
        return beneath and grant.reach == SUBTREE and STANDING_VIEW in grant.permissions

    @property
    def schemes(self) -> list[Scheme]:
        """The contact points first, then elections; ratings, which draw on the others, last."""
        return sorted(
            self.picture.schemes, key=lambda scheme: (scheme.key != POINTS, not is_election(scheme), bool(scheme.levels))
        )

    def standings(self, scheme: Scheme, clause: str = "") -> list[StandingRow]:
        """Verdicts (or one clause) of the units in view of which the scheme asks something that day."""
        kept = self.picture.standings(scheme)
        rows: Iterable[StandingRow] = kept.verdicts
        if clause:
            rows = (row for rows in kept.clauses.values() for row in rows if row.clause == clause)
        return [row for row in rows if bucket(row) and self.holds(row.unit_id, row.unit_path)]

    def holds(self, unit_id: int, path: str) -> bool:
        if self.top is None or not path.startswith(self.top.path) or not (self.visible is None or unit_id in self.visible):
            return False
        tree, choice = self.picture.tree, self.choice
        if choice.field and tree.places[unit_id].field != choice.field:
            return False
        return not choice.level or tree.level_of(path) == choice.level

    def part_of(self, path: str) -> Place | None:
        """The township, village or community directly beneath the chosen unit to which a path belongs."""
        place = self.picture.tree.step(path, len(self.top.path)) if self.top else None
        return place if place and place.kind in PARTS else None

    def opens(self, figure: Figure) -> bool:
        """Whether the reader may see a declared figure and its rows."""
        return self.user is None or may(self.user, figure.permission)

    def asked(self, figure: Figure) -> Asked:
        """What a declared figure is asked: the day, and the units in view on which the reader has its permission."""

        def within(prefix: str = "") -> Q:
            beneath = self._stood_beneath(prefix)
            return beneath & scope(self.user, figure.permission, prefix=prefix) if self.user else beneath

        return Asked(self.picture.as_of, self.picture.known_at, within)

    def _stood_beneath(self, prefix: str) -> Q:
        """The units that stood beneath the chosen one on the day; those not open that day belong where they stand last."""
        now = subtree(self.unit.path, prefix)
        if self.top is None or self.picture.key == (clock.today(), None):
            return now
        then = Placement.objects.known_at(self.picture.known_at).on(self.picture.as_of)
        there = then.filter(subtree(self.top.path)).values("unit")
        return Q(**{f"{prefix}pk__in": there}) | (now & ~Q(**{f"{prefix}pk__in": then.values("unit")}))

    def chosen(self, scheme: Scheme) -> list[StandingRow]:
        """The standings a list was asked for: of the chosen clause, state, alert and part."""
        choice = self.choice
        return [
            row
            for row in self.standings(scheme, choice.clause)
            if (not choice.state or bucket(row) == choice.state)
            and (not choice.alert or row.alert == choice.alert)
            and (not choice.falling_due or bool(row.alert))
            and (not choice.lacking or bool(row.missing))
            and (not choice.month or (row.due is not None and row.due.isoformat().startswith(choice.month)))
            and (not choice.beneath or self.part_of(row.unit_path) is None)
        ]


def view_for(user: AnyUser | None, unit: Unit | Place, choice: Choice) -> View:
    """What the reader sees beneath a unit. The picture is kept."""
    seen = picture(choice.as_of, choice.known_as_of)
    return View(seen, choice, unit, seen.tree.find(unit.code), user)


@dataclass(frozen=True)
class Tally:
    """How many units are in which bucket."""

    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def tally(rows: Iterable[StandingRow]) -> Tally:
    """Count standings by bucket; what is asked of nobody is not counted."""
    counts = dict.fromkeys(BUCKETS, 0)
    for row in rows:
        found = bucket(row)
        if found:
            counts[found] += 1
    return Tally(counts)
