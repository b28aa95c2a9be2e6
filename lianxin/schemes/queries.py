"""The door for reading: what is in force, where units stand, what is owed, how it rolls up."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from lianxin.ledger import clock
from lianxin.ledger.kinds import declared
from lianxin.organizations.access import APPROVE, ENTRY_VIEW, SCHEME_PUBLISH, SCHEME_VIEW, STANDING_VIEW, AnyUser, may, units_for
from lianxin.organizations.models import Post, Title, Unit
from lianxin.schemes import library
from lianxin.schemes.engines import LIVE, Engine, compiled_credit, compiled_drill, compiled_standings, fill, rows_together
from lianxin.schemes.explain import ClauseExplained, Explanation, Listed, can_drill, here, listed, say_missing
from lianxin.schemes.frame import Frame, frame_for
from lianxin.schemes.models import Version
from lianxin.schemes.rule import say_asked, say_whole
from lianxin.schemes.scheme import From, Scheme
from lianxin.schemes.standings import COUNTED, OWING, WHOLE, rows_of
from lianxin.schemes.standings import StandingRow as StandingRow
from lianxin.ui.states import find

Units = QuerySet[Unit] | Collection[int] | Collection[Unit] | None


class NoScheme(LookupError):
    """No published scheme has that key (in that period)."""


Versions = Sequence[Version]
"""What `published` gives. Whoever asks for several schemes asks for it once and passes it on."""


def published() -> Versions:
    """Every published version whose trial has not ended. One query."""
    return library.published()


def schemes_in_force(
    as_of: date | None = None, *, known_as_of: datetime | None = None, versions: Versions | None = None
) -> list[Scheme]:
    """The schemes in force on a day (today), trials left out, by key."""
    day = as_of or clock.today()
    versions = [version for version in (published() if versions is None else versions) if not version.trial]
    keys = sorted({version.key for version in versions})
    found = (library.in_force(key, versions, as_of=day, known=known_as_of) for key in keys)
    return [scheme for scheme in found if scheme is not None]


@dataclass(frozen=True)
class Reading:
    """A scheme in a frame, with the schemes its `from` clauses use: everything an evaluation needs besides the records."""

    scheme: Scheme
    frame: Frame
    sources: tuple[Scheme, ...] = ()
    kinds: frozenset[str] = field(default_factory=frozenset)


def reading(
    key: str,
    *,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    period: str | None = None,
    restated: bool = False,
    scheme: Scheme | None = None,
    versions: Versions | None = None,
) -> Reading:
    """Which version of the scheme is used and in which frame. `scheme`: use this text instead of the published one.
    `versions`: what is published, where it is known already.

    Raises NoScheme where there is none, ValueError where the period has no such name or has not begun.
    """
    day = as_of or clock.today()
    versions = published() if versions is None else versions
    chosen = scheme or library.in_force(key, versions, as_of=day, known=known_as_of, period=period)
    if chosen is None:
        raise NoScheme(key)
    frame = frame_for(chosen, as_of=day, known_as_of=known_as_of, period=period, restated=restated)
    if frame.known != known_as_of and scheme is None:  # closed books know no rule that was published later either
        chosen = library.in_force(key, versions, as_of=day, known=frame.known, period=period) or chosen
        frame = frame_for(chosen, as_of=day, known_as_of=known_as_of, period=period, restated=restated)
    sources = sources_of(chosen, versions, as_of=day, known=frame.known, period=frame.period.label)
    return Reading(chosen, frame, sources, frozenset(declared()))


def sources_of(
    scheme: Scheme, versions: Collection[Version], *, as_of: date, known: datetime | None, period: str
) -> tuple[Scheme, ...]:
    """The schemes whose verdicts a scheme uses, and theirs, each in the version that the period uses. Raises NoScheme."""
    sources: dict[str, Scheme] = {}
    waiting = list(scheme.sources)
    while waiting:
        source = waiting.pop()
        if source not in sources and source != scheme.key:
            other = library.in_force(source, versions, as_of=as_of, known=known, period=period)
            if other is None:
                raise NoScheme(source)
            sources[source] = other
            waiting += other.sources
    return tuple(sources.values())


def evaluate(read: Reading, *, ids: Collection[int] | None = None, engine: Engine = LIVE) -> list[StandingRow]:
    """The standings of a reading. One execution."""
    if ids is not None and not ids:
        return []
    compiled = compiled_standings(read.scheme, read.frame, engine.dialect, read.sources, read.kinds, ids is not None)
    return list(rows_of(read.scheme, read.frame, compiled, engine.rows(fill(compiled, ids, engine.dialect))))


def evaluate_together(
    reads: Sequence[Reading], *, ids: Collection[int] | None = None, engine: Engine = LIVE
) -> list[list[StandingRow]]:
    """What `evaluate` gives for each of these readings, in one execution for all."""
    if ids is not None and not ids:
        return [[] for _read in reads]
    statements = []
    for read in reads:
        compiled = compiled_standings(read.scheme, read.frame, engine.dialect, read.sources, read.kinds, ids is not None)
        statements.append((compiled, fill(compiled, ids, engine.dialect)))
    together = zip(reads, statements, rows_together(statements, engine), strict=True)
    return [list(rows_of(read.scheme, read.frame, compiled, wide)) for read, (compiled, _sql), wide in together]


def compile_for(day: date, engine: Engine = LIVE) -> None:
    """Make every statement that pages of that day are going to need and leave it in the data folder, for all processes."""
    versions = published()
    for scheme in schemes_in_force(day, versions=versions):
        read = reading(scheme.key, as_of=day, versions=versions)
        for scoped in (False, True):
            compiled_standings(read.scheme, read.frame, engine.dialect, read.sources, read.kinds, scoped)
        for clause in scheme.clauses:
            if can_drill(clause):
                compiled_drill(read.scheme, clause.id, read.frame, engine.dialect, read.kinds)


def standings(
    key: str,
    *,
    units: Units = None,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    period: str | None = None,
    restated: bool = False,
    scheme: Scheme | None = None,
    versions: Versions | None = None,
) -> list[StandingRow]:
    """Where units stand with a scheme: one row per unit × clause (and veto), and one per unit with clause "" for the whole.

    units: only these (a QuerySet of units, ids, or units); None: every subject.
    as_of: bounds the days things happened (today). known_as_of: bounds when they were recorded (naive UTC; everything known now).
    period: `2026`, to look at another period than the one `as_of` lies in; once over, it is judged as its books closed, or, with
    `restated`, with everything known since.
    versions: what is published, where it is known already; spares a query.
    """
    read = reading(key, as_of=as_of, known_as_of=known_as_of, period=period, restated=restated, scheme=scheme, versions=versions)
    return evaluate(read, ids=ids_of(units))


def standings_for(user: AnyUser, key: str, *, units: Units = None, **options: Any) -> list[StandingRow]:
    """`standings`, of the units this user may see only."""
    visible = set(units_for(user, STANDING_VIEW).values_list("pk", flat=True))
    wanted = ids_of(units)
    return standings(key, units=visible if wanted is None else visible & set(wanted), **options)


def ids_of(units: Units) -> list[int] | None:
    """Units, however named, as ids."""
    if units is None:
        return None
    if isinstance(units, QuerySet):
        return list(units.order_by().values_list("pk", flat=True))
    return [unit.pk if isinstance(unit, Unit) else int(unit) for unit in units]


@dataclass
class RollUp:
    """What the subjects beneath one unit come to. met + met_late is `met`; every subject is in exactly one of the counts."""

    path: str
    subjects: int = 0
    """Units that are subjects on the day and for which the scheme asks something."""
    met: int = 0
    behind: int = 0
    impossible: int = 0
    on_track: int = 0
    unmet: int = 0
    unknown: int = 0
    waived: int = 0
    not_applicable: int = 0
    left: int = 0
    """Units that were subjects in the period and no longer are on the day."""
    missing: int = 0
    clauses_met: int = 0
    clauses: int = 0
    acts: int = 0
    """What was done: the entries that counted, each where the scheme credits it."""
    share_met: int = 0
    share_of: int = 0
    stars: dict[int, int] = field(default_factory=dict)

    def add(self, row: StandingRow) -> None:
        """Count the verdict of one unit in."""
        if not row.lasting:
            self.left += 1
            return
        bucket = bucket_of(row)
        setattr(self, bucket, getattr(self, bucket) + 1)
        if bucket not in ("waived", "not_applicable"):
            self.subjects += 1
        self.missing += row.missing or 0
        self.clauses_met += row.n or 0
        self.clauses += row.need or 0
        if row.stars is not None:
            self.stars[row.stars] = self.stars.get(row.stars, 0) + 1


BUCKETS = ("met", "behind", "impossible", "on_track", "unmet", "unknown", "waived", "not_applicable")


def bucket_of(row: StandingRow) -> str:
    """Which count of a roll-up a standing belongs to."""
    if row.state in ("met", "met_late"):
        return "met"
    if row.state in ("pending", "not_started"):
        return row.pace or "on_track"
    return row.state


def rollup(
    key: str,
    *,
    by_units: Sequence[str],
    units: Units = None,
    clause: str = WHOLE,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    period: str | None = None,
) -> dict[str, RollUp]:
    """Sums of the standings beneath each of these paths, by path. Subjects stand where they stood on the day; acts are credited
    as the scheme says, so that parents are the sum of what is beneath them either way.

    clause: the verdict as a whole, or one clause. met + behind + impossible + on_track + unmet + unknown = subjects.
    """
    read = reading(key, as_of=as_of, known_as_of=known_as_of, period=period)
    rows = [row for row in evaluate(read, ids=ids_of(units)) if row.clause == clause]
    sums = roll_up(rows, by_units)
    for path, acts in acts_by_path(read, rows).items():
        for length in {len(top) for top in sums}:
            if path[:length] in sums:
                sums[path[:length]].acts += acts
    return sums


def acts_by_path(read: Reading, rows: Sequence[StandingRow], engine: Engine = LIVE) -> dict[str, int]:
    """How many entries counted for these standings, by the path they are credited to: where the work was done
    (`at_record_date`), or where the unit stands on the period's last day (`at_period_end`). One execution per clause."""
    now = {row.unit_id: row.unit_path for row in rows}
    wanted = {row.clause for row in rows}
    found: Counter[str] = Counter()
    for clause in read.scheme.clauses:
        if now and can_drill(clause) and wanted & {clause.id, WHOLE}:
            compiled = compiled_credit(read.scheme, clause.id, read.frame, engine.dialect, read.kinds)
            for unit, path, acts in engine.rows(fill(compiled, now, engine.dialect)):
                stays = read.scheme.credit == "at_record_date" or unit not in now
                found[path if stays else now[unit]] += acts
    return dict(found)


