"""Somebody with every right on the database changes what was recorded: `verify` finds it and names it."""

from contextlib import contextmanager

import pytest
from django.db import connection

from lianxin.config.verify import verify
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.guard import install_triggers
from lianxin.ledger.models import Entry


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def unguarded():
    """Behind the back of the product: triggers off, and on again so that nobody sees."""
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    for kind in ("update", "delete"):
        run(f"DROP TRIGGER keep_no_{kind}_ledger_entry{on}")
    yield
    install_triggers()


def places():
    return [finding.place for finding in verify().findings]


def test_an_honest_ledger_is_whole(world):
    report = verify()
    assert report.findings == []
    assert report.entries == Entry.objects.count() > 10
    assert report.head.startswith(f"{Entry.objects.latest('id').pk} ")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("quantity", 99),
        ("happened_on", "2021-01-01"),
        ("recorded_at", "2021-01-01 08:00:00"),
        ("kind", "organizations.election_held"),
        ("subject", "other:1"),
        ("unit_path", "0000001"),
    ],
)
def test_an_edited_entry_is_named(world, column, value):
    entry = Entry.objects.order_by("id")[5]
    with unguarded():
        run(f"UPDATE ledger_entry SET {column} = %s WHERE id = %s", value, entry.pk)
    [finding] = verify().findings
    assert finding.place == f"ledger_entry {entry.pk}"
    assert entry.digest.startswith(finding.found.split()[1])
    assert finding.expected not in entry.digest


def test_an_entry_taken_out_of_the_middle_is_missed(world):
    first = record(actor=world.user("secretary"), kind="accounts.invited", unit=world.branch, happened_on=clock.today())
    second = record(actor=world.user("secretary"), kind="accounts.accepted", unit=world.branch, happened_on=clock.today())
    before = Entry.objects.filter(pk__lt=first.pk).latest("id")
    with unguarded():
        run("DELETE FROM ledger_entry WHERE id = %s", first.pk)
    [finding] = verify().findings
    assert finding.place == f"ledger_entry {second.pk} (or what stood between {before.pk} and it)"


def test_an_entry_reopened_or_closed_behind_the_ledgers_back_is_named(world):
    entry = Entry.objects.order_by("id").last()
    with unguarded():
        run("UPDATE ledger_entry SET valid_to = %s WHERE id = %s", clock.now(), entry.pk)
    assert places() == [f"ledger_entry {entry.pk} valid_to"]


def test_a_dropped_trigger_is_named(world):
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER keep_no_update_ledger_entry{on}")
    [finding] = verify().findings
    assert "keep_no_update_ledger_entry" in finding.place
