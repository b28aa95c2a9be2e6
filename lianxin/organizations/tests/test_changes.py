"""Changing the tree and its people through the pages: what will follow is said first, and everything is saved once."""

import html
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from lianxin.accounts.proof import PROVED_AT
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Fact, Membership, Person, Placement, Post, Unit

DAY = "2026-05-01"


class Browser:
    """A person at a form: fills it in, reads what will follow, goes ahead."""

    def __init__(self, world, name):
        self.client = world.client(name, headers={"accept-language": "en"})
        session = self.client.session
        session[PROVED_AT] = clock.now().isoformat()
        session.save()

    def open(self, where, unit):
        self.address = reverse(where, args=[unit.code])
        response = self.client.get(self.address)
        found = re.search(r'name="submission" value="([^"]+)"', response.content.decode())
        self.key = found.group(1) if found else ""
        return response

    def preview(self, **said):
        return self.client.post(self.address, {"submission": self.key, **said})

    def go_ahead(self, **said):
        return self.client.post(f"{self.address}?sure=yes", {"submission": self.key, **said})

    def do(self, where, unit, **said):
        """The whole way; gives back the preview's text and the last answer."""
        assert self.open(where, unit).status_code == 200
        told = self.preview(**said)
        return text(told), self.go_ahead(**said) if told.status_code == 200 else told


def text(response):
    return html.unescape(response.content.decode())


@pytest.fixture
def county(world):
    return Browser(world, "county_officer")


@pytest.fixture
def township(world):
    return Browser(world, "township_officer")


# --- the tree --------------------------------------------------------------------------------------------------------


def test_moving_says_how_much_moves_and_that_the_past_stays(world, county):
    before = Entry.objects.count()
    told, done = county.do("move_unit", world.village, to="科尔沁镇", day=DAY, reason="区划调整")
    assert "2 units and 4 members move with it." in told
    assert "Nothing before 1 May 2026 changes" in told
    assert done.status_code == 302
    assert Entry.objects.count() == before + 1
    assert Unit.objects.get(code=world.branch.code).path.startswith(world.sibling.path)


def test_the_preview_changes_nothing(world, county):
    before = (Entry.objects.count(), Placement.objects.count())
    county.open("move_unit", world.village)
    assert "This will follow" in text(county.preview(to=world.sibling.code, day=DAY, reason="区划调整"))
    assert (Entry.objects.count(), Placement.objects.count()) == before
    assert not Unit.objects.get(pk=world.village.pk).path.startswith(world.sibling.path)


def test_a_double_tap_saves_once(world, county):
    said = {"to": world.sibling.code, "day": DAY, "reason": "区划调整"}
    county.do("move_unit", world.village, **said)
    before = Entry.objects.count()
    again = county.go_ahead(**said)
    assert again.status_code == 302
    assert Entry.objects.count() == before


def test_going_back_and_changing_shows_what_was_saved_and_offers_both_ways_on(world, county):
    county.do("rename_unit", world.village, name="特门嘎查新名", day=DAY, reason="更名")
    before = Entry.objects.count()
    for send in (county.preview, county.go_ahead):
        answer = send(name="特门嘎查另名", day=DAY, reason="更名")
        assert answer.status_code == 409
        assert "Save as another one" in text(answer)
        entry = Entry.objects.latest("pk")
        assert reverse("entry", args=[entry.pk]) in text(answer)
    assert Entry.objects.count() == before
    assert Unit.objects.get(pk=world.village.pk).name == "特门嘎查新名"
    county.key = re.search(r'name="submission" value="([^"]+)"', answer.content.decode()).group(1)
    assert county.preview(name="特门嘎查另名", day=DAY, reason="更名").status_code == 200
    assert county.go_ahead(name="特门嘎查另名", day=DAY, reason="更名").status_code == 302
    assert Unit.objects.get(pk=world.village.pk).name == "特门嘎查另名"


def test_what_was_typed_stands_there_again_when_it_is_to_be_changed(world, county):
    county.open("rename_unit", world.village)
    again = county.client.post(
        f"{county.address}?edit=yes", {"submission": county.key, "name": "新名", "day": DAY, "reason": "更名"}
    )
    assert again.status_code == 200
    assert 'value="新名"' in text(again)
    assert county.key in text(again)


