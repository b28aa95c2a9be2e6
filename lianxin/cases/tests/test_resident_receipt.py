"""With a receipt: see how things stand, add, answer, reopen, object, withdraw."""

import pytest

from lianxin.cases import actions
from lianxin.cases.actions.moving import Asked, locked, make_move
from lianxin.cases.models import Case, State, Tier
from lianxin.cases.queries.story import story_of
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from tests.world import World

WELL = "村口的水井不出水已经三天了"


@pytest.fixture
def received(world: World):
    report = actions.Report(sending="a phone's own key 1", place=world.village, text=WELL, phone="13800001111", spot="学校东边")
    return actions.report_case(report=report)


@pytest.fixture
def case(received) -> Case:
    return received.reporter.case


@pytest.fixture
def phone(world: World):
    client = world.client()
    client.get("/receipt/")
    return client


def join(world: World, case: Case) -> actions.Received:
    report = actions.Report(sending="a phone's own key 2", place=world.village, text="我家也是")
    return actions.join_case(case=case, report=report)


def look_up(client, typed: str):
    return client.post("/receipt/", {"receipt": typed}, follow=True)


def do(client, act: str, receipt: str, **said):
    return client.post(f"/receipt/{act}/", {"receipt": receipt, **said}, follow=True)


def handled(world: World, case: Case) -> None:
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    actions.handle_case(actor=world.user("secretary"), case=case, text="换了水泵，已经出水")


