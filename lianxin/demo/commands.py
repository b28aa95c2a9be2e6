"""`lianxin demo`: make the demonstration if it is not there, print the brief, serve it."""

import time

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from lianxin.cases.tally import count_anew
from lianxin.demo.folder import Marker, clear, read_marker, write_marker
from lianxin.demo.people import PASSWORD
from lianxin.demo.places import MAIN
from lianxin.demo.queries import demonstration_accounts
from lianxin.demo.seed import tell
from lianxin.ledger import clock
from lianxin.organizations.models import Unit
from lianxin.ui.terminal import refuse, say


@click.command(help=_("Two synthetic counties: two years of their work, today's brief, and pages to open."))
@click.option("--no-serve", is_flag=True, help=_("End after the brief."))
@click.option("--reset", is_flag=True, help=_("Start over."))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.pass_context
def demo(context: click.Context, no_serve: bool, reset: bool, host: str, port: int) -> None:
    folder = settings.FOLDER
    marker = read_marker(folder.path)
    if marker is None and folder.exists:
        refuse(
            _("%(folder)s holds a county, not a demonstration. Name another folder in LIANXIN_HOME.") % {"folder": folder.path}
        )
    if marker is None or reset or not marker.complete:
        _refuse_strange_places()
        clear(folder.path)
        _make()
    command = context.parent.command.commands  # type: ignore[union-attr]  # always called beneath `lianxin`
    context.invoke(command["brief"], unit=MAIN)
    say("")
    for account in demonstration_accounts():
        say(f"  {account.username:14} {account.role} · {account.name} {account.unit}")
    say(_("Password of each: %(password)s") % {"password": PASSWORD})
    if not no_serve:
        say(_("Open http://%(host)s:%(port)s/demo/ and choose a role. Ctrl+C stops.") % {"host": host, "port": port})
        context.invoke(command["serve"], host=host, port=port)


def _refuse_strange_places() -> None:
    """Starting over deletes the whole folder: so a demonstration is made only where nothing is, and in no county's database."""
    folder = settings.FOLDER
    if read_marker(folder.path) is None and folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        refuse(_("%(folder)s holds other things. Name an empty or a new folder in LIANXIN_HOME.") % {"folder": folder.path})
    if folder.is_in_use:
        refuse(_("The demonstration in %(folder)s is being served or made. Stop that first (Ctrl+C).") % {"folder": folder.path})
    tables = [] if connection.vendor == "sqlite" else connection.introspection.table_names()
    ours = "organizations_unit" in tables or "django_migrations" in tables  # the tables alone: left by an interrupted making
    if tables and (not ours or ("organizations_unit" in tables and Unit.objects.exists())):
        refuse(_("The database of LIANXIN_DATABASE_URL is not empty. Name an empty one, or leave it out for a file of its own."))


def _make() -> None:
    folder = settings.FOLDER
    began = time.monotonic()
    today = clock.today()
    write_marker(folder.path, Marker(today, complete=False))
    folder.make()
    settings.KEYS.update(folder.keys())
    settings.SECRET_KEY = settings.KEYS["django"]
    say(_("Making two synthetic counties in %(folder)s …") % {"folder": folder.path})
    with folder.in_use():
        call_command("migrate", verbosity=0)
        tell(today, lambda told: say(f"  {time.monotonic() - began:5.1f} s  {told}"))
        count_anew()
    write_marker(folder.path, Marker(today, complete=True))
    say(_("Made in %(seconds)d s.") % {"seconds": time.monotonic() - began})


commands = [demo]
