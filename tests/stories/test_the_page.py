"""The newspaper page of 2020, asked of the running product: every figure of it that is covered so far. Never of the script that
makes the demonstration; what is printed and served is what counts."""

import re
from collections import Counter

import pytest

from tests.stories.conftest import Demonstration

pytestmark = [pytest.mark.sqlite, pytest.mark.crash]

MAIN = "152221"
RICH = "150302001002"
STATES = ("met", "met_late", "unmet", "pending", "not_started", "not_applicable", "waived", "unknown")


def figure(brief: str, name: str) -> int:
    """The number a brief gives behind a name."""
    found = re.search(rf"{name} ([\d,]+)", brief)
    assert found, f"the brief names no {name}"
    return int(found[1].replace(",", ""))


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


def test_every_state_occurs_at_least_five_times_and_life_is_uneven(demonstration: Demonstration):
    seen: Counter[str] = Counter()
    for scheme in ("contact-131", "three-meetings-one-lesson", "election-due", "branch-standard-100"):
        for row in demonstration.json("schemes", "standings", scheme, "--format", "json"):
            if row["clause"]:
                seen[row["state"]] += 1
    for year_end in ("2025-12-31",):
        rows = demonstration.json("schemes", "standings", "three-meetings-one-lesson", "--as-of", year_end, "--format", "json")
        clauses = [row for row in rows if row["clause"] and row["state"] not in ("not_applicable", "waived")]
        seen.update(row["state"] for row in rows if row["clause"])
        share = sum(row["state"] in ("met", "met_late") for row in clauses) / len(clauses)
        assert 0.3 <= share <= 0.8
    assert {state: seen[state] for state in STATES if seen[state] < 5} == {}


def test_the_ledger_of_the_demonstration_verifies(demonstration: Demonstration):
    demonstration.command("verify")


def test_a_second_run_changes_nothing(demonstration: Demonstration, tmp_path):
    def tables() -> list[str]:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.backup"
        printed = demonstration.command("backup", str(file)).splitlines()
        return [line for line in printed if line.count("\t") == 2]

    before = tables()
    assert before
    demonstration.command("demo", "--no-serve")
    assert tables() == before