def test_merging_passes_units_and_members_on(world, county):
    into = world.units["152221100003"]
    told, done = county.do("merge_unit", world.village, into=into.code, day=DAY, reason="撤并")
    assert "2 units and 4 members pass over to 碧桂园社区." in told
    assert done.status_code == 302
    assert Unit.objects.get(pk=world.village.pk).closed_on == date(2026, 5, 1)


def test_closing_says_what_ends(world, county):
    told, done = county.do("close_unit", world.group, day=DAY, reason="并组")
    assert "0 posts and 0 memberships end with it" in told
    assert done.status_code == 302
    assert county.open("close_unit", world.group).status_code == 200
    assert "has been closed since" in text(county.preview(day=DAY, reason="再次"))


def test_founding_offers_the_next_code_and_the_unit_has_a_page(world, county):
    offered = text(county.open("found_unit", world.village))
    assert f'value="{world.village.code}-2"' in offered
    _, done = county.do(
        "found_unit",
        world.village,
        name="特门嘎查第二党支部",
        kind="branch",
        field="village",
        code=f"{world.village.code}-2",
        day=DAY,
    )
    assert done.url == reverse("unit", args=[f"{world.village.code}-2"])
    assert county.client.get(done.url).status_code == 200


def test_a_designation_is_given_and_ended(world, county):
    told, done = county.do("designate_unit", world.sibling_branch, designation="contact_point", day=DAY)
    assert "counts as contact point" in told
    assert done.status_code == 302
    told, done = county.do(
        "end_designation", world.sibling_branch, designation="contact_point", day="2026-06-01", reason="调整联系点"
    )
    assert done.status_code == 302
    assert county.go_ahead(designation="contact_point", day="2026-06-01", reason="调整联系点").status_code == 302
    held = world.sibling_branch.designations.filter(valid_to=None)
    assert [(row.since, row.until) for row in held] == [(date(2026, 5, 1), date(2026, 6, 1))]


def test_a_fact_is_set_and_a_worked_out_one_is_not_offered(world, county):
    assert "one_shoulder" not in text(county.open("set_fact", world.branch))
    _, done = county.do("set_fact", world.branch, key="groups", value="3", day=DAY)
    assert done.status_code == 302
    assert Fact.objects.get(unit=world.branch, key="groups", valid_to=None).value == "3"


TOMORROW = (clock.today() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("where", "unit", "said", "sentence"),
    [
        ("close_unit", "village", {"day": DAY, "reason": "x"}, "units still stand beneath 特门嘎查"),
        ("close_unit", "group", {"day": "2019-12-31", "reason": "x"}, "opened on 2020-01-01; it cannot close"),
        ("close_unit", "group", {"day": "2020-01-01", "reason": "x"}, "it cannot close on 2020-01-01 or earlier"),
        ("close_unit", "group", {"day": TOMORROW, "reason": "x"}, "has not come yet"),
        ("close_unit", "group", {"day": "31/12/2026", "reason": "x"}, "Enter a valid date"),
        ("close_unit", "group", {"day": DAY, "reason": "  "}, "This field is required"),
        ("move_unit", "township", {"to": "特门嘎查", "day": DAY, "reason": "x"}, "which stands beneath it"),
        ("move_unit", "village", {"to": "152221200", "day": DAY, "reason": "x"}, "already stands beneath"),
        ("move_unit", "county", {"to": "152221200", "day": DAY, "reason": "x"}, "stands at the top"),
        ("move_unit", "village", {"to": "150302001", "day": DAY, "reason": "x"}, "No open unit within your reach"),
        ("move_unit", "village", {"to": "../../150302", "day": DAY, "reason": "x"}, "No open unit within your reach"),
        ("merge_unit", "village", {"into": "152221200203", "day": DAY, "reason": "x"}, "merged into itself"),
        ("merge_unit", "village", {"into": "特门嘎查党支部", "day": DAY, "reason": "x"}, "which stands beneath it"),
        ("rename_unit", "village", {"name": "特门嘎查", "day": DAY, "reason": "x"}, "already called that"),
        ("rename_unit", "village", {"name": "名" * 121, "day": DAY, "reason": "x"}, "at most 120 characters"),
        (
            "found_unit",
            "village",
            {"name": "新", "kind": "branch", "code": "152221100", "day": DAY},
            "already belongs to 科尔沁镇",
        ),
        ("found_unit", "village", {"name": "新", "kind": "branch", "code": "../etc", "day": DAY}, "Code “../etc”"),
        ("found_unit", "village", {"name": "新", "kind": "palace", "code": "N1", "day": DAY}, "Select a valid choice"),
        (
            "found_unit",
            "village",
            {"name": "新", "kind": "branch", "code": "N1", "day": "2019-05-01"},
            "was not open on 2019-05-01",
        ),
        ("designate_unit", "branch", {"designation": "contact_point", "day": DAY}, "already is a contact point"),
        ("set_fact", "branch", {"key": "term_years", "value": "0", "day": DAY}, "found “0”"),
        ("set_fact", "branch", {"key": "founded_on", "value": "去年", "day": DAY}, "found “去年”"),
        ("set_fact", "branch", {"key": "groups", "value": "-1", "day": DAY}, "found “-1”"),
    ],
)
def test_what_cannot_be_is_refused_in_a_plain_sentence_and_nothing_is_saved(world, county, where, unit, said, sentence):
    before = (Entry.objects.count(), Placement.objects.count(), Fact.objects.count())
    county.open(where, getattr(world, unit))
    for send in (county.preview, county.go_ahead):
        answer = send(**said)
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert county.key in text(answer)
    assert (Entry.objects.count(), Placement.objects.count(), Fact.objects.count()) == before