def roll_up(rows: Iterable[StandingRow], by_units: Sequence[str]) -> dict[str, RollUp]:
    """Sum standings (of one clause) up the tree."""
    sums = {path: RollUp(path) for path in by_units}
    lengths = sorted({len(path) for path in by_units})
    for row in rows:
        for length in lengths:
            found = sums.get(row.unit_path[:length]) if len(row.unit_path) >= length else None
            if found is not None:
                found.add(row)
    return sums


@dataclass(frozen=True)
class Owed:
    """Something a unit still owes."""

    row: StandingRow
    text: str
    kinds: tuple[str, ...]
    """Kinds of entries that would count."""
    overdue: bool


def owed(who: "AnyUser | Units", *, within_days: int = 60, as_of: date | None = None) -> list[Owed]:
    """What a user's own units (or these units) still owe and must do within so many days, soonest first.

    One execution for all schemes in force.
    """
    day = as_of or clock.today()
    if who is None or isinstance(who, QuerySet | list | tuple | set | frozenset):
        ids = ids_of(who)
    else:
        ids = ids_of(units_for(who, STANDING_VIEW))  # type: ignore[arg-type]  # what is left is a user
    limit = day + timedelta(days=within_days)
    found: list[Owed] = []
    versions = published()
    asking = [scheme for scheme in schemes_in_force(day, versions=versions) if not (scheme.score and scheme.levels)]
    # a rating asks nothing of its own: what it counts is asked by the schemes it draws on
    reads = [reading(scheme.key, as_of=day, versions=versions) for scheme in asking]
    for scheme, rows in zip(asking, evaluate_together(reads, ids=ids), strict=True):
        kinds = {clause.id: tuple(kind for t in _tallies_of(scheme, clause.id) for kind in t.kinds) for clause in scheme.clauses}
        for row in rows:
            if row.role != "clause" or not row.lasting:
                continue
            overdue = row.alert == "overdue"
            near = row.due is not None and row.due <= limit
            if near and (overdue or row.alert == "due_soon" or (row.missing and row.state in OWING)):
                found.append(Owed(row, say_missing(row, scheme), kinds[row.clause], overdue))
    return sorted(found, key=lambda item: (item.row.due or limit, item.row.unit_path, item.row.scheme, item.row.clause))


