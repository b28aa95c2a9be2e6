"""`lianxin brief`: the brief of a unit, in the terminal."""

from datetime import date

import click
from django.utils.translation import gettext as _

from lianxin.home.brief import brief_of
from lianxin.home.choice import Choice, view_for
from lianxin.home.paper import as_text
from lianxin.ledger import clock
from lianxin.organizations.models import Unit
from lianxin.schemes.commands import Day
from lianxin.ui.terminal import refuse


@click.command(
    help=_("Print the brief: who is on track, who lacks what, whose elections fall due. Every figure is counted from entries.")
)
@click.option("--unit", help=_("Code of the unit, such as 152221. Default: the only county."))
@click.option("--as-of", type=Day(), help=_("The day, such as 2026-10-01. Default: today."))
def brief(unit: str | None = None, as_of: date | None = None) -> None:
    day = as_of or clock.today()
    if day > clock.today():
        refuse(_("--as-of: %(day)s has not come yet; expected today or an earlier day.") % {"day": day})
    asked = asked_unit(unit)
    view = view_for(None, asked, Choice(asked.code, as_of=day))
    if view.top is None:
        refuse(_("%(unit)s was not open on %(day)s.") % {"unit": asked.name, "day": day})
    for line in as_text(brief_of(view)):
        click.echo(line)


def asked_unit(code: str | None) -> Unit:
    """The unit named, else the only top of the tree."""
    if code:
        unit = Unit.objects.filter(code=code).first()
        return unit or refuse(_("--unit: found “%(code)s”, expected the code of a unit, such as 152221.") % {"code": code})
    tops = list(Unit.objects.open_on(clock.today()).filter(kind="county").order_by("path"))
    if not tops:
        refuse(_("There is no county yet. Begin with `lianxin init`."))
    if len(tops) > 1:
        codes = ", ".join(f"{unit.code} {unit.name}" for unit in tops)
        refuse(_("There are several counties (%(codes)s). Name one: --unit CODE.") % {"codes": codes})
    return tops[0]


commands = [brief]
