"""`lianxin cases …`."""

import click
from django.utils.translation import gettext_lazy as _

from lianxin.cases.open311.commands import api_key, api_keys


@click.group(help=str(_("Residents' cases: other systems that file them.")))
def cases() -> None:
    pass


for command in (api_key, api_keys):
    cases.add_command(command)

commands = [cases]
