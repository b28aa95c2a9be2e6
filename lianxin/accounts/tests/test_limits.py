"""Tries are counted for all workers together, and what counted them is forgotten in time."""

from datetime import timedelta

import pytest
from django.core.cache import caches

from lianxin.accounts.limits import DatabaseLimits
from lianxin.accounts.models import Limit
from lianxin.ledger import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def workers():
    """The limits as two workers hold them."""
    return DatabaseLimits("", {}), DatabaseLimits("", {})


def test_it_is_what_the_product_uses():
    assert isinstance(caches["default"], DatabaseLimits)


def test_what_one_worker_counts_the_other_knows(workers):
    here, there = workers
    here.set("tries:203.0.113.7", [1.5, 2.5], 60)
    assert there.get("tries:203.0.113.7") == [1.5, 2.5]
    there.set("tries:203.0.113.7", [3.5], 60)
    assert here.get("tries:203.0.113.7") == [3.5]


def test_a_code_is_used_once_at_one_of_them(workers):
    here, there = workers
    assert here.add("code:123456", "y", 30)
    assert not there.add("code:123456", "y", 30)
    assert there.delete("code:123456")
    assert here.add("code:123456", "y", 30)


def test_in_time_it_is_forgotten(workers):
    here, there = workers
    here.set("short", 1, 30)
    here.set("long", 1, 300)
    with clock.standing_at(clock.now() + timedelta(seconds=31)):
        assert (there.get("short"), there.get("long")) == (None, 1)
        assert there.add("short", 2, 30)
        assert there.add("other", 2, 30)
    assert Limit.objects.count() == 3


def test_neither_name_nor_address_is_kept(workers):
    workers[0].set("tries:secretary:203.0.113.7", [1.5], 60)
    assert "secretary" not in str(Limit.objects.values())
    assert "203.0.113.7" not in str(Limit.objects.values())
