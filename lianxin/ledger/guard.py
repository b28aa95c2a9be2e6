"""Append-only, enforced by the database: triggers refuse every change but one (`valid_to`, once, from null).

A model asks for it with `append_only = True`; it must have a `valid_to`. Traps closed: INSERT OR REPLACE (with
recursive_triggers ON the delete trigger sees it), tables remade by a migration (reinstalled after each migrate; start-up
refuses without them), TRUNCATE on PostgreSQL.
"""

from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

SQLITE_TRIGGERS = {
    "keep_no_delete": "CREATE TRIGGER {name} BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "keep_no_update": (
        "CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN NOT (OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL AND {same})"
        " BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    ),
}
POSTGRESQL_TRIGGERS = {
    "keep_no_delete": "CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_append_only()",
    "keep_no_truncate": "CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION keep_append_only()",
    "keep_no_update": (
        "CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW"
        " WHEN (NOT (OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL AND {same})) EXECUTE FUNCTION keep_append_only()"
    ),
}
POSTGRESQL_REFUSAL = "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END"
POSTGRESQL_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION keep_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {POSTGRESQL_REFUSAL} $$"
)
POSTGRESQL_IN_FORCE = """
SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = current_schema()::regnamespace
AND right(t.tgname, length(c.relname)) = c.relname AND p.proname = 'keep_append_only' AND trim(p.prosrc) = %s
"""


def guarded_models() -> list[type[models.Model]]:
    """Every model whose rows are kept for ever."""
    return [model for model in apps.get_models() if model._meta.label == "ledger.Entry" or getattr(model, "append_only", False)]


def expected_triggers(db: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → the statement that makes it, for this database."""
    templates = POSTGRESQL_TRIGGERS if db.vendor == "postgresql" else SQLITE_TRIGGERS
    statements = {}
    for model in guarded_models():
        table = model._meta.db_table
        kept = [field.column for field in model._meta.local_concrete_fields if field.column != "valid_to"]
        compare = "IS NOT DISTINCT FROM" if db.vendor == "postgresql" else "IS"
        cast = {f.column: "::text" for f in model._meta.local_concrete_fields if f.get_internal_type() == "JSONField"}
        casts = cast if db.vendor == "postgresql" else {}
        same = " AND ".join(f'OLD."{c}"{casts.get(c, "")} {compare} NEW."{c}"{casts.get(c, "")}' for c in kept)
        for kind, template in templates.items():
            name = f"{kind}_{table}"
            statements[name] = template.format(name=name, table=table, same=same)
    return statements


def install_triggers(**_: Any) -> None:
    """Make sure every guarded table that exists has its triggers, and the ones it should have."""
    tables = set(connection.introspection.table_names())
    wanted = expected_triggers(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for model in guarded_models():
            table = model._meta.db_table
            if table not in tables:
                continue
            on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            for name, statement in wanted.items():
                if name.endswith(f"_{table}"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
                    cursor.execute(statement)


def missing_triggers() -> list[str]:
    """Names of triggers that are absent, disabled, or not the ones we make: empty when the ledger is safe to open."""
    wanted = expected_triggers(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_IN_FORCE, [POSTGRESQL_REFUSAL])
            found = {name for (name,) in cursor.fetchall()}
            return sorted(set(wanted) - found)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        stored = dict(cursor.fetchall())
        return sorted(name for name, statement in wanted.items() if stored.get(name) != statement)
