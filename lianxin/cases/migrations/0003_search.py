from django.db import migrations, models


def make_index(apps, schema_editor):
    """The blind index of search.py. It is no model: PostgreSQL and SQLite keep it each in their own way, and no backup needs it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE TABLE cases_search (case_id bigint PRIMARY KEY, words integer[] NOT NULL)")
        schema_editor.execute("CREATE INDEX cases_search_words ON cases_search USING gin (words)")
        # Which words are common decides how they are looked up.
        schema_editor.execute("ALTER TABLE cases_search ALTER words SET STATISTICS 1000")
        return
    # Before SQLite 3.43 a table without content could not delete: there it keeps the digests twice.
    version = schema_editor.connection.Database.sqlite_version_info
    content = "content='', contentless_delete=1, " if version >= (3, 43) else ""
    schema_editor.execute(f"CREATE VIRTUAL TABLE cases_search USING fts5(words, {content}detail=none, tokenize='ascii')")


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP TABLE cases_search")


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0002_guard'),
    ]

    operations = [
        migrations.RunPython(make_index, drop_index),
    ]
