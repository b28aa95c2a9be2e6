"""`make bench`: every measurement beside this file, each in a process of its own; figures go to docs/performance.md.

python -m benchmarks [--small] [--out FILE] [name …]

Without names all are measured; with names only those, and the page keeps what it says of the others. --small measures small
worlds only, in under a minute, and writes no file unless --out names one. Each measurement prints one JSON object a line, with ✓
or NOT where something is promised, and ends with 1 where a promise is not kept. The page is written after each of them.
"""

import json
import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks._figures import verdict

FOLDER = Path(__file__).resolve().parent
PERFORMANCE = FOLDER.parent / "docs" / "performance.md"
SMALL = {"schemes": ["226", "10000"], "workbooks": ["5300"], "cases": ["2000"]}
"""What a small run asks of each; one that is not named here is left out of it."""
PROMISES = {
    "cases_text": "Item told at least as well as by TF-IDF + LinearSVC in the same run; hot topics of 4,326 messages ≤ 20 s;"
    " open cases like a new one among 10,000 ≤ 50 ms.",
    "schemes": "226 units to rows ≤ 30 ms on SQLite; on DuckDB ≤ 13× a bare count of three kinds, aiming at 8×;"
    " cost of an entry within a factor of 2 from 0.5 M to 50 M; drill-down ≤ 5 ms at 5 M.",
    "workbooks": "5,300 people ≤ 5 s; 100,000 rows ≤ 60 s and ≤ 400 MB.",
    "cases": "Each page p95 ≤ 150 ms among a million cases with five entries each, at most 3× that among 10,000; on SQLite and on"
    " PostgreSQL.",
    "helpdesk": "Create, list, search, open: at least 3× the requests a second of django-helpdesk on the same server, database"
    " and 100,000 cases.",
    "intake": "100 reports a second for a minute, p95 ≤ 500 ms from the instant each was due, none lost, none doubled where sent"
    " twice; with a photo 3 a second.",
    "pages": "Desk and board on the full demonstration: at least a quarter of the requests a second of a trivial view"
    " of the same server, p95 ≤ 150 ms.",
}

TAKES = {
    "cases": "40 minutes",
    "helpdesk": "10 minutes, and PyPI",
    "intake": "7 minutes",
    "pages": "5 minutes",
    "schemes": "10 minutes",
}
"""What the longer ones take on two quiet cores."""


def main(words: list[str]) -> int:
    small = "--small" in words
    out = Path(words[words.index("--out") + 1]) if "--out" in words else None if small else PERFORMANCE
    names = [word for at, word in enumerate(words) if not word.startswith("--") and words[at - 1 : at] != ["--out"]]
    known = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"found {', '.join(unknown)}, expected one of {', '.join(known)}")
    asked = names or [name for name in known if name in SMALL or not small]
    page = read(out) if out and names else {}
    page = {name: words for name, words in page.items() if name in known}
    failed = []
    for name in asked:
        command = [sys.executable, "-m", f"benchmarks.{name}", *(SMALL.get(name, []) if small else [])]
        began, load, begun = datetime.now(), os.getloadavg()[0], time.perf_counter()
        rows, kept = measured(command)
        seconds = time.perf_counter() - begun
        print(f"{verdict(kept)} {name}, in {seconds:.0f} s", flush=True)
        failed += [] if kept else [name]
        when = f"Measured on {began:%Y-%m-%d %H:%M} in {seconds:.0f} s; load when it began: {load:.1f}."
        page[name] = section(name, command, rows, kept, when)
        if out:
            out.write_text("\n".join([about(), *(page.get(one) or left_out(one) for one in known)]), encoding="utf-8")
    if failed:
        sys.exit(f"not kept: {', '.join(failed)}")
    return 0


def read(file: Path) -> dict[str, str]:
    """What a page says of each measurement."""
    parts = file.read_text(encoding="utf-8").split("\n## ")[1:] if file.exists() else []
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def measured(command: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """The lines one measurement prints, shown as they come; and whether it kept its promises."""
    environment = {"DJANGO_SETTINGS_MODULE": "lianxin.config.settings", **os.environ}
    process = subprocess.Popen(command, cwd=FOLDER.parent, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    rows = []
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith("{"):
            rows.append(json.loads(line))
    return rows, process.wait() == 0


def section(name: str, command: list[str], rows: list[dict[str, Any]], kept: bool, when: str) -> str:
    """The rows as a table."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [f"## {name}", "", f"`python {shlex.join(command[1:])}`", "", when, ""]
    lines += [f"Promised: {PROMISES.get(name, '–')} **{'Kept.' if kept else 'Not kept in this run.'}**", ""]
    lines += ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(row.get(column, "")).replace("|", "/") for column in columns) + " |" for row in rows]
    return "\n".join([*lines, ""])


def left_out(name: str) -> str:
    """Where its figures would stand."""
    takes = f" It takes some {TAKES[name]}." if name in TAKES else ""
    return f"## {name}\n\nNot measured yet: `python -m benchmarks {name}`.{takes}\n\nPromised: {PROMISES.get(name, '–')}\n"


def about() -> str:
    """The machine."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    memory = next((int(line.split()[1]) // 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pysqlite3", "ibis-framework", "django"))
    return f"""# Performance

Written by `make bench`, each section by the command that it names; do not edit by hand.

- Machine: {cpu}, {os.cpu_count()} cores, {memory} GB; {platform.system()} {platform.release()},
  Python {platform.python_version()}; {packages}.
- A load of more than {os.cpu_count()} means that others used the machine: times of the clock are then longer than they would be
  alone; processor times and ratios suffer less.
"""


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines() if Path(file).exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
