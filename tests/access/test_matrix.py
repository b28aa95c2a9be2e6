"""The access matrix: every address × method × role × {own, child, sibling, above, other county}.

What each cell must be stands in expectations.yaml (what an address needs) and rights.py (what a role may), both typed by hand
from the product's table. Refused looks exactly like absent. No body names a unit or a person out of reach, nor any phone; and
what happens out of reach changes no body at all, so that counts do not leak either.
"""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations import access, actions
from lianxin.organizations.models import Post
from tests.access import objects, rights
from tests.access.bodies import bare
from tests.access.expectations import Row
from tests.access.town import PHONE, ROWS, Town, address, expected, things_of, what

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def methods_of(row: Row) -> tuple[str, ...]:
    """Every method there is. One that the row does not answer is refused by the gate before anything but the session and its
    user is read, so on PostgreSQL they are asked of one address in four."""
    if connection.vendor == "sqlite" or list(ROWS.values()).index(row) % 4 == 0:
        return METHODS
    return tuple(method for method in METHODS if method in row.methods or (method == "HEAD" and "GET" in row.methods))


def roles_of(row: Row) -> list[str]:
    """Everybody; on PostgreSQL, where the same conditions are asked of another engine, one half at each address in turn."""
    if connection.vendor == "sqlite":
        return list(rights.ROLES)
    return list(rights.ROLES)[list(ROWS.values()).index(row) % 2 :: 2]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_method_role_and_object(town: Town, name: str) -> None:
    row = ROWS[name]
    things = things_of(town, row)
    wrong, cells = [], Counter[str]()
    for role in roles_of(row):
        nowhere: dict[str, str] = {}
        for thing in things:
            path = address(name, row, thing.arguments)
            for method in methods_of(row) if thing is things[0] else row.methods:
                response = town.ask(role, method, path, row.post if method == "POST" else None)
                found, wanted = what(response), expected(row, method, role, thing)
                cells[found] += 1
                if found != wanted:
                    wrong.append(
                        f"{method} {path} as {role} ({thing.label}): found {found} {response.status_code}, expected {wanted}"
                    )
                elif found == "absent" and thing.arguments:
                    if method not in nowhere:
                        nowhere[method] = absent(town, role, name, row, method)
                    if bare(response) != nowhere[method]:
                        wrong.append(f"{method} {path} as {role}: refused looks different from absent")
                elif found == "served":
                    wrong += [f"{method} {path} as {role} names {leak}" for leak in leaks(town, role, row, response, thing)]
    assert not wrong, f"{len(wrong)} of {sum(cells.values())} cells are wrong:\n" + "\n".join(wrong[:30])
    unserved = not (row.absent or row.args or cells["served"]) and connection.vendor == "sqlite"
    assert not unserved, "nobody at all is served: the row or its objects are wrong"


def absent(town: Town, role: str, name: str, row: Row, method: str) -> str:
    """What the role gets for something that does not exist."""
    arguments = {key: objects.ABSENT[key] for key in things_of(town, row)[-1].arguments}
    return bare(town.ask(role, method, address(name, row, arguments), row.post if method == "POST" else None))


def leaks(town: Town, role: str, row: Row, response: HttpResponse, thing: objects.Thing) -> list[str]:
    """Names of units and people out of the role's reach, and phones, in the body."""
    if response.streaming:
        return []
    body = response.content.decode(errors="replace")
    phones = map(PHONE.format, (*range(len(town.world.people)), objects.RESIDENTS))
    found = [f"the phone {phone}" for phone in phones if phone in body]
    if row.names == "all":
        return found
    foreign = rights.foreign_to(role) - meeting_in_cases(town, role, row, thing)
    # the name of the world's administrator is also the word for one
    found += [f"what was recorded at {code}" for code in foreign if objects.canary(code) in body]
    found += [f"the unit {rights.NAMES[code]}" for code in foreign if rights.NAMES[code] in body]
    return found + [f"the person {name}" for name in foreign_people(town, role, foreign) if name in body and name != "管理员"]


def meeting_in_cases(town: Town, role: str, row: Row, thing: objects.Thing) -> set[str]:
    """Units that a case brings together: who reaches it through one of them reads the others' names."""
    if row.names != "cases":
        return set()
    things = [thing] if thing.units else objects.cases(town.world)
    return {code for one in things if rights.may(role, "case.view", set(one.units or ())) for code in one.units or ()}


