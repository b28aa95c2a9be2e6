"""The style page holds every component once; here it is looked at as readers with different eyes, screens and devices would."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.checks import FIRST_VISIT_BYTES, assert_accessible, assert_fits, bytes_of_first_visit

READERS = {
    "on a phone": {"width": 360},
    "on a phone, in English": {"width": 360, "language": "en"},
    "at a desk": {"width": 1440},
    "on a dark phone": {"width": 360, "dark": True},
    "with large text": {"width": 360, "large": True},
    "with large text in the dark": {"width": 1440, "large": True, "dark": True},
}


@pytest.mark.parametrize("reader", READERS)
def test_every_component_is_accessible_and_fits(visit, shoot, reader):
    page = visit(**READERS[reader])
    page.goto("/style/")
    assert_accessible(page, large=READERS[reader].get("large", False))
    assert_fits(page)


def test_pictures_of_every_component(visit, shoot):
    page = visit(width=360)
    page.goto("/style/")
    shoot(page, "style")
    expect(page.locator("h1")).to_be_visible()


def test_a_first_visit_is_light(visit):
    assert bytes_of_first_visit(visit(), "/style/") <= FIRST_VISIT_BYTES


def test_errors_link_to_their_fields_and_nothing_typed_is_lost(visit):
    page = visit(javascript=False)
    page.goto("/style/")
    page.get_by_label("What was found").fill("路灯修好了")
    page.get_by_role("button", name="Save the visit").click()
    expect(page.get_by_label("What was found")).to_have_value("路灯修好了")
    page.locator(".errors").get_by_role("link", name="When?").click()
    assert page.url.endswith("#id_day")


def test_a_refused_form_is_read_out_first(visit):
    page = visit()
    page.goto("/style/")
    expect(page).to_have_title(re.compile("^Style"))
    page.get_by_role("button", name="Save the visit").click()
    expect(page).to_have_title(re.compile("^还没有保存"))
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".errors a").first).to_be_focused()


def test_only_a_table_that_scrolls_stops_the_tab_key(visit):
    page = visit(width=360)
    page.goto("/style/")
    frame = page.get_by_role("region", name="Schemes by township")
    expect(frame).to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 1900, "height": 800})
    expect(frame).to_have_attribute("tabindex", "-1")


def test_large_text_stays_chosen_without_javascript(visit):
    page = visit(javascript=False)
    page.goto("/style/?sort=name")
    page.get_by_role("button", name="大字").click()
    assert page.url.endswith("/style/?sort=name")
    page.goto("/style/")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
    page.get_by_role("button", name="标准字号").click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "17px"


def test_the_language_switch_stays_on_the_page(visit):
    page = visit(javascript=False)
    page.goto("/style/?sort=name")
    page.get_by_role("button", name="English").click()
    assert page.url.endswith("/style/?sort=name")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Large text")).to_be_visible()


def test_a_form_is_sent_once_however_often_it_is_tapped(visit):
    page = visit()
    page.goto("/style/")
    sent = []
    page.route("**/style/", lambda route: sent.append(route.request.method))  # never answered
    tap_thrice = "[0, 200, 400].forEach((wait) => setTimeout(() => document.querySelector('form.form .button').click(), wait))"
    page.evaluate(tap_thrice)
    page.wait_for_timeout(900)
    assert sent == ["POST"]


def test_leaving_with_unsaved_words_asks(visit):
    page = visit()
    page.goto("/style/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("What was found").fill("…")
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_keys_walk_a_table(visit):
    page = visit(width=1440)
    page.goto("/style/")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") != first
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_paper_carries_unit_date_and_address(visit):
    page = visit(width=1440)
    page.goto("/style/")
    page.emulate_media(media="print")
    expect(page.locator(".paper-unit")).to_have_text("特门嘎查")
    expect(page.locator(".paper-head .qr")).to_be_visible()
    expect(page.locator("header.top")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_header_takes_two_rows_of_a_phone_at_most(visit, language):
    page = visit("contact_leader", language=language)
    page.goto("/account/")
    rows = page.evaluate(
        "[...document.querySelectorAll('.top .product, .top .plain, .top summary, .search input')]"
        ".filter((part) => part.getClientRects().length && !part.closest('.menu-body'))"
        ".map((part) => Math.round(part.getBoundingClientRect().y + part.getBoundingClientRect().height / 2))"
    )
    assert len(set(rows)) == 2, rows
