"""Elections due, and committees analysed (逐村分析研判): derived from posts, entries and facts, within the user's reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.moments import Moment
from lianxin.organizations.access import STANDING_VIEW, AnyUser, units_for
from lianxin.organizations.actions import COMMITTEE_TITLES
from lianxin.organizations.models import Placement, Post, Title, Unit, UnitKind, subtree
from lianxin.organizations.queries import PAGE_SIZE, placement_of, placements_for, placements_on, units_within
from lianxin.organizations.terms import REMINDED, Term, average_age, due_within, terms_of

MONTHS = (1, 3, 6, 12, 24)
"""How far ahead one may look; 0 stands for overdue only."""
SENIOR = 60
"""From which age on a member counts as senior in the analysis."""


@dataclass(frozen=True)
class Elections:
    """The list of elections due."""

    at: Unit | None
    places: Sequence[Placement]
    """Townships to choose from."""
    months: int
    overdue: Sequence[Term]
    due: Sequence[Term]
    all: int
    """How many units of the reach elect a committee."""


def elections_page(user: AnyUser, moment: Moment, asked: Mapping[str, str]) -> Elections:
    """Elections overdue or due within the months asked for, everywhere in the user's reach or beneath the unit `at`."""
    rows = placements_for(user, moment)
    at = None
    if asked.get("at"):
        at = units_for(user).filter(code=asked["at"]).first()
        placement = placement_of(at, moment) if at else None
        if at is None or placement is None:
            raise Http404
        rows = rows.filter(subtree(placement.path))
    months = int(asked.get("months", "")) if asked.get("months", "").isdigit() else REMINDED
    terms = terms_of(rows, moment)
    near = due_within(terms, min(months, 120), moment.day)
    townships = placements_for(user, moment).filter(kind__in=(UnitKind.COUNTY, UnitKind.TOWNSHIP)).order_by("path")
    return Elections(
        at=at,
        places=list(townships),
        months=months,
        overdue=[term for term in near if term.state == "overdue"],
        due=[term for term in near if term.state != "overdue"],
        all=len(terms),
    )


def elections_for(user: AnyUser, moment: Moment, months: int = REMINDED) -> list[Term]:
    """The elections overdue or due within so many months that the user may see, the earliest first."""
    return due_within(terms_of(placements_for(user, moment), moment), months, moment.day)


@dataclass(frozen=True)
class Committee:
    """One committee as it serves on the day."""

    unit: Unit
    name: str
    place: str
    size: int
    average_age: int | None
    senior: int
    one_shoulder: bool
    secretary: bool
    """Whether there is a secretary at all."""
    term: Term | None


@dataclass(frozen=True)
class Committees:
    """The committees beneath a unit, and their figures; each figure is the length of a list one can open."""

    rows: "Page[Committee]"
    chosen: str
    figures: Sequence[tuple[str, int]]
    """(filter, how many committees it leaves)."""
    average_age: int | None
    average_size: int | None
    """In tenths."""

    @property
    def title(self) -> str:
        return str(FILTER_WORDS[self.chosen])

    @property
    def figure_lines(self) -> list[tuple[str, str, int]]:
        """(filter, its words, how many)."""
        return [(name, str(FILTER_WORDS[name]), count) for name, count in self.figures]

    @property
    def one_shoulder_share(self) -> int | None:
        """In tenths of a per cent, of the committees that have a secretary."""
        counted = dict(self.figures)
        led = counted["all"] - counted["no_secretary"]
        return (2000 * counted["one_shoulder"] + led) // (2 * led) if led else None


FILTERS: dict[str, Callable[["Committee"], bool]] = {
    "all": lambda committee: True,
    "one_shoulder": lambda committee: committee.one_shoulder,
    "no_secretary": lambda committee: not committee.secretary,
    "senior": lambda committee: committee.senior > 0,
    "overdue": lambda committee: committee.term is not None and committee.term.state == "overdue",
    "due_soon": lambda committee: committee.term is not None and committee.term.state == "due_soon",
}

FILTER_WORDS = {
    "all": _("committees"),
    "one_shoulder": _("secretary also heads the village or community"),
    "no_secretary": _("without a secretary"),
    "senior": _("with members of 60 and older"),
    "overdue": _("election overdue"),
    "due_soon": _("election due within six months"),
}


def committees_page(user: AnyUser, unit: Unit, moment: Moment, asked: Mapping[str, str]) -> Committees:
    """The committees beneath `unit` at that moment. A handful of queries, however many committees."""
    placement = placement_of(unit, moment)
    found = committees_within(user, placement, moment) if placement else []
    chosen = asked.get("show", "") if asked.get("show", "") in FILTERS else "all"
    ages = [committee.average_age for committee in found if committee.average_age is not None]
    sizes = sum(committee.size for committee in found)
    return Committees(
        rows=Paginator([row for row in found if FILTERS[chosen](row)], PAGE_SIZE).get_page(asked.get("page")),
        chosen=chosen,
        figures=[(name, sum(map(keep, found))) for name, keep in FILTERS.items()],
        average_age=(2 * sum(ages) + len(ages)) // (2 * len(ages)) if ages else None,
        average_size=(20 * sizes + len(found)) // (2 * len(found)) if found else None,
    )


def committees_within(user: AnyUser, placement: Placement, moment: Moment) -> list[Committee]:
    """Every unit in the subtree in which somebody holds a committee post on the day, in the order of the tree."""
    reach = placements_for(user, moment, STANDING_VIEW).filter(subtree(placement.path))
    serving = Post.objects.on(moment.day).filter(units_within(placement, moment), title__in=COMMITTEE_TITLES)
    by_unit: dict[int, list[Post]] = {}
    for post in serving.select_related("person"):
        by_unit.setdefault(post.unit_id, []).append(post)
    heads = _heads(placement, moment)
    led: QuerySet[Placement] = reach.filter(unit__in=serving.values("unit"))
    terms = {term.unit.pk: term for term in terms_of(led, moment)}
    above = dict(placements_on(moment).filter(unit__in=led.order_by().values("parent")).values_list("unit_id", "name"))
    return [
        _committee(row, by_unit[row.unit_id], heads, terms, above, moment)
        for row in led.order_by("path")
        if row.unit_id in by_unit
    ]


def _heads(placement: Placement, moment: Moment) -> set[tuple[int, int]]:
    """(unit, person) of everybody who heads a village or community there."""
    where = units_within(placement, moment) | Q(unit=placement.parent_id)
    return set(Post.objects.on(moment.day).filter(where, title=Title.HEAD).values_list("unit_id", "person_id"))


def _committee(
    row: Placement,
    posts: Sequence[Post],
    heads: set[tuple[int, int]],
    terms: Mapping[int, Term],
    above: Mapping[Any, str],
    moment: Moment,
) -> Committee:
    people = {post.person_id: post.person for post in posts}
    secretaries = {post.person_id for post in posts if post.title == Title.SECRETARY}
    places = {row.unit_id, row.parent_id or 0}
    born = [person.birth_year for person in people.values() if person.birth_year]
    return Committee(
        unit=row.unit,
        name=row.name,
        place=above.get(row.parent_id, ""),
        size=len(people),
        average_age=average_age(list(people.values()), moment.day),
        senior=sum(moment.day.year - year >= SENIOR for year in born),
        one_shoulder=any((place, secretary) in heads for place in places for secretary in secretaries),
        secretary=bool(secretaries),
        term=terms.get(row.unit_id),
    )
