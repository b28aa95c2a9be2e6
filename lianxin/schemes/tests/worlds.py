"""Worlds made by Hypothesis: units that are founded, moved, closed, designated and described, and what they did; some of it
recorded late, corrected, or still hidden in an import."""

from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from lianxin.ledger import clock
from lianxin.organizations.models import path_label
from lianxin.schemes.scratch import BatchRow, DesignationRow, EntryRow, FactRow, PlacementRow, Records
from lianxin.schemes.tests.pool import pool

EARLY = datetime(2000, 1, 1)
POOL = pool()
EDGES = [
    date(2022, 2, 28), date(2022, 12, 31), date(2023, 1, 1), date(2023, 6, 30), date(2023, 7, 1), date(2023, 12, 31),
    date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31),
    date(2024, 6, 30), date(2024, 7, 1), date(2024, 9, 30), date(2024, 11, 30), date(2024, 12, 1), date(2024, 12, 31),
    date(2025, 1, 1), date(2025, 1, 31),
]  # fmt: skip
days = st.sampled_from(EDGES) | st.dates(date(2023, 1, 1), date(2025, 1, 31))
at_work = st.dates(date(2024, 2, 1), date(2024, 2, 29)) | st.dates(date(2024, 4, 1), date(2024, 6, 30)) | days
WAIVABLE = [
    ("counts", "2024"),
    ("cells", "2024"),
    ("terms", "2024"),
    ("shares", "2024-Q2"),
    ("drawn", "2024"),
    ("monthly", "2024-02"),
]
kinds = st.sampled_from(["a.done", "b.done", "c.done", "d.done"])


@st.composite
def spans(draw, at_most: int = 3) -> list[tuple[date, date | None]]:
    """Some spans of days that do not overlap, in order; they may touch."""
    cuts = sorted(set(draw(st.lists(days, min_size=1, max_size=at_most * 2))))
    found: list[tuple[date, date | None]] = []
    for since, until in zip(cuts, [*cuts[1:], None], strict=True):
        if draw(st.booleans()):
            found.append((since, until))
    return found


@st.composite
def retold(draw, tell) -> list[tuple[list, datetime, datetime | None]]:
    """What was known at first and, sometimes, what it was corrected to: (rows, recorded, valid to)."""
    first = draw(tell)
    if not draw(st.booleans()):
        return [(first, EARLY, None)]
    corrected = clock.instant(draw(days), 9)
    return [(first, EARLY, corrected), (draw(tell), corrected, None)]


def batches(seen: datetime) -> list[BatchRow]:
    """Imports: one still hidden, one made visible then, and one of which that is not noted."""
    return [BatchRow(1, False), BatchRow(2, True, seen), BatchRow(3, True)]


@st.composite
def worlds(draw) -> Records:
    records = Records(units={1: "county", 2: "east", 3: "west"})
    for unit, kind, parent in ((1, "county", None), (2, "township", 1), (3, "township", 1)):
        path = path_label(unit) if parent is None else path_label(parent) + path_label(unit)
        records.placements.append(PlacementRow(unit, parent, path, kind, kind, "", date(2000, 1, 1), None, EARLY))
    branches = range(4, 4 + draw(st.integers(1, 4)))
    for unit in branches:
        _branch(draw, records, unit)
    groups = range(20, 20 + draw(st.integers(0, 2)))
    for unit in groups:
        records.units[unit] = f"g{unit}"
        for since, until in draw(spans(2)):  # under another branch after each: branches merge
            parent = draw(st.sampled_from(list(branches)))
            path = f"{path_label(1)}{path_label(2)}{path_label(parent)}{path_label(unit)}"
            records.placements.append(PlacementRow(unit, parent, path, f"g{unit}", "group", "", since, until, EARLY))
    records.units = {unit: code for unit, code in records.units.items() if any(row.unit_id == unit for row in records.placements)}
    for number in range(1, draw(st.integers(0, 20)) + 1):
        _entry(draw, records, number)
    records.batches = batches(clock.instant(draw(days), 12))
    return records


