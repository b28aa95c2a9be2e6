"""The proof of sealed verdicts: each is worked out again, with the text, the days and the knowledge of its sealing, and compared.

What was sealed is read from the ledger's own entries, whose chain `lianxin verify` has gone through: so a row changed, taken away
or put in behind the product's back shows, and so does a published text that is not the one whose hash the ledger holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxin.ledger.kinds import declared
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit
from lianxin.schemes import calendar, kinds, queries
from lianxin.schemes.frame import Frame
from lianxin.schemes.loader import SchemeError, load_scheme
from lianxin.schemes.models import Standing, Version
from lianxin.schemes.scheme import Scheme
from lianxin.schemes.standings import StandingRow

FIGURES = ("n", "need", "missing", "due", "state", "score", "stars", "version", "version_hash", "as_of", "known_as_of")
"""What a sealed verdict says, and of what."""
Place = tuple[int, str]
"""(unit, clause)"""


@dataclass(frozen=True)
class Changed:
    """A sealed verdict, or a published text, that is not as it was."""

    place: str
    stored: str
    recomputed: str


@dataclass
class Proof:
    """How far the proof has come."""

    checked: int = 0
    """Sealed verdicts worked out again."""


def changed_texts() -> Iterator[Changed]:
    """Published texts that are not those which the ledger says were published, and those that are gone."""
    published = {entry.pk: entry for entry in Entry.objects.filter(kind__in=(kinds.PUBLISHED, kinds.TRIED))}
    for version in Version.objects.order_by("pk"):
        entry = published.pop(version.entry_id, None)
        stored = (version.key, version.version, version.hash[:16], version.since, version.trial, version.recorded_at)
        try:
            read = load_scheme(version.text)
        except SchemeError:
            yield Changed(f"schemes_version {version.pk}", f"{version}", "–")
            continue
        noted = (entry.data["scheme"], entry.data["version"], str(entry.data["hash"])[:16], entry.recorded_at) if entry else ()
        if noted != (stored[0], stored[1], read.hash[:16], stored[5]) or stored[:5] != (
            read.key, read.version, read.hash[:16], read.since, read.trial,
        ):  # fmt: skip
            yield Changed(f"schemes_version {version.pk}", " ".join(map(str, stored)), " ".join(map(str, noted)) or "–")
    for entry in published.values():
        yield Changed(f"schemes_version {entry.data['scheme']}@{entry.data['version']}", "–", str(entry.data["hash"])[:16])


def changed_standings(proof: Proof) -> Iterator[Changed]:
    """Sealed verdicts that do not come out as they are kept, each named: scheme, period, unit, clause."""
    kept: dict[int, dict[Place, dict[str, Any]]] = {}
    for row in Standing.objects.order_by("pk").values("pk", "entry_id", "unit_id", "clause", "scheme", "period", *FIGURES):
        kept.setdefault(row["entry_id"], {})[row["unit_id"], row["clause"]] = row
    codes = dict(Unit.objects.values_list("pk", "code"))
    for seal in Entry.objects.filter(kind=kinds.SEALED).order_by("pk"):
        found = recomputed(seal)
        proof.checked += len(found)
        yield from _compared(seal, kept.pop(seal.pk, {}), found, codes)
    for rows in kept.values():
        for (unit, clause), row in rows.items():
            yield Changed(_place(row["scheme"], row["period"], codes.get(unit, str(unit)), clause), _said(row), "–")


def recomputed(seal: Entry) -> dict[Place, dict[str, Any]]:
    """The verdicts of a sealing, worked out again as of its day and what was known when the books closed."""
    versions = _published_at(seal.recorded_at)
    text = next((version for version in versions if version.hash == seal.data["hash"]), None)
    if text is None:
        return {}
    try:
        scheme = load_scheme(text.text)
    except SchemeError:
        return {}
    period = calendar.period_named(scheme.period, str(seal.data["period"]))
    known = calendar.closing(period, scheme.closes)
    try:
        sources = queries.sources_of(scheme, versions, as_of=seal.happened_on, known=known, period=period.label)
    except queries.NoScheme:
        return {}
    there = frozenset(declared())
    if "undeclared" in seal.data:  # what a room declares since was unknown then
        there = (there | _kinds(scheme, *sources)) - set(str(seal.data["undeclared"]).split())
    read = queries.Reading(scheme, Frame(period, seal.happened_on, known), sources, there)
    return {(row.unit_id, row.clause): _figures(row, known) for row in queries.evaluate(read)}


def undeclared_kinds(scheme: Scheme, sources: Iterable[Scheme]) -> str:
    """Kinds that these schemes count and no room declares now: noted at the sealing, for a later release may declare them."""
    return " ".join(sorted(_kinds(scheme, *sources) - set(declared())))


def _kinds(*schemes: Scheme) -> frozenset[str]:
    return frozenset(tally.kind for scheme in schemes for _clause, tally in scheme.tallies())


def _published_at(instant: datetime) -> list[Version]:
    """The texts there were at that instant, trials that had not ended among them."""
    return [
        version
        for version in Version.objects.filter(recorded_at__lte=instant)
        if version.valid_to is None or version.valid_to > instant
    ]


def _figures(row: StandingRow, known: datetime) -> dict[str, Any]:
    figures = {name: getattr(row, name) for name in FIGURES if name not in ("version_hash", "known_as_of")}
    return figures | {"version_hash": row.hash, "known_as_of": known}


def _compared(
    seal: Entry, kept: dict[Place, dict[str, Any]], found: dict[Place, dict[str, Any]], codes: dict[int, str]
) -> Iterator[Changed]:
    for unit, clause in sorted({*kept, *found}):
        stored, again = kept.get((unit, clause)), found.get((unit, clause))
        place = _place(str(seal.data["scheme"]), str(seal.data["period"]), codes.get(unit, str(unit)), clause)
        if stored is None or again is None:
            yield Changed(place, _said(stored), _said(again))
            continue
        differing = [name for name in FIGURES if stored[name] != again[name]]
        if differing:
            yield Changed(f"schemes_standing {stored['pk']} {place}", _said(stored, differing), _said(again, differing))


def _place(scheme: str, period: str, unit: str, clause: str) -> str:
    return f"{scheme} {period} {unit} {clause or '*'}"


def _said(row: dict[str, Any] | None, names: Iterable[str] = ("n", "need", "state")) -> str:
    return "–" if row is None else ", ".join(f"{name}: {row[name]}" for name in names)
