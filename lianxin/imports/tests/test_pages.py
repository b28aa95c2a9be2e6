"""Workbooks through the pages: upload, preview, confirm, result, history; and who may."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook

from lianxin.imports import actions, background
from lianxin.imports.examining import Resolver
from lianxin.imports.models import StagedSlice, Upload, UploadState
from lianxin.imports.sheets import declared
from lianxin.imports.tests.books import book, person, unit
from lianxin.ledger.models import Batch, Entry
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Person, Unit


def send(client: Client, sheet: str, content: bytes, name: str = "名单.xlsx") -> str:
    """Upload a workbook and read the page that follows."""
    file = SimpleUploadedFile(name, content)
    return client.post(f"/imports/{sheet}/", {"file": file}, follow=True).content.decode()


def confirm(client: Client, sheet: str) -> str:
    return client.post(f"/imports/{sheet}/publish/", follow=True).content.decode()


def test_a_clerk_uploads_sees_the_preview_confirms_and_sees_the_result(world):
    clerk = world.client("township_officer")
    page = send(clerk, "people", book("people", person(), person(code="X0002")))
    assert "已检查，没有问题" in page
    assert not Person.objects.filter(code="X0001").exists()
    assert "新增 2 行，未变 0 行" in confirm(clerk, "people")
    assert Person.objects.filter(code__in=["X0001", "X0002"]).count() == 2
    page = send(clerk, "people", book("people", person(), person(code="X0002")))
    assert "都已有记录" in page
    history = clerk.get("/imports/").content.decode()
    assert "名单.xlsx" in history
    assert Upload.objects.filter(state=UploadState.DONE).get().file_hash[:12] in history


def test_a_button_pressed_twice_brings_it_in_once(world):
    clerk = world.client("township_officer")
    send(clerk, "people", book("people", person()))
    confirm(clerk, "people")
    before = Entry.objects.count()
    confirm(clerk, "people")
    assert Entry.objects.count() == before


def test_what_was_staged_is_sealed_and_gone_afterwards(world):
    clerk = world.client("township_officer")
    send(clerk, "people", book("people", person(phone="13800138000")))
    kept = bytes(StagedSlice.objects.get().sealed)
    assert b"13800138000" not in kept
    assert "萨仁".encode() not in kept
    clerk.post("/imports/people/discard/")
    assert not StagedSlice.objects.exists()
    assert not Person.objects.filter(code="X0001").exists()


@pytest.mark.parametrize("code", ["152221100003-1", "150302001002-1", "152221999"])
def test_a_unit_out_of_reach_looks_like_one_that_does_not_exist(world, code):
    page = send(world.client("township_officer"), "people", book("people", person(unit=code)))
    assert f"填的是 {code}。没有这个单位。" in page
    assert "碧桂园" not in page
    assert "和平" not in page


def test_people_out_of_reach_are_not_found_by_their_code(world):
    known = Resolver(world.user("township_officer"), declared()["people"].permission)
    mine = world.people["secretary"]
    organizations.register_person(
        actor=world.user("county_officer"),
        code="far",
        name="远方",
        unit=world.other_branch,
        since=date(2026, 1, 5),
        title="clerk",
    )
    assert set(known.find_people({mine.code, "far"})) == {mine.code}


def test_a_unit_in_reach_is_taken(world):
    assert "已检查，没有问题" in send(world.client("township_officer"), "people", book("people", person(unit="152221200203-1")))


@pytest.mark.parametrize(("role", "status"), [("county_officer", 200), ("township_officer", 404), ("secretary", 404)])
def test_units_are_brought_in_by_the_county_office_alone(world, role, status):
    client = world.client(role)
    assert client.get("/imports/units/").status_code == status
    assert client.get("/imports/units/template.xlsx").status_code == status
    answer = client.post("/imports/units/", {"file": SimpleUploadedFile("a.xlsx", book("units", unit()))})
    assert answer.status_code == (302 if status == 200 else 404)
    client.post("/imports/units/publish/")
    assert Unit.objects.filter(code="152221200203-2").exists() == (status == 200)


def test_a_township_gives_no_offices(world):
    page = send(world.client("township_officer"), "people", book("people", person(title="county_officer")))
    assert "这个职务由旗县组织部授予" in page
    page = send(world.client("county_officer"), "people", book("people", person(title="township_officer")))
    assert "已检查，没有问题" in page


def test_a_persons_code_out_of_reach_is_refused_without_a_name(world):
    content = book("people", person(code="T016", name="钱和"), person(code="T014", name="李邻"))
    page = send(world.client("township_officer"), "people", content)
    assert page.count("这个代码已属于别人") == 2


def test_nobody_sees_another_ones_workbook(world):
    send(world.client("township_officer"), "people", book("people", person()), name="华镇的名单.xlsx")
    assert "华镇的名单" in world.client("county_officer").get("/imports/").content.decode()
    for role in ("sibling_officer", "other_county_officer"):
        client = world.client(role)
        assert "华镇的名单" not in client.get("/imports/").content.decode()
        assert "华镇的名单" not in client.get("/imports/people/").content.decode()
    assert "华镇的名单" not in world.client("county_officer").get("/imports/people/").content.decode()


def test_mistakes_are_paged_and_downloaded(world):
    clerk = world.client("township_officer")
    rows = [person(code=f"X{number:04d}", unit="152221999") for number in range(120)]
    page = send(clerk, "people", book("people", *rows))
    assert page.count("没有这个单位") == 50
    assert "没有这个单位" in clerk.get("/imports/people/?page=3").content.decode()
    answer = clerk.get("/imports/people/mistakes.xlsx")
    lines = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(lines) == 121
    assert lines[1][:4] == [2.0, "E", "单位代码", "152221999"]


@pytest.mark.parametrize(("language", "heading"), [("zh-hans", "人员代码*"), ("en", "Person code*")])
def test_the_template_speaks_the_readers_language_and_is_read_in_either(world, language, heading):
    clerk = world.client("township_officer")
    clerk.cookies["django_language"] = language
    template = clerk.get("/imports/people/template.xlsx").content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(template)).get_sheet_by_index(0)
    lines = sheet.to_python()
    assert lines[0][0] == heading
    clerk.cookies["django_language"] = "zh-hans"
    assert "已检查，没有问题" in send(clerk, "people", book("people", lines[1], person(), heads=lines[0]))


def test_a_cell_that_begins_like_a_formula_stays_text_in_the_list_of_mistakes(world):
    clerk = world.client("township_officer")
    send(clerk, "people", book("people", person(), also=lambda made, page: page.write_string(1, 0, "=1+1")))
    answer = clerk.get("/imports/people/mistakes.xlsx").content
    assert "=1+1" in str(CalamineWorkbook.from_filelike(io.BytesIO(answer)).get_sheet_by_index(0).to_python())


def test_a_large_upload_is_refused_with_a_plain_sentence_and_nothing_is_stored(world):
    clerk = world.client("township_officer")
    answer = clerk.post("/imports/people/", {"file": SimpleUploadedFile("a.xlsx", b"PK" + bytes(50 * 2**20))})
    assert answer.status_code == 413
    assert "20 MB" in answer.content.decode()
    page = send(clerk, "people", b"PK" + bytes(11 * 2**20))
    assert "最多能读 10 MB" in page
    assert not Upload.objects.exists()


def test_a_page_without_a_file_asks_for_one(world):
    assert "请先选择表格文件" in world.client("township_officer").post("/imports/people/", {}).content.decode()


# --- many rows -------------------------------------------------------------------------------------------------------


def staged(world, rows: int) -> Upload:
    officer, sheet = world.user("county_officer"), declared()["people"]
    content = book("people", *(person(code=f"X{number:05d}", phone="") for number in range(rows)))
    upload = actions.open_upload(actor=officer, sheet=sheet, file_name="a.xlsx", content=content)
    return actions.stage_upload(upload=upload, content=content)


def test_nothing_is_seen_before_all_is_written_and_an_interruption_is_taken_up_again(world, monkeypatch):
    upload = staged(world, 2_300)
    assert (upload.state, upload.slices.count()) == (UploadState.READY, 3)
    claimed = actions.claim_upload(actor=world.user("county_officer"), sheet=declared()["people"])
    seen = Entry.objects.standing().count()

    def power_cut(done: int, of: int) -> None:
        if done == 1_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.publish_upload(upload=claimed, progress=power_cut)
    assert Person.objects.filter(code__startswith="X0").count() == 1_000
    assert Entry.objects.standing().count() == seen
    assert not Batch.objects.get().visible
    page = world.client("county_officer").get("/imports/people/").content.decode()
    assert "X0" not in page
    again = actions.claim_upload(actor=world.user("county_officer"), sheet=declared()["people"])
    done = actions.publish_upload(upload=again)
    assert done.state == UploadState.DONE
    assert Entry.objects.standing().count() == seen + 2_300


def test_a_row_that_no_longer_fits_withdraws_everything(world):
    upload = staged(world, 1_200)
    claimed = actions.claim_upload(actor=world.user("county_officer"), sheet=declared()["people"])
    seen = Entry.objects.standing().count()

    def somebody_else(done: int, of: int) -> None:
        if done == 1_000:
            organizations.register_person(
                actor=world.user("county_officer"), code="X01100", name="别人", unit=world.branch, since=date(2021, 1, 1)
            )

    failed = actions.publish_upload(upload=claimed, progress=somebody_else)
    assert failed.state == UploadState.FAILED
    assert Person.objects.filter(code__startswith="X0").count() == 1
    assert Entry.objects.standing().count() == seen + 1
    page = world.client("county_officer").get("/imports/people/").content.decode()
    assert "导入已中止" in page
    assert upload.remarks.count() == 0


def test_long_work_goes_on_in_the_background_and_the_page_looks_again_by_itself(world, monkeypatch):
    left: list[str] = []
    monkeypatch.setattr(background, "run", lambda work, *, wait, **arguments: left.append(f"{work.__name__} {wait}"))
    clerk = world.client("township_officer")
    page = send(clerk, "people", book("people", person()))
    assert left == ["stage_upload True"]
    assert 'http-equiv="refresh"' in page
    Upload.objects.update(state=UploadState.READY, added=5_000)
    page = confirm(clerk, "people")
    assert left[-1] == "publish_upload False"
    assert "已写入 0 行，共 5,000 行" in page
