"""Scheme file → `Scheme`, strictly. Every mistake is named as `FILE:LINE: found X, expected Y`, all of them at once.

YAML is composed into nodes, never constructed: so `2026.10` is seen as the unquoted number it is, `on` as the boolean YAML would
make of it, and every node knows its line.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import yaml
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lianxin.schemes.scheme import (
    Clause,
    Combination,
    Count,
    Each,
    Effect,
    Every,
    FactTest,
    From,
    Judged,
    Level,
    Measure,
    Ratio,
    Scheme,
    Score,
    Selection,
    Tally,
    Test,
    Title,
    Value,
    Veto,
    When,
)

LONGEST_TEXT = 256 * 1024
T = TypeVar("T")

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEY = re.compile(r"[a-z][a-z0-9-]{0,59}")
KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
WORD = re.compile(r"\S.{0,79}")

DESIGNATIONS = ("contact_point", "benchmark", "weak")
KINDS_OF_UNIT = (
    "county", "township", "village", "community", "grid", "building", "committee", "general_branch", "branch", "group",
    "department", "enterprise", "social_org", "team", "centre",
)  # fmt: skip
FIELDS_OF_UNIT = ("village", "community", "government", "state_enterprise", "private", "social_org", "window")
STATES = ("not_applicable", "waived", "not_started", "pending", "met", "met_late", "unmet", "unknown")
TESTS = ("count", "each", "every", "ratio", "value", "judged", "from")


@dataclass(frozen=True)
class Problem:
    """One mistake in a file."""

    file: str
    line: int
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: " + _("found %(found)s, expected %(expected)s") % {
            "found": self.found,
            "expected": self.expected,
        }


class SchemeError(Exception):
    """A scheme that cannot be used; `problems` says why, line by line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def load_scheme(text: str, file: str = "scheme.yaml") -> Scheme:
    """Read one scheme. Raises SchemeError naming every mistake."""
    book = Book(file)
    root = book.compose(text)
    scheme = _scheme(book.map(root), text) if root is not None else None
    if book.problems or scheme is None:
        raise SchemeError(book.problems)
    return replace(scheme, hash=hashlib.sha256(json.dumps(plain(root), sort_keys=True).encode()).hexdigest(), text=text)


def check_together(schemes: Iterable[tuple[str, Scheme]]) -> list[Problem]:
    """What is wrong among several versions and schemes: cycles of `from`, overlapping versions, unequal clocks."""
    named = list(schemes)
    return [*_cycles(named), *_overlaps(named), *_clocks(named)]


# --- Reading nodes -----------------------------------------------------------------------------------------------------------


