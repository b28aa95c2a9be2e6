"""The working pages: what each person reads of a case, and may do with it."""

import re
from datetime import timedelta

import pytest

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, State
from lianxin.cases.notices import work
from lianxin.cases.queries.story import story_of
from lianxin.ledger import clock
from lianxin.ledger.models import Entry

KEY = "k" * 22


def page(world, name, case, **asked):
    return world.client(name).get(f"/cases/{case.pk}/", asked)


def send(world, name, case, move, **said):
    body = {"submission": said.pop("key", KEY), **said}
    return world.client(name).post(f"/cases/{case.pk}/{move}/", body)


def text_of(response):
    return response.content.decode()


def moves_on(response):
    return set(re.findall(r'/cases/\d+/(\w+)/"', text_of(response)))


def test_the_pool_nearby_and_one_tap(world, waiting):
    pool = text_of(world.client("member").get("/cases/pool/"))
    assert "村口的水井不出水" in pool
    assert "村口的水井不出水" not in text_of(world.client("sibling_secretary").get("/cases/pool/"))
    assert send(world, "member", waiting, "claim").status_code == 302
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lead) == (State.LED, world.branch)


def test_a_member_who_claimed_it_sees_it_through_and_another_does_not(world, waiting):
    send(world, "member", waiting, "claim")
    assert "handle" in moves_on(page(world, "member", waiting))
    answered = send(world, "member", waiting, "answer", text="明天上门看", key="a" * 22)
    assert answered.status_code == 302
    waiting.refresh_from_db()
    actions.transfer_lead(actor=world.user("township_officer"), case=waiting, lead=world.village, reason="由嘎查办")
    assert send(world, "member", waiting, "handle", text="好了", key="b" * 22).status_code == 404


def test_a_move_changed_and_sent_again_shows_both_and_offers_a_second_one_only_where_there_can_be_one(world, led):
    for move, second in {"answer": True, "handle": False}.items():
        assert send(world, "secretary", led, move, text="原来的话", key=move[0] * 22).status_code == 302
        asked = send(world, "secretary", led, move, text="改过的话", key=move[0] * 22)
        assert asked.status_code == 409
        assert "<dd>原来的话</dd>" in text_of(asked)
        assert "<dd>改过的话</dd>" in text_of(asked)
        assert ("另存为新的一条" in text_of(asked)) == second, move
    assert [step.text for step in led.steps.all()][-2:] == ["原来的话", "原来的话"]


@pytest.mark.parametrize(
    ("move", "said"),
    [
        ("answer", {"text": "\u200b\u3164"}),
        ("handle", {"text": "\u2800\u2060"}),
        ("return", {"reason": "\u115f\u00ad"}),
        ("pause", {"reason": "\ufeff\u1160", "until": lambda: clock.today() + timedelta(days=3)}),
    ],
)
def test_words_and_reasons_that_nobody_could_see_are_asked_for_like_empty_ones(world, led, move, said):
    before = led.steps.count()
    said = {name: value() if callable(value) else value for name, value in said.items()}
    assert send(world, "secretary", led, move, **said).status_code == 422
    assert led.steps.count() == before


def test_a_member_does_not_handle_what_the_secretary_claimed(world, led):
    assert moves_on(page(world, "member", led)) == set()
    assert "只有牵头的特门嘎查党支部" in text_of(page(world, "member", led))
    assert send(world, "member", led, "handle", text="好了").status_code == 404


def test_each_reads_the_words_their_rights_allow(world, led):
    actions.plan_case(actor=world.user("secretary"), case=led, text="水泵老化，换新泵", focus="key")
    for name in ("secretary", "township_officer", "county_officer", "inspector", "member"):
        assert "水泵老化" in text_of(page(world, name, led)), name
    for name in ("sibling_secretary", "sibling_officer", "other_county_officer", "auditor", "contact_leader"):
        assert page(world, name, led).status_code == 404, name


@pytest.mark.parametrize(
    ("name", "seen"), [("secretary", True), ("township_officer", True), ("member", False), ("inspector", False)]
)
def test_a_phone_is_masked_and_only_for_those_who_handle(world, led, name, seen):
    shown = text_of(page(world, name, led))
    assert ("138****1111" in shown) == seen
    assert "13800001111" not in shown


