"""Gatherings from a workbook."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lianxin.gatherings.models import GatheringVersion
from lianxin.imports.commands import import_
from lianxin.imports.tests.books import book


@pytest.fixture
def bring_in(world, tmp_path: Path):
    def run(*rows):
        file = tmp_path / "gatherings.xlsx"
        file.write_bytes(book("gatherings", *rows))
        return CliRunner().invoke(import_, ["gatherings", str(file)])

    return run


@pytest.fixture
def rows(world):
    meetings = [(world.branch.code, "members_met", date(2026, month, 5), f"议题{month}", 12, "") for month in (1, 4)]
    return [*meetings, (world.group.code, "group_met", date(2026, 1, 6), "学习", "", "")]


def test_each_row_is_a_gathering_and_the_same_file_again_adds_none(world, bring_in, rows):
    assert bring_in(*rows).exit_code == 0
    assert [version.present for version in GatheringVersion.objects.standing().order_by("pk")] == [12, 12, None]
    bring_in(*rows)
    assert GatheringVersion.objects.count() == 3


def test_what_such_a_unit_does_not_hold_leaves_nothing_behind(world, bring_in, rows):
    refused = bring_in(*rows, (world.branch.code, "group_met", date(2026, 1, 7), "学习", "", ""))
    assert refused.exit_code == 1
    assert world.branch.name in refused.stderr
    assert GatheringVersion.objects.count() == 0


def test_a_day_that_has_not_come_leaves_nothing_behind(world, bring_in, rows):
    assert bring_in(*rows, (world.branch.code, "members_met", date(2999, 1, 7), "学习", "", "")).exit_code == 1
    assert GatheringVersion.objects.count() == 0