def _branch(draw, records: Records, unit: int) -> None:
    records.units[unit] = f"u{unit}"
    kinds_ = st.sampled_from(["branch", "branch", "branch", "village"])
    places = st.tuples(st.sampled_from([2, 3]), kinds_, st.sampled_from(["village", "community", ""]))
    for rows, recorded, valid_to in draw(retold(spans())):
        for since, until in rows or [(date(2023, 1, 1), None)]:
            parent, kind, field = draw(places)
            path = path_label(1) + path_label(parent) + path_label(unit)
            records.placements.append(PlacementRow(unit, parent, path, f"u{unit}", kind, field, since, until, recorded, valid_to))
    for designation in ("contact_point", "weak"):
        for rows, recorded, valid_to in draw(retold(spans(2))):
            for since, until in rows:
                records.designations.append(DesignationRow(unit, designation, since, until, recorded, valid_to))
    values = {
        "size": st.sampled_from(["0", "1", "2", "3", "5", "12", "many"]),
        "kind": st.sampled_from(["good", "fair", "bad"]),
        "founded": st.sampled_from(["2020-02-29", "2021-12-31", "2022-06-30"]),
    }
    for key, value in values.items():
        if draw(st.booleans()):
            records.facts.append(FactRow(unit, key, draw(value), date(2020, 1, 1), None, EARLY))
            continue
        for rows, recorded, valid_to in draw(retold(spans(2))):
            for since, until in rows:
                records.facts.append(FactRow(unit, key, draw(value), since, until, recorded, valid_to))


def _entry(draw, records: Records, number: int) -> None:
    """Something done: once, or on several days in a row; or a waiver."""
    unit = draw(st.sampled_from([*sorted(records.units), *(4, 4, 4, 5) * (5 in records.units)]))
    first = draw(at_work)
    recorded = timedelta(days=draw(st.sampled_from([0, 0, 0, 3, 9, 10, 11, 40])))
    corrected = timedelta(days=draw(st.integers(1, 60))) if draw(st.integers(0, 5)) == 0 else None
    path = next(row.path for row in records.placements if row.unit_id == unit)
    times = 1
    if draw(st.integers(0, 7)) == 0:
        scheme, period = draw(st.sampled_from(WAIVABLE))
        clause = draw(st.sampled_from(["", *(clause.id for clause in POOL[scheme].clauses)]))
        kind, subject = "schemes.waived", f"{scheme}/{clause}/{period}"
    else:
        kind, subject = draw(kinds), draw(st.sampled_from(["", "", "x:1", "x:2"]))
        times = draw(st.sampled_from([1, 1, 2, 4]))
    batch = {0: 1, 1: 2, 2: 3}.get(draw(st.integers(0, 9)))
    quantity = draw(st.integers(0, 9))
    for turn in range(times):
        happened = first + timedelta(days=turn * draw(st.sampled_from([0, 1, 31])))
        known = clock.instant(happened + recorded, 12)
        until = known + corrected if corrected else None
        records.entries.append(EntryRow(number * 10 + turn, kind, unit, path, happened, known, until, quantity, subject, batch))


