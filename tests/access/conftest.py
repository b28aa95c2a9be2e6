"""The town of the access tests."""

import logging
from collections.abc import Iterator

import pytest

from lianxin.accounts.models import User
from tests.access import objects, rights
from tests.access.town import Town, signed_in
from tests.world import World


@pytest.fixture
def town(world: World) -> Iterator[Town]:
    logging.disable(logging.WARNING)
    objects.inhabit(world)
    clients = {role: signed_in(world, role) for role in rights.ROLES}
    User.objects.filter(username="closed_account").update(is_active=False)
    yield Town(world, clients)
    logging.disable(logging.NOTSET)
