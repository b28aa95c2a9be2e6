"""The brief writes itself: its numbers add up and open, in the terminal and on the page, of any day and any unit."""

import re
from datetime import timedelta
from html import unescape

import pytest
from click.testing import CliRunner
from django.utils import translation

from lianxin.home.commands import brief
from lianxin.home.paper import PAGE, folded, width
from lianxin.home.tests.conftest import meet, settle, visit
from lianxin.ledger import clock
from lianxin.organizations import actions as organizations

ENGLISH = {"accept-language": "en"}


def printed(*words, language="en", status=0):
    with translation.override(language):
        done = CliRunner().invoke(brief, [*words])
    assert done.exit_code == status, done.output
    return done.output


def sums(text):
    """(all, the parts, their sum as printed) of each line that adds up."""
    lines = re.findall(r"^(?:\D*?)([\d,]+) (?:contact points in all fields|units): (.*) = ([\d,]+)$", text, re.M)
    return [
        (int(whole), [int(part) for part in re.findall(r"(?:^|\+ )(\d+)", parts)], int(total)) for whole, parts, total in lines
    ]


def test_met_behind_impossible_and_on_track_add_up_to_all(town):
    text = printed("--unit", "152221")
    assert "4 contact points in all fields: 1 met + 3 behind + 0 can no longer be met + 0 on track = 4" in text
    found = sums(text)
    assert len(found) >= 3
    for whole, parts, total in found:
        assert whole == total == sum(parts)


def test_it_says_who_lacks_what_and_whose_elections_fall_due(town, november):
    text = printed("--unit", "152221")
    assert "3 points still lack something" in text
    assert re.search(r"第301嘎查党支部 .*Research visit 0/1, inspection 0/3, problem solved 0/1", text)
    assert "Overdue: 5. Falling due within six months: 0. Branches and committees in all: 5." in text
    assert "特门嘎查党支部" in text


def test_the_only_county_need_not_be_named_and_of_two_one_must_be(world, in_force, november):
    assert "Name one: --unit CODE" in printed(status=1)


def test_a_township_has_a_brief_of_its_own(town):
    assert "4 contact points" in printed("--unit", "152221200")
    assert "contact points in all fields" not in printed("--unit", "152221100")


def test_a_move_changes_nothing_of_the_brief_of_a_day_before_it(town, november, monkeypatch):
    visit(town, town.branch, "inspection", november)
    asked = [("--unit", unit, "--as-of", november.isoformat()) for unit in ("152221", "152221200", "152221100")]
    before = [printed(*words) for words in asked]
    move = november + timedelta(days=2)
    monkeypatch.setenv(clock.FIXED_DAY, move.isoformat())
    organizations.move_unit(
        actor=town.user("county_officer"), unit=town.village, to=town.sibling, day=move, reason="行政区划调整"
    )
    assert [printed(*words) for words in asked] == before
    assert "party members" in before[1] and printed("--unit", "152221100") != before[2]


def test_the_brief_of_a_past_day_tells_of_that_day(town, november):
    before = november.replace(month=3, day=1)
    assert "4 contact points in all fields: 0 met" in printed("--unit", "152221", "--as-of", before.isoformat())


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (("--unit", "no-such"), "found “no-such”, expected the code of a unit", 1),
        (("--unit", "152221", "--as-of", "2019-12-31"), "was not open on 2019-12-31", 1),
        (("--unit", "152221", "--as-of", "2999-01-01"), "2999-01-01", 2),
    ],
)
def test_what_cannot_be_told_is_refused(world, in_force, words, said, status):
    assert said in printed(*words, status=status)


def test_in_chinese_every_word_is_chinese(town, november):
    meet(town, town.branch, "themed_day_held", november)
    text = printed("--unit", "152221", language="zh-hans")
    assert "各领域联系点共 4 个：1 已达到 + 3 进度落后 + 0 已无法达到 + 0 进度正常 = 4" in text
    assert re.findall(r"[A-Za-z]{2,}", text) == []


# --- on the page --------------------------------------------------------------------------------------------------------


def page(world, address, name="county_officer"):
    answer = world.client(name, headers=ENGLISH).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_number_of_the_page_that_counts_units_opens_to_exactly_so_many(town):
    text = page(town, "/brief/")
    found = {(int(n), unescape(a)) for a, n in re.findall(r'<a href="(/board/units/[^"]*)">(\d+)</a>', text)}
    assert len(found) > 20
    for number, address in found:
        assert int(re.search(r"<h1[^>]*>\s*(\d+) unit", page(town, address)).group(1)) == number, address


def test_every_declared_figure_opens_to_its_rows_and_its_rule(town, november):
    meet(town, town.branch, "themed_day_held", november)
    text = page(town, "/brief/")
    found = {(int(n), unescape(a)) for a, n in re.findall(r'<a href="(/figures/[^"]*)">(\d+)</a>', text)}
    assert any(number for number, _address in found)
    for number, address in found:
        opened = page(town, address)
        assert int(re.search(r"<h1[^>]*>\s*(\d+) ", opened).group(1)) == number, address
        assert re.search(r'<section class="rule"[^>]*><p>[^<]{20,}', opened)


def test_a_figure_counts_only_what_the_reader_may_see(town, november):
    of_township = page(town, "/figures/home.written/", "township_officer")
    of_sibling = page(town, "/figures/home.written/", "sibling_officer")
    visit(town, town.branch, "inspection", november)
    assert page(town, "/figures/home.written/", "township_officer") != of_township
    heading = re.compile(r"<h1[^>]*>\s*(\d+)")
    assert heading.search(page(town, "/figures/home.written/", "sibling_officer"))[1] == heading.search(of_sibling)[1] == "0"


def test_a_figure_that_is_not_there_or_not_open_to_the_reader_is_absent(town):
    for name, address in (
        ("county_officer", "/figures/home.no-such/"),
        ("county_officer", "/figures/organizations.members/?part=no-such"),
        ("member", "/figures/home.written/"),
        ("township_officer", "/figures/home.written/?unit=152221100"),
    ):
        assert town.client(name).get(address).status_code == 404, (name, address)


def test_corrections_this_month_count_what_superseded_another(town, november):
    from lianxin.gatherings import actions as gatherings
    from lianxin.gatherings.models import Gathering

    meet(town, town.branch, "themed_day_held", november)
    assert "0 corrections this month" in page(town, "/figures/home.corrections/")
    gatherings.correct_gathering(
        actor=town.user("secretary"),
        gathering=Gathering.objects.get(),
        kind="themed_day_held",
        day=november - timedelta(days=1),
        topic="学习",
        present=9,
        place="",
        reason="日期写错了",
    )
    assert "1 corrections this month" in page(town, "/figures/home.corrections/")
    assert clock.today() == november


def test_a_long_list_of_names_is_folded_in_the_terminal_and_loses_no_name(town, november):
    names = {branch.name for branch in settle(town, villages=20, start=600)}
    for language in ("en", "zh-hans"):
        text = printed("--unit", "152221", "--as-of", november.isoformat(), language=language)
        found = [line for line in text.splitlines() if line.startswith(" " * 10) and "党支部" in line]
        assert len(found) > 3, text
        assert max(width(line) for line in found) <= PAGE + 2
        assert all(name in text for name in names)


def test_a_text_without_a_place_to_break_at_is_broken_where_the_line_is_full():
    assert folded("一二三、四五六七八九", 8) == ["一二三、", "四五六七", "八九"]
    assert folded("one, two three", 8) == ["one, two", "three"]
    assert folded("short", 8) == ["short"]
