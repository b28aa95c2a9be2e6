"""Editor help: what a scheme file may hold, as JSON Schema, told by the loader's own readers.

The loader is run over nothing, with mappings that note what is asked of them instead of looking it up; so the schema cannot say
anything else than the loader does. What only holds between several keys (cycles, ids that exist, part years) stays the loader's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from yaml.error import Mark
from yaml.nodes import MappingNode, Node

from lianxin.schemes import loader
from lianxin.schemes.library import FOLDER
from lianxin.schemes.loader import SHAPES, Book, Map, Shape

FILE = FOLDER / "scheme.schema.json"


def scheme_schema() -> Shape:
    """The JSON Schema of a scheme file."""
    root = Notes()
    loader._scheme(root.map(EMPTY), "")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scheme of Lianxinqiao",
        **root.made[0].shape(),
        "$defs": {"combination": shape_of(loader.combination)},
    }


def shape_of(read: Any) -> Shape:
    """What a reader accepts."""
    if read in SHAPES:
        return SHAPES[read](lambda inner: _referred(inner) or shape_of(inner))
    notes = Notes()
    read(notes, EMPTY)
    return notes.made[0].shape()


def _referred(read: Any) -> Shape | None:
    return {"$ref": "#/$defs/combination"} if read is loader.combination else None


NOWHERE = Mark("", 0, 0, 0, None, 0)
EMPTY: Node = MappingNode("tag:yaml.org,2002:map", [], NOWHERE, NOWHERE)


class Notes(Book):
    """Reads nothing and complains of nothing; keeps the mappings that were asked for."""

    def __init__(self) -> None:
        super().__init__("")
        self.made: list[Asked] = []

    def map(self, node: Node) -> "Asked":
        asked = Asked(self)
        self.made.append(asked)
        return asked

    def wrong_at(self, line: int, found: str, expected: str) -> None:
        pass


class Asked(Map):
    """A mapping that notes which keys are asked for, and how their values would be read."""

    def __init__(self, notes: Notes) -> None:
        super().__init__(notes, EMPTY)
        self.keys: dict[str, Shape | Asked] = {}
        self.required: list[str] = []
        self.choices: list[tuple[list[str], bool]] = []

    def take(self, name: str, read: Callable[[Book, Node], Any], default: Any, *, required: bool = False) -> Any:
        self.keys[name] = _referred(read) or shape_of(read)
        if required:
            self.required.append(name)
        return default

    def map(self, name: str, *, required: bool = False) -> "Asked":
        inner = Asked(Notes())
        self.keys[name] = inner
        if required:
            self.required.append(name)
        return inner

    def choose(self, readers: Mapping[str, Callable[[Book, Node], Any]], *, optional: bool = False) -> None:
        self.keys |= {name: shape_of(read) for name, read in readers.items()}
        self.choices.append((list(readers), optional))

    def shape(self) -> Shape:
        """The mapping as JSON Schema."""
        keys = {name: key.shape() if isinstance(key, Asked) else key for name, key in self.keys.items()}
        found: Shape = {"type": "object", "properties": keys, "additionalProperties": False}
        if self.required:
            found["required"] = self.required
        for names, optional in self.choices:
            one: list[Shape] = [{"required": [name]} for name in names]
            if optional:
                one.append({"not": {"anyOf": [{"required": [name]} for name in names]}})
            found["oneOf"] = one
        return found