def test_who_merely_may_claim_reads_what_residents_read(world, led):
    actions.plan_case(actor=world.user("secretary"), case=led, text="内部分析")
    actions.return_case(actor=world.user("secretary"), case=led, reason="不归我们")
    Case.objects.filter(pk=led.pk).update(state=State.DISPATCH, lead=None, place=world.township)
    shown = text_of(page(world, "member", led))
    assert "村口的水井不出水" in shown
    assert "内部分析" not in shown


def test_who_took_it_up_first_answers_for_it_until_another_is_named(world, led):
    assert send(world, "secretary", led, "return", reason="不归我们", proposed="满族屯满族乡（152221200）").status_code == 302
    assert send(world, "secretary", led, "answer", key="b" * 22, text="已转请乡里定由谁办").status_code == 302
    led.refresh_from_db()
    assert led.state == State.CONTESTED and led.lead == world.branch
    assert not led.clocks.filter(name="respond", stopped_at=None).exists()
    assert send(world, "secretary", led, "handle", key="c" * 22, text="修好了").status_code == 422


def test_ones_own_unit_is_no_partner(world, waiting):
    alone = send(world, "secretary", waiting, "claim", unit=world.branch.code, partners=world.branch.code)
    assert alone.status_code == 422 and "这是本单位" in text_of(alone)


def test_a_double_tap_claims_once(world, waiting):
    for _tap in range(2):
        assert send(world, "secretary", waiting, "claim", unit=world.branch.code).status_code == 302
    assert Entry.objects.filter(subject=waiting.subject, kind="cases.claimed").count() == 1


def test_who_comes_second_learns_who_was_first_and_reads_nothing_else(world, waiting):
    actions.claim_case(actor=world.user("township_officer"), case=waiting, unit=world.township)
    second = send(world, "member", waiting, "claim")
    assert second.status_code == 422
    assert "满族屯满族乡已经认领" in text_of(second)
    assert "水井" not in text_of(second)
    assert send(world, "sibling_secretary", waiting, "claim").status_code == 404


def test_claimed_as_a_group_each_partner_owes_a_part(world, waiting):
    sent = send(world, "secretary", waiting, "claim", unit=world.branch.code, partners="特门嘎查")
    assert sent.status_code == 302
    waiting.refresh_from_db()
    assert (waiting.mode, [part.unit for part in waiting.parts.all()]) == ("group", [world.village])
    assert "还没有完成" in text_of(page(world, "secretary", waiting))
    assert send(world, "department_handler", waiting, "do_part", text="看过了", part=waiting.parts.get().pk).status_code == 302
    assert send(world, "secretary", waiting, "handle", text="修好了", key="h" * 22).status_code == 302


def test_a_partner_leaves_a_group_and_the_lead_reads_why(world, report):
    """While it is not handled; who was merely asked to assist does not. Residents, who were told of no partner, read nothing."""
    told = report(sending="a phone's own key for a group", place=world.township)
    case = told.reporter.case
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch, partners=[world.village, world.township])
    lines = len(story_of(told.receipt).lines)
    joined = {"move": "leave_group", "part": case.parts.get(unit=world.village).pk}
    partner = {"world": world, "name": "department_handler", "case": case, **joined}
    assert "leave_group" in moves_on(page(world, "department_handler", case))
    assert "leave_group" not in moves_on(page(world, "secretary", case))
    assert send(**partner, key="0" * 22).status_code == 422
    for _tap in range(2):
        assert send(**partner, reason="人手不够").status_code == 302
    left = Entry.objects.get(subject=case.subject, kind="cases.part_left")
    assert (left.unit, case.parts.get(unit=world.village).is_open) == (world.village, False)
    shown = text_of(page(world, "secretary", case))
    assert "人手不够" in shown and "已退出组团" in shown
    assert "有组团单位退出" in str([str(due.text) for due in work(world.user("secretary"), clock.today())])
    assert page(world, "department_handler", case).status_code == 404
    assert "水井" not in text_of(world.client("department_handler").get(f"/cases/{case.pk}/leave_group/"))
    assert len(story_of(told.receipt).lines) == lines
    actions.ask_part(actor=world.user("secretary"), case=case, unit=world.village, text="借梯子", due_on=case.reported_on)
    assert "leave_group" not in moves_on(page(world, "department_handler", case))
    assert send(**partner, reason="不想", key="1" * 22).status_code == 422
    for part in case.parts.filter(done=None, called_off=None):
        actions.call_off_part(actor=world.user("secretary"), part=part, reason="不用了")
    actions.handle_case(actor=world.user("secretary"), case=case, text="修好了")
    late = send(world, "township_officer", case, "leave_group", reason="晚了", key="2" * 22)
    assert (late.status_code, case.steps.filter(move="leave_group").count()) == (422, 1)


