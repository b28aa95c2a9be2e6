"""The pages of the schemes, as people meet them."""

from datetime import date

import pytest

from lianxin.ledger.actions import record
from lianxin.schemes import actions
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
