"""What schemes say of a unit stands on its page."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from lianxin.home.tests.conftest import meet, visit
from lianxin.liaison import actions as liaison
from lianxin.schemes import actions


@pytest.fixture
def in_force(world):
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)


def section(world, name, unit):
    text = world.client(name, headers={"accept-language": "en"}).get(reverse("unit", args=[unit.code])).content.decode()
    found = re.search(r'<section class="section" id="standings">.*?</section>', text, re.S)
    return found.group(0) if found else ""


def test_a_contact_points_page_says_what_131_still_asks(world, in_force):
    for name in ("county_officer", "contact_leader", "member"):
        text = section(world, name, world.branch)
        assert "Contact points" in text
        assert "0/3" in text or "0 of 3" in text


def test_a_unit_of_which_nothing_is_asked_shows_no_standing(world, in_force):
    assert section(world, "county_officer", world.township) == ""


def test_a_units_page_stays_cheap_once_the_picture_is_known(world, in_force, django_assert_max_num_queries):
    section(world, "county_officer", world.branch)
    client = world.client("county_officer")
    with django_assert_max_num_queries(15):
        client.get(reverse("unit", args=[world.branch.code]))


def page_on(world, day):
    response = world.client("county_officer", headers={"accept-language": "en"}).get(
        reverse("unit", args=[world.branch.code]), {"as_of": day.isoformat()}
    )
    return response.content.decode()


def test_what_was_visited_held_and_handled_obeys_the_chosen_day(world, november):
    march, june = november.replace(month=3), november.replace(month=6)
    visit(world, world.branch, "inspection", march)
    meet(world, world.branch, "members_met", march)
    leader = world.people["contact_leader"]
    handled = {"unit": world.branch, "day": june, "leader": leader, "matter": "自来水断了", "remedy": "换了水管"}
    problem = liaison.handle_problem(actor=leader.user, **handled).problem
    opens = reverse("problem", args=[problem.pk])
    before, between, after, now = (page_on(world, day) for day in (march - timedelta(days=1), march, june, november))
    assert "Visits received" not in before
    assert f"organisational life in {march.year}" not in before
    for page in (between, after, now):
        assert "Visits received" in page
        assert f"organisational life in {march.year}" in page
    assert [opens in page for page in (before, between, after, now)] == [False, False, True, True]
    liaison.confirm_problem(actor=world.user("secretary"), problem=problem)
    assert opens not in page_on(world, june), "as known now it is solved since the day it was handled"
