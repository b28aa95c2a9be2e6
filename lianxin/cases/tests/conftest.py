"""What tests about cases share."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from lianxin.cases import actions, duplicates
from lianxin.cases.models import Case
from lianxin.cases.queries import heat

NUMBERS = count(1)


@pytest.fixture(autouse=True)
def _nothing_compared() -> None:
    """Keys of cases come again in every test; what was kept of one must not speak for another."""
    duplicates._indexes.clear()
    heat.forget()


@pytest.fixture
def report(world: Any) -> Callable[..., actions.Received]:
    """`report(text=…)`: a resident of the village reports a problem."""

    def reported(**said: Any) -> actions.Received:
        wanted = {"place": world.village, "text": "村口的水井不出水", "phone": "13800001111", **said}
        quarantined = wanted.pop("quarantined", False)
        wanted.setdefault("sending", f"a phone's own key {next(NUMBERS)}")
        return actions.report_case(report=actions.Report(**wanted), quarantined=quarantined)

    return reported


@pytest.fixture
def waiting(report: Any) -> Case:
    """A case in the pool."""
    case: Case = report().reporter.case
    return case


@pytest.fixture
def led(world: Any, waiting: Case) -> Case:
    """A case that the village's branch leads."""
    actions.claim_case(actor=world.user("secretary"), case=waiting, unit=world.branch)
    waiting.refresh_from_db()
    return waiting