def test_from_plan_to_handled(world, led):
    secretary = {"world": world, "name": "secretary", "case": led}
    sent = [
        send(**secretary, move="answer", text="明天上门", key="1" * 22),
        send(
            **secretary, move="plan", focus="key", analysis="泵坏", plan="三天内换", measures="一、买泵；二、安装", key="2" * 22
        ),
        send(**secretary, move="ask", unit="特门嘎查", text="请水利员来看", due_on="2099-01-01", key="3" * 22),
        send(**secretary, move="call_off", reason="不需要了", part=str(led.parts.get().pk), key="4" * 22),
        send(**secretary, move="pause", text="等配件", until="2000-01-01", key="5" * 22),
        send(**secretary, move="ask_extension", days="5", reason="配件未到", key="6" * 22),
        send(world, "township_officer", led, "extend", granted="yes", key="7" * 22),
        send(**secretary, move="handle", text="换了新泵，已经出水", key="8" * 22),
    ]
    assert [answer.status_code for answer in sent] == [302, 302, 302, 302, 422, 302, 302, 302]
    assert "30 天之内" in text_of(sent[4])
    led.refresh_from_db()
    assert led.state == State.HANDLED
    assert "重点问题" in text_of(page(world, "secretary", led))


def test_who_decides_on_more_time_reads_how_much_was_asked(world, led):
    send(world, "secretary", led, "ask_extension", days="13", reason="配件未到")
    asked = text_of(world.client("township_officer").get(f"/cases/{led.pk}/extend/"))
    assert "工作日" in asked and ">13<" in re.sub(r"\s", "", asked) and "不同意时必须填写" in asked
    (line,) = [str(due.text) for due in work(world.user("secretary"), clock.today()) if due.key.startswith("cases.case:")]
    assert f"诉求 {led.pk}" in line and "№" not in line


def test_a_second_answer_is_not_called_the_first(world, led):
    for number in range(2):
        send(world, "secretary", led, "answer", text="明天上门", key=f"{number}" * 22)
    assert "首次答复群众" not in text_of(page(world, "secretary", led))


def test_more_time_that_nobody_decided_on_falls_with_the_round(world, report):
    """What was asked in one round, or before it was returned or given to another, no longer waits; the lead asks anew."""
    resident = report().reporter
    case, secretary, officer = resident.case, world.user("secretary"), world.user("township_officer")
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    over = {
        "handled": lambda: (
            actions.handle_case(actor=secretary, case=case, text="换了泵"),
            actions.give_verdict(reporter=resident, verdict="partly", why="只通了一半"),
        ),
        "returned": lambda: (
            actions.return_case(actor=secretary, case=case, reason="不归我们"),
            actions.decide_lead(actor=officer, case=case, lead=world.branch, reason="还是支部"),
        ),
        "transferred": lambda: actions.transfer_lead(actor=officer, case=case, lead=world.branch, reason="重新指定"),
    }
    for number, (name, fall) in enumerate(over.items()):
        assert send(world, "secretary", case, "ask_extension", days="3", reason="等泵", key=f"{number}" * 22).status_code == 302
        asked = case.extensions.last()
        assert "extend" in moves_on(page(world, "township_officer", case)), name
        fall()
        assert "extend" not in moves_on(page(world, "township_officer", case)), name
        sent = send(world, "township_officer", case, "extend", granted="yes", key=f"{number}e" * 11)
        assert (sent.status_code, "随之失效" in text_of(sent)) == (422, True), name
        with pytest.raises(CaseError):
            actions.decide_extension(actor=officer, extension=asked, granted=True)
        assert "ask_extension" in moves_on(page(world, "secretary", case)), name


def test_a_part_called_off_and_sent_again_is_named_not_numbered(world, led):
    for unit in (world.village, world.township):
        actions.ask_part(actor=world.user("secretary"), case=led, unit=unit, text="借梯子", due_on=led.reported_on)
    first, second = led.parts.order_by("pk")
    for part in (first, second):
        said = {"world": world, "name": "secretary", "case": led, "move": "call_off", "part": str(part.pk), "key": "q" * 22}
        if part == first:
            assert send(**said, reason="不用了").status_code == 302
            changed = send(**{**said, "reason": "改了"})
            assert changed.status_code == 409
            assert f"{world.village.name} · " in text_of(changed)
            assert f"<dd>{part.pk}</dd>" not in text_of(changed)
            again = send(**{**said, "key": "r" * 22, "reason": "改了"})
            assert (again.status_code, "这项协办已经结束" in text_of(again)) == (422, True)
    assert send(**{**said, "key": "s" * 22, "reason": "也不用了"}).status_code == 302


