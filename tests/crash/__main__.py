"""`make trust`: the crash tests at length; figure F1 into TRUST.md.

python -m tests.crash [--cuts N]
"""

import argparse
import platform
import shutil
import sys
import time
from pathlib import Path

from tests.crash.life import Outcome, lived_in_house
from tests.crash.power import cut_the_power

REPORT = Path(__file__).resolve().parents[2] / "TRUST.md"


def main() -> int:
    words = argparse.ArgumentParser(prog="make trust ARGS=…", description=__doc__)
    words.add_argument("--cuts", type=int, default=20_000)
    asked = words.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("The power cuts need a C compiler: install gcc.")
    rows = []
    started = time.monotonic()
    with lived_in_house() as house:
        cuts = cut_the_power(house, compiler, visits=300, cuts=asked.cuts)
    rows.append(row("F1 power cuts", cuts, time.monotonic() - started))
    print(rows[-1], flush=True)
    command = f"make trust ARGS='--cuts {asked.cuts}'"
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    REPORT.write_text(REPORT_TEXT.format(command=command, rows="\n".join(rows), machine=machine))
    return 0 if cuts.clean else 1


def row(name: str, outcome: Outcome, seconds: float) -> str:
    found = (outcome.crashes, outcome.acknowledged, outcome.lost, outcome.doubled, outcome.half, outcome.broken)
    return f"| {name} | {' | '.join(map(str, found))} | {seconds:.0f} |"


REPORT_TEXT = """# Trust: figures

Made by `{command}` on {machine}. How each figure is made stands in tests/crash/.

| figure | crashes | acknowledged | lost | doubled | half written | broken | seconds |
|---|---|---|---|---|---|---|---|
{rows}

Limits: the power cuts trust disks that keep what they were told to flush, and follow one writer on SQLite.
"""

if __name__ == "__main__":
    sys.exit(main())
