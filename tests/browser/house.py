"""A served house for the browser: a template made once per run, copied for each module of tests, served by a process of its own.

The template holds the small world (tests/world.py) and a signed-in session for each of its people. A copy, because the ledger
cannot be emptied; a process of its own, because that is how people meet it.

python -m tests.browser.house    makes the template in LIANXIN_HOME (called by make_template)
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TODAY = "2026-10-15"
SESSIONS = "sessions.json"
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass(frozen=True)
class House:
    """A running server: its address, its data folder, and the session cookie of each named person."""

    address: str
    folder: Path
    sessions: dict[str, str]


def make_template(folder: Path) -> Path:
    """Make the template house in `folder`."""
    subprocess.run([sys.executable, "-m", "tests.browser.house"], env=_environment(folder), cwd=ROOT, check=True)
    return folder


@contextmanager
def served(template: Path, folder: Path) -> Iterator[House]:
    """A copy of the template in `folder`, served until the block ends."""
    shutil.copytree(template, folder)
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--workers", "1", "--blocking-threads", "4", "lianxin.config.wsgi:application"],
            env=_environment(folder),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server, log)
        yield House(address, folder, json.loads((folder / SESSIONS).read_text()))
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "LIANXIN_DATABASE_URL"}
    return {**kept, "LIANXIN_HOME": str(folder), "LIANXIN_TODAY": TODAY, "DJANGO_SETTINGS_MODULE": "tests.browser.settings"}


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
        return port


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/health/", timeout=5)
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")


def _make() -> None:
    """Fill the folder of LIANXIN_HOME: keys, database, the small world, a session for each of its people."""
    from lianxin.config.folder import current_folder

    folder = current_folder()
    folder.make()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from lianxin.schemes.actions import seed_library
    from tests.world import PEOPLE, make_world

    call_command("migrate", verbosity=0)
    world = make_world()
    seed_library(actor=world.user("county_officer"))
    cookies = {name: world.client(name).cookies[settings.SESSION_COOKIE_NAME].value for name, *_ in PEOPLE}
    (folder.path / SESSIONS).write_text(json.dumps(cookies))


if __name__ == "__main__":
    _make()
