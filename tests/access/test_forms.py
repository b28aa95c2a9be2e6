"""Forms filled in as a person would, and sent by everybody: what a refusal refuses would otherwise have succeeded.

Each page is opened by those who may, its form filled in and sent: something must be entered. The very same is then sent by those
who may not: they get what they would get for something that does not exist, after the same questions to the database, and nothing
is written. Whoever sends whatever, no entry appears at a unit where their posts do not allow that act.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from lianxin.schemes import library
from tests.access import objects, rights
from tests.access.bodies import bare
from tests.access.expectations import Row
from tests.access.town import ROWS, Sent, Town, address, expected, things_of, what

WORDS = {
    **dict.fromkeys(("reason", "words", "topic", "matter", "remedy", "findings", "text", "analysis"), "写给测试的话"),
    "name": "另名",
    "value": "3",
    "decision": "approve",
}
"""What is typed into a field of that name, whatever stands there already."""
PEOPLE = ("N0", "T010", "T014", "T016", "T006", "T008")
NOT_FILLED = {
    "import_sheet": "takes a workbook: lianxin/imports/tests",
    "import_publish": "needs a workbook that was sent: lianxin/imports/tests",
    "import_discard": "needs a workbook that was sent: lianxin/imports/tests",
    "end_trial": "needs a trial: lianxin/schemes/tests",
    "suggest_items": "reads what is typed and saves nothing: lianxin/cases/tests",
    "keep_filter": "one's own choice, no act: lianxin/cases/tests",
    "drop_filter": "likewise",
    "erasure": "needs what is due after half a year: lianxin/cases/tests",
    "propose_erasure": "likewise",
    "join_gathering": "needs the host's link: below",
}
"""Addresses whose forms are filled in elsewhere, and where."""
PROBLEM = ROWS["move_problem"]
MOVES = {
    f"move_problem {move}": replace(PROBLEM, args={"move": move}, on_object=who)
    for move, who in (
        ("correct", "entry.correct|recorder"),
        ("confirm", "visit.receive"),
        ("reject", "visit.receive"),
        ("withdraw", "entry.correct|recorder"),
    )
}
"""Every move of a problem that was handled, each with who may make it."""
CASE = ROWS["move_case"]
MOVES |= {
    f"move_case {move}": replace(CASE, args={"move": move}, object=what, on_object=who)
    for move, what, who in (
        ("claim", "waiting_case", "case.claim"),
        ("plan", "led_case", "case.handle"),
        ("answer", "led_case", "case.handle"),
        ("handle", "led_case", "case.handle"),
        ("transfer", "led_case", "case.dispatch"),
    )
}
POSTED = {
    name: row
    for name, row in {**ROWS, **MOVES}.items()
    if row.methods.get("POST") not in (None, "public", "signed_in") and name not in {*NOT_FILLED, "move_problem", "move_case"}
}


# --- filling in ------------------------------------------------------------------------------------------------------


@dataclass
class Control:
    """One field of a form: its value if untouched, and what else it offers."""

    value: str = ""
    offered: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The form of a page that is sent to the page itself."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__()
        self.path, self.inside, self.select, self.area = path.partition("?")[0], False, "", ""
        self.controls: dict[str, Control] = {}
        self.listed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "form":
            to = said.get("action", "").partition("?")[0]
            self.inside = said.get("method") == "post" and to in ("", self.path)
        elif tag == "option" and not self.select and self.inside:
            self.listed.append(value)
        elif not self.inside:
            return
        elif tag == "select":
            self.select = name
            self.controls[name] = Control()
        elif tag == "option":
            control = self.controls[self.select]
            control.offered += [value] if value else []
            control.value = value if "selected" in said else control.value
        elif tag == "textarea":
            self.area = name
            self.controls[name] = Control()
        elif tag == "input" and said.get("type") in ("radio", "checkbox"):
            control = self.controls.setdefault(name, Control())
            control.offered += [value or "on"] if said["type"] == "radio" else []
            control.value = (value or "on") if "checked" in said else control.value
        elif tag in ("input", "button") and name:
            self.controls[name] = Control(value)

    def handle_data(self, data: str) -> None:
        if self.area:
            self.controls[self.area].value += data.strip("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def bodies(self) -> Iterator[dict[str, str]]:
        """The form filled in, with other choices where there are several to try."""
        body = {}
        for name, control in self.controls.items():
            untouched = control.value or next(iter(control.offered), "")
            body[name] = WORDS.get(name, untouched) if not control.offered else untouched
        body = {name: value for name, value in body.items() if value}
        if "text" in self.controls and "schemes" in self.path:
            body |= {"text": another_scheme(), "publish": "1"}
        wanted = next((name for name in ("to", "into", "person", "lead") if name in self.controls and not body.get(name)), None)
        if wanted is None:
            yield body
        for value in (*PEOPLE, "新来的") if wanted == "person" else self.listed if wanted else ():
            yield {**body, wanted: value}
        for name in ("post", "kind", "title", "secretary"):
            for value in self.controls[name].offered[1:4] if name in self.controls else ():
                yield {**body, name: value}


def another_scheme() -> str:
    """A new version of a sample, in force from next year on."""
    [text] = [file.read_text() for file in library.library_files() if file.stem == "contact-131"]
    text = re.sub(r"^version: .*$", 'version: "2099.1"', text, flags=re.M)
    return re.sub(r"^effective: .*$", "effective: {from: 2099-01-01}", text, flags=re.M)


def bodies_for(town: Town, row: Row, role: str, path: str) -> Iterator[dict[str, str]]:
    if "GET" in row.methods:
        yield from Page(path, town.ask(role, "GET", path).content.decode()).bodies()
    else:
        yield row.post or {"decision": "approve"}


def sent_to(path: str) -> str:
    """Where a form's last button leads: past the page that says what will follow."""
    return f"{path}{'&' if '?' in path else '?'}sure=1"


