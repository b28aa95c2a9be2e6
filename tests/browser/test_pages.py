"""Every page of the product opens, is accessible and fits, in both languages, on a phone and at a desk; first ones are light."""

from collections import deque
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.access.expectations import expectations
from tests.browser.checks import FIRST_VISIT_BYTES, assert_accessible, assert_fits, bytes_of_first_visit
from tests.browser.conftest import choose
from tests.browser.furnished import NO_PAGES

PAGES = sorted(name for name, row in expectations().items() if "GET" in row.methods and name not in NO_PAGES)
PHONE, DESK = 360, 1440

BEGINNINGS = {
    None: "/",
    "contact_leader": "/desk/",
    "secretary": "/desk/",
    "township_officer": "/desk/",
    "county_officer": "/desk/",
    "inspector": "/desk/",
    "auditor": "/desk/",
    "administrator": "/desk/",
}
LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
WAYS_OUT = {"sign_out"}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_fits_in_both_languages(visit, opened, name):
    person, address = opened.furnished.pages[name]
    page = visit(person, width=PHONE)
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    answer = page.goto(address)
    assert answer.ok, f"{address}: {answer.status}"
    assert urlsplit(page.url).path == urlsplit(address).path, f"{address} leads to {page.url}"
    assert_accessible(page)
    assert_fits(page)
    page.set_viewport_size({"width": DESK, "height": 800})
    assert_fits(page)
    choose(page, "en")
    page.goto(address)
    assert page.locator("html").get_attribute("lang") == "en"
    assert_accessible(page)
    assert_fits(page)
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert_fits(page)
    assert complaints == []


@pytest.mark.parametrize("person", BEGINNINGS, ids=str)
def test_every_desk_is_accessible(visit, person):
    page = visit(person, width=PHONE)
    page.goto(BEGINNINGS[person])
    assert_accessible(page)
    assert_fits(page)


def walk(page, start):
    """Open every page linked from `start`, one of each kind (URL name), yielding it opened."""
    waiting, kinds = deque([start]), set()
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address)
        if kind is None or kind in kinds:
            continue
        kinds.add(kind)
        answer = page.request.get(address)
        assert answer.ok, f"{address}: {answer.status}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page.goto(address)
        yield kind
        waiting.extend(link for link in page.evaluate(LINKS) if urlsplit(link).netloc == urlsplit(page.url).netloc)


def kind_of(address):
    """The URL name of an address; nothing for files, ways out and places that are not pages."""
    try:
        name = resolve(urlsplit(address).path).url_name
    except Resolver404:
        return None
    return None if name in WAYS_OUT else name


@pytest.mark.parametrize("person", [None, "contact_leader", "secretary", "county_officer", "administrator"], ids=str)
def test_every_link_opens_and_every_page_fits_in_english_with_large_text(visit, person):
    page = visit(person, width=PHONE, language="en", large=True)
    kinds = []
    for kind in walk(page, BEGINNINGS[person]):
        assert_fits(page)
        kinds.append(kind)
    assert kinds


@pytest.mark.parametrize(("person", "address"), [(None, "/"), ("contact_leader", "/desk/"), ("secretary", "/desk/")])
def test_the_first_page_on_a_phone_is_light(visit, person, address):
    assert bytes_of_first_visit(visit(person), address) <= FIRST_VISIT_BYTES