@pytest.mark.parametrize(
    "where", ["move_unit", "merge_unit", "close_unit", "rename_unit", "found_unit", "designate_unit", "set_fact"]
)
def test_only_the_county_office_changes_the_tree(world, county, where):
    assert county.open(where, world.village).status_code == 200
    for name in ("township_officer", "secretary", "inspector", "auditor", "other_county_officer", "administrator"):
        other = Browser(world, name)
        assert other.open(where, world.village).status_code == 404
        assert other.client.post(f"{other.address}?sure=yes", {}).status_code == 404


def test_a_unit_with_later_records_cannot_be_closed_before_them(world, county):
    county.do("set_fact", world.group, key="households", value="12", day="2026-06-01")
    county.open("close_unit", world.group)
    assert "has records up to 2026-06-01" in text(county.preview(day=DAY, reason="并组"))


def test_the_closed_unit_offers_no_more_acts(world, county):
    county.do("close_unit", world.group, day=DAY, reason="并组")
    page = text(county.client.get(reverse("unit", args=[world.group.code])))
    assert reverse("rename_unit", args=[world.group.code]) not in page


# --- elections -------------------------------------------------------------------------------------------------------


def election(world, **changes):
    people = {name: world.people[name].pk for name in ("secretary", "clerk", "member", "deputy_secretary")}
    return {"day": DAY, "secretary": people["secretary"], "members": [people["clerk"], people["member"]], **changes}


def test_an_election_says_when_the_next_one_is_due_and_the_term_is_shown(world, township):
    told, done = township.do("hold_election", world.branch, **election(world))
    assert "3 persons hold their posts from 1 May 2026 on; 巴图 is secretary." in told
    assert "next election is due by 1 May 2031" in told
    assert done.status_code == 302
    page = text(township.client.get(done.url))
    assert "1 May 2031" in page
    assert township.go_ahead(**election(world)).status_code == 302
    assert Entry.objects.filter(kind="organizations.election_held").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"secretary": ""}, "This field is required"),
        ({"members": "secretary"}, "is named twice"),
        ({"day": TOMORROW}, "has not come yet"),
    ],
)
def test_an_election_that_cannot_be_is_refused(world, township, changes, sentence):
    if changes.get("members") == "secretary":
        changes = {"members": [world.people["secretary"].pk]}
    township.open("hold_election", world.branch)
    answer = township.preview(**election(world, **changes))
    assert answer.status_code == 422
    assert sentence in text(answer)


