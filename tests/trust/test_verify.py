"""Somebody with every right on the database changes what was recorded: `verify` finds it and names it."""

from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from django.db import connection

from lianxin.config import commands
from lianxin.config.verify import verify
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.guard import install_triggers
from lianxin.ledger.models import Entry
from lianxin.schemes.actions import seal_period, seed_library
from lianxin.schemes.models import Standing, Version


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


@contextmanager
def unguarded_table(table):
    """Behind the back of the product, in another table."""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    for kind in ("update", "delete"):
        run(f"DROP TRIGGER keep_no_{kind}_{table}{on}")
    yield
    install_triggers()


YEAR = clock.today().year
INSPECT = f"contact-131 {YEAR} 152221200203-1 inspect"


@pytest.fixture
def sealed(world):
    """This year of 131, sealed when its books had closed."""
    seed_library(actor=world.user("county_officer"), unit=world.county)
    record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=date(YEAR, 1, 1))
    with clock.standing_at(clock.instant(date(YEAR + 1, 2, 1), 9)):
        seal_period(actor=world.user("county_officer"), scheme="contact-131", period=str(YEAR), unit=world.county)
    return Standing.objects.get(unit=world.branch, clause="inspect")


def test_sealed_verdicts_come_out_as_they_were_sealed(sealed):
    report = verify()
    assert report.findings == []
    assert report.standings == Standing.objects.count() == 8


@pytest.mark.parametrize(
    ("column", "value"), [("n", 3), ("state", "waived"), ("known_as_of", "2021-01-01 00:00:00"), ("clause", "x")]
)
def test_a_changed_sealed_verdict_is_named_with_both_figures(sealed, column, value):
    with unguarded_table("schemes_standing"):
        run(f"UPDATE schemes_standing SET {column} = %s WHERE id = %s", value, sealed.pk)
    finding = next(finding for finding in verify().findings if "152221200203-1 inspect" in finding.place)
    assert INSPECT in finding.place
    assert str(value) in finding.found or column == "clause"
    assert str(value) not in finding.expected


def test_a_sealed_verdict_taken_away_is_missed(sealed):
    with unguarded_table("schemes_standing"):
        run("DELETE FROM schemes_standing WHERE id = %s", sealed.pk)
    [finding] = verify().findings
    assert (finding.place, finding.found) == (INSPECT, "–")


def test_a_placement_changed_behind_the_back_shows_in_what_was_sealed(sealed):
    with unguarded_table("organizations_designation"):
        run("UPDATE organizations_designation SET since = %s WHERE unit_id = %s", date(YEAR, 7, 1), sealed.unit_id)
    assert any(place.endswith(INSPECT) for place in places())


def test_a_published_text_changed_afterwards_is_named(sealed):
    version = Version.objects.get(key="contact-131")
    with unguarded_table("schemes_version"):
        run("UPDATE schemes_version SET text = %s WHERE id = %s", version.text.replace("at_least: 3", "at_least: 1"), version.pk)
    assert any(place == f"schemes_version {version.pk}" for place in places())


def test_the_command_names_what_changed_and_fails(sealed, monkeypatch):
    monkeypatch.setattr(commands, "current_folder", lambda: SimpleNamespace(exists=True))
    done = CliRunner().invoke(commands.verify)
    assert done.exit_code == 0 and "8" in done.stderr
    with unguarded_table("schemes_standing"):
        run("UPDATE schemes_standing SET n = 3 WHERE id = %s", sealed.pk)
    done = CliRunner().invoke(commands.verify)
    assert done.exit_code == 1
    assert INSPECT in done.stdout
