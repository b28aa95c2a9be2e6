"""A resident reports a problem, through the pages, as a stranger with an old phone."""

import re
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from lianxin.cases import actions, receipts, village_codes
from lianxin.cases.models import Case, Photo, Reporter, Tier
from lianxin.config.folder import Folder
from lianxin.ledger.models import Entry
from tests.world import World

WELL = "村口的水井不出水已经三天了"
VILLAGE = "152221200203"
KEY = "a key that this phone made 1".replace(" ", "-")


@pytest.fixture
def phone(world: World):
    """A stranger's browser that has opened the page, and so keeps cookies."""
    client = world.client()
    client.get("/report/")
    return client


def send(client, **said):
    return client.post("/report/", {"place": VILLAGE, "sending": KEY, "text": WELL, **said})


def receipt_on(page) -> str:
    """The receipt as it stands on the page, in groups."""
    return "-".join(re.findall(r"<span>([0-9A-Z]{4})</span>", page.content.decode()))


def reported(client, **said) -> str:
    """Report it; the receipt."""
    answer = send(client, **said)
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return receipt_on(client.get(answer.headers["Location"]))


# --- the place -------------------------------------------------------------------------------------------------------


def test_the_place_is_chosen_from_county_to_village(world: World):
    stranger = world.client()
    assert "科尔沁右翼前旗" in stranger.get("/report/").content.decode()
    assert "满族屯满族乡" in stranger.get("/report/?place=152221").content.decode()
    assert "特门嘎查" in stranger.get("/report/?place=152221200").content.decode()
    assert "<textarea" in stranger.get(f"/report/?place={VILLAGE}").content.decode()


def test_whoever_does_not_know_the_village_reports_for_the_township(world: World):
    assert "<textarea" in world.client().get("/report/?place=152221200&here=1").content.decode()


@pytest.mark.parametrize("place", ["999", "152221200203-1", "' OR 1=1 --", "<script>", "x" * 500])
def test_an_unknown_place_is_said_plainly_and_the_list_is_there(world: World, place: str):
    answer = world.client().get("/report/", {"place": place})
    assert answer.status_code == 404
    assert "科尔沁右翼前旗" in answer.content.decode()


def test_an_unknown_place_loses_nothing_that_was_typed(phone):
    answer = send(phone, place="999")
    assert answer.status_code == 404
    assert WELL in answer.content.decode()
    assert not Case.objects.exists()


def test_changing_the_place_keeps_what_was_typed(phone):
    choosing = phone.post("/report/", {"place": VILLAGE, "sending": KEY, "text": WELL, "phone": "138", "choose": "152221200"})
    assert WELL in choosing.content.decode()
    back = phone.post("/report/", {"sending": KEY, "text": WELL, "phone": "138", "choose": VILLAGE}).content.decode()
    assert WELL in back
    assert ">138</textarea>" in re.sub(r">\s+", ">", back)
    assert KEY in back


def test_no_enter_key_presses_the_forms_first_button_which_chooses_another_place(phone):
    page = phone.get(f"/report/?place={VILLAGE}").content.decode()
    assert set(re.findall(r'<input type="(\w+)"', page)) <= {"hidden", "radio", "file"}


# --- sending ---------------------------------------------------------------------------------------------------------


def test_a_report_gives_a_receipt_after_it_is_saved(phone, world: World):
    receipt = reported(phone, spot="学校东边", phone="138 0000 1111", danger="yes")
    case = Case.objects.get()
    assert (case.place, case.tier, case.source) == (world.village, Tier.DANGER, "web")
    assert Reporter.objects.get().receipt == receipts.digest_of(receipts.read(receipt) or "")
    assert case.steps.get().text == WELL


def test_no_receipt_stands_in_an_address_or_a_header_that_is_logged(phone):
    answer = send(phone)
    assert answer.headers["Location"] == "/receipt/story/"
    kept = answer.cookies["receipt"]
    assert (kept["httponly"], kept["path"], kept["samesite"]) == (True, "/receipt/", "Lax")
    page = phone.get("/receipt/story/")
    assert "no-store" in page.headers["Cache-Control"]


def test_a_phone_without_cookies_is_answered_at_once(world: World):
    answer = send(world.client())
    assert answer.status_code == 200
    assert len(receipt_on(answer)) == 29
    again = send(world.client())
    assert receipt_on(again) == receipt_on(answer)
    assert Case.objects.count() == 1


