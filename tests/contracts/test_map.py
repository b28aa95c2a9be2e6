"""What the documents say of the code is so: the folders and their order, the files of a feature and what stands in them."""

import re
import tomllib
from pathlib import Path

import pytest

from lianxin.accounts.gate import views
from lianxin.schemes.loader import READERS, load_scheme

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MAP = (DOCS / "where-things-live.md").read_text(encoding="utf-8")
FLOORS = {name: int(floor) for name, floor in re.findall(r"^\| `lianxin/(\w+)` \|.*\| (\d+) \|$", MAP, re.MULTILINE)}
QUOTED = re.compile(r"`([^`]+)`")
A_FILE = re.compile(r"(?:[\w.-]+/)*[\w.-]+\.(?:py|yaml|po|md|html|toml)|(?:lianxin|tests|docs|benchmarks)/(?:[\w.-]+/)*")


def test_every_app_is_on_the_map_and_every_app_on_the_map_exists():
    there = {path.parent.name for path in (ROOT / "lianxin").glob("*/apps.py")}
    assert set(FLOORS) == there


def test_the_map_and_the_import_contract_name_the_same_floors():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    floors = {name.strip(): floor for floor, names in enumerate(layers, 1) for name in names.split("|")}
    assert floors == FLOORS


def rows_of(document: str) -> list[tuple[str, list[str]]]:
    """(file, names said to stand in it) of every row of its tables that begins with a file."""
    found = []
    for line in (DOCS / document).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and A_FILE.fullmatch(QUOTED.findall(cells[0])[0]):
            found.append((QUOTED.findall(cells[0])[0], QUOTED.findall(cells[1])))
    return found


@pytest.mark.parametrize(("file", "names"), rows_of("new-feature.md"), ids=lambda value: value if isinstance(value, str) else "")
def test_the_feature_told_file_by_file_stands_there_as_told(file: str, names: list[str]):
    text = (ROOT / file).read_text(encoding="utf-8")
    commands = {"makemigrations"}
    assert [name for name in names if name not in text and name not in commands] == []


@pytest.mark.parametrize("document", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_file_a_document_names_exists(document: str):
    """Whole paths; and, of the map, those within `lianxin`."""
    named = {
        word for word in QUOTED.findall((DOCS / document).read_text(encoding="utf-8")) if "/" in word and A_FILE.fullmatch(word)
    }
    places = (ROOT, ROOT / "lianxin", DOCS)
    assert sorted(word for word in named if not any((place / word).exists() for place in places)) == []


def test_every_document_that_is_linked_exists():
    documents = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    links = [(doc, to) for doc in documents for to in re.findall(r"\]\((?!https?:|#)([^)#]+)", doc.read_text(encoding="utf-8"))]
    assert [f"{doc.name}: {to}" for doc, to in links if not (doc.parent / to).exists()] == []
    assert len(links) > 20


NOT_NOUNS = {"demo", "health", "language", "sign-in", "sign-out", "text-size"}
"""First words of addresses that name no idea of the field."""


def test_every_noun_of_an_address_is_a_word_of_the_glossary():
    words = {
        cell.strip() for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines() for cell in line.split("|")[1:2]
    }
    known = {word.removeprefix("in short ") for cell in words for word in cell.split(", ")}
    nouns = {route.split("/")[0] for route, _pattern in views()} - NOT_NOUNS - {""}
    plurals = {"people": "person", "entries": "entry"}
    assert len(nouns) > 15
    assert sorted(noun for noun in nouns if not {noun, plurals.get(noun, noun.rstrip("s")), noun.replace("-", " ")} & known) == []


def test_the_scheme_shown_to_authors_loads_and_every_kind_of_clause_is_explained():
    told = (DOCS / "schemes.md").read_text(encoding="utf-8")
    text, *_later = re.findall(r"```yaml\n(.*?)```", told, re.DOTALL)
    assert load_scheme(text, "docs/schemes.md").key == "monthly-visit"
    explained = set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    assert explained == set(READERS)
