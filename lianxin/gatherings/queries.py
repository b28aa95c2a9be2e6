"""The door for reading organisational life: the user first, everything within their reach, else Http404."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter

from django.core.paginator import Page, Paginator
from django.core.signing import BadSignature, Signer
from django.db.models import DateField, Q, Value
from django.http import Http404
from django.utils.translation import gettext as _

from lianxin.gatherings.actions import HOLDERS, may_correct_gathering
from lianxin.gatherings.models import Gathering, GatheringKind, GatheringVersion
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.moments import Moment
from lianxin.organizations import words
from lianxin.organizations.access import (
    GATHERING_RECORD,
    RECORD_VIEW,
    STANDING_VIEW,
    AnyUser,
    entry_scope,
    may,
    unit_for,
    units_for,
)
from lianxin.organizations.models import Unit, UnitKind, subtree
from lianxin.reminders.notices import Act, act_for
from lianxin.reminders.picture import picture
from lianxin.schemes.explain import here, say_missing
from lianxin.schemes.queries import Owed, owed
from lianxin.schemes.scheme import Each

PAGE_SIZE = 50
SOON = 60
"""Days ahead for which a secretary is told what is owed."""
ENTRY_KINDS = [kind.entry_kind for kind in GatheringKind]


def kind_of(entry: Entry) -> GatheringKind:
    """What was held, by the entry of a gathering (not of one taken back)."""
    return GatheringKind(entry.kind.removeprefix("gatherings."))


def number_in(entry: Entry) -> int:
    """Which gathering of its own unit an entry is about (its subject names the host's)."""
    return GatheringVersion.objects.values_list("gathering", flat=True).get(entry=entry)


# --- what a form offers ----------------------------------------------------------------------------------------------


def holders_for(user: AnyUser, *kinds: str) -> list[Unit]:
    """Units whose gatherings the user records: branches and their groups, those closed within the year included."""
    lately = Q(closed_on=None) | Q(closed_on__gt=clock.today() - timedelta(days=366))
    units = units_for(user, GATHERING_RECORD).filter(lately, kind__in=HOLDERS).order_by("path")
    return [unit for unit in units if not kinds or HOLDERS[UnitKind(unit.kind)] & set(kinds)]


def what_they_hold(units: Iterable[Unit]) -> list[tuple[Unit, GatheringKind]]:
    """Everything that may be recorded for these units, in the order of the kinds."""
    return [(unit, kind) for unit in units for kind in GatheringKind if kind in HOLDERS[UnitKind(unit.kind)]]


def group_in_need(units: Sequence[Unit], branch: str) -> Unit | None:
    """Of the groups beneath a branch, the one whose last meeting lies furthest back."""
    groups = [unit for unit in units if unit.kind == UnitKind.GROUP]
    above = next((unit for unit in units if unit.code == branch), None)
    groups = [group for group in groups if above is None or group.path.startswith(above.path)]
    met = Entry.objects.standing().filter(unit__in=groups, kind=GatheringKind.GROUP_MET.entry_kind)
    last = dict(met.order_by("happened_on").values_list("unit_id", "happened_on"))
    return min(groups, key=lambda group: last.get(group.pk, date.min), default=None)


# --- one gathering ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told(words.Told):
    """One version, as the reader may see it."""

    version: GatheringVersion


@dataclass(frozen=True)
class Together:
    """With whom a joint gathering was held: those the reader may see by name, the others as a number."""

    units: Sequence[Unit]
    others: int


@dataclass(frozen=True)
class GatheringPage(words.RecordPage[Told]):
    """A gathering with all its versions, newest first."""

    gathering: Gathering
    together: Together
    join_signature: str
    """For the link by which partners join; empty for who may not pass it on."""


def gathering_page(user: AnyUser, pk: int) -> GatheringPage:
    """One gathering, what was corrected and taken back included. Raises Http404."""
    versions = GatheringVersion.objects.shown().filter(entry_scope(user, RECORD_VIEW, prefix="entry__"), gathering=pk)
    found = list(versions.select_related("gathering__unit", *words.told_of("entry__")).order_by("-pk"))
    if not found:
        raise Http404
    gathering = found[0].gathering
    hosts_it = gathering.host_id is None and found[0].entry.valid_to is None and may(user, GATHERING_RECORD, gathering.unit)
    lines = words.lines(user, [version.entry for version in found], gathering.unit)
    return GatheringPage(
        unit=gathering.unit,
        told=[Told(line, version) for line, version in zip(lines, found, strict=True)],
        may_correct=may_correct_gathering(user, gathering),
        gathering=gathering,
        together=held_together(user, gathering),
        join_signature=sign(gathering) if hosts_it else "",
    )


def gathering_to_correct(user: AnyUser, pk: int) -> GatheringPage:
    """A gathering that the user may correct. Raises Http404."""
    page = gathering_page(user, pk)
    if not page.may_correct:
        raise Http404
    return page


def held_together(user: AnyUser, gathering: Gathering) -> Together:
    """The other units whose entries stand for the same gathering."""
    entries = Entry.objects.standing().filter(subject=gathering.subject, kind__in=ENTRY_KINDS).exclude(unit=gathering.unit_id)
    units = list(Unit.objects.filter(pk__in=entries.values("unit")).order_by("path"))
    known = [unit for unit in units if may(user, STANDING_VIEW, unit)]
    return Together(known, len(units) - len(known))


def gathering_facts(user: AnyUser, entry: Entry) -> list[tuple[str, object]]:
    """What a saved gathering says, for the page that asks what a changed one meant."""
    version = gathering_page(user, number_in(entry)).newest.version
    said: list[tuple[str, object]] = [(_("What it was about"), version.topic)]
    said += [(_("How many came"), version.present)] if version.present is not None else []
    return said + ([(_("Where"), version.place)] if version.place else [])


def behind(entry: Entry) -> dict[str, object]:
    """The words behind an entry of ours, and the page of the whole record."""
    version = GatheringVersion.objects.select_related("entry").filter(entry=entry).first()
    if version is None and entry.supersedes is not None:
        return {"gathering": GatheringVersion.objects.values_list("gathering", flat=True).filter(entry=entry.supersedes).first()}
    return {"gathering": version.gathering_id, "version": version} if version else {}


# --- joining ---------------------------------------------------------------------------------------------------------


def sign(gathering: Gathering) -> str:
    """What makes a link to join: the host hands it on, nobody guesses it."""
    return Signer(salt="gatherings.join").signature(str(gathering.pk))


@dataclass(frozen=True)
class Invitation:
    """A gathering a partner was invited to confirm, and the units for which this user may."""

    host: Gathering
    version: GatheringVersion
    units: Sequence[Unit]


def invitation_for(user: AnyUser, pk: int, signature: str) -> Invitation:
    """The gathering behind a link to join. Raises Http404 where link, gathering or a unit to join with is missing."""
    try:
        Signer(salt="gatherings.join").unsign(f"{pk}:{signature}")
    except BadSignature:
        raise Http404 from None
    version = GatheringVersion.objects.standing().select_related("gathering__unit", "entry").filter(gathering=pk).first()
    if version is None:
        raise Http404
    units = [unit for unit in holders_for(user, kind_of(version.entry)) if unit.pk != version.gathering.unit_id]
    if not units:
        raise Http404
    return Invitation(version.gathering, version, units)


# --- lists -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwedLine:
    """One thing a unit owes, and the page that records it."""

    owed: Owed
    act: Act | None


@dataclass(frozen=True)
class GatheringList:
    """Gatherings, page by page; corrected and taken back ones stand struck through."""

    page: "Page[GatheringVersion]"
    told: Sequence[Told]
    unit: Unit | None
    owed: Sequence[OwedLine]
    may_record: bool
    kind: str
    year: int | None


def gathering_list(user: AnyUser, asked: Mapping[str, str]) -> GatheringList:
    """The history within the user's reach, by `unit`, `kind`, `year` where asked for. Raises Http404 for a unit out of reach."""
    unit = unit_for(user, asked["unit"], RECORD_VIEW) if asked.get("unit") else None
    kind, year = asked.get("kind", ""), year_asked(asked)
    versions = GatheringVersion.objects.shown().filter(entry_scope(user, RECORD_VIEW, prefix="entry__"))
    if unit:
        beneath = Q(entry__unit__kind=UnitKind.GROUP) & subtree(unit.path, "entry__unit__")
        versions = versions.filter(Q(entry__unit=unit) | beneath)
    if kind in GatheringKind.values:
        versions = versions.filter(entry__kind=GatheringKind(kind).entry_kind)
    if year:
        versions = versions.filter(entry__happened_on__year=year)
    versions = versions.select_related("gathering__unit", *words.told_of("entry__")).order_by("-entry__happened_on", "-pk")
    page = Paginator(versions, PAGE_SIZE).get_page(asked.get("page"))
    lines = words.lines(user, [version.entry for version in page], unit)
    told = [Told(line, version) for line, version in zip(lines, page, strict=True)]
    mine = [each for each in holders_for(user) if unit is None or each.pk == unit.pk]
    return GatheringList(page, told, unit, owed_by(user, mine), bool(mine), kind, year)


def owed_by(user: AnyUser, units: Sequence[Unit]) -> list[OwedLine]:
    """What these units still owe of what is recorded here, within 60 days, in order."""
    if not units:
        return []
    by_id = {unit.pk: unit for unit in units}
    ours = [one for one in owed([unit.pk for unit in units], within_days=SOON) if set(one.kinds) & set(ENTRY_KINDS)]
    return [OwedLine(one, act_for(user, one.kinds[0], by_id[one.row.unit_id])) for one in ours]


def year_asked(asked: Mapping[str, str]) -> int | None:
    """The year an address asks for; None where it asks for none, or for what is no year."""
    text = asked.get("year", "")
    return int(text) if len(text) == 4 and text.isascii() and text.isdecimal() and int(text) >= date.min.year else None


# --- the year at a glance --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """One gathering in the calendar."""

    pk: int
    day: date


@dataclass(frozen=True)
class Row:
    """What one unit held of one kind in the year, month by month."""

    title: str
    months: Sequence[Sequence[Held]]
    asked: Sequence[str]
    """What schemes say of it: “2/4, 2 to go”."""


@dataclass(frozen=True)
class Calendar:
    """A branch's year."""

    unit: Unit
    year: int
    rows: Sequence[Row]
    opens: bool
    """Whether the reader may open the gatherings."""
    latest: int

    @property
    def before(self) -> int:
        return self.year - 1

    @property
    def after(self) -> int:
        return self.year + 1

    @property
    def months(self) -> list[date]:
        return [date(self.year, month, 1) for month in range(1, 13)]


def calendar_of(
    user: AnyUser, unit: Unit, asked: Mapping[str, str], moment: Moment | None = None, *, asking: bool = True
) -> Calendar:
    """The year of a unit and of the groups beneath it, kinds by months, as it was at a moment (now); with what schemes ask today,
    if `asking`. One query."""
    seen = moment or Moment(clock.today())
    year = min(year_asked(asked) or seen.day.year, seen.day.year)
    groups = units_for(user, STANDING_VIEW).beneath(unit.path).filter(kind=UnitKind.GROUP).exclude(pk=unit.pk)
    held = Entry.objects.known_at(seen.known_at).happened_by(seen.day).filter(happened_on__year=year)
    versions = GatheringVersion.objects.filter(entry__in=held.filter(Q(unit=unit) | Q(unit__in=groups.values("pk"))))
    rows = versions.order_by().values_list(Value("held"), "entry__unit", "entry__kind", "gathering", "entry__happened_on")
    named = groups.order_by().values_list(Value("group"), "pk", "name", "pk", Value(seen.day, DateField()))
    units, cells = {unit.pk: unit}, dict[tuple[int, str], list[list[Held]]]()
    for what, unit_id, said, pk, day in sorted(rows.union(named, all=True), key=itemgetter(0, 4, 3)):
        if what == "held":
            cells.setdefault((unit_id, said), [[] for _month in range(12)])[day.month - 1].append(Held(pk, day))
        else:
            units[unit_id] = Unit(pk=unit_id, name=said, kind=UnitKind.GROUP)
    asked_of = _asked(unit) if asking and year == clock.today().year else {}
    shown = [
        Row(
            str(kind.label) if each.pk == unit.pk else f"{kind.label} · {each.name}",
            cells.get((each.pk, kind.entry_kind), [[] for _month in range(12)]),
            asked_of.get(kind.entry_kind, ()) if each.pk == unit.pk or kind == GatheringKind.GROUP_MET else (),
        )
        for each, kind in what_they_hold(each for each in units.values() if each.kind in HOLDERS)
    ]
    return Calendar(unit, year, shown, may(user, RECORD_VIEW, unit), seen.day.year)


def _asked(unit: Unit) -> dict[str, list[str]]:
    """By kind of entry, what the schemes with a monthly or quarterly duty say of the unit today."""
    found: dict[str, list[str]] = {}
    seen = picture()
    for scheme in seen.schemes:
        kinds = {clause.id: clause.test.tally.kind for clause in scheme.clauses if isinstance(clause.test, Each)}
        if not any(kind in ENTRY_KINDS for kind in kinds.values()):
            continue
        for row in seen.standings(scheme).clauses.get(unit.pk, ()):
            if row.clause in kinds and row.n is not None and row.state != "not_applicable":
                found.setdefault(kinds[row.clause], []).append(
                    say_missing(row, scheme).removeprefix(here(row.clause_title)).strip()
                )
    return found