def _tallies_of(scheme: Scheme, clause: str) -> Iterator[Any]:
    return (tally for name, tally in scheme.tallies() if name == clause)


def versions_of(key: str) -> list[Version]:
    """The history of a scheme, newest first."""
    return list(Version.objects.filter(key=key).select_related("entry").order_by("-since", "-pk"))


def explain(
    key: str,
    unit: Unit,
    *,
    clause: str | None = None,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    period: str | None = None,
) -> Explanation | None:
    """Why a unit stands as it does: per clause the figure, what counted, what did not and why not, the rule, the statement.

    None where the unit is no subject of the scheme in that period. Raises NoScheme, ValueError as `reading` does.
    """
    versions = published()
    read = reading(key, as_of=as_of, known_as_of=known_as_of, period=period, versions=versions)
    rows = evaluate(read, ids=[unit.pk])
    whole = next((row for row in rows if row.role == "verdict"), None)
    if whole is None:
        return None
    later: dict[str, StandingRow] = {}
    if read.frame.over:
        label = read.frame.period.label
        again = reading(key, as_of=as_of, known_as_of=known_as_of, period=label, restated=True, versions=versions)
        later = {row.clause: row for row in evaluate(again, ids=[unit.pk])}
    explained = []
    for row in rows:
        if row.role == "verdict" or (clause and row.clause != clause):
            continue
        entries, sql = listed(read, row.clause, [unit.pk])
        part = read.scheme.clause(row.clause)
        veto = next((veto for veto in read.scheme.vetoes if veto.id == row.clause), None)
        restated = later.get(row.clause)
        differs = restated is not None and (restated.n, restated.state) != (row.n, row.state)
        explained.append(
            ClauseExplained(
                row,
                restated if differs else None,
                say_missing(row, read.scheme),
                say_asked(read.scheme, part) if part else "",
                part.source if part else veto.source if veto else "",
                tuple(entry for entry in entries if entry.why == COUNTED),
                tuple(entry for entry in entries if entry.why != COUNTED),
                sql,
                part.test.scheme if part and isinstance(part.test, From) else "",
            )
        )
    compiled = compiled_standings(read.scheme, read.frame, LIVE.dialect, read.sources, read.kinds, True)
    return Explanation(read.scheme, whole, tuple(explained), tuple(versions_of(key)), fill(compiled, [unit.pk], LIVE.dialect))


