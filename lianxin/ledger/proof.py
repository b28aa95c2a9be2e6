"""What binds a room's row to its entry: a salted hash, written into the entry as evidence.

The row holds words, the entry only this. A changed row no longer matches its entry; erased words and salt leave a proof that
gives nothing away. A room says in its own `proofs.py` how its rows prove their entries, and `lianxin verify` holds them against
each other:

    declare(Proof("liaison.visits", rows=visit_rows))
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from lianxin.ledger.registry import Registry


def canonical(value: object) -> str:
    """JSON with one spelling: sorted keys, no spaces, dates and instants in ISO form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {value!r}")


def new_salt() -> str:
    return secrets.token_hex(8)


def commitment(salt: str, **words: object) -> str:
    """The evidence of a row: sha256 over its salt and what it says."""
    return hashlib.sha256(canonical([salt, words]).encode()).hexdigest()


@dataclass(frozen=True)
class ProvedRow:
    """One row as it is now, beside the entry it belongs to.

    place: table and key, as in `liaison_visitversion 12`.
    entry: the entry's key.
    commitment: worked out anew from what the row says now; must stand among the entry's evidence.
    subject, unit: what the entry must name, where the row says so.
    """

    place: str
    entry: int
    commitment: str
    subject: str | None = None
    unit: int | None = None


@dataclass(frozen=True)
class Proof:
    """How the rows of one table prove their entries.

    key: `app.plural`, for example `liaison.visits`.
    rows: given keys of entries, the rows that belong to them, those of imports still under way included.
    """

    key: str
    rows: Callable[[Collection[int]], Iterable[ProvedRow]]


registry: Registry[Proof] = Registry(lambda proof: proof.key)


def declare(*proofs: Proof) -> None:
    """Declare proofs at start-up, from a room's `proofs.py`."""
    registry.add(*proofs)
