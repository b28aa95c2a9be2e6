"""The board: schemes × parts of the tree, and what lies behind each of its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianxin.home.choice import PARTS, Choice, Tally, View, tally
from lianxin.home.forms import BUCKET_WORDS, LEVEL_WORDS, month_words
from lianxin.ledger.figures import counted, declared
from lianxin.organizations.exports import Export
from lianxin.organizations.models import Field, Unit
from lianxin.reminders.picture import BEHIND, BUCKETS, IMPOSSIBLE, MET, ON_TRACK, UNKNOWN, UNMET, Place, bucket, in_words, within
from lianxin.schemes.queries import StandingRow
from lianxin.schemes.rule import say_rule, say_subject
from lianxin.schemes.scheme import Scheme
from lianxin.ui import states
from lianxin.ui.charts import Board as TileBoard
from lianxin.ui.charts import Share, Tile

TONES = {MET: "met", ON_TRACK: "grey", BEHIND: "behind", IMPOSSIBLE: "bad", UNMET: "bad", UNKNOWN: "grey"}
RARE = (UNMET, UNKNOWN)
"""Shown only where they occur."""


@dataclass(frozen=True)
class Cell:
    """One scheme in one part: so many of so many units are in the chosen state, and where each number opens."""

    count: int
    total: int
    tone: str
    address: str
    all_address: str


@dataclass(frozen=True)
class Row:
    """One part of the tree: a township, or what stands directly beneath the chosen unit."""

    name: str
    address: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Figure:
    """One number, its words, and where it opens."""

    count: int
    words: str | Promise
    state: str
    address: str


@dataclass(frozen=True)
class Column:
    """One scheme over everything in view."""

    title: str
    key: str
    on_tiles: str
    """The address that shows it on the tiles."""
    total: Figure
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Board:
    """Everything the page shows, adding up: a column's figures to its total, the rows to the foot."""

    columns: Sequence[Column]
    others: Sequence[tuple[str | Promise, Sequence[Figure]]]
    """What rooms count beside the schemes: headings, and the figures under each."""
    rows: Sequence[Row]
    foot: Row
    shown: str
    """Key of the scheme on the tiles."""
    heading: str
    """What the cells count: units met, of all units."""
    brief: str
    tiles: TileBoard


def board_of(view: View) -> Board | None:
    """The board of what the reader sees; None where the chosen unit was not open that day."""
    if view.top is None:
        return None
    choice = replace(
        view.choice, scheme="", clause="", alert="", beneath="", lacking=False, falling_due=False, month="", state=""
    )
    state = view.choice.state or MET
    standings = {scheme: view.standings(scheme) for scheme in view.schemes}
    schemes = [scheme for scheme, rows in standings.items() if rows]
    tallies = {scheme: tallies_by_part(view, standings[scheme]) for scheme in schemes}
    parts = [place for place in view.picture.tree.beneath(view.top.path) if place.kind in PARTS]
    rows = []
    for part in [*parts, None]:
        found = [tallies[scheme].get(part.unit_id if part else 0, NOBODY) for scheme in schemes]
        if any(each.total for each in found):
            here = replace(choice, unit=part.code) if part else replace(choice, beneath="direct")
            cells = [cell_of(here, scheme, each, state) for scheme, each in zip(schemes, found, strict=True)]
            name = part.name if part else _("directly beneath %(unit)s") % {"unit": view.top.name}
            rows.append(Row(name, replace(here, state=view.choice.state).address("board") if part else "", cells))
    foot = [cell_of(choice, scheme, tally(standings[scheme]), state) for scheme in schemes]
    shown = next((scheme for scheme in schemes if scheme.key == view.choice.scheme), schemes[0] if schemes else None)
    return Board(
        columns=[column_of(view.choice, choice, scheme, tally(standings[scheme])) for scheme in schemes],
        others=others_of(view),
        rows=rows,
        foot=Row(_("all of %(unit)s") % {"unit": view.top.name}, "", foot),
        shown=shown.key if shown else "",
        heading=_("Units %(state)s, of all units asked") % {"state": BUCKET_WORDS[state]},
        brief=choice.address("brief"),
        tiles=TileBoard(in_words(shown.title), tiles_of(choice, shown, parts, tallies[shown], state)) if shown else TileBoard(""),
    )


