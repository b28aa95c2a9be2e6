"""A county's own rules, at the terminal: which files are in force, whether they can be used, and a copy to edit."""

import click
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.cases.data_files import own_file
from lianxin.cases.rules import READERS, make_own, rule_files, unread
from lianxin.ui.terminal import refuse, say


@click.command("rules", help=str(_("List the files of rules, the package's or the county's own, and check each.")))
@click.option(
    "--own",
    type=click.Choice(list(READERS)),
    help=str(_("Put a copy of the package's file into the data folder, to be edited; what is there already is kept.")),
)
def rules(own: str | None) -> None:
    if own:
        _make_own(own)
        return
    found = rule_files()
    for one in found:
        whose = gettext("own") if one.own else gettext("package")
        click.echo("\t".join((one.name, whose, one.version or "–", one.note or "–", str(one.file))))
    for file in unread():
        names = ", ".join(f"{name}.yaml" for name in READERS)
        say(gettext("%(file)s is not read; files of rules are called: %(names)s") % {"file": file, "names": names})
    mistakes = [one.mistake for one in found if one.mistake]
    if mistakes:
        refuse("\n".join(mistakes))


def _make_own(name: str) -> None:
    if not settings.FOLDER.exists:
        refuse(gettext("There is no installation in %(folder)s.") % {"folder": settings.FOLDER.path})
    try:
        file = make_own(name)
    except FileExistsError:
        refuse(gettext("%(file)s is there already; it is kept as it is.") % {"file": own_file(name)})
    except OSError as failure:
        refuse(gettext("%(file)s cannot be written: %(why)s") % {"file": own_file(name), "why": failure.strerror})
    say(
        gettext(
            "%(file)s is in force from the next start on. Change it, give it a version of its own, and check it with"
            " “lianxin cases rules”; a running server takes it in on SIGHUP."
        )
        % {"file": file}
    )
