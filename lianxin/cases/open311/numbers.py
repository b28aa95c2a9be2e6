"""The number a request carries outside: ten signs that give away neither how many cases there are nor which came first.

A keyed permutation (four rounds of Feistel over 50 bits), so that nothing more has to be kept.
"""

import hashlib
import hmac
import re

from django.conf import settings

from lianxin.cases.receipts import ALPHABET, FORGIVEN

HALF = 25
LENGTH = 10
ROUNDS = 4


def number_of(pk: int) -> str:
    """The outside number of a case."""
    left, right = pk >> HALF, pk & (1 << HALF) - 1
    for turn in range(ROUNDS):
        left, right = right, left ^ _mixed(turn, right)
    whole = left << HALF | right
    return "".join(ALPHABET[whole >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def case_of(number: str) -> int | None:
    """The case of an outside number; any case of letters, 0/O and 1/I forgiven. None: it is no number."""
    signs = re.sub(r"[^0-9A-Z]", "", number[:40].upper()).translate(FORGIVEN)
    if len(signs) != LENGTH:
        return None
    whole = 0
    for sign in signs:
        whole = whole << 5 | ALPHABET.index(sign)
    left, right = whole >> HALF, whole & (1 << HALF) - 1
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ _mixed(turn, left), left
    return left << HALF | right


def _mixed(turn: int, half: int) -> int:
    key = bytes.fromhex(settings.KEYS["receipt"])
    digest = hmac.new(key, f"open311 {turn} {half}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "big") & (1 << HALF) - 1
