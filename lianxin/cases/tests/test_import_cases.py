"""Past messages with replies: brought in from a workbook of elsewhere, with the dates they had."""

from datetime import date

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, transaction

from lianxin.cases.errors import CaseError
from lianxin.cases.import_cases import PAST_CASES
from lianxin.cases.models import CallBack, Case, CaseClock, CaseStep, Reporter
from lianxin.cases.queries.lists import case_list
from lianxin.cases.queries.office import office_of
from lianxin.config.verify import verify
from lianxin.imports import commands
from lianxin.imports.tests.books import book
from lianxin.ledger.models import Entry

HEADS = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]
ROWS = [
    [1001, "A00012", "路灯不亮", "2020/3/5 9:08:07", "\t\u3000路灯\xa0不亮\u200b\n\n", "已修好", "2020/3/12 14:00:00"],
    ["1002", "王二", "水井", "2020-04-01 23:30", "水井不出水", "换" * 5000, "2020-04-02"],
]


def workbook(tmp_path, *rows, heads=HEADS):
    path = tmp_path / "past.xlsx"
    path.write_bytes(book("cases", *(rows or ROWS), heads=heads))
    return path


@pytest.fixture
def bring(world, tmp_path):
    def run(path, *words):
        chosen = words if any("place=" in word for word in words) else (*words, "--mapping", "place=152221200203")
        return CliRunner().invoke(commands.import_, ["cases", str(path), "--as", "township_officer", *chosen])

    return run


def test_each_message_is_a_closed_case_with_its_own_days_and_nobodys_verdict(world, bring, tmp_path):
    done = bring(workbook(tmp_path))
    assert done.exit_code == 0, done.output
    first, second = Case.objects.order_by("id")
    assert {case.state for case in (first, second)} == {"presumed"}
    assert (first.source, first.place, first.reported_on) == ("import", world.village, date(2020, 3, 5))
    assert str(first.reported_at) == "2020-03-05 01:08:07"
    assert (str(second.reported_at), second.reported_on) == ("2020-04-01 15:30:00", date(2020, 4, 1))
    days = dict(Entry.objects.filter(subject=first.subject).values_list("kind", "happened_on"))
    assert (days["cases.reported"], days["cases.handled"]) == (date(2020, 3, 5), date(2020, 3, 12))
    assert "cases.solved" not in days
    words = dict(CaseStep.objects.filter(case=second).values_list("move", "id"))
    assert CaseStep.objects.get(pk=words["handle"]).text == "换" * 5000
    assert CaseStep.objects.get(case=first, move="report").text == "路灯不亮\n路灯 不亮"
    assert not CallBack.objects.exists()
    assert not CaseClock.objects.filter(stopped_at=None).exists()


def test_no_name_of_a_writer_is_kept_anywhere(world, bring, tmp_path):
    bring(workbook(tmp_path))
    assert not any("王二" in step.text for step in CaseStep.objects.all())


def test_the_same_file_again_adds_none_and_other_words_are_not_overwritten(world, bring, tmp_path):
    bring(workbook(tmp_path))
    again = bring(workbook(tmp_path))
    assert again.exit_code == 0
    assert Case.objects.count() == 2
    changed = bring(workbook(tmp_path, ROWS[0], [*ROWS[1][:5], "别的答复", ROWS[1][6]]))
    assert changed.exit_code == 1
    assert "1002" in changed.output
    assert Case.objects.count() == 2


