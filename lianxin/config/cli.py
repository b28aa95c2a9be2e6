"""`lianxin`: every command, gathered from the `commands.py` each app leaves beside its code (a list named `commands`)."""

import os
import sys
from datetime import date
from importlib import import_module, util

import click

import lianxin.ledger.clock as clock
from lianxin.ui.terminal import refuse


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def lianxin() -> None:
    """连心桥 Lianxinqiao."""


def main() -> None:
    """Set up Django, gather the commands, run the one asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianxin.config.settings")
    _fix_today()
    import django

    django.setup()
    from django.apps import apps
    from django.utils import translation

    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    with translation.override("en" if spoken.lower().startswith("en") else "zh-hans"):
        for app in apps.get_app_configs():
            name = f"{app.name}.commands"
            if app.name.startswith("lianxin.") and util.find_spec(name):
                for command in import_module(name).commands:
                    lianxin.add_command(command)
        lianxin()


def _fix_today() -> None:
    """`--today DATE`, accepted anywhere on the line, fixes the day for everything that asks the clock."""
    arguments = sys.argv
    for position, word in enumerate(arguments[1:], 1):
        name, _, value = word.partition("=")
        if name == "--today":
            taken = 1 if value else 2
            value = value or (arguments[position + 1] if len(arguments) > position + 1 else "")
            try:
                date.fromisoformat(value)
            except ValueError:
                refuse(f"--today: found “{value}”, expected a date such as 2026-10-01")
            os.environ[clock.FIXED_DAY] = value
            del arguments[position : position + taken]
            return
