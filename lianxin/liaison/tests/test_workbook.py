"""Visits from a workbook."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lianxin.imports import actions as importing
from lianxin.imports.commands import import_
from lianxin.imports.tests.books import book
from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.liaison.actions import correct_visit
from lianxin.liaison.models import VisitVersion
from lianxin.schemes import proof, queries
from lianxin.schemes.actions import seal_period, seed_library


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


def test_visits_written_before_the_close_and_seen_after_it_change_no_sealed_verdict(world, bring_in, rows, monkeypatch):
    """An import is under way as the books close: sealed is what was known then, and it comes out the same ever after."""
    officer, year = world.user("county_officer"), clock.today().year
    period = {"units": [world.branch], "period": str(year)}
    write = importing._write_next

    def seal_once_all_is_written(*slice_):
        more = write(*slice_)
        if not more:
            time.enter_context(clock.standing_at(clock.instant(date(year + 1, 2, 1), 9)))
            seal_period(actor=officer, scheme="contact-131", period=str(year), unit=world.county)
        return more

    def inspected(**asked):
        return next(row.n for row in queries.standings("contact-131", **period, **asked) if row.clause == "inspect")

    seed_library(actor=officer, unit=world.county)
    monkeypatch.setattr(importing, "_write_next", seal_once_all_is_written)
    with ExitStack() as time:
        time.enter_context(clock.standing_at(clock.instant(date(year, 12, 31), 9)))
        assert bring_in(*((*row[:3], row[3].replace(year=year), row[4]) for row in rows)).exit_code == 0
    assert clock.local_date(Batch.objects.get().visible_at) == date(year + 1, 2, 1)
    with clock.standing_at(clock.instant(date(year + 1, 3, 1), 9)):
        assert (inspected(), inspected(restated=True)) == (0, 3)
        checked = proof.Proof()
        assert (list(proof.changed_standings(checked)), checked.checked > 0) == ([], True)
        why = queries.explain("contact-131", world.branch, period=str(year))
        inspect = next(clause for clause in why.clauses if clause.row.clause == "inspect")
        assert [entry.why for entry in inspect.not_counted] == ["late", "late", "late"]
