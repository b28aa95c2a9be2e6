"""Commands that start sooner: forked from a process that has loaded the packages we use, and nothing of ours.

All else is as in a process started from nothing: its environment, its folder, what it reads and prints, how it ends. Where the
process itself is the subject (servers, kills, the README's own commands), tests start one from nothing.

python -m tests.forks    forks a process for every line it is given (a Request as JSON), and answers how each ended
"""

import atexit
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
LOADED = (
    *("django.contrib.admin", "django.core.handlers.wsgi", "django.core.management.commands.migrate", "django.forms"),
    *("django.db.migrations.executor", "django.db.models", "django.template.loader", "django.test", "django.views.generic"),
    *("asyncio", "babel.dates", "click", "cryptography.hazmat.primitives.ciphers.aead", "icalendar", "packaging.version"),
    *("ibis.backends.sql.compilers", "python_calamine", "sqlglot", "sqlparse", "yaml"),
)
"""None of them reads our settings, or opens SQLite: which one that is, `lianxin` itself decides."""
READS_AT_START = ("LANG", "LC_", "PYTHON")
"""What Python reads of the environment before it runs anything."""


@dataclass(frozen=True)
class Request:
    """What to run: a module with its words, or code; in which environment; and the folder of its stdin, stdout and stderr."""

    module: str
    words: list[str]
    code: str
    environment: dict[str, str]
    streams: str


def run(
    environment: dict[str, str], *, module: str = "", words: tuple[str, ...] = (), code: str = "", stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Like `python -m module words…` or `python -c code` there, with the text as its input."""
    command = [sys.executable, *(["-m", module, *words] if module else ["-c", code])]
    settings = {name: value for name, value in environment.items() if name.startswith(READS_AT_START)}
    origin = _origin(json.dumps(settings, sort_keys=True))
    if not origin.lock.acquire(blocking=False):  # something runs there now: this one is to run beside it
        return subprocess.run(command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, check=False)
    try:
        with tempfile.TemporaryDirectory(prefix="lianxin-fork-") as name:
            streams = Path(name)
            (streams / "stdin").write_text(stdin, encoding="utf-8")
            status = origin.ask(Request(module, [*map(str, words)], code, environment, name))
            said = [(streams / one).read_text(encoding="utf-8") for one in ("stdout", "stderr")]
            return subprocess.CompletedProcess(command, status, *said)
    finally:
        origin.lock.release()


class Origin:
    """The process that others are forked from; it ends with this one."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.lock = Lock()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        atexit.register(self.end)

    def ask(self, request: Request) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(request)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


@cache
def _origin(settings: str) -> Origin:
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*READS_AT_START, "LIANXIN_", "DJANGO_"))}
    return Origin({**kept, **json.loads(settings)})


# --- over there ---------------------------------------------------------------------------------------------------------------


def main() -> None:
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        request = Request(**json.loads(line))
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            become(request)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(request: Request) -> NoReturn:
    """Be the process that was asked for, to its end."""
    status = 1
    try:
        _take_streams(Path(request.streams))
        os.environ.clear()
        os.environ.update(request.environment)
        sys.argv = [request.module or "-c", *request.words]
        if request.module:
            runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        else:
            exec(compile(request.code, "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _take_streams(streams: Path) -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        file = os.open(streams / name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
        stream = open(number, "r" if number == 0 else "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


if __name__ == "__main__":
    main()
