"""Tallies of cases: so that the county's figures of a million cases need not look at each of them.

Three tables, which no act writes. `Counted` says of each case as what it was last counted; `Tally` adds those up beneath each
county and township by month, and by the second half of each month, so that a period that begins or ends in between reads few
days case by case; `TallyMark` says up to which entry of the ledger that was. `count_new` moves the mark, once a minute
(config/daily.py). Whoever reads (`figures_of`) takes the tallies, takes off them every case that has had a step since the mark,
or whose place was moved in the tree since, and adds it as it is now: what is read is exact at every moment, however old the
mark. All of it is one statement, of one moment. Every change of a case is a step with an entry, so none is missed; but for cases
of a workbook, which become visible all at once.

Cases that complain about a unit are in no tally, since not everybody may see them: they are read each time.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from lianxin.cases.models import OPEN_STATES, TO_CLAIM, Case, ClockName, Counted, State, Tally, TallyMark
from lianxin.cases.queries.rates import CONTENT
from lianxin.cases.workflow import COUNTED
from lianxin.ledger import clock
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations.models import LABEL_WIDTH, Placement, Unit, UnitKind, path_end, path_label

MIDDLE = 16
"""The first day of the second half of a month."""
AT_ONCE = 10_000
"""Entries, or cases, counted in one transaction."""
TALLIED = (UnitKind.COUNTY, UnitKind.TOWNSHIP)
DEEPEST = 6
"""Levels of the tree in which such a unit may stand."""
LED = tuple(state for state in COUNTED if state not in TO_CLAIM)
"""Of those in the denominators of rates, those of whose time somebody has charge."""


@dataclass
class Count:
    """What is added up of cases."""

    reported: int = 0
    open: int = 0
    solved: int = 0
    answered: int = 0
    answered_late: int = 0
    handled: int = 0
    handled_late: int = 0
    """Whose clock of the first answer, or of the first handling, is over; of these, whose was late."""
    said: int = 0
    satisfied: int = 0
    sent_back: int = 0
    """In which residents said how satisfied they are, and it is their last word; all of them with four or five stars; whose
    residents' last word was no."""
    voices: int = 0
    stars: int = 0
    """Residents who said so, and their stars together."""

    def add(self, more: Sequence[int]) -> None:
        for each, value in zip(fields(self), more, strict=True):
            setattr(self, each.name, getattr(self, each.name) + int(value))


@dataclass
class Figures:
    """Cases of a period beneath a unit, added up.

    by: `state`, `part` (what stands directly beneath the unit: the label of its path; empty: the unit itself), `lead`, `item`
    (their keys as text) → key → count.
    """

    all: Count = field(default_factory=Count)
    by: dict[str, dict[str, Count]] = field(default_factory=dict)
    months: dict[date, Count] = field(default_factory=dict)


class Wrong(NamedTuple):
    """A row that is not what the records come to."""

    place: str
    found: str
    expected: str
    key: tuple[Any, ...]


# --- reading ----------------------------------------------------------------------------------------------------------


def figures_of(unit: Unit, since: date, until: date, hidden: Collection[int]) -> Figures:
    """What was reported beneath a unit on these days, as it stands now.

    hidden: units about which a case complains that the reader must not see.
    """
    sums, edges = _months(since, until, clock.today()) if unit.kind in TALLIED else ({}, [(1, since, until)])
    found = Figures()
    sql, values = _reading(unit, since, until, sums, edges, hidden)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for by, key, month, *counted in cursor.fetchall():
            found.by.setdefault(by, {}).setdefault(key, Count()).add(counted)
            if by == "state":
                day = month if isinstance(month, date) else date.fromisoformat(month)
                found.months.setdefault(day.replace(day=1), Count()).add(counted)
                found.all.add(counted)
    late = found.by.pop("late", {})
    for count in late.values():
        found.all.add(astuple(count))
    found.by = {by: {key: count for key, count in groups.items() if count.reported} for by, groups in found.by.items()}
    found.months = {month: found.months[month] for month in sorted(found.months) if found.months[month].reported}
    return found


