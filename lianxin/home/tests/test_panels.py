"""What schemes say of a unit stands on its page."""

import re

import pytest
from django.urls import reverse

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
