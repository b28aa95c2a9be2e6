"""`make pictures`: the pictures of the two READMEs, taken of the demonstration as it is served.

python -m tests.browser.pictures [FOLDER]    FOLDER: docs/pictures unless named

A demonstration of its own, on a fixed day, in a folder that is thrown away: the same code gives the same pictures.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, executable
from tests.house import ROOT, House, Served

TODAY = "2026-11-20"
LANGUAGES = {"zh": ("zh-hans", "zh-CN"), "en": ("en", "en-GB")}
MOST_BYTES = 150_000
ONE_FONT = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern"><test name="family"><string>system-ui</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Noto Sans CJK SC</string></edit></match></fontconfig>"""
"""A bare server draws Latin letters in another type than Chinese ones; people's devices do not."""


@dataclass(frozen=True)
class Picture:
    """What is photographed: whose page, how large, and where; `{why}` is the first “why” on that person's desk."""

    name: str
    role: str
    path: str
    width: int
    height: int


PICTURES = (
    Picture("board", "county", "/board/#table", 1280, 900),
    Picture("desk", "leader", "/desk/", 360, 720),
    Picture("why", "leader", "{why}", 720, 720),
)


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lianxin-pictures-") as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(ONE_FONT)
        house = House(Path(folder) / "house", environment={"LIANXIN_TODAY": TODAY})
        print("Making a demonstration …", flush=True)
        house.run("demo", "--no-serve")
        with house.serve("--workers", "1") as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=executable(), args=ARGUMENTS, env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
            )
            for picture in PICTURES:
                for suffix in LANGUAGES:
                    taken = take(browser, served, picture, suffix, target)
                    print(f"{taken.relative_to(target.parent)}: {taken.stat().st_size:,} bytes", flush=True)
            browser.close()


def take(browser: Browser, served: Served, picture: Picture, suffix: str, target: Path) -> Path:
    language, locale = LANGUAGES[suffix]
    context = browser.new_context(
        base_url=served.url, viewport={"width": picture.width, "height": picture.height}, locale=locale, color_scheme="light"
    )
    context.set_default_timeout(120_000)  # the first board of a fresh demonstration on a busy machine
    page = context.new_page()
    page.goto("/demo/")
    page.locator(f"button[value={picture.role}]").click()
    page.wait_for_load_state()
    context.add_cookies([{"name": "django_language", "value": language, "url": served.url}])
    page.goto("/desk/")
    why = page.locator("a[href*='/standings/']").first.get_attribute("href") if "{why}" in picture.path else ""
    page.goto(picture.path.format(why=why))
    path = target / f"{picture.name}-{suffix}.png"
    page.screenshot(path=path)
    context.close()
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size:,} bytes; a README's picture has at most {MOST_BYTES:,}.")
    return path


if __name__ == "__main__":
    main()
