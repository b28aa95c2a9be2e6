"""The small world with every role in it, each in a browser: asked for an address, and what of it stays is nothing."""

import copy
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from tests.access import objects, rights
from tests.access.expectations import Row, expectations
from tests.world import World

ROWS = expectations()
PHONE = objects.PHONE


class Undo(Exception):
    pass


@dataclass
class Town:
    """The small world with every role in it, each in a browser that has just proved itself."""

    world: World
    clients: dict[str, Client]
    stands: dict[str, set[str]]
    """The units at which each person holds a post or belongs, at any time."""

    def copy(self) -> "Town":
        """The same people in the same browsers, for one test."""
        copied = Town(self.world.copy(), {role: Client() for role in self.clients}, self.stands)
        for role, client in self.clients.items():
            copied.clients[role].cookies = copy.deepcopy(client.cookies)
            copied.clients[role].handler = self.clients["stranger"].handler
        return copied

    def ask(self, role: str, method: str, path: str, data: dict[str, str] | None = None) -> HttpResponse:
        """What the role gets. Whatever it changes is undone."""
        client = self.clients[role]
        cookies = copy.deepcopy(client.cookies)
        try:
            with transaction.atomic():
                response = (
                    client.generic(method, path) if method in ("PUT", "DELETE") else getattr(client, method.lower())(path, data)
                )
                raise Undo
        except Undo:
            client.cookies = cookies
        return response

    def send(self, role: str, path: str, *bodies: dict[str, str]) -> "Sent":
        """What comes of a form: the last answer, the entries written, what was asked of the database. All of it is undone."""
        client, before = self.clients[role], Entry.objects.latest("pk").pk
        cookies, sent = copy.deepcopy(client.cookies), Sent()
        try:
            with transaction.atomic():
                with CaptureQueriesContext(connection) as captured:
                    for data in bodies:
                        sent.response = client.post(path, data)
                sent.asked = [query["sql"] for query in captured.captured_queries]
                entries = Entry.objects.filter(pk__gt=before).order_by("pk")
                found = entries.values_list("kind", "unit__code", "data")
                sent.entries = [(kind, data.get("parent", code)) for kind, code, data in found]
                raise Undo
        except Undo:
            client.cookies = cookies
        return sent


WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.I)
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b")


@dataclass
class Sent:
    """What came of sending a form."""

    response: HttpResponse = field(default_factory=HttpResponse)
    entries: list[tuple[str, str]] = field(default_factory=list)
    """(kind, code of the unit; of a unit just founded, of the one above it)"""
    asked: list[str] = field(default_factory=list)
    """SQL, in order."""

    @property
    def writes(self) -> list[str]:
        return [sql for sql in self.asked if WRITES.match(sql)]

    @property
    def shapes(self) -> Counter[str]:
        """The statements without what differs from object to object."""
        return Counter(LITERAL.sub("?", sql) for sql in self.asked)


def stands(world: World) -> dict[str, set[str]]:
    return {
        name: {row.unit.code for held in (person.posts, person.memberships) for row in held.select_related("unit")}
        for name, person in world.people.items()
    }


def signed_in(world: World, role: str) -> Client:
    if role == "stranger":
        return Client()
    client = world.client(role)
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    return client


def what(response: HttpResponse) -> str:
    """The answer in one word."""
    where = response.headers.get("Location", "")
    if where.startswith("/sign-in/?next="):
        return "sign in"
    if where.startswith("/sign-in/again/"):
        return "prove"
    return {404: "absent", 405: "method"}.get(response.status_code, "broken" if response.status_code in (403, 500) else "served")


def expected(row: Row, method: str, role: str, thing: objects.Thing) -> str:
    access = row.methods.get("GET" if method == "HEAD" else method)
    if access != "public" and role in rights.SIGNED_OUT:
        return "sign in"
    if access is None:
        return "method"
    if row.absent:
        return "absent"
    if access in ("public", "signed_in"):
        return "served"
    if not rights.may(role, access, thing.units):
        return "absent"
    recorded_it = "recorder" in row.on_object.split("|") and role == thing.by
    return "served" if not row.on_object or recorded_it or rights.may(role, row.on_object, thing.units) else "absent"


def address(name: str, row: Row, arguments: dict[str, Any]) -> str:
    asked = dict(row.query)
    if row.unit_asked_by and "code" in arguments:
        arguments = {**arguments}
        asked[row.unit_asked_by] = arguments.pop("code")
    return reverse(name, kwargs={**arguments, **row.args}) + (f"?{urlencode(asked)}" if asked else "")


def things_of(town: Town, row: Row) -> list[objects.Thing]:
    return objects.OBJECTS[row.object](town.world) + (objects.units(town.world) if row.unit_asked_by else [])