def entries_of(
    key: str,
    clause: str,
    units: Units,
    *,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    period: str | None = None,
) -> list[Listed]:
    """The entries that make up a clause's figure for these units: as many as its n (of cells: as many as the cells ask)."""
    read = reading(key, as_of=as_of, known_as_of=known_as_of, period=period)
    entries, _sql = listed(read, clause, ids_of(units) or [])
    return [entry for entry in entries if entry.why == COUNTED]


@dataclass(frozen=True)
class Change:
    """What a unit's state with a clause (empty: as a whole) is, and would be."""

    unit_code: str
    unit_name: str
    clause: str
    before: str
    after: str

    @property
    def states(self) -> tuple[str, str]:
        """The two states, without stars."""
        return self.before.partition(" ")[0], self.after.partition(" ")[0]

    @property
    def before_text(self) -> str:
        return _in_words(self.before)

    @property
    def after_text(self) -> str:
        return _in_words(self.after)


def changes(
    after: Scheme, before: Scheme | None = None, *, key: str = "", as_of: date | None = None, units: Units = None
) -> list[Change]:
    """Who would change verdict if `after` took the place of `before` (None: of what is in force under its key).

    Raises NoScheme where nothing is in force under that key.
    """
    now = {(row.unit_id, row.clause): row for row in standings(key or after.key, as_of=as_of, units=units, scheme=before)}
    then = {(row.unit_id, row.clause): row for row in standings(after.key, as_of=as_of, units=units, scheme=after)}
    found = []
    for place in sorted({*now, *then}, key=lambda place: ((now.get(place) or then[place]).unit_path, place[1])):
        old, new = now.get(place), then.get(place)
        if (old.state if old else "", old.stars if old else None) != (new.state if new else "", new.stars if new else None):
            row = old or new
            assert row is not None
            found.append(Change(row.unit_code, row.unit_name, row.clause, _in_short(old), _in_short(new)))
    return found


def _in_words(short: str) -> str:
    """A state and its stars in the reader's words."""
    state, space, stars = short.partition(" ")
    return f"{find(state).word if state != '–' else _('not asked')}{space}{stars}"


def _in_short(row: StandingRow | None) -> str:
    if row is None:
        return "–"
    return row.state if row.stars is None else f"{row.state} ★{row.stars}"


# --- Pages -------------------------------------------------------------------------------------------------------------------


def sees(user: AnyUser, unit: Unit) -> bool:
    """Whether the user may open this unit's entries."""
    return may(user, ENTRY_VIEW, unit)


