"""Figures. An app declares in its own `figures.py` what may stand on a desk, a board or a paper.

A figure is never a number somebody keeps: it is a query, and the number is how many rows it has (or the sum of one column).
Whoever sees the number can therefore open it and read exactly those rows, and the rule that chose them.

    declare(
        Figure(
            "organizations.teams",
            _("volunteer teams"),
            _("Units of the kind “team” that are open on the day."),
            rows=lambda asked: Unit.objects.open_on(asked.day).filter(asked.within(), kind=UnitKind.TEAM),
            columns=(Column(_("Unit"), lambda unit: unit.name, lambda unit: reverse("unit", args=[unit.code])),),
            permission=STANDING_VIEW,
        )
    )
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Aggregate, CharField, Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from lianxin.ledger.registry import Registry

Words = str | Promise


@dataclass(frozen=True)
class Asked:
    """Of which day, known when, within what: given to a figure's `rows`."""

    day: date
    known_at: datetime
    within: Callable[..., Q]
    """`within("unit__")`: the units asked about that the reader may see, as a condition on `unit__pk` and `unit__path`."""


@dataclass(frozen=True)
class Column:
    """One column of a figure's rows: its head, the words of a row, and where they lead (or nowhere)."""

    title: Words
    words: Callable[[Any], object]
    address: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class Figure:
    """One figure.

    key: `app.noun`, for example `organizations.members`; also its address.
    title: what stands beside the number.
    rule: one sentence: what is counted, and how. Stands above the rows.
    rows: the rows that are counted, in a stable order.
    columns: how a row reads.
    permission: who may see the number and open it.
    by: the column that splits it, and in `parts` the words of its values: `by="kind", parts=MembershipKind.choices`.
    sum: the column that is added up, where not each row counts once.
    board: the heading under which it stands on the board, beside the schemes; empty: it does not.
    """

    key: str
    title: Words
    rule: Words
    rows: Callable[[Asked], QuerySet[Any]]
    columns: Sequence[Column]
    permission: str
    by: str = ""
    parts: Sequence[tuple[str, Words]] = ()
    sum: str = ""
    board: Words = ""

    def part(self, asked: Asked, part: str) -> QuerySet[Any]:
        """The rows of one part."""
        return self.rows(asked).filter(**{self.by: part}) if self.by and part else self.rows(asked)

    @property
    def number(self) -> Aggregate:
        """What makes the rows a number."""
        return Coalesce(Sum(self.sum), 0) if self.sum else Count("pk")  # type: ignore[return-value]  # of an aggregate


Counted = tuple[str, Words, int]
"""(part, its words, how many rows)."""


def counted(asked: Sequence[tuple[Figure, Asked]]) -> list[list[Counted]]:
    """Of each figure the parts that have rows; a figure that is not split is one part named "". One query for all of them."""
    together = [_counts(position, figure, about) for position, (figure, about) in enumerate(asked)]
    if not together:
        return []
    found: list[dict[str, int]] = [{} for _ in together]
    for position, part, count in together[0].union(*together[1:], all=True):
        found[position][part] = count
    return [
        [(part, words, counts[part]) for part, words in figure.parts if part in counts]
        if figure.by
        else [("", figure.title, counts.get("", 0))]
        for (figure, _about), counts in zip(asked, found, strict=True)
    ]


def _counts(position: int, figure: Figure, asked: Asked) -> QuerySet[Any, tuple[int, str, int]]:
    """(position, part, count) of a figure's parts."""
    part = F(figure.by) if figure.by else Value("", CharField())
    rows = figure.rows(asked).order_by().annotate(figure_=Value(position, IntegerField()), part_=part)
    counts: QuerySet[Any, tuple[int, str, int]] = rows.values_list("figure_", "part_").annotate(count_=figure.number)
    return counts


registry: Registry[Figure] = Registry(lambda figure: figure.key)


def declare(*figures: Figure) -> None:
    """Declare figures at start-up, from an app's `figures.py`."""
    registry.add(*figures)


def declared() -> dict[str, Figure]:
    """All figures by key, in the order declared."""
    return registry.all()
