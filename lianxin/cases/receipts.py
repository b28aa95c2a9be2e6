"""Receipts: what a resident holds instead of an account.

24 characters of Crockford's base 32 (120 bits, beyond guessing), without I, L, O and U, so that what is misread can be forgiven.
The characters exist on the resident's paper only: here stands an HMAC under a key outside the database. They are worked out from
the key the phone made for the sending, so that the same report sent again is answered with the same receipt.
"""

import hashlib
import hmac
import re
import unicodedata

from django.conf import settings

from lianxin.accounts.sealing import fingerprint

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 24
GROUP = 4
FORGIVEN = str.maketrans("OILU", "011V")
"""What is easily misread: O for 0, I and L for 1, U for V."""


def receipt_for(sending: str) -> str:
    """The receipt of the report sent under this key (at least 16 characters that the sender alone knows)."""
    key = bytes.fromhex(settings.KEYS["receipt"])
    number = int.from_bytes(hmac.new(key, f"receipt {sending}".encode(), hashlib.sha256).digest()[:15], "big")
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def shown(receipt: str) -> str:
    """In groups of four: `7K2M-…`."""
    return "-".join(receipt[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read(typed: str) -> str | None:
    """The receipt as it was meant: any case, spaces and dashes, full-width signs, 0/O and 1/I forgiven. None: it is none."""
    signs = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", typed[:200]).upper()).translate(FORGIVEN)
    return signs if len(signs) == LENGTH else None


def digest_of(receipt: str) -> str:
    """What is kept of a receipt."""
    return fingerprint(receipt, key="receipt")


def digest_of_sending(sending: str) -> str:
    """What is kept of a sending's key."""
    return fingerprint(f"sending {sending}", key="receipt")
