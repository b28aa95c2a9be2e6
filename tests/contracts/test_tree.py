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


PRIVATE = re.compile(
    r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d{1,3}"
    r"(?:\.\d{1,3})?(?![\d.])"
)
OF_A_NETWORK = re.compile(r"//[\w.-]+\.(?:internal|intranet|corp|lan|local)\b|//[^/\s:@]+:[^/\s@]+@(?!host\b)")
REGISTRY = re.compile(r"index-url|/simple/?[\"'\s]|pythonhosted|registry\.npm|//pypi\.|//mirrors?\.")


def test_no_file_names_a_private_address_or_a_registry() -> None:
    """Neither an address inside somebody's network, nor where packages came from, nor a password in an address."""
    here = Path(__file__)
    found = {}
    for path in files():
        for number, line in enumerate(words(path).splitlines() if path != here else (), 1):
            for pattern in (PRIVATE, OF_A_NETWORK, REGISTRY):
                if match := pattern.search(line):
                    found[f"{path.relative_to(ROOT)}:{number}"] = match.group()
    assert found == {}


def test_such_an_address_would_be_seen() -> None:
    assert all(PRIVATE.search(f"http://{host}:80/") for host in ("10.1.2.3", "192.168.0.1", "172.20.0.5"))
    assert not any(PRIVATE.search(text) for text in ("203.0.113.7", "version 10.1", "110.1.2.3", "1.10.0.1.5"))
    assert OF_A_NETWORK.search("https://build.corp/x") and OF_A_NETWORK.search("https://me:secret@example.org")
    assert REGISTRY.search("--index-url https://pypi.example/simple")


MOST = {".png": 600_000, ".lock": 300_000, ".json": 600_000, ".po": 200_000}
MOST_BYTES = 100_000


def test_no_file_is_larger_than_a_person_can_review() -> None:
    """Pictures, locks, division data and an app's translations may be longer; everything else is read by people."""
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in files()}
    assert {name: size for name, size in sizes.items() if size > MOST.get(Path(name).suffix, MOST_BYTES)} == {}