def busy() -> Records:
    """A world made by hand, in which what chance seldom makes comes up for sure."""
    records = Records(units={1: "county", 2: "east", 3: "west"}, batches=batches(clock.instant(date(2024, 12, 5), 12)))
    top = path_label(1)
    for unit, parent in ((1, None), (2, 1), (3, 1)):
        path = top if parent is None else top + path_label(unit)
        kind = "county" if parent is None else "township"
        records.placements.append(PlacementRow(unit, parent, path, kind, kind, "", date(2000, 1, 1), None, EARLY))
    moves = {
        5: [(2, date(2020, 1, 1), None)],
        6: [(2, date(2020, 1, 1), None)],
        7: [(2, date(2020, 1, 1), date(2024, 7, 1)), (3, date(2024, 7, 1), None)],
        8: [(3, date(2020, 1, 1), date(2024, 9, 1))],
        9: [(3, date(2020, 1, 1), date(2024, 2, 20))],
        10: [(2, date(2020, 1, 1), None)],
    }
    facts = {5: ("5", "good"), 6: ("2", "fair"), 7: ("12", "good"), 8: ("3", "bad"), 9: ("many", "bad"), 10: ("", "good")}
    for unit, spans_ in moves.items():
        records.units[unit] = f"u{unit}"
        for parent, since, until in spans_:
            path = top + path_label(parent) + path_label(unit)
            records.placements.append(PlacementRow(unit, parent, path, f"u{unit}", "branch", "village", since, until, EARLY))
        records.designations.append(DesignationRow(unit, "contact_point", date(2020, 1, 1), None, EARLY))
        size, kind = facts[unit]
        for key, value in (("size", size), ("kind", kind), ("founded", "2020-02-29")):
            until = date(2024, 5, 15) if (unit, key) == (8, "size") else None
            if value:  # of one nobody ever said its size
                records.facts.append(FactRow(unit, key, value, date(2020, 1, 1), until, EARLY))
    records.facts.append(FactRow(8, "size", "many", date(2024, 5, 15), None, EARLY))
    records.units[20] = "g20"
    for parent, since, until in ((8, date(2020, 1, 1), date(2024, 9, 1)), (7, date(2024, 9, 1), None)):
        path = top + path_label(3) + path_label(parent) + path_label(20)
        records.placements.append(PlacementRow(20, parent, path, "g20", "group", "", since, until, EARLY))
    acts = [(5, "a.done", date(2024, month, day), 3, "") for month in range(1, 13) for day in (1, 2, 3)]
    both = [(month, day, kind) for month in (1, 4, 7, 10) for day in (5, 6) for kind in ("b.done", "c.done")]
    acts += [(5, kind, date(2024, month, day), 7, f"x:{month}") for month, day, kind in both]
    acts += [(6, "d.done", date(2024, 4, day), 1, "") for day in (2, 3)]
    acts += [
        (7, "a.done", date(2022, 7, 15), 1, ""),
        (8, "a.done", date(2020, 1, 1), 1, ""),
        (8, "a.done", date(2024, 3, 5), 1, ""),
    ]
    acts += [(5, "b.done", date(2024, 2, 10), 4, ""), *((7, "b.done", date(2024, 4, day), 1, "") for day in (2, 3, 4, 5))]
    acts += [(7, "a.done", date(2024, 4, 9), 1, ""), (10, "a.done", date(2024, 2, 20), 1, "")]
    acts += [(20, "c.done", date(2024, 10, 5), 1, ""), *((20, "b.done", date(2024, 10, day), 1, "") for day in (5, 6))]
    waived = [(6, "counts/plain/2024"), (7, "counts//2024"), (6, "cells/monthly/2024"), (6, "terms/fixed/2024")]
    acts += [(unit, "schemes.waived", date(2024, 1, 2), 1, subject) for unit, subject in waived]
    late = [(6, "a.done", date(2024, 12, 30), 1, "")]
    paths = {row.unit_id: row.path for row in records.placements}
    for number, (unit, kind, day, quantity, subject) in enumerate([*acts, *late], 1000):
        known = clock.instant(day + timedelta(days=20 if (unit, kind, day, quantity, subject) in late else 0), 12)
        records.entries.append(EntryRow(number, kind, unit, paths[unit], day, known, None, quantity, subject))
    for batch in records.batches:
        day = date(2024, 4, 9 + batch.id)
        records.entries.append(EntryRow(1900 + batch.id, "b.done", 8, paths[8], day, clock.instant(day, 12), batch_id=batch.id))
    return records
