"""`make trust`: the crash tests at length; figures F1 and F2 into TRUST.md.

python -m tests.crash [--cuts N] [--kills N] [--phones N] [--seed N]
"""

import argparse
import os
import platform
import re
import shlex
import shutil
import sys
import time
from pathlib import Path

from lianxin.ledger import clock
from tests.crash.kills import kill_workers
from tests.crash.life import Outcome, lived_in_house
from tests.crash.power import cut_the_power

REPORT = Path(__file__).resolve().parents[2] / "TRUST.md"
FIGURES = re.compile(r"(?<=<!-- figures: written by make trust -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
HEAD = """| figure | crashes | acknowledged | found | lost | doubled | half written | broken | minutes |
|---|---|---|---|---|---|---|---|---|
"""


def main() -> int:
    words = argparse.ArgumentParser(prog="make trust ARGS=…", description=__doc__)
    words.add_argument("--cuts", type=int, default=20_000, help="power cuts (0: none)")
    words.add_argument("--kills", type=int, default=1_000, help="kills of serving workers (0: none)")
    words.add_argument("--phones", type=int, default=16, help="phones that send at once while workers are killed")
    words.add_argument("--seed", type=int, default=int(time.time()), help="which moments chance picks")
    asked = words.parse_args()
    outcomes = []
    if asked.cuts:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            sys.exit("The power cuts need a C compiler: install gcc, or leave them out with --cuts 0.")
        started = time.monotonic()
        with lived_in_house() as house:
            cuts = cut_the_power(house, compiler, visits=300, cuts=asked.cuts, seed=asked.seed)
        outcomes.append(told("F1 power cuts", cuts, time.monotonic() - started))
    if asked.kills:
        started = time.monotonic()
        with lived_in_house() as house:
            kills = kill_workers(house, kills=asked.kills, phones=asked.phones, seed=asked.seed)
        outcomes.append(told("F2 kills of workers", kills, time.monotonic() - started))
    write(outcomes, f"make trust ARGS='{shlex.join(sys.argv[1:])}'" if sys.argv[1:] else "make trust", asked.seed)
    return 0 if all(outcome.clean for outcome, _row in outcomes) else 1


def told(name: str, outcome: Outcome, seconds: float) -> tuple[Outcome, str]:
    """The outcome and its row, which is printed at once."""
    o = outcome
    found = (o.crashes, o.acknowledged, o.saved, o.lost, o.doubled, o.half, o.broken)
    row = f"| {name} | {' | '.join(f'{n:,}' for n in found)} | {seconds / 60:.1f} |"
    print(row, flush=True)
    return outcome, row


def write(outcomes: list[tuple[Outcome, str]], command: str, seed: int) -> None:
    """Put the figures where TRUST.md keeps them; nothing else of it is touched."""
    rows = "\n".join(row for _outcome, row in outcomes)
    made = f"Made on {clock.today()} by `{command}` (seed {seed}) on {machine()}."
    text = REPORT.read_text()
    assert FIGURES.search(text), f"{REPORT} has no place for the figures"
    REPORT.write_text(FIGURES.sub(lambda _place: f"{made}\n\n{HEAD}{rows}\n", text))


def machine() -> str:
    import sqlite3  # after lianxin, which puts the one in place that the product runs on

    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    return (
        f"{system}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )


if __name__ == "__main__":
    sys.exit(main())
