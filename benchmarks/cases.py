"""Pages of cases among 10,000 and among a million (with five entries each), on SQLite and on PostgreSQL, warm.

`python -m benchmarks.cases [SIZE…]` (default 10000 1000000; a million is written in some minutes, twice). Pages are asked of the
whole product within one process, one after the other, by people who are signed in; p95 of thirty times each. How the rows come
about, and in what they differ from lived ones, stands in _case_world.py.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks._figures import verdict

DEFAULT = (10_000, 1_000_000)
MOST_P95, MOST_GROWTH = 150.0, 3.0
LEAST = 20.0
"""Growth below this many milliseconds is growth of next to nothing."""
TIMES = 30
PAGES: dict[str, tuple[str, str]] = {
    "list": ("county", "/cases/"),
    "list, of a state": ("county", "/cases/?state=open"),
    "list, a matter in a township": ("county", "/cases/?item=water&place=150000003"),
    "list, a rare source": ("county", "/cases/?source=open311&state=dispatch"),
    "list, nothing matches": ("county", "/cases/?source=import"),
    "list, the most pressing first": ("county", "/cases/?sort=due"),
    "list, of some days": ("county", "/cases/?since={day}&until={day}"),
    "list, of a township": ("township", "/cases/?state=ended"),
    "list, of a branch": ("secretary", "/cases/?state=ended"),
    "list, of who has a handful": ("small", "/cases/"),
    "search of one character": ("county", "/cases/?q=水"),
    "search of one rare character": ("county", "/cases/?q=鸿"),
    "search of four characters": ("county", "/cases/?q=下水道堵"),
    "search of four rare characters": ("county", "/cases/?q=鸿雁受伤"),
    "search of one character, of a township": ("township", "/cases/?q=水"),
    "search of four characters, of a branch": ("secretary", "/cases/?q=下水道堵"),
    "open a case": ("county", "/cases/{case}/"),
    "the county office's desk": ("county", "/desk/"),
    "a secretary's desk": ("secretary", "/desk/"),
    "the county's figures": ("county", "/cases/figures/"),
    "the county's figures, half months": ("county", "/cases/figures/?since={since}&until={day}"),
    "a township's figures": ("township", "/cases/figures/"),
    "list, as a figure opens it": ("county", "/cases/?place=150000&since={year}&state=solved&counted=1"),
    "list, as a rate opens it": ("county", "/cases/?place=150000&since={year}&rate=handled&met=1&counted=1"),
}


def main(sizes: tuple[int, ...] = DEFAULT) -> bool:
    """Print one line a page; False where a promise is not kept."""
    from tests.postgresql import throw_away_server

    kept = True
    for database in ("SQLite", "PostgreSQL"):
        found: dict[str, list[float]] = {}
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder, throw_away_server() if database != "SQLite" else nullcontext("") as url:
                for row in inside("--fill-and-measure", str(size), home=Path(folder), url=str(url)):
                    kept = said(database, size, row, found.setdefault(row["page"], [])) and kept
    return kept


def said(database: str, size: int, row: dict[str, Any], before: list[float]) -> bool:
    """One line of figures; whether it keeps the promise."""
    p95 = row.get("p95_ms")
    line = {"database": database, "cases": size, **row}
    kept = True
    if p95 is not None:
        before.append(p95)
        growth = max(p95, LEAST) / max(before[0], LEAST)
        kept = p95 <= MOST_P95 and growth <= MOST_GROWTH
        line |= {"growth": f"{growth:.1f}×", "promised": f"≤ {MOST_P95:.0f} ms, ≤ {MOST_GROWTH:.0f}×", "verdict": verdict(kept)}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return kept


def inside(*words: str, home: Path, url: str) -> list[dict[str, Any]]:
    """What a process of its own prints, over that folder and database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANXIN_")}
    environment |= {"LIANXIN_HOME": str(home), "LIANXIN_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "lianxin.config.settings"}
    command = [sys.executable, "-m", "benchmarks.cases", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def fill(size: int) -> None:
    from lianxin.config.folder import current_folder

    current_folder().make()
    import django

    django.setup()
    from benchmarks import _case_world

    begun = time.perf_counter()
    _case_world.make(size)
    print(json.dumps({"page": "(written)", "seconds": round(time.perf_counter() - begun)}), flush=True)


def measure(only: str = "") -> None:
    """Every page, thirty times, in turns."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import Resolver404, resolve

    from lianxin.accounts.models import User
    from lianxin.cases.models import Case
    from lianxin.home import views

    settings.ALLOWED_HOSTS = ["*"]
    middle = Case.objects.filter(state="solved").order_by("-pk")[100]
    day = middle.reported_on
    clients = {}
    pages = {}
    for name, (role, path) in PAGES.items():
        if only not in name:
            continue
        if role not in clients:
            clients[role] = Client(HTTP_ACCEPT_LANGUAGE="zh-CN")
            clients[role].force_login(User.objects.get(username=role), backend="lianxin.accounts.backends.AccountBackend")
        path = path.format(case=middle.pk, day=day, since=day - timedelta(days=100), year=day.replace(month=1, day=1))
        try:
            resolve(path.partition("?")[0])
        except Resolver404:
            continue
        pages[name] = (clients[role], path)
    gc.collect()
    gc.freeze()  # as a worker that serves (config/serve.py)
    times: dict[str, list[float]] = {name: [] for name in pages}
    queries = {}
    for name, (client, path) in pages.items():
        for _ in range(3):
            views._written._values.clear()  # a desk is written anew whenever anybody recorded anything
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code}")
        queries[name] = len(captured)
    for _ in range(TIMES):
        for name, (client, path) in pages.items():
            views._written._values.clear()
            begun = time.perf_counter()
            client.get(path)
            times[name].append((time.perf_counter() - begun) * 1000)
    for name, taken in times.items():
        taken.sort()
        p50, p95 = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
        print(
            json.dumps(
                {"page": name, "queries": queries[name], "p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}, ensure_ascii=False
            )
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fill-and-measure"]:
        fill(int(sys.argv[2]))
        measure()
    elif sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:])
    else:
        sys.exit(0 if main(tuple(int(word) for word in sys.argv[1:]) or DEFAULT) else 1)
