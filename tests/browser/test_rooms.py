"""Recording on a phone, in a real browser, without JavaScript: what leaders and secretaries do most."""

import pytest
from playwright.sync_api import expect

from tests.browser.checks import FIRST_VISIT_BYTES, assert_accessible, assert_fits, bytes_of_first_visit


def check(page):
    assert_accessible(page)
    assert_fits(page)


def test_a_leader_records_an_inspection_and_a_problem_without_javascript(visit, shoot):
    page, seen = visit("contact_leader", javascript=False), visit("contact_leader")
    page.goto("/visits/new/?kind=inspection&next=/points/")
    page.locator("textarea[name=findings]").fill("账目清楚，档案齐全。")
    page.locator("form.form button").click()
    assert page.url.endswith("/points/")
    assert page.locator(".message.success").count() == 1
    page.goto("/problems/new/")
    page.locator("textarea[name=matter]").fill("二组水井不出水。")
    page.locator("textarea[name=remedy]").fill("联系水利站更换了水泵。")
    page.locator("form.form button").click()
    assert page.url.endswith("/points/")
    for address, name in (("/points/", "points"), ("/visits/new/", "new_visit"), ("/problems/new/", "new_problem")):
        seen.goto(address)
        check(seen)
        shoot(seen, name)


def test_a_secretary_confirms_and_records_and_corrects(visit, shoot):
    page = visit("secretary")
    page.goto("/problems/")
    check(page)
    page.locator(".tasks a").first.click()
    check(page)
    shoot(page, "problem")
    page.locator("form button.button").first.click()
    page.goto("/gatherings/new/?kind=committee_met")
    check(page)
    shoot(page, "new_gathering")
    page.locator("input[name=topic]").fill("研究草场防火")
    page.locator("input[name=present]").fill("5")
    page.locator("form.form button.button").click()
    expect(page.locator(".messages")).to_be_focused()  # what was saved is read out first
    check(page)
    shoot(page, "gatherings")
    page.locator(".timeline a").first.click()
    check(page)
    correct = page.locator("a[href$='/correct/']").get_attribute("href")
    page.goto(correct)
    check(page)
    page.locator("input[name=topic]").fill("研究草场防火和接羔准备")
    page.locator("input[name=reason]").fill("主题写漏了")
    page.locator("form.form button.button").click()
    check(page)
    assert page.locator(".entry.superseded").count() == 1
    shoot(page, "gathering")
    page.goto("/units/152221200203-1/gatherings/")
    check(page)
    shoot(page, "calendar")


def test_going_back_and_changing_asks_what_was_meant(visit, shoot):
    page = visit("secretary")
    page.goto("/gatherings/")
    page.goto("/gatherings/new/?kind=lesson_held")
    page.locator("input[name=topic]").fill("书记讲党课")
    page.locator("form.form button.button").click()
    page.wait_for_url("**/gatherings/")
    page.go_back()
    page.locator("input[name=topic]").fill("老党员讲村史")
    page.locator("form.form button.button").click()
    page.wait_for_load_state()
    check(page)
    assert page.locator("form.form").count() == 2
    shoot(page, "already_saved")


@pytest.mark.parametrize("address", ["/points/", "/visits/new/", "/problems/new/"])
def test_the_first_visit_is_light(visit, address):
    assert bytes_of_first_visit(visit("contact_leader"), address) <= FIRST_VISIT_BYTES
