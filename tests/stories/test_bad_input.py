"""Every bad input of the founding issue: by which test it is covered, and, here, those that go through the whole house.

Each: a plain sentence in the reader's language, the right status, nothing half done.
"""

import importlib
import inspect
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianxin.imports.tests.books import book, unit
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit

BOOKS, TEXTS, HERE = "lianxin.imports.tests.test_bad_workbooks", "lianxin.schemes.tests.test_bad_texts", __name__
VISITS, MACHINE = "lianxin.liaison.tests.test_recording", "lianxin.config.tests.test_failures"
ENGINE = "lianxin.config.tests.test_engine"
COVERED = {
    "wrong workbook": (BOOKS, "test_a_file_that_is_no_workbook", "%PDF"),
    "wrong sheet": (BOOKS, "test_the_workbook_of_another_sheet", ""),
    "merged header": (BOOKS, "test_merged_headings", "merge_range"),
    "a number where a code should be": (BOOKS, "test_a_wrong_cell_of_people_is_named", "152221200203}"),
    "dates as text": (BOOKS, "test_days_are_understood_as_people_write_them", "2021年3月1日"),
    "3.2e17 identity numbers": (BOOKS, "test_a_wrong_cell_of_people_is_named", "3.2e17"),
    "formula cells": (BOOKS, "test_many_formulas_are_each_named", "write_formula"),
    "duplicate codes": (BOOKS, "test_a_wrong_cell_of_units_is_named", "[unit(), unit()]"),
    "a parent below its child": (BOOKS, "test_a_wrong_cell_of_units_is_named", "排在了后面"),
    "a unit closed before it opened": (BOOKS, "test_a_wrong_cell_of_units_is_named", "closed_on=date(2022, 1, 1)"),
    "scheme files with unknown keys": (TEXTS, "test_each_mistake_names_its_line", "periods: year"),
    "unquoted versions": (TEXTS, "test_each_mistake_names_its_line", "version: 2020.10"),
    "cycles": (TEXTS, "test_schemes_that_draw_on_each_other_in_a_circle_are_refused", ""),
    "overlapping versions": (TEXTS, "test_two_versions_for_the_same_days_are_refused", ""),
    "no part-year choice": (TEXTS, "test_each_mistake_names_its_line", "no part-year choice"),
    "visits in the future": (VISITS, "test_a_day_that_has_not_come", ""),
    "to a closed point": (VISITS, "test_a_closed_point", ""),
    "twice from a double tap": (VISITS, "test_a_double_tap_saves_once_and_answers_alike", ""),
    "a path that climbs out of the subtree": (HERE, "test_a_path_that_climbs_out_of_the_subtree_leads_nowhere", ""),
    "a 50 MB upload": ("tests.trust.test_serve", "test_a_fifty_megabyte_upload_is_refused_in_plain_words_and_stored_nowhere", ""),
    "a broken cookie": (MACHINE, "test_a_broken_cookie_is_as_good_as_none", ""),
    "the database locked": (ENGINE, "test_a_writer_that_waits_too_long_is_told_that_the_database_is_locked", ""),
    "the database locked, on a page": (MACHINE, "test_a_fault_of_the_machine_is_named_and_nothing_was_saved", "locked"),
    "the disk full": (HERE, "test_a_full_disk_is_said_and_nothing_is_half_done", ""),
}  # fmt: skip


@pytest.mark.parametrize("item", COVERED)
def test_each_has_a_test(item):
    module, name, holding = COVERED[item]
    loaded = importlib.import_module(module)
    assert callable(getattr(loaded, name))
    assert holding in inspect.getsource(loaded)


# --- out of the subtree ------------------------------------------------------------------------------------------------

CLIMBS = (
    *("/units/152221200/../152221100/", "/units/152221200%2F..%2F152221100/", "/units/..%2f152221100/"),
    *("/units/152221200;152221100/", "/units/0000001/", "/units/152221200%0a152221100/"),
    *("/units/152221100/", "/units/152221100/history/", "/units/152221100/people/export/", "/units/152221/"),
    *("/board/?unit=152221100", "/board/?unit=152221200/../152221100", "/brief/?unit=152221", "/visits/?unit=152221100003-1"),
)