def test_another_site_cannot_make_a_browser_report(phone):
    answer = phone.post("/report/", {"place": VILLAGE, "text": WELL}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    answer = phone.post("/report/", {"place": VILLAGE, "text": WELL}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert not Case.objects.exists()


def test_a_double_tap_and_a_draft_sent_days_later_are_one_report(phone, world: World):
    first = reported(phone)
    later = world.client()
    later.get("/")
    assert reported(later) == first
    assert Case.objects.count() == 1


def test_changed_since_it_was_sent_both_stand_there_and_what_was_meant_is_asked(phone):
    first = reported(phone, phone="13800001111", spot="学校东边")
    answer = send(phone, text=WELL + "，还漏电", phone="13900002222", spot="学校东边")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r'data-label="[^"]+">([^<]+)</td>', page)[2:] == [
        *(WELL, WELL + "，还漏电"),
        *("学校东边", "学校东边"),
        *("138****1111", "13900002222"),
    ]
    assert page.count("有改动") == 2
    assert re.search(r'<textarea name="text"[^>]*>\s*' + WELL + "，还漏电</textarea>", page), "to be corrected and sent as a note"
    [sending] = re.findall(r'name="sending" value="([^"]+)"', page)
    noted = phone.post("/receipt/note/", {"receipt": first, "text": WELL + "，还漏电"}, follow=True)
    assert "还漏电" in noted.content.decode()
    assert Case.objects.count() == 1
    assert reported(phone, text="学校的路灯坏了", sending=sending) != first


def test_a_danger_ticked_only_when_it_was_sent_again_is_asked_about_and_not_lost(phone):
    reported(phone)
    answer = send(phone, danger="yes")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r'data-label="[^"]+">([^<]+)</td>', page)[4:] == ["没有", "有，可能会伤到人"]
    assert page.count("有改动") == 1 and "现在有人有危险吗" in page
    [sending] = re.findall(r'name="sending" value="([^"]+)"', page)
    reported(phone, danger="yes", sending=sending)
    assert [case.tier for case in Case.objects.order_by("pk")] == [Tier.ORDINARY, Tier.DANGER]
    assert send(phone, danger="yes", sending=sending).status_code == 303, "the very same once more"


def test_who_only_guesses_the_key_of_a_sending_reads_nothing(phone):
    reported(phone, phone="13800001111")
    answer = send(phone, text="别的事", sending=KEY[:-1] + "2")
    assert answer.status_code == 303
    page = phone.get("/receipt/story/").content.decode()
    assert WELL not in page
    assert "138****1111" not in page


def test_who_joined_reads_their_own_words_and_not_where_the_other_said_it_is(phone, world: World):
    first = reported(phone, spot="学校东边")
    case = Case.objects.get(reporters__receipt=receipts.digest_of(receipts.read(first)))
    actions.join_case(case=case, report=actions.Report(sending=KEY[:-1] + "2", place=world.village, text="我家也没水"))
    page = send(phone, text="我家也没水了", sending=KEY[:-1] + "2", checked="1").content.decode()
    assert "我家也没水</td>" in page
    assert "我家也没水了</td>" in page
    assert "学校东边" not in page
    assert WELL not in page


def test_a_village_s_own_code_knows_the_place(phone, world: World):
    sheet = world.client("secretary").get(f"/places/{world.branch.code}/code/").content.decode()
    assert "满族屯满族乡 · 特门嘎查" in sheet
    assert world.client("sibling_secretary").get(f"/places/{VILLAGE}/code/").status_code == 404
    token = village_codes.sign_place(VILLAGE)
    assert token in phone.get("/report/", {"place": VILLAGE, "code": token}).content.decode()
    reported(phone, code=token)
    assert Case.objects.get().source == "code"
    assert village_codes.place_of(token[:-1] + "x") is None


def test_about_a_unit_hides_it_from_that_unit(phone, world: World):
    reported(phone, about=world.branch.code)
    assert Case.objects.get().about == world.branch


@pytest.mark.parametrize("about", ["152221", "150302001002-1", "nothing"])
def test_only_units_of_the_place_can_be_complained_about(phone, about: str):
    assert send(phone, about=about).status_code == 422
    assert not Case.objects.exists()


# --- bad input -------------------------------------------------------------------------------------------------------

ODD = {
    "emoji": "水井坏了🚱🧑🏽‍🌾",
    "mongolian": "ᠬᠤᠳᠳᠤᠭ ᠤᠰᠤ ᠦᠭᠡᠢ ᠪᠣᠯᠤᠭᠰᠠᠨ",
    "script": "<script>alert(1)</script> 水井坏了",
    "sql": "'); DROP TABLE cases_case; --",
    "template": "{{ settings.SECRET_KEY }} {% debug %}",
}


