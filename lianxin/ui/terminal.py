"""What people meet in a terminal: their language, data on stdout, talk on stderr, one clear line on failure."""

import gettext
import os
from pathlib import Path
from typing import Any, NoReturn

import click

CLICK_WORDS = Path(__file__).parent / "locale"


class Refusal(click.ClickException):
    """A command cannot do what was asked: one clear sentence, exit status 1 (or the one given)."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(str(message))
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it on the class and reads it from the instance

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def say(message: object) -> None:
    """Talk to the person: stderr, so that stdout stays data."""
    click.echo(str(message), err=True)


def refuse(message: object) -> NoReturn:
    raise Refusal(str(message))


def speak(language: str) -> None:
    """Let click's own words (“Usage”, “Missing argument”) be in that language: click asks Python's gettext for them."""
    gettext.bindtextdomain("click", CLICK_WORDS)
    gettext.textdomain("click")
    os.environ["LANGUAGE"] = "zh_Hans" if language.startswith("zh") else "en"
