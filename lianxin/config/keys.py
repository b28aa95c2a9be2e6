"""The keys of an installation, carried elsewhere under a passphrase, with the list of what was erased: what no backup holds.
Without the keys a backup's phones stay sealed for ever; without the list what was erased comes back with a backup."""

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT = "lianxinqiao-keys-2"
WITHOUT_LIST = "lianxinqiao-keys-1"
"""Files made before the list was carried along; they are opened, too."""
SHORTEST = 12
"""Characters of a passphrase."""
COST = 2**16
"""Of scrypt: 64 MB and a fifth of a second for each guess."""


class WrongPassphrase(Exception):
    """The passphrase does not open the file, or the file was changed."""


def export_keys(keys: dict[str, str], erased: Sequence[str], path: Path, passphrase: str) -> None:
    """Write the keys, and the lines of the list, to a new file that only the passphrase opens. Raises FileExistsError."""
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(
        nonce, json.dumps({"keys": keys, "erased": list(erased)}).encode(), FORMAT.encode()
    )
    words = {
        "format": FORMAT,
        **{name: base64.b64encode(value).decode() for name, value in (("salt", salt), ("nonce", nonce), ("sealed", sealed))},
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(words, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def open_keys(path: Path, passphrase: str) -> tuple[dict[str, str], list[str]]:
    """The keys, and the lines of the list, in a file made by `export_keys`. Raises WrongPassphrase."""
    try:
        words = json.loads(path.read_text())
        salt, nonce, sealed = (base64.b64decode(words[name], validate=True) for name in ("salt", "nonce", "sealed"))
        known = words["format"] if words["format"] in (FORMAT, WITHOUT_LIST) else FORMAT
        told = json.loads(AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, known.encode()))
        return (told, []) if known == WITHOUT_LIST else (told["keys"], told["erased"])
    except (InvalidTag, ValueError, KeyError, TypeError) as broken:
        raise WrongPassphrase(path) from broken


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())
