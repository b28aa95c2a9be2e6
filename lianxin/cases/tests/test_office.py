"""The county office: figures that open, and call-backs by somebody of another unit than the lead."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.http import QueryDict
from time_machine import travel

from lianxin.cases import actions
from lianxin.cases.actions import handling
from lianxin.cases.models import CallBack, Case, State
from lianxin.cases.queries import heat, lists
from lianxin.cases.tiers import tiers
from lianxin.cases.topics import hot_topics
from lianxin.ledger import clock
from lianxin.schemes import actions as actions_on_schemes


@pytest.fixture
def called(world):
    """A case taken by phone, handled: one of those that are called back."""
    secretary = world.user("secretary")
    report = actions.Report("a phone's own key 1", world.village, "村口的水井不出水", phone="13800001111", source="phone")
    case = actions.record_case(actor=secretary, unit=world.branch, report=report).reporter.case
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    actions.handle_case(actor=secretary, case=case, text="换了水泵")
    return CallBack.objects.get(case=case)


def send(client, drawn, **said):
    page = client.get(f"/call-backs/{drawn.pk}/")
    key = re.search(r'name="submission" value="([^"]+)"', page.content.decode())[1]
    return client.post(f"/call-backs/{drawn.pk}/", {"submission": key, "resident": drawn.case.reporters.get().pk, **said})


def test_three_who_report_one_matter_make_a_hot_topic(world):
    for number, words in enumerate(("村口的水井不出水了", "特门嘎查水井又不出水", "水井不出水，三天了")):
        actions.report_case(report=actions.Report(f"a phone's own key {number}", world.village, words))
    officer = world.client("county_officer")
    page = officer.get("/topics/").content.decode()
    assert "水井" in page
    assert page.count('href="/cases/') >= 3
    assert officer.get("/topics/?days=nonsense").content.decode().count("水井") == page.count("水井")
    assert "水井" not in world.client("sibling_officer").get("/topics/").content.decode()
    assert world.client("member").get("/topics/").status_code == 404


def test_hot_topics_are_kept_for_ten_minutes_but_never_what_was_erased_nor_what_is_no_longer_theirs(world, monkeypatch):
    def report(number):
        words = f"村口的水井不出水第{number}天了"
        return actions.report_case(report=actions.Report(f"a phone's own key {number}", world.village, words)).reporter

    looked = []
    monkeypatch.setattr(heat, "hot_topics", lambda *asked: looked.append(asked) or hot_topics(*asked))
    officer, reporters = world.client("township_officer"), [report(number) for number in range(3)]

    def page():
        return unescape(officer.get("/topics/").content.decode())

    assert "3 件" in page() and len(looked) == 1
    reporters.append(report(3))
    assert "3 件" in page() and len(looked) == 1, "something else was recorded: what was found is shown again, with its time"
    with travel(clock.now() + heat.FRESH):
        heat.renew()
        assert len(looked) == 2 and "4 件" in page() and len(looked) == 2, "made anew before anybody waits for it"
        Case.objects.filter(pk=reporters[0].case_id).update(about=world.township)
        assert f"/cases/{reporters[0].case_id}/" not in page() and len(looked) == 3
        actions.withdraw_report(reporter=reporters[1])
        actions.ask_erasure(reporter=reporters[1])
        assert f"/cases/{reporters[1].case_id}/" not in page() and len(looked) == 4 and "水井" not in page()


def test_the_township_calls_back_and_the_resident_says_yes(world, called):
    officer = world.client("township_officer")
    assert "/call-backs/" in officer.get("/desk/").content.decode()
    assert f"/call-backs/{called.pk}/" in officer.get("/call-backs/").content.decode()
    assert "查看时要写明原因" in officer.get(f"/call-backs/{called.pk}/").content.decode()
    assert send(officer, called, outcome="solved", stars="5", why="水很大").status_code == 302
    called.case.refresh_from_db()
    assert called.case.state == State.SOLVED
    assert "已经回访过" in officer.get(f"/call-backs/{called.pk}/", follow=True).content.decode()
    assert world.client("member").get(f"/call-backs/{called.pk}/").status_code == 404


@pytest.mark.parametrize("now", ["not", "nobody"])
def test_a_call_back_changed_and_sent_again_shows_both_and_offers_no_second_one(world, called, now):
    officer = world.client("township_officer")
    page = officer.get(f"/call-backs/{called.pk}/")
    key = re.search(r'name="submission" value="([^"]+)"', page.content.decode())[1]
    body = {"submission": key, "resident": called.case.reporters.get().pk, "outcome": "solved", "why": "水很大"}
    officer.post(f"/call-backs/{called.pk}/", body)
    asked = officer.post(f"/call-backs/{called.pk}/", {**body, "outcome": now, "why": "其实没有"})
    assert asked.status_code == 409
    assert "<dd>水很大</dd>" in asked.content.decode()
    assert "<dd>其实没有</dd>" in asked.content.decode()
    assert "另存为新的一条" not in asked.content.decode()
    refused = officer.post(f"/call-backs/{called.pk}/", {**body, "submission": "n" * 22, "outcome": now, "why": "其实没有"})
    assert refused.status_code == 422
    called.refresh_from_db()
    assert (called.reached, called.case.state) == (True, State.SOLVED)


@pytest.mark.parametrize(("said", "state"), [("not", State.LED), ("nobody", State.HANDLED)])
def test_a_no_begins_again_and_nobody_says_nothing(world, called, said, state):
    assert send(world.client("county_officer"), called, outcome=said, why="没修好").status_code == 302
    called.case.refresh_from_db()
    assert called.case.state == state


def test_a_resident_who_said_yes_may_say_no_when_called(world, called):
    reporter = called.case.reporters.get()
    actions.give_verdict(reporter=reporter, verdict="solved", stars=5)
    assert send(world.client("county_officer"), called, outcome="not", why="又坏了").status_code == 302
    called.case.refresh_from_db()
    assert called.case.state == State.LED


def test_who_led_it_does_not_call(world):
    """The township leads: its own officer is offered no call-back, the county's is."""
    officer = world.user("township_officer")
    report = actions.Report("a phone's own key 2", world.village, "路灯不亮", source="phone")
    case = actions.record_case(actor=officer, unit=world.township, report=report).reporter.case
    actions.designate_lead(actor=officer, case=case, lead=world.township)
    actions.handle_case(actor=officer, case=case, text="亮了")
    drawn = CallBack.objects.get(case=case)
    assert world.client("township_officer").get(f"/call-backs/{drawn.pk}/").status_code == 404
    assert "没有留电话" in world.client("county_officer").get(f"/call-backs/{drawn.pk}/").content.decode()


