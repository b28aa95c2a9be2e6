"""Whether what was recorded is still as it was written: recomputed from the database, believed by nobody's word.

The chain is an HMAC under a key outside the database, each entry's over its own content and the digest before it. Removing the
last entries, or a forger who holds the key too, shows only against a head kept elsewhere: every backup names the one of its day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from lianxin.ledger.actions import GENESIS, entry_digest
from lianxin.ledger.guard import expected_triggers, missing_triggers
from lianxin.ledger.models import Entry
from lianxin.schemes.proof import Proof, changed_standings, changed_texts


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written."""

    place: str
    """Table and row, or trigger."""
    found: str
    expected: str

    def __str__(self) -> str:
        return _("%(place)s: found %(found)s, expected %(expected)s") % vars(self)


@dataclass
class Report:
    entries: int = 0
    head: str = ""
    triggers: int = 0
    standings: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify() -> Report:
    """Go through everything; the findings are empty when all is as it was written."""
    report = Report(triggers=len(expected_triggers(connection)))
    report.findings += _file()
    report.findings += _guard()
    report.findings += _chain(report)
    report.findings += _corrections()
    report.findings += _sealed(report)
    return report


def _file() -> Iterator[Finding]:
    """The database file itself (PostgreSQL keeps its own checks)."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for (line,) in cursor.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                yield Finding(_("the database file"), line, "ok")
        for table, row, target, _number in cursor.execute("PRAGMA foreign_key_check").fetchall():
            yield Finding(f"{table} {row}", _("a reference to nothing"), _("a row of %(table)s") % {"table": target})


def _guard() -> Iterator[Finding]:
    for name in missing_triggers():
        yield Finding(
            _("trigger %(name)s") % {"name": name},
            _("it absent, off or changed"),
            _("it in force, as “lianxin upgrade” makes it"),
        )


def _chain(report: Report) -> Iterator[Finding]:
    """Each entry against its digest and the one before it. After a broken link the chain goes on from what is stored."""
    before, last = GENESIS, 0
    for entry in Entry.objects.order_by("id").iterator(chunk_size=2000):
        expected = entry_digest(entry, before)
        if entry.digest != expected:
            place = f"ledger_entry {entry.pk}"
            if entry.pk > last + 1:
                place += " " + _("(or what stood between %(last)s and it)") % {"last": last}
            yield Finding(
                place, _("digest %(digest)s of %(kind)s") % {"digest": entry.digest[:16], "kind": entry.kind}, expected[:16]
            )
        before, last = entry.digest, entry.pk
        report.entries += 1
    report.head = f"{last} {before}" if last else "–"


def _corrections() -> Iterator[Finding]:
    """An entry is closed exactly by the one that supersedes it, at the instant that one was recorded."""
    closed = Entry.objects.exclude(valid_to=None) | Entry.objects.exclude(superseded_by=None)
    for entry in closed.select_related("superseded_by").order_by("id").iterator(chunk_size=2000):
        later = getattr(entry, "superseded_by", None)
        expected = later.recorded_at if later else None
        if entry.valid_to != expected:
            yield Finding(f"ledger_entry {entry.pk} valid_to", _words(entry.valid_to), _words(expected))


def _sealed(report: Report) -> Iterator[Finding]:
    """Published texts against their hash in the ledger, and every sealed verdict against itself worked out again."""
    proof = Proof()
    for changed in (*changed_texts(), *changed_standings(proof)):
        yield Finding(changed.place, changed.stored, changed.recomputed)
    report.standings = proof.checked


def _words(value: object) -> str:
    return _("nothing") if value is None else str(value)
