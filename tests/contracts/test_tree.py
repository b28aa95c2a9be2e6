"""What is true of every file of the project."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
LOCK_LINE = re.compile(r"( *--hash=sha256:[0-9a-f]{64}( \\)?|[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==[^ ]+( ; [^\\]+)?( \\)?)")
ONE_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")


def files() -> list[Path]:
    """Every file git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def words(path: Path) -> str:
    """The text of a file; nothing where it is not text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_lock_files_hold_names_versions_and_hashes_only() -> None:
    assert [path.name for path in LOCKS] == ["requirements-dev.lock", "requirements-installer.lock", "requirements.lock"]
    for path in LOCKS:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert LOCK_LINE.fullmatch(line), f"{path.name}:{number}: found {line!r}, expected a name with its version or a hash"


def test_both_locks_agree_on_every_version() -> None:
    run, develop = (
        dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==([^ ]+)", (ROOT / name).read_text(), re.M))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert {name: (version, develop.get(name)) for name, version in run.items() if develop.get(name) != version} == {}


def test_no_file_names_the_folders_of_one_machine() -> None:
    here = Path(__file__)
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in files()
        if path != here and (match := ONE_MACHINE.search(words(path)))
    }
    assert found == {}
