"""Every page a person can reach by following links from where they begin: it opens, is accessible, fits a phone and is light."""

from collections import deque
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.browser.checks import FIRST_VISIT_BYTES, assert_accessible, assert_fits, bytes_of_first_visit

BEGINNINGS = {
    None: "/",
    "contact_leader": "/desk/",
    "secretary": "/desk/",
    "township_officer": "/desk/",
    "county_officer": "/desk/",
    "administrator": "/desk/",
}
LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
WAYS_OUT = {"sign_out"}


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


@pytest.mark.parametrize("person", BEGINNINGS, ids=str)
def test_every_page_is_accessible_and_fits_a_phone(visit, person):
    page = visit(person, width=360)
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(f"{page.url}: {message.text}"))
    kinds = []
    for kind in walk(page, BEGINNINGS[person]):
        assert_accessible(page)
        assert_fits(page)
        kinds.append(kind)
    assert kinds
    assert complaints == []


@pytest.mark.parametrize("person", BEGINNINGS, ids=str)
def test_every_page_fits_in_english_and_with_large_text(visit, person):
    page = visit(person, width=360, language="en", large=True)
    for _ in walk(page, BEGINNINGS[person]):
        assert_fits(page)


@pytest.mark.parametrize(("person", "address"), [(None, "/"), ("contact_leader", "/desk/"), ("secretary", "/desk/")])
def test_the_first_page_on_a_phone_is_light(visit, person, address):
    assert bytes_of_first_visit(visit(person), address) <= FIRST_VISIT_BYTES
