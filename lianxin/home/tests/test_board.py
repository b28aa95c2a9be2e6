"""The board: every number opens to exactly as many units, and to the rule that counted them; on any day, as known on any day."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from lianxin.home.tests.conftest import settle, visit
from lianxin.ledger import clock
from lianxin.organizations import actions as organizations
from lianxin.schemes.actions import seed_library

ENGLISH = {"accept-language": "en"}
POINTS = "Contact points, “131”"


def page(world, address, name="county_officer", status=200):
    answer = world.client(name, headers=ENGLISH).get(address)
    assert answer.status_code == status
    return answer.content.decode()


def numbers(text):
    """(number, address) of every number on the page that opens to units."""
    found = re.findall(r'<a[^>]*href="(/board/units/[^"]*)"[^>]*>\s*(?:<b>)?([\d,]+)', text)
    return {(int(number.replace(",", "")), unescape(address)) for address, number in found}


def table(text):
    """The board's table: place → scheme → (units in the chosen state, all units)."""
    inside = re.search(r'<table class="board">(.*?)</table>', text, re.S).group(1)
    schemes = re.findall(r'<th scope="col"><a[^>]*>([^<]+)</a>', inside)
    rows = {}
    for row in re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", inside, re.S):
        name = re.search(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', row).group(1)
        cells = [tuple(map(int, re.findall(r">(\d+)</a>", cell))) for cell in re.findall(r"<td>(.*?)</td>", row, re.S)]
        rows[name] = {unescape(scheme): cell or (0, 0) for scheme, cell in zip(schemes, cells, strict=True)}
    return rows


def tiles(text):
    """Township → (units in the chosen state, all units, where it opens)."""
    inside = re.search(r'<ul class="tiles.*?</ul>', text, re.S).group(0)
    parts = re.findall(r'href="([^"]+)".*?class="name">([^<]+)<.*?class="value">(\d+)/(\d+)<', inside, re.S)
    return {name: (int(count), int(total), unescape(address)) for address, name, count, total in parts}


def listed(text):
    """Names of the units a list holds, and the number in its heading."""
    body = re.search(r"<tbody>(.*?)</tbody>", text, re.S)
    names = re.findall(r'<th scope="row"><a[^>]*>([^<]+)', body.group(1)) if body else []
    return names, int(re.search(r"<h1[^>]*>\s*([\d,]+) unit", text).group(1).replace(",", ""))


# --- every number opens -----------------------------------------------------------------------------------------------


def test_the_board_counts_what_was_recorded(town):
    rows = table(page(town, "/board/"))
    assert rows["满族屯满族乡"][POINTS] == (1, 4)
    assert rows["科尔沁镇"][POINTS] == (0, 0)
    assert rows["all of 科尔沁右翼前旗"][POINTS] == (1, 4)
    assert rows["all of 科尔沁右翼前旗"]["Elections on time"][1] == 5


def test_every_number_of_the_board_opens_to_exactly_so_many_units(town):
    found = numbers(page(town, "/board/"))
    assert len(found) > 30
    for number, address in found:
        names, heading = listed(page(town, address))
        assert (number, len(set(names))) == (heading, number), address


def test_the_columns_add_up_and_so_do_the_rows(town):
    text = page(town, "/board/")
    for total in re.findall(r'<div class="total.*?</ul>', text, re.S):
        everyone, *states = [int(number) for number in re.findall(r">(\d+)<", total)]
        assert everyone == sum(states)
    rows = table(text)
    foot = rows.pop("all of 科尔沁右翼前旗")
    for scheme, cell in foot.items():
        assert cell == tuple(map(sum, zip(*(row[scheme] for row in rows.values()), strict=True)))


def test_the_tiles_hold_the_same_numbers_as_the_table(town):
    for key, title in (("contact-131", POINTS), ("election-due", "Elections on time"), ("themed-day", "Themed party day")):
        text = page(town, f"/board/?scheme={key}")
        rows, found = table(text), tiles(text)
        assert found
        for name, (count, total, address) in found.items():
            assert rows[name][title] == (count, total)
            assert listed(page(town, address))[1] == total


def test_the_list_behind_a_number_says_how_many_are_in_which_state_and_each_opens(town):
    text = page(town, "/board/units/?scheme=contact-131&unit=152221")
    found = {number: address for number, address in numbers(text) if "state=" in address}
    assert sum(found) == 4
    for number, address in found.items():
        assert listed(page(town, address))[1] == number


def test_the_list_holds_the_rules_own_text(town):
    text = page(town, "/board/units/?scheme=contact-131&unit=152221")
    rule = unescape(re.search(r'<section class="rule".*?</section>', text, re.S).group(0))
    assert "《“最强党支部”建设方案》" in rule
    assert "Asked of: contact point" in rule
    assert "Inspection: “inspection” at least 3 times in the year, several on one day count once" in rule
    one = unescape(page(town, "/board/units/?scheme=contact-131&unit=152221&clause=research"))
    assert "“research visit” at least once in the year" in one
    assert "at least 3 times" not in one


def test_the_rule_is_said_of_every_scheme_of_the_library_in_both_languages(town):
    for scheme in seed_library(actor=town.user("county_officer"), unit=town.county) or ():
        raise AssertionError(f"{scheme} was not in force")
    for key in (
        "branch-standard-100",
        "contact-131",
        "election-due",
        "ten-star-village",
        "themed-day",
        "three-meetings-one-lesson",
    ):
        for language, pattern in (("en", r"<li>[^<]*[a-z]"), ("zh-hans", r"<li>[^<]*[\u4e00-\u9fff]")):
            answer = town.client("county_officer", headers={"accept-language": language}).get(f"/board/units/?scheme={key}")
            rule = re.search(r'<section class="rule".*?</section>', answer.content.decode(), re.S).group(0)
            assert len(re.findall(pattern, rule)) >= 2, (key, language)


def test_each_unit_of_a_list_leads_to_why_it_stands_so_on_that_day(town, november):
    day = november - timedelta(days=30)
    text = page(town, f"/board/units/?scheme=contact-131&unit=152221&as_of={day}")
    why = unescape(re.search(r'href="(/units/[^"]*/standings/contact-131/[^"]*)"', text).group(1))
    assert f"as_of={day}" in why
    assert page(town, why)
    unit = unescape(re.search(r'<th scope="row"><a href="([^"]+)"', text).group(1))
    assert f"as_of={day}" in unit
    assert page(town, unit)


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "units"),
    [("", 5), ("field=village", 4), ("field=community", 1), ("field=window", 0), ("level=village", 5), ("level=county", 0)],
)
def test_field_and_level_stand_in_the_address_and_narrow_every_number(town, asked, units):
    text = page(town, f"/board/?unit=152221&{asked}")
    if units == 0:
        assert "No scheme asks anything" in text
        return
    assert table(text)["all of 科尔沁右翼前旗"]["Elections on time"][1] == units
    for number, address in numbers(text):
        assert asked in address
        if "contact-131" in address:
            assert listed(page(town, address))[1] == number


