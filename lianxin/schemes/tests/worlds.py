"""Worlds made by Hypothesis: units that are founded, moved, closed, designated and described, and what they did; some of it
recorded late, corrected, or still hidden in an import."""

from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from lianxin.ledger import clock
from lianxin.organizations.models import path_label
from lianxin.schemes.scratch import DesignationRow, EntryRow, FactRow, PlacementRow, Records

EARLY = datetime(2000, 1, 1)
EDGES = [
    date(2022, 2, 28), date(2022, 12, 31), date(2023, 1, 1), date(2023, 6, 30), date(2023, 7, 1), date(2023, 12, 31),
    date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31),
    date(2024, 6, 30), date(2024, 7, 1), date(2024, 9, 30), date(2024, 11, 30), date(2024, 12, 1), date(2024, 12, 31),
    date(2025, 1, 1), date(2025, 1, 31),
]  # fmt: skip
days = st.sampled_from(EDGES) | st.dates(date(2023, 1, 1), date(2025, 1, 31))
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
        parent = draw(st.sampled_from(list(branches)))
        path = f"{path_label(1)}{path_label(2)}{path_label(parent)}{path_label(unit)}"
        for since, until in draw(spans(1)):
            records.placements.append(PlacementRow(unit, parent, path, f"g{unit}", "group", "", since, until, EARLY))
    records.units = {unit: code for unit, code in records.units.items() if any(row.unit_id == unit for row in records.placements)}
    records.hidden_batches = [1]
    for number in range(1, draw(st.integers(0, 30)) + 1):
        _entry(draw, records, number)
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
        for rows, recorded, valid_to in draw(retold(spans(2))):
            for since, until in rows:
                records.facts.append(FactRow(unit, key, draw(value), since, until, recorded, valid_to))


def _entry(draw, records: Records, number: int) -> None:
    unit = draw(st.sampled_from(sorted(records.units)))
    happened = draw(days)
    recorded = clock.instant(happened + timedelta(days=draw(st.sampled_from([0, 0, 0, 3, 9, 10, 11, 40]))), 12)
    corrected = recorded + timedelta(days=draw(st.integers(1, 60))) if draw(st.integers(0, 5)) == 0 else None
    path = next(row.path for row in records.placements if row.unit_id == unit)
    if draw(st.integers(0, 9)) == 0:
        clause = draw(st.sampled_from(["", "plain", "monthly", "fixed", "rate", "life", "daily"]))
        scheme = draw(st.sampled_from(["counts", "cells", "terms", "shares", "drawn", "monthly"]))
        period = {"shares": "2024-Q2", "monthly": "2024-02"}.get(scheme, "2024")
        kind, subject = "schemes.waived", f"{scheme}/{clause}/{period}"
    else:
        kind, subject = draw(kinds), draw(st.sampled_from(["", "", "x:1", "x:2"]))
    batch = 1 if draw(st.integers(0, 9)) == 0 else None
    quantity = draw(st.integers(0, 9))
    records.entries.append(EntryRow(number, kind, unit, path, happened, recorded, corrected, quantity, subject, batch))
