"""How long a workbook of people takes from the command to visible, and how much memory; beside a bare read of the same file.

`python -m benchmarks.workbooks [ROWS…]` (default 5300 100000). Each import runs in a process of its own, start-up included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

from benchmarks._figures import verdict

DEFAULT = (5_300, 100_000)
BRANCHES = 300
LIMITS = {5_300: (5.0, 400), 100_000: (60.0, 400)}
"""Rows → seconds and MB promised."""


def prepare(home: Path) -> None:
    """An installation with a county of branches and an administrator. Runs in a process of its own."""
    import django

    from lianxin.config.folder import Folder

    Folder(home).make()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from lianxin.accounts.models import User
    from lianxin.ledger import clock
    from lianxin.organizations import actions

    actor = User.objects.create_user("bench", created_at=clock.now())
    opened = date(2015, 1, 1)
    units = [actions.NewUnit("150000", "测试旗", "county", None, opened)]
    units += [actions.NewUnit(f"150000{n:03d}", f"第{n}镇", "township", "150000", opened) for n in range(15)]
    units += [
        actions.NewUnit(f"150000{n % 15:03d}{n:03d}-1", f"第{n}支部", "branch", f"150000{n % 15:03d}", opened)
        for n in range(BRANCHES)
    ]
    actions.found_units(actor=actor, units=units)


def write(file: Path, rows: int) -> None:
    """A workbook of people as the template asks for it; half of them with a phone. Synthetic people."""
    import xlsxwriter

    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    page = book.add_worksheet("people")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    heads = ("Person code", "Name", "Birth year", "Phone", "Unit code", "Member of", "Post", "From which day")
    for position, words in enumerate(heads):
        page.write_string(0, position, words)
    names = "王李张刘陈杨赵黄周吴乌兰巴图其格宝音"
    for n in range(rows):
        branch = n % BRANCHES
        name = names[n % 18] + names[n // 18 % 18] + names[n // 324 % 18]
        phone = f"138{n:08d}" if n % 2 else None
        cells = (f"P{n:06d}", name, 1950 + n % 50, phone, f"150000{branch % 15:03d}{branch:03d}-1", "rural")
        for position, value in enumerate(cells):
            if value is not None:
                page.write(n + 1, position, value)
        page.write_datetime(n + 1, 7, datetime(2016 + n % 9, 1 + n % 12, 1 + n % 28), day)
    book.close()


def bare_read(file: Path) -> float:
    """Seconds that calamine alone takes to hand over every cell."""
    from python_calamine import CalamineWorkbook

    begun = time.perf_counter()
    for _row in CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).iter_rows():
        pass
    return time.perf_counter() - begun


def run(home: Path, *arguments: str) -> tuple[float, float, float, str]:
    """Seconds, processor seconds, peak MB and the output of one command."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "lianxin", *arguments], stdout=subprocess.PIPE, env=environment(home), text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments}: exit {status}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.strip()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "LIANXIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "lianxin.config.settings", "LANG": "en"}


def main(sizes: tuple[int, ...] = DEFAULT) -> bool:
    """Print one line a size; False where a promise is not kept."""
    kept = True
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            python = [sys.executable, "-m", "benchmarks.workbooks", "--prepare", folder]
            subprocess.run(python, check=True, env=environment(home))
            file = home / "people.xlsx"
            write(file, rows)
            bare = bare_read(file)
            seconds, used, peak, said = run(home, "import", "people", str(file), "--as", "bench")
            again, _used, _peak, said_again = run(home, "import", "people", str(file), "--as", "bench")
            most_seconds, most_mb = LIMITS.get(rows, (float("inf"), float("inf")))
            right = seconds <= most_seconds and peak <= most_mb
            kept = kept and right
            row: dict[str, float | str] = {
                "rows": rows,
                "seconds": round(seconds, 2),
                "of_processor": round(used, 2),
                "again": round(again, 2),
                "bare_read": round(bare, 3),
            }
            row |= {"ratio": round(seconds / bare), "peak_mb": round(peak), "said": f"{said} / {said_again}"}
            if rows in LIMITS:
                row |= {"promised": f"≤ {most_seconds:.0f} s, ≤ {most_mb} MB", "verdict": verdict(right)}
            print(json.dumps(row, ensure_ascii=False), flush=True)
    return kept


if __name__ == "__main__":
    if sys.argv[1:2] == ["--prepare"]:
        prepare(Path(sys.argv[2]))
    else:
        sys.exit(0 if main(tuple(int(size) for size in sys.argv[1:]) or DEFAULT) else 1)