class Book:
    """The file being read, and what was found wrong in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.text = ""
        self.problems: list[Problem] = []

    def compose(self, text: str) -> Node | None:
        """The root node, or None with the problem noted."""
        if len(text) > LONGEST_TEXT:
            self.wrong_at(1, _("a file of more than 256 KB"), _("a scheme file"))
            return None
        self.text = text
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.wrong_at(mark.line + 1 if mark else 1, error.problem or "?", _("well-formed YAML"))
            return None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self.wrong_at(1, str(error).splitlines()[0] if str(error) else "?", _("well-formed YAML"))
            return None
        if root is None:
            self.wrong_at(1, _("an empty file"), _("a scheme file"))
        return root

    def map(self, node: Node) -> "Map":
        """A mapping of this file, to be read key by key."""
        return Map(self, node)

    def wrong(self, node: Node, expected: str, found: str = "") -> None:
        self.wrong_at(node.start_mark.line + 1, found or describe(node), expected)

    def wrong_at(self, line: int, found: str, expected: str) -> None:
        self.problems.append(Problem(self.file, line, found, expected))

    def source(self, node: Node) -> str:
        return self.text[node.start_mark.index : node.end_mark.index].rstrip()


def describe(node: Node) -> str:
    """A node in words, for an error message."""
    if isinstance(node, MappingNode):
        return _("a mapping")
    if isinstance(node, SequenceNode):
        return _("a list")
    value = str(node.value)
    value = value if len(value) <= 60 else value[:60] + "…"
    if node.tag.endswith((":float", ":int")) and getattr(node, "style", None) is None:
        return _("the unquoted number %s") % value
    if node.tag.endswith(":bool"):
        return _("%s, which YAML reads as yes or no") % value
    return f"“{value}”" if value else _("nothing")


def plain(node: Any) -> Any:
    """The normalised content of a node, whatever its style and comments: what the hash is taken of."""
    if isinstance(node, MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    return node.value


class Map:
    """A mapping node whose keys are taken one by one; what nobody took is an unknown key."""

    def __init__(self, book: Book, node: Node) -> None:
        self.book, self.node = book, node
        self.items: dict[str, tuple[Node, Node]] = {}
        self.asked: list[str] = []
        if not isinstance(node, MappingNode):
            book.wrong(node, _("a mapping of keys and values"))
            return
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or not key.tag.endswith(":str"):
                book.wrong(key, _("a key (quote it if it is meant as a word)"))
            elif key.value in self.items:
                book.wrong(key, _("each key once"), _("“%s” again") % key.value)
            else:
                self.items[key.value] = (key, value)

    def __contains__(self, name: str) -> bool:
        return name in self.items

    def take(self, name: str, read: Callable[[Book, Node], Any], default: Any, *, required: bool = False) -> Any:
        """The value under `name` as `read` understands it; `default` where it is absent or wrong."""
        self.asked.append(name)
        if name not in self.items:
            if required:
                self.book.wrong(self.node, _("the key “%s”") % name, _("no “%s”") % name)
            return default
        value = read(self.book, self.items[name][1])
        return default if value is None else value

    def map(self, name: str, *, required: bool = False) -> "Map | None":
        """The mapping under `name`, if there is one."""
        self.asked.append(name)
        if required and name not in self.items:
            self.book.wrong(self.node, _("the key “%s”") % name, _("no “%s”") % name)
        return self.book.map(self.items[name][1]) if name in self.items else None

    def choose(self, readers: Mapping[str, Callable[[Book, Node], Any]], *, optional: bool = False) -> tuple[str, Any] | None:
        """Exactly one of these keys: which, and its value; None where that is not so, or the value is wrong."""
        given = [name for name in readers if name in self]
        self.asked += readers
        if len(given) == 1:
            value = readers[given[0]](self.book, self.items[given[0]][1])
            return None if value is None else (given[0], value)
        if given or not optional:
            self.book.wrong(self.node, _("exactly one of %s") % ", ".join(readers), ", ".join(given) or _("none of them"))
        return None

    def done(self) -> None:
        """Name the keys nobody asked for."""
        for name, (key, _value) in self.items.items():
            if name not in self.asked:
                self.book.wrong(key, _("one of %s") % ", ".join(self.asked), _("the unknown key “%s”") % name)


Shape = dict[str, Any]
"""What a reader accepts, as JSON Schema."""
ShapeOf = Callable[[Any], Shape]
SHAPES: WeakKeyDictionary[Any, Callable[[ShapeOf], Shape]] = WeakKeyDictionary()
"""Readers of single values and lists, with what they accept; `schema` makes editor help of it. Mappings tell by being read."""


def shaped(read: T, shape: Callable[[ShapeOf], Shape]) -> T:
    """A reader, with what it accepts; the shapes of what is inside are asked of `shape_of`."""
    SHAPES[read] = shape
    return read


def text(pattern: re.Pattern[str], example: str) -> Callable[[Book, Node], str | None]:
    def read(book: Book, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.tag.endswith(":str") and pattern.fullmatch(node.value):
            return str(node.value)
        book.wrong(node, _("a text such as %s") % example)
        return None

    return shaped(read, lambda _of: {"type": "string", "pattern": f"^({pattern.pattern})$"})


def one_of(*words: str) -> Callable[[Book, Node], Any]:
    def read(book: Book, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.value in words and not node.tag.endswith(":bool"):
            return str(node.value)
        book.wrong(node, _("one of %s") % ", ".join(words))
        return None

    return shaped(read, lambda _of: {"enum": list(words)})


def number(low: int, high: int) -> Callable[[Book, Node], int | None]:
    def read(book: Book, node: Node) -> int | None:
        if isinstance(node, ScalarNode) and re.fullmatch(r"\d{1,9}", node.value) and low <= int(node.value) <= high:
            return int(node.value)
        book.wrong(node, _("a whole number from %(low)s to %(high)s") % {"low": low, "high": high})
        return None

    return shaped(read, lambda _of: {"type": "integer", "minimum": low, "maximum": high})


def yes_or_no(book: Book, node: Node) -> bool | None:
    if isinstance(node, ScalarNode) and node.value in ("true", "false"):
        return bool(node.value == "true")
    book.wrong(node, _("true or false"))
    return None


def day(book: Book, node: Node) -> date | None:
    try:
        if isinstance(node, ScalarNode) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", node.value):
            return date.fromisoformat(node.value)
    except ValueError:
        pass
    book.wrong(node, _("a day such as 2026-01-31"))
    return None


def days_long(book: Book, node: Node) -> int | None:
    match = re.fullmatch(DAYS_LONG, node.value) if isinstance(node, ScalarNode) else None
    if match is None:
        book.wrong(node, _("a number of days such as 10d"))
        return None
    return int(match[1])


def months_long(book: Book, node: Node) -> int | None:
    match = re.fullmatch(MONTHS_LONG, node.value) if isinstance(node, ScalarNode) else None
    if match is None:
        book.wrong(node, _("a number of months such as 6mo"))
        return None
    return int(match[1]) * (12 if match[2] == "y" else 1)


DAYS_LONG, MONTHS_LONG = r"(\d{1,3})d", r"(\d{1,3})(mo|y)"
shaped(yes_or_no, lambda _of: {"type": "boolean"})
shaped(day, lambda _of: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
shaped(days_long, lambda _of: {"type": "string", "pattern": f"^{DAYS_LONG}$"})
shaped(months_long, lambda _of: {"type": "string", "pattern": f"^{MONTHS_LONG}$"})


def list_of(read: Callable[[Book, Node], T | None]) -> Callable[[Book, Node], tuple[T, ...] | None]:
    def read_all(book: Book, node: Node) -> tuple[T, ...] | None:
        if not isinstance(node, SequenceNode) or not node.value:
            book.wrong(node, _("a list in square brackets"))
            return None
        return tuple(value for value in (read(book, item) for item in node.value) if value is not None)

    return shaped(read_all, lambda of: {"type": "array", "minItems": 1, "items": of(read)})


def one_or_more(read: Callable[[Book, Node], T | None]) -> Callable[[Book, Node], tuple[T, ...] | None]:
    def read_some(book: Book, node: Node) -> tuple[T, ...] | None:
        if isinstance(node, SequenceNode):
            return list_of(read)(book, node)
        value = read(book, node)
        return None if value is None else (value,)

    return shaped(read_some, lambda of: {"anyOf": [of(read), {"type": "array", "minItems": 1, "items": of(read)}]})


def canonical_value(book: Book, node: Node) -> str | None:
    """A value of a fact, as facts are kept."""
    if isinstance(node, ScalarNode) and not node.tag.endswith((":null", ":float")) and WORD.fullmatch(node.value):
        if node.tag.endswith(":bool") and node.value not in ("true", "false"):
            book.wrong(node, _("true or false"))
            return None
        return str(node.value)
    book.wrong(node, _("a whole number, a day, true, false or a word"))
    return None


shaped(canonical_value, lambda _of: {"type": ["string", "integer", "boolean"]})

kind_name = text(KIND, "liaison.inspected")
name = text(NAME, "inspect")
scheme_key = text(KEY, "contact-131")
words = text(WORD, _("a short text"))


# --- The parts of a scheme ---------------------------------------------------------------------------------------------------

NO_TITLE = Title("", "")


def title(book: Book, node: Node) -> Title:
    part = book.map(node)
    found = Title(part.take("zh", words, "", required=True), part.take("en", words, "", required=True))
    part.done()
    return found


def _scheme(root: Map, whole: str) -> Scheme:
    key = root.take("scheme", scheme_key, "", required=True)
    named = root.take("title", title, NO_TITLE, required=True)
    version = root.take("version", text(re.compile(r"[0-9A-Za-z._-]{1,20}"), _('"2026.1", in quotes')), "", required=True)
    since, until = date.min, None
    if (span := root.map("effective", required=True)) is not None:
        since = span.take("from", day, date.min, required=True)
        until = span.take("to", day, None)
        if until is not None and until < since:
            root.book.wrong(span.node, _("`to` on or after `from`"), f"{since} – {until}")
        span.done()
    basis = root.take("basis", words, "")
    subject = root.take("subject", selection, Selection(), required=True)
    period = root.take("period", one_of("year", "half", "quarter", "month"), "year", required=True)
    part_year = root.take("part_year", one_of("keep", "prorate", "whole_units"), "")
    closes = root.take("closes", days_long, 0, required=True)
    also = _also_counts(root)
    rescale = root.take("na", one_of("rescale"), "") == "rescale"
    clauses = root.take("clauses", list_of(lambda book, node: _clause(book, node, part_year, also, period)), (), required=True)
    vetoes = root.take("veto", list_of(lambda book, node: _veto(book, node, also)), ())
    verdict = root.take("verdict", combination, None)
    score = root.take("score", _score, None)
    levels = root.take("levels", list_of(_level), ())
    credit, shown = _rollup(root)
    replaces, recompute = _replaces(root)
    trial = root.take("mode", one_of("trial", "enforced"), "enforced") == "trial"
    root.done()
    ids = _unique(root, [clause.id for clause in clauses] + [veto.id for veto in vetoes])
    _known_ids(root, ids, verdict, vetoes, levels, [clause.id for clause in clauses])
    if levels and score is None:
        root.book.wrong(root.node, _("`score` beside `levels`"), _("`levels` without `score`"))
    return Scheme(
        key=key,
        title=named,
        version=version,
        since=since,
        until=until,
        basis=basis,
        subject=subject,
        period=period,
        closes=closes,
        clauses=clauses,
        vetoes=vetoes,
        verdict=verdict or Combination(tuple(clause.id for clause in clauses)),
        score=score,
        levels=tuple(sorted(levels, key=lambda level: -level.stars)),
        rescale=rescale,
        credit=credit,
        shown=shown,
        replaces=replaces,
        recompute=recompute,
        trial=trial,
    )


def selection(book: Book, node: Node) -> Selection:
    part = book.map(node)
    found = Selection(
        kinds=part.take("kind", one_or_more(one_of(*KINDS_OF_UNIT)), ()),
        fields=part.take("field", one_or_more(one_of(*FIELDS_OF_UNIT)), ()),
        designation=part.take("designation", one_of(*DESIGNATIONS), ""),
        fact=_fact_test(part, optional=True),
    )
    part.done()
    if found.empty and isinstance(node, MappingNode) and not node.value:
        book.wrong(node, _("one of %s") % "kind, field, designation, fact")
    return found


def bound(book: Book, node: Node) -> str | None:
    found = number(0, 999_999_999)(book, node)
    return None if found is None else str(found)


shaped(bound, lambda of: of(number(0, 999_999_999)))


def _fact_test(part: Map, *, optional: bool = False) -> FactTest | None:
    key = part.take("fact", name, "", required=not optional)
    readers = {"equals": canonical_value, "at_least": bound, "at_most": bound, "in": list_of(canonical_value)}
    chosen = part.choose(readers, optional=optional and not key)
    if chosen is not None and optional and "fact" not in part:
        part.book.wrong(part.node, _("the key “%s”") % "fact", _("no “%s”") % "fact")
    if chosen is None or not key:
        return None
    op, value = chosen
    return FactTest(key, op, value if isinstance(value, tuple) else (value,))  # type: ignore[arg-type]  # one of the readers


def _also_counts(root: Map) -> Mapping[str, tuple[str, ...]]:
    """Kind → the kinds that count as it as well."""

    def read(book: Book, node: Node) -> tuple[str, str]:
        part = book.map(node)
        pair = part.take("kind", kind_name, "", required=True), part.take("as", kind_name, "", required=True)
        part.done()
        return pair

    also: dict[str, tuple[str, ...]] = {}
    for kind, counted_as in root.take("also_counts", list_of(read), ()):
        also[counted_as] = (*also.get(counted_as, ()), kind)
    return also


def _tally(part: Map, also: Mapping[str, tuple[str, ...]], *, once: bool = True) -> Tally:
    kind = part.take("kind", kind_name, "", required=True)
    once_per: Any = part.take("once_per", one_of("day", "subject"), "") if once else ""
    return Tally(kind, also.get(kind, ()), once_per)


def _clause(book: Book, node: Node, part_year: str, also: Mapping[str, tuple[str, ...]], period: str) -> Clause | None:
    part = book.map(node)
    identity = part.take("id", name, "", required=True)
    named = part.take("title", title, NO_TITLE, required=True)
    points = part.take("points", number(0, 10_000), 0)
    own_part_year = part.take("part_year", one_of("keep", "prorate", "whole_units"), "") or part_year
    per = part.take("per", one_of(*KINDS_OF_UNIT), "")
    applies = part.take("applies", selection, Selection())
    chosen = part.choose({kind: _body(read, also, points) for kind, read in READERS.items()})
    part.done()
    if chosen is None:
        return None
    kind, test = chosen
    if kind in ("count", "each") and not own_part_year:
        book.wrong(
            node, _("`part_year: keep`, `prorate` or `whole_units`, here or for the whole scheme"), _("no part-year choice")
        )
    if kind == "each" and own_part_year == "prorate":
        book.wrong(node, _("`part_year: keep` or `whole_units` for a clause with `each`"), "part_year: prorate")
    if per and kind != "each":
        book.wrong(node, _("`per` beside `each`"), _("`per` beside `%s`") % kind)
    if isinstance(test, Each):
        fits = {"year": ("month", "quarter", "half"), "half": ("month", "quarter"), "quarter": ("month",), "month": ()}
        if test.unit not in fits[period]:
            book.wrong(part.items[kind][1], _("a unit shorter than the period (%s)") % period, test.unit)
    return Clause(identity, named, test, points, own_part_year or "keep", per, applies, book.source(node))  # type: ignore[arg-type]


def _body(
    read: Callable[[Map, Mapping[str, tuple[str, ...]], int], Test], also: Mapping[str, tuple[str, ...]], points: int
) -> Callable[[Book, Node], Test]:
    """The reader of what stands under a clause's one test."""

    def read_body(book: Book, node: Node) -> Test:
        body = book.map(node)
        test = read(body, also, points)
        body.done()
        return test

    return read_body


