"""One figure, wherever it stands: brief, board, list and the command's JSON count the same units."""

import re
from collections import Counter

import pytest

from tests.stories.conftest import Demonstration
from tests.stories.visitor import Visitor

pytestmark = [pytest.mark.sqlite, pytest.mark.crash, pytest.mark.xdist_group("demonstration")]

MAIN = "152221"
SCHEMES = {
    "contact-131": "联系点“131”工作法",
    "election-due": "按期换届",
    "themed-day": "主题党日",
    "three-meetings-one-lesson": "三会一课",
    "branch-standard-100": "支部规范化百分制（示例）",
    "ten-star-village": "嘎查村十星级评定（示例）",
}
WORDS = {
    "met": "已达到",
    "behind": "进度落后",
    "impossible": "已无法达到",
    "on_track": "进度正常",
    "unmet": "未达到",
    "unknown": "未知",
}


def in_json(demonstration: Demonstration, scheme: str) -> dict[str, str]:
    """By unit: where its verdict stands, as the command says."""
    rows = demonstration.json("schemes", "standings", scheme, "--unit", MAIN, "--format", "json")
    found = {}
    for row in rows:
        if row["clause"] == "" and row["state"] not in ("not_applicable", "waived"):
            state = "met" if row["state"] == "met_late" else row["state"]
            found[row["unit"]] = (row["pace"] or "on_track") if state in ("pending", "not_started") else state
    return found


@pytest.fixture(scope="module")
def brief(demonstration: Demonstration) -> str:
    return demonstration.command("brief", "--unit", MAIN)


@pytest.fixture(scope="module")
def board(county_office: Visitor):
    return county_office.open("/board/")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_brief_board_list_and_json_count_the_same_units(demonstration: Demonstration, county_office, brief, board, scheme):
    listed = {state: units_listed(county_office, scheme, state) for state in WORDS}
    everyone = units_listed(county_office, scheme)
    assert Counter({state: len(units) for state, units in listed.items()}).total() == len(everyone)
    said = in_json(demonstration, scheme)
    assert {unit: said.get(unit) for units in listed.values() for unit in units} == {
        unit: state for state, units in listed.items() for unit in units
    }
    for unit in set(said) - everyone:  # who left during the year is judged, too, but is no unit of today
        assert re.search("撤销|并入", county_office.open(f"/units/{unit}/").words), unit
    on_board = totals_on(board, scheme)
    assert on_board.pop("") == len(everyone)
    assert on_board == {state: len(listed[state]) for state in on_board}
    if scheme != "election-due":  # told by its due days
        assert in_brief(brief, scheme) == {
            state: len(units) for state, units in listed.items() if state in in_brief(brief, scheme)
        }
        assert sum(in_brief(brief, scheme).values()) == len(everyone)


def test_the_townships_of_the_board_add_up_to_its_total_and_the_tiles_say_the_same(board):
    for scheme in SCHEMES:
        for state in ("", "met"):
            *parts, whole = cells(board, scheme, state)
            assert len(parts) > 10
            assert sum(parts) == whole, (scheme, state)
    tiles = [re.match(r"\S+ ([\d,]+)/([\d,]+) ", words) for address, words in board.links if address.startswith("/board/units/")]
    met, asked = cells(board, "contact-131", "met"), cells(board, "contact-131", "")
    told = [(int(one[1]), int(one[2])) for one in tiles if one]
    assert told == list(zip(met, asked, strict=True))[: len(told)]
    assert len(told) == len(asked) - 2  # what stands directly beneath the county, and the county itself, have no tile


def cells(board, scheme: str, state: str) -> list[int]:
    """A scheme's column of the table: place by place, what stands directly beneath, the whole."""
    shape = (
        rf"/board/units/\?(?=.*unit={MAIN})(?=.*scheme={scheme})" + (f"(?=.*state={state})" if state else "(?!.*state=)") + ".*"
    )
    return [
        int(words.replace(",", ""))
        for address, words in board.links
        if re.fullmatch(shape, address) and words.replace(",", "").isdigit()
    ]


def test_elections_are_told_alike(county_office, brief):
    late, soon, total = (
        int(found.replace(",", ""))
        for found in re.findall(r"已逾期 ([\d,]+) 个，六个月内到期 ([\d,]+) 个，.*?共 ([\d,]+) 个", brief)[0]
    )
    assert len(units_listed(county_office, "election-due", alert="overdue")) == late
    assert len(units_listed(county_office, "election-due", alert="due_soon")) == soon
    assert len(units_listed(county_office, "election-due")) == total


def units_listed(visitor: Visitor, scheme: str, state: str = "", alert: str = "") -> set[str]:
    """The units a list of the board names, all its pages through."""
    asked = (
        f"/board/units/?unit={MAIN}&scheme={scheme}" + (f"&state={state}" if state else "") + (f"&alert={alert}" if alert else "")
    )
    rows = visitor.rows(asked)
    units = {re.sub(r"^/units/([^/]+)/.*$", r"\1", row) for row in rows}
    assert len(units) == len(rows)
    return units


def totals_on(board, scheme: str) -> dict[str, int]:
    """The totals above the board, by state; "" is all units."""
    found = {}
    for address, words in board.links:
        asked = re.fullmatch(rf"/board/units/\?unit={MAIN}&scheme={scheme}(?:&state=(\w+))?", address)
        number = re.match(r"([\d,]+) ", words)
        if asked and number:
            found.setdefault(asked[1] or "", int(number[1].replace(",", "")))
    return found


def in_brief(brief: str, scheme: str) -> dict[str, int]:
    """The sum line beneath a scheme's title."""
    lines = brief.splitlines()
    [line] = [lines[at + 2] for at, line in enumerate(lines) if line == SCHEMES[scheme] and set(lines[at + 1]) == {"-"}]
    return {
        state: int(found[1].replace(",", ""))
        for state, words in WORDS.items()
        if (found := re.search(rf"([\d,]+) {words}", line))
    }
