"""What tests ask of the machine: a PostgreSQL server, a compiler, a browser. Absent parts are skipped with the reason, or fail
where everything is required (LIANXIN_REQUIRE_ALL=1, as in continuous integration)."""

import gc
import os
import re
import shutil
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware
from xdist.scheduler import LoadScopeScheduling

from tests.postgresql import NoServer, throw_away_server

ROOT = Path(__file__).resolve().parents[1]
REQUIRE_ALL = os.environ.get("LIANXIN_REQUIRE_ALL") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: everything is required here, but this was not run. {reason}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A failure is told at once, with its last lines: nobody waits for the end of a long run to begin mending."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.nodeid} ({report.when})\n{report.longreprtext[-1500:]}", file=sys.stderr, flush=True)


GROUPS = ("browser", "demonstration", "serve", "backup", "upgrade", "imports killed")
"""Tests that share something large, which one worker process runs one after the other; the longest first."""


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of one group go to one worker, any other to whoever is free. xdist's own way writes the group into a test's id, which
    pytest 9.2 no longer lets it do: each worker then made its own of everything large."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    return ByGroup(config, log)


@cache
def group_of(file: str) -> str:
    """The group of a file's tests, as its `pytestmark` names it; empty where it names none."""
    if file.startswith("tests/browser/"):
        return "browser"
    named = re.search(r'pytestmark = .*xdist_group\("([^"]+)"\)', (ROOT / file).read_text(encoding="utf-8"))
    return named[1] if named else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups begin at once, so that at the end no worker has a long one before it while the others have nothing left."""

    def turn(item: pytest.Item) -> int:
        group = group_of(item.nodeid.partition("::")[0])
        return GROUPS.index(group) if group in GROUPS else len(GROUPS)

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: looking through all of it again and again took a tenth of the time of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


class LookedOnceMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, which looks for static files in all packages when it is made: once a process, as where the house is served."""

    found: dict[str, Any] = {}

    def add_files_from_finders(self) -> None:
        if not self.found:
            super().add_files_from_finders()
            self.found.update(self.files)
        self.files.update(self.found)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a PostgreSQL server with an empty database: the one this run is on, else a throw-away one."""
    given = os.environ.get("LIANXIN_DATABASE_URL")
    if given:
        yield given
        return
    try:
        with throw_away_server() as url:
            yield url
    except NoServer as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def default_language() -> None:
    """Each test begins in the product's own language, whatever a request before it asked for."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def compiler() -> str:
    """The machine's C compiler."""
    found = shutil.which("cc") or shutil.which("gcc")
    if found is None:
        pytest.skip("no C compiler: install gcc")
    return found