UNSEEN = ["\u200b\u2060", "\u00ad\u3164", "\u115f\u1160 \u2800", "\u180e\u200c\u200d\u202f\ufe0f\U000e0041"]
"""Signs that draw nothing by themselves."""


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_whatever_people_write_is_kept_as_they_wrote_it(phone, text: str):
    receipt = reported(phone, text=text)
    assert Case.objects.get().steps.get().text == text
    page = phone.post("/receipt/", {"receipt": receipt}, follow=True).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", ["", "   \n ", "\u202e\x07\x1b", *UNSEEN])
def test_nothing_written_is_refused_and_the_rest_stays(phone, text: str):
    answer = send(phone, text=text, spot="学校东边", phone="13800001111")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "学校东边" in page
    assert "13800001111" in page
    assert "请写几句话" in page


def test_what_nobody_could_see_is_no_note_and_no_reason_of_a_verdict(phone, world: World):
    receipt = reported(phone)
    case = Case.objects.get()
    for unseen in UNSEEN:
        assert phone.post("/receipt/note/", {"receipt": receipt, "text": unseen}).status_code == 422
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    actions.handle_case(actor=world.user("secretary"), case=case, text="修好了")
    phone.post("/receipt/verdict/", {"receipt": receipt, "verdict": "solved", "text": UNSEEN[0]})
    assert case.steps.last().move == "answer_yes" and case.steps.last().sealed is None
    for unseen in UNSEEN:
        assert phone.post("/receipt/reopen/", {"receipt": receipt, "text": unseen}).status_code == 422
    assert case.steps.count() == 4


def test_control_characters_are_taken_out(phone):
    reported(phone, text="水井\x00坏\x07了\u202e。\r\n第二行")
    assert Case.objects.get().steps.get().text == "水井坏了。\n第二行"


def test_four_thousand_signs_fit_and_more_is_refused_with_everything_still_there(phone):
    answer = send(phone, text="水" * 4001)
    assert answer.status_code == 422
    assert "水" * 4001 in answer.content.decode()
    assert "4001" in answer.content.decode()
    reported(phone, text="水" * 4000)
    assert len(Case.objects.get().steps.get().text) == 4000


def test_a_megabyte_is_refused_in_words(phone):
    answer = send(phone, text="水" * 1024 * 1024)
    assert answer.status_code == 413
    assert "4,000" in answer.content.decode() or "4000" in answer.content.decode()
    assert not Case.objects.exists()


@pytest.mark.parametrize("number", ["12345", "<script>", "1" * 200, "电话"])
def test_what_is_no_phone_is_said_beside_it(phone, number: str):
    answer = send(phone, phone=number)
    assert answer.status_code == 422
    assert WELL in answer.content.decode()


@pytest.mark.parametrize("key", ["", "short", "aaaaaaaaaaaaaaaaaaaaaaaa", "<script>alert(1)</script>"])
def test_a_sending_key_that_could_be_guessed_is_replaced(phone, world: World, key: str):
    first = reported(phone, sending=key)
    other = world.client()
    other.get("/")
    assert reported(other, sending=key, text="学校的路灯坏了") != first


# --- the same problem ------------------------------------------------------------------------------------------------


@pytest.fixture
def known(phone):
    """The well is reported already, by somebody who gave their name."""
    return reported(phone, text="村口水井不出水三天了，我是张三家")


def test_the_same_problem_nearby_is_shown_before_it_is_sent_without_the_words_of_others(phone, known):
    answer = send(phone, sending="another-phone-s-own-key")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert Case.objects.count() == 1
    assert "水井不出水" in page
    assert "张三" not in page
    assert WELL in page


def test_somebody_joins_with_a_receipt_of_their_own_and_does_not_read_what_the_other_wrote(phone, known):
    page = send(phone, sending="another-phone-s-own-key").content.decode()
    [offer] = re.findall(r'name="join" value="([^"]+)"', page)
    mine = reported(phone, sending="another-phone-s-own-key", join=offer)
    assert mine != known
    assert Reporter.objects.count() == 2
    story = phone.post("/receipt/", {"receipt": mine}, follow=True).content.decode()
    assert WELL in story
    assert "张三" not in story
    assert Entry.objects.filter(kind="cases.joined").count() == 1


def test_no_mine_is_another_sends_it(phone, known):
    reported(phone, sending="another-phone-s-own-key", checked="1")
    assert Case.objects.count() == 2


def test_where_somebody_is_in_danger_nothing_is_asked_first(phone, known):
    reported(phone, sending="another-phone-s-own-key", danger="yes")
    assert Case.objects.count() == 2


