"""Whether what was recorded is still as it was written: recomputed from the database, believed by nobody's word.

The chain is an HMAC under a key outside the database, each entry's over its own content and the digest before it. What rooms keep
in words stands in the chain as salted hashes, so that each row is held against its entry. Removing the last entries, or a forger
who holds the key too, shows only against a head kept elsewhere: `verify` prints one, every backup names the one of its day, and
`verify --since` holds either against the ledger as it is now.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from lianxin.cases.tally import wrong_tallies
from lianxin.config.backup import head_of_backup
from lianxin.imports.models import Upload
from lianxin.ledger import proof
from lianxin.ledger.actions import GENESIS, entry_digest
from lianxin.ledger.guard import expected_triggers, missing_triggers
from lianxin.ledger.kinds import declared
from lianxin.ledger.models import Entry
from lianxin.ledger.proof import ProvedRow
from lianxin.organizations.proof import Proof as TreeProof
from lianxin.organizations.proof import changed_rows
from lianxin.schemes.proof import Proof, changed_standings, changed_texts

AT_ONCE = 2000
HEAD = re.compile(r"(?<!\S)(\d{1,18}) ([0-9a-f]{64})(?!\S)")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written."""

    place: str
    """Table and row, or trigger."""
    found: str
    expected: str

    def __str__(self) -> str:
        return _("%(place)s: found %(found)s, expected %(expected)s") % vars(self)


class Head(NamedTuple):
    """The end of the ledger at some time: whoever has it can tell later that nothing before it was changed or cut off."""

    entry: int
    digest: str

    def __str__(self) -> str:
        return f"{self.entry} {self.digest}"


class NoHead(ValueError):
    """Neither a head nor a file that holds one."""


def read_head(given: str) -> Head:
    """A head kept elsewhere: itself, as printed by `verify`; a file that holds that line; or a backup. Raises NoHead."""
    text = given
    try:
        path = Path(given)
        if path.is_file():
            backed_up = head_of_backup(path)
            if backed_up is not None:
                return Head(*backed_up)
            text = path.read_text(errors="replace")
    except (OSError, ValueError) as error:
        raise NoHead(given) from error
    found = HEAD.findall(text)
    if len(found) != 1:
        raise NoHead(given)
    [(entry, digest)] = found
    return Head(int(entry), digest)


@dataclass
class Report:
    entries: int = 0
    rows: int = 0
    """Rows of rooms held against their entries."""
    unproved: int = 0
    """Rows that fit an entry from before entries noted what rows say: not changed as far as anybody can know."""
    head: Head | None = None
    triggers: int = 0
    standings: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(since: Head | None = None) -> Report:
    """Go through everything; the findings are empty when all is as it was written.

    since: a head kept elsewhere, which must still be in the chain.
    """
    report = Report(triggers=len(expected_triggers(connection)))
    report.findings += _file()
    report.findings += _guard()
    report.findings += _chain(report, since)
    report.findings += _corrections()
    report.findings += _sealed(report)
    report.findings += _rows(report)
    report.findings += _tree(report)
    report.findings += _tallies()
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


def _chain(report: Report, since: Head | None) -> Iterator[Finding]:
    """Each entry against its digest and the one before it. After a broken link the chain goes on from what is stored."""
    before, last, met = GENESIS, 0, False
    for entry in Entry.objects.order_by("id").iterator(chunk_size=AT_ONCE):
        expected = entry_digest(entry, before)
        place = f"ledger_entry {entry.pk}"
        if entry.digest != expected:
            between = " " + _("(or what stood between %(last)s and it)") % {"last": last} if entry.pk > last + 1 else ""
            said = _("digest %(digest)s of %(kind)s") % {"digest": entry.digest[:16], "kind": entry.kind}
            yield Finding(place + between, said, expected[:16])
        if since is not None and entry.pk == since.entry:
            met = True
            if entry.digest != since.digest:
                yield Finding(place, entry.digest, _("%(digest)s, as it was kept elsewhere") % {"digest": since.digest})
        before, last = entry.digest, entry.pk
        report.entries += 1
    if since is not None and since.entry and not met:
        place = f"ledger_entry {since.entry}"
        if since.entry > last:
            said = _("the ledger cut off after entry %(last)s") % {"last": last}
        else:
            said = _("nothing")
        yield Finding(place, said, _("%(digest)s, as it was kept elsewhere") % {"digest": since.digest})
    if last:
        report.head = Head(last, before)


