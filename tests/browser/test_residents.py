"""Residents in a real browser: without JavaScript one question a screen; with it, a draft that outlives the network."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.checks import FIRST_VISIT_BYTES, assert_accessible, assert_fits, bytes_of_first_visit

VILLAGE = "/report/?place=152221200203"
RECEIPT = re.compile(r"([0-9A-Z]{4}[ -]?){6}")


def check(page, *, large=False):
    assert_accessible(page, large=large)
    assert_fits(page)


def signs(page):
    return page.locator(".signs").inner_text().replace("\n", " ")


def test_without_javascript_one_question_a_screen_and_then_a_receipt(visit, shoot):
    page = visit(javascript=False)
    page.goto(VILLAGE)
    expect(page.locator("#q1")).to_be_visible()
    expect(page.locator("#q2")).to_be_hidden()
    page.locator("textarea[name=text]").fill("桥栏杆断了一截，孩子上学要过桥")
    for question in ("q2", "q3", "q4"):
        page.locator(f"a[href='#{question}']:visible").first.click()
        expect(page.locator(f"#{question}")).to_be_visible()
        expect(page.locator("#q1")).to_be_hidden()
    page.locator("#q4 .actions button").click()
    assert page.url.endswith("/receipt/story/")
    assert RECEIPT.search(signs(page))
    page.goto("/receipt/")
    page.goto("/receipt/story/")
    page.locator("details summary", has_text="补充").click()
    page.locator("#note_text").fill("是村东头那座桥")
    page.locator("form[action='/receipt/note/'] button").click()
    assert "是村东头那座桥" in page.locator(".timeline").inner_text()


def test_at_a_desk_everything_stands_on_one_page(visit):
    page = visit(width=1440, javascript=False)
    page.goto(VILLAGE)
    for question in ("q1", "q2", "q3", "q4"):
        expect(page.locator(f"#{question}")).to_be_visible()
    expect(page.locator(".onward").first).to_be_hidden()


def test_every_page_on_the_way_is_accessible(visit, shoot):
    page = visit(language="en", large=True)
    page.goto(VILLAGE)
    page.locator("textarea[name=text]").fill("路灯坏了，晚上看不见路，老人摔过一次")
    for question in ("q2", "q3", "q4"):
        page.locator(f"a[href='#{question}']:visible").first.click()
        check(page, large=True)
    page.locator("#q4 .actions button").click()
    page.wait_for_url("**/receipt/story/")
    check(page, large=True)
    code = signs(page)
    page.goto(f"/receipt/#{code}")  # as from the QR code
    page.wait_for_url("**/receipt/story/")
    assert signs(page) == code
    page.set_viewport_size({"width": 1440, "height": 800})
    check(page)
    page.goto(VILLAGE)
    page.locator("textarea[name=text]").fill("路灯坏了，晚上看不见路，老人也摔过一次")
    expect(page.locator("#alike .same")).to_be_visible()
    check(page)
    for danger, offered in (("yes", 0), ("", 1)):  # a danger joins nothing, so nothing is offered then
        page.locator(f"input[name=danger][value='{danger}']").check()
        expect(page.locator("#alike .same")).to_have_count(offered)
    page.locator("#alike button").first.click()
    page.wait_for_url("**/receipt/story/")
    assert signs(page) != code
    page.locator("details summary", has_text="Add something").click()
    page.locator("form[action='/receipt/note/'] button").click()
    expect(page.locator("[role=alert], .errors").first).to_be_visible()
    page.locator("form[action='/receipt/note/'] textarea").fill("The lamp by the well, too")
    page.locator("form[action='/receipt/note/'] button").click()
    expect(page.locator(".timeline")).to_contain_text("The lamp by the well, too")
    page.go_back()  # to what was refused: how things stand, and nothing is sent again
    expect(page.locator(".timeline")).to_contain_text("The lamp by the well, too")
    page.locator("form[action='/receipt/withdraw/'] button").click()
    page.wait_for_url("**/receipt/withdraw/")
    check(page)
    page.locator("button[name=sure]").click()
    page.wait_for_url("**/receipt/story/")
    page.go_back()  # to what was asked before withdrawing: from there on to how things stand
    page.wait_for_url("**/receipt/story/")
    page.reload()
    expect(page.locator(".timeline")).to_contain_text("You withdrew")


def test_a_draft_outlives_the_network_and_the_window_and_is_sent_once(visit):
    page = visit()
    sent = []
    page.goto(VILLAGE)
    page.on("request", lambda request: request.method == "POST" and request.url.endswith("/report/") and sent.append(request))
    page.context.set_offline(True)
    page.locator("textarea[name=text]").fill("井盖丢了，路口很危险")
    page.locator("textarea[name=phone]").evaluate("field => { field.value = '13947820011' }")
    send(page)
    expect(page.locator("#draft")).to_contain_text("没有网络")
    page.locator("textarea[name=spot]").evaluate(TYPED, "粮站门口")  # what is changed after that goes along
    page.close()
    page = page_of(visit, page)
    page.goto("/receipt/")
    page.wait_for_url("**/receipt/story/")
    assert "井盖丢了" in page.locator(".timeline").inner_text()
    assert "粮站门口" in page.locator("main").inner_text()
    assert "139****0011" in page.locator("main").inner_text()
    assert page.evaluate("localStorage.length") == 0
    page.goto(VILLAGE)
    assert page.locator("textarea[name=text]").input_value() == ""


def page_of(visit, closed):
    """Another window of the same phone, with a network."""
    closed.context.set_offline(False)
    return closed.context.new_page()


TYPED = "(field, words) => { field.value = words; field.dispatchEvent(new Event('input', { bubbles: true })) }"
"""On whichever screen the question stands."""


def send(page):
    for question in ("q2", "q3", "q4"):
        page.locator(f"a[href='#{question}']:visible").first.click()
    page.locator("#q4 .actions button").click()


def test_what_is_changed_while_it_waits_is_what_is_sent(visit):
    page = visit()
    page.goto(VILLAGE)
    page.context.set_offline(True)
    page.locator("textarea[name=text]").fill("泵房漏水")
    send(page)
    expect(page.locator("#draft")).to_contain_text("没有网络")
    page.locator("textarea[name=text]").evaluate(TYPED, "泵房漏水，电线也泡了")
    page.locator("textarea[name=phone]").evaluate(TYPED, "13947820012")
    page.locator("#q4 .actions button").click()
    page.context.set_offline(False)
    page.wait_for_url("**/receipt/story/")
    assert page.locator(".timeline > li").count() == 1
    assert "泵房漏水，电线也泡了" in page.locator(".timeline").inner_text()
    assert "139****0012" in page.locator("main").inner_text()


@pytest.mark.parametrize(("answer", "first", "then"), [("comes", "围墙裂了", "围墙要倒了"), ("is lost", "狗咬人", "狗又咬人")])
def test_what_is_changed_after_it_arrived_is_shown_beside_what_stands(visit, answer, first, then):
    page = visit()
    page.goto(VILLAGE)
    held = []
    page.route("**/report/", lambda route: route.continue_() if held else held.append(route))
    page.locator("textarea[name=text]").fill(first)
    send(page)
    expect(page.locator("#draft")).to_contain_text("正在发送")
    if answer == "is lost":
        held[0].fetch()
        held[0].abort()
        expect(page.locator("#draft")).to_contain_text("没有网络")
    page.locator("textarea[name=text]").evaluate(TYPED, then)
    if answer == "is lost":
        page.evaluate("dispatchEvent(new Event('online'))")
    else:
        held[0].continue_()
    expect(page.locator(".compared")).to_contain_text(first)
    expect(page.locator(".compared")).to_contain_text(then)


def test_an_answer_that_got_lost_on_the_way_back_leaves_one_report(visit):
    page = visit()
    page.goto(VILLAGE)
    lost = []

    def lose(route):
        """The report arrives; its answer does not."""
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/report/", lose)
    page.locator("textarea[name=text]").fill("水渠堵了，地里进不去水")
    for question in ("q2", "q3", "q4"):
        page.locator(f"a[href='#{question}']:visible").first.click()
    page.locator("#q4 .actions button").click()
    expect(page.locator("#draft")).to_contain_text("没有网络")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_url("**/receipt/story/")
    assert len(lost) == 1
    assert page.locator(".timeline > li").count() == 1


@pytest.mark.parametrize("address", ["/report/", VILLAGE, "/receipt/"])
def test_the_first_visit_is_light(visit, address):
    assert bytes_of_first_visit(visit(), address) <= FIRST_VISIT_BYTES
