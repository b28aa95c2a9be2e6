"""What lies behind a declared figure: its rows, and the rule that chose them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lianxin.home.choice import View
from lianxin.ledger.figures import Figure, declared
from lianxin.ui import dates


@dataclass(frozen=True)
class Opened:
    """One part of a figure, opened."""

    figure: Figure
    words: str | Promise
    """The words of the part, empty for the whole."""
    rows: QuerySet[Any]

    def lines(self, rows: Iterable[Any]) -> list[list[tuple[object, str]]]:
        """(what stands in a cell, where it leads) of these rows."""
        return [
            [(said(column.words(row)), column.address(row) if column.address else "") for column in self.heads] for row in rows
        ]

    @property
    def heading(self) -> str:
        """1,800 party members, members outside the county."""
        words = f"{self.figure.title} · {self.words}" if self.words else str(self.figure.title)
        count = self.rows.order_by().aggregate(number=self.figure.number)["number"] if self.figure.sum else self.rows.count()
        return _("%(count)s %(what)s") % {"count": f"{count:,}", "what": words}

    @property
    def heads(self) -> Sequence[Any]:
        return self.figure.columns


def said(value: object) -> object:
    """A day as people write it; anything else as it is."""
    return dates.full_day(value) if isinstance(value, date) else value


def figure_opened(view: View, key: str, part: str) -> Opened:
    """The rows of a figure. Raises Http404 where there is no such figure or part, or the reader may not open it."""
    figure = declared().get(key)
    if figure is None or not view.opens(figure) or (part and part not in dict(figure.parts)):
        raise Http404
    return Opened(figure, dict(figure.parts).get(part, ""), figure.part(view.asked(figure), part))
