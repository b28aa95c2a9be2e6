"""Sealing: AES-256-GCM under keys that never enter the database or a backup (see docs/adr/0005-phones-are-sealed.md)."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12
KEY = 32
WRAPPED = NONCE + KEY + 16


class SealBroken(Exception):
    """What was sealed cannot be opened: another installation's keys, another person's seal, or a changed byte."""


def seal(text: str, *, key: str, bound_to: str) -> bytes:
    """Seal `text` under a data key of its own, wrapped by the named key. It opens only for the same `bound_to`."""
    own = secrets.token_bytes(KEY)
    return _encrypt(_named(key), own, bound_to) + _encrypt(own, text.encode(), bound_to)


def unseal(sealed: bytes, *, key: str, bound_to: str) -> str:
    """What `seal` sealed. Raises SealBroken."""
    try:
        own = _decrypt(_named(key), sealed[:WRAPPED], bound_to)
        return _decrypt(own, sealed[WRAPPED:], bound_to).decode()
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(bound_to) from broken


def fingerprint(text: str, *, key: str) -> str:
    """A keyed digest: finds the same text again without keeping it."""
    return hmac.new(_named(key), text.encode(), hashlib.sha256).hexdigest()


def _named(key: str) -> bytes:
    return bytes.fromhex(settings.KEYS[key])


def _encrypt(key: bytes, data: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to.encode())


def _decrypt(key: bytes, data: bytes, bound_to: str) -> bytes:
    return AESGCM(key).decrypt(data[:NONCE], data[NONCE:], bound_to.encode())