def _months(since: date, until: date, today: date) -> tuple[dict[date, int], list[tuple[int, date, date]]]:
    """Which tallies to add (1) or to take off (-1), by their `month`; and which days besides.

    Of each half of a month the fewer days are read one by one: those within the period, or, taken off the whole half, those
    without. Nothing is reported after today.
    """
    sums, edges, day = Counter[date](), [], timedelta(days=1)
    month = since.replace(day=1)
    while month <= until:
        middle, after = month.replace(day=MIDDLE), _next_month(month)
        for first, last, made_of in ((month, middle - day, {month: 1, middle: -1}), (middle, after - day, {middle: 1})):
            last = min(last, max(today, first))
            start, end = max(since, first), min(until, last)
            if start > end:
                continue
            if (end - start) * 2 >= last - first:
                sums.update(made_of)
                edges += [(-1, *span) for span in ((first, start - day), (end + day, last)) if span[0] <= span[1]]
            else:
                edges.append((1, start, end))
        month = after
    return {key: sign for key, sign in sums.items() if sign}, edges


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _reading(
    unit: Unit, since: date, until: date, sums: dict[date, int], edges: list[tuple[int, date, date]], hidden: Collection[int]
) -> tuple[str, list[Any]]:
    """The one statement: tallies and days, added or taken off; of what changed since, what it was counted as, and is.

    The mark may move meanwhile: more cases are read anew then than need be.
    """
    since_then = Placement.objects.filter(unit=unit, entry__gt=OuterRef("entry"))
    counted = TallyMark.objects.filter(pk=1).annotate(moved=Exists(since_then)).first()
    mark = counted or TallyMark()
    seen = f"(c.about_id IS NULL OR c.about_id NOT IN ({_numbers(hidden)}))" if hidden else "1 = 1"
    path, days = [unit.path, path_end(unit.path)], [since, until]
    source = _as_it_moved(unit) if counted and counted.moved else "cases_counted"
    spans = [(sign, source, "", edge) for sign, *edge in edges]
    spans += [(-1, source, " AND n.case_id IN (SELECT case_id FROM dirty)", days), (1, "facts", "", days)]
    rows = " UNION ALL ".join(
        f"SELECT {sign} AS sign, {_columns('n.')} FROM {table} n"  # nosec B608  # our own words
        f" WHERE {BENEATH} AND n.reported_on BETWEEN %s AND %s{which}"
        for sign, table, which, _days in spans
    )
    tallies = [(sign, [key for key in sums if sums[key] == sign]) for sign in (1, -1)]
    sql = (
        f"WITH dirty AS ({_changed(mark)} UNION ALL SELECT id FROM cases_case WHERE about_id > 0),"  # nosec B608  # our own words
        f" {_facts('c.id IN (SELECT case_id FROM dirty)', seen)}, found AS ({rows}) "
        + " UNION ALL ".join(
            (
                *(_summed(sign, len(keys)) for sign, keys in tallies if keys),
                *(_grouped(by, key, where, unit) for by, key, where in GROUPS),
            )
        )
        + "".join(
            f" UNION ALL SELECT 'late', '{name}', CAST(NULL AS date), {_late(name)} FROM {table} n"  # nosec B608  # our own words
            f" WHERE n.{due} < %s AND {BENEATH}{calm}"
            for _clock, name, due in CLOCKS
            for table, calm in (("cases_counted", " AND n.case_id NOT IN (SELECT case_id FROM dirty)"), ("facts", ""))
        )
    )
    now = connection.ops.adapt_datetimefield_value(clock.now())
    values: list[Any] = [value for *_span, those in spans for value in (*path, *those)]
    values += [value for _sign, keys in tallies if keys for value in (unit.pk, *keys)]
    return sql, values + [*days, *days, now, *path] * 4


# --- counting -----------------------------------------------------------------------------------------------------------