# --- sending ---------------------------------------------------------------------------------------------------------


def misplaced(row: Row, role: str, sent: Sent, thing: objects.Thing) -> list[tuple[str, str]]:
    """Entries at units where the role may not do that: neither by the address's permission nor, where asked for, the object's."""
    recorded_it = "recorder" in row.on_object.split("|") and role == thing.by
    allowed = row.methods["POST"]
    found = [entry for entry in sent.entries if not rights.may(role, allowed, {entry[1]})]
    if row.on_object and not recorded_it:
        found += [entry for entry in sent.entries if not rights.may(role, row.on_object, {entry[1]})]
    return [] if row.names == "all" else found  # the administration of accounts has no unit of its own


@pytest.mark.parametrize("name", sorted(POSTED))
def test_what_is_refused_would_have_succeeded_and_writes_nothing(town: Town, name: str) -> None:
    row, wrong = POSTED[name], []
    allowed, succeeded = set(), set()
    for thing in things_of(town, row):
        path = sent_to(address(name.split()[0], row, thing.arguments))
        here = [role for role in rights.ROLES if expected(row, "POST", role, thing) == "served"]
        body: dict[str, str] = {}
        for role in [role for role in here if role not in succeeded] or here[:1]:
            for tried in bodies_for(town, row, role, path):
                sent = town.send(role, path, tried)
                wrong += [f"{path} as {role}: {kind} entered at {code}" for kind, code in misplaced(row, role, sent, thing)]
                body = body or tried
                if sent.entries and sent.response.status_code < 400:
                    succeeded.add(role)
                    body = tried
                    break
        allowed |= set(here)
        for role in refused_here(row, thing):
            sent, wanted = town.send(role, path, body), expected(row, "POST", role, thing)
            if what(sent.response) != wanted:
                wrong.append(f"{path} as {role}: found {sent.response.status_code}, expected {wanted}")
            elif sent.writes:
                wrong.append(f"{path} as {role} was refused, but wrote: {sent.writes[0][:120]}")
            elif wanted == "absent" and thing.arguments:
                wrong += unlike_absent(town, name.split()[0], row, role, thing, body, sent)
    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong[:20])
    assert allowed - succeeded <= NEVER.get(name, set()), f"{sorted(allowed - succeeded)} may, but nothing they sent was saved"
    assert succeeded