@dataclass(frozen=True)
class SchemePage:
    """A scheme as it stands, and every version there has been."""

    scheme: Scheme
    versions: list[Version]
    may_publish: bool

    @property
    def title(self) -> str:
        return here(self.scheme.title)

    @property
    def rule(self) -> list[str]:
        return say_whole(self.scheme)

    @property
    def warnings(self) -> list[str]:
        """Kinds that no room declares: their clauses are unknown."""
        return sorted({tally.kind for _id, tally in self.scheme.tallies()} - set(declared()))


def scheme_called(key: str) -> Scheme:
    """The scheme in force today, or on trial. Raises Http404 where there is none."""
    found = library.in_force(key, library.published(), as_of=clock.today(), known=None)
    if found is None:
        raise Http404
    return found


def title_of(scheme: Scheme) -> str:
    """Its title in the reader's language."""
    return here(scheme.title)


def asked_of(said: dict[str, Any]) -> dict[str, Any]:
    """What a form said about a clause, without the form's own key."""
    return {name: value for name, value in said.items() if name in ("clause", "period", "reason", "words")}


def scheme_list_for(user: AnyUser) -> dict[str, Any]:
    """The schemes in force and on trial."""
    found = [(scheme, here(scheme.title)) for scheme in schemes_in_force()]
    trials = [version for version in library.published() if version.trial]
    return {"schemes": found, "trials": trials, "may_publish": may(user, SCHEME_PUBLISH), "may_answer": may(user, APPROVE)}


def scheme_page_for(user: AnyUser, key: str) -> SchemePage:
    """One scheme. Raises Http404 where nothing is published under that key."""
    versions = versions_of(key)
    scheme = library.in_force(key, versions, as_of=clock.today(), known=None)
    if scheme is None or not may(user, SCHEME_VIEW):
        raise Http404
    return SchemePage(scheme, versions, may(user, SCHEME_PUBLISH))


@dataclass(frozen=True)
class VersionPage:
    """One published text."""

    version: Version
    scheme: Scheme
    may_publish: bool
    preview: "Preview | None"
    """Of a trial: who would change verdict."""

    @property
    def title(self) -> str:
        return here(self.scheme.title)

    @property
    def rule(self) -> list[str]:
        return say_whole(self.scheme)


def version_page_for(user: AnyUser, key: str, version: str) -> VersionPage:
    """One published text. Raises Http404 where there is none of that name."""
    found = Version.objects.filter(key=key, version=version).select_related("entry").first()
    if found is None or not may(user, SCHEME_VIEW):
        raise Http404
    scheme = library.parsed(found.hash, found.text)
    publishes = may(user, SCHEME_PUBLISH)
    preview = preview_for(user, scheme) if found.trial and found.valid_to is None and publishes else None
    return VersionPage(found, scheme, publishes, preview)


@dataclass(frozen=True)
class Preview:
    """What publishing a text would change, for the units of one user."""

    scheme: Scheme
    changes: list[Change]
    subjects: int
    fresh: bool
    """Whether nothing is in force under its key."""
    warnings: list[str]

    @property
    def moves(self) -> list[tuple[str, str, int]]:
        """How many go from which state to which, the most first."""
        counted = Counter(change.states for change in self.changes)
        return [(*states, count) for states, count in counted.most_common()]


def preview_for(user: AnyUser, scheme: Scheme) -> Preview:
    """Who would change verdict."""
    units = units_for(user, STANDING_VIEW)
    warnings = sorted({tally.kind for _id, tally in scheme.tallies()} - set(declared()))
    subjects = sum(row.role == "verdict" for row in standings(scheme.key, units=units, scheme=scheme))
    try:
        found = [change for change in changes(scheme, units=units) if not change.clause]
    except NoScheme:
        return Preview(scheme, [], subjects, True, warnings)
    return Preview(scheme, found, subjects, False, warnings)


def keeper() -> AbstractBaseUser | None:
    """In whose name the installation itself publishes and seals: a county officer's, else its administrator's."""
    held = Post.objects.on(clock.today()).filter(person__user__is_active=True).select_related("person__user")
    post = held.filter(title=Title.COUNTY_OFFICER).first() or held.filter(title=Title.ADMINISTRATOR).first()
    return post.person.user if post else None


def publishing_unit(user: AnyUser) -> Unit | None:
    """The unit on whose behalf this user publishes."""
    return units_for(user, SCHEME_PUBLISH).order_by("path").first()