def count_new(at_once: int = AT_ONCE) -> int:
    """Bring the tallies up to the end of the ledger, some thousands of entries a transaction. How many were gone through."""
    done = 0
    while more := _count_some(at_once):
        done += more
    return done


@transaction.atomic
def _count_some(at_once: int) -> int:
    mark, batches = _moving_mark(), _visible()
    ahead = list(Entry.objects.filter(pk__gt=mark.entry).order_by("pk").values_list("pk", flat=True)[:at_once])
    if not ahead and batches == mark.batches:
        return 0
    upto = ahead[-1] if ahead else mark.entry
    _count(_changed(mark, upto))
    mark.entry, mark.batches = upto, batches
    mark.save()
    return len(ahead)


@transaction.atomic
def count_anew(at_once: int = AT_ONCE * 10) -> None:
    """Forget every tally and count all cases: the same comes out."""
    mark, batches = _moving_mark(), _visible()
    last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it may know nothing yet of rows that came by the hundred thousand just now
            cursor.execute("ANALYZE cases_case, cases_caseclock, cases_reporter, organizations_unit")
        cursor.execute("DELETE FROM cases_tally")
        cursor.execute("DELETE FROM cases_counted")
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM cases_case")
        (most,) = cursor.fetchone()
        for start in range(0, most, at_once):
            _put_down(cursor, f"c.id > {start} AND c.id <= {start + at_once}")
        _add_up(cursor, "1 = 1", 1)
    mark.entry, mark.batches = last, batches
    mark.save()


def _moving_mark() -> TallyMark:
    """The mark, for whoever moves it: one at a time."""
    TallyMark.objects.get_or_create(pk=1)
    return TallyMark.objects.select_for_update().get(pk=1)


def _visible() -> list[int]:
    return list(Batch.objects.filter(visible=True).order_by("pk").values_list("pk", flat=True))


def _count(cases: str) -> None:
    """Count these cases (a SELECT of their keys) as they are now, instead of as they were counted."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE to_count AS {cases}")
        _add_up(cursor, "n.case_id IN (SELECT case_id FROM to_count)", -1)
        cursor.execute("DELETE FROM cases_counted WHERE case_id IN (SELECT case_id FROM to_count)")
        _put_down(cursor, "c.id IN (SELECT case_id FROM to_count)")
        _add_up(cursor, "n.case_id IN (SELECT case_id FROM to_count)", 1)
        cursor.execute("DROP TABLE to_count")


def _put_down(cursor: Any, which: str) -> None:
    """Write as what these cases are counted."""
    cursor.execute(
        f"INSERT INTO cases_counted (case_id, place_id, {_columns('')}) WITH {_facts(which, 'c.about_id IS NULL')}"  # nosec B608  # our own words
        f" SELECT case_id, place_id, {_columns('')} FROM facts"
    )


def _add_up(cursor: Any, which: str, sign: int) -> None:
    """Add what these cases are counted as to the tallies; sign -1: take it off."""
    names = ", ".join(COUNTS)
    more = ", ".join(f"{name} = cases_tally.{name} + excluded.{name}" for name in COUNTS)
    for tallied in _tallied(which, sign):
        cursor.execute(
            f"INSERT INTO cases_tally (unit_id, month, kind, key, {names}) {tallied}"  # nosec B608  # our own words
            f" ON CONFLICT (unit_id, month, kind, key) DO UPDATE SET {more}"
        )


# --- proving ------------------------------------------------------------------------------------------------------------


def wrong_tallies() -> Iterator[Wrong]:
    """Cases counted as something else than they were, though nothing happened to them since; tallies that are not their sum."""
    mark = TallyMark.objects.filter(pk=1).first()
    if mark is None:
        return
    most = max(Case.objects.aggregate(most=Max("pk"))["most"] or 0, Counted.objects.aggregate(most=Max("pk"))["most"] or 0)
    changed = {case for case, *_none in _rows(_changed(mark))}
    for start in range(0, most, AT_ONCE):
        those = f"{{0}} > {start} AND {{0}} <= {start + AT_ONCE}"
        facts = _facts(those.format("c.id"), "c.about_id IS NULL")
        kept = _rows(f"SELECT case_id, {_columns('')} FROM cases_counted WHERE {those.format('case_id')}")  # nosec B608  # our own words
        right = _rows(f"WITH {facts} SELECT case_id, {_columns('')} FROM facts")  # nosec B608  # our own words
        yield from (wrong for wrong in _differing("cases_counted", 1, COLUMNS, kept, right) if wrong.key[0] not in changed)
    tallied = {day.replace(day=1) for day in Tally.objects.order_by().values_list("month", flat=True).distinct()}
    for month in sorted(tallied | set(Counted.objects.order_by().values_list("month", flat=True).distinct())):
        of_month = f"n.reported_on >= '{month}' AND n.reported_on < '{_next_month(month)}'"
        names = ", ".join(("unit_id", "month", "kind", "key", *COUNTS))
        both = f"'{month}', '{month.replace(day=MIDDLE)}'"
        kept = _rows(f"SELECT {names} FROM cases_tally WHERE month IN ({both}) AND reported <> 0")  # nosec B608  # our own words
        yield from _differing("cases_tally", 4, COUNTS, kept, _rows(" UNION ALL ".join(_tallied(of_month, 1))))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    """Days and instants as text: SQLite gives those that are worked out so."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(str(value) if isinstance(value, date) else value for value in row) for row in cursor.fetchall()]


