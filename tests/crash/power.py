"""Power cuts, replayed: what a process did to its files is recorded once, and cut off at every point in three ways.

A file keeps what was flushed; of what was not flushed yet, the cut loses all, or a random part in any order, or a random part
with writes torn at 512 bytes. A file made or removed is so for certain only when its folder was flushed too. After each cut the
database is opened as a start of the product would open it, and everything acknowledged by then must be there, whole, once.

    python -m tests.crash.power act DATABASES-FOLDER COUNT     (in an installation, under the recorder: the recorded process)
    python -m tests.crash.power judge LOG BASE CUTS SEED       (in an installation: replays and prints an outcome as JSON)
"""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.crash.life import KIND, LEADER, PAGE, Outcome, form
from tests.house import ROOT, House

RECORDER = Path(__file__).with_name("recorder.c")
HEAD = struct.Struct("<cB6xqq8x")
DATABASE = "lianxin.sqlite3"
ACKNOWLEDGED = "acknowledged"
SECTOR = 512


def cut_the_power(house: House, compiler: str, *, visits: int, cuts: int, seed: int = 1) -> Outcome:
    """Record `visits` visits being saved in `house`, then cut the power at `cuts` points of that."""
    with tempfile.TemporaryDirectory(prefix="lianxin-power-") as name:
        scratch = Path(name)
        library, log, base = scratch / "recorder.so", scratch / "log", scratch / "base"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, RECORDER, "-ldl", "-lpthread"], check=True)
        shutil.copytree(house.home, base, ignore=shutil.ignore_patterns("keys", "*-shm", "*.log"))
        recorded = {"LD_PRELOAD": str(library), "RECORD_FOLDER": str(house.home), "RECORD_LOG": str(log)}
        _run(house, recorded, "act", str(visits))
        return Outcome(**json.loads(_run(house, {}, "judge", str(log), str(base), str(cuts), str(seed))))


