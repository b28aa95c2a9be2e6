"""The newspaper page of 2020, asked of the running product: every figure of it that is covered so far. Never of the script that
makes the demonstration; what is printed and served is what counts."""

import csv
import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from lianxin.ledger import clock
from tests.stories.conftest import TODAY, Demonstration
from tests.stories.visitor import Visitor

pytestmark = [pytest.mark.sqlite, pytest.mark.crash, pytest.mark.xdist_group("demonstration")]

MAIN = "152221"
RICH = "150302001002"
OTHER = "150302"
FIELDS = ("嘎查村", "社区", "机关事业", "国有企业", "非公企业", "社会组织", "服务窗口")
PACES = ("on_track", "behind", "impossible")
YEAR_END = "2025-12-31"
STATES = ("met", "met_late", "unmet", "pending", "not_started", "not_applicable", "waived", "unknown")


def figure(brief: str, name: str) -> int:
    """The number a brief gives behind a name, where a line or an item of one begins with it."""
    found = re.search(rf"(?:^ *|[：、]){name} ([\d,]+)", brief, re.MULTILINE)
    assert found, f"the brief names no {name}"
    return int(found[1].replace(",", ""))


def read(name: str) -> list[dict[str, str]]:
    """The official division data, as they came."""
    with (Path(__file__).parents[2] / "lianxin/demo/data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "number"),
    [("农牧民党员", 5300), ("在职党员", 5893), ("旗外党员", 1800), ("联系点", 226), ("志愿服务队", 29)],
)
def test_the_brief_says_what_the_page_says(demonstration: Demonstration, name, number):
    assert figure(demonstration.command("brief", "--unit", MAIN), name) == number


def test_a_community_has_13_organisations_and_596_members(demonstration: Demonstration):
    brief = demonstration.command("brief", "--unit", RICH)
    assert figure(brief, "党员") == 596
    rows = demonstration.json("schemes", "standings", "election-due", "--unit", RICH, "--format", "json")
    assert len({row["unit"] for row in rows}) == 13


def test_the_226_points_are_met_behind_impossible_or_on_track(demonstration: Demonstration):
    rows = demonstration.json("schemes", "standings", "contact-131", "--unit", MAIN, "--format", "json")
    whole = [row for row in rows if row["clause"] == ""]
    assert len({row["unit"] for row in whole}) == len(whole) == 226
    told = Counter("met" if row["state"] in ("met", "met_late") else row["pace"] for row in whole)
    assert set(told) <= {"met", "behind", "impossible", "on_track"}
    assert sum(told.values()) == 226


def test_the_places_of_the_page_are_there(demonstration: Demonstration):
    rows = demonstration.json("schemes", "standings", "contact-131", "--unit", MAIN, "--format", "json")
    names = " ".join(row["name"] for row in rows)
    for place in ("特门嘎查", "良种场村", "碧桂园"):
        assert place in names


def test_the_points_lie_in_all_seven_fields(demonstration: Demonstration):
    brief = demonstration.command("brief", "--unit", MAIN)
    fields = {field: figure(brief, rf"{field} +") for field in FIELDS}
    assert min(fields.values()) >= 1
    assert sum(fields.values()) == 226


def test_every_official_place_is_a_unit_with_its_branch(demonstration: Demonstration, county_office: Visitor):
    rows = [row for row in read("division_villages.csv") if row["streetCode"].startswith((MAIN, OTHER))]
    branches = {
        row["unit"]
        for county in (MAIN, OTHER)
        for row in demonstration.json("schemes", "standings", "themed-day", "--unit", county, "--format", "json")
    }
    assert [row["name"] for row in rows if f"{row['code']}-1" not in branches] == []
    for row in read("division_streets.csv"):
        if row["areaCode"] == MAIN:
            assert row["name"] in county_office.open(f"/units/{row['code']}/").words


def test_every_state_occurs_at_least_five_times_and_life_is_uneven(demonstration: Demonstration):
    seen: Counter[str] = Counter()
    for asked in (
        ("contact-131",),
        ("three-meetings-one-lesson",),
        ("election-due",),
        ("branch-standard-100",),
        ("three-meetings-one-lesson", "--as-of", YEAR_END),
    ):
        rows = [row for row in demonstration.json("schemes", "standings", *asked, "--format", "json") if row["clause"]]
        seen.update(row[what] for row in rows for what in ("state", "pace") if row[what])
        if asked[0] in ("contact-131", "three-meetings-one-lesson"):
            owed = [row for row in rows if row["state"] not in ("not_applicable", "waived", "not_started")]
            met = sum(row["state"] in ("met", "met_late") for row in owed)
            assert asked[-1] == "three-meetings-one-lesson" or 0.3 <= met / len(owed) <= 0.8, asked
    assert {state: seen[state] for state in (*STATES, *PACES) if seen[state] < 5} == {}


def test_at_the_end_of_a_year_some_points_cannot_make_it_any_more(demonstration: Demonstration):
    """Before its last days nothing of “131” is impossible: three inspections still fit into three days."""
    brief = demonstration.command("brief", "--unit", MAIN, "--as-of", YEAR_END)
    line = next(line for line in brief.splitlines() if "各领域联系点共 226 个" in line)
    counts = [int(number) for number in re.findall(r"(\d+) (?:已达到|进度落后|已无法达到|进度正常)", line)]
    assert len(counts) == 4
    assert sum(counts) == 226
    assert counts[2] >= 5


# --- residents' problems ----------------------------------------------------------------------------------------------------


