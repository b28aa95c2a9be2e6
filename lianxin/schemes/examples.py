"""Worked examples beside a scheme: a few subjects, a few records, and what must come out, reckoned by hand.

scheme: contact-131@2020.1
subjects:
  A: {designation: contact_point}
  B: {designation: contact_point, from: 2026-07-01}     # `to` is the first day it no longer is
  C: {kind: branch, facts: {term_years: 5, groups: [[2, 2026-04-01]]}}   # from a day on
records:                        # subject kind day, and then: recorded DAY, quantity N, about ROW, corrected DAY
  - A liaison.inspected 2026-12-30 recorded 2027-01-15
cases:
  - as_of: 2027-01-31
    for: 2026
    expect: {A.inspect: {n: 2, state: unmet}, A.inspect.restated: met, A: unmet}      # A alone: the verdict
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lianxin.ledger import clock
from lianxin.ledger.kinds import declared
from lianxin.organizations.models import path_label
from lianxin.schemes import library
from lianxin.schemes.engines import Engine
from lianxin.schemes.frame import frame_for
from lianxin.schemes.loader import (
    DESIGNATIONS,
    FIELDS_OF_UNIT,
    KINDS_OF_UNIT,
    STATES,
    Book,
    Map,
    Problem,
    SchemeError,
    canonical_value,
    day,
    list_of,
    load_scheme,
    one_of,
    text,
)
from lianxin.schemes.queries import Reading, evaluate
from lianxin.schemes.scheme import Scheme
from lianxin.schemes.scratch import DesignationRow, EntryRow, FactRow, PlacementRow, Records, scratch
from lianxin.schemes.standings import StandingRow

ALWAYS = date(2000, 1, 1)
KNOWN_EARLY = datetime(2000, 1, 1)
RECORD = re.compile(r"(\w+) ([a-z_]+\.[a-z_]+) (\d{4}-\d{2}-\d{2})((?: (?:recorded|quantity|about|corrected) \S+)*)")
FIELDS = ("n", "need", "missing", "due", "state", "pace", "alert", "score", "stars")


@dataclass(frozen=True)
class Expectation:
    """One thing that must come out."""

    line: int
    subject: str
    clause: str
    restated: bool
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Case:
    as_of: date
    known_as_of: datetime | None
    period: str | None
    expect: tuple[Expectation, ...]


@dataclass(frozen=True)
class Example:
    """An example file, read."""

    file: str
    key: str
    version: str
    records: Records
    ids: Mapping[str, int]
    kinds: frozenset[str]
    cases: tuple[Case, ...]


@dataclass
class Outcome:
    """How the cases of an example came out."""

    passed: int
    failures: list[str]


def run_example(example: Example, scheme: Scheme, sources: Mapping[str, Scheme], backend: str) -> Outcome:
    """Work out every case on a throw-away database and compare."""
    outcome = Outcome(0, [])
    with scratch(example.records, backend) as engine:
        for case in example.cases:
            for restated in (False, True):
                wanted = [expected for expected in case.expect if expected.restated == restated]
                if wanted:
                    rows = _evaluated(example, scheme, sources, case, restated, engine)
                    for expected in wanted:
                        found = _differences(expected, rows.get((example.ids.get(expected.subject, 0), expected.clause)))
                        if found:
                            head = f"{example.file}:{expected.line}: {expected.subject}.{expected.clause or 'verdict'}"
                            outcome.failures.append(f"{head} {_('as of')} {case.as_of}: {found}")
                        else:
                            outcome.passed += 1
    return outcome


def _evaluated(
    example: Example, scheme: Scheme, sources: Mapping[str, Scheme], case: Case, restated: bool, engine: Engine
) -> dict[tuple[int, str], StandingRow]:
    frame = frame_for(scheme, as_of=case.as_of, known_as_of=case.known_as_of, period=case.period, restated=restated)
    read = Reading(scheme, frame, tuple(sources.values()), frozenset(declared()) | example.kinds)
    return {(row.unit_id, row.clause): row for row in evaluate(read, engine=engine)}


def _differences(expected: Expectation, row: StandingRow | None) -> str:
    """What came out otherwise than expected, in words; empty where nothing did."""
    if row is None:
        found = {"state": "absent"}
    else:
        score = None if row.score is None else row.score_text
        values = {name_: getattr(row, name_) for name_ in FIELDS} | {"score": score}
        found = {name_: "none" if value is None else str(value) for name_, value in values.items()}
    wrong = {name_: value for name_, value in expected.fields.items() if found.get(name_, "none") != value}
    if not wrong:
        return ""
    return _("found %(found)s, expected %(expected)s") % {
        "found": ", ".join(f"{name_}: {found.get(name_, 'none')}" for name_ in wrong),
        "expected": ", ".join(f"{name_}: {value}" for name_, value in wrong.items()),
    }


# --- Reading example files ---------------------------------------------------------------------------------------------------


def load_example(content: str, file: str) -> Example:
    """Read an example file. Raises SchemeError naming every mistake with its line."""
    book = Book(file)
    root = book.compose(content)
    if root is None:
        raise SchemeError(book.problems)
    top = Map(book, root)
    named = top.take("scheme", text(re.compile(r"[a-z0-9-]+@[0-9A-Za-z._-]+"), "contact-131@2020.1"), "@", required=True)
    records, ids = Records(), dict[str, int]()
    if (subjects := top.map("subjects")) is not None:
        _read_subjects(subjects, records, ids)
    else:
        book.wrong(root, _("the key “%s”") % "subjects", _("no “%s”") % "subjects")
    for node in _items(top, "records"):
        _read_record(book, node, records, ids)
    cases = tuple(_read_case(book, node, ids) for node in _items(top, "cases"))
    top.done()
    if book.problems:
        raise SchemeError(book.problems)
    key, _at, version = named.partition("@")
    return Example(file, key, version, records, ids, frozenset(entry.kind for entry in records.entries), cases)


def _items(top: Map, key: str) -> list[Node]:
    top.asked.append(key)
    if key not in top:
        return []
    node = top.items[key][1]
    if not isinstance(node, SequenceNode):
        top.book.wrong(node, _("a list"))
        return []
    return list(node.value)


def _read_subjects(subjects: Map, records: Records, ids: dict[str, int]) -> None:
    records.units[1] = "county"
    records.placements.append(PlacementRow(1, None, path_label(1), "county", "county", "", ALWAYS, None, KNOWN_EARLY))
    paths = {"": path_label(1)}
    for number, (code, (key, node)) in enumerate(subjects.items.items(), 2):
        part = Map(subjects.book, node)
        if not re.fullmatch(r"\w+", code):
            subjects.book.wrong(key, _("a text such as %s") % "A")
        parent = part.take("parent", one_of(*ids), "") if "parent" in part else ""
        opened, closed = part.take("opened", day, ALWAYS), part.take("closed", day, None)
        since, until = part.take("from", day, opened), part.take("to", day, closed)
        ids[code], paths[code] = number, paths[parent] + path_label(number)
        records.units[number] = code
        kind, field = part.take("kind", one_of(*KINDS_OF_UNIT), "branch"), part.take("field", one_of(*FIELDS_OF_UNIT), "")
        records.placements.append(
            PlacementRow(number, ids.get(parent, 1), paths[code], code, kind, field, opened, closed, KNOWN_EARLY)
        )
        designation = part.take("designation", one_of(*DESIGNATIONS), "")
        if designation:
            records.designations.append(DesignationRow(number, designation, since, until, KNOWN_EARLY))
        if (facts := part.map("facts")) is not None:
            for fact in list(facts.items):
                for value, start, end in facts.take(fact, _fact, ()):
                    records.facts.append(FactRow(number, fact, value, start, end, KNOWN_EARLY))
        part.done()
    subjects.asked += list(subjects.items)


def _fact(book: Book, node: Node) -> tuple[tuple[str, date, date | None], ...] | None:
    """A value for ever, or a list of [value, from] or [value, from, to]."""
    if not isinstance(node, SequenceNode):
        value = canonical_value(book, node)
        return None if value is None else ((value, ALWAYS, None),)

    def dated(book: Book, node: Node) -> tuple[str, date, date | None] | None:
        if isinstance(node, SequenceNode) and len(node.value) in (2, 3):
            value = canonical_value(book, node.value[0])
            days = [day(book, item) for item in node.value[1:]]
            if value is not None and days[0] is not None:
                return value, days[0], days[1] if len(days) == 2 else None
        book.wrong(node, _("a value and its days, such as [5, 2026-01-01]"))
        return None

    return list_of(dated)(book, node)


def _read_record(book: Book, node: Node, records: Records, ids: Mapping[str, int]) -> None:
    match = RECORD.fullmatch(" ".join(node.value.split())) if isinstance(node, ScalarNode) else None
    if match is None or match[1] not in ids:
        book.wrong(
            node, _("a record such as “A liaison.inspected 2026-03-02 recorded 2026-03-05”, of one of %s") % ", ".join(ids)
        )
        return
    words = match[4].split()
    more = dict(zip(words[::2], words[1::2], strict=True))
    try:
        happened = date.fromisoformat(match[3])
        recorded = clock.instant(date.fromisoformat(str(more.get("recorded") or match[3])), 12)
        corrected = clock.instant(date.fromisoformat(str(more["corrected"])), 12) if "corrected" in more else None
        quantity = int(more.get("quantity", "1"))
    except ValueError as error:
        book.wrong(node, _("days such as 2026-03-02"), str(error))
        return
    unit = ids[match[1]]
    path = next(row.path for row in records.placements if row.unit_id == unit)
    number = len(records.entries) + 1
    row = EntryRow(number, match[2], unit, path, happened, recorded, corrected, quantity, more.get("about", ""))
    records.entries.append(row)


def _read_case(book: Book, node: Node, ids: Mapping[str, int]) -> Case:
    part = Map(book, node)
    as_of = part.take("as_of", day, ALWAYS, required=True)
    known = part.take("known_as_of", day, None)
    period = part.take("for", text_of, None)
    expectations: list[Expectation] = []
    if (expect := part.map("expect")) is not None:
        for key, (label, value) in expect.items.items():
            subject, _dot, rest = key.partition(".")
            clause, _dot, again = rest.partition(".")
            if subject not in ids or again not in ("", "restated"):
                book.wrong(label, _("a subject and clause such as A.inspect, of one of %s") % ", ".join(ids))
                continue
            restated = again == "restated" or clause == "restated"
            fields = _expected(book, value)
            line = label.start_mark.line + 1
            expectations.append(Expectation(line, subject, "" if clause == "restated" else clause, restated, fields))
        expect.asked += list(expect.items)
    else:
        book.wrong(node, _("the key “%s”") % "expect", _("no “%s”") % "expect")
    part.done()
    return Case(as_of, clock.end_of(known) if known else None, period, tuple(expectations))


def text_of(book: Book, node: Node) -> str | None:
    if isinstance(node, ScalarNode):
        return str(node.value)
    book.wrong(node, _("a text such as %s") % "2026")
    return None


def _expected(book: Book, node: Node) -> dict[str, str]:
    """A state alone, or fields and their values."""
    if isinstance(node, ScalarNode):
        return {"state": one_of(*STATES, "absent")(book, node) or ""}
    fields: dict[str, str] = {}
    if isinstance(node, MappingNode):
        part = Map(book, node)
        for field in FIELDS:
            value = part.take(field, text_of, None)
            if value is not None:
                fields[field] = f"{value}.0" if field == "score" and "." not in value and value.isdigit() else value
        part.done()
    else:
        book.wrong(node, _("a state, or fields such as {n: 1, state: pending}"))
    return fields


# --- Files -------------------------------------------------------------------------------------------------------------------


def load_file(path: Path) -> Scheme:
    """A scheme from a file. Raises SchemeError, also where the file cannot be read."""
    return load_scheme(_text_of(path), str(path))


def load_example_file(path: Path) -> Example:
    """An example from a file. Raises SchemeError, also where the file cannot be read."""
    return load_example(_text_of(path), str(path))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = _("no file that can be read") if isinstance(error, OSError) else _("bytes that are no text")
        raise SchemeError([Problem(str(path), 1, reason, _("a text file in UTF-8"))]) from None


def library_schemes() -> dict[str, Scheme]:
    """The samples that come with the product, by key."""
    return {scheme.key: scheme for scheme in map(load_file, library.library_files())}
