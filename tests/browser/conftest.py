"""What browser tests use: a served house, a browser, and a visitor in it.

    def test_a_leader_records_a_visit(visit):
        page = visit("contact_leader", width=360, javascript=False)
        page.goto("/desk/")

`shoot(page, name)` takes pictures; see docs/interface.md.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, MISSING, find
from tests.browser.furnished import ENVIRONMENT, Furnished
from tests.house import ROOT, House

Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = find()
    if found is None:
        pytest.skip(MISSING)
    return found


@dataclass(frozen=True)
class Open:
    """A served house: its address, and what stands in it."""

    address: str
    furnished: Furnished


@pytest.fixture(scope="session")
def furnished_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small world in it, made once per run: what a module records stays in its own copy."""
    home = tmp_path_factory.mktemp("furnished") / "house"
    house = House(home, environment=ENVIRONMENT)
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.furnished"], cwd=ROOT, env=house.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture(scope="module")
def opened(chromium: str, furnished_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A house of this module's own, served as people meet it. A copy, because the ledger cannot be emptied."""
    home = tmp_path_factory.mktemp("served") / "house"
    shutil.copytree(furnished_house, home)
    with House(home, environment=ENVIRONMENT).serve("--workers", "1") as served:
        yield Open(served.url, Furnished.of(home))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Per module: while it runs, its event loop would make Django refuse the database to other tests.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(opened: Open, browser: Browser) -> Iterator[Visit]:
    """Open a browser window for a named person of the small world, or a stranger: `visit("secretary", width=360)`.

    language: zh-hans or en; large: large text chosen; dark: the device is dark; javascript: False turns it off.
    """
    contexts = []

    def open_window(
        name: str | None = None,
        *,
        width: int = 360,
        language: str = "zh-hans",
        large: bool = False,
        dark: bool = False,
        javascript: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=opened.address,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        cookies = (
            {"django_language": language}
            | ({"text": "large"} if large else {})
            | ({"sessionid": opened.furnished.sessions[name]} if name else {})
        )
        context.add_cookies([{"name": key, "value": value, "url": opened.address} for key, value in cookies.items()])
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Take pictures of the page as it stands, at 360 and 1440 px in both languages, into the folder named by LIANXIN_PICTURES;
    without that variable nothing is taken."""
    target = os.environ.get("LIANXIN_PICTURES")

    def take(page: Page, name: str) -> None:
        if not target:
            return
        for language in ("zh-hans", "en"):
            choose(page, language)
            for width in (360, 1440):
                page.set_viewport_size({"width": width, "height": 800})
                page.reload()
                page.screenshot(path=Path(target) / f"{name}-{language}-{width}.png", full_page=True)

    return take


def choose(page: Page, language: str) -> None:
    """Read on in that language. The cookie is replaced: one set for the page's address would be another beside the house's."""
    page.context.clear_cookies(name="django_language")
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))}]
    )
