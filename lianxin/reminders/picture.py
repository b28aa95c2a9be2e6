"""The picture of a day: where every unit stood and how it stood by every scheme. Kept until the ledger changes (ledger/kept.py).

Pages and reminders read the same picture, so that the same figure is the same everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language

from lianxin.ledger import clock
from lianxin.ledger.kept import Head, Kept, ledger_head
from lianxin.organizations.models import LABEL_WIDTH, Placement, UnitKind
from lianxin.schemes import queries as schemes
from lianxin.schemes.queries import StandingRow, Versions
from lianxin.schemes.scheme import Clause, Scheme, Title, tallies_of

MET, ON_TRACK, BEHIND, IMPOSSIBLE, UNMET, UNKNOWN = "met", "on_track", "behind", "impossible", "unmet", "unknown"
BUCKETS = (MET, ON_TRACK, BEHIND, IMPOSSIBLE, UNMET, UNKNOWN)
"""Every unit a scheme asks something of is in exactly one of these; their sum is the number of units asked."""
LEVELS = {UnitKind.COUNTY: "county", UnitKind.TOWNSHIP: "township", UnitKind.VILLAGE: "village", UnitKind.COMMUNITY: "village"}


class Place(NamedTuple):
    """A unit as it stood on the day."""

    unit_id: int
    code: str
    name: str
    kind: str
    field: str
    path: str

    @property
    def pk(self) -> int:
        return self.unit_id


@dataclass(frozen=True)
class Tree:
    """All units open on the day, by id."""

    places: dict[int, Place]

    def level_of(self, path: str) -> str:
        """county, township or village: the lowest such unit that a path passes through."""
        for end in range(len(path), 0, -LABEL_WIDTH):
            place = self.places.get(int(path[end - LABEL_WIDTH : end]))
            if place and place.kind in LEVELS:
                return LEVELS[UnitKind(place.kind)]
        return ""

    def above(self, path: str, *kinds: str) -> Place | None:
        """The nearest unit of one of these kinds on the way up."""
        for end in range(len(path), 0, -LABEL_WIDTH):
            place = self.places.get(int(path[end - LABEL_WIDTH : end]))
            if place and place.kind in kinds:
                return place
        return None

    def find(self, code: str) -> Place | None:
        return next((place for place in self.places.values() if place.code == code), None)

    def step(self, path: str, depth: int) -> Place | None:
        """The unit a path passes through just below a depth (a length of path)."""
        label = path[depth : depth + LABEL_WIDTH]
        return self.places.get(int(label)) if label else None

    def beneath(self, path: str) -> list[Place]:
        """Units directly beneath a path, in the order of their codes."""
        depth = len(path) + LABEL_WIDTH
        found = [place for place in self.places.values() if len(place.path) == depth and place.path.startswith(path)]
        return sorted(found, key=lambda place: place.code)


@dataclass(frozen=True)
class Standings:
    """One scheme on one day: the verdict of every unit it asks something of, and the clauses of each."""

    scheme: Scheme
    verdicts: Sequence[StandingRow]
    clauses: dict[int, list[StandingRow]]
    """By unit."""


@dataclass(frozen=True)
class Picture:
    """What is known of a day. Make one per request with `picture()`."""

    as_of: date
    known_on: date | None
    head: Head

    @property
    def known(self) -> datetime | None:
        """None: everything known now."""
        return clock.end_of(self.known_on) if self.known_on else None

    @property
    def known_at(self) -> datetime:
        return self.known or clock.now()

    @property
    def key(self) -> tuple[date, date | None]:
        return self.as_of, self.known_on

    @property
    def tree(self) -> Tree:
        return _trees.get(self.key, self.head, self._tree)

    @property
    def schemes(self) -> Sequence[Scheme]:
        """Schemes in force on the day, trials left out."""
        make = lambda: schemes.schemes_in_force(self.as_of, known_as_of=self.known, versions=self.versions)  # noqa: E731
        return _schemes.get(self.key, self.head, make)

    @property
    def versions(self) -> Versions:
        """What is published: asked for once for all schemes and days."""
        return _versions.get("published", self.head, schemes.published)

    def scheme(self, key: str) -> Scheme | None:
        return next((scheme for scheme in self.schemes if scheme.key == key), None)

    def standings(self, scheme: Scheme) -> Standings:
        """One scheme of the day. The first that is asked for brings all: one execution feeds everything shown of the day."""
        return _standings.get(self.key, self.head, self._standings)[scheme.key]

    def _tree(self) -> Tree:
        rows = Placement.objects.known_at(self.known_at).on(self.as_of)
        columns = rows.values_list("unit_id", "unit__code", "name", "kind", "field", "path")
        return Tree({row[0]: Place(*row) for row in columns})

    def _standings(self) -> dict[str, Standings]:
        reads = [
            schemes.reading(scheme.key, as_of=self.as_of, known_as_of=self.known, versions=self.versions)
            for scheme in self.schemes
        ]
        found = {}
        for scheme, rows in zip(self.schemes, schemes.evaluate_together(reads), strict=True):
            clauses: dict[int, list[StandingRow]] = {}
            for row in rows:
                if row.role == "clause":
                    clauses.setdefault(row.unit_id, []).append(row)
            found[scheme.key] = Standings(scheme, [row for row in rows if row.role == "verdict"], clauses)
        return found


_trees: Kept[Tree] = Kept(6)
_versions: Kept[Versions] = Kept(1)
_schemes: Kept[Sequence[Scheme]] = Kept(12)
_standings: Kept[dict[str, Standings]] = Kept(6)


def picture(as_of: date | None = None, known_on: date | None = None) -> Picture:
    """The picture of a day (today), as it was known at the end of another (as it is known now)."""
    return Picture(as_of or clock.today(), known_on, ledger_head())


def bucket(row: StandingRow) -> str | None:
    """Which of BUCKETS a standing is in; None where nothing is asked (not applicable, waived) or the unit has left."""
    found = schemes.bucket_of(row)
    return found if row.lasting and found in BUCKETS else None


def in_words(title: Title) -> str:
    """A title in the reader's language, as a line begins with it."""
    return capfirst(within(title))


def within(title: Title) -> str:
    """A title in the reader's language, as it stands within a sentence."""
    return title.in_language(get_language() or "zh-hans")


def kinds_of(clause: Clause | None) -> Sequence[str]:
    """Kinds of entries that count towards a clause, its own kind first."""
    return [kind for tally in tallies_of(clause.test) for kind in tally.kinds] if clause else []


def why(code: str, scheme: str) -> str:
    """Where a unit's standing with a scheme is explained, clause by clause."""
    return reverse("standing", args=[code, scheme])
