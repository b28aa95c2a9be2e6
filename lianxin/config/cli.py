"""`lianxin`: every command, gathered from the `commands.py` each app leaves beside its code (a list named `commands`)."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import wraps
from http import HTTPStatus
from importlib import import_module, util
from typing import Any

import click
from django.utils.translation import gettext as _

from lianxin.config.folder import DEMONSTRATION
from lianxin.ledger import clock
from lianxin.ui.terminal import Refusal, refuse, say, speak

ANY_TIME = {
    "init", "keys import", "restore", "upgrade", "verify", "demo", "declarations", "messages", "schemes check", "schemes test",
    "schemes schema", "cases classify-eval", "cases duplicates", "cases rules",
}  # fmt: skip
"""Commands that work without an installation, or mend one; every other refuses one that is not ready."""
WHATEVER_THE_RULES = {"backup", "keys export"}
"""Commands that a half-edited file of rules must not keep from their work."""
OF_A_FILE = {"cases hot-topics"}
"""Commands that work without one where they are given a file."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def lianxin() -> None:
    """连心桥 Lianxinqiao."""


def main() -> None:
    """Set up Django, gather the commands, run the one asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianxin.config.settings")
    day = _take_today()
    if sys.argv[1:2] == ["serve"]:
        _note_tls()
    if sys.argv[1:2] == ["demo"]:
        os.environ.setdefault("LIANXIN_HOME", str(DEMONSTRATION))
    import django

    django.setup()
    from django.utils import translation

    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    language = "en" if spoken.lower().startswith("en") else "zh-hans"
    speak(language)
    with translation.override(language):
        try:
            _fix_today(day)
        except Refusal as refusal:
            refusal.show()
            sys.exit(refusal.exit_code)
        _run(gather())


def _run(commands: click.Group) -> None:
    """Run the command; what the machine is to blame for is said in one line."""
    from django.db import Error as DatabaseError

    from lianxin.config.failures import status_of

    try:
        commands()
    except (DatabaseError, OSError) as fault:
        why = " ".join(str(fault).split())
        if status_of(fault) == HTTPStatus.INSUFFICIENT_STORAGE:
            sentence = _("The disk is full. What was not finished is not saved; make room and run the command again.")
        elif status_of(fault) == HTTPStatus.SERVICE_UNAVAILABLE:
            sentence = _("The database does not answer (%(why)s). What was not finished is not saved; try again in a minute.")
        elif isinstance(fault, DatabaseError):
            raise
        else:
            sentence = _("The command could not go on: %(why)s. What was not finished is not saved.")
        say(sentence % {"why": why})
        sys.exit(1)


def gather() -> click.Group:
    """The commands of every app, in the language now active; those that need an installation refuse without one."""
    from django.apps import apps

    for app in apps.get_app_configs():
        name = f"{app.name}.commands"
        if app.name.startswith("lianxin.") and util.find_spec(name):
            for command in import_module(name).commands:
                lianxin.add_command(command)
    for name, command in leaves(lianxin):
        if name not in ANY_TIME and command.callback is not None:
            command.callback = _only_when_ready(name, command.callback)
    _speak_of(lianxin)
    return lianxin


def _speak_of(command: click.Command) -> None:
    """What click writes into a command when it is made, in English: how it is called, and what its values are."""
    kinds = {"text": _("text"), "integer": _("whole number"), "integer range": _("whole number"), "float range": _("number")}
    command.options_metavar = _("[OPTIONS]")
    for parameter in command.params:
        parameter.type.name = kinds.get(parameter.type.name, parameter.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = _("COMMAND [ARGUMENTS]…")
        for child in command.commands.values():
            _speak_of(child)


def leaves(command: click.Command, *before: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its whole name (`schemes publish`)."""
    if not isinstance(command, click.Group):
        yield " ".join(before), command
        return
    for name, child in command.commands.items():
        yield from leaves(child, *before, name)


def _only_when_ready(name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """The command, refused where the installation is absent, out of date or unguarded, or its rules are mistaken."""

    @wraps(callback)
    def checked(*arguments: Any, **options: Any) -> Any:
        from lianxin.config.readiness import why_not_ready

        if not (name in OF_A_FILE and options.get("file")):
            problem = why_not_ready(whatever_the_rules=name in WHATEVER_THE_RULES)
            if problem:
                refuse(problem)
        return callback(*arguments, **options)

    return checked


def _take_today() -> str | None:
    """What `--today DATE` says, taken off the line, wherever on it it stands."""
    found = _option("--today")
    if found is None:
        return None
    value, words = found
    del sys.argv[words]
    return value


def _option(wanted: str) -> tuple[str, slice] | None:
    """The value of an option, before click reads the line, and the words it takes there."""
    for position, word in enumerate(sys.argv[1:], 1):
        name, equals, value = word.partition("=")
        if name == wanted:
            after = "".join(sys.argv[position + 1 : position + 2])
            return (value, slice(position, position + 1)) if equals else (after, slice(position, position + 2))
    return None


def _note_tls() -> None:
    """Whether browsers come over TLS, and through which proxy, stands in the settings, which are read before the options are."""
    proxy = _option("--trusted-proxy")
    os.environ["LIANXIN_TLS"] = "1" if proxy or _option("--cert") else ""
    os.environ["LIANXIN_TRUSTED_PROXY"] = proxy[0] if proxy else ""


def _fix_today(day: str | None) -> None:
    """Fix the day for everything that asks the clock."""
    if day is None:
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        refuse(_("--today: found “%(found)s”, expected a date such as 2026-10-01") % {"found": day})
    os.environ[clock.FIXED_DAY] = day