def _differing(table: str, keys: int, names: Sequence[str], kept: list[Any], right: list[Any]) -> Iterator[Wrong]:
    """Rows that are not the right ones, those that are missing and those too many among them."""
    nothing = ("–",) * len(names)
    found, expected = ({row[:keys]: row[keys:] for row in rows} for rows in (kept, right))
    for key in dict.fromkeys([*found, *expected]):
        pairs = zip(names, found.get(key, nothing), expected.get(key, nothing), strict=True)
        wrong = [pair for pair in pairs if pair[1] != pair[2]]
        if wrong:
            was, should = (", ".join(f"{one[0]} {one[side]}" for one in wrong) for side in (1, 2))
            yield Wrong(" ".join([table, *map(str, key)]), was, should, key)


# --- the statements' parts ----------------------------------------------------------------------------------------------

# What stands in the statements are names of our own, numbers and values of our own lists; days are asked for.

COUNTS = tuple(each.name for each in fields(Count))
CLOCKS = ((ClockName.RESPOND.value, "answered", "answer_due"), (ClockName.HANDLE.value, "handled", "handle_due"))
"""Clocks by the columns that say whether they are over, and when one that runs will be."""
COLUMNS = ("path", "reported_on", "month", "state", "lead_id", "item_id", "answer_due", "handle_due", *COUNTS[3:])


BENEATH = "n.path >= %s AND n.path < %s"
"""Of rows `n`, those beneath a unit, as the tree is now."""


def _as_it_moved(unit: Unit) -> str:
    """`cases_counted`, what was beneath this unit when it was counted told as beneath where the unit stands now."""
    levels = (
        (f"substr(path, {LABEL_WIDTH * level + 1}, {LABEL_WIDTH})", LABEL_WIDTH * (level + 1) + 1) for level in range(DEEPEST)
    )
    cases = " ".join(f"WHEN {step} = '{path_label(unit.pk)}' THEN '{unit.path}' || substr(path, {rest})" for step, rest in levels)
    return f"(SELECT case_id, CASE {cases} END AS path, {', '.join(COLUMNS[1:])} FROM cases_counted)"  # nosec B608  # our own words


def _signs(sign: str | int) -> str:
    """Everything that is added up, of rows `n`."""
    of_state = (
        f"SUM({sign})",
        f"SUM(CASE WHEN n.state IN ({_texts(OPEN_STATES)}) THEN {sign} ELSE 0 END)",
        f"SUM(CASE WHEN n.state = '{State.SOLVED.value}' THEN {sign} ELSE 0 END)",
    )
    return ", ".join((*of_state, *(f"SUM({sign} * n.{name})" for name in COUNTS[3:])))