def test_an_early_election_needs_the_approval_of_the_level_above(world, township):
    township.do("hold_election", world.branch, **election(world))
    township.open("hold_election", world.branch)
    assert "more than a year before the term ends" in text(township.preview(**election(world, day="2026-06-01")))
    _, done = township.do("hold_election", world.branch, **election(world, day="2026-06-01", approved_early="on"))
    assert done.status_code == 302


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_post_is_given_and_its_rights_end_with_it_at_once(world, township):
    member = world.client("member")
    gathering = reverse("history", args=[world.branch.code])
    assert member.get(gathering).status_code == 404
    told, done = township.do("give_post", world.branch, person="宝音", title="clerk", day=DAY)
    assert "宝音 is clerk of 特门嘎查党支部" in told
    assert done.status_code == 302
    assert member.get(gathering).status_code == 200
    post = Post.objects.get(person=world.people["member"], title="clerk")
    today = clock.today().isoformat()
    _, done = township.do("end_post", world.branch, post=post.pk, day=today, reason="轮换")
    assert done.status_code == 302
    assert member.get(gathering).status_code == 404
    assert township.go_ahead(post=post.pk, day=today, reason="轮换").status_code == 302


@pytest.mark.parametrize(
    "title", ["county_officer", "township_officer", "inspector", "auditor", "administrator", "contact_leader"]
)
def test_a_township_hands_out_no_rights_it_may_not_give(world, township, title):
    assert f'value="{title}"' not in text(township.open("give_post", world.branch))
    answer = township.go_ahead(person="宝音", title=title, day=DAY)
    assert answer.status_code == 422
    assert not Post.objects.filter(person=world.people["member"], title=title).exists()


def test_nobody_becomes_administrator_through_a_page(world, county):
    assert "administrator" not in text(county.open("give_post", world.county))
    assert county.go_ahead(person="乌兰", title="administrator", day=DAY).status_code == 422


def test_giving_a_post_asks_for_a_fresh_proof(world):
    client = world.client("township_officer")
    answer = client.get(reverse("give_post", args=[world.branch.code]))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("prove"))


def test_a_new_member_is_taken_in_once_with_the_phone_sealed(world, township):
    said = {"person": "新来", "kind": "rural", "birth_year": "1990", "phone": "13812345678", "day": DAY}
    told, done = township.do("take_in", world.branch, **said)
    assert "is registered as a new person" in told
    assert done.status_code == 302
    assert township.go_ahead(**said).status_code == 302
    person = Person.objects.get(name="新来")
    assert b"13812345678" not in bytes(person.sealed_phone)
    assert "138****5678" in text(township.client.get(reverse("people", args=[world.branch.code])))


def test_somebody_of_the_same_name_is_pointed_out_and_a_code_names_the_person_known(world, township):
    code = world.people["member"].code
    told, _ = township.do("take_in", world.village, person="宝音", kind="volunteer", day=DAY)
    assert code in told
    before = Person.objects.count()
    told, _ = township.do("take_in", world.village, person=code, kind="volunteer", day="2026-05-02")
    assert "new person" not in told
    assert Person.objects.count() == before
    assert Membership.objects.filter(person=world.people["member"], unit=world.village).exists()


def test_a_phone_that_is_none_is_named(world, township):
    township.open("take_in", world.branch)
    answer = township.preview(person="新来", kind="rural", phone="12345", day=DAY)
    assert answer.status_code == 422
    assert "expected a mobile number" in text(answer)


def test_a_member_who_left_is_no_longer_among_the_people(world, township):
    said = {"person": "宝音", "day": clock.today().isoformat(), "reason": "转往外地"}
    _, done = township.do("leave_unit", world.branch, **said)
    assert done.status_code == 302
    assert township.go_ahead(**said).status_code == 302
    assert "宝音" not in text(township.client.get(reverse("people", args=[world.branch.code])))


def test_people_of_elsewhere_cannot_be_named(world, township):
    township.open("give_post", world.branch)
    for name in ("李邻", "钱和", world.people["sibling_secretary"].code):
        answer = township.preview(person=name, title="clerk", day=DAY)
        assert answer.status_code == 422
        assert "Nobody within your reach" in text(answer)
