"""What browser tests use: a served house, a browser, and a visitor in it.

    def test_a_leader_records_a_visit(visit):
        page = visit("contact_leader", width=360, javascript=False)
        page.goto("/desk/")

`shoot(page, name)` takes pictures; see docs/interface.md.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.house import House, make_template, served

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("no Chromium: install chromium and fonts-noto-cjk")
    return found


@pytest.fixture(scope="session")
def template_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template") / "house")


@pytest.fixture(scope="module")
def house(chromium: str, template_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of this module's own. What its tests record stays in it."""
    with served(template_house, tmp_path_factory.mktemp("served") / "house") as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Per module: while it runs, its event loop would make Django refuse the database to other tests.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(house: House, browser: Browser) -> Iterator[Visit]:
    """Open a browser window for a named person of the small world, or a stranger: `visit("secretary", width=360)`.

    language: zh-hans or en; large: large text chosen; dark: the device is dark; javascript: False turns it off.
    """
    opened = []

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
            base_url=house.address,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        cookies = (
            {"django_language": language}
            | ({"text": "large"} if large else {})
            | ({"sessionid": house.sessions[name]} if name else {})
        )
        context.add_cookies([{"name": key, "value": value, "url": house.address} for key, value in cookies.items()])
        context.set_default_timeout(15_000)
        opened.append(context)
        return context.new_page()

    yield open_window
    for context in opened:
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
            page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
            for width in (360, 1440):
                page.set_viewport_size({"width": width, "height": 800})
                page.reload()
                page.screenshot(path=Path(target) / f"{name}-{language}-{width}.png", full_page=True)

    return take
