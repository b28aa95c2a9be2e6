"""docs/schemes.md is true: its schemes load, its examples come out, its commands say what it says they say."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import translation

from lianxin.schemes import commands
from lianxin.schemes.loader import TESTS, load_scheme

MANUAL = (Path(__file__).parents[3] / "docs" / "schemes.md").read_text(encoding="utf-8")
GROWN, WHOLE, EXAMPLES = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)


@pytest.fixture(autouse=True)
def at_a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wrong = WHOLE.replace("part_year: whole_units", "").replace('"2026.1"', "2026.10").replace("at_least: 1}", "atleast: 1}")
    for name, text in {"monthly-visit.yaml": WHOLE, "monthly-visit.examples.yaml": EXAMPLES, "wrong.yaml": wrong}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with translation.override("en"):
        yield


def told(command: str) -> str:
    """What the manual says a command says."""
    found = re.search(rf"^\$ lianxin schemes {re.escape(command)}\n(.*?)(?=^\$|^```)", MANUAL, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "command",
    [
        "check monthly-visit.yaml",
        "check wrong.yaml",
        "test monthly-visit.examples.yaml --scheme monthly-visit.yaml",
    ],
)
def test_a_command_says_what_the_manual_says(command: str):
    done = CliRunner().invoke(commands.schemes, command.split())
    assert done.output == told(command)
    assert done.exit_code == ("wrong" in command)


def test_the_method_is_whole_at_every_step():
    first, second = load_scheme(GROWN), load_scheme(WHOLE)
    assert (len(first.clauses), len(second.clauses)) == (1, 2)


@pytest.mark.parametrize("kind", TESTS)
def test_every_clause_stands_in_the_table_with_an_example_that_loads(kind: str):
    row = re.search(rf"^\| `{kind}` \|.*\| `({kind}: .*)` \|$", MANUAL, re.MULTILINE)
    assert row is not None
    text = re.sub(r"each: \{.*?\}(?=\})", row[1].replace("\\", ""), GROWN)
    assert type(load_scheme(text).clauses[0].test).__name__.lower() == kind


def test_every_command_is_in_the_manual():
    assert [name for name in commands.schemes.commands if f"schemes {name}" not in MANUAL] == []
