"""A rule author at a terminal: data on stdout, talk on stderr, one plain line and exit 1 where something cannot be done."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations import actions as organizations
from lianxin.schemes import actions, commands
from lianxin.schemes.library import EXAMPLES, FOLDER
from lianxin.schemes.models import Standing, Version
from tests.world import World

GOOD = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8")
BRANCH = "152221200203-1"
SAMPLES = Path(__file__).parent / "samples"
ROW = {
    "unit", "name", "scheme", "version", "period", "clause", "n", "need", "missing", "due", "state", "pace", "as_of",
    "known_as_of",
}  # fmt: skip


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def published(world: World) -> World:
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    return world


def run(*words: object) -> Result:
    return CliRunner().invoke(commands.schemes, [str(word) for word in words], catch_exceptions=False)


def newer(at_least: int = 1, version: str = "2025.9", since: str = "2025-01-01") -> str:
    text = GOOD.replace('"2020.1"', f'"{version}"').replace("2020-08-07", since)
    return text.replace("at_least: 3", f"at_least: {at_least}")


def file(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_list_names_what_is_in_force_and_what_is_on_trial(published: World, tmp_path: Path):
    run("publish", file(tmp_path, newer() + "mode: trial\n"))
    lines = run("list").stdout.splitlines()
    assert "contact-131\t2020.1\t2020-08-07\tContact points, “131”" in lines
    assert "contact-131\t2025.9\t2025-01-01\ton trial" in lines


@pytest.mark.django_db
def test_standings_are_rows_of_one_shape_in_json_and_csv(published: World):
    record(actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=date(2025, 3, 2))
    done = run("standings", "contact-131", "--unit", BRANCH, "--as-of", "2025-06-30", "--format", "json")
    rows = json.loads(done.stdout)
    assert done.stderr == "" and [set(row) for row in rows] == [ROW] * 4
    assert [row["clause"] for row in rows] == ["research", "inspect", "solve", ""]
    assert rows[1] == {
        "unit": BRANCH, "name": "特门嘎查党支部", "scheme": "contact-131", "version": "2020.1", "period": "2025",
        "clause": "inspect",
        "n": 1, "need": 3, "missing": 2, "due": "2025-12-31", "state": "pending", "pace": "on_track", "as_of": "2025-06-30",
        "known_as_of": None,
    }  # fmt: skip
    done = run("standings", "contact-131", "--unit", BRANCH, "--as-of", "2025-06-30", "--format", "csv")
    [_head, _research, inspect, *_rest] = csv.reader(io.StringIO(done.stdout))
    assert inspect[:9] == [BRANCH, "特门嘎查党支部", "contact-131", "2020.1", "2025", "inspect", "1", "3", "2"]
    known = run("standings", "contact-131", "--as-of", "2025-06-30", "--known-as-of", "2025-07-01", "--format", "json")
    assert json.loads(known.stdout) == []  # on 1 July 2025 nothing of this was known yet


@pytest.mark.django_db
def test_the_table_of_a_county_holds_every_unit_once_a_clause(published: World):
    lines = run("standings", "contact-131", "--as-of", "2025-06-30").stdout.splitlines()
    assert lines[0].split() == ["unit", "name", "clause", "n", "need", "missing", "due", "state", "pace"]
    assert len(lines) == 1 + 2 * 4
    assert len(run("standings", "contact-131", "--unit", "152221", "--as-of", "2025-06-30").stdout.splitlines()) == 1 + 4


@pytest.mark.django_db
def test_a_move_changes_nothing_of_what_stood_beneath_a_unit_before_it(published: World, monkeypatch: pytest.MonkeyPatch):
    world, day = published, date(2025, 6, 30)
    asked = ("standings", "contact-131", "--as-of", day, "--format", "json", "--unit")
    before = [run(*asked, unit.code).stdout for unit in (world.county, world.township, world.sibling)]
    monkeypatch.setenv(clock.FIXED_DAY, "2025-07-01")
    organizations.move_unit(
        actor=world.user("county_officer"), unit=world.village, to=world.sibling, day=date(2025, 7, 1), reason="区划调整"
    )
    assert [run(*asked, unit.code).stdout for unit in (world.county, world.township, world.sibling)] == before
    assert BRANCH in before[1] and BRANCH not in before[2]
    now = run("standings", "contact-131", "--as-of", "2025-07-01", "--format", "json", "--unit", world.sibling.code).stdout
    assert BRANCH in now


@pytest.mark.django_db
def test_explain_names_the_entries_and_the_rule(published: World):
    for _twice in range(2):
        entry = record(
            actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=date(2025, 3, 2)
        )
    said = run("explain", "contact-131", BRANCH, "--clause", "inspect", "--as-of", "2025-06-30").stdout
    assert "Inspection 1/3, 2 to go, by 31 Dec  [pending]" in said
    assert f"#{entry.pk}: a second one on the same day" in said
    assert "once_per: day" in said and "SELECT" not in said
    assert "SELECT" in run("explain", "contact-131", BRANCH, "--as-of", "2025-06-30", "--sql").stdout


@pytest.mark.django_db
def test_diff_then_publish_and_what_was_published_is_never_edited(published: World, tmp_path: Path):
    record(actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=clock.today())
    new = file(tmp_path, newer())
    compared = run("diff", "contact-131", new)
    assert f"{BRANCH}\t特门嘎查党支部\tinspect\tpending → met" in compared.stdout
    assert "0 units would change verdict." in compared.stderr  # research and a problem are missing all the same
    assert run("diff", FOLDER / "contact-131.yaml", new).stdout == compared.stdout
    done = run("publish", new)
    assert (done.exit_code, done.stdout) == (0, "") and "Published contact-131@2025.9." in done.stderr
    assert "was published already" in run("publish", new).stderr
    edited = run("publish", file(tmp_path, newer(at_least=2)))
    assert edited.exit_code == 1
    assert f"{tmp_path / 'mine.yaml'}:" in edited.stderr and "found version 2025.9 again" in edited.stderr
    assert Version.objects.filter(key="contact-131").count() == 2
    assert Entry.objects.filter(kind="schemes.published", data__scheme="contact-131").count() == 2


@pytest.mark.django_db
def test_a_version_for_the_same_days_is_refused_and_nothing_is_published(published: World, tmp_path: Path):
    done = run("publish", file(tmp_path, newer(since="2020-08-07")))
    assert done.exit_code == 1 and "the same days as version 2020.1" in done.stderr
    assert not Version.objects.filter(version="2025.9").exists()


@pytest.mark.django_db
def test_a_scheme_that_draws_on_one_nobody_published_is_refused(world: World):
    done = run("publish", FOLDER / "branch-standard-100.yaml")
    assert done.exit_code == 1 and "found from: contact-131, expected a scheme that is published" in done.stderr


@pytest.mark.django_db
def test_a_circle_over_what_is_published_is_refused(published: World, tmp_path: Path):
    text = newer().replace("count: {kind: liaison.researched, at_least: 1}", "from: {scheme: branch-standard-100, use: met}")
    done = run("publish", file(tmp_path, text))
    assert done.exit_code == 1 and "contact-131 → branch-standard-100 → contact-131" in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["standings", "contact-131", "--as-of", "1990-01-01"], "“contact-131” was not in force then."),
        (["standings", "nope"], "There is no scheme “nope” in force. There are: branch-standard-100,"),
        (["standings", "contact-131", "--unit", "99"], "There is no unit with the code “99”."),
        (["standings", "contact-131", "--period", "2025-Q1"], "found the period “2025-Q1”, expected one like 2026"),
        (["standings", "contact-131", "--period", "2190"], "found the period 2190, expected one that has begun by"),
        (["standings", "contact-131", "--period", "9999"], "found the period “9999”"),
        (["explain", "contact-131", "99"], "There is no unit with the code “99”."),
        (["explain", "contact-131", "152221"], "contact-131 asks nothing of 科尔沁右翼前旗 in that period."),
        (["explain", "contact-131", BRANCH, "--clause", "x"], "has no clause “x”. There are: research, inspect, solve."),
        (["diff", "nope", FOLDER / "contact-131.yaml"], "There is no scheme “nope” in force."),
        (["diff", "contact-131", "/none/such.yaml"], "/none/such.yaml:1: found no file that can be read"),
        (["publish", "/none/such.yaml"], "/none/such.yaml:1: found no file that can be read"),
        (["check", "/"], "1 mistake."),
        (["test", FOLDER / "contact-131.yaml"], "expected one of scheme, subjects, records, cases"),
        (["standings", "contact-131", "--as-of", "2025-02-30"], "found “2025-02-30”, expected a day such as 2026-10-01"),
        (["standings", "contact-131", "--known-as-of", "soon"], "found “soon”, expected a time such as"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(published: World, words: list[object], said: str):
    done = run(*words)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_check_names_every_mistake_on_stdout_and_counts_them_on_stderr(tmp_path: Path):
    bad = file(tmp_path, GOOD.replace("closes: 10d", "closes: 10").replace("period: year", "periods: year"))
    done = run("check", bad, FOLDER / "themed-day.yaml")
    assert done.exit_code == 1 and "3 mistakes." in done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [str(bad)] * 3


def test_check_finds_circles_and_overlaps_between_files(tmp_path: Path):
    one = file(tmp_path, newer(since="2020-08-07"), "one.yaml")
    done = run("check", FOLDER / "contact-131.yaml", one)
    assert done.exit_code == 1 and f"{one}:5: found the same days as version 2020.1" in done.stdout


def test_a_kind_that_no_room_declares_is_a_warning_only(tmp_path: Path):
    done = run("check", file(tmp_path, GOOD.replace("liaison.inspected", "sports.run")))
    assert done.exit_code == 0
    assert "warning: no room declares entries of kind “sports.run”; “inspect” will be unknown" in done.stdout


def test_an_example_of_another_version_is_refused(tmp_path: Path):
    text = (EXAMPLES / "contact-131.yaml").read_text(encoding="utf-8").replace("@2020.1", "@2021.1")
    done = run("test", file(tmp_path, text))
    assert done.exit_code == 1 and "found contact-131@2021.1, expected the scheme contact-131@2020.1" in done.stderr


def test_postgresql_without_a_server_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LIANXIN_TEST_POSTGRESQL", raising=False)
    monkeypatch.delenv("LIANXIN_DATABASE_URL", raising=False)
    done = run("test", EXAMPLES / "contact-131.yaml", "--backend", "postgresql")
    assert done.exit_code == 1 and "Set LIANXIN_TEST_POSTGRESQL" in done.stderr


@pytest.mark.postgresql
def test_every_sample_comes_out_on_postgresql(postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIANXIN_TEST_POSTGRESQL", postgresql_url)
    done = run("test", *sorted(EXAMPLES.glob("*.yaml")), "--backend", "postgresql")
    assert done.exit_code == 0 and done.stdout.endswith(" passed, 0 failed\n"), done.output
    done = run("test", SAMPLES / "solving.examples.yaml", "--scheme", SAMPLES / "solving.yaml", "--backend", "postgresql")
    assert (done.exit_code, done.stdout) == (0, "17 passed, 0 failed\n"), done.output


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
def test_a_ratio_days_in_each_quarter_and_a_veto_by_a_state_come_out_as_reckoned_by_hand(backend: str):
    done = run("test", SAMPLES / "solving.examples.yaml", "--scheme", SAMPLES / "solving.yaml", "--backend", backend)
    assert (done.exit_code, done.stdout) == (0, "17 passed, 0 failed\n"), done.output


@pytest.mark.django_db
def test_seal_seals_what_has_closed_once(published: World):
    assert run("seal").stdout == ""
    year = clock.today().year
    with clock.standing_at(clock.instant(date(year + 1, 2, 1), 9)):
        lines = run("seal").stdout.splitlines()
        assert f"contact-131\t{year}\t8" in lines and len(lines) == 6
        assert run("seal").stdout == ""
    assert Standing.objects.filter(scheme="contact-131", period=str(year)).count() == 8
