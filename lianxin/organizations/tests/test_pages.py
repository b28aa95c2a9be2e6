"""The pages of the tree: who sees what, on which day."""

import html
import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations import actions

DAY = date(2026, 5, 1)


def page(world, name, address, **query):
    response = world.client(name, headers={"accept-language": "en"}).get(address, query)
    return response.status_code, response.content.decode()


def unit_address(world, unit):
    return reverse("unit", args=[unit.code])


def body(world, name, address, **query):
    status, text = page(world, name, address, **query)
    assert status == 200, f"{name} got {status} at {address}"
    return text


def links(text):
    return re.findall(r'href="([^"]*)"', text)


# --- the tree --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("特", True),
        ("门嘎", True),
        ("tmgc", True),
        ("TMGC", True),
        ("mgc", True),
        ("152221200203", True),
        ("良", False),
        ("%", False),
    ],
)
def test_a_unit_is_found_by_one_character_by_initials_and_by_code(world, words, found):
    text = body(world, "county_officer", reverse("tree"), q=words)
    assert (unit_address(world, world.village) in text) is found


def test_search_stays_within_ones_reach(world):
    text = body(world, "sibling_officer", reverse("tree"), q="党支部")
    assert "碧桂园社区党支部" in text
    assert "特门嘎查" not in text
    assert "1 unit found" in text


def test_the_county_browses_down_and_a_township_starts_at_itself(world):
    assert "满族屯满族乡" in body(world, "county_officer", reverse("tree"))
    assert "海勃湾区" not in body(world, "county_officer", reverse("tree"))
    text = body(world, "township_officer", reverse("tree"))
    assert "特门嘎查" in text
    assert "科尔沁镇" not in text


def test_the_tree_of_a_past_day_and_as_it_was_known_then(world):
    now, today = clock.now(), clock.today()
    with time_machine.travel(now + timedelta(days=2), tick=False):
        actions.move_unit(actor=world.user("county_officer"), unit=world.village, to=world.sibling, day=DAY, reason="区划调整")
    with time_machine.travel(now + timedelta(days=5), tick=False):
        township = {"at": world.township.code}
        assert "特门嘎查" not in body(world, "county_officer", reverse("tree"), **township)
        assert "特门嘎查" in body(world, "county_officer", reverse("tree"), **township, as_of="2026-04-30")
        assert "特门嘎查" not in body(world, "county_officer", reverse("tree"), **township, as_of="2026-05-10")
        known = body(world, "county_officer", reverse("tree"), **township, as_of="2026-05-10", known_as_of=today.isoformat())
        assert "特门嘎查" in known
        assert "科尔沁镇" in body(world, "county_officer", unit_address(world, world.village))
        past = body(world, "county_officer", unit_address(world, world.village), as_of="2026-04-30")
        assert "满族屯满族乡" in past.split("<main")[0]


@pytest.mark.parametrize("asked", ["2026-13-45", "昨天", "9999-12-31", "2026-05-01T00:00"])
def test_a_day_that_cannot_be_is_named_and_today_is_shown(world, asked):
    text = body(world, "county_officer", reverse("tree"), as_of=asked)
    assert "Shown is today." in text


@pytest.mark.parametrize(
    "path", ["/units/../", "/units/%2e%2e/", "/units/152221%2f..%2f150302/", "/units/152221'--/", "/units/nope/"]
)
def test_a_code_that_climbs_or_does_not_exist_is_simply_absent(world, path):
    assert world.client("sibling_officer").get(path).status_code in (301, 404)
    assert "海勃湾" not in world.client("sibling_officer").get(path, follow=True).content.decode()


# --- a unit ----------------------------------------------------------------------------------------------------------


def test_names_are_for_those_who_may_see_people(world):
    for name, seen in {"secretary": True, "township_officer": True, "contact_leader": False, "member": False}.items():
        assert ("其其格" in body(world, name, unit_address(world, world.branch))) is seen, name


