"""`lianxin declarations` lists everything; what does not hold together is named with its place and how to mend it."""

import json

import pytest
from click.testing import CliRunner
from django.core.checks import run_checks
from django.utils import translation
from django.utils.translation import gettext_lazy

from lianxin.config import commands
from lianxin.config.apps import DECLARATIONS
from lianxin.config.declarations import REGISTRIES, Sort, as_data, check_all, declarations
from lianxin.imports import sheets
from lianxin.imports.sheets import Column, Sheet
from lianxin.ledger import figures, kinds, proof
from lianxin.ledger.figures import Figure
from lianxin.ledger.kinds import Kind
from lianxin.liaison import workflow
from lianxin.organizations import panels
from lianxin.organizations.access import ENTRY_VIEW
from lianxin.organizations.panels import UNIT, Panel
from lianxin.reminders import notices
from lianxin.reminders.notices import Notice

HERE = "lianxin/config/tests/test_declarations.py:"


@pytest.fixture(autouse=True)
def as_it_was(default_language, monkeypatch):
    """What a test declares is gone afterwards; sentences are read in English."""
    for registry in REGISTRIES.values():
        for name in ("_declared", "_places"):
            monkeypatch.setattr(registry, name, dict(getattr(registry, name)))
        monkeypatch.setattr(registry, "doubled", [])
    with translation.override("en"):
        yield


def complaint(number, *, here=True):
    """The one error of that number: its sentence, after where it was found, and how to mend it."""
    [found] = [message for message in check_all() if message.id == f"declarations.E{number:03}"]
    assert found.hint
    assert found.msg.startswith(HERE) == here
    return found.msg, found.hint


def test_all_that_is_declared_holds_together():
    assert run_checks(tags=[DECLARATIONS]) == []


def test_everything_is_listed_with_its_app_and_place():
    listed = [as_data(one) for one in declarations()]
    assert {row["sort"] for row in listed} == {sort.value for sort in Sort}
    found = {(row["app"], row["sort"], row["key"]): row for row in listed}
    election = found["organizations", "kind", "organizations.election_held"]
    assert election["fields"] == {"seats": "int", "one_shoulder": "bool", "elected": "str"} and election["countable"]
    assert election["place"].startswith("lianxin/organizations/kinds.py:")
    assert found["liaison", "sheet", "visits"]["columns"]["findings"] == "text?"
    assert found["liaison", "sheet", "visits"]["permission"] == "import.records"
    assert found["reminders", "notice", "reminders.owed"]["travels"]
    assert found["gatherings", "recorder", "gatherings.group_met"]["address"].startswith("/gatherings/new/")
    assert found["liaison", "move", "confirm"]["needs"] == ["not_leader"]
    assert (
        found["home", "address", "board"] | {"methods": ["GET"], "permission": "standing.view"}
        == found["home", "address", "board"]
    )
    assert found["schemes", "command", "schemes publish"]["takes"] == ["file"]


def test_the_command_prints_a_table_or_json_of_all_or_of_some_apps():
    def said(*words):
        return CliRunner().invoke(commands.declarations, words)

    assert len(json.loads(said("--format", "json").stdout)) == len(declarations())
    assert {row["app"] for row in json.loads(said("liaison", "--format", "json").stdout)} == {"liaison"}
    table = said("liaison").stdout
    assert table.startswith("lianxin/liaison\n  kinds of entries\n    liaison.researched")
    assert "lianxin/home" not in table
    refused = said("liason")
    assert refused.exit_code == 1 and "liaison" in refused.stderr


def test_a_key_declared_twice_is_named_with_both_places():
    kinds.declare(Kind("liaison.inspected", gettext_lazy("inspection")))
    sentence, _mend = complaint(1)
    assert "liaison.inspected" in sentence and "lianxin/liaison/kinds.py:" in sentence
    done = CliRunner().invoke(commands.declarations, ["liaison"])
    assert done.exit_code == 1 and sentence in done.stderr


def test_the_first_of_two_keeps_its_meaning():
    kinds.declare(Kind("liaison.inspected", "another", countable=False))
    assert kinds.find_kind("liaison.inspected").countable


def test_a_key_of_another_app_is_told_what_it_should_be():
    kinds.declare(Kind("inspected", gettext_lazy("inspection")))
    assert "“inspected”, expected a key such as config.inspected" in complaint(2)[0]


