"""The rules that are data files, and a county's own ones: checked, copied to be edited, taken in all at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings

from lianxin.cases.data_files import DataError, file_in_force, own_file, package_file, put_in_force, rules_in_force, rules_on_disk
from lianxin.cases.flood import read_limits
from lianxin.cases.retention import read_retention
from lianxin.cases.routing import read_routing
from lianxin.cases.tiers import read_tiers

READERS: Mapping[str, Any] = {"tiers": read_tiers, "routing": read_routing, "flood": read_limits, "retention": read_retention}
"""Every kind of rules by the name of its file, and how it is read."""


@dataclass(frozen=True)
class RuleFile:
    """One kind of rules as its file stands on the disk now.

    version, note: what it says of itself. mistake: why it cannot be used; then it says nothing.
    """

    name: str
    file: Path
    version: str = ""
    note: str = ""
    mistake: str = ""

    @property
    def own(self) -> bool:
        return self.file == own_file(self.name)


def take_in(*, anew: bool = False) -> str | None:
    """Let what the files say be in force in this process and those forked from it: all of them, or, where one is mistaken, none.

    Returns the first mistake. What is in force already is left alone, unless anew.
    """
    found = {}
    try:
        for name, read in READERS.items():
            found[name] = rules_on_disk(name, read) if anew else rules_in_force(name, read)
    except DataError as mistake:
        return str(mistake)
    put_in_force(found)
    return None


def rule_files() -> list[RuleFile]:
    """Each kind of rules as it stands on the disk now, checked."""
    return [_checked(name) for name in READERS]


def _checked(name: str) -> RuleFile:
    file = file_in_force(name)
    try:
        rules = rules_on_disk(name, READERS[name])
    except DataError as mistake:
        return RuleFile(name, file, mistake=str(mistake))
    return RuleFile(name, file, rules.version, rules.note)


def unread() -> Sequence[Path]:
    """Files in the folder of rules that nothing reads, as their names are none of ours."""
    folder: Path = settings.FOLDER.rules
    known = {own_file(name) for name in READERS}
    return sorted(file for file in folder.glob("[!.]*") if file not in known) if folder.is_dir() else []


def own_files() -> dict[str, bytes]:
    """The county's own files as they are, by name."""
    return {name: own_file(name).read_bytes() for name in READERS if own_file(name).exists()}


def make_own(name: str, written: bytes | None = None) -> Path:
    """Put a file where the county's own rules are read: these bytes, or a copy of the package's. Whole or not at all.

    Raises FileExistsError where there is one, which stays as it is; or another OSError.
    """
    own = own_file(name)
    own.parent.mkdir(exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=own.parent, prefix=f".{name}.") as file:
        file.write(package_file(name).read_bytes() if written is None else written)
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, own)
    return own
