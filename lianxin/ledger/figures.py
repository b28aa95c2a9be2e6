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

from django.db.models import Count, Q, QuerySet
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
    """

    key: str
    title: Words
    rule: Words
    rows: Callable[[Asked], QuerySet[Any]]
    columns: Sequence[Column]
    permission: str
    by: str = ""
    parts: Sequence[tuple[str, Words]] = ()

    def counted(self, asked: Asked) -> list[tuple[str, Words, int]]:
        """(part, its words, how many rows), empty parts left out; a figure that is not split is one part named "". One query."""
        rows = self.rows(asked)
        if not self.by:
            return [("", self.title, rows.count())]
        counts = dict(rows.order_by().values_list(self.by).annotate(count=Count("pk")))
        return [(part, words, counts[part]) for part, words in self.parts if part in counts]

    def part(self, asked: Asked, part: str) -> QuerySet[Any]:
        """The rows of one part."""
        return self.rows(asked).filter(**{self.by: part}) if self.by and part else self.rows(asked)


registry: Registry[Figure] = Registry(lambda figure: figure.key)


def declare(*figures: Figure) -> None:
    """Declare figures at start-up, from an app's `figures.py`."""
    registry.add(*figures)


def declared() -> dict[str, Figure]:
    """All figures by key, in the order declared."""
    return registry.all()