@pytest.mark.parametrize("alone", ["about", "danger"])
def test_a_complaint_about_an_office_and_a_danger_join_nothing(phone, known, world: World, alone: str):
    """Else the office would read in the other case what was said of it, and a danger would wait as long as the other does."""
    [offer] = re.findall(r'name="join" value="([^"]+)"', send(phone, sending="another-phone-s-own-key").content.decode())
    said = {"about": world.branch.code} if alone == "about" else {"danger": "yes"}
    assert phone.post("/report/similar/", {"place": VILLAGE, "text": WELL, **said}).content.decode().strip() == ""
    page = phone.get(send(phone, sending="another-phone-s-own-key", join=offer, **said).headers["Location"]).content.decode()
    own = Case.objects.get(reporters__receipt=receipts.digest_of(receipts.read(receipt_on(phone.get("/receipt/story/"))) or ""))
    assert Case.objects.count() == 2 and own.reporters.count() == 1
    assert (own.about, own.tier) == ((world.branch, Tier.ORDINARY) if alone == "about" else (None, Tier.DANGER))
    assert "单独" in page
    assert world.client("secretary").get(f"/cases/{own.pk}/").status_code == (404 if alone == "about" else 200)
    assert send(phone, sending="a-third-phone-s-own-key", **said).status_code == 303, "nothing similar is asked about first"


def test_joining_what_is_over_by_now_says_so_and_keeps_what_was_typed(phone, known):
    [offer] = re.findall(r'name="join" value="([^"]+)"', send(phone, sending="another-phone-s-own-key").content.decode())
    phone.post("/receipt/withdraw/", {"receipt": known, "sure": "1"})
    answer = send(phone, sending="another-phone-s-own-key", join=offer)
    assert answer.status_code == 422
    assert WELL in answer.content.decode()
    assert Reporter.objects.count() == 1


def test_while_typing_similar_ones_are_asked_for(phone, known):
    found = phone.post("/report/similar/", {"place": VILLAGE, "text": WELL}).content.decode()
    assert "水井不出水" in found
    assert phone.post("/report/similar/", {"place": "152221100003", "text": WELL}).content.decode().strip() == ""
    assert phone.post("/report/similar/", {"place": "999", "text": WELL}).content.decode().strip() == ""
    assert phone.post("/report/similar/", {"place": VILLAGE, "text": "张三"}).content.decode().strip() == ""


def test_complaints_about_a_unit_are_not_shown_to_others(phone, world: World):
    reported(phone, about=world.branch.code)
    assert phone.post("/report/similar/", {"place": VILLAGE, "text": WELL}).content.decode().strip() == ""


# --- photos ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))


def photo(name: str = "井.jpg", colour: str = "navy") -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (80, 60), colour).save(drawn, "JPEG")
    return SimpleUploadedFile(name, drawn.getvalue(), "image/jpeg")


def test_photos_go_along_and_are_seen_from_the_receipt_alone(phone, folder, world: World):
    page = phone.get(send(phone, photos=[photo(), photo("泵.jpg", "red")]).headers["Location"]).content.decode()
    [address, *_] = re.findall(r'<img src="([^"]+)"', page)
    assert Photo.objects.count() == 2
    assert phone.get(address.replace("&amp;", "&")).status_code == 200
    assert world.client().get(address.partition("?")[0]).status_code == 404


def test_what_is_no_photo_is_said_and_the_words_stay(phone):
    answer = send(phone, photos=[SimpleUploadedFile("病毒.jpg", b"PK\x03\x04 a zip")])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "病毒.jpg" in page
    assert WELL in page
    assert "请重新选择照片" in page
    assert not Case.objects.exists()


def test_more_photos_than_fit_are_said(phone):
    assert send(phone, photos=[photo() for _ in range(5)]).status_code == 422
    assert send(phone, photos=[photo() for _ in range(6)]).status_code == 413
    assert not Case.objects.exists()


def test_a_photo_can_follow_as_a_note_without_words(phone, folder):
    receipt = reported(phone)
    page = phone.post("/receipt/note/", {"receipt": receipt, "photos": [photo()]}, follow=True)
    assert "<img src=" in page.content.decode()
    assert Photo.objects.get().step.move == "note"


def test_a_report_and_the_page_of_its_receipt_ask_the_database_little(world: World):
    """A hundred come in a second. Marks of the transaction are no questions."""
    send(world.client(), sending="a-phone-before-this-one")
    with CaptureQueriesContext(connection) as captured:
        assert send(world.client(), text="东边的路灯不亮，晚上看不见").status_code == 200
    assert sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries) <= 23


def test_a_first_page_stands_unchanged_when_a_stranger_goes_back(world):
    """It sets a cookie; if it varied with cookies, going back would fetch another key for the same words."""
    first = world.client().get(f"/report/?place={VILLAGE}")
    assert first.cookies and "no-cache" in first["Cache-Control"]
    assert "cookie" not in first["Vary"].lower() and "Accept-Language" in first["Vary"]
    assert "Cookie" in world.client("secretary").get(f"/report/?place={VILLAGE}")["Vary"]
