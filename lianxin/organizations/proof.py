"""The proof of the tree and of who stands where: every row must be one that the ledger's own acts made, as they made it.

The entries are believed, for `lianxin verify` has gone through their chain. A row changed, taken away or put in behind the
product's back then has no act that tells of it, or an act no row.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from lianxin.ledger.models import Entry
from lianxin.organizations.actions.committees import COMMITTEE_TITLES
from lianxin.organizations.actions.facts import DERIVED_FACTS
from lianxin.organizations.models import Designation, Fact, Membership, Placement, Post, Unit

ENDS = ("unit_closed", "unit_merged")
UNTOLD = "untold"
"""Of an end that no act could tell."""


class Changed(NamedTuple):
    place: str
    stored: str
    recomputed: str


@dataclass
class Acts:
    """What the ledger says was done to the tree and to posts, by the sort of act."""

    all: dict[int, Entry] = field(default_factory=dict)
    by_kind: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    """By unit, the days on which it was closed or merged."""

    @classmethod
    def read(cls) -> "Acts":
        acts = cls()
        found = Entry.objects.filter(kind__startswith="organizations.").order_by("pk")
        for entry in found.only("kind", "unit_id", "happened_on", "recorded_at", "subject", "data"):
            kind = entry.kind.partition(".")[2]
            acts.all[entry.pk] = entry
            acts.by_kind[kind].append(entry)
            if kind in ENDS:
                acts.ends[entry.unit_id].add(entry.happened_on)
        return acts


@dataclass
class Proof:
    """How far the proof goes."""

    unproved: int = 0
    """Rows of acts recorded before acts said what they made: they fit their act, and nothing more can be known."""


def changed_rows(proof: Proof) -> Iterator[Changed]:
    """What is not as the acts left it: posts, memberships, placements, designations, facts."""
    acts = Acts.read()
    codes = dict(Unit.objects.values_list("code", "pk"))
    yield from _changed_held(Post, acts, codes, proof)
    yield from _changed_held(Membership, acts, codes, proof)
    yield from _changed_spans(acts, codes, proof)
    yield from _strange_paths()
    yield from _changed_units(acts)


# --- posts and memberships -------------------------------------------------------------------------------------------

Held = tuple[int, int, str, date]
"""Person, unit, title or kind of membership, since when."""


def _changed_held(model: type[Post] | type[Membership], acts: Acts, codes: dict[str, int], proof: Proof) -> Iterator[Changed]:
    word = "title" if model is Post else "membership"
    column = "title" if model is Post else "kind"
    given, ended = ("post_given", "post_ended") if model is Post else ("member_joined", "member_left")
    table, label = model._meta.db_table, model._meta.label_lower
    named = {entry.subject: entry for entry in acts.by_kind[given]}
    over: dict[str, set[date]] = defaultdict(set)
    for entry in acts.by_kind[ended]:
        over[entry.subject].add(entry.happened_on)
    begun, untold = _begun(acts, word)
    merged: dict[int, list[Entry]] = defaultdict(list)
    for entry in acts.by_kind["unit_merged"]:
        merged[codes.get(str(entry.data["into"]), 0)].append(entry)
    elected: dict[int, set[date]] = defaultdict(set)
    for entry in acts.by_kind["election_held"] if model is Post else ():
        elected[entry.unit_id].add(entry.happened_on)
    rows = list(model._default_manager.order_by("pk").values_list("pk", "person_id", "unit_id", column, "since", "until"))
    there = {(person, unit, kind) for _pk, person, unit, kind, *_days in rows}
    for pk, person, unit, kind, since, until in rows:
        said, subject = f"{person} {kind} @{unit} {since} – {until or ''}", f"{label}:{pk}"
        origin = named.pop(subject, None)
        act: Held | None = (person, unit, kind, since)
        if origin is not None:
            act = (int(origin.data["person"]), origin.unit_id, str(origin.data[word]), origin.happened_on)
            planned = origin.data.get("until", UNTOLD if model is Post else "")
        elif begun[person, unit, kind, since]:
            planned = begun[person, unit, kind, since].pop()
        else:
            passed_on = any((person, each.unit_id, kind) in there for each in merged[unit])
            planned = UNTOLD
            if not passed_on and not untold & {(person, unit, since), (unit, since, kind in COMMITTEE_TITLES)}:
                act = None
            elif not passed_on:
                proof.unproved += 1
        if act != (person, unit, kind, since):
            yield Changed(f"{table} {pk}", said, _of(origin) if origin else "–")
            continue
        ends = over[subject] | acts.ends[unit] | (elected[unit] if kind in COMMITTEE_TITLES else set())
        known = {date.fromisoformat(str(planned))} if planned not in ("", UNTOLD) else set()
        at_most = min(over[subject] | known, default=None)
        late = at_most is not None and (until is None or until > at_most)
        if late or (until is not None and until not in ends | known and planned != UNTOLD):
            yield Changed(f"{table} {pk} until", str(until or "–"), str(at_most or "–"))
    for entry in named.values():
        yield Changed(f"{table} {entry.subject.rpartition(':')[2]}", "–", _of(entry))
    for (person, unit, kind, since), left in begun.items():
        if left:
            yield Changed(table, "–", f"{person} {kind} @{unit} {since}")


def _begun(acts: Acts, word: str) -> tuple[dict[Held, list[str]], set[tuple[object, ...]]]:
    """What began by registering a person or by an election, and until when, where that was known; and what may have begun by acts
    from before they said so: (person, unit, day) of a registration, (unit, day, True) of an election.
    """
    begun: dict[Held, list[str]] = defaultdict(list)
    untold: set[tuple[object, ...]] = set()
    for entry in acts.by_kind["person_registered"]:
        if word not in entry.data:
            untold.add((int(entry.data["person"]), entry.unit_id, entry.happened_on))
        elif entry.data[word]:
            held = int(entry.data["person"]), entry.unit_id, str(entry.data[word]), entry.happened_on
            begun[held].append(str(entry.data.get("until", "")))
    for entry in acts.by_kind["election_held"] if word == "title" else ():
        if "elected" not in entry.data:
            untold.add((entry.unit_id, entry.happened_on, True))
        for pair in filter(None, str(entry.data.get("elected", "")).split(", ")):
            person, _space, title = pair.partition(" ")
            begun[int(person), entry.unit_id, title, entry.happened_on].append("")
    return begun, untold


# --- placements, designations, facts ---------------------------------------------------------------------------------


def _changed_spans(acts: Acts, codes: dict[str, int], proof: Proof) -> Iterator[Changed]:
    instants = {entry.recorded_at for entry in acts.all.values()}
    for model in (Placement, Designation, Fact):
        rows: Iterable[Any] = model._default_manager.order_by("pk")
        made: dict[int, list[Any]] = defaultdict(list)
        known: dict[int, set[datetime]] = defaultdict(set)
        for row in rows:
            made[row.entry_id].append(row)
            known[row.unit_id].add(row.recorded_at)
        for row in rows:
            entry = acts.all.get(row.entry_id) if row.entry_id else None
            place = f"{model._meta.db_table} {row.pk}"
            if row.entry_id and (entry is None or not _fits(row, entry)):
                yield Changed(place, f"{row} – {row.until or ''}", _of(entry) if entry else "–")
            elif row.valid_to is not None and row.valid_to not in known[row.unit_id] | instants:
                yield Changed(f"{place} valid_to", str(row.valid_to), "–")
            elif entry is not None and model is Fact and entry.kind.endswith("unit_founded") and "facts" not in entry.data:
                proof.unproved += 1
        yield from _missing(model, acts, made, codes)


def _fits(row: Any, entry: Entry) -> bool:
    """Whether that act could have left this row."""
    kind, data = entry.kind.partition(".")[2], entry.data
    derived = isinstance(row, Fact) and row.key in DERIVED_FACTS
    if row.recorded_at != entry.recorded_at and not (derived and row.recorded_at > entry.recorded_at):
        return False
    if derived or isinstance(row, Placement):  # worked out; what a placement says of past days is held against each day's entries
        return bool(row.since >= entry.happened_on or row.until == entry.happened_on)
    if row.unit_id != entry.unit_id:
        return False
    if kind == "designation_given":
        until = data.get("until")
        last = date.fromisoformat(str(until)) if until else None
        if "until" not in data:  # from before it was noted
            last = row.until
        return (row.designation, row.since, row.until) == (data["designation"], entry.happened_on, last)
    if kind == "fact_set":
        new = (row.value, row.since, row.until) == (data["value"], entry.happened_on, None)
        return bool(row.key == data["key"] and (new or row.until == entry.happened_on))
    if kind == "unit_founded":
        told = "facts" not in data or json.loads(str(data["facts"])).get(row.key) == row.value
        return bool(told and row.since == entry.happened_on)
    if kind == "designation_ended" and row.designation != data["designation"]:
        return False
    return kind in ("designation_ended", *ENDS) and row.until == entry.happened_on


def _missing(model: type[Any], acts: Acts, made: dict[int, list[Any]], codes: dict[str, int]) -> Iterator[Changed]:
    """Acts whose row is gone, or that says another place."""
    if model is Designation:
        wanted = [(entry, 1) for entry in acts.by_kind["designation_given"]]
    elif model is Fact:
        founded = [(entry, len(json.loads(str(entry.data.get("facts", "{}"))))) for entry in acts.by_kind["unit_founded"]]
        wanted = [(entry, 1) for entry in acts.by_kind["fact_set"]] + founded
    else:
        wanted = [(entry, 1) for kind in ("unit_moved", "unit_renamed") for entry in acts.by_kind[kind]]
        for entry in acts.by_kind["unit_moved"]:
            there = {row.parent_id for row in made[entry.pk] if row.unit_id == entry.unit_id and row.since >= entry.happened_on}
            if there and codes.get(str(entry.data["to"])) not in there:
                yield Changed(f"{model._meta.db_table} @{entry.unit_id}", str(sorted(there)), _of(entry))
    for entry, least in wanted:
        if len(made[entry.pk]) < least:
            yield Changed(model._meta.db_table, "–", _of(entry))


def _strange_paths() -> Iterator[Changed]:
    """Every entry stands where its unit stood on its day, as known when it was recorded; one finding for a unit."""
    stood: dict[int, list[tuple[date, date | None, datetime, datetime | None, str]]] = defaultdict(list)
    for row in Placement._default_manager.all():
        stood[row.unit_id].append((row.since, row.until, row.recorded_at, row.valid_to, row.path))
    strange: set[int] = set()
    entries = Entry.objects.order_by("pk").values_list("pk", "unit_id", "unit_path", "happened_on", "recorded_at")
    for pk, unit, path, day, instant in entries.iterator(chunk_size=5000):
        if unit in strange or any(
            placed == path and since <= day and (until is None or day < until) and known <= instant <= (to or instant)
            for since, until, known, to, placed in stood[unit]
        ):
            continue
        strange.add(unit)
        yield Changed(f"organizations_placement @{unit}", "–", f"{path} {day} (ledger_entry {pk})")


def _changed_units(acts: Acts) -> Iterator[Changed]:
    """Each unit's own columns say how it is known now: as its last placement does."""
    now: dict[int, tuple[str, ...]] = {}
    days: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for row in Placement.objects.known().order_by("since", "pk"):
        now[row.unit_id] = (row.path, row.name, row.kind, row.field)
        days[row.unit_id].append((row.since, row.until))
    for unit in Unit.objects.order_by("pk"):
        ends = [unit.opened_on, *(until for _since, until in days[unit.pk])]
        if ends != [*(since for since, _until in days[unit.pk]), unit.closed_on]:
            yield Changed(f"organizations_placement @{unit.pk}", str(days[unit.pk]), f"{unit.opened_on} – {unit.closed_on or ''}")
        if unit.closed_on is None:
            stored, expected = (unit.path, unit.name, unit.kind, unit.field), now.get(unit.pk, ())
            if stored != expected or acts.ends[unit.pk]:
                yield Changed(f"organizations_unit {unit.pk}", " ".join(stored), " ".join(expected) or "–")
        elif unit.closed_on not in acts.ends[unit.pk]:
            yield Changed(f"organizations_unit {unit.pk}", str(unit.closed_on), "–")


def _of(entry: Entry) -> str:
    """What an act says, in short."""
    return f"{entry.kind} {entry.subject} {entry.happened_on} (ledger_entry {entry.pk})"