def test_a_chosen_state_is_what_the_cells_count(town):
    rows = table(page(town, "/board/?state=behind"))
    assert rows["满族屯满族乡"][POINTS] == (3, 4)


def test_a_township_opens_to_its_villages(town):
    rows = table(page(town, "/board/?unit=152221200"))
    assert rows["特门嘎查"][POINTS] == (1, 1)
    assert rows["第300嘎查"][POINTS] == (0, 1)


def test_a_township_officer_sees_the_own_township_and_no_number_of_the_neighbours(town):
    rows = table(page(town, "/board/", "township_officer"))
    assert rows["all of 满族屯满族乡"]["Elections on time"][1] == 4
    assert "科尔沁镇" not in page(town, "/board/", "township_officer")
    for elsewhere in ("152221100", "152221", "150302", "no-such"):
        page(town, f"/board/?unit={elsewhere}", "township_officer", 404)
        page(town, f"/board/units/?scheme=contact-131&unit={elsewhere}", "township_officer", 404)


def test_what_cannot_be_asked_is_said_and_what_is_not_there_is_absent(town, november):
    text = page(town, f"/board/?as_of={november + timedelta(days=1)}", status=400)
    assert "has not come yet" in text
    assert page(town, "/board/?as_of=31.12.", status=400)
    assert page(town, "/board/?state=splendid", status=400)
    page(town, "/board/units/?scheme=no-such", status=404)
    page(town, "/board/units/?scheme=contact-131&clause=no-such", status=404)
    page(town, "/board/units/", status=404)


# --- any past day -----------------------------------------------------------------------------------------------------


@pytest.fixture
def late_visit(world, monkeypatch):
    """A visit of the fourth day from now, written down on the ninth. The tenth is today."""
    first = clock.today()
    first = first if first < date(first.year, 12, 20) else date(first.year + 1, 1, 1)  # all of it in one year
    day = first + timedelta(days=4)
    monkeypatch.setenv(clock.FIXED_DAY, (day + timedelta(days=5)).isoformat())
    visit(world, world.branch, "research", day)
    monkeypatch.setenv(clock.FIXED_DAY, (day + timedelta(days=6)).isoformat())
    return day


def visited(world, **days):
    """Contact points whose research visit counts, by the board of that day."""
    asked = "&".join(f"{name}={day}" for name, day in days.items())
    text = page(world, f"/board/units/?unit=152221&scheme=contact-131&clause=research&state=met&{asked}")
    return listed(text)[1]


def test_the_board_as_it_was_on_a_day_and_as_it_was_known_on_another(world, points_in_force, late_visit):
    day = late_visit
    assert visited(world) == 1
    assert visited(world, as_of=day) == 1
    assert visited(world, as_of=day - timedelta(days=1)) == 0, "it had not happened yet"
    assert visited(world, as_of=day, known_as_of=day + timedelta(days=4)) == 0, "nobody had written it down yet"
    assert visited(world, as_of=day, known_as_of=day + timedelta(days=5)) == 1


def test_numbers_of_a_past_board_open_to_that_day(world, in_force, late_visit):
    days = f"as_of={late_visit}&known_as_of={late_visit + timedelta(days=4)}"
    text = page(world, f"/board/?{days}")
    assert str(late_visit.year) in text
    for number, address in numbers(text):
        assert days in address
        if "contact-131" in address:
            assert listed(page(world, address))[1] == number


def test_a_unit_that_moved_counts_where_it_stood_on_the_day(town, november, monkeypatch):
    move = november + timedelta(days=2)
    monkeypatch.setenv(clock.FIXED_DAY, move.isoformat())
    organizations.move_unit(
        actor=town.user("county_officer"), unit=town.village, to=town.sibling, day=move, reason="行政区划调整"
    )
    assert table(page(town, "/board/"))["科尔沁镇"][POINTS] == (1, 1)
    before = table(page(town, f"/board/?as_of={november}"))
    assert before["科尔沁镇"][POINTS] == (0, 0)
    assert before["满族屯满族乡"][POINTS] == (1, 4)


def test_a_day_before_the_county_was_opened_says_so(town):
    assert "was not open on that day" in page(town, "/board/?as_of=2019-12-31")


# --- what the board may cost ------------------------------------------------------------------------------------------


def test_a_larger_township_has_its_row(town):
    settle(town, villages=5, township="152221100", start=500)
    assert table(page(town, "/board/"))["科尔沁镇"][POINTS] == (0, 5)