def refused_here(row: Row, thing: objects.Thing) -> list[str]:
    """Those who may do it elsewhere, but not here; and one each of those who may nowhere, whom the matrix asks one by one."""
    refused = [role for role in rights.ROLES if expected(row, "POST", role, thing) != "served"]
    elsewhere = [role for role in refused if rights.may(role, row.methods["POST"], None)]
    nowhere = [role for role in refused if role not in elsewhere and role not in rights.SIGNED_OUT]
    return [*elsewhere, *nowhere[:1], "stranger"]


NEVER: dict[str, set[str]] = {
    "merge_unit": {"other_county_officer"},  # there is one unit of each kind
    "move_unit": {"other_county_officer"},
}
"""Who may use an address, but finds nothing to do there in this world, and why."""
MAY_SEE = {"visit": "record.view", "problem": "record.view", "gathering": "record.view"}
MAY_SEE |= {"case": "case.view", "led_case": "case.view", "waiting_case": "case.view", "led_reporter": "case.view"}
"""Who sees an object may be told by other questions that it is not theirs to change: that it exists is no secret to them."""


def unlike_absent(
    town: Town, name: str, row: Row, role: str, thing: objects.Thing, body: dict[str, str], refused: Sent
) -> list[str]:
    """How a refusal differs from what does not exist: in its body, or in what was asked of the database."""
    nowhere = {key: objects.ABSENT[key] for key in thing.arguments}
    absent = town.send(role, sent_to(address(name, row, nowhere)), body)
    found = []
    if bare(absent.response) != bare(refused.response):
        found.append(f"{name} as {role} ({thing.label}): refused looks different from absent")
    secret = row.object not in MAY_SEE or not rights.may(role, MAY_SEE[row.object], thing.units)
    if secret and absent.shapes != refused.shapes:
        differing = next(iter((refused.shapes - absent.shapes) or (absent.shapes - refused.shapes)))
        found.append(f"{name} as {role} ({thing.label}): refused asks the database otherwise than absent: {differing[:200]}")
    return found


# --- once ------------------------------------------------------------------------------------------------------------

WITHOUT_KEY = {
    "export_people": "each file that leaves the house is entered, also the second",
    "export_history": "likewise",
    "export_standings": "likewise",
    "export_cases": "likewise",
    "invite": "a new link replaces the one before",
    "close_account": "a closed account cannot be closed again",
    "decide_export": "what is decided cannot be decided again",
    "new_scheme": "the same text is the version that is there already",
}
"""Forms that are known again by something else than a key made with them, and by what."""
ENTERED_EACH_TIME = {
    "export_people",
    "export_history",
    "export_standings",
    "export_cases",
    "invite",
}


@pytest.mark.parametrize("name", sorted(POSTED))
def test_a_form_sent_twice_is_entered_once(town: Town, name: str) -> None:
    """As a double tap or a bad connection sends it: the same body, the same key."""
    row, (once, twice, keyed) = POSTED[name], sent_once_and_twice(town, name)
    assert once.entries, "nothing was entered: the test does not test"
    assert keyed == (name.split()[0] not in WITHOUT_KEY)
    if name not in ENTERED_EACH_TIME:
        assert twice.entries == once.entries
    assert twice.response.status_code < 400 or row.names == "all"


