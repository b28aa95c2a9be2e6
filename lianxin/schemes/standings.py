"""From a wide row of SQL to what people read: one standing per unit and clause."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from lianxin.schemes import calendar
from lianxin.schemes.engines import Compiled
from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import Clause, Count, Each, Every, Ratio, Scheme, Title

WHOLE = ""
"""The clause of a row that is the verdict as a whole."""

WIDTH = 4
"""Bits in which one word is counted: a number of clauses below 16 fits."""
ALERTS = ("due_soon", "overdue")
PACES = ("on_track", "behind", "impossible")
STATES = ("met", "met_late", "pending", "not_started", "unmet", "unknown", "waived", "not_applicable")
_BITS = {word: 1 << WIDTH * place for place, word in enumerate((*ALERTS, *PACES, *STATES))}
ALERT, PACE, STATE = ({word: _BITS[word] for word in words} for words in (ALERTS, PACES, STATES))
"""In statements a standing is one number: a bit for its state, and one for its pace and its alert where it has them. The sum of
standings says how many clauses are in each state, at each pace and under each alert."""
OUT = ("not_applicable", "waived")
STANDING_WORDS: dict[int, tuple[str, str | None, str | None]] = {
    state_bit + pace_bit + alert_bit: (state, pace, alert)
    for state, state_bit in STATE.items()
    for pace, pace_bit in ((None, 0), *PACE.items())
    for alert, alert_bit in ((None, 0), *ALERT.items())
}
COUNTED = "counted"
"""What is said of an entry that makes up a figure."""
OWING = ("not_started", "pending", "unmet")


class StandingRow(NamedTuple):
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


def rows_of(scheme: Scheme, frame: Frame, compiled: Compiled, wide: list[tuple[Any, ...]]) -> Iterator[StandingRow]:
    """Unfold wide rows: per unit its clauses, then its vetoes, then the verdict; units in the order of their paths."""
    fixed = tuple(value for _column, value in compiled.fixed)
    names = [*compiled.columns, *(column for column, _value in compiled.fixed)]
    at = {column: position for position, column in enumerate(names)}
    path, unit, code, name = at["path"], at["unit_id"], at["code"], at["name"]
    kind, field, lasting = at["kind"], at["field"], at["lasting"]
    picks: list[Any] = [
        (
            (clause.id, clause.title),
            *(at.get(f"{what}_{clause.id}", -1) for what in ("n", "need", "standing", "points")),
            _missing(clause),
            _due(clause, frame, at),
        )
        for clause in scheme.clauses
    ]
    n_all, need_all, standing_all = (at[f"{what}_all"] for what in ("n", "need", "standing"))
    score, stars = at.get("score", -1), at.get("stars", -1)
    vetoes = [
        (veto, at[f"fired_{veto.id}"], at[f"n_{veto.id}" if isinstance(veto.test, Count) else f"fired_{veto.id}"])
        for veto in scheme.vetoes
    ]
    tail = (frame.as_of, frame.known)
    whole = (WHOLE, scheme.title)
    about = (scheme.key, scheme.title, scheme.version, scheme.hash, frame.period.label)
    make = StandingRow._make
    nothing = (None,)  # what is not asked of any unit stands last in every row
    for found in sorted(wide, key=itemgetter(path)):
        row = found + fixed + nothing
        head = (row[unit], row[code], row[name], row[path], row[kind], row[field], bool(row[lasting]), *about)
        soonest: date | None = None
        for titled, n_at, need_at, standing_at, points_at, missing_of, due_of in picks:
            n, need, (state, pace, alert) = row[n_at], row[need_at], STANDING_WORDS[row[standing_at]]
            missing = missing_of(n, need)
            due = None if state in OUT else due_of(row)
            if due is not None and missing and state in OWING and (soonest is None or due < soonest):
                soonest = due
            yield make((*head, *titled, n, need, missing, due, state, pace, alert, row[points_at], None, *tail, "clause"))
        for veto, fired, n_at in vetoes:
            state = "unmet" if row[fired] else "met"
            yield make((*head, veto.id, veto.title, row[n_at], 0, 0, None, state, None, None, None, None, *tail, "veto"))
        n, need = row[n_all], row[need_all]
        verdict = (*STANDING_WORDS[row[standing_all]], row[score], row[stars])
        yield make((*head, *whole, n, need, max(need - n, 0), soonest, *verdict, *tail, "verdict"))


def _missing(clause: Clause) -> Callable[[Any, Any], int | None]:
    """How much is missing, given n and need."""
    test = clause.test
    if isinstance(test, Ratio):
        at_least = test.at_least
        return lambda n, need: None if n is None or need is None else max(-(-need * at_least // 1000) - n, 0)
    return lambda n, need: None if n is None else max(need - n, 0)


def _due(clause: Clause, frame: Frame, at: dict[str, int]) -> Callable[[tuple[Any, ...]], date | None]:
    """How to read a clause's due day out of a row."""
    test = clause.test
    if isinstance(test, Every):
        column = at[f"due_{clause.id}"]
        return lambda row: clamped(row[column])
    if isinstance(test, Each):
        position = at[f"next_{clause.id}"]
        months = [month.first for month in frame.period.months]
        lasts = {1 << months.index(cell.first): cell.last for cell in calendar.cells(frame.period, test.unit)}
        return lambda row: lasts.get(row[position])
    last = frame.period.last
    return lambda row: last


def clamped(text: str | None) -> date | None:
    """A due day as SQL made it: years added to a day's text. 29 February of a common year is the 28th."""
    if text is None:
        return None
    year, month, day = (int(part) for part in text.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))
