"""Nothing acknowledged is lost or doubled: 300 power cuts and 20 kills in every run; the long form is `make trust`."""

import pytest

from tests.crash.kills import kill_workers
from tests.crash.life import lived_in_house
from tests.crash.power import cut_the_power

pytestmark = [pytest.mark.crash, pytest.mark.sqlite]


@pytest.fixture
def house():
    with lived_in_house() as made:
        yield made


def test_three_hundred_power_cuts_lose_nothing_acknowledged(house, compiler):
    outcome = cut_the_power(house, compiler, visits=20, cuts=300)
    assert outcome.clean, outcome
    assert (outcome.crashes, outcome.acknowledged, outcome.saved) == (300, 20, 20)


def test_twenty_kills_of_the_serving_worker_lose_nothing_acknowledged_and_double_nothing(house):
    outcome = kill_workers(house, kills=20)
    assert outcome.clean, outcome
    assert outcome.crashes == 20
    assert outcome.saved >= outcome.acknowledged >= 40
