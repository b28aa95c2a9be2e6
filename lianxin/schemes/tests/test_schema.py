"""Editor help says what the loader says: it takes every scheme there is and refuses what is wrong in shape."""

import json
import re
from datetime import date
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from lianxin.schemes import commands, library
from lianxin.schemes.schema import FILE, scheme_schema
from lianxin.schemes.tests.pool import HEAD, TEXTS

GOOD = (library.FOLDER / "contact-131.yaml").read_text(encoding="utf-8")
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
SILENT = {"$schema", "$defs", "title"}


def complaints(value: Any, shape: Any, root: Any, at: str = "") -> list[str]:
    """A validator of just what the schema uses; it fails on a word it does not know."""
    found: list[str] = []
    for word, said in shape.items():
        match word:
            case "$ref":
                found += complaints(value, root["$defs"][said.removeprefix("#/$defs/")], root, at)
            case "type":
                kinds = said if isinstance(said, list) else [said]
                right = any(
                    isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in kinds
                )
                found += [] if right else [f"{at}: {value!r} is no {said}"]
            case "enum":
                found += [] if value in said else [f"{at}: {value!r} is none of {said}"]
            case "pattern":
                found += [f"{at}: {value!r}"] if isinstance(value, str) and not re.search(said, value) else []
            case "minimum" | "maximum":
                outside = isinstance(value, int) and (value < said if word == "minimum" else value > said)
                found += [f"{at}: {value!r}, {word} {said}"] if outside else []
            case "minItems" | "maxItems":
                outside = isinstance(value, list) and (len(value) < said if word == "minItems" else len(value) > said)
                found += [f"{at}: {word} {said}"] if outside else []
            case "items":
                for number, item in enumerate(value if isinstance(value, list) else []):
                    found += complaints(item, said, root, f"{at}/{number}")
            case "properties":
                for key in (value if isinstance(value, dict) else {}).keys() & said.keys():
                    found += complaints(value[key], said[key], root, f"{at}/{key}")
            case "required":
                found += [f"{at}: no {key}" for key in said if isinstance(value, dict) and key not in value]
            case "additionalProperties":
                extra = (value if isinstance(value, dict) else {}).keys() - shape.get("properties", {}).keys()
                for key in extra:
                    found += [f"{at}: unknown {key}"] if said is False else complaints(value[key], said, root, f"{at}/{key}")
            case "anyOf" | "oneOf":
                fits = sum(not complaints(value, option, root, at) for option in said)
                found += [] if fits == 1 or (fits and word == "anyOf") else [f"{at}: {fits} of {word} fit"]
            case "not":
                found += [] if complaints(value, said, root, at) else [f"{at}: must not"]
            case "multipleOf":
                pass
            case _:
                assert word in SILENT, word
    return found


def read(text: str) -> Any:
    """YAML as editors read it: days are texts."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else str(value) if isinstance(value, date) else value

    return plain(yaml.safe_load(text))


def wrong(text: str) -> list[str]:
    shape = scheme_schema()
    return complaints(read(text), shape, shape)


def test_the_file_beside_the_library_is_what_the_loader_says():
    made = CliRunner().invoke(commands.schemes, ["schema"]).stdout
    assert json.loads(made) == json.loads(FILE.read_text(encoding="utf-8")), "lianxin schemes schema > " + str(FILE)


def test_every_sample_names_it():
    assert all(path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={FILE.name}\n") for path in SAMPLES)


SAMPLES = library.library_files()


@pytest.mark.parametrize(
    "text", [*(path.read_text(encoding="utf-8") for path in SAMPLES), *(HEAD.format(key="k") + t for t in TEXTS.values())]
)
def test_it_takes_every_scheme_there_is(text: str):
    assert wrong(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version: "2020.1"', "version: 2020.10"),
        ("period: year", "periods: year"),
        ("period: year", "period: decade"),
        ("closes: 10d", "on: 10d"),
        ("closes: 10d", "closes: 10"),
        ("at_least: 3", "at_least: 0"),
        ("once_per: day", "once_per: week"),
        ("count: {kind: liaison.researched, at_least: 1}, ", ""),
        ("count: {kind: liaison.researched, at_least: 1}", "count: {kind: researched, at_least: 1}"),
        ("subject: {designation: contact_point}", "subject: {designation: friend}"),
        ("subject: {designation: contact_point}", "subject: {fact: x, equals: 1, at_least: 2}"),
        ("verdict: {all:", "verdict: {every:"),
        ("title: {zh: 专题调研, en: research visit}", "title: {zh: 专题调研}"),
    ],
)
def test_it_refuses_what_is_wrong_in_shape(old: str, new: str):
    assert old in GOOD
    assert wrong(GOOD.replace(old, new, 1))
