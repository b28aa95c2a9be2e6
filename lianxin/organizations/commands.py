"""Commands about people: one-time links by which they come in."""

import sys
from pathlib import Path

import click
from django.core.exceptions import ValidationError
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianxin.accounts.models import User
from lianxin.organizations import invitations
from lianxin.organizations.models import Unit
from lianxin.ui.terminal import refuse, say

SHOWN_AS_QR = 3
"""Up to so many links are also drawn in the terminal."""


@click.command(help=_("Make one-time links for these people, named by their codes. A link works once, for 14 days."))
@click.argument("people", nargs=-1, metavar="PERSON…")
@click.option("--all-without-account", "everybody", is_flag=True, help=_("Everybody in a post who has no account yet."))
@click.option("--unit", "unit_code", metavar="CODE", help=_("With --all-without-account: this unit and those beneath it."))
@click.option("--base-url", envvar="LIANXIN_ADDRESS", default="http://localhost:8000", help=_("Where people reach us."))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help=_("Write a page to print, a sheet per person."))
@click.option("--as", "username", metavar="NAME", help=_("The administrator in whose name it is done (the first one)."))
def invite(
    people: tuple[str, ...], everybody: bool, unit_code: str | None, base_url: str, output: Path | None, username: str | None
) -> None:
    actor = User.objects.filter(username=username, is_active=True).first() if username else invitations.oldest_administrator()
    if actor is None:
        refuse(_("No administrator yet. Run “lianxin init” first, or name one with --as."))
    if bool(people) == everybody:
        refuse(_("Name people by their codes, or say --all-without-account."))
    try:
        chosen = invitations.people_without_account(_unit(unit_code)) if everybody else invitations.find_people(people)
        links = invitations.invite_people(actor=actor, people=chosen)
    except Http404 as missing:
        refuse(_("%(code)s: nobody has this code, or the account named by --as is no administrator.") % {"code": missing})
    except ValidationError as refused:
        refuse(" ".join(refused.messages))
    sheets = [(link, base_url.rstrip("/") + link.path) for link in links]
    for link, address in sheets:
        click.echo(f"{link.person.code}\t{link.person.name}\t{address}")
        if sys.stderr.isatty() and len(sheets) <= SHOWN_AS_QR:
            import segno  # only here: no other command waits for it

            segno.make(address).terminal(out=sys.stderr, compact=True)
    if output is not None:
        output.write_text(render_to_string("organizations/invitation_file.html", {"sheets": sheets}), encoding="utf-8")
        output.chmod(0o600)
    say(ngettext("%(n)s link, valid 14 days.", "%(n)s links, valid 14 days.", len(sheets)) % {"n": len(sheets)})


def _unit(code: str | None) -> Unit | None:
    if code is None:
        return None
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        refuse(_("--unit: found “%(code)s”, expected the code of a unit.") % {"code": code})
    return unit


commands = [invite]
