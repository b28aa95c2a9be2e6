"""The door for writing what happened: `record()`, once per act, inside the act's own transaction."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from lianxin.ledger import clock
from lianxin.ledger.errors import LedgerError
from lianxin.ledger.kinds import check_data, find_kind
from lianxin.ledger.models import Batch, Entry, Reason, Submission
from lianxin.ledger.proof import canonical, commitment, new_salt
from lianxin.ui.words import words_in

GENESIS = "0" * 64
CHAIN_LOCK = 0x11A7


@dataclass(frozen=True)
class Act:
    """What `record_many` writes: the arguments of `record`. `actor` where it is not the one who brings them in."""

    kind: str
    unit: Any
    happened_on: date
    subject: str = ""
    quantity: int = 1
    data: Mapping[str, object] = field(default_factory=dict)
    evidence: Sequence[str] = ()
    actor: AbstractBaseUser | None = None


def record(
    *,
    actor: AbstractBaseUser | None,
    kind: str,
    unit: Any,
    happened_on: date,
    subject: str = "",
    quantity: int = 1,
    data: Mapping[str, object] | None = None,
    evidence: Sequence[str] = (),
    supersedes: Entry | None = None,
    reason: str = "",
) -> Entry:
    """Write one entry. Call it inside the transaction that changes the room's own rows: where it is refused, nothing of that
    transaction can stay.

    unit: an `organizations.Unit`; credit stays with where it stood in the tree on `happened_on`.
    happened_on: local date, today or earlier.
    subject: which row of which room, `liaison.visit:12`.
    data: only scalar fields the kind declares.
    evidence: sha256 digests, hexadecimal: what proves the room's own rows (proof.py), or a file.
    supersedes: the entry this one corrects; it stays, closed at this instant. Needs a `reason`.

    Raises LedgerError (a ValidationError) for an undeclared kind or field, a future day, a unit that was not open that day, a
    missing actor, or an entry corrected already.
    """
    why = Reason(text=words_in(reason), salt=new_salt())
    if supersedes is not None and not why.text:
        raise LedgerError("no_reason")
    proofs = [*evidence, reason_commitment(why)] if why.text else evidence
    with transaction.atomic(savepoint=False):
        [entry] = _append(actor, [Act(kind, unit, happened_on, subject, quantity, data or {}, proofs)], supersedes)
        if why.text:
            why.entry = entry
            why.save(force_insert=True)
    return entry


def reason_commitment(reason: Reason) -> str:
    """What binds the words of a reason to its entry."""
    return commitment(reason.salt, reason=reason.text)


def record_many(*, actor: AbstractBaseUser | None, acts: Iterable[Act], batch: Batch | None = None) -> list[Entry]:
    """Write many entries in order, as `record` would, in a handful of statements. All or nothing.

    batch: the import they belong to; they stay hidden until it is made visible.
    """
    with transaction.atomic(savepoint=False):
        return _append(actor, list(acts), None, batch)


def _append(actor: AbstractBaseUser | None, acts: list[Act], supersedes: Entry | None, batch: Batch | None = None) -> list[Entry]:
    if actor is None or actor.pk is None or not actor.is_active:
        raise LedgerError("no_actor")
    if not acts:
        return []
    lock_chain()
    instant, today = clock.now(), clock.today()
    paths = _paths_on({(act.unit, act.happened_on) for act in acts})
    last = _last_digest()
    entries = []
    for act in acts:
        kind = find_kind(act.kind)
        if act.happened_on > today:
            raise LedgerError("future", day=act.happened_on)
        entry = Entry(
            kind=kind.name,
            unit=act.unit,
            unit_path=paths[act.unit.pk, act.happened_on],
            happened_on=act.happened_on,
            recorded_at=instant,
            actor_id=(act.actor or actor).pk,
            quantity=act.quantity,
            subject=act.subject,
            data=check_data(kind, act.data),
            evidence=list(act.evidence),
            supersedes=supersedes,
            batch=batch,
        )
        last = entry.digest = entry_digest(entry, last)
        entries.append(entry)
    if supersedes is not None:
        closed = Entry.objects.filter(pk=supersedes.pk, valid_to=None).update(valid_to=instant)
        if not closed:
            raise LedgerError("superseded")
        supersedes.valid_to = instant
    return Entry.objects.bulk_create(entries, batch_size=500)


def lock_chain() -> None:
    """One writer at a time extends the chain, until its transaction ends. SQLite's IMMEDIATE transactions give that; PostgreSQL
    is asked for it. `record` does it by itself; first thing in a transaction it keeps several of them in one order."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])


def _last_digest() -> str:
    """What the next entry is chained to."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        last = cursor.fetchone()
    return (last[0] if last else "") or GENESIS


_LAST = f"SELECT digest FROM {Entry._meta.db_table} ORDER BY id DESC LIMIT 1"  # nosec B608  # our own names
"""As text, because every act asks it."""


def _paths_on(wanted: set[tuple[Any, date]]) -> dict[tuple[int, date], str]:
    """Where each unit stood in the tree on each day, as units themselves say. Raises LedgerError where it was not open."""
    placements: dict[int, list[tuple[date, date | None, str]]] = {}
    units = {unit.pk: unit for unit, _ in wanted}
    for unit_id, since, until, path in type(next(iter(units.values()))).spans_of(units):
        placements.setdefault(unit_id, []).append((since, until, path))
    paths = {}
    for unit, day in wanted:
        for since, until, path in placements.get(unit.pk, ()):
            if since <= day and (until is None or day < until):
                paths[unit.pk, day] = path
                break
        else:
            started = [since for since, _, _ in placements.get(unit.pk, ())]
            raise LedgerError("not_open" if not started or day < min(started) else "closed", unit=unit.name, day=day)
    return paths


CHAINED = (
    "kind",
    "unit_id",
    "unit_path",
    "happened_on",
    "recorded_at",
    "actor_id",
    "quantity",
    "subject",
    "data",
    "evidence",
    "supersedes_id",
    "batch_id",
)


def entry_digest(entry: Entry, before: str) -> str:
    """The digest that chains `entry` to the one before it. `valid_to` is left out: the superseding entry says it."""
    body = canonical([before, *(getattr(entry, name) for name in CHAINED)])
    return hmac.new(bytes.fromhex(settings.KEYS["ledger"]), body.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Sent:
    """How a submission relates to what was received before under its key."""

    entry: Entry | None
    """The entry saved earlier under this key, else None: go ahead."""
    same: bool
    """Whether that earlier one said exactly the same (a double tap) rather than something else (went back and changed it)."""


def sent_before(*, actor: AbstractBaseUser, key: str, body: Mapping[str, object]) -> Sent:
    """Look up a submission key. Call it first in the transaction that would save; then `remember_submission` with the entry."""
    earlier = Submission.objects.select_related("entry").filter(key=key, actor_id=actor.pk).first()
    if earlier is None:
        return Sent(None, same=False)
    return Sent(earlier.entry, same=earlier.body_hash == body_hash(body))


def remember_submission(*, actor: AbstractBaseUser, key: str, body: Mapping[str, object], entry: Entry) -> None:
    """Bind a submission key to the entry it made, in the same transaction."""
    Submission.objects.create(key=key, actor_id=actor.pk, body_hash=body_hash(body), entry=entry, received_at=clock.now())


def body_hash(body: Mapping[str, object]) -> str:
    return hashlib.sha256(canonical({name: str(value) for name, value in body.items()}).encode()).hexdigest()
