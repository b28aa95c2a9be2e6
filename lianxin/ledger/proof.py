"""What binds a room's row to its entry: a salted hash, written into the entry as evidence.

The row holds words, the entry only this. A changed row no longer matches its entry; erased words and salt leave a proof that
gives nothing away.
"""

import hashlib
import secrets

from lianxin.ledger.actions import canonical


def new_salt() -> str:
    return secrets.token_hex(8)


def commitment(salt: str, **words: object) -> str:
    """The evidence of a row: sha256 over its salt and what it says."""
    return hashlib.sha256(canonical([salt, words]).encode()).hexdigest()
