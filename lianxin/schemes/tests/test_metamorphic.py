"""What must not matter does not, and what must add up does: the same records shuffled, more of what nobody asks, one record more,
everything a year later. No oracle is needed to see these."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from lianxin.organizations.models import path_label
from lianxin.schemes.frame import Frame, frame_for
from lianxin.schemes.queries import Reading, acts_by_path, evaluate, roll_up
from lianxin.schemes.scheme import Count, Each
from lianxin.schemes.scratch import DesignationRow, EntryRow, PlacementRow, Records, scratch
from lianxin.schemes.standings import StandingRow
from lianxin.schemes.tests.pool import KINDS, TEXTS
from lianxin.schemes.tests.test_engines_agree import POOL, TOGETHER, frames
from lianxin.schemes.tests.worlds import worlds

Row = dict[tuple[int, str], StandingRow]
EARLY = datetime(2000, 1, 1)
FEW = settings(TOGETHER, max_examples=3)


def read(key: str, frame: Frame) -> Reading:
    return Reading(POOL[key], frame, (POOL["counts"], POOL["cells"]), KINDS)


def verdicts(key: str, frame: Frame, records: Records) -> Row:
    with scratch(records, "sqlite") as engine:
        return {(row.unit_id, row.clause): row for row in evaluate(read(key, frame), engine=engine)}


def shuffled(records: Records) -> Records:
    mixed = random.Random(7)
    return replace(records, **{name: mixed.sample(rows, len(rows)) for name in TABLES for rows in [getattr(records, name)]})


def with_strangers(records: Records) -> Records:
    """Entries of other kinds, an unrelated unit with entries of every kind, another designation, a waiver of another scheme."""
    unit, path = 90, path_label(90)
    more = [EntryRow(5000 + n, kind, unit, path, date(2024, 4, 1 + n), EARLY) for n, kind in enumerate(sorted(KINDS))]
    more += [
        EntryRow(6000 + known, kind, known, "", date(2024, 4, 2), EARLY, subject=subject)
        for known in records.units
        for kind, subject in (("z.done", ""), ("schemes.waived", "other/plain/2024"))
    ]
    return replace(
        records,
        units={**records.units, unit: "stranger"},
        placements=[
            *records.placements,
            PlacementRow(unit, None, path, "s", "enterprise", "private", date(2000, 1, 1), None, EARLY),
        ],
        designations=[
            *records.designations,
            *(DesignationRow(known, "benchmark", date(2024, 1, 1), None, EARLY) for known in records.units),
        ],
        entries=[*records.entries, *more],
    )


TABLES = ("placements", "designations", "facts", "entries")


@pytest.mark.parametrize("change", [shuffled, with_strangers])
@pytest.mark.parametrize("key", TEXTS)
def test_what_must_not_matter_does_not(key: str, change: Callable[[Records], Records]):
    @FEW
    @given(records=worlds())
    def holds(records: Records) -> None:
        frame = frames(key)[1]
        assert verdicts(key, frame, change(records)) == verdicts(key, frame, records)

    holds()


@pytest.mark.parametrize("key", ["counts", "cells", "monthly"])
def test_another_record_never_worsens_a_count(key: str):
    @FEW
    @given(records=worlds())
    def holds(records: Records) -> None:
        frame = frames(key)[0]
        before = verdicts(key, frame, records)
        paths = {row.unit_id: row.path for row in records.placements}
        more = [
            EntryRow(7000 + number, kind, unit, paths[unit], frame.day, EARLY, subject="x:9")
            for number, (unit, kind) in enumerate(
                (unit, kind) for unit in records.units for kind in ("a.done", "b.done", "c.done")
            )
        ]
        after = verdicts(key, frame, replace(records, entries=[*records.entries, *more]))
        for place, row in before.items():
            clause = POOL[key].clause(place[1])
            if clause is not None and isinstance(clause.test, Count | Each) and row.n is not None:
                assert (after[place].n or 0) >= row.n and (after[place].missing or 0) <= (row.missing or 0)
                assert not (row.state in ("met", "met_late") and after[place].state not in ("met", "met_late"))

    holds()


def later(records: Records, years: int) -> Records:
    def moved(value: Any) -> Any:
        return value.replace(year=value.year + years) if isinstance(value, date) and value.year > 2001 else value

    def row(one: Any) -> Any:
        return replace(one, **{name: moved(value) for name, value in vars(one).items() if isinstance(value, date)})

    entries = [replace(row(one), subject=one.subject.replace("/2024", f"/{2024 + years}")) for one in records.entries]
    facts = [
        replace(row(one), value=str(int(one.value[:4]) + years) + one.value[4:] if one.key == "founded" else one.value)
        for one in records.facts
    ]
    return replace(
        records,
        placements=[row(one) for one in records.placements],
        designations=[row(one) for one in records.designations],
        facts=facts,
        batches=[row(one) for one in records.batches],
        entries=entries,
    )


@pytest.mark.parametrize("key", TEXTS)
def test_everything_four_years_later_comes_out_alike(key: str):
    """Four, so that a leap year falls on a leap year."""

    @FEW
    @given(records=worlds())
    def holds(records: Records) -> None:
        first = frames(key)[1]
        second = frame_for(
            POOL[key],
            as_of=first.as_of.replace(year=first.as_of.year + 4),
            known_as_of=first.known and first.known.replace(year=first.known.year + 4),
        )
        then = verdicts(key, second, later(records, 4))
        for place, row in verdicts(key, first, records).items():
            again = then[place]
            assert (again.n, again.need, again.missing, again.state, again.pace, again.alert, again.score, again.stars) == (
                row.n, row.need, row.missing, row.state, row.pace, row.alert, row.score, row.stars,
            )  # fmt: skip

    holds()


@pytest.mark.parametrize("key", ["counts", "terms"])
def test_children_sum_to_their_parent(key: str):
    @FEW
    @given(records=worlds())
    def holds(records: Records) -> None:
        frame = frames(key)[1]
        county, parts = path_label(1), [path_label(1) + path_label(2), path_label(1) + path_label(3)]
        with scratch(records, "sqlite") as engine:
            rows = [row for row in evaluate(read(key, frame), engine=engine) if row.clause == ""]
            acts = acts_by_path(read(key, frame), [row for row in rows if row.unit_id > 3], engine)
        below = [row for row in rows if row.unit_path != county and row.unit_path not in parts]
        sums = roll_up(below, [county, *parts])
        for count in (
            "subjects",
            "met",
            "behind",
            "impossible",
            "on_track",
            "unmet",
            "unknown",
            "waived",
            "not_applicable",
            "left",
            "missing",
        ):
            assert getattr(sums[county], count) == sum(getattr(sums[part], count) for part in parts), count
        assert sum(acts.values()) == sum(n for path, n in acts.items() if any(path.startswith(part) for part in parts))

    holds()
