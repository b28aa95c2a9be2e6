"""A workbook whose bringing-in is killed half-way is seen as a whole or not at all, and the same command brings it in."""

import json
import subprocess
import sys

import pytest

from tests.crash.imports import POINTS, ROWS
from tests.crash.life import PREPARE
from tests.house import ROOT, new_house

pytestmark = pytest.mark.xdist_group("imports killed")

WHOLE = {"people": ROWS, "entries": ROWS, "there": ROWS, "state": "done", "staged": 0}


@pytest.fixture(scope="module")
def findings():
    """Per point: what was there after the kill, and after the same command again."""
    with new_house(made=False) as house:
        house.python(PREPARE)
        command = [sys.executable, "-m", "tests.crash.imports"]
        done = subprocess.run(command, cwd=ROOT, env=house.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        whole = house.run("verify").stderr
        assert "the chain is whole" in whole
        return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("point", POINTS[:-1])
def test_killed_before_its_end_nothing_of_it_is_seen(findings, point):
    killed = findings[point]["killed"]
    assert findings[point]["died_of"] == 9
    assert (killed["people"], killed["entries"]) == (0, 0)


def test_killed_between_slices_only_whole_slices_are_there_unseen(findings):
    assert findings["between two slices"]["killed"]["there"] == 200
    assert findings["within a slice"]["killed"]["there"] == 200  # the second was written, and is gone with its transaction
    assert findings["just before it is seen"]["killed"]["there"] == ROWS


def test_killed_just_after_the_flag_all_of_it_is_seen(findings):
    killed = findings[POINTS[-1]]["killed"]
    assert findings[POINTS[-1]]["died_of"] == 9
    assert (killed["people"], killed["entries"]) == (ROWS, ROWS)


@pytest.mark.parametrize("point", POINTS)
def test_the_same_command_again_brings_all_of_it_in_once(findings, point):
    assert findings[point]["again"] == WHOLE
