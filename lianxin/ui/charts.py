"""Charts drawn on the server: the same picture on a weak phone, on paper and to a screen reader. Templates stand in ui/charts/.

Each chart is a plain value computed here; the template only writes it down. Numbers are always also in words or a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString

BAR_WIDTH = 72
MOST_ACROSS = 12
"""Columns and rows the style sheet knows."""


def tiny_bar(n: float, need: float, tone: str = "grey") -> SafeString:
    """n out of need as a bar as wide as a word. More than needed is simply full."""
    share = min(1.0, n / need) if need > 0 else 0.0
    return format_html(
        '<svg class="bar {}" viewBox="0 0 72 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="72" height="8" rx="2"/><rect class="fill" width="{}" height="8" rx="2"/></svg>',
        tone,
        round(BAR_WIDTH * share, 1),
    )


@dataclass(frozen=True)
class Point:
    """One column: its label (3月), its number (none: unknown, nothing drawn), where it opens."""

    label: str
    value: int | None
    href: str = ""


@dataclass(frozen=True)
class Columns:
    """Numbers over months. `before` draws a second, dashed line (last year's, say); `as_line` draws a line, not columns."""

    title: str
    points: Sequence[Point]
    unit: str = ""
    before: Sequence[int | None] = ()
    before_label: str = ""
    as_line: bool = False

    WIDTH = 320
    HEIGHT = 150
    TOP = 22
    FOOT = 22

    @property
    def peak(self) -> int:
        return max([point.value or 0 for point in self.points] + [value or 0 for value in self.before] + [1])

    def _y(self, value: int) -> float:
        drawn = self.HEIGHT - self.TOP - self.FOOT
        return round(self.HEIGHT - self.FOOT - drawn * value / self.peak, 1)

    @property
    def columns(self) -> list[dict[str, object]]:
        """Where each column stands and how high it is."""
        step = self.WIDTH / max(1, len(self.points))
        width = round(step * 0.62, 1)
        rows = []
        for position, point in enumerate(self.points):
            top = self._y(point.value or 0)
            rows.append(
                {
                    "x": round(position * step + (step - width) / 2, 1),
                    "middle": round((position + 0.5) * step, 1),
                    "y": top,
                    "width": width,
                    "height": round(self.HEIGHT - self.FOOT - top, 1),
                    "over": round(top - 5, 1),
                    "point": point,
                }
            )
        return rows

    @property
    def line(self) -> str:
        """The points of the line, known values only."""
        step = self.WIDTH / max(1, len(self.points))
        return " ".join(
            f"{(position + 0.5) * step:.1f},{self._y(point.value)}"
            for position, point in enumerate(self.points)
            if point.value is not None
        )

    @property
    def before_line(self) -> str:
        step = self.WIDTH / max(1, len(self.points))
        return " ".join(
            f"{(position + 0.5) * step:.1f},{self._y(value)}" for position, value in enumerate(self.before) if value is not None
        )

    @property
    def base(self) -> int:
        return self.HEIGHT - self.FOOT

    @property
    def label_y(self) -> int:
        return self.HEIGHT - 5


@dataclass(frozen=True)
class Share:
    """One part of a tile's bar: how many units, in which tone (met, behind, bad, grey), under which word."""

    count: int
    tone: str
    word: str


@dataclass(frozen=True)
class Tile:
    """One township: its name, the number shown large, the parts of its bar, where it opens, its place on the board if known."""

    name: str
    href: str
    value: str
    shares: Sequence[Share]
    column: int = 0
    row: int = 0

    @property
    def total(self) -> int:
        return sum(share.count for share in self.shares)

    @property
    def tone(self) -> str:
        """The worst tone that occurs decides the edge; a tile without units stays grey."""
        present = {share.tone for share in self.shares if share.count}
        return next((tone for tone in ("bad", "behind", "met") if tone in present), "grey")

    @property
    def segments(self) -> list[dict[str, object]]:
        """The bar's parts from left to right, in hundredths of its width."""
        left, parts = 0.0, []
        for share in self.shares:
            width = 100 * share.count / self.total if self.total else 0
            if width:
                parts.append({"x": round(left, 2), "width": round(width, 2), "tone": share.tone})
            left += width
        return parts


@dataclass(frozen=True)
class Board:
    """The townships of a county as tiles laid out like a map.

    Tiles with a declared column and row (1 to 12) stand there on a wide screen and on paper; the others follow in the order
    given. On a phone all stand in two columns.
    """

    title: str
    tiles: Sequence[Tile] = field(default_factory=tuple)

    @property
    def across(self) -> int:
        """How many columns the declared places need; none where nothing is declared."""
        return min(MOST_ACROSS, max((tile.column for tile in self.tiles if tile.row), default=0))
