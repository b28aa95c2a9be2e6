"""What is exported says the same as what is live."""

from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection

from lianxin.lake import export
from lianxin.lake.export import export_lake, open_lake
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from tests.world import World


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
