"""Visits from a workbook."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lianxin.imports.commands import import_
from lianxin.imports.tests.books import book
from lianxin.liaison.actions import correct_visit
from lianxin.liaison.models import VisitVersion


@pytest.fixture
def bring_in(world, tmp_path: Path):
    def run(*rows):
        file = tmp_path / "visits.xlsx"
        file.write_bytes(book("visits", *rows))
        return CliRunner().invoke(import_, ["visits", str(file)])

    return run


@pytest.fixture
def rows(world):
    leader = world.people["contact_leader"].code
    return [(world.branch.code, leader, "inspection", date(2026, month, 5), f"第{month}次") for month in (1, 2, 3)]


def test_each_row_is_a_visit_and_the_same_file_again_adds_none(world, bring_in, rows):
    assert bring_in(*rows).exit_code == 0
    assert [version.findings for version in VisitVersion.objects.standing().order_by("pk")] == ["第1次", "第2次", "第3次"]
    bring_in(*rows)
    assert VisitVersion.objects.count() == 3


def test_what_was_corrected_since_does_not_come_back(world, bring_in, rows):
    bring_in(*rows)
    version = VisitVersion.objects.standing().select_related("visit__unit", "visitor").order_by("pk")[0]
    said = {"kind": "inspection", "day": date(2026, 1, 6), "visitor": version.visitor, "findings": "", "reason": "日期"}
    correct_visit(actor=world.user("secretary"), visit=version.visit, **said)
    bring_in(*rows)
    assert VisitVersion.objects.standing().count() == 3


def test_a_unit_that_is_no_contact_point_leaves_nothing_behind(world, bring_in, rows):
    refused = bring_in(*rows, (world.sibling_branch.code, rows[0][1], "inspection", date(2026, 1, 5), ""))
    assert refused.exit_code == 1
    assert world.sibling_branch.name in refused.stderr
    assert VisitVersion.objects.count() == 0