def _late(done: str) -> str:
    """Of rows `n` whose clock ran out while it runs: one more is over, and late, where an earlier one was not. The days are asked
    for here, since SQLite would look up the days rather than the clocks."""
    more = (done, f"{done}_late")
    in_period = "CASE WHEN n.reported_on BETWEEN %s AND %s THEN 1 ELSE 0 END"
    return ", ".join(f"COALESCE(SUM((1 - n.{name}) * {in_period}), 0)" if name in more else "0" for name in COUNTS)


def _texts(values: Collection[str]) -> str:
    return ", ".join(f"'{value!s}'" for value in values)


def _numbers(values: Collection[int]) -> str:
    return ", ".join(str(int(value)) for value in values)


def _columns(row: str) -> str:
    return ", ".join(f"{row}{name}" for name in COLUMNS)


GROUPS = (
    ("state", "n.state", ""),
    ("part", f"substr(n.path, {{width}} + 1, {LABEL_WIDTH})", ""),
    ("lead", "CAST(n.lead_id AS text)", " AND n.lead_id IS NOT NULL"),
    ("item", "CAST(n.item_id AS text)", " AND n.item_id IS NOT NULL"),
)
"""By what is added up: its name, the key of a row `n` beneath a unit whose path is so wide, which rows."""


def _tallied(which: str, sign: int) -> Iterator[str]:
    """Tallies of what these cases are counted as, beneath each county and township above their places: of each month by each of
    GROUPS, and of its second half."""
    widths = " UNION ALL ".join(f"SELECT {LABEL_WIDTH * level} AS width" for level in range(1, DEEPEST + 1))
    if connection.vendor == "postgresql":
        middle, late = f"n.month + {MIDDLE - 1}", f" AND n.reported_on >= n.month + {MIDDLE - 1}"
    else:
        middle, late = f"substr(n.month, 1, 8) || '{MIDDLE}'", f" AND substr(n.reported_on, 9, 2) >= '{MIDDLE}'"
    for month, half in (("n.month", ""), (middle, late)):
        for by, key, where in GROUPS:
            yield (
                f"SELECT a.id AS unit_id, {month} AS month, '{by}' AS kind, {key.format(width='v.width')} AS key, {_signs(sign)}"  # nosec B608  # our own words
                f" FROM cases_counted n JOIN ({widths}) v ON v.width <= length(n.path)"
                f" JOIN organizations_unit a ON a.id = CAST(substr(n.path, v.width - {LABEL_WIDTH - 1}, {LABEL_WIDTH})"
                f" AS integer) AND a.kind IN ({_texts(TALLIED)}) WHERE {which}{where}{half} GROUP BY 1, 2, 4"
            )


def _summed(sign: int, months: int) -> str:
    """So many tallies of one unit, added or taken off; by month only of the states."""
    sums = ", ".join(f"SUM({sign} * t.{name})" for name in COUNTS)
    return (
        f"SELECT t.kind, t.key, CASE WHEN t.kind = 'state' THEN t.month END, {sums} FROM cases_tally t"  # nosec B608  # our own words
        f" WHERE t.unit_id = %s AND t.month IN ({', '.join(['%s'] * months)}) GROUP BY 1, 2, 3"
    )


def _grouped(by: str, key: str, where: str, unit: Unit) -> str:
    """The same of the rows `found`, beneath one unit; of months only by state."""
    month = "n.month" if by == "state" else "CAST(NULL AS date)"
    return (
        f"SELECT '{by}', {key.format(width=len(unit.path))}, {month}, {_signs('n.sign')} FROM found n"  # nosec B608  # our own words
        f" WHERE 1 = 1{where} GROUP BY 2, 3"
    )