def sent_once_and_twice(town: Town, name: str) -> tuple[Sent, Sent, bool]:
    """The first form that anybody can send to some effect: sent once, sent twice, and whether it carries a key."""
    row = POSTED[name]
    for thing in things_of(town, row):
        path = sent_to(address(name.split()[0], row, thing.arguments))
        role = next((role for role in rights.ROLES if expected(row, "POST", role, thing) == "served"), None)
        for body in bodies_for(town, row, role, path) if role else ():
            once = town.send(role, path, body)
            if once.entries and once.response.status_code < 400:
                return once, town.send(role, path, body, body), bool(body.get("submission"))
    raise AssertionError(f"nobody can send {name} to any effect")


KEYED_FORM = re.compile(r"<form ([^>]*)>(?=(?:(?!</form>).)*name=\"submission\")", re.S)


def test_who_goes_back_to_a_form_finds_it_with_its_key(town: Town) -> None:
    """A browser forgets a page that something was sent to, and would fetch a new key: so forms are sent to another address than
    their page's, or no browser keeps the page in the first place."""
    seen, wrong = set(), []
    for name, row in POSTED.items():
        for thing in things_of(town, row)[:1] if "GET" in row.methods else ():
            path = address(name.split()[0], row, thing.arguments)
            role = next(role for role in rights.ROLES if expected(row, "GET", role, thing) == "served")
            page = town.ask(role, "GET", path)
            for said in KEYED_FORM.findall(page.content.decode()) if "no-store" not in page.get("Cache-Control", "") else ():
                seen.add(name)
                to = re.search(r'action="([^"]+)"', said)
                wrong += [] if to and to[1] not in (path, path.partition("?")[0]) else [path]
    assert wrong == []
    assert {"new_case", "new_visit", "new_gathering", "set_day", "waive"} <= seen


# --- what a form names -----------------------------------------------------------------------------------------------

BY_BODY = [name for name, row in POSTED.items() if row.object == "none" and "GET" in row.methods]


@pytest.mark.parametrize("name", sorted(BY_BODY))
def test_naming_in_a_form_what_is_out_of_reach_enters_nothing_there(town: Town, name: str) -> None:
    """Where the form itself says which unit it is about: everybody sends everybody's form."""
    row, nothing = POSTED[name], objects.Thing("–")
    path = sent_to(address(name, row, {}))
    senders = [role for role in rights.ROLES if expected(row, "POST", role, nothing) == "served"]
    bodies = {role: next(bodies_for(town, row, role, path)) for role in senders}
    wrong = []
    for role in senders:
        tried = [body for other, body in bodies.items() if other != role]
        what = bodies[role].get("what", "").partition("@")[0]
        tried += [{**bodies[role], "unit": code, "what": f"{what}@{code}"} for code in objects.LIVED_AT]
        for body in tried:
            wrong += [(role, *entry) for entry in misplaced(row, role, town.send(role, path, body), nothing)]
    assert wrong == []
    assert senders


def test_a_joint_gatherings_link_lets_in_only_who_records_for_a_unit(town: Town) -> None:
    """The host's link is good for every secretary, for their own unit alone."""
    host = objects.gatherings(town.world)[0]
    page = town.ask("secretary", "GET", reverse("gathering", kwargs=host.arguments)).content.decode()
    [path] = {found[1] for found in re.finditer(r"testserver(/gatherings/\d+/join/[^\"<\s]+)", page)}
    row = ROWS["join_gathering"]
    joined = {}
    for role in rights.ROLES:
        sent = town.send(role, path, {"submission": "a" * 22, "unit": "150302001002-1", "present": "3"})
        joined[role] = sorted({code for _kind, code in sent.entries})
        assert misplaced(row, role, sent, host) == []
        if not joined[role]:
            assert sent.writes == []
    assert {role for role, units in joined.items() if units} == {"sibling_secretary", "other_secretary"}


def test_every_form_behind_a_permission_is_filled_in_somewhere() -> None:
    behind = {name for name, row in ROWS.items() if row.methods.get("POST") not in (None, "public", "signed_in")}
    assert behind - {name.split()[0] for name in POSTED} == set(NOT_FILLED)