@pytest.mark.parametrize("address", CLIMBS)
def test_a_path_that_climbs_out_of_the_subtree_leads_nowhere(world, address):
    answer = world.client("township_officer").get(address)
    assert answer.status_code == 404
    assert "这里没有您可以查看的内容" in unescape(answer.content.decode())


def test_a_parent_out_of_the_subtree_is_as_good_as_absent(world):
    county = world.client("county_officer")
    county.post("/imports/units/", {"file": upload(book("units", unit(code="N-1", parent="150302001")))})
    page = unescape(county.get("/imports/units/").content.decode())
    assert "没有这个上级单位" in page
    assert not Unit.objects.filter(code="N-1").exists()


# --- machines at fault -------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.parametrize(("language", "sentence"), [("zh-CN", "磁盘满了"), ("en", "The disk is full")])
def test_a_full_disk_is_said_and_nothing_is_half_done(world, language, sentence):
    """SQLite itself runs out of room: it may not grow by another page."""
    client = world.client("contact_leader", raise_request_exception=False, headers={"accept-language": language})
    asked = client.get(f"/visits/new/?unit={world.branch.code}&kind=inspection").content.decode()
    sent = dict(re.findall(r'name="(submission|unit)" value="([^"]+)"', asked))
    sent |= {"unit": str(world.branch.pk), "kind": "inspection", "findings": "满" * 500}
    before = Entry.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        with CaptureQueriesContext(connection):
            answers = [
                client.post(f"/visits/new/?unit={world.branch.code}", {**sent, "submission": f"{n:032x}", "day": str(day)})
                for n, day in enumerate(clock.today() - timedelta(days=n) for n in range(40))
            ]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    full = [answer for answer in answers if answer.status_code == 507]
    assert full
    assert sentence in unescape(full[0].content.decode())
    assert Entry.objects.count() - before == len([answer for answer in answers if answer.status_code == 302])


# --- what an address may ask -------------------------------------------------------------------------------------------

ODD = (
    *(
        "",
        "-1",
        "0",
        "99999999999999999999999",
        "0001-01-01",
        "9999-12-31",
        "2026-02-30",
        "１２",
        "\u202e",
        "😀" * 99,
        "a" * 3000,
    ),
    *("<script>alert(1)</script>", "' OR 1=1--", "%", "../../x", "[]", "NaN", "\r\nSet-Cookie: x=1"),
)
ASKED = {
    "board": "unit as_of known_as_of field level scheme clause state alert falling_due lacking beneath page sort",
    "board_units": "unit as_of known_as_of field level clause state alert page",
    "brief": "unit as_of known_as_of field level",
    "tree": "q page kind as_of",
    "elections": "page unit as_of",
    "visits": "unit kind page since until",
    "problems": "unit state page",
    "gatherings": "unit kind page since until",
    "changes": "page since",
    "imports": "page",
    "schemes": "as_of",
    "new_visit": "unit kind day next",
    "new_gathering": "unit kind day next",
    "unit": "as_of known_as_of",
    "history": "page kind as_of known_as_of",
    "units_beneath": "page q as_of",
    "people": "page q",
    "committees": "page as_of",
    "unit_gatherings": "year month page",
    "standing": "as_of known_as_of period clause page",
    "figure": "unit part page as_of known_as_of",
}
ARGUMENTS = {"standing": ["152221200203-1", "contact-131"], "figure": ["organizations.members"]}
OF_A_UNIT = {"unit", "history", "units_beneath", "people", "committees", "unit_gatherings"}


@pytest.mark.parametrize("name", ASKED)
def test_no_address_however_odd_breaks_a_page(world, points_in_force, name):
    """Nothing a person or a machine writes into an address ends in a mistake of ours, or comes back as code."""
    client = world.client("county_officer", raise_request_exception=False)
    address = reverse(name, args=ARGUMENTS.get(name) or (["152221200203-1"] if name in OF_A_UNIT else []))
    always = {"scheme": "contact-131"} if name == "board_units" else {}
    for parameter in ASKED[name].split():
        for odd in ODD:
            answer = client.get(address, {**always, parameter: odd})
            assert answer.status_code in (200, 302, 400, 404), (parameter, odd)
            assert b"<script>alert(1)" not in answer.content, (parameter, odd)
            assert "Set-Cookie: x" not in str(answer.headers), (parameter, odd)


def upload(content: bytes):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("book.xlsx", content)
