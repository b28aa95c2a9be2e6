"""A lived-in installation for the crash tests: a contact leader records visits; afterwards everything must be there, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from tests.house import House, new_house

LEADER = "contact_leader"
PASSWORD = "a password of these tests"
FIRST_DAY = date(2020, 1, 2)
PAGE = "/visits/new/"
KIND = "liaison.inspected"
PREPARE = f"""
from django.core.management import call_command
from lianxin.config.setup import prepare_folder
prepare_folder()
call_command("migrate", verbosity=0)
from tests.world import make_world
leader = make_world().user({LEADER!r})
leader.set_password({PASSWORD!r})
leader.save()
"""


@contextmanager
def lived_in_house() -> Iterator[House]:
    """An installation on SQLite with the tests' small world in it; its contact leader can sign in."""
    with new_house(made=False, on_sqlite=True) as house:
        house.python(PREPARE)
        yield house


def form(number: int) -> dict[str, str]:
    """What the leader sends for the visit of that number; sent again it is the same submission.

    It says that there were two visits on that day: then nothing but the submission's key keeps one from being saved twice.
    """
    day = FIRST_DAY + timedelta(days=number % 2000)
    said = {"kind": "inspection", "day": day.isoformat(), "findings": f"visit {number:06d}", "another": "on"}
    return {"submission": f"crash-{number:012d}", **said}


@dataclass
class Outcome:
    """What was found after crashes. Everything but the first three must be nothing."""

    crashes: int = 0
    acknowledged: int = 0
    saved: int = 0
    lost: int = 0
    """Acknowledged and not there."""
    doubled: int = 0
    half: int = 0
    """A visit without its entry or its submission, or an entry without its visit."""
    broken: int = 0
    """The database could not be opened, fails its integrity check, or the ledger's chain does not hold."""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.half or self.broken)
