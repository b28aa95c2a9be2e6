"""The room's data files, read strictly: every mistake is `FILE: place: found X, expected Y`.

Rules (tiers, routing, flood, retention) come with the package, and a county's own file of the same name in the data folder goes
before it. They are read once and hold as long as the process lives; `rules.py` checks and takes in all of them.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml
from django.conf import settings
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, ScalarNode

FOLDER = Path(__file__).with_name("data")
MOST = 1_000_000_000
"""As seconds or as a rate an hour it can still be reckoned with."""


class Rules(Protocol):
    """What a file of rules says, checked."""

    @property
    def version(self) -> str: ...
    @property
    def note(self) -> str: ...


R = TypeVar("R", bound=Rules)
_in_force: dict[str, Any] = {}


def rules_in_force(name: str, read_rules: Callable[[str, str], R]) -> R:
    """What the rules of that name say in this process. Raises DataError where they cannot be read."""
    if name not in _in_force:
        _in_force[name] = rules_on_disk(name, read_rules)
    found: R = _in_force[name]
    return found


def put_in_force(found: dict[str, Any]) -> None:
    """These rules hold from now on, in this process and those forked from it; none: each is read when it is next asked for."""
    global _in_force
    _in_force = found


def rules_on_disk(name: str, read_rules: Callable[[str, str], R]) -> R:
    """What would be in force, were it read now: the county's own file, else the package's. Raises DataError."""
    file = file_in_force(name)
    packaged = package_file(name)
    if file == packaged:
        return read_rules(packaged.read_text(encoding="utf-8"), packaged.name)
    own = read_rules(_text(file), str(file))
    usual = read_rules(packaged.read_text(encoding="utf-8"), packaged.name)
    if own.version == usual.version and own != usual:  # entries name rules by their version: two must not share one
        expected = _("a version of your own, as the file says something else than the package's")
        raise DataError(str(file), "version", f"“{own.version}”", expected)
    return own


def file_in_force(name: str) -> Path:
    own = own_file(name)
    return own if lexists(own) else package_file(name)  # a link that leads nowhere is a mistake, not an absent file


def own_file(name: str) -> Path:
    folder: Path = settings.FOLDER.rules
    return folder / f"{name}.yaml"


def package_file(name: str) -> Path:
    return FOLDER / f"{name}.yaml"


def _text(file: Path) -> str:
    try:
        written = file.read_bytes()
        return written.decode()
    except UnicodeDecodeError as error:
        line = written[: error.start].count(b"\n") + 1
        raise DataError(str(file), _("line %(n)s") % {"n": line}, _("other bytes"), _("text in UTF-8")) from error
    except OSError as error:
        raise DataError(str(file), _("the file"), error.strerror or error, _("a file that can be read")) from error


class DataError(ValueError):
    """A data file that cannot be used: where, what was found, what was expected."""

    def __init__(self, file: str, place: str, found: object, expected: str) -> None:
        shown = str(found)
        super().__init__(
            _("%(file)s: %(place)s: found %(found)s, expected %(expected)s")
            % {"file": file, "place": place, "found": shown if len(shown) <= 60 else shown[:60] + "…", "expected": expected}
        )


class MissingKey(DataError):
    """What is expected stands nowhere, so there is nothing found to set beside it."""

    def __init__(self, file: str, place: str, key: str) -> None:
        ValueError.__init__(
            self, _("%(file)s: %(place)s: the key “%(key)s” is missing") % {"file": file, "place": place, "key": key}
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
            raise MissingKey(self.file, self.place or _("the file"), missing[0])
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

    def number(self, least: int = 1, most: int = MOST) -> int:
        if type(self.value) is not int or not least <= self.value <= most:
            raise self.wrong(_("a whole number from %(least)s to %(most)s") % {"least": least, "most": most})
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


def called(rules: Rules) -> str:
    """Which rules those are: their version, and what they say of themselves."""
    return " · ".join(part for part in (rules.version, rules.note) if part)


def note_of(fields: Mapping[str, Told]) -> str:
    """What those who made the rules say of them: 示例, or who decided it and when; may be absent."""
    return fields["note"].text(200) if "note" in fields else ""


class _Twice(Exception):
    def __init__(self, key: object, line: int) -> None:
        self.key, self.line = key, line


class _Strict(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; that would lose a line of a catalogue."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _value in node.value:
            if not isinstance(key, ScalarNode):
                continue  # the loader itself names it
            if key.value in seen:
                raise _Twice(key.value, key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
