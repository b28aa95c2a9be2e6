"""The demonstration, made once by its own command and served by the product's own server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.house import House
from tests.stories.visitor import Visitor

TODAY = "2026-11-20"
"""The demonstration's last day in tests, so that every run sees the same county."""


@dataclass(frozen=True)
class Demonstration:
    """A made demonstration: its folder, and what making it printed."""

    folder: Path
    printed: str

    def command(self, *words: str, status: int = 0, language: str = "zh_CN.UTF-8") -> str:
        """What a command prints on stdout."""
        environment = {**os.environ, "LIANXIN_HOME": str(self.folder), "LC_ALL": language}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        done = subprocess.run(
            [sys.executable, "-m", "lianxin", *words, "--today", TODAY],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == status, (
            f"lianxin {' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.command(*words))


@pytest.fixture(scope="session")
def made_demonstration() -> Iterator[Path]:
    """Made once: the tests that ask for it are of one group, which one worker process runs."""
    root = Path(tempfile.mkdtemp(prefix="lianxin-demonstration-"))
    text = Demonstration(root / "home", "").command("demo", "--no-serve")
    (root / "printed.txt").write_text(text)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def demonstration(made_demonstration: Path) -> Demonstration:
    """The demonstration as its command made it."""
    return Demonstration(made_demonstration / "home", (made_demonstration / "printed.txt").read_text())


@pytest.fixture(scope="session")
def county_office(demonstration: Demonstration) -> Iterator[Visitor]:
    """The county office's browser, reading in Chinese, on the demonstration as the product serves it."""
    with House(demonstration.folder).serve("--today", TODAY, "--workers", "1") as served:
        visitor = Visitor(served.url, language="zh-CN")
        roles = visitor.open("/demo/")
        secret = roles.form("csrfmiddlewaretoken").values["csrfmiddlewaretoken"]
        desk = visitor.open("/demo/", {"csrfmiddlewaretoken": secret, "username": "county"})
        assert desk.address.endswith("/desk/")
        yield visitor


@pytest.fixture(scope="session")
def ask(demonstration: Demonstration) -> Callable[..., str]:
    return demonstration.command