def others_of(view: View) -> list[tuple[str | Promise, list[Figure]]]:
    """Figures that rooms declare for the board, by their heading; each opens to its rows. One query.

    Where units are chosen by field or level there are none: these count what happens at places.
    """
    shown = [figure for figure in declared().values() if figure.board and view.opens(figure)]
    if view.choice.field or view.choice.level or not shown:
        return []
    found: dict[str | Promise, list[Figure]] = {}
    for figure, parts in zip(shown, counted([(figure, view.asked(figure)) for figure in shown]), strict=True):
        number = sum(count for _part, _words, count in parts)
        found.setdefault(figure.board, []).append(Figure(number, figure.title, "", view.choice.figure(figure.key)))
    return list(found.items())


NOBODY = Tally({})


def tallies_by_part(view: View, rows: Sequence[StandingRow]) -> dict[int, Tally]:
    """Tallies by the id of the part the units belong to; 0 for those directly beneath the chosen unit."""
    found: dict[int, list[StandingRow]] = {}
    for row in rows:
        part = view.part_of(row.unit_path)
        found.setdefault(part.unit_id if part else 0, []).append(row)
    return {part_id: tally(rows) for part_id, rows in found.items()}


def cell_of(choice: Choice, scheme: Scheme, found: Tally, state: str) -> Cell:
    return Cell(
        count=found.counts.get(state, 0),
        total=found.total,
        tone=TONES[state],
        address=choice.address("board_units", scheme=scheme.key, state=state),
        all_address=choice.address("board_units", scheme=scheme.key),
    )


def column_of(page: Choice, choice: Choice, scheme: Scheme, found: Tally) -> Column:
    figures = [
        Figure(found.counts[state], BUCKET_WORDS[state], state, choice.address("board_units", scheme=scheme.key, state=state))
        for state in BUCKETS
        if state not in RARE or found.counts[state]
    ]
    everyone = Figure(found.total, _("units"), "", choice.address("board_units", scheme=scheme.key))
    return Column(
        title=in_words(scheme.title),
        key=scheme.key,
        on_tiles=page.address("board", scheme=scheme.key) + "#map",
        total=everyone,
        figures=figures,
    )


def tiles_of(choice: Choice, scheme: Scheme, parts: Sequence[Place], tallies: dict[int, Tally], state: str) -> list[Tile]:
    """The parts as tiles with the same numbers."""
    tiles = []
    for part in parts:
        found = tallies.get(part.unit_id, NOBODY)
        if found.total:
            shares = [Share(found.counts[each], TONES[each], str(BUCKET_WORDS[each])) for each in BUCKETS]
            address = choice.address("board_units", unit=part.code, scheme=scheme.key)
            tiles.append(Tile(part.name, address, f"{found.counts[state]}/{found.total}", shares))
    return tiles


@dataclass(frozen=True)
class Listed:
    """One unit of a list: where it stands, how it stands, what it lacks and by when."""

    code: str
    name: str
    place: str
    state: str
    lacks: Sequence[tuple[str, int | None, int | None]]
    """(clause, n, need)."""
    missing: int
    due: date | None
    alert: str
    address: str
    why: str


@dataclass(frozen=True)
class UnitList:
    """What lies behind a number: exactly so many units, with the rule that put them there."""

    scheme: Scheme
    title: str
    rule: Sequence[str]
    rows: list[Listed]
    heading: str
    states: Sequence[Figure]
    """The same list in every state, and by state: they add up."""


def units_behind(view: View) -> UnitList:
    """The units a choice counts. Raises Http404 for a scheme that is not in force or a clause it does not have."""
    scheme = view.picture.scheme(view.choice.scheme)
    if scheme is None or (view.choice.clause and scheme.clause(view.choice.clause) is None):
        raise Http404
    rows = [listed(view, scheme, row) for row in view.chosen(scheme)]
    return UnitList(
        scheme=scheme,
        title=in_words(scheme.title),
        rule=rule_of(scheme, view.choice.clause),
        rows=rows,
        heading=heading_of(view, scheme, len(rows)),
        states=states_of(view, scheme),
    )


