"""The data folder of an installation (LIANXIN_HOME): database, keys, exports. Keys never enter the database or a backup."""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY_NAMES = ("django", "ledger", "person", "lookup", "feed", "case", "receipt", "search")
"""django: sessions and signatures · ledger: the entry chain · person: wraps each person's own key · lookup: blind index of
phones · feed: private calendar addresses · case: wraps the key of each case's words · receipt: finds a case by its receipt ·
search: blind index of cases' words."""


@dataclass(frozen=True)
class Folder:
    """Where one installation lives."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "lianxin.sqlite3"

    @property
    def keys_file(self) -> Path:
        return self.path / "keys" / "keys.json"

    @property
    def erased_file(self) -> Path:
        """What was erased, by digests: beside the keys and carried with them, so that a restored backup can be erased again."""
        return self.path / "keys" / "erased.jsonl"

    def erased(self) -> list[str]:
        """The lines of that list."""
        return self.erased_file.read_text(errors="replace").splitlines() if self.erased_file.exists() else []

    def note_erased(self, lines: Sequence[str]) -> None:
        """Add lines to it; on the disk when this returns."""
        self.erased_file.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(self.erased_file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
            cut = file.read(1) not in (b"", b"\n")  # a power cut tore the line before
            file.write(b"\n" * cut + "".join(f"{line}\n" for line in lines).encode())
            file.flush()
            os.fsync(file.fileno())

    @property
    def photos(self) -> Path:
        """Pictures of cases. They are no part of a backup: copy the folder beside it (docs/operations.md)."""
        return self.path / "photos"

    @property
    def rules(self) -> Path:
        """A county's own rules: files that go before the package's of the same name (`lianxin cases rules`)."""
        return self.path / "rules"

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def exists(self) -> bool:
        return self.keys_file.exists()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """While somebody serves from this folder, or fills it: it must not be deleted under them."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield
        finally:
            os.close(handle)  # workers that are copies of a server hold it on until the last one ends

    @property
    def is_in_use(self) -> bool:
        if not self.path.is_dir():
            return False
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def make(self, keys: dict[str, str] | None = None) -> None:
        """Create the folder with new keys, or those brought along, readable by this user only. Existing keys are kept."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.exists:
            return
        self.keys_file.parent.mkdir(exist_ok=True, mode=0o700)
        keys = keys or {name: secrets.token_hex(32) for name in KEY_NAMES}
        fresh = self.keys_file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(keys, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.keys_file)

    def keys(self) -> dict[str, str]:
        """The secret keys by name, 64 hexadecimal digits each; throw-away ones while the folder does not exist yet."""
        if not self.exists:
            return {name: secrets.token_hex(32) for name in KEY_NAMES}
        stored: dict[str, str] = json.loads(self.keys_file.read_text())
        # A folder made before a key was thought of derives it, the same in every worker and wherever its keys are carried.
        derived = {name: _derived(stored["person"], name) for name in KEY_NAMES if name not in stored}
        return {**stored, **derived}

    def prints(self) -> dict[str, str]:
        """By name, what tells one key from another without telling the key."""
        return {name: hashlib.sha256(f"print of {key}".encode()).hexdigest()[:16] for name, key in sorted(self.keys().items())}


def _derived(key: str, name: str) -> str:
    return hmac.new(bytes.fromhex(key), f"key {name}".encode(), hashlib.sha256).hexdigest()


DEMONSTRATION = Path(__file__).resolve().parents[2] / "var" / "demo"
"""Where `make demo` keeps its county, in a checkout."""


def current_folder() -> Folder:
    """The folder named by LIANXIN_HOME; else, in a checkout that has run `make demo`, its demonstration; else `~/.lianxin`."""
    named = os.environ.get("LIANXIN_HOME")
    if not named and Folder(DEMONSTRATION).exists:
        return Folder(DEMONSTRATION)
    return Folder(Path(named or Path.home() / ".lianxin").expanduser().absolute())
