"""The desk: what each post meets first, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from lianxin.home.tests.conftest import meet, solve, visit
from lianxin.ledger import clock
from lianxin.liaison import actions as liaison
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Post

ENGLISH = {"accept-language": "en"}


def desk(world, name):
    answer = world.client(name, headers=ENGLISH).get("/desk/")
    assert answer.status_code == 200
    return answer.content.decode()


def headings(text):
    found = re.findall(r"<h2[^>]*>([^<]+)</h2>", text.partition("<main")[2])
    return [heading for heading in found if heading != "Keyboard"]  # stands on every page, closed


def section(text, heading):
    """The part of the desk under a heading."""
    found = re.search(rf"<section[^>]*>\s*<h2[^>]*>{re.escape(heading)}</h2>.*?</section>", text, re.S)
    return found.group(0) if found else ""


def tasks(text):
    """(what, by when) of each line of the list to do, in order."""
    rows = re.findall(r'<li class="task">(.*?)</li>', section(text, "To do"), re.S)
    what = [re.search(r'class="title"[^>]*>([^<]+)<', row).group(1) for row in rows]
    when = [re.search(r"(?:was due|by) ([^<]+)<", row) for row in rows]
    return [(words, day.group(1).strip() if day else "") for words, day in zip(what, when, strict=True)]


# --- branch secretary, deputy, clerk ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["secretary", "deputy_secretary", "clerk"])
def test_whoever_keeps_a_branchs_records_sees_one_short_list_soonest_first(world, in_force, november, name):
    found = tasks(desk(world, name))
    year = november.year
    by_day = {
        "Election": "1 Jan 2025",  # five years after the founding: overdue
        "Themed day, 11 missing": f"30 Nov {year}",
        "Members&#x27; meeting, 4 missing": f"31 Dec {year}",
    }
    assert found[0] == ("Election", by_day["Election"])
    days = [day for _words, day in found]
    assert days[1:] == sorted(days[1:], key=lambda day: "Dec" in day), "what is due in November stands before December"
    assert any("Research visit" in words for words, _day in found), "a secretary records the visits the branch received"


def test_nothing_but_the_list_asks_anything_of_a_secretary(world, in_force, november):
    text = desk(world, "secretary")
    assert headings(text) == ["To do", "Since your last visit"]
    for elsewhere in ("/board/", "/brief/", "/imports/", "/accounts/"):
        assert f'href="{elsewhere}"' not in text


def test_what_is_due_in_more_than_60_days_is_not_on_the_list_yet(world, points_in_force, october, monkeypatch):
    assert not any("Research visit" in words for words, _day in tasks(desk(world, "secretary")))
    monkeypatch.setenv(clock.FIXED_DAY, (october + timedelta(days=1)).isoformat())
    assert any("Research visit" in words for words, _day in tasks(desk(world, "secretary")))


def test_what_was_recorded_leaves_the_list(world, in_force, november):
    assert any("Research visit" in words for words, _day in tasks(desk(world, "secretary")))
    visit(world, world.branch, "research", november)
    assert not any("Research visit" in words for words, _day in tasks(desk(world, "secretary")))


def test_a_problem_waiting_for_the_secretarys_word_stands_first(world, in_force, november):
    leader = world.people["contact_leader"]
    liaison.handle_problem(
        actor=leader.user, unit=world.branch, day=november, leader=leader, matter="自来水断了", remedy="换了水管"
    )
    assert tasks(desk(world, "secretary"))[0] == ("Is the problem solved?", "")
    assert "Waits for the point to say whether it is solved" in desk(world, "contact_leader")
    assert "Is the problem solved?" not in desk(world, "sibling_secretary")


def test_each_thing_to_do_has_its_one_action_beside_it(world, in_force, november):
    text = section(desk(world, "secretary"), "To do")
    address = re.search(r'href="(/gatherings/new/[^"]*)"', text).group(1).replace("&amp;", "&")
    assert world.client("secretary").get(address).status_code == 200


def test_a_secretary_who_owes_nothing_is_told_so_kindly(world):
    assert "Nothing to do. Thank you." in desk(world, "secretary")


def test_a_secretary_sees_nothing_of_the_neighbours(world, in_force, november):
    assert "特门嘎查党支部" in desk(world, "secretary")
    assert "碧桂园" not in desk(world, "secretary")


def test_a_secretary_whose_post_has_ended_owes_nothing_from_that_day_on(world, in_force, november):
    assert tasks(desk(world, "secretary"))
    Post.objects.filter(person=world.people["secretary"]).update(until=november)
    assert not tasks(desk(world, "secretary"))


# --- contact leader ---------------------------------------------------------------------------------------------------


def points(text):
    """Per point: how far each clause of 131 has come."""
    rows = re.findall(r'<li class="point">(.*?)(?=<li class="point">|</section>)', text, re.S)
    return {re.search(r"<h3><a[^>]*>([^<]+)", row).group(1): re.findall(r'class="number">(\d+/\d+)', row) for row in rows}


def test_a_contact_leader_sees_the_points_and_what_131_still_asks_of_each(town):
    found = points(desk(town, "contact_leader"))
    assert found == {
        "特门嘎查党支部": ["1/1", "3/3", "1/1"],
        "第300嘎查党支部": ["0/1", "1/3", "0/1"],
        "第301嘎查党支部": ["0/1", "0/3", "0/1"],
        "第302嘎查党支部": ["0/1", "0/3", "0/1"],
    }
    assert headings(desk(town, "contact_leader"))[0] == "My points"


def test_what_is_missing_has_a_button_to_the_form_that_records_it_and_what_is_done_has_none(town, november):
    text = section(desk(town, "contact_leader"), "My points")
    for row in re.findall(r'<li class="point">(.*?)(?=<li class="point">|</section>)', text, re.S):
        buttons = re.findall(r'class="button quiet" href="([^"]+)"', row)
        assert len(buttons) == (0 if "特门嘎查党支部" in row else 3)
        for address in buttons:
            assert town.client("contact_leader").get(address.replace("&amp;", "&")).status_code == 200


def test_after_a_visit_the_points_number_is_one_more(town, november):
    assert points(desk(town, "contact_leader"))["第301嘎查党支部"][1] == "0/3"
    visit(town, town.units["152221200301-1"], "inspection", november)
    assert points(desk(town, "contact_leader"))["第301嘎查党支部"][1] == "1/3"


def test_a_point_that_somebody_else_leads_is_not_mine(town):
    assert "碧桂园" not in desk(town, "contact_leader")
    assert "和平社区" not in desk(town, "contact_leader")


# --- those who look after a subtree -----------------------------------------------------------------------------------


def summary(text, scheme):
    """(units, behind, can no longer be met) of a scheme."""
    row = re.search(rf'<tr><th scope="row">{re.escape(scheme)}</th>(.*?)</tr>', text, re.S)
    return [int(number) for number in re.findall(r">(\d+)</a>", row.group(1))] if row else None


def test_officers_see_who_needs_help_in_their_own_subtree_only(town):
    words = "Contact points, “131”"
    assert summary(desk(town, "county_officer"), words) == [4, 3, 0]
    assert summary(desk(town, "township_officer"), words) == [4, 3, 0]
    assert summary(desk(town, "inspector"), words) == [4, 3, 0]
    assert summary(desk(town, "sibling_officer"), words) is None, "there is no point in the neighbouring township"
    assert summary(desk(town, "other_county_officer"), words) == [1, 1, 0]
    assert "碧桂园" not in desk(town, "township_officer")


def test_each_number_of_an_officers_summary_opens_to_as_many_units(town):
    text = section(desk(town, "county_officer"), "Who needs help")
    links = re.findall(r'href="([^"]+)">(\d+)</a>', text)
    assert len(links) >= 6
    for address, number in links:
        page = town.client("county_officer", headers=ENGLISH).get(address.replace("&amp;", "&")).content.decode()
        assert int(re.search(r"<h1[^>]*>\s*(\d+) unit", page).group(1)) == int(number)


def test_officers_see_elections_falling_due_and_where_to_record_one(town):
    text = section(desk(town, "township_officer"), "Elections falling due")
    assert "特门嘎查党支部" in text and "overdue" in text
    assert reverse("hold_election", args=["152221200203-1"]) in text
    assert "碧桂园" not in text
    assert section(desk(town, "inspector"), "Elections falling due") == "", "an inspector holds no elections"


def test_officers_are_led_to_the_board_and_the_brief(world, in_force, november):
    for name in ("county_officer", "township_officer", "inspector"):
        text = desk(world, name)
        assert 'href="/board/"' in text and 'href="/brief/"' in text
    assert 'href="/imports/"' in desk(world, "county_officer")
    assert 'href="/imports/"' not in desk(world, "inspector")


# --- everybody else ---------------------------------------------------------------------------------------------------


def test_a_member_sees_how_the_own_branch_stands_and_owes_nothing(world, in_force, november):
    text = desk(world, "member")
    assert headings(text) == ["How we stand"]
    assert "Three meetings and one lesson" in text
    assert 'class="button quiet" href' not in text
    assert "碧桂园" not in text


def test_an_administrator_sees_accounts_and_no_content(world, in_force, november):
    text = desk(world, "administrator")
    assert "Accounts that can sign in" in text
    assert "党支部" not in text


def test_an_auditor_sees_the_end_of_the_chain(world, in_force, november):
    from lianxin.ledger.kept import ledger_head

    assert ledger_head().digest in desk(world, "auditor")
    assert ledger_head().digest not in desk(world, "inspector")


def test_somebody_without_a_post_is_told_what_would_stand_here(world, in_force, november):
    Post.objects.filter(person=world.people["inspector"]).update(until=november)
    assert "You hold no post at present." in desk(world, "inspector")


def test_posts_add_up_on_one_desk(world, in_force, november):
    organizations.give_post(
        actor=world.user("county_officer"), person=world.people["inspector"], unit=world.branch, title="secretary", since=november
    )
    assert headings(desk(world, "inspector"))[:2] == ["To do", "Who needs help"]


# --- what changed -----------------------------------------------------------------------------------------------------


def test_what_others_recorded_since_the_last_visit_stands_beside_it_within_reach_only(world, in_force):
    for name in ("inspector", "secretary", "sibling_secretary"):
        assert "Nothing new" in desk(world, name)
    actor = world.user("county_officer")
    organizations.set_fact(actor=actor, unit=world.branch, key="groups", value=2, since=world.branch.opened_on)
    assert "Nothing new" not in desk(world, "inspector")
    assert "Nothing new" not in desk(world, "secretary")
    assert "Nothing new" in desk(world, "sibling_secretary")


def test_ones_own_work_is_no_news(world, in_force, november):
    for name in ("secretary", "clerk"):
        desk(world, name)
    meet(world, world.branch, "themed_day_held", november)
    assert "Nothing new" in desk(world, "secretary")
    assert "Nothing new" not in desk(world, "clerk")


def test_the_page_of_all_changes_holds_the_same_within_reach(world, in_force, november):
    for name in ("secretary", "sibling_secretary"):
        desk(world, name)
    solve(world, world.branch, november)
    seen = world.client("deputy_secretary", headers=ENGLISH)
    seen.get("/desk/")
    visit(world, world.branch, "inspection", november)
    assert "inspection" in seen.get("/desk/changes/").content.decode()
    page = world.client("sibling_secretary", headers=ENGLISH).get("/desk/changes/").content.decode()
    assert "Nothing new in your units." in page
    assert world.client("member").get("/desk/changes/").status_code == 404