def states_of(view: View, scheme: Scheme) -> list[Figure]:
    """How many of the units asked for are in which state, each number leading to exactly those."""
    counts = tally(replace(view, choice=replace(view.choice, state="")).chosen(scheme))
    opens = partial(view.choice.address, "board_units")
    found = [Figure(counts.counts[state], BUCKET_WORDS[state], state, opens(state=state)) for state in BUCKETS]
    return [Figure(counts.total, _("units"), "", opens(state="")), *(figure for figure in found if figure.count)]


def heading_of(view: View, scheme: Scheme, count: int) -> str:
    """12 units: Contact points, “131” · inspection · behind · Kerqin Town."""
    choice = view.choice
    clause = scheme.clause(choice.clause)
    words = [in_words(clause.title) if clause else in_words(scheme.title)]
    words += [str(BUCKET_WORDS[choice.state])] if choice.state else []
    words += [_("lacking something")] if choice.lacking else []
    words += [str(states.find(choice.alert).word)] if choice.alert else []
    words += [_("overdue or falling due")] if choice.falling_due else []
    words += [_("due in %(month)s") % {"month": month_words(date.fromisoformat(f"{choice.month}-01"))}] if choice.month else []
    words += [str(Field(choice.field).label)] if choice.field else []
    words += [str(LEVEL_WORDS[choice.level])] if choice.level else []
    words += [_("directly beneath %(unit)s") % {"unit": view.unit.name}] if choice.beneath else []
    named = ngettext("%(count)s unit: %(what)s", "%(count)s units: %(what)s", count)
    return named % {"count": f"{count:,}", "what": " · ".join(words)}


def way_back(view: View) -> list[tuple[str, str]]:
    """From the board to this list."""
    choice = replace(view.choice, state="", clause="", alert="", beneath="", lacking=False, falling_due=False, month="")
    return [(_("Board"), choice.address("board")), (view.unit.name, "")]


def listed(view: View, scheme: Scheme, row: StandingRow) -> Listed:
    tree = view.picture.tree
    part = tree.above(row.unit_path, "township") or view.top
    clauses = [row] if row.clause else view.picture.standings(scheme).clauses.get(row.unit_id, [])
    lacks = [(within(each.clause_title), each.n, each.need) for each in clauses if each.missing]
    return Listed(
        code=row.unit_code,
        name=row.unit_name,
        place=part.name if part else "",
        state=bucket(row) or "",
        lacks=lacks,
        missing=sum(each.missing or 0 for each in clauses),
        due=row.due,
        alert=row.alert or "",
        address=view.choice.page_of(row.unit_code),
        why=view.choice.standing(row.unit_code, scheme.key),
    )


def units_to_take_out(view: View) -> Export:
    """The units behind a number as a list to take out. Raises Http404 like `units_behind`."""
    found = units_behind(view)
    return Export(
        table="standings",
        title=found.heading,
        unit=Unit.objects.get(pk=view.unit.pk),
        columns=[_("Code"), _("Unit"), _("Place"), _("State"), _("What is missing"), _("By")],
        rows=[
            [
                row.code,
                row.name,
                row.place,
                str(BUCKET_WORDS.get(row.state, row.state)),
                "、".join(f"{words} {n}/{need}" if need else words for words, n, need in row.lacks),
                row.due,
            ]
            for row in found.rows
        ],
    )


def rule_of(scheme: Scheme, clause: str) -> list[str]:
    """The text of the rule: of whom it asks, and what each clause asks."""
    return [say_subject(scheme), *(say_rule(scheme, each) for each in scheme.clauses if clause in ("", each.id))]


SORTS = {
    "name": lambda row: (row.name, row.code),
    "place": lambda row: (row.place, row.name, row.code),
    "state": lambda row: (-BUCKETS.index(row.state), row.due or date.max, row.code),
    "missing": lambda row: (row.missing, row.code),
    "due": lambda row: (row.due or date.max, row.code),
}


def in_order(rows: list[Listed], sort: str) -> list[Listed]:
    """Sorted by a column; unasked, the most pressing first."""
    turned = sort.startswith("-")
    key = SORTS.get(sort.removeprefix("-"), SORTS["state"])
    return sorted(rows, key=key, reverse=turned)
