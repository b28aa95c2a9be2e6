"""The town of the access tests."""

import logging
from collections.abc import Iterator

import pytest

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations import actions, people
from lianxin.schemes.actions import seed_library
from tests.access import objects, rights
from tests.access.town import PHONE, Town, signed_in
from tests.world import OPENED, World


@pytest.fixture
def town(world: World) -> Iterator[Town]:
    logging.disable(logging.WARNING)
    founder = User.objects.get(username="founder")
    new = [
        actions.NewPerson(f"N{number}", name, world.units[unit], OPENED, 1980, membership, title, until)
        for number, (_, name, unit, title, membership, until) in enumerate(objects.NEWCOMERS)
    ]
    for (role, *_), person in zip(objects.NEWCOMERS, actions.register_people(actor=founder, people=new), strict=True):
        person.user = User.objects.create_user(role, created_at=clock.now())
        person.save()
        world.people[role] = person
    second_post = {"unit": world.sibling, "title": "inspector", "since": OPENED}
    actions.give_post(actor=founder, person=world.people["two_posts"], **second_post)
    for number, person in enumerate(world.people.values()):
        people.seal_phone(person, PHONE.format(number))
        person.save()
    objects.live(world)
    seed_library(actor=founder, unit=world.county)
    objects.remark(world)
    clients = {role: signed_in(world, role) for role in rights.ROLES}
    User.objects.filter(username="closed_account").update(is_active=False)
    yield Town(world, clients)
    logging.disable(logging.NOTSET)