def _changed(mark: TallyMark, upto: int | None = None) -> str:
    """Cases that since the mark had a step, or whose place was moved in the tree, or whose workbook became visible."""
    span = f"entry_id > {mark.entry}" + (f" AND entry_id <= {upto}" if upto is not None else "")
    fresh = sorted(set(_visible()) - set(mark.batches))  # named one by one: PostgreSQL would expect very many cases of them
    brought_in = f" UNION ALL SELECT id FROM cases_case WHERE batch_id IN ({_numbers(fresh)})" if fresh else ""  # nosec B608  # our own words
    return (
        f"SELECT case_id FROM cases_casestep WHERE {span} UNION ALL SELECT case_id FROM cases_counted"  # nosec B608  # our own words
        f" WHERE place_id IN (SELECT unit_id FROM organizations_placement WHERE {span}){brought_in}"
    )


def _facts(which: str, seen: str) -> str:
    """Common tables, `facts` the last: these cases (of which these are seen) with all that is counted of them, as they are."""
    month = (
        "date_trunc('month', c.reported_on)::date" if connection.vendor == "postgresql" else "substr(c.reported_on, 1, 8) || '01'"
    )
    turned = ", ".join(
        f"MAX(CASE WHEN k.name = '{name}' AND k.stopped_at IS NOT NULL THEN 1 ELSE 0 END) AS {done},"
        f" MAX(CASE WHEN k.name = '{name}' AND k.stopped_at > k.due_at THEN 1 ELSE 0 END) AS {done}_late,"
        f" MIN(CASE WHEN k.name = '{name}' AND k.stopped_at IS NULL AND k.paused_at IS NULL THEN k.due_at END) AS {due}"
        for name, done, due in CLOCKS
    )
    led, counted = f"s.state IN ({_texts(LED)})", f"s.state IN ({_texts(COUNTED)})"
    solved = f"s.state = '{State.SOLVED.value}'"
    heard = f"{counted} AND (s.round = 1 OR {solved}) AND j.voices > 0"
    columns = (
        *(f"CASE WHEN {led} THEN t.{name} END AS {name}" for _clock, _done, name in CLOCKS),
        *(f"CASE WHEN {led} THEN COALESCE(t.{name}, 0) ELSE 0 END AS {name}" for name in COUNTS[3:7]),
        f"CASE WHEN {heard} THEN 1 ELSE 0 END AS said",
        f"CASE WHEN {heard} AND j.least >= {CONTENT} THEN 1 ELSE 0 END AS satisfied",
        f"CASE WHEN {counted} AND s.round > 1 AND NOT {solved} THEN 1 ELSE 0 END AS sent_back",
        f"CASE WHEN {heard} THEN j.voices ELSE 0 END AS voices",
        f"CASE WHEN {heard} THEN j.stars ELSE 0 END AS stars",
    )
    return (
        f"chosen AS (SELECT c.id, c.place_id, u.path, c.reported_on, {month} AS month, c.state, c.round, c.lead_id, c.item_id"  # nosec B608  # our own words
        f" FROM cases_case c JOIN organizations_unit u ON u.id = c.place_id WHERE {which} AND {seen}"
        " AND (c.batch_id IS NULL OR c.batch_id IN (SELECT id FROM ledger_batch WHERE visible))),"
        # CROSS JOIN: SQLite, left to itself, would rather walk through all clocks there are.
        f" turned AS (SELECT s.id, {turned} FROM chosen s CROSS JOIN cases_caseclock k WHERE k.case_id = s.id AND k.round = 1"
        f" AND k.name IN ({_texts([name for name, _done, _due in CLOCKS])}) GROUP BY s.id),"
        " judged AS (SELECT s.id, COUNT(r.stars) AS voices, MIN(r.stars) AS least, SUM(r.stars) AS stars"
        " FROM chosen s CROSS JOIN cases_reporter r WHERE r.case_id = s.id AND r.stars IS NOT NULL GROUP BY s.id),"
        " facts AS (SELECT s.id AS case_id, s.place_id, s.path, s.reported_on, s.month, s.state, s.lead_id, s.item_id,"
        f" {', '.join(columns)} FROM chosen s LEFT JOIN turned t ON t.id = s.id LEFT JOIN judged j ON j.id = s.id)"
    )