def test_words_in_one_language_only_are_named():
    kinds.declare(Kind("config.seen", gettext_lazy("a text nobody translated")))
    sentence, mend = complaint(4)
    assert "a text nobody translated" in sentence and "messages --update config" in mend
    kinds.declare(Kind("config.said", "只有中文"))
    assert "只有中文" in complaint(3)[0]


def test_a_permission_that_no_post_gives_is_named_with_the_near_ones():
    notices.declare(Notice("config.late", gettext_lazy("To do"), "visit.records", lambda user, today: []))
    sentence, mend = complaint(5)
    assert "visit.records" in sentence and "visit.record" in mend


def test_words_do_not_go_into_an_entry():
    kinds.declare(Kind("config.noted", gettext_lazy("inspection"), {"note": list}))
    assert "“note” of config.noted" in complaint(6)[0]


SHEET = {"title": gettext_lazy("Units"), "permission": "import.units", "check": lambda *_: [], "apply": lambda *_: None}


@pytest.mark.parametrize(
    ("number", "columns", "identity"),
    [
        (7, [Column("code", gettext_lazy("Unit")), Column("code", gettext_lazy("Unit"))], ["code"]),
        (8, [Column("code", gettext_lazy("Unit"))], ["cod"]),
        (9, [Column("code", gettext_lazy("Unit"), "number")], ["code"]),
        (10, [Column("code", gettext_lazy("Unit"), "choice")], ["code"]),
    ],
)
def test_a_sheet_that_contradicts_itself_is_named(number, columns, identity):
    sheets.declare(Sheet(key="odd", columns=columns, identity=identity, **SHEET))
    assert "“odd”" in complaint(number)[0]


def test_a_page_that_records_needs_a_kind_and_an_address():
    notices.records("liaison.inspektion", gettext_lazy("Unit"), permission="visit.record", address=lambda code: "/nowhere/")
    assert "liaison.inspected" in complaint(11)[1]
    assert "liaison.inspektion" in complaint(12)[0]


def test_a_panel_without_a_template_is_named():
    panels.declare(Panel("config.empty", UNIT, "config/none.html", lambda *_: None, ENTRY_VIEW))
    assert "config/none.html" in complaint(13)[0]


def test_a_move_into_nowhere_and_one_that_writes_nothing_known_are_named(monkeypatch):
    class State(str):
        pass

    lost = workflow.Move("lose", State("lost"), workflow.S.HANDLED, frozenset({ENTRY_VIEW}), "liaison.problem_lost")
    monkeypatch.setattr(workflow, "MOVES", (*workflow.MOVES, lost))
    assert "liaison.problem_lost" in complaint(14, here=False)[0]
    assert "“lost”" in complaint(15, here=False)[0]


def test_a_command_of_a_taken_name_is_named(monkeypatch):
    monkeypatch.setattr(commands, "commands", [*commands.commands, commands.verify])
    assert "“verify”" in complaint(16, here=False)[0]


def test_a_figure_pointing_at_an_unknown_address_is_named(monkeypatch, tmp_path):
    figures.declare(Figure("config.odd", gettext_lazy("Units"), gettext_lazy("Units"), lambda asked: None, (), ENTRY_VIEW))
    broken = tmp_path / "figures.py"
    broken.write_text("from django.urls import reverse\n\naddress = reverse('vist', args=[1])\n")
    monkeypatch.setitem(figures.registry._places, "config.odd", f"{broken}:1")
    [found] = [message for message in check_all() if message.id == "declarations.E017"]
    assert found.msg.startswith(f"{broken}:3: ") and "“vist”" in found.msg and "visit" in found.hint


def test_a_scheme_of_the_product_counts_only_what_may_be_counted(monkeypatch):
    monkeypatch.setitem(kinds.registry._declared, "liaison.inspected", Kind("liaison.inspected", "", countable=False))
    found = [message.msg for message in check_all() if message.id == "declarations.E018"]
    assert any("contact-131" in sentence and "liaison.inspected" in sentence for sentence in found)


def test_every_room_that_keeps_words_says_how_they_prove_their_entries():
    assert {"liaison.visits", "liaison.problems", "gatherings.gatherings", "ledger.reasons"} <= set(proof.registry.all())