def _run(house: House, environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "tests.crash.power", *words]
    done = subprocess.run(command, cwd=ROOT, env={**house.env, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the recorded process -------------------------------------------------------------------------------------------


def act(visits: int) -> None:
    """Save visits through the product's own pages; note each one after its answer has come."""
    from django.test import Client

    from lianxin.accounts.models import User
    from lianxin.config.folder import current_folder

    client = Client()
    client.force_login(User.objects.get(username=LEADER), backend="lianxin.accounts.backends.AccountBackend")
    told = os.open(current_folder().path / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT)
    for number in range(1, visits + 1):
        answer = client.post(PAGE, form(number))
        assert answer.status_code == 302, answer.content.decode()
        os.pwrite(told, b"%08d" % number, 0)


# --- the replay -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One recorded call."""

    what: str
    name: str
    offset: int
    data: bytes


def calls(log: bytes) -> Iterator[Call]:
    position = 0
    while position < len(log):
        what, name_length, offset, length = HEAD.unpack_from(log, position)
        position += HEAD.size
        name = log[position : position + name_length].decode()
        position += name_length
        data = b""
        if what == b"W":
            data = log[position : position + length]
            position += length
        if not name.endswith("-shm"):  # shared memory: rebuilt after every start
            yield Call(what.decode(), name, offset, data)


@dataclass
class Content:
    """A file: what has reached the disk, and what has not yet."""

    kept: bytearray = field(default_factory=bytearray)
    waiting: list[Call] = field(default_factory=list)


class Disk:
    """A folder as the disk has it."""

    def __init__(self, base: Path) -> None:
        self.files = {path.name: Content(bytearray(path.read_bytes())) for path in base.iterdir() if path.is_file()}
        self.names = dict(self.files)
        """Which names the disk itself knows, and for which content."""
        self.waiting: list[tuple[str, Content | None]] = []
        """Names made (with their content) or removed (None) since the folder was flushed."""

    def do(self, call: Call) -> None:
        if call.what == "S" and call.name == ".":
            for name, content in self.waiting:
                _rename(self.names, name, content)
            self.waiting = []
        elif call.what == "S":
            content = self.files.get(call.name)
            if content:
                for earlier in content.waiting:
                    _apply(content.kept, earlier)
                content.waiting = []
        elif call.what == "U":
            self.files.pop(call.name, None)
            self.waiting.append((call.name, None))
        else:
            if call.name not in self.files:
                self.files[call.name] = Content()
                self.waiting.append((call.name, self.files[call.name]))
            self.files[call.name].waiting.append(call)

    def after_cut(self, loss: str, rng: random.Random) -> dict[str, bytearray]:
        """The files that a start after the cut finds."""
        names = dict(self.names)
        for name, content in self.waiting[: 0 if loss == "all" else rng.randint(0, len(self.waiting))]:
            _rename(names, name, content)
        return {name: _remains(content, loss, rng) for name, content in names.items()}


def _rename(names: dict[str, Content], name: str, content: Content | None) -> None:
    if content is None:
        names.pop(name, None)
    else:
        names[name] = content


def _remains(content: Content, loss: str, rng: random.Random) -> bytearray:
    found = bytearray(content.kept)
    waiting = [] if loss == "all" else [call for call in content.waiting if rng.random() < 0.5]
    if loss == "torn":
        waiting = [_torn(call, rng) if rng.random() < 0.5 else call for call in waiting]
    for call in waiting:
        _apply(found, call)
    return found


def _torn(call: Call, rng: random.Random) -> Call:
    kept = rng.randrange(0, len(call.data) + 1, SECTOR)
    return Call(call.what, call.name, call.offset, call.data[:kept])


def _apply(content: bytearray, call: Call) -> None:
    end = call.offset + len(call.data)
    if call.what == "T":
        del content[call.offset :]
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[call.offset : end] = call.data


def judge(log: Path, base: Path, cuts: int, seed: int) -> Outcome:
    """Replay the log; at points spread over it, cut the power in each way and judge what a start finds."""
    everything = list(calls(log.read_bytes()))
    losses = ("all", "some", "torn")
    rng = random.Random(seed)
    chosen = rng.choices(range(1, len(everything) + 1), k=-(-cuts // len(losses)) - 1)
    points = [*sorted(chosen), len(everything)]  # the last when all is done: it must all be there
    outcome, disk, acknowledged, done = Outcome(), Disk(base), 0, 0
    with tempfile.TemporaryDirectory(prefix="lianxin-cut-") as scratch:
        for point in points:
            for call in everything[done:point]:
                if call.name == ACKNOWLEDGED:
                    acknowledged = int(call.data)
                else:
                    disk.do(call)
            done = max(done, point)
            for loss in losses[: cuts - outcome.crashes]:
                _start_again(disk.after_cut(loss, rng), Path(scratch), acknowledged, outcome)
    outcome.acknowledged = max(int(call.data) for call in everything if call.name == ACKNOWLEDGED)
    return outcome


def _start_again(files: dict[str, bytearray], folder: Path, acknowledged: int, outcome: Outcome) -> None:
    import sqlite3

    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        if name.startswith(DATABASE):
            (folder / name).write_bytes(content)
    outcome.crashes += 1
    try:
        findings = _whole(folder / DATABASE)
    except sqlite3.DatabaseError:
        outcome.broken += 1
        return
    outcome.saved = max(outcome.saved, len(findings.visits))
    outcome.lost += len(set(range(1, acknowledged + 1)) - set(findings.visits))
    outcome.doubled += len(findings.visits) - len(set(findings.visits))
    outcome.half += not len(findings.visits) == findings.entries == findings.submissions
    outcome.broken += not findings.sound


@dataclass
class Findings:
    visits: list[int]
    entries: int
    submissions: int
    sound: bool


def _whole(database: Path) -> Findings:
    """What a database holds: read as SQLite gives it, the chain recomputed."""
    import sqlite3

    from lianxin.config.sqlite.base import harden

    connection = sqlite3.connect(database)
    try:
        harden(connection)
        (checked,) = connection.execute("PRAGMA integrity_check").fetchone()
        visits = [int(words.split()[1]) for (words,) in connection.execute("SELECT findings FROM liaison_visitversion")]
        (entries,) = connection.execute("SELECT count(*) FROM ledger_entry WHERE kind = ?", [KIND]).fetchone()
        (submissions,) = connection.execute("SELECT count(*) FROM ledger_submission").fetchone()
        return Findings(visits, entries, submissions, checked == "ok" and _chain_holds(connection))
    finally:
        connection.close()


def _chain_holds(connection: object) -> bool:
    from lianxin.ledger.actions import GENESIS, entry_digest
    from lianxin.ledger.models import Entry

    fields = Entry._meta.local_concrete_fields
    columns = ", ".join(f'"{one.column}"' for one in fields)
    before = GENESIS
    for row in connection.execute(f"SELECT {columns} FROM ledger_entry ORDER BY id"):  # type: ignore[attr-defined]
        values = {one.attname: _value(one, found) for one, found in zip(fields, row, strict=True)}
        if entry_digest(Entry(**values), before) != values["digest"]:
            return False
        before = values["digest"]
    return True


def _value(field: object, found: object) -> object:
    return json.loads(found) if field.get_internal_type() == "JSONField" else field.to_python(found)  # type: ignore[arg-type, attr-defined]


def main() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "lianxin.config.settings"
    django.setup()
    if sys.argv[1] == "act":
        act(int(sys.argv[2]))
    else:
        log, base, cuts, seed = sys.argv[2:]
        print(json.dumps(asdict(judge(Path(log), Path(base), int(cuts), int(seed)))))


if __name__ == "__main__":
    main()
