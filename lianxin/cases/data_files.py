"""The room's data files (tiers, catalogue, routing), read strictly: every mistake is `FILE: place: found X, expected Y`."""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode

FOLDER = Path(__file__).with_name("data")


class DataError(ValueError):
    """A data file that cannot be used: where, what was found, what was expected."""

    def __init__(self, file: str, place: str, found: object, expected: str) -> None:
        shown = str(found)
        super().__init__(
            _("%(file)s: %(place)s: found %(found)s, expected %(expected)s")
            % {"file": file, "place": place, "found": shown if len(shown) <= 60 else shown[:60] + "…", "expected": expected}
        )


@dataclass(frozen=True)
class Told:
    """A value of a file, with its place in it: `items.water.children`."""

    file: str
    place: str
    value: Any

    def wrong(self, expected: str) -> DataError:
        return DataError(self.file, self.place or _("the file"), self.shown, expected)

    @property
    def shown(self) -> str:
        if self.value is None or self.value == "":
            return _("nothing")
        if isinstance(self.value, dict):
            return _("keys and values")
        return _("a list of %(n)s") % {"n": len(self.value)} if isinstance(self.value, list) else f"“{self.value}”"

    def fields(self, *names: str, optional: Collection[str] = ()) -> dict[str, "Told"]:
        """Its values by name: all of `names`, perhaps some of `optional`, and no others."""
        found = dict(self.entries())
        missing = [name for name in names if name not in found]
        if missing:
            raise self.wrong(_("the key “%(key)s”") % {"key": missing[0]})
        unknown = [told for name, told in found.items() if name not in names and name not in optional]
        if unknown:
            known = ", ".join((*names, *optional))
            raise DataError(self.file, unknown[0].place, _("an unknown key"), _("one of: %(known)s") % {"known": known})
        return found

    def entries(self) -> Iterator[tuple[str, "Told"]]:
        """Its keys and values, in order; at least one."""
        if not isinstance(self.value, dict) or not self.value:
            raise self.wrong(_("keys and values"))
        for key, value in self.value.items():
            yield str(key), Told(self.file, f"{self.place}.{key}" if self.place else str(key), value)

    def items(self, count: int | None = None) -> list["Told"]:
        """What a list holds; exactly so many."""
        if not isinstance(self.value, list) or (count is not None and len(self.value) != count):
            raise self.wrong(_("a list of %(n)s") % {"n": count} if count is not None else _("a list"))
        return [Told(self.file, f"{self.place}[{number}]", value) for number, value in enumerate(self.value)]

    def text(self, longest: int, *, empty: bool = False) -> str:
        if not isinstance(self.value, str) or len(self.value) > longest or not (self.value.strip() or empty):
            raise self.wrong(_("text of at most %(n)s characters") % {"n": longest})
        return self.value.strip()

    def one_of(self, known: Collection[str]) -> str:
        if not isinstance(self.value, str) or self.value not in known:
            raise self.wrong(_("one of: %(known)s") % {"known": ", ".join(known)})
        return str(self.value)

    def number(self, least: int = 1) -> int:
        if type(self.value) is not int or self.value < least:
            raise self.wrong(_("a whole number from %(least)s up") % {"least": least})
        return self.value


def read(text: str, file: str) -> Told:
    """The whole of a file. Raises DataError where it is not YAML, or says the same key twice."""
    try:
        return Told(file, "", yaml.load(text, Loader=_Strict))  # nosec B506  # a SafeLoader, only stricter
    except _Twice as twice:
        raise DataError(file, _("line %(n)s") % {"n": twice.line}, f"“{twice.key}”", _("each key once")) from twice
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _("line %(n)s") % {"n": mark.line + 1 if mark else 1}
        raise DataError(file, place, error.problem or "?", _("well-formed YAML")) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DataError(file, _("line %(n)s") % {"n": 1}, error, _("well-formed YAML")) from error


class _Twice(Exception):
    def __init__(self, key: object, line: int) -> None:
        self.key, self.line = key, line


class _Strict(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; that would lose a line of a catalogue."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _value in node.value:
            if key.value in seen:
                raise _Twice(key.value, key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