def test_a_dry_run_writes_nothing_and_says_how_it_was_read(world, bring, tmp_path):
    dry = bring(workbook(tmp_path), "--dry-run")
    assert "答复意见" in dry.output
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ([1, "", "题", "2020/3/5 9:00", "话", "复", "2020/3/4 9:00"], "G"),
        ([1, "", "题", "昨天", "话", "复", "2020/3/5"], "D"),
        ([1, "", "题", "2020/3/5 25:00", "话", "复", "2020/3/6"], "D"),
        ([1, "", "题", "2020/3/5", " \u3000", "复", "2020/3/6"], "E"),
        ([1, "", "题", "2020/3/5", "话", "", "2020/3/6"], "F"),
        ([1, "", "题", "2020/3/5", "话" * 9001, "复", "2020/3/6"], "E"),
        ([1, "", "题", "2999/3/5", "话", "复", "2999/3/6"], "D"),
        ([1, "", "题", "2019/3/5", "话", "复", "2020/3/6"], "特门嘎查"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_brought_in(world, bring, tmp_path, row, named):
    refused = bring(workbook(tmp_path, ROWS[0], row))
    assert refused.exit_code == 1
    assert named in refused.output
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--mapping", "place=152221200203-1"], "特门嘎查党支部"),
        (["--mapping", "place=999"], "999"),
        (["--mapping", "place=152221200203", "--mapping", "reply=回函"], "回函"),
        (["--mapping", "place=152221200203", "--mapping", "colour=红"], "colour"),
        (["--mapping", "place="], "KEY=HEADING"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(world, bring, tmp_path, words, found):
    refused = bring(workbook(tmp_path), *words)
    assert refused.exit_code == 1
    assert found in refused.output


def test_headings_of_elsewhere_are_mapped_by_name_or_letter(world, bring, tmp_path):
    heads = ["no", "who", "what", "when", "text", "answer", "done", "where"]
    rows = [[*ROWS[0], "152221200203"]]
    words = ["number=no", "asked=D", "details=text", "reply=answer", "replied=G", "place=where"]
    done = bring(workbook(tmp_path, *rows, heads=heads), *(part for word in words for part in ("--mapping", word)))
    assert done.exit_code == 0, done.output
    assert Case.objects.get().place == world.village


def test_through_the_pages_the_guess_is_shown_and_can_be_changed(world, tmp_path):
    client = world.client("township_officer")

    def send(**said):
        file = SimpleUploadedFile("past.xlsx", workbook(tmp_path).read_bytes())
        return client.post("/imports/cases/", {"file": file, **said}, follow=True).content.decode()

    assert "留言详情" in send(), "without a place the headings are named"
    shown = send(map_place="152221200203")
    assert "答复意见" in shown
    assert 'name="map_reply"' in shown
    assert Case.objects.count() == 0
    client.post("/imports/cases/publish/")
    assert Case.objects.count() == 2


def seen(world):
    """How many of the messages are seen: in lists, looked for, in figures, at their own page, by other systems, in history."""
    office, client = world.user("county_officer"), world.client("county_officer")
    span = {"start_date": "2020-03-01T00:00:00Z", "end_date": "2020-05-01T00:00:00Z"}
    pages = [client.get(f"/cases/{pk}/").status_code for pk in Case.objects.values_list("pk", flat=True)]
    return (
        len(case_list(office, {}).lines),
        len(case_list(office, {"q": "不"}).lines),
        office_of(office, {"since": "2020-01-01"}).reported.count,
        pages.count(200),
        len(client.get("/open311/v2/requests.json", span).json()),
        Entry.objects.standing().filter(kind="cases.reported").count(),
    )


@pytest.fixture
def stopped(monkeypatch):
    """`stopped(error)`: a row at a time is written, and at the second row that happens."""
    monkeypatch.setattr("lianxin.imports.actions.SLICE", 1)
    write = PAST_CASES.apply

    def stop(error):
        def once(actor, rows, batch):
            if Case.objects.exists():
                raise error
            write(actor, rows, batch)

        monkeypatch.setitem(vars(PAST_CASES), "apply", once)
        return lambda: monkeypatch.setitem(vars(PAST_CASES), "apply", write)

    return stop


def test_a_workbook_stopped_half_way_is_seen_by_nobody_and_the_same_file_finishes_it(world, bring, tmp_path, stopped):
    go_on, file = stopped(OperationalError("the power went")), workbook(tmp_path)
    assert bring(file).exit_code == 1
    assert Case.objects.count() == 1 and seen(world) == (0, 0, 0, 0, 0, 0)
    assert verify().findings == []
    with transaction.atomic():
        step = CaseStep.objects.first()
        step.delete()  # behind everybody's back: no workbook that stopped half-way lacks a row
        assert [finding.place for finding in verify().findings] == [f"ledger_entry {step.entry_id}"]
        transaction.set_rollback(True)
    go_on()
    assert bring(file).exit_code == 0
    assert Case.objects.count() == 2 and seen(world) == (2, 2, 2, 2, 2, 2)
    assert verify().findings == []


def test_of_a_workbook_given_up_half_way_nothing_stays_and_it_can_come_in_later(world, bring, tmp_path, stopped, monkeypatch):
    go_on, file = stopped(CaseError("no_words")), workbook(tmp_path)
    with monkeypatch.context() as again:  # the power went while it was taken back
        again.setitem(vars(PAST_CASES), "withdraw", lambda batch: CaseStep.objects.filter(case__batch=batch).delete() and 1 / 0)
        bring(file)
    assert Case.objects.exists() and not CaseStep.objects.exists() and verify().findings == []
    assert bring(file).exit_code == 1
    assert not any(model.objects.exists() for model in (Case, CaseStep, CaseClock, Reporter))
    assert verify().findings == []
    go_on()
    assert bring(file).exit_code == 0
    assert seen(world) == (2, 2, 2, 2, 2, 2)