def foreign_people(town: Town, role: str, foreign: set[str]) -> list[str]:
    stand = town.stands.items()
    return [town.world.people[name].name for name, units in stand if name != role and units <= foreign]


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.step_up and not row.absent))
def test_what_opens_or_hands_out_data_asks_for_a_fresh_proof(town: Town, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS[name]
    for role, client in town.clients.items():
        if role not in rights.SIGNED_OUT:
            session = client.session
            del session["proved_at"]
            session.save()
    asked = 0
    for role in rights.ROLES:
        for thing in objects.OBJECTS[row.object](town.world):
            for method in row.methods:
                at = thing if row.object == "unit" else objects.Thing("anywhere")
                wanted = expected(row, method, role, at).replace("served", "prove")
                found = what(town.ask(role, method, address(name, row, thing.arguments), row.post))
                assert found == wanted, f"{method} {name} as {role} ({thing.label})"
                asked += wanted == "prove"
    assert asked


def readable(town: Town, role: str) -> dict[str, str]:
    """Every page the role can read, of every object within its reach, by address."""
    pages = {}
    for name, row in ROWS.items():
        if "GET" not in row.methods or row.absent or row.names == "all" or row.random or row.head == role:
            continue
        for thing in things_of(town, row) if row.object in ("none", "unit") else []:
            if expected(row, "GET", role, thing) == "served":
                path = address(name, row, thing.arguments)
                pages[path] = bare(town.ask(role, "GET", path))
    return pages


@pytest.mark.parametrize(
    ("role", "elsewhere"),
    [
        ("township_officer", "152221100003"),
        ("secretary", "152221100003"),
        ("member", "152221100003"),
        ("contact_leader", "152221100003"),
        ("sibling_officer", "152221200203"),
        ("county_officer", "150302001002"),
        ("inspector", "150302001002"),
        ("auditor", "150302001002"),
        ("stranger", "150302001002"),
    ],
)
def test_what_happens_out_of_reach_changes_nothing_one_sees(town: Town, role: str, elsewhere: str, monkeypatch: Any) -> None:
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)
    before = readable(town, role)
    assert before
    much_happens(town, elsewhere)
    after = readable(town, role)
    assert [path for path in before if after.get(path) != before[path]] == []


def much_happens(town: Town, elsewhere: str) -> None:
    """Units, people, posts, designations and entries beneath a unit."""
    founder = User.objects.get(username="founder")
    day = clock.today()
    [branch] = actions.found_units(
        actor=founder, units=[actions.NewUnit("777", "远方党支部", "branch", town.world.units[elsewhere], day, "village")]
    )
    actions.designate(actor=founder, unit=branch, designation="contact_point", since=day)
    new = [actions.NewPerson(f"F{n}", f"远人{n}", branch, day, 1990, "rural", "secretary" if n == 0 else "") for n in range(3)]
    actions.register_people(actor=founder, people=new)


@pytest.mark.parametrize("role", sorted(set(rights.ROLES) - {"stranger"}))
def test_the_one_rule_says_the_same_in_each_of_its_forms(town: Town, role: str) -> None:
    """`may`, `units_for` and the hand-typed table agree for every permission and unit; a closed account may nothing."""
    user = User.objects.get(username=role)
    permissions = {permission for held in rights.ROLES.values() for _, _, some in held for permission in some}
    wrong = []
    for permission in sorted(permissions):
        within = set(access.units_for(user, permission).values_list("code", flat=True))
        for code, unit in town.world.units.items():
            told = (rights.may(role, permission, {code}), access.may(user, permission, unit), code in within)
            wrong += [f"{permission} on {code}: table, may, units_for say {told}"] if len(set(told)) > 1 else []
        if access.may(user, permission) != rights.may(role, permission, None):
            wrong.append(f"{permission} anywhere")
    assert not wrong, "\n".join(wrong)


def test_the_end_of_a_post_is_the_end_of_its_rights_at_once(town: Town) -> None:
    path = reverse("export_people", kwargs={"code": "152221200"})
    assert what(town.ask("county_officer", "GET", path)) == "served"
    Post.objects.filter(person=town.world.people["county_officer"]).update(until=clock.today())
    assert what(town.ask("county_officer", "GET", path)) == "absent"


def test_the_matrix_meets_every_relation() -> None:
    """Own, child, sibling, above and other county all occur among the objects, and there are at least twelve roles."""
    met = {rights.relation(role, unit) for role in rights.ROLES for unit in objects.UNITS}
    assert met == {"own", "child", "sibling", "above", "other county"}
    assert len(rights.ROLES) >= 12
