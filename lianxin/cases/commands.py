"""`lianxin cases …`."""

import click
from django.utils.translation import gettext_lazy as _

from lianxin.cases.open311.commands import api_key, api_keys
from lianxin.cases.retention_commands import erase_due, hold
from lianxin.cases.rule_commands import rules
from lianxin.cases.text_commands import classify_eval, duplicates_, hot_topics

HELP = _("Residents' cases: other systems that file them; what is made of residents' words, how long they are kept; the rules.")


@click.group(help=str(HELP))
def cases() -> None:
    pass


for command in (api_key, api_keys, classify_eval, hot_topics, duplicates_, erase_due, hold, rules):
    cases.add_command(command)

commands = [cases]