def state_of(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


# --- looking up ------------------------------------------------------------------------------------------------------


def test_the_story_says_who_has_it_and_what_comes_next_and_names_no_person(world: World, received, case, phone):
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    actions.answer_resident(actor=world.user("secretary"), case=case, text="水利员下午到")
    page = look_up(phone, received.receipt).content.decode()
    assert "特门嘎查党支部" in page
    assert "水利员下午到" in page
    assert "学校东边" in page
    assert "138****1111" in page
    assert "巴图" not in page


@pytest.mark.parametrize("change", [str.lower, lambda code: "-".join(code), lambda code: f"  {code[:10]} {code[10:]}。"])
def test_a_receipt_is_read_however_it_is_typed(received, phone, change):
    assert WELL in look_up(phone, change(received.receipt)).content.decode()


def test_what_is_easily_misread_is_forgiven(world: World, phone):
    for number in range(60):
        report = actions.Report(sending=f"a phone's own key {number}", place=world.village, text=f"{WELL}{number}")
        receipt = actions.report_case(report=report).receipt
        if {"0", "1"} <= set(receipt):
            break
    typed = receipt.replace("0", "O").replace("1", "l")
    assert f"{WELL}{number}" in look_up(phone, typed).content.decode()


@pytest.mark.parametrize(
    ("typed", "status"),
    [("", 422), ("7K2M", 404), ("0" * 24, 404), ("' OR 1=1 --", 404), ("<script>alert(1)</script>", 404), ("票" * 24, 404)],
)
def test_a_guessed_or_mistyped_receipt_finds_nothing_and_stays_in_its_field(received, phone, typed: str, status: int):
    answer = look_up(phone, typed)
    page = answer.content.decode()
    assert answer.status_code == status
    assert WELL not in page
    assert "<script>alert" not in page
    assert "24 个" in page


def test_an_old_window_asks_for_the_receipt_again(phone):
    answer = phone.get("/receipt/story/", follow=True)
    assert answer.redirect_chain == [("/receipt/", 302)]
    assert "半小时" in answer.content.decode()


def test_closing_forgets_the_receipt_in_this_browser(received, phone):
    look_up(phone, received.receipt)
    assert phone.get("/receipt/story/").status_code == 200
    phone.post("/receipt/close/")
    assert phone.get("/receipt/story/").status_code == 302


def test_without_cookies_everything_works_by_the_page_itself(world: World, received, case):
    handled(world, case)
    assert WELL in world.client().post("/receipt/", {"receipt": received.receipt}).content.decode()
    answer = world.client().post("/receipt/verdict/", {"receipt": received.receipt, "verdict": "solved", "stars": "5"})
    assert answer.status_code == 200
    assert state_of(case) == State.SOLVED


def test_who_opened_the_phone_is_shown_to_the_one_it_belongs_to(world: World, received, case, phone):
    other = join(world, case)
    opened = {"kind": "cases.phone_revealed", "unit": world.branch, "subject": case.subject, "happened_on": case.reported_on}
    record(actor=world.user("secretary"), data={"reporter": received.reporter.pk}, reason="约时间上门", **opened)
    assert "约时间上门" in look_up(phone, received.receipt).content.decode()
    assert "约时间上门" not in look_up(phone, other.receipt).content.decode()


# --- answering -------------------------------------------------------------------------------------------------------


def test_yes_and_only_the_resident_s_yes_is_solved(world: World, received, case, phone):
    handled(world, case)
    page = do(phone, "verdict", received.receipt, verdict="solved", stars="5", text="谢谢")
    assert page.status_code == 200
    assert state_of(case) == State.SOLVED
    assert Entry.objects.get(kind="cases.solved").data["stars"] == 5


@pytest.mark.parametrize("verdict", ["partly", "not"])
def test_a_no_begins_again(world: World, received, case, phone, verdict: str):
    handled(world, case)
    do(phone, "verdict", received.receipt, verdict=verdict, text="还是没有水")
    case.refresh_from_db()
    assert (case.state, case.round) == (State.LED, 2)


def test_no_answer_chosen_keeps_what_was_written(world: World, received, case, phone):
    handled(world, case)
    answer = do(phone, "verdict", received.receipt, text="还是没有水", stars="2")
    assert answer.status_code == 422
    assert "还是没有水" in answer.content.decode()
    assert state_of(case) == State.HANDLED


@pytest.mark.parametrize("said", [{"verdict": "great"}, {"verdict": "solved", "stars": "9"}, {"verdict": "solved", "stars": "x"}])
def test_an_answer_nobody_offered_is_refused(world: World, received, case, phone, said):
    handled(world, case)
    assert do(phone, "verdict", received.receipt, **said).status_code == 422
    assert state_of(case) == State.HANDLED


def test_the_same_answer_twice_is_one_and_another_one_after_it_is_refused(world: World, received, case, phone):
    other = join(world, case)
    handled(world, case)
    for _tap in range(2):
        assert do(phone, "verdict", received.receipt, verdict="solved").status_code == 200
    assert Entry.objects.filter(kind="cases.judged").count() == 1
    assert do(phone, "verdict", received.receipt, verdict="not").status_code == 409
    assert state_of(case) == State.HANDLED
    do(phone, "verdict", other.receipt, verdict="solved")
    assert state_of(case) == State.SOLVED


def test_before_it_is_handled_there_is_nothing_to_answer(received, case, phone):
    assert do(phone, "verdict", received.receipt, verdict="solved").status_code == 409
    assert state_of(case) == State.UNCLAIMED


def test_reopened_once_however_often_it_is_tapped(world: World, received, case, phone):
    handled(world, case)
    do(phone, "verdict", received.receipt, verdict="solved")
    for _tap in range(2):
        assert do(phone, "reopen", received.receipt, text="又不出水了").status_code == 200
    case.refresh_from_db()
    assert (case.state, case.round) == (State.LED, 2)


def test_a_note_is_read_by_whoever_has_it_and_the_same_one_twice_is_one(received, case, phone):
    for _tap in range(2):
        page = do(phone, "note", received.receipt, text="水泵是前年换的")
    assert page.content.decode().count("水泵是前年换的") == 1
    assert case.steps.filter(move="note").count() == 1
    assert do(phone, "note", received.receipt, text=" ").status_code == 422


def test_what_is_not_taken_up_can_be_objected_to(world: World, phone):
    report = actions.Report(sending="a phone's own key 3", place=world.village, text=WELL)
    received = actions.report_case(report=report, quarantined=True)
    case = locked(received.reporter.case)
    make_move(actor=world.user("township_officer"), case=case, name="decline", asked=Asked(text="请打 110"))
    assert "请打 110" in look_up(phone, received.receipt).content.decode()
    for _tap in range(2):
        assert do(phone, "object", received.receipt, text="这不是报警的事").status_code == 200
    assert state_of(case) == State.UNCLAIMED


# --- withdrawing -----------------------------------------------------------------------------------------------------


def test_withdrawing_asks_once_and_then_nothing_more_can_be_done(world: World, received, case, phone):
    handled(world, case)
    asked = do(phone, "withdraw", received.receipt, text="自己修好了")
    assert "自己修好了" in asked.content.decode()
    assert state_of(case) == State.HANDLED
    for _tap in range(2):
        assert do(phone, "withdraw", received.receipt, text="自己修好了", sure="1").status_code == 200
    assert state_of(case) == State.WITHDRAWN
    for act, said in {"verdict": {"verdict": "solved"}, "note": {"text": "等等"}, "reopen": {"text": "还是开着"}}.items():
        answer = do(phone, act, received.receipt, **said)
        assert answer.status_code == 409, act
        assert said.get("text", "") in answer.content.decode()
    assert state_of(case) == State.WITHDRAWN


def test_no_page_after_withdrawing_is_one_that_was_posted(received, case, phone):
    """So that neither reloading nor going back asks whether to send a form again; and no receipt stands in an address."""
    steps = ("/receipt/", {}), ("/receipt/withdraw/", {}), ("/receipt/withdraw/", {"sure": "1", "text": "自己修好了"})
    led_to = []
    for address, said in steps:
        answer = phone.post(address, {"receipt": received.receipt, **said})
        assert answer.status_code == 303
        assert phone.get(answer.headers["Location"]).status_code == 200
        led_to.append(answer.headers["Location"])
    assert led_to == ["/receipt/story/", "/receipt/withdraw/", "/receipt/story/"]
    back = phone.get("/receipt/withdraw/")
    assert (back.status_code, back.headers["Location"]) == (302, "/receipt/story/")
    assert "自己修好了" in phone.get("/receipt/story/").content.decode()
    phone.post("/receipt/close/")
    assert phone.get("/receipt/withdraw/", follow=True).redirect_chain[-1] == ("/receipt/", 302)


def test_without_cookies_withdrawing_asks_once_too_and_again_changes_nothing(world: World, received, case):
    asked = world.client().post("/receipt/withdraw/", {"receipt": received.receipt})
    assert 'name="sure"' in asked.content.decode()
    assert state_of(case) == State.UNCLAIMED
    for _again in range(2):
        done = world.client().post("/receipt/withdraw/", {"receipt": received.receipt, "sure": "1"})
        assert "您撤回了" in done.content.decode()
    assert case.steps.count() == 2


def test_one_of_several_withdraws_and_the_work_goes_on(world: World, received, case, phone):
    other = join(world, case)
    do(phone, "withdraw", other.receipt, sure="1")
    assert state_of(case) == State.UNCLAIMED
    assert do(phone, "note", other.receipt, text="等等").status_code == 409
    assert do(phone, "note", received.receipt, text="还在等").status_code == 200


def test_an_act_needs_the_receipt(case, phone):
    assert do(phone, "note", "0" * 24, text="我也来写").status_code == 404
    assert case.steps.count() == 1
    assert phone.get("/receipt/note/").status_code == 302
    assert phone.get("/receipt/nonsense/").status_code == 404


@pytest.mark.parametrize("address", ["/report/?place=152221200203", "/receipt/story/"])
def test_a_page_asks_the_database_little(received, phone, address, django_assert_max_num_queries):
    look_up(phone, received.receipt)
    with django_assert_max_num_queries(15):
        assert phone.get(address).status_code == 200


def test_told_from_what_was_just_saved_or_read_anew_it_is_the_same_story(report):
    for said in ({"spot": "学校东边"}, {"phone": "", "quarantined": True}, {"tier": Tier.DANGER}):
        fresh = report(**said)
        assert story_of(fresh.receipt, fresh.reporter, fresh.step) == story_of(fresh.receipt)


def test_the_fields_of_an_act_are_drawn_once_a_language_and_never_hold_what_somebody_typed(phone, received):
    for language, word in (("zh-hans", "您想补充什么？"), ("en", "What do you want to add?"), ("zh-hans", "您想补充什么？")):
        phone.cookies["django_language"] = language
        assert word in look_up(phone, received.receipt).content.decode()
    typed = do(phone, "note", received.receipt, text="字" * 4001)
    assert "字字" in typed.content.decode()
    assert "字字" not in look_up(phone, received.receipt).content.decode()
