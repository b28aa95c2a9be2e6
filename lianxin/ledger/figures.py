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

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

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

    key: `app.noun`, for example `organizations.rural_members`; also its address.
    title: what stands beside the number.
    rule: one sentence: what is counted, and how. Stands above the rows.
    rows: the rows that are counted, in a stable order.
    columns: how a row reads.
    permission: who may see the number and open it.
    group: the heading under which it stands; figures of a group that split a whole add up to it.
    """

    key: str
    title: Words
    rule: Words
    rows: Callable[[Asked], QuerySet[Any]]
    columns: Sequence[Column]
    permission: str
    group: Words = ""


_declared: dict[str, Figure] = {}


def declare(*figures: Figure) -> None:
    """Declare figures at start-up. Raises ValueError where a key is not `app.noun` or is declared twice."""
    for figure in figures:
        app, dot, noun = figure.key.partition(".")
        if not (app and dot and noun):
            raise ValueError(f"figure {figure.key!r}: expected app.noun, as in organizations.teams")
        if figure.key in _declared:
            raise ValueError(f"figure {figure.key!r} is declared twice")
        _declared[figure.key] = figure


def declared() -> dict[str, Figure]:
    """All figures by key, in the order declared."""
    return dict(_declared)