def _rows(report: Report) -> Iterator[Finding]:
    """What rooms keep in words against the evidence in their entries, both ways: no row changed, none missing."""
    kinds = declared()
    entries = (
        Entry.objects.order_by("id")
        .values_list("id", "kind", "subject", "unit_id", "evidence", "batch")
        .iterator(chunk_size=AT_ONCE)
    )
    while some := list(islice(entries, AT_ONCE)):
        rows = defaultdict(list)
        for each in proof.registry.all().values():
            for row in each.rows([entry_id for entry_id, *_rest in some]):
                rows[row.entry].append(row)
        for entry_id, kind, subject, unit, evidence, batch in some:
            early = [row for row in rows[entry_id] if not evidence and row.subject == subject]
            report.unproved += len(early)
            changed = [row for row in rows[entry_id] if row.commitment not in evidence and row not in early]
            for row in changed:
                yield Finding(row.place, _("other words"), _("those of ledger_entry %(entry)s") % {"entry": entry_id})
            yield from _astray(rows[entry_id], entry_id, subject, unit)
            missing = len(set(evidence) - {row.commitment for row in rows[entry_id]}) - len({row.place for row in changed})
            # A workbook's rows are written with their entries, so that none is missing of one that was stopped half-way;
            # only where it was given up are they deleted again.
            gone = missing > 0 and batch is not None and Upload.objects.withdrawn().filter(batch=batch).exists()
            if missing > 0 and not gone and not (kind in kinds and kinds[kind].files):
                yield Finding(
                    f"ledger_entry {entry_id}", _("no row"), _("the row whose words it proves (%(kind)s)") % {"kind": kind}
                )
            report.rows += len(rows[entry_id])


def _astray(rows: list[ProvedRow], entry: int, subject: str, unit: int) -> Iterator[Finding]:
    """Rows that were tied to another thing or another unit."""
    for row in rows:
        for found, expected in ((row.subject, subject), (row.unit, unit)):
            if found is not None and found != expected:
                said = _("%(expected)s, as ledger_entry %(entry)s says") % {"expected": expected, "entry": entry}
                yield Finding(row.place, str(found), said)


def _corrections() -> Iterator[Finding]:
    """An entry is closed exactly by the one that supersedes it, at the instant that one was recorded."""
    closed = Entry.objects.exclude(valid_to=None) | Entry.objects.exclude(superseded_by=None)
    for entry in closed.select_related("superseded_by").order_by("id").iterator(chunk_size=2000):
        later = getattr(entry, "superseded_by", None)
        expected = later.recorded_at if later else None
        if entry.valid_to != expected:
            yield Finding(f"ledger_entry {entry.pk} valid_to", _words(entry.valid_to), _words(expected))


def _tree(report: Report) -> Iterator[Finding]:
    """The tree, posts and memberships against the acts that made them."""
    proof = TreeProof()
    for changed in changed_rows(proof):
        yield Finding(changed.place, changed.stored, changed.recomputed)
    report.unproved += proof.unproved


def _tallies() -> Iterator[Finding]:
    """The figures kept of cases against the cases themselves."""
    for wrong in wrong_tallies():
        yield Finding(wrong.place, wrong.found, wrong.expected)


def _sealed(report: Report) -> Iterator[Finding]:
    """Published texts against their hash in the ledger, and every sealed verdict against itself worked out again."""
    proof = Proof()
    for changed in (*changed_texts(), *changed_standings(proof)):
        yield Finding(changed.place, changed.stored, changed.recomputed)
    report.standings = proof.checked


def _words(value: object) -> str:
    return _("nothing") if value is None else str(value)
