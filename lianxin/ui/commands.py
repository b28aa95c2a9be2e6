"""`lianxin messages`: the texts people read, and their translations."""

import click
from django.utils.translation import gettext as _

from lianxin.ui import messages
from lianxin.ui.terminal import refuse, say


@click.command("messages", help=_("The texts people read: list them, check their translations, add the missing ones."))
@click.option("--check", is_flag=True, help=_("Name every text without a finished translation; exit 1 if there is any."))
@click.option("--update", is_flag=True, help=_("Add an empty entry for every missing text, to be filled in by hand."))
@click.argument("apps", nargs=-1)
def messages_command(check: bool, update: bool, apps: tuple[str, ...]) -> None:
    known = messages.apps()
    for app in apps:
        if app not in known:
            refuse(_("There is no app “%(app)s”. Choose among: %(known)s.") % {"app": app, "known": ", ".join(known)})
    chosen = apps or known
    if update:
        for app in chosen:
            added = messages.add_missing(app)
            if added:
                say(_("%(app)s: %(count)d texts added to %(file)s") % {"app": app, "count": added, "file": messages.po_file(app)})
    if check:
        complaints = [complaint for app in chosen for complaint in messages.complaints_about(app)]
        for complaint in complaints:
            click.echo(str(complaint))
        if complaints:
            refuse(_("%(count)d texts need a hand.") % {"count": len(complaints)})
        say(_("Every text is translated."))
    if not (check or update):
        for app in chosen:
            for message in messages.messages_of(app):
                click.echo(f"{message.place}\t{message.text}")


commands = [messages_command]
