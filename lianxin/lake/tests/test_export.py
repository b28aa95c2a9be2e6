"""What is exported says the same as what is live."""

from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection

from lianxin.lake import export
from lianxin.lake.export import export_lake, open_lake
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.schemes.actions import seed_library
from lianxin.schemes.engines import DuckEngine
from lianxin.schemes.queries import evaluate, reading, schemes_in_force
from tests.world import World

AS_OF = date(2025, 9, 30)


@contextmanager
def _live():
    with connection.cursor() as cursor:

        def execute(sql: str):
            cursor.execute(sql)
            return cursor

        yield execute


@pytest.mark.django_db
def test_the_exported_ledger_holds_the_live_rows_by_unit(world: World, tmp_path, monkeypatch):
    # A test's own transaction is open, in which SQLite makes no snapshot; so the rows are read where the test wrote them.
    monkeypatch.setattr(export, "_consistent", _live)
    for day in (date(2025, 3, 2), date(2025, 1, 9)):
        record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=day)
    counts = export_lake(tmp_path / "lake")
    assert counts["ledger_entry"] == Entry.objects.count()
    with open_lake(tmp_path / "lake") as duck:
        found = duck.execute("SELECT happened_on FROM ledger_entry WHERE kind = 'liaison.inspected'").fetchall()
        units = duck.execute("SELECT unit_id FROM ledger_entry").fetchall()
    assert found == [(date(2025, 1, 9),), (date(2025, 3, 2),)]
    assert units == sorted(units)


@pytest.mark.django_db
def test_the_exported_ledger_gives_the_same_standings_row_by_row(world: World, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_consistent", _live)
    seed_library(actor=world.user("county_officer"), unit=world.county)
    for kind, day in (
        ("liaison.inspected", date(2025, 3, 2)),
        ("liaison.inspected", date(2025, 8, 9)),
        ("liaison.researched", date(2025, 4, 1)),
    ):
        record(actor=world.user("contact_leader"), kind=kind, unit=world.branch, happened_on=day)
    export_lake(tmp_path / "lake")
    with open_lake(tmp_path / "lake") as duck:
        for scheme in schemes_in_force(AS_OF):
            read = reading(scheme.key, as_of=AS_OF)
            live = evaluate(read)
            assert evaluate(read, engine=DuckEngine(duck)) == live, scheme
            if scheme.key == "contact-131":
                assert any(row.n for row in live), "nothing was counted, so nothing was compared"
