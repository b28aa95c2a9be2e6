"""`lianxin remind`: the daily mail, by hand or from cron. `lianxin serve` sends it by itself."""

import click
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianxin.reminders import actions
from lianxin.ui.terminal import say


@click.command(help=_("Send today's mails: what falls due, to whoever owes it; never more than one a day to a person."))
def remind() -> None:
    sent = actions.send_daily()
    say(ngettext("%(count)d mail sent.", "%(count)d mails sent.", sent) % {"count": sent} if sent else _("Nothing to send."))


commands = [remind]
