"""`lianxin import` at the terminal."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import OperationalError

from lianxin.imports.commands import import_
from lianxin.imports.models import StagedSlice, Upload
from lianxin.imports.tests.books import book, person, unit
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations.models import Designation, Fact, Membership, Person, Post, Unit


@pytest.fixture
def run(world, tmp_path: Path):
    """Save a workbook and import it: `run("people", content)`."""

    def run_import(sheet: str, content: bytes, *options: str) -> Result:
        file = tmp_path / "book.xlsx"
        file.write_bytes(content)
        return CliRunner().invoke(import_, [sheet, str(file), *options])

    return run_import


def test_the_same_workbook_again_adds_nothing(run):
    content = book("people", person(), person(code="X0002", name="朝鲁", title="secretary"))
    first = run("people", content)
    assert (first.exit_code, first.stdout) == (0, "新增 2 行，未变 0 行\n"), first.stderr
    entries = Entry.objects.count()
    again = run("people", content)
    assert (again.exit_code, again.stdout) == (0, "新增 0 行，未变 2 行\n")
    assert Entry.objects.count() == entries


def test_people_are_visible_with_their_memberships_posts_and_phones_once_all_is_written(run, world):
    run("people", book("people", person(title="contact_leader", phone="138 0000 0001")))
    registered = Person.objects.get(code="X0001")
    assert registered.phone_index and registered.sealed_phone and b"13800000001" not in bytes(registered.sealed_phone)
    assert Membership.objects.on(date(2026, 1, 1)).get(person=registered).unit == world.branch
    assert Post.objects.on(date(2026, 1, 1)).get(person=registered).title == "contact_leader"
    assert Entry.objects.standing().filter(subject=f"organizations.person:{registered.pk}").count() == 1
    assert Batch.objects.get().visible


def test_a_person_with_two_posts_has_two_rows(run, world):
    rows = [person(membership="", title="contact_leader"), person(unit="152221100003-1", membership="", title="contact_leader")]
    assert run("people", book("people", *rows)).stdout == "新增 2 行，未变 0 行\n"
    assert Post.objects.filter(person__code="X0001").count() == 2
    more = person(unit="152221200203", membership="", title="head")
    assert run("people", book("people", *rows, more)).stdout == "新增 1 行，未变 2 行\n"


def test_the_committees_facts_follow_from_imported_posts(run, world):
    run("units", book("units", unit()))
    titles = ("secretary", "committee_member", "committee_member")
    rows = [person(code=f"X{n}", name="甲乙丙"[n], title=title, unit="152221200203-2") for n, title in enumerate(titles)]
    assert run("people", book("people", *rows)).exit_code == 0
    facts = dict(Fact.objects.known().filter(unit__code="152221200203-2").values_list("key", "value"))
    assert (facts["committee"], facts["committee_size"]) == ("true", "3")


def test_units_are_founded_beneath_their_parents_with_facts_and_designation(run, world):
    rows = [
        unit(code="152221200204", name="新立嘎查", kind="village", parent="152221200", field="village"),
        unit(
            code="152221200204-1",
            name="新立嘎查党支部",
            parent="152221200204",
            term_years=5,
            founded_on=date(2021, 9, 28),
            contact_point_since=date(2022, 1, 1),
        ),
    ]
    done = run("units", book("units", *rows))
    assert (done.exit_code, done.stdout) == (0, "新增 2 行，未变 0 行\n"), done.stderr
    branch = Unit.objects.get(code="152221200204-1")
    assert branch.path.startswith(world.township.path)
    assert dict(Fact.objects.known().filter(unit=branch).values_list("key", "value")) == {
        "term_years": "5",
        "founded_on": "2021-09-28",
    }
    assert Designation.objects.known().get(unit=branch).since == date(2022, 1, 1)
    assert run("units", book("units", *rows)).stdout == "新增 0 行，未变 2 行\n"


def test_a_units_new_name_and_term_are_changes_with_an_entry_each(run, world):
    known = unit(
        code="152221200203-1", name="特门嘎查联合党支部", parent="152221200203", opened_on=date(2020, 1, 1), term_years=3
    )
    before = Entry.objects.count()
    done = run("units", book("units", known))
    assert (done.exit_code, done.stdout) == (0, "新增 0 行，更改 1 行，未变 0 行\n"), done.stderr
    assert Unit.objects.get(code="152221200203-1").name == "特门嘎查联合党支部"
    assert Fact.objects.known().get(unit=world.branch, key="term_years", until=None).value == "3"
    assert Entry.objects.count() == before + 2


def test_a_unit_of_the_past_is_brought_in_with_its_closing_day(run, world):
    assert run("units", book("units", unit(closed_on=date(2023, 1, 1)))).exit_code == 0
    assert Unit.objects.get(code="152221200203-2").closed_on == date(2023, 1, 1)


def test_a_dry_run_changes_nothing(run):
    before = Entry.objects.count()
    tried = run("people", book("people", person()), "--dry-run")
    assert (tried.exit_code, tried.stdout) == (0, "试运行：新增 1 行，未变 0 行\n")
    assert (Entry.objects.count(), Batch.objects.count(), Person.objects.filter(code="X0001").count()) == (before, 0, 0)


def test_mistakes_go_to_stderr_one_per_line_with_the_cell_and_nothing_is_brought_in(run, tmp_path):
    list_of_all = tmp_path / "mistakes.xlsx"
    content = book("people", person(), person(code="X0002", unit="152221200999", since="明天"))
    refused = run("people", content, "--mistakes", str(list_of_all))
    lines = refused.stderr.splitlines()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert lines[0].startswith("第 3 行 H 列「起始日期」：填的是 明天。")
    assert lines[1].startswith("第 3 行 E 列「单位代码」：填的是 152221200999。没有这个单位")
    assert lines[2].endswith("有 1 行填写有误，没有导入任何内容。")
    assert list_of_all.read_bytes().startswith(b"PK")
    assert not Person.objects.filter(code="X0001").exists()
    assert not StagedSlice.objects.exists()


def test_the_default_name_beside_the_records_is_the_first_administrators(run, world):
    run("people", book("people", person()))
    assert Entry.objects.latest("id").actor == world.user("administrator")
    run("people", book("people", person(code="X0002")), "--as", "county_officer")
    assert Entry.objects.latest("id").actor == world.user("county_officer")


def test_a_locked_database_is_said_in_one_line_and_the_same_command_goes_on(run, monkeypatch):
    content = book("people", person())

    def locked(**_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr("lianxin.imports.commands.publish_upload", locked)
        refused = run("people", content)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "数据库没有响应" in refused.stderr
    assert not Person.objects.filter(code="X0001").exists()
    assert run("people", content).stdout == "新增 1 行，未变 0 行\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["people", "absent.xlsx"], "读不到 absent.xlsx"),
        (["cows", "absent.xlsx"], "cows"),
        (["people", "absent.xlsx", "--as", "nobody"], "absent.xlsx"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(world, arguments, sentence):
    refused = CliRunner().invoke(import_, arguments)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert sentence in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_the_template_is_written_and_what_is_filled_into_it_is_read(world, tmp_path):
    file = tmp_path / "template.xlsx"
    written = CliRunner().invoke(import_, ["units", str(file), "--template"])
    assert written.exit_code == 0, written.stderr
    empty = CliRunner().invoke(import_, ["units", str(file)])
    assert empty.exit_code == 1
    assert "没有数据" in empty.stderr
    assert Upload.objects.latest("id").rows == 0
