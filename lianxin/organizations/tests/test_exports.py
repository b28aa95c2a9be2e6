"""Lists leave the house with a reason, a name on them, and above 500 rows only with a second person's consent."""

import csv
import hashlib
import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import exports
from lianxin.organizations.actions import register_person
from lianxin.organizations.models import ExportRequest
from lianxin.organizations.tests.test_people import fresh
from tests.world import OPENED

REASON = "核对党员花名册"


@pytest.fixture
def world(world):
    """With a second person in the county office."""
    founder = User.objects.get(username="founder")
    account = User.objects.create_user("colleague", created_at=clock.now())
    person = register_person(actor=founder, code="C1", name="格日勒", unit=world.county, since=OPENED, title="county_officer")
    person.user = account
    person.save()
    world.people["colleague"] = person
    return world


def address(world) -> str:
    return f"/units/{world.township.code}/people/export/"


def take(client, url: str, form: str = "csv"):
    return client.post(url, {"reason": REASON, "form": form})


def rows(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_a_list_is_taken_out_with_a_reason_and_bears_the_name(world):
    officer = fresh(world, "county_officer")
    assert officer.post(address(world), {"reason": "x", "form": "csv"}).status_code == 422
    assert not Entry.objects.filter(kind="organizations.exported").exists()
    response = take(officer, address(world))
    assert "attachment" in response.headers["Content-Disposition"]
    table = rows(response)
    assert [row[1] for row in table[1:3]] and "巴图" in {row[1] for row in table if len(row) > 1}
    assert "李邻" not in response.content.decode(), "the sibling's people"
    assert "乌兰" in table[-1][0] and REASON in table[-1][0]
    [entry] = Entry.objects.filter(kind="organizations.exported")
    assert entry.unit == world.township and entry.data["rows"] == len(table) - 2
    assert hashlib.sha256(response.content).hexdigest() in entry.evidence


def test_the_workbook_holds_the_same_rows(world):
    officer = fresh(world, "county_officer")
    book = CalamineWorkbook.from_filelike(io.BytesIO(take(officer, address(world), "xlsx").content))
    sheet = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    assert [row for row in sheet[1:] if row[1]] == rows(take(officer, address(world)))[1:-1]
    assert "乌兰" in sheet[-1][0]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_becomes_a_formula(world, start):
    member = world.people["member"]
    member.name = start + "cmd|calc"
    member.save()
    officer = fresh(world, "county_officer")
    text = take(officer, address(world)).content.decode("utf-8-sig")
    assert f'"\'{start}cmd|calc"' in text and f'"{start}cmd|calc"' not in text
    book = take(officer, address(world), "xlsx").content
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_a_long_list_waits_for_a_second_person(world, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 2)
    officer, office = fresh(world, "county_officer"), fresh(world, "colleague")
    assert take(officer, address(world)).url == "/exports/"
    [asked] = ExportRequest.objects.all()
    assert REASON in office.get("/exports/").content.decode()
    assert "有人申请导出" in office.get("/desk/").content.decode()
    assert "有人申请导出" not in officer.get("/desk/").content.decode(), "nobody consents to their own"
    township = fresh(world, "township_officer")
    assert township.post(f"/exports/{asked.pk}/decide/", {"decision": "approve"}).status_code == 404, "not the county office"
    office.post(f"/exports/{asked.pk}/decide/", {"decision": "approve"})
    assert "巴图" in take(officer, address(world)).content.decode()
    assert take(officer, address(world)).url == "/exports/", "consent is for once"
    kinds = Entry.objects.filter(kind__startswith="organizations.export").order_by("id").values_list("kind", flat=True)
    assert [kind.split(".")[1] for kind in kinds] == ["export_requested", "export_approved", "exported", "export_requested"]


def test_nobody_consents_to_their_own_request(world, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 2)
    office = fresh(world, "county_officer")
    take(office, address(world))
    [asked] = ExportRequest.objects.all()
    office.post(f"/exports/{asked.pk}/decide/", {"decision": "approve"})
    asked.refresh_from_db()
    assert asked.approved is None


def test_consent_does_not_reach_another_list_or_a_grown_one(world, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 2)
    officer, office = fresh(world, "county_officer"), fresh(world, "colleague")
    take(officer, address(world))
    [asked] = ExportRequest.objects.all()
    office.post(f"/exports/{asked.pk}/decide/", {"decision": "approve"})
    assert take(officer, f"/units/{world.branch.code}/people/export/").url == "/exports/"
    ExportRequest.objects.filter(pk=asked.pk).update(rows=asked.rows - 1)
    assert take(officer, address(world)).url == "/exports/"


def test_a_declined_list_stays(world, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 2)
    officer, office = fresh(world, "county_officer"), fresh(world, "colleague")
    take(officer, address(world))
    [asked] = ExportRequest.objects.all()
    office.post(f"/exports/{asked.pk}/decide/", {"decision": "decline"})
    assert take(officer, address(world)).url == "/exports/"
    assert not Entry.objects.filter(kind="organizations.exported").exists()


@pytest.mark.parametrize("name", ["secretary", "township_officer", "auditor", "administrator", "other_county_officer"])
def test_who_may_not_take_lists_out_finds_nothing(world, name):
    assert take(fresh(world, name), address(world)).status_code == 404
    assert not Entry.objects.filter(kind="organizations.exported").exists()
