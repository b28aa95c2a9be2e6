"""From a wide row of SQL to what people read: one standing per unit and clause."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lianxin.schemes import calendar
from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import Clause, Count, Each, Every, Scheme, Title

WHOLE = ""
"""The clause of a row that is the verdict as a whole."""

OUT = ("not_applicable", "waived")
OWING = ("not_started", "pending", "unmet")


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Where one unit stands with one clause of a scheme (`clause` empty: with the scheme as a whole)."""

    unit_id: int
    unit_code: str
    unit_name: str
    unit_path: str
    """Name and place as they were on the as-of day."""
    unit_kind: str
    unit_field: str
    lasting: bool
    """Whether the unit is still a subject on that day; False: it left during the period."""
    scheme: str
    title: Title
    version: str
    hash: str
    period: str
    clause: str
    clause_title: Title
    n: int | None
    need: int | None
    missing: int | None
    due: date | None
    state: str
    pace: str | None
    alert: str | None
    score: int | None
    """Tenths of a point (of a per cent where the scheme scores a share)."""
    stars: int | None
    as_of: date
    known_as_of: datetime | None
    """None: everything known now."""
    role: str = "clause"
    """clause, verdict or veto."""

    @property
    def figures_hold(self) -> bool:
        """Whether a score and stars say anything: where the whole is unknown or not asked, they would be false figures."""
        return self.state not in (*OUT, "unknown")

    @property
    def score_text(self) -> str:
        return "" if self.score is None else f"{self.score // 10}.{self.score % 10}"


def rows_of(scheme: Scheme, frame: Frame, columns: tuple[str, ...], wide: list[tuple[Any, ...]]) -> Iterator[StandingRow]:
    """Unfold wide rows: per unit its clauses, then its vetoes, then the verdict; units in the order of their paths."""
    at = {column: position for position, column in enumerate(columns)}
    path, unit, code, name = at["path"], at["unit_id"], at["code"], at["name"]
    kind, field, lasting = at["kind"], at["field"], at["lasting"]
    picks = [
        (
            clause,
            [at[f"{what}_{clause.id}"] for what in ("n", "need", "missing", "state", "pace", "alert")],
            _due(scheme, clause, frame, at),
        )
        for clause in scheme.clauses
    ]
    whole = [at[f"{what}_all"] for what in ("n", "need", "missing", "state", "pace", "alert")]
    score, stars = at.get("score"), at.get("stars")
    tail: tuple[Any, ...] = (frame.as_of, frame.known)
    period, key, version, digest, title = frame.period.label, scheme.key, scheme.version, scheme.hash, scheme.title
    make: Any = StandingRow
    for row in sorted(wide, key=lambda row: row[path]):
        whose = (row[unit], row[code], row[name], row[path], row[kind], row[field], bool(row[lasting]))
        head: tuple[Any, ...] = (*whose, key, title, version, digest, period)
        dues: list[date] = []
        for clause, (n, need, missing, state, pace, alert), due_of in picks:
            due = due_of(row)
            if due is not None and row[missing] and row[state] in OWING:
                dues.append(due)
            points = row[at[f"points_{clause.id}"]] if clause.points else None
            yield make(
                *head,
                clause.id,
                clause.title,
                row[n],
                row[need],
                row[missing],
                due,
                row[state],
                row[pace],
                row[alert],
                points,
                None,
                *tail,
            )
        for veto in scheme.vetoes:
            fired = bool(row[at[f"fired_{veto.id}"]])
            n_ = row[at[f"n_{veto.id}"]] if isinstance(veto.test, Count) else int(fired)
            yield make(
                *head, veto.id, veto.title, n_, 0, 0, None, "unmet" if fired else "met", None, None, None, None, *tail, "veto"
            )
        n, need, missing, state, pace, alert = whole
        yield make(
            *head,
            WHOLE,
            title,
            row[n],
            row[need],
            row[missing],
            min(dues, default=None),
            row[state],
            row[pace],
            row[alert],
            None if score is None else row[score],
            None if stars is None else row[stars],
            *tail,
            "verdict",
        )


def _due(scheme: Scheme, clause: Clause, frame: Frame, at: dict[str, int]) -> Callable[[tuple[Any, ...]], date | None]:
    """How to read a clause's due day out of a row."""
    test, state = clause.test, at[f"state_{clause.id}"]
    if isinstance(test, Every):
        column = at[f"due_{clause.id}"]
        return lambda row: None if row[state] in OUT else clamped(row[column])
    if isinstance(test, Each):
        position = at[f"next_{clause.id}"]
        lasts = [cell.last for cell in calendar.cells(frame.period, test.unit)]
        return lambda row: None if row[state] in OUT or row[position] is None else lasts[row[position]]
    last = frame.period.last
    return lambda row: None if row[state] in OUT else last


def clamped(text: str | None) -> date | None:
    """A due day as SQL made it: years added to a day's text. 29 February of a common year is the 28th."""
    if text is None:
        return None
    year, month, day = (int(part) for part in text.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))
