"""The pages of the schemes, as people meet them."""

from datetime import date

import pytest

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.schemes import actions, queries
from lianxin.schemes.library import FOLDER
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(world: World) -> World:
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    return world


def test_a_secretary_reads_why_and_opens_the_record(published: World):
    entry = record(
        actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=date(2025, 3, 2)
    )
    page = published.client("secretary").get("/units/152221200203-1/standings/contact-131/?as_of=2025-06-30")
    assert page.status_code == 200
    assert f"/entries/{entry.pk}/" in page.content.decode()
    assert "检查指导 1/3" in page.content.decode()


def test_another_branchs_standing_looks_like_nothing(published: World):
    client = published.client("sibling_secretary")
    assert client.get("/units/152221200203-1/standings/contact-131/").status_code == 404
    assert client.get("/units/152221100003-1/standings/three-meetings-one-lesson/").status_code == 200


def test_an_officer_sees_who_would_change_then_publishes(published: World):
    client = published.client("county_officer")
    text = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8")
    newer = text.replace('"2020.1"', '"2025.9"').replace("2020-08-07", "2025-01-01").replace("at_least: 3", "at_least: 1")
    record(actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=date(2025, 3, 2))
    assert client.post("/schemes/new/", {"text": newer, "check": "1"}).status_code == 200
    assert client.post("/schemes/new/", {"text": newer, "publish": "1"}).status_code == 302
    page = client.get("/schemes/contact-131/").content.decode()
    assert "2025.9" in page and "2020.1" in page


def test_a_mistake_is_shown_with_its_line_and_nothing_is_published(published: World):
    page = published.client("county_officer").post("/schemes/new/", {"text": "scheme: x\nversion: 2026.10\n", "publish": "1"})
    assert page.status_code == 422
    assert "scheme.yaml:2:" in page.content.decode()


def test_a_secretary_reads_the_schemes_and_publishes_none(published: World):
    client = published.client("secretary")
    assert client.get("/schemes/").status_code == 200
    assert client.get("/schemes/contact-131/").status_code == 200
    assert client.get("/schemes/new/").status_code == 404


KEY = "0123456789abcdefghij"
WHY = "/units/152221200203-1/standings/contact-131/"
THIS_YEAR = str(clock.today().year)


def send(client, address, **said):
    return client.post(address, {"submission": KEY, "period": THIS_YEAR, **said})


def test_a_county_officer_waives_a_clause_and_takes_it_back(published: World):
    officer, secretary = published.client("county_officer"), published.client("secretary")
    assert send(officer, f"{WHY}waive/", clause="inspect", reason="雪灾封路").status_code == 302
    page = secretary.get(WHY).content.decode()
    assert "已豁免" in page and "雪灾封路" in page
    rows = {row.clause: row for row in queries.standings("contact-131", units=[published.branch])}
    assert (rows["inspect"].state, rows[""].need) == ("waived", 2)
    [waiver] = Entry.objects.filter(kind="schemes.waived")
    taken = {"submission": "another-key-of-a-form", "remark": waiver.pk, "words": "路已通"}
    assert officer.post(f"{WHY}waivers/end/", taken).status_code == 302
    rows = {row.clause: row for row in queries.standings("contact-131", units=[published.branch])}
    assert (rows["inspect"].state, rows[""].need) == ("not_started", 3)
    waiver.refresh_from_db()
    assert waiver.valid_to is not None


def test_a_waiver_needs_its_reason_and_the_right_person(published: World):
    assert send(published.client("county_officer"), f"{WHY}waive/", clause="inspect", reason=" ").status_code == 422
    for other in ("secretary", "township_officer", "other_county_officer"):
        assert send(published.client(other), f"{WHY}waive/", clause="inspect", reason="x").status_code == 404
    assert not Entry.objects.filter(kind="schemes.waived").exists()


def test_what_seems_wrong_reaches_the_county_office_and_the_answer_comes_back(published: World):
    secretary, officer = published.client("secretary"), published.client("county_officer")
    assert "doubt/" in secretary.get(WHY).content.decode()
    assert send(secretary, f"{WHY}doubt/", clause="inspect", words="3月的检查没有算上").status_code == 302
    assert "3月的检查没有算上" in officer.get("/schemes/doubts/").content.decode()
    assert "3月的检查没有算上" not in published.client("other_county_officer").get("/schemes/doubts/").content.decode()
    [doubt] = Entry.objects.filter(kind="schemes.doubted")
    said = {"submission": "another-key-of-a-form", "remark": doubt.pk, "words": "已补录"}
    assert officer.post(f"{WHY}doubts/answer/", said).status_code == 302
    page = secretary.get(WHY).content.decode()
    assert "3月的检查没有算上" in page and "已补录" in page
    assert officer.get(f"{WHY}doubts/answer/").status_code == 200
    assert officer.post(f"{WHY}doubts/answer/", {**said, "submission": "a-third-key-of-a-form"}).status_code == 422


def test_a_member_reads_why_and_says_nothing_in_the_branchs_name(published: World):
    member = published.client("member")
    assert "doubt/" not in member.get(WHY).content.decode()
    assert send(member, f"{WHY}doubt/", words="x").status_code == 404


def test_a_trial_is_compared_shown_and_ended_and_asks_nothing_of_anybody(published: World):
    officer = published.client("county_officer")
    text = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8")
    tried = text.replace('"2020.1"', '"2025.9"').replace("2020-08-07", "2025-01-01").replace("at_least: 3", "at_least: 4")
    record(actor=published.user("contact_leader"), kind="liaison.inspected", unit=published.branch, happened_on=clock.today())
    assert officer.post("/schemes/new/", {"text": tried + "\nmode: trial\n", "publish": "1"}).status_code == 302
    assert queries.reading("contact-131").scheme.version == "2020.1"
    page = officer.get("/schemes/contact-131/2025.9/").content.decode()
    assert "谁的结论会变" in page and "end/" in page
    assert published.client("secretary").post("/schemes/contact-131/2025.9/end/").status_code == 404
    assert officer.post("/schemes/contact-131/2025.9/end/").status_code == 302
    page = officer.get("/schemes/contact-131/2025.9/").content.decode()
    assert "谁的结论会变" not in page and "at_least: 4" in page


def test_what_is_unknown_is_said_in_words_and_never_as_a_figure(published: World):
    page = published.client("county_officer").get("/units/152221200203/").content.decode()
    assert "未知" in page
    assert "0.0" not in page and "0★" not in page
    why = published.client("county_officer").get("/units/152221200203/standings/ten-star-village/").content.decode()
    assert "未知" in why
    assert "0.0" not in why and "0★" not in why


def test_every_text_keeps_its_own_page(published: World):
    client = published.client("secretary")
    assert "at_least: 3" in client.get("/schemes/contact-131/2020.1/").content.decode()
    assert client.get("/schemes/contact-131/2020.2/").status_code == 404
