"""What the catalogue of matters says, and how long each may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import ngettext

from lianxin.cases.actions.catalogue import CATALOGUE_SET, WORKBOOK
from lianxin.cases.catalogue import LEVELS
from lianxin.cases.data_files import called
from lianxin.cases.models import ClockName, Item, Tier
from lianxin.cases.tiers import Span, tiers
from lianxin.ledger.models import Entry
from lianxin.organizations.access import IMPORT_UNITS, STANDING_VIEW, AnyUser, may

LONGEST_SEARCH = 40


@dataclass
class Group:
    """An item of the first or second level, with what stands beneath it."""

    item: Item
    beneath: list["Group"] = field(default_factory=list)


@dataclass(frozen=True)
class TierLine:
    """How long each clock of a tier may run, in words."""

    tier: Tier
    claim: str
    respond: str
    handle: str
    again: str


@dataclass(frozen=True)
class CataloguePage:
    """groups: the first level; what was searched for narrows them. count: items of the third level among them.
    sample: nobody brought in a workbook of their own yet."""

    query: str
    groups: Sequence[Group]
    count: int
    gone: Sequence[Item]
    times: Sequence[TierLine]
    verdict: str
    rules: str
    """Which rules say so."""
    sample: bool
    may_change: bool
    may_see_days: bool


def catalogue_page(user: AnyUser, asked: Mapping[str, str]) -> CataloguePage:
    """The catalogue in three levels; `?q=` narrows it by title, keyword or key. Two queries."""
    query = asked.get("q", "").strip()[:LONGEST_SEARCH]
    items = list(Item.objects.all())
    offered = [item for item in items if item.retired_on is None]
    tops: list[Group] = []
    groups: dict[int, Group] = {}
    for item in sorted(offered, key=lambda item: (item.level, item.key)):
        group = groups[item.pk] = Group(item)
        above = groups.get(item.parent_id or 0)
        (above.beneath if above else tops).append(group)
    shown = [group for group in (_narrowed(top, query.lower()) for top in tops) if group is not None]
    return CataloguePage(
        query=query,
        groups=shown,
        count=sum(len(middle.beneath) for top in shown for middle in top.beneath),
        gone=[item for item in items if item.retired_on is not None and item.level == LEVELS],
        times=[_times(tier) for tier in Tier],
        verdict=in_words(tiers().verdict),
        rules=called(tiers()),
        sample=not Entry.objects.filter(kind=CATALOGUE_SET, data__source=WORKBOOK).exists(),
        may_change=may(user, IMPORT_UNITS),
        may_see_days=may(user, STANDING_VIEW),
    )


def items_told() -> list[Item]:
    """Every item, offered or not, those above before those beneath."""
    return sorted(Item.objects.all(), key=lambda item: (item.key.partition(".")[0], item.level, item.key))


def in_words(span: Span) -> str:
    """A span as people say it: 24 hours, 7 working days."""
    if span.hours:
        return ngettext("%(n)s hour", "%(n)s hours", span.hours) % {"n": span.hours}
    return ngettext("%(n)s working day", "%(n)s working days", span.days) % {"n": span.days}


def _narrowed(group: Group, query: str) -> Group | None:
    """The group with what fits beneath it; whole where it fits itself, None where nothing does."""
    item = group.item
    if not query or any(query in text.lower() for text in (item.key, item.title, item.title_en, item.keywords)):
        return group
    beneath = [kept for kept in (_narrowed(one, query) for one in group.beneath) if kept is not None]
    return Group(item, beneath) if beneath else None


def _times(tier: Tier) -> TierLine:
    rules = tiers()
    claim, respond, handle = (in_words(rules.span(tier, name)) for name in (ClockName.CLAIM, ClockName.RESPOND, ClockName.HANDLE))
    return TierLine(tier, claim, respond, handle, in_words(rules.span(tier, ClockName.HANDLE, again=True)))