def test_nobody_decides_on_their_own_extension(world, led):
    actions.transfer_lead(actor=world.user("county_officer"), case=led, lead=world.township, reason="由乡里办")
    send(world, "township_officer", led, "ask_extension", days="5", reason="配件未到")
    assert send(world, "township_officer", led, "extend", granted="yes", key="e" * 22).status_code == 404
    assert send(world, "county_officer", led, "extend", granted="no", reason="", key="f" * 22).status_code == 422
    assert send(world, "county_officer", led, "extend", granted="no", reason="不必", key="g" * 22).status_code == 302


def test_returned_three_times_only_the_county_decides(world, led):
    for number in range(3):
        assert (
            send(world, "secretary", led, "return", reason="不归我们", proposed="特门嘎查", key=f"{number}" * 22).status_code
            == 302
        )
        decider = "township_officer" if number < 2 else "county_officer"
        if number == 2:
            assert send(world, "township_officer", led, "decide", lead="特门嘎查党支部", reason="还是支部").status_code == 404
        decided = send(world, decider, led, "decide", lead="152221200203-1", reason="还是支部", key=f"{number}d" * 11)
        assert decided.status_code == 302
    assert send(world, "secretary", led, "return", reason="真的不归我们", key="r" * 22).status_code == 422


def test_a_unit_that_nobody_knows_and_one_that_is_complained_about(world, report):
    case = report(about=world.branch).reporter.case
    assert page(world, "secretary", case).status_code == 404
    wrong = send(world, "township_officer", case, "designate", lead="无此单位")
    assert (wrong.status_code, "找不到单位“无此单位”" in text_of(wrong)) == (422, True)
    about = send(world, "township_officer", case, "designate", lead="特门嘎查党支部", key="a" * 22)
    assert about.status_code == 422
    assert send(world, "township_officer", case, "designate", lead="tmgc", key="b" * 22).status_code == 302


def test_a_report_held_back_is_let_in_or_not(world, report):
    first, second = (report(quarantined=True).reporter.case for _ in range(2))
    assert moves_on(page(world, "township_officer", first)) == {"release", "decline"}
    assert send(world, "township_officer", first, "release").status_code == 302
    assert send(world, "township_officer", second, "decline", text="与本地无关", key="d" * 22).status_code == 302
    assert Case.objects.get(pk=first.pk).state == State.UNCLAIMED
    assert Case.objects.get(pk=second.pk).state == State.DECLINED


