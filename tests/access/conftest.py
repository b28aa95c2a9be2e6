"""The town of the access tests."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from lianxin.accounts.models import User
from lianxin.cases.queries import heat
from tests.access import objects, rights
from tests.access.town import Town, signed_in, stands
from tests.world import Make, World


@pytest.fixture(scope="module")
def _town_of_the_module(make_for_the_module: Make[Town]) -> Town:
    def settle(world: World) -> Town:
        objects.inhabit(world)
        clients = {role: signed_in(world, role) for role in rights.ROLES}
        User.objects.filter(username="closed_account").update(is_active=False)
        return Town(world, clients, stands(world))

    return make_for_the_module(settle)


@pytest.fixture
def town(_town_of_the_module: Town, db: Any) -> Iterator[Town]:
    logging.disable(logging.WARNING)
    heat.forget()
    yield _town_of_the_module.copy()
    logging.disable(logging.NOTSET)