def _count(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Count:
    def band(book: Book, node: Node) -> tuple[int, int] | None:
        if isinstance(node, SequenceNode) and len(node.value) == 2:
            entries, worth = number(1, 100_000)(book, node.value[0]), number(0, 10_000)(book, node.value[1])
            return None if entries is None or worth is None else (entries, worth)
        book.wrong(node, _("a pair such as [3, 10]: from 3 entries, 10 points"))
        return None

    shaped(band, lambda _of: {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer"}})
    tally = _tally(part, also)
    bands = part.take("bands", list_of(band), ())
    if any(low >= high for (low, _p), (high, _q) in pairwise(bands)):
        part.book.wrong(part.node, _("bands in rising order"))
    if bands and any(worth > points for _entries, worth in bands):
        part.book.wrong(part.node, _("no band above the clause's own %s points") % points)
    at_least = part.take("at_least", number(1, 100_000), 0)
    if not bands and "at_least" not in part:
        part.book.wrong(part.node, _("the key “%s”") % "at_least", _("no “%s”") % "at_least")
    return Count(tally, at_least or (bands[0][0] if bands else 1), bands)


def _each(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Each:
    unit = part.take("unit", one_of("month", "quarter", "half"), "month", required=True)
    return Each(_tally(part, also), unit, part.take("at_least", number(1, 1000), 1, required=True))


def _every(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Every:
    def by_fact(book: Book, node: Node) -> str:
        inner = book.map(node)
        key: str = inner.take("fact", name, "", required=True)
        inner.done()
        return key

    def years(book: Book, node: Node) -> int | str | None:
        return by_fact(book, node) if isinstance(node, MappingNode) else number(1, 20)(book, node)

    shaped(years, lambda of: {"anyOf": [of(number(1, 20)), of(by_fact)]})
    tally = _tally(part, also, once=False)
    found = part.take("years", years, 1, required=True)
    seed = part.take("seed", name, "")
    remind: tuple[int, ...] = part.take("remind", list_of(months_long), ())
    return Every(tally, found, seed, tuple(sorted(remind, reverse=True)))


def _ratio(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Ratio:
    def measure(book: Book, node: Node) -> Measure | None:
        inner = book.map(node)
        chosen = inner.choose({"fact": name, "kind": kind_name})
        once_per: Any = inner.take("once_per", one_of("day", "subject"), "")
        quantity = inner.take("sum", one_of("quantity"), "") == "quantity"
        inner.done()
        if quantity and once_per:
            book.wrong(node, _("either `sum` or `once_per`"))
        if chosen is None:
            return None
        what, value = chosen
        if what == "kind":
            return Measure(Tally(value, also.get(value, ()), once_per), quantity)
        if quantity or once_per:
            book.wrong(node, _("`sum` or `once_per` beside `kind`"), _("`fact` with it"))
        return Measure(fact=value)

    of = part.take("of", measure, Measure(), required=True)
    to = part.take("to", measure, Measure(), required=True)
    zero = part.take("zero_at", number(0, 100), 0)
    full = part.take("full_at", number(1, 1000), 100)
    at_least = part.take("at_least", number(1, 1000), full)
    if zero >= full:
        part.book.wrong(part.node, _("`zero_at` below `full_at`"), f"{zero}, {full}")
    return Ratio(of, to, at_least * 10, zero * 10, full * 10)


def _value(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Value:
    return Value(_fact_test(part) or FactTest("", "equals", ("",)))


def _judged(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> Judged:
    return Judged(
        _tally(part, also, once=False),
        part.take("pick", one_of("latest", "mean"), "latest", required=True),
        part.take("if_missing", one_of("pending", "unmet"), "pending", required=True),
        part.take("out_of", number(1, 10_000), points or 100),
    )


def _from(part: Map, also: Mapping[str, tuple[str, ...]], points: int) -> From:
    return From(
        part.take("scheme", scheme_key, "", required=True),
        part.take("use", one_of("met", "share"), "met", required=True),
        part.take("over", one_of("self", "subtree"), "self"),
    )


READERS: Mapping[str, Callable[[Map, Mapping[str, tuple[str, ...]], int], Test]] = {
    "count": _count,
    "each": _each,
    "every": _every,
    "ratio": _ratio,
    "value": _value,
    "judged": _judged,
    "from": _from,
}


def _veto(book: Book, node: Node, also: Mapping[str, tuple[str, ...]]) -> Veto | None:
    part = book.map(node)
    identity = part.take("id", name, "", required=True)
    named = part.take("title", title, NO_TITLE, required=True)
    effect = part.take("effect", _effect, Effect(), required=True)
    chosen = part.choose({"count": _body(_count, also, 0), "when": _when})
    part.done()
    if chosen is None:
        return None
    test: Count | When = chosen[1]
    return Veto(identity, named, test, effect, book.source(node))


def _when(book: Book, node: Node) -> When | None:
    part = book.map(node)
    clause = part.take("clause", name, "", required=True)
    chosen = part.choose({"alert": one_of("due_soon", "overdue"), "state": one_of(*STATES)})
    part.done()
    if chosen is None:
        return None
    return When(clause, **{chosen[0]: chosen[1]})


def _effect(book: Book, node: Node) -> Effect:
    part = book.map(node)
    found = Effect(part.take("score", number(0, 10_000), None), part.take("stars_max", number(0, 20), None))
    part.done()
    if found == Effect():
        book.wrong(node, _("one of %s") % "score, stars_max")
    return found


def combination(book: Book, node: Node, depth: int = 0) -> Combination | None:
    part = book.map(node)

    def member(book: Book, node: Node) -> "str | Combination | None":
        if isinstance(node, MappingNode) and depth < 5:
            return combination(book, node, depth + 1)
        return name(book, node)

    shaped(member, lambda of: {"anyOf": [of(name), {"$ref": "#/$defs/combination"}]})
    members = list_of(member)
    chosen = part.choose({"all": members, "any": members, "at_least": number(1, 1000)})
    of: tuple[str | Combination, ...] = part.take("of", members, ())
    part.done()
    if chosen is None:
        return None
    how, value = chosen
    if (how == "at_least") != ("of" in part):
        book.wrong(node, _("`of` beside `at_least`, such as {at_least: 2, of: [a, b, c]}"), ", ".join(part.items))
    if how != "at_least":
        return Combination(value, None if how == "all" else 1)
    if value > len(of):
        book.wrong(node, _("at most the number of clauses named"), f"at_least: {value}")
    return Combination(of, value)


def _score(book: Book, node: Node) -> Score:
    part = book.map(node)
    found = Score(
        part.take("share", one_of("cells"), ""),
        part.take("scale", number(1, 10_000), 100),
        part.take("cap", number(1, 10_000), 10_000),
        part.take("decimals", number(0, 1), 1),
    )
    part.take("rounding", one_of("half_up"), "half_up")
    part.done()
    return found


def _level(book: Book, node: Node) -> Level:
    def tenths(book: Book, node: Node) -> int | None:
        if isinstance(node, ScalarNode) and re.fullmatch(r"\d{1,5}(\.\d)?", node.value):
            whole, _dot, rest = node.value.partition(".")
            return int(whole) * 10 + int(rest or 0)
        book.wrong(node, _("a number with at most one decimal"))
        return None

    def needs(book: Book, node: Node) -> tuple[tuple[str, str], ...]:
        inner = book.map(node)
        found = tuple((key, inner.take(key, one_of(*STATES), "met")) for key in list(inner.items))
        inner.done()
        return found

    shaped(tenths, lambda _of: {"type": "number", "minimum": 0, "multipleOf": 0.1})
    shaped(needs, lambda _of: {"type": "object", "additionalProperties": {"enum": list(STATES)}})
    part = book.map(node)
    found = Level(
        part.take("stars", number(0, 20), 0, required=True),
        part.take("at_least", tenths, 0, required=True),
        part.take("needs", needs, ()),
    )
    part.done()
    return found


def _rollup(root: Map) -> tuple[Any, tuple[str, ...]]:
    part = root.map("rollup")
    if part is None:
        return "at_period_end", ()
    record = part.take("at_record_date", yes_or_no, False)
    end = part.take("at_period_end", yes_or_no, False)
    shown = part.take("show", list_of(one_of("met", "behind", "impossible", "on_track", "missing", "share", "acts", "stars")), ())
    part.done()
    if record == end:
        root.book.wrong(part.node, _("exactly one of %s") % "at_record_date, at_period_end")
    return ("at_record_date" if record else "at_period_end"), shown


def _replaces(root: Map) -> tuple[str, bool]:
    part = root.map("replaces")
    if part is None:
        return "", False
    version = part.take("version", text(re.compile(r"[0-9A-Za-z._-]{1,20}"), _('"2026.1", in quotes')), "", required=True)
    recompute = part.take("mid_period", one_of("recompute", "finish_old"), "finish_old", required=True) == "recompute"
    part.done()
    return version, recompute


def _unique(root: Map, ids: list[str]) -> set[str]:
    for name_ in {name_ for name_ in ids if name_ and ids.count(name_) > 1}:
        root.book.wrong(root.items["clauses"][1], _("each id once"), _("“%s” again") % name_)
    return set(ids)


def _known_ids(
    root: Map, ids: set[str], verdict: Combination | None, vetoes: Collection[Veto], levels: Collection[Level], clauses: list[str]
) -> None:
    """Every clause that is spoken of must be there."""

    def check(where: str, named: str, known: Collection[str]) -> None:
        if named not in known:
            root.book.wrong(root.items[where][1], _("the id of a clause: %s") % ", ".join(sorted(known)), f"“{named}”")

    for leaf in verdict.leaves if verdict else ():
        check("verdict", leaf, clauses)
    for veto in vetoes:
        if isinstance(veto.test, When):
            check("veto", veto.test.clause, clauses)
    for level in levels:
        for clause, _state in level.needs:
            check("levels", clause, ids)


# --- Several schemes together ------------------------------------------------------------------------------------------------


def _line_of(scheme: Scheme, pattern: str) -> int:
    found = re.search(pattern, scheme.text)
    return scheme.text.count("\n", 0, found.start()) + 1 if found else 1


def _cycles(named: list[tuple[str, Scheme]]) -> list[Problem]:
    links: dict[str, tuple[str, ...]] = {}
    for _file, scheme in named:  # of any version, for any of them may meet any of the other's in some period
        links[scheme.key] = tuple(dict.fromkeys((*links.get(scheme.key, ()), *scheme.sources)))
    problems = []
    for file, scheme in named:
        trail, waiting = [scheme.key], [(scheme.key, iter(scheme.sources))]
        seen = set()
        while waiting:
            following = next(waiting[-1][1], None)
            if following is None:
                waiting.pop()
                trail.pop()
            elif following == scheme.key:
                line = _line_of(scheme, r"from:\s*\{[^}]*" + re.escape([*trail, following][1]))
                problems.append(Problem(file, line, " → ".join([*trail, following]), _("links of `from` that never come back")))
                break
            elif following not in seen:
                seen.add(following)
                trail.append(following)
                waiting.append((following, iter(links.get(following, ()))))
    return problems


def _overlaps(named: list[tuple[str, Scheme]]) -> list[Problem]:
    problems = []
    for position, (file, scheme) in enumerate(named):
        for other_file, other in named[:position]:
            if other.key != scheme.key or other.hash == scheme.hash:
                continue
            line = _line_of(scheme, r"(?m)^(version|effective):")
            if other.version == scheme.version:
                found = _("version %(version)s again (%(other)s)") % {"version": scheme.version, "other": other_file}
                problems.append(Problem(file, line, found, _("a new version number for a new text")))
            elif other.version == scheme.replaces or scheme.version == other.replaces:
                continue
            elif _overlap(scheme, other):
                found = _("the same days as version %(version)s (%(other)s)") % {"version": other.version, "other": other_file}
                problems.append(Problem(file, line, found, _("versions that follow one another, or `replaces`")))
    return problems


def _overlap(one: Scheme, other: Scheme) -> bool:
    """Two versions overlap if they begin on the same day, or one says it ends only after the next has begun."""
    first, second = sorted((one, other), key=lambda scheme: scheme.since)
    return first.since == second.since or (first.until is not None and first.until >= second.since)


def _clocks(named: list[tuple[str, Scheme]]) -> list[Problem]:
    periods = {scheme.key: scheme.period for _file, scheme in named}
    return [
        Problem(file, _line_of(scheme, r"(?m)^period:"), f"period: {scheme.period}", f"period: {periods[source]} ({source})")
        for file, scheme in named
        for source in scheme.sources
        if periods.get(source, scheme.period) != scheme.period
    ]