def test_recorded_for_a_resident_it_shows_the_receipt_and_the_same_again(world):
    client, said = world.client("member"), {"source": "home_visit", "place": "152221200203", "text": "老人家里漏雨"}
    body = {**said, "unit": "152221200203-1", "submission": KEY}
    receipts = [re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", text_of(client.post("/cases/new/", body)))[0] for _tap in range(2)]
    assert receipts[0] == receipts[1]
    case = Case.objects.get()
    assert (case.source, case.place, case.reporters.get().by_proxy) == ("home_visit", world.village, True)
    changed = client.post("/cases/new/", {**body, "text": "别的事"})
    assert changed.status_code == 409
    assert "<dd>老人家里漏雨</dd>" in text_of(changed)
    assert "<dd>别的事</dd>" in text_of(changed)
    assert "另存为新的一条" in text_of(changed)
    Case.objects.update(about=world.branch)  # from now on nobody of the branch reads a word of it
    hidden = text_of(client.post("/cases/new/", {**body, "text": "别的事"}))
    assert "老人家里漏雨" not in hidden
    assert "<dd>别的事</dd>" in hidden
    assert client.post("/cases/new/", {**body, "text": "", "submission": "n" * 22}).status_code == 422


def test_a_complaint_recorded_for_a_resident_stays_hidden_from_whom_it_is_about(world):
    """As if the resident had filed it. Who belongs there cannot record it, and reads how else it comes in."""
    said = {"source": "phone", "place": "152221200203", "text": "账目不清", "submission": KEY}
    own = {**said, "unit": "152221200203-1"}
    for about in ("特门嘎查党支部", "满族屯满族乡"):  # their own unit, and one above it
        refused = world.client("secretary").post("/cases/new/", {**own, "about": about})
        assert (refused.status_code, "反映问题”页面提交（不用账号）" in text_of(refused)) == (422, True)
    officer = world.client("township_officer")
    sent = {**said, "unit": "152221200"}
    for nobody in ("科尔沁右翼前旗", "科尔沁镇"):  # the county itself; an office of another place
        assert officer.post("/cases/new/", {**sent, "about": nobody}).status_code == 422
    assert not Case.objects.exists()
    recorded = text_of(officer.post("/cases/new/", {**sent, "about": "特门嘎查党支部（152221200203-1）"}))
    assert "请不要告诉那里的任何人" in recorded
    case = Case.objects.get()
    assert (case.about, case.steps.get().entry.unit) == (world.branch, world.township)
    assert "特门嘎查党支部" in text_of(page(world, "township_officer", case))
    for name in ("secretary", "member"):
        assert page(world, name, case).status_code == 404
        assert "账目不清" not in text_of(world.client(name).get("/cases/pool/"))


def test_the_list_keeps_its_filters_and_turns_pages_without_counting(world, report, monkeypatch):
    from lianxin.cases.queries import lists

    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    cases = [report(text=f"第{number}件").reporter.case for number in range(5)]
    actions.claim_case(actor=world.user("secretary"), case=cases[0], unit=world.branch)
    client = world.client("secretary")

    def titles(address):
        return re.findall(r"第\d件", text_of(client.get(address)))

    assert titles("/cases/") == ["第4件", "第3件"]
    assert titles(f"/cases/?after={cases[3].pk}") == ["第2件", "第1件"]
    assert titles("/cases/?whose=mine") == ["第0件"]
    assert titles("/cases/?state=waiting&sort=due")[:1] == ["第4件"] or len(titles("/cases/?state=waiting&sort=due")) == 2
    assert titles("/cases/?overdue=1") == []
    assert titles("/cases/?whose=mine&state=ended&after=zzz&item=x&since=not-a-day") == []
    assert client.get("/cases/?place=no-such").status_code == 404


def test_a_case_full_of_everything_takes_at_most_15_queries(world, waiting, django_assert_max_num_queries):
    member, secretary = world.client("member"), world.user("secretary")
    send(world, "member", waiting, "claim", partners="152221200203-1-1")
    for number in range(3):
        actions.plan_case(actor=secretary, case=waiting, text=f"计划{number}")
    actions.ask_part(actor=secretary, case=waiting, unit=world.village, text="借梯子", due_on=waiting.reported_on)
    actions.ask_extension(actor=secretary, case=waiting, days=3, reason="等灯")
    actions.return_case(actor=secretary, case=waiting, reason="不归我们", proposed=world.township)
    for address in (f"/cases/{waiting.pk}/", f"/cases/{waiting.pk}/do_part/"):
        with django_assert_max_num_queries(15):
            member.get(address)


def test_who_names_the_lead_is_offered_who_usually_takes_it_up(world, waiting, django_assert_max_num_queries):
    Case.objects.filter(pk=waiting.pk).update(state=State.DISPATCH)
    officer = world.client("township_officer")
    with django_assert_max_num_queries(15):
        shown = text_of(officer.get(f"/cases/{waiting.pk}/designate/"))
    assert "满族屯满族乡（152221200）" in shown
    assert "建议" in shown
    assert send(world, "township_officer", waiting, "designate", lead="满族屯满族乡（152221200）").status_code == 302


def test_who_leads_names_the_matter_and_its_time_is_reckoned_anew(world, catalogue):
    secretary, client = world.user("secretary"), world.client("secretary")
    report = actions.Report("a phone's own key 9", world.village, "村口停水三天了，水井不出水")
    case = actions.report_case(report=report).reporter.case
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    before = case.clocks.get(name="handle").due_at
    page = client.get(f"/cases/{case.pk}/sort/").content.decode()
    assert "停水断水" in page
    key = re.search(r'name="submission" value="([^"]+)"', page)[1]
    sent = client.post(f"/cases/{case.pk}/sort/", {"submission": key, "item": "water.supply.outage", "tier": ""})
    assert sent.status_code == 302
    case.refresh_from_db()
    assert (case.item.key, case.tier, case.state) == ("water.supply.outage", "supply", "led")
    assert case.clocks.get(name="handle").due_at < before
    entry = case.steps.get(move="sort").entry
    assert entry.data["item"] == "water.supply.outage"
    assert entry.data["due"]
