"""What every page must be: accessible, labelled, within its column, light."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LARGE_TEXT_RULES = [*RULES, "wcag2aaa"]
FIRST_VISIT_BYTES = 60 * 1024

UNLABELLED = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter((field) => !["hidden", "submit", "button"].includes(field.type))
  .filter((field) => !field.labels?.length && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"))
  .map((field) => field.outerHTML)"""
SMALL_TEXT = """() => [...document.querySelectorAll("body *")]
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  .filter((element) => !element.closest(".shape, .unseen, svg") && element.getClientRects().length)
  .filter((element) => parseFloat(getComputedStyle(element).fontSize) < 12.99)
  .map((element) => element.outerHTML.slice(0, 120))"""


def assert_accessible(page: Page, *, large: bool = False) -> None:
    """No violation known to axe, and a label on every field: a placeholder is none, which axe lets pass."""
    found = Axe().run(page, options={"runOnly": LARGE_TEXT_RULES if large else RULES, "resultTypes": ["violations"]})
    violations = [_brief(violation) for violation in found.response["violations"]]
    assert violations == [], f"{page.url}: {violations}"
    assert page.evaluate(UNLABELLED) == [], page.url


def _brief(violation: dict[str, Any]) -> str:
    nodes = "; ".join(f"{node['html'][:160]} ({node['failureSummary'][:200]})" for node in violation["nodes"][:3])
    return f"{violation['id']}: {nodes}"


def assert_fits(page: Page) -> None:
    """Nothing hangs over the edge of the screen, and no text is under 13 px."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the screen"
    assert page.evaluate(SMALL_TEXT) == [], page.url


def bytes_of_first_visit(page: Page, address: str) -> int:
    """Everything that travels when a person opens the address for the first time."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    return int(sum(sizes))