def test_9500_problems_claimed_1200_of_them_joint_work_and_40000_person_times(demonstration: Demonstration):
    brief = demonstration.command("brief", "--unit", MAIN)
    assert figure(brief, "认领群众问题") == 9500
    assert figure(brief, "协同办理的问题") == 1200
    assert 40_000 <= figure(brief, "服务群众人次") < 41_000
    assert 0.5 <= figure(brief, "群众评价已解决") / 9500 <= 0.9


@pytest.mark.parametrize(
    "state",
    [
        *("quarantined", "unclaimed", "dispatch", "led", "contested", "paused"),
        *("handled", "solved", "presumed", "withdrawn", "declined"),
    ],
)
def test_every_state_of_a_case_occurs_at_least_five_times(county_office: Visitor, state):
    listed = county_office.open(f"/cases/?state={state}")
    assert len({address for address, _words in listed.links if re.fullmatch(r"/cases/\d+/", address)}) >= 5


@pytest.mark.parametrize("stand", ["open", "granted", "declined", "lifted"])
def test_cases_were_left_out_of_the_adjusted_figures_or_not(county_office: Visitor, stand):
    listed = county_office.open(f"/cases/left-out/?state={stand}")
    assert len({address for address, _words in listed.links if re.fullmatch(r"/cases/\d+/", address)}) >= 5


@pytest.mark.parametrize("state", ["contested", "led", "solved"])
def test_a_case_was_returned_until_the_county_decides(county_office: Visitor, state):
    listed = county_office.open(f"/cases/?escalated=1&state={state}")
    assert any(re.fullmatch(r"/cases/\d+/", address) for address, _words in listed.links)


def test_residents_wait_to_be_called_back(county_office: Visitor):
    listed = county_office.open("/call-backs/")
    assert any(re.fullmatch(r"/call-backs/\d+/", address) for address, _words in listed.links)


# --- every irregularity of real life --------------------------------------------------------------------------------------


def test_a_village_moved_one_was_merged_and_both_timelines_say_so(county_office: Visitor):
    listed: dict[str, str] = {}
    official = {row["code"]: row for row in read("division_villages.csv") if row["streetCode"].startswith(MAIN)}
    for row in read("division_streets.csv"):
        if row["areaCode"] == MAIN:
            for unit in county_office.rows(f"/units/{row['code']}/units/"):
                listed[unit.split("/")[2]] = row["code"]
    moved = [code for code, row in official.items() if listed.get(code, row["streetCode"]) != row["streetCode"]]
    gone = [code for code in official if code not in listed]
    assert len(moved) >= 1
    assert len(gone) >= 1
    assert "行政区划调整（示例）" in county_office.open(f"/units/{moved[0]}/history/").words
    assert "撤并嘎查村（示例）" in county_office.open(f"/units/{gone[0]}/history/").words


def test_a_branch_was_founded_in_mid_year(county_office: Visitor):
    found = county_office.open("/units/?q=新办牧业企业党支部").words
    code = re.search(r"新办牧业企业党支部（示例） .*?(152221-\w+-1)", found)
    assert code
    assert "5月18日" in county_office.open(f"/units/{code[1]}/history/").words


def test_a_mistake_was_corrected_and_the_old_entry_stays_struck_through(county_office: Visitor):
    listed = county_office.open("/figures/home.corrections/?as_of=2026-10-31")
    entry = next(address for address, _words in listed.links if re.fullmatch(r"/entries/\d+/", address))
    page = county_office.open(entry)
    assert "后来已更正" in page.words
    assert '<li class="entry superseded">' in page.body


def test_entries_after_the_close_count_only_in_the_restated_verdict(demonstration: Demonstration):
    asked = ("schemes", "standings", "contact-131", "--unit", MAIN, "--period", YEAR_END[:4], "--format", "json")
    sealed = {(row["unit"], row["clause"]): row["n"] for row in demonstration.json(*asked)}
    restated = {(row["unit"], row["clause"]): row["n"] for row in demonstration.json(*asked, "--restated")}
    assert sealed.keys() == restated.keys()
    assert all(restated[key] >= n for key, n in sealed.items())
    assert sum(restated[key] > n for key, n in sealed.items()) >= 5


def test_an_election_is_overdue_and_a_clause_is_waived(demonstration: Demonstration):
    assert figure(demonstration.command("brief", "--unit", MAIN), "已逾期") >= 1
    meetings = demonstration.json("schemes", "standings", "three-meetings-one-lesson", "--format", "json")
    assert sum(row["state"] == "waived" for row in meetings) >= 1


def test_nothing_is_written_down_before_it_can_be(demonstration: Demonstration):
    with closing(sqlite3.connect(f"file:{demonstration.folder}/lianxin.sqlite3?mode=ro", uri=True)) as database:
        [(latest,)] = database.execute("SELECT max(recorded_at) FROM ledger_entry").fetchall()
    now = clock.local(clock.now())
    assert f"{clock.local(datetime.fromisoformat(latest)):%FT%T.%f}" <= f"{TODAY}T{now:%T.%f}"


def test_the_ledger_of_the_demonstration_verifies(demonstration: Demonstration):
    demonstration.command("verify")


def test_a_second_run_changes_nothing(demonstration: Demonstration, tmp_path):
    def tables() -> list[str]:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.backup"
        printed = demonstration.command("backup", str(file)).splitlines()
        return [line for line in printed if line.count("\t") == 2]

    after = tables()
    assert after
    for _ in range(3):  # it is served meanwhile: a clock that runs out in between is turned by the server
        before, _made = after, demonstration.command("demo", "--no-serve")
        after = tables()
        if after == before:
            return
    assert after == before