def test_a_complaint_about_a_unit_is_in_no_figure_of_that_unit(world):
    actions.report_case(report=actions.Report("a phone's own key 4", world.village, "乱收费", about=world.township))
    counted = {
        name: re.search(r"<b>(\d+)</b>\s*<span class=\"label\">合计", client.get("/cases/figures/").content.decode())[1]
        for name in ("township_officer", "county_officer")
        for client in [world.client(name)]
    }
    assert counted == {"township_officer": "0", "county_officer": "1"}


def test_the_tenth_is_drawn_among_those_who_left_a_phone_and_every_flagged_one_is_looked_into(world, report, monkeypatch):
    monkeypatch.setattr(handling, "tiers", lambda: replace(tiers(), call_back_of=1))
    secretary, drawn = world.user("secretary"), []
    for phone, joins, flagged in (("13800001111", "", False), ("", "", False), ("", "13800002222", False), ("", "", True)):
        first = report(phone=phone).reporter
        if joins:  # and whoever joined has withdrawn
            joined = actions.join_case(case=first.case, report=actions.Report("k" * 20, world.village, "", phone=joins))
            actions.withdraw_report(reporter=joined.reporter)
        Case.objects.filter(pk=first.case_id).update(flagged=flagged)
        actions.claim_case(actor=secretary, case=first.case, unit=world.branch)
        actions.handle_case(actor=secretary, case=first.case, text="好了")
        drawn.append([call.why for call in first.case.call_backs.all()])
    assert drawn == [["random"], [], [], ["flagged"]]


def test_few_answers_are_not_shown(world, called):
    actions.give_verdict(reporter=called.case.reporters.get(), verdict="solved", stars=1)
    assert "太少，不显示" in world.client("county_officer").get("/cases/figures/").content.decode()


NUMBER = r'<a class="figure" href="(/[^"]+)">\s*<b>([\d,]+)'


@pytest.fixture
def lived(world, called):
    """At the village: one answered yes, one waits for the answer, one late, one waits to be claimed."""
    secretary = world.user("secretary")
    actions.give_verdict(reporter=called.case.reporters.get(), verdict="solved", stars=5)
    sent = [actions.Report(f"a phone's own key 1{number}", world.village, "路灯不亮") for number in range(3)]
    handled, late, _waiting = [actions.report_case(report=report).reporter.case for report in sent]
    for case in (handled, late):
        actions.claim_case(actor=secretary, case=case, unit=world.branch)
    actions.handle_case(actor=secretary, case=handled, text="好了")
    Case.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(days=1))


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("secretary", "152221200203-1", ["1", "1", "1", "1"]),
        ("county_officer", "152221200203-1", ["1", "1", "1", "1"]),
        ("township_officer", "152221200", ["2", "1", "1", "1"]),
        ("county_officer", "152221", ["2", "1", "1", "1"]),
    ],
)
def test_a_units_page_says_how_its_cases_stand_and_each_number_opens(world, lived, name, code, told):
    client = world.client(name)
    page = client.get(f"/units/{code}/").content.decode()
    found = [(unescape(address), number) for address, number in re.findall(NUMBER, page) if address.startswith("/cases/")]
    assert [number for _address, number in found] == told, "open, late, handled, solved this year"
    for address, number in found:
        asked = lists.read(QueryDict(address.partition("?")[2]).dict())
        assert lists.selected(world.user(name), asked)[0].count() == int(number), address


def test_the_board_has_figures_of_cases_that_open(world, lived):
    client = world.client("county_officer")
    actions_on_schemes.seed_library(actor=world.user("county_officer"), unit=world.county)
    page = client.get("/board/").content.decode()
    found = [(address, number) for address, number in re.findall(NUMBER, page) if address.startswith("/figures/cases.")]
    assert [number for _address, number in found] == ["2", "0", "1", "1"]
    for address, number in found:
        opened = client.get(unescape(address)).content.decode()
        assert len(re.findall(r'<th scope="row">', opened)) == int(number), address
    assert "/figures/cases." not in client.get("/board/?field=village").content.decode()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("since=0001-01-01", "1949-10-01"),
        ("since=0001-01-01&until=9999-12-31", "1949-10-01"),
        ("until=0001-01-01", "1949-10-01"),
        ("since=9999-12-31&until=2026-02-01", "9999-12-31"),
    ],
)
def test_days_beyond_every_report_are_brought_within_reach(world, asked, shown):
    page = world.client("county_officer").get(f"/cases/figures/?{asked}")
    assert page.status_code == 200
    assert f'value="{shown}"' in page.content.decode()
