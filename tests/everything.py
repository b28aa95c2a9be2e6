"""`make test`: every test on SQLite and on PostgreSQL, both at once, and a plain word on what could not be run.

python -m tests.everything [pytest arguments]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.postgresql import NoServer, throw_away_server

REQUIRE_ALL = os.environ.get("LIANXIN_REQUIRE_ALL") == "1"
ON_SQLITE = "not postgresql"
ON_POSTGRESQL = "not sqlite and not browser and not crash"
KNOW_NO_DATABASE = ("tests/contracts", "tests/test_languages.py")
"""Run on SQLite and not again."""
NOTHING_COLLECTED = 5


def main() -> int:
    words = sys.argv[1:]
    not_run = [f"{part}: {reason}" for part, reason in _missing()]
    failed = []
    without = [f"--ignore={path}" for path in KNOW_NO_DATABASE]
    try:
        with throw_away_server() as url, _beside("PostgreSQL", ON_POSTGRESQL, [*without, *words], url) as finish:
            failed += ["SQLite"] if _pytest("SQLite", ON_SQLITE, words) else []
            failed += ["PostgreSQL"] if finish() else []
    except NoServer as missing:
        not_run.append(f"the suite on PostgreSQL: {missing}")
        failed += ["SQLite"] if _pytest("SQLite", ON_SQLITE, words) else []
    print()
    for line in not_run:
        print(f"Not run – {line}")
    if failed:
        print(f"Failed on {' and '.join(failed)}.")
    elif not not_run:
        print("Everything was run, and passed.")
    else:
        print("Everything else was run, and passed.")
    return 1 if failed or (REQUIRE_ALL and not_run) else 0


def _missing() -> list[tuple[str, str]]:
    """Parts of the suite this machine cannot run; pytest skips them and says so too."""
    found = []
    if not (shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")):
        found.append(("pages in a real browser", "no Chromium: install chromium and fonts-noto-cjk"))
    if not (shutil.which("cc") or shutil.which("gcc")):
        found.append(("power cuts", "no C compiler: install gcc"))
    return found


def _pytest(title: str, selection: str, words: list[str]) -> bool:
    """Run the suite once; whether it failed."""
    print(f"── {title} ──", flush=True)
    started = time.monotonic()
    status = subprocess.run(_command(selection, words), stdin=subprocess.DEVNULL, check=False).returncode
    print(f"{title}: {time.monotonic() - started:.0f} s", flush=True)
    return status not in (0, NOTHING_COLLECTED)


@contextmanager
def _beside(title: str, selection: str, words: list[str], database: str) -> Iterator[Callable[[], bool]]:
    """Run the suite on another database meanwhile. Yields a function that waits for its end, prints what it said, and tells
    whether it failed. No core of the machine then waits for the end of anything long."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        environment = {**os.environ, "LIANXIN_DATABASE_URL": database}
        command = _command(selection, words)
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as suite:

            def finish() -> bool:
                print(f"── {title} ──", flush=True)
                status = suite.wait()
                said.seek(0)
                print(said.read(), end="")
                print(f"{title}: {time.monotonic() - started:.0f} s", flush=True)
                return status not in (0, NOTHING_COLLECTED)

            try:
                yield finish
            finally:
                suite.terminate()


def _command(selection: str, words: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-m", selection, *words]


if __name__ == "__main__":
    sys.exit(main())
