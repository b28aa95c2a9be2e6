"""A real installation, for tests that need more than a rolled-back transaction: own folder, own database, real processes."""

import atexit
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.error import URLError

import pytest

from tests import forks
from tests.postgresql import own_database

ROOT = Path(__file__).resolve().parents[1]
COUNTY = ("--county", "152221", "--administrator", "管理员")


@dataclass
class House:
    """A data folder and its database. `run("verify")` is `lianxin verify` there."""

    home: Path
    database_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.home / "lianxin.sqlite3"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIANXIN_", "DJANGO_", "LC_", "LANG"))}
        chosen = {"LIANXIN_HOME": str(self.home), "LIANXIN_DATABASE_URL": self.database_url, "LANG": "en_GB.UTF-8"}
        return {**kept, **chosen, **self.environment}

    def run(self, *words: str, ok: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `lianxin …`; unless told otherwise it must succeed."""
        done = forks.run(self.env, module="lianxin", words=tuple(map(str, words)), stdin=stdin or "")
        assert not ok or done.returncode == 0, f"lianxin {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def refuse(self, *words: str) -> str:
        """Run `lianxin …`, which must fail with one clear line; that line."""
        done = self.run(*words, ok=False)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]

    def python(self, code: str) -> str:
        """Run code inside this installation, with Django set up and, like `run`, in English; what it printed."""
        start = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'lianxin.config.settings'; django.setup()\n"
        start += "from django.utils.translation import activate; activate('en')\n"
        done = forks.run(self.env, code=start + code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, *statements: str) -> None:
        """Run statements as somebody with full rights on the database would."""
        self.python(
            f"from django.db import connection\nwith connection.cursor() as c:\n    for s in {statements!r}: c.execute(s)"
        )

    @contextmanager
    def serve(self, *words: str | Path, up: ssl.SSLContext | None = None) -> Iterator["Served"]:
        """`lianxin serve` on a free port until the end of the block; over TLS, `up` is what trusts its certificate."""
        port = free_port()
        log = (self.home / f"serve-{port}.log").open("w")
        command = [sys.executable, "-m", "lianxin", "serve", "--port", str(port), *map(str, words)]
        process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        served = Served(process, f"{'https' if up else 'http'}://localhost:{port}", Path(log.name), up)
        try:
            served.wait_until_up()
            yield served
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    url: str
    log: Path
    trust: ssl.SSLContext | None = None

    def wait_until_up(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/health/", timeout=2, context=self.trust) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server did not come up:\n{self.log.read_text()}")

    def workers(self) -> list[int]:
        """Process ids of the serving workers."""
        listed = subprocess.run(
            ["ps", "-ww", "--ppid", str(self.process.pid), "-o", "pid=,args="], capture_output=True, text=True
        )
        # Where workers are fresh processes, Python keeps a tracker beside them.
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if "resource_tracker" not in line]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def new_house(*, made: bool = True, on_sqlite: bool = False) -> Iterator[House]:
    """An installation of its own, on whichever database this run is about; as `lianxin init` makes it unless told otherwise."""
    server = "" if on_sqlite else os.environ.get("LIANXIN_DATABASE_URL", "")
    pattern = _pattern(server) if made else None
    home = Path(tempfile.mkdtemp(prefix="lianxin-house-"))
    try:
        with own_database(server, pattern.database_url if pattern else "") if server else _nothing() as url:
            if pattern:
                shutil.copytree(pattern.home, home, dirs_exist_ok=True)
            yield House(home, url)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@cache
def _pattern(server: str) -> House:
    """What `lianxin init` makes, once a process; each house is a copy, for to make every table takes seconds."""
    kept = ExitStack()
    atexit.register(kept.close)
    home = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="lianxin-house-")))
    house = House(home, kept.enter_context(own_database(server)) if server else "")
    house.run("init", *COUNTY)
    return house


@contextmanager
def _nothing() -> Iterator[str]:
    yield ""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One installation for the tests of a module, which leave it as they found it."""
    with new_house() as made:
        yield made


@pytest.fixture
def other_house() -> Iterator[House]:
    """Somewhere else: an empty folder, an empty database."""
    with new_house(made=False) as empty:
        yield empty
