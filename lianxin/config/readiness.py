"""Whether this installation may be worked on: made, brought up to date, its ledger guarded, its rules in force."""

import sys
from shutil import which

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from lianxin.cases import rules
from lianxin.config.folder import current_folder
from lianxin.ledger.guard import missing_triggers


def why_not_ready(*, whatever_the_rules: bool = False) -> str | None:
    """The first thing that stands in the way, as a sentence with its remedy; None when nothing does, and then rules are in force.

    whatever_the_rules: a mistake in a county's own rules is none to what is asked.
    """
    problem = why_not_upgradable()
    if problem:
        return problem
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        said = _(
            "The database was made by an earlier version. Run “%(program)s upgrade”; it makes a backup first and keeps all data."
        )
        return said % {"program": _program()}
    missing = missing_triggers()
    if missing:
        return _(
            "The ledger is not guarded: %(triggers)s missing or changed. Somebody altered the database. Run “lianxin verify” and"
            " keep what it says; restore the last backup, or put the guard back with “lianxin upgrade”."
        ) % {"triggers": ", ".join(missing)}
    return None if whatever_the_rules else rules.take_in()


def _program() -> str:
    """How this program was called, where a shell would not find it by its name: in a checkout, `.venv/bin/lianxin`."""
    called = sys.argv[0]
    return called if called.endswith("/lianxin") and which("lianxin") is None else "lianxin"


def why_not_upgradable() -> str | None:
    """What even an upgrade cannot mend: nothing is there, or a newer version made it."""
    folder = current_folder()
    if not folder.exists:
        return _(
            "There is no installation in %(folder)s. Make one with “lianxin init”, or name another folder in LIANXIN_HOME."
        ) % {"folder": folder.path}
    if connection.settings_dict["NAME"] == folder.database and not folder.database.exists():
        return _("The database %(file)s is missing. Bring it back with “lianxin restore”.") % {"file": folder.database}
    loader = MigrationLoader(connection)
    unknown = sorted(f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in loader.disk_migrations)
    if unknown:
        return _(
            "The database was made by a newer version: this one does not know %(migrations)s. Nothing was changed; install that"
            " version, or restore a backup of this one into another folder."
        ) % {"migrations": ", ".join(unknown)}
    return None