def test_both_parents_timelines_show_a_move_and_the_village_its_own(world):
    actions.move_unit(actor=world.user("county_officer"), unit=world.village, to=world.sibling, day=DAY, reason="区划调整")
    for unit in (world.township, world.sibling, world.village):
        text = body(world, "county_officer", unit_address(world, unit))
        assert "oved from 满族屯满族乡 to 科尔沁镇" in text
        assert "区划调整" in text
    assert "oved from" not in body(world, "county_officer", unit_address(world, world.branch))
    assert "oved from" in body(world, "township_officer", unit_address(world, world.township))
    assert "oved from" in body(world, "sibling_officer", unit_address(world, world.sibling))


def test_a_corrected_entry_stays_struck_through_with_who_when_and_why(world):
    secretary = world.user("secretary")
    old = record(
        actor=secretary, kind="organizations.fact_set", unit=world.branch, happened_on=DAY, data={"key": "groups", "value": "2"}
    )
    new = record(
        actor=world.user("clerk"),
        kind="organizations.fact_set",
        unit=world.branch,
        happened_on=DAY,
        data={"key": "groups", "value": "3"},
        supersedes=old,
        reason="数错了",
    )
    text = body(world, "secretary", reverse("history", args=[world.branch.code]))
    assert text.count('<li class="entry superseded">') == 1
    assert "数错了" in text
    assert "Corrected by 哈斯" in text
    assert "数错了" in body(world, "secretary", reverse("entry", args=[old.pk]))
    assert reverse("entry", args=[old.pk]) in body(world, "secretary", reverse("entry", args=[new.pk]))


def test_an_entry_is_absent_for_whoever_may_not_read_it(world):
    entry = Entry.objects.filter(unit=world.branch).first()
    assert entry is not None
    for name, allowed in {
        "secretary": True,
        "contact_leader": True,
        "township_officer": True,
        "auditor": True,
        "member": False,
        "sibling_officer": False,
        "sibling_secretary": False,
        "other_county_officer": False,
        "administrator": False,
    }.items():
        assert (page(world, name, reverse("entry", args=[entry.pk]))[0] == 200) is allowed, name


def test_those_who_may_not_see_names_read_the_recorders_post_instead(world):
    entry = actions.set_fact(actor=world.user("township_officer"), unit=world.branch, key="groups", value=2, since=DAY)
    for name, seen in {"township_officer": "华镇", "contact_leader": "township officer", "auditor": "华镇"}.items():
        text = body(world, name, reverse("entry", args=[entry.pk]))
        assert seen in text
        assert name != "contact_leader" or "华镇" not in text


def test_a_closed_units_page_says_so_and_still_tells_its_story(world):
    actions.close_unit(actor=world.user("county_officer"), unit=world.group, day=DAY, reason="并组")
    text = body(world, "county_officer", unit_address(world, world.group))
    assert "Not there on that day" in text
    assert "并组" in text
    assert "第一党小组: closed" in body(world, "county_officer", unit_address(world, world.branch))
    assert "Not there" not in body(world, "county_officer", unit_address(world, world.group), as_of="2026-04-30")


# --- figures that open -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit"), [("county_officer", "county"), ("township_officer", "township"), ("secretary", "branch")]
)
def test_every_figure_of_a_unit_opens_to_exactly_that_many(world, name, unit):
    text = body(world, name, unit_address(world, getattr(world, unit)))
    figures = re.findall(r'<a class="figure" href="([^"]*)">\s*<b>([\d,]+)', text)
    assert figures
    for address, count in figures:
        opened = body(world, name, html.unescape(address))
        assert len(re.findall(r"<tr><th scope=\"row\">", opened)) == int(count), address


def test_a_township_sees_no_count_of_its_siblings(world):
    assert page(world, "township_officer", reverse("units_beneath", args=[world.sibling.code]))[0] == 404
    assert page(world, "township_officer", reverse("people", args=[world.county.code]))[0] == 404
    text = body(world, "township_officer", reverse("people", args=[world.township.code]))
    assert "6 persons" not in text
    assert "李邻" not in text


def test_people_of_a_past_day_are_those_of_that_day(world):
    member = world.people["member"]
    actions.leave_unit(actor=world.user("township_officer"), membership=member.memberships.get(), day=DAY, reason="转出")
    address = reverse("people", args=[world.branch.code])
    assert "宝音" not in body(world, "secretary", address)
    assert "宝音" in body(world, "secretary", address, as_of="2026-04-30")
    assert "宝音" not in body(world, "secretary", address, as_of="2026-05-01")


