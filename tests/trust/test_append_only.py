"""What happened stays: the database itself refuses to change it, by every door SQL knows."""

import pytest
from django.db import DatabaseError, connection, transaction

from lianxin.config.readiness import why_not_ready
from lianxin.ledger import clock
from lianxin.ledger.guard import expected_triggers, guarded_models, install_triggers, missing_triggers
from lianxin.ledger.models import Entry
from lianxin.organizations import actions
from lianxin.organizations.models import Fact

TABLES = [model._meta.db_table for model in guarded_models()]


@pytest.fixture
def entry(world):
    return Entry.objects.first()


def refused():
    return pytest.raises(DatabaseError, match="append-only")


def run(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def row(entry):
    return Entry.objects.filter(pk=entry.pk).values().get()


def test_an_entry_cannot_be_changed(entry):
    before = row(entry)
    with refused(), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(quantity=99)
    with refused():
        run("UPDATE ledger_entry SET happened_on = '2020-01-02', valid_to = '2026-01-01' WHERE id = %s", entry.pk)
    assert row(entry) == before


def test_an_entry_cannot_be_deleted(entry):
    with refused():
        run("DELETE FROM ledger_entry WHERE id = %s", entry.pk)
    assert row(entry)


def test_an_entry_is_closed_once_and_never_opened_again(entry):
    run("UPDATE ledger_entry SET valid_to = %s WHERE id = %s", clock.now(), entry.pk)
    with refused():
        run("UPDATE ledger_entry SET valid_to = NULL WHERE id = %s", entry.pk)
    with refused():
        run("UPDATE ledger_entry SET valid_to = %s WHERE id = %s", clock.now(), entry.pk)


@pytest.mark.sqlite
def test_replacing_a_row_is_deleting_it(entry):
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    before = row(entry)
    columns = ", ".join(f'"{field.column}"' for field in Entry._meta.local_concrete_fields)
    with refused():
        run(f"INSERT OR REPLACE INTO ledger_entry ({columns}) SELECT {columns} FROM ledger_entry WHERE id = %s", entry.pk)
    assert row(entry) == before


def test_an_upsert_is_a_change(entry):
    before = row(entry)
    columns = ", ".join(f'"{field.column}"' for field in Entry._meta.local_concrete_fields)
    with refused():
        run(
            f"INSERT INTO ledger_entry ({columns}) SELECT {columns} FROM ledger_entry WHERE id = %s"
            " ON CONFLICT (id) DO UPDATE SET quantity = 99",
            entry.pk,
        )
    assert row(entry) == before


@pytest.mark.postgresql
def test_a_table_cannot_be_emptied(entry):
    if connection.vendor != "postgresql":
        pytest.skip("TRUNCATE is PostgreSQL's")
    with refused():
        run("TRUNCATE ledger_entry CASCADE")
    assert row(entry)


def test_what_was_known_of_the_tree_is_kept_alike(world):
    fact = Fact.objects.first()
    with refused():
        run("UPDATE organizations_fact SET value = '9' WHERE id = %s", fact.pk)
    with refused():
        run("DELETE FROM organizations_placement")


def test_a_correction_by_the_product_passes(world):
    actions.set_fact(actor=world.user("county_officer"), unit=world.branch, key="term_years", value=3, since=clock.today())
    assert Fact.objects.on(clock.today()).known().get(unit=world.branch, key="term_years").value == "3"


@pytest.mark.parametrize("table", TABLES)
def test_a_dropped_trigger_is_named_and_the_house_stays_shut(world, table):
    name = f"keep_no_update_{table}"
    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    assert missing_triggers() == [name]
    assert name in str(why_not_ready())


def test_a_weakened_trigger_is_no_trigger(world):
    if connection.vendor == "postgresql":
        run("CREATE OR REPLACE FUNCTION keep_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
        assert missing_triggers() == sorted(expected_triggers(connection))
    else:
        run("DROP TRIGGER keep_no_delete_ledger_entry")
        run("CREATE TRIGGER keep_no_delete_ledger_entry BEFORE DELETE ON ledger_entry BEGIN SELECT 1; END")
        assert missing_triggers() == ["keep_no_delete_ledger_entry"]


@pytest.mark.postgresql
def test_a_disabled_trigger_is_no_trigger(world):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot disable a trigger")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE ledger_entry DISABLE TRIGGER keep_no_delete_ledger_entry")
    assert missing_triggers() == ["keep_no_delete_ledger_entry"]


@pytest.mark.sqlite
def test_a_table_remade_by_a_migration_gets_its_triggers_back(world):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL changes tables in place")
    # What Django's schema editor does on SQLite to change a column.
    run("CREATE TABLE remade AS SELECT * FROM organizations_fact")
    run("PRAGMA defer_foreign_keys = ON")
    run("DROP TRIGGER keep_no_delete_organizations_fact")
    run("DROP TABLE organizations_fact")
    run("ALTER TABLE remade RENAME TO organizations_fact")
    assert missing_triggers() == ["keep_no_delete_organizations_fact", "keep_no_update_organizations_fact"]
    install_triggers()
    assert missing_triggers() == []