def test_a_person_is_shown_as_far_as_rights_go(world):
    clerk = world.people["clerk"]
    text = body(world, "secretary", reverse("person", args=[clerk.pk]))
    assert "哈斯" in text
    for name in ("sibling_officer", "other_county_officer", "contact_leader", "inspector", "member"):
        assert page(world, name, reverse("person", args=[clerk.pk]))[0] == 404


# --- elections and committees ----------------------------------------------------------------------------------------


def test_elections_fall_due_by_term_and_last_election_within_ones_reach(world):
    address = reverse("elections")
    assert "特门嘎查党支部" in body(world, "county_officer", address, as_of="2024-09-01")
    assert "特门嘎查党支部" not in body(world, "county_officer", address, as_of="2024-05-01")
    assert "特门嘎查党支部" in body(world, "county_officer", address, as_of="2024-05-01", months=12)
    assert "碧桂园社区党支部" not in body(world, "township_officer", address, as_of="2024-09-01")
    assert "碧桂园社区党支部" not in body(world, "county_officer", address, as_of="2024-09-01", at=world.township.code)
    assert page(world, "township_officer", address, at=world.sibling.code)[0] == 404
    assert "overdue" in body(world, "county_officer", address)
    elect(world, DAY)
    text = body(world, "township_officer", address)
    assert "特门嘎查党支部" not in text
    assert "2031" in body(world, "township_officer", address, months=120)


def elect(world, day):
    elected = [(world.people["secretary"], "secretary"), (world.people["clerk"], "committee_member")]
    elected.append((world.people["member"], "committee_member"))
    return actions.hold_election(actor=world.user("township_officer"), unit=world.branch, day=day, elected=elected)


def test_the_share_of_one_shoulder_follows_the_posts(world):
    elect(world, DAY)
    address = reverse("committees", args=[world.township.code])
    assert "0.0 %" in body(world, "township_officer", address)
    actions.give_post(
        actor=world.user("township_officer"), person=world.people["secretary"], unit=world.village, title="head", since=DAY
    )
    text = body(world, "township_officer", address)
    assert "100.0 %" in text
    assert "特门嘎查党支部" in body(world, "township_officer", address, show="one_shoulder")
    assert "特门嘎查党支部" not in body(world, "township_officer", address, show="no_secretary")
    assert "0.0 %" in body(world, "township_officer", address, as_of="2026-04-30")


# --- cost ------------------------------------------------------------------------------------------------------------


def queries(world, name, address, django_assert_max_num_queries, most=15):
    client = world.client(name)
    with django_assert_max_num_queries(most) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


@pytest.mark.parametrize(
    "where", ["tree", "unit", "history", "units_beneath", "people", "committees", "elections", "person", "entry"]
)
def test_no_page_asks_more_as_rows_grow(world, where, django_assert_max_num_queries):
    entry = Entry.objects.filter(unit=world.branch).latest("pk")
    args = {"tree": [], "elections": [], "person": [world.people["secretary"].pk], "entry": [entry.pk]}
    address = reverse(where, args=args.get(where, [world.township.code]))
    before = queries(world, "county_officer", address, django_assert_max_num_queries)
    actor = world.user("county_officer")
    for number in range(6):
        branch = actions.found_unit(
            actor=actor,
            code=f"N{number}",
            name=f"新支部{number}",
            kind="branch",
            parent=world.village,
            since=DAY,
            facts={"founded_on": DAY},
        )
        person = actions.register_person(
            actor=actor, code=f"N{number}", name=f"新人{number}", unit=branch, since=DAY, membership="rural", title="secretary"
        )
        actions.give_post(actor=actor, person=person, unit=world.township, title="head", since=DAY)
        actions.set_fact(actor=actor, unit=world.township, key="groups", value=number, since=DAY)
        actions.give_post(actor=actor, person=world.people["secretary"], unit=branch, title="committee_member", since=DAY)
    assert queries(world, "county_officer", address, django_assert_max_num_queries) <= before + 1
