"""Recording organisational life through the pages: what a secretary holds, corrects, shares and sees of the year."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from lianxin.gatherings.actions import NewGathering, record_gatherings
from lianxin.gatherings.models import Gathering, GatheringVersion
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.liaison.actions import NewVisit, record_visits
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Post
from lianxin.schemes.actions import publish_scheme
from lianxin.schemes.queries import standings
from lianxin.ui.dates import instant
from tests.forms import fill, keys_on

NEW = "/gatherings/new/"
LINK = re.compile(r"/gatherings/\d+/join/[^/]+/")


def standing(world, kind="members_met"):
    return Entry.objects.standing().filter(kind=f"gatherings.{kind}").count()


def what(kind, unit):
    return f"{kind}@{unit.code}"


@pytest.mark.parametrize("name", ["secretary", "deputy_secretary", "clerk"])
def test_a_members_meeting_is_recorded_in_at_most_five_fields(world, name):
    client = world.client(name)
    form = client.get(NEW).context["form"]
    assert len(list(form.visible_fields())) <= 5
    answer = client.post(
        NEW, fill(client, NEW, what=what("members_met", world.branch), topic="讨论年度工作", present="12"), follow=True
    )
    assert answer.redirect_chain == [("/gatherings/", 302)]
    assert "讨论年度工作" in answer.content.decode()
    [entry] = Entry.objects.filter(kind="gatherings.members_met")
    gathering = Gathering.objects.get()
    assert (entry.unit, entry.happened_on, entry.subject) == (world.branch, clock.today(), f"gatherings.gathering:{gathering.pk}")


def test_a_secretary_of_many_branches_is_still_asked_five_things_at_most(world):
    actor, person = world.user("county_officer"), world.people["secretary"]
    organizations.give_post(actor=actor, person=person, unit=world.sibling_branch, title="secretary", since=date(2026, 1, 1))
    asked = [field.name for field in world.client("secretary").get(NEW).context["form"].visible_fields()]
    assert asked == ["what", "day", "topic", "present", "place"]


@pytest.mark.parametrize("name", ["member", "head", "contact_leader", "county_officer", "inspector", "auditor"])
def test_nobody_else_gets_the_form(world, name):
    client = world.client(name)
    assert client.get(NEW).status_code == client.post(NEW, {"submission": "a" * 22}).status_code == 404
    assert GatheringVersion.objects.count() == 0


def test_a_sibling_secretary_cannot_record_here(world):
    sibling = world.client("sibling_secretary")
    said = fill(sibling, NEW, topic="越界")
    assert sibling.post(NEW, {**said, "what": what("members_met", world.branch)}).status_code == 422
    assert standing(world) == 0


def test_the_branchs_secretary_records_the_meetings_of_its_groups(world):
    client = world.client("secretary")
    asked = f"{NEW}?unit={world.branch.code}&kind=group_met"
    said = fill(client, asked, topic="学习")
    assert said["what"] == what("group_met", world.group), "the branch is asked for, its group is meant"
    client.post(NEW, said)
    assert Entry.objects.get(kind="gatherings.group_met").unit == world.group


def test_a_branch_holds_no_group_meeting_itself(world):
    client = world.client("secretary")
    assert client.post(NEW, fill(client, NEW, what=what("group_met", world.branch), topic="学习")).status_code == 422
    assert Entry.objects.filter(kind__startswith="gatherings.").count() == 0


def test_after_saving_one_less_is_owed(world, schemes):
    client = world.client("secretary")
    before = client.get("/gatherings/").context["list"].owed
    themed = next(line.owed.row for line in before if line.owed.row.clause == "themed_day")
    client.post(NEW, fill(client, f"{NEW}?kind=themed_day_held", topic="植树"))
    now = client.get("/gatherings/").context["list"].owed
    left = [line.owed.row for line in now if line.owed.row.clause == "themed_day"]
    assert (left[0].n if left else themed.n + 1) == themed.n + 1


# --- refused, with the same set-up as what is allowed ----------------------------------------------------------------


def test_a_day_that_has_not_come_and_a_topic_that_is_missing(world):
    client = world.client("secretary")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert list(client.post(NEW, fill(client, NEW, topic="开会", day=tomorrow)).context["form"].errors) == ["day"]
    assert list(client.post(NEW, fill(client, NEW)).context["form"].errors) == ["topic"]
    assert Entry.objects.filter(kind__startswith="gatherings.").count() == 0


def test_a_branch_that_was_not_founded_yet(world):
    client = world.client("secretary")
    assert list(client.post(NEW, fill(client, NEW, topic="开会", day="2019-12-31")).context["form"].errors) == ["day"]


def test_the_rights_of_a_secretary_end_with_the_post(world):
    client = world.client("secretary")
    said = fill(client, NEW, topic="开会")
    post = Post.objects.get(person=world.people["secretary"], title="secretary")
    organizations.end_post(actor=world.user("county_officer"), post=post, day=clock.today(), reason="轮换")
    assert client.post(NEW, said).status_code == 404
    assert Entry.objects.filter(kind__startswith="gatherings.").count() == 0


# --- sent twice ------------------------------------------------------------------------------------------------------


def test_a_double_tap_saves_once_and_answers_alike(world):
    client = world.client("secretary")
    said = fill(client, NEW, topic="开会")
    first, second = client.post(NEW, said), client.post(NEW, said)
    assert (
        (first.status_code, first.headers["Location"])
        == (second.status_code, second.headers["Location"])
        == (302, "/gatherings/")
    )
    assert standing(world) == 1


def test_changed_after_going_back_asks_what_was_meant(world):
    client = world.client("secretary")
    said = fill(client, NEW, topic="原题")
    client.post(NEW, said)
    asked = client.post(NEW, {**said, "topic": "改题"})
    assert (asked.status_code, standing(world)) == (409, 1)
    to_correct, to_save = keys_on(asked)
    address = reverse("correct_gathering", args=[Gathering.objects.get().pk])
    changed = {**said, "topic": "改题", "kind": "members_met", "submission": to_correct}
    assert list(client.post(address, changed).context["form"].errors) == ["reason"]
    client.post(address, {**changed, "reason": "题目写错"})
    assert [version.topic for version in GatheringVersion.objects.standing()] == ["改题"]
    again = client.post(NEW, {**said, "topic": "第二次", "submission": to_save})
    assert again.status_code == 422, "a second one on that day must be meant"
    client.post(NEW, {**said, "topic": "第二次", "submission": to_save, "another": "on"})
    assert standing(world) == 2


def test_what_a_colleague_recorded_already_is_not_recorded_twice_by_mistake(world):
    secretary, clerk = world.client("secretary"), world.client("clerk")
    secretary.post(NEW, fill(secretary, NEW, topic="支委会"))
    refused = clerk.post(NEW, fill(clerk, NEW, topic="支部会议"))
    assert (refused.status_code, standing(world)) == (422, 1)
    assert 'type="checkbox" name="another"' in refused.content.decode()


# --- correcting ------------------------------------------------------------------------------------------------------


@pytest.fixture
def gathering(world):
    client = world.client("clerk")
    client.post(NEW, fill(client, NEW, topic="原题", day="2026-03-05"))
    return Gathering.objects.get()


@pytest.mark.parametrize("name", ["clerk", "secretary", "township_officer", "county_officer"])
def test_who_recorded_it_the_secretary_and_those_above_correct(world, gathering, name):
    client, address = world.client(name), reverse("correct_gathering", args=[gathering.pk])
    client.post(address, fill(client, address, kind="lesson_held", reason="选错了类别"))
    page = client.get(reverse("gathering", args=[gathering.pk])).content.decode()
    assert '<li class="entry superseded">' in page and "<s>原题</s>" in page, "the old version stays, struck through"
    corrected = Entry.objects.get(kind="gatherings.lesson_held")
    who_and_when = f"{world.people[name].name} 于 {instant(corrected.recorded_at)} 更正"
    assert "选错了类别" in page and who_and_when in page, "with why, who and when"
    assert (standing(world), standing(world, "lesson_held")) == (0, 1)


@pytest.mark.parametrize("name", ["inspector", "member", "contact_leader", "sibling_secretary", "other_county_officer"])
def test_a_stranger_to_it_gets_what_one_gets_for_nothing(world, gathering, name):
    client = world.client(name)
    for page in ("correct_gathering", "void_gathering"):
        said = {"submission": "k" * 22, "topic": "乱改", "day": "2026-03-06", "reason": "乱改"}
        refused, absent = (client.post(reverse(page, args=[pk]), said) for pk in (gathering.pk, 99_999_999))
        assert refused.status_code == absent.status_code == 404
    assert standing(world) == 1


def test_taken_back_it_is_not_counted_and_stays_readable(world, gathering):
    client, address = world.client("secretary"), reverse("void_gathering", args=[gathering.pk])
    said = fill(client, address, reason="没有开成")
    assert client.post(address, said).headers["Location"] == client.post(address, said).headers["Location"]
    assert standing(world) == 0
    history = client.get(f"/gatherings/?unit={world.branch.code}").content.decode()
    assert "原题" in history and "没有开成" in history and "superseded" in history


def test_the_whole_history_of_the_branch_is_there_for_its_secretary(world, gathering):
    leader = world.people["contact_leader"]
    record_visits(actor=leader.user, visits=[NewVisit(world.branch, "inspection", date(2026, 3, 9), leader)])
    record_gatherings(actor=world.user("clerk"), gatherings=[NewGathering(world.group, "group_met", date(2026, 3, 10), "学习")])
    client = world.client("secretary")
    correct = reverse("correct_gathering", args=[gathering.pk])
    client.post(correct, fill(client, correct, topic="改题", reason="题目写错"))
    history, number = "", 0
    while number == 0 or f"page={number + 1}" in history:
        number += 1
        history += client.get(reverse("history", args=[world.branch.code]), {"page": number}).content.decode()
    everything = Entry.objects.filter(unit=world.branch)
    assert everything.count() > 10
    assert [entry for entry in everything if reverse("entry", args=[entry.pk]) not in history] == []
    held = client.get(f"/gatherings/?unit={world.branch.code}").content.decode()
    assert all(topic in held for topic in ("原题", "改题", "学习")), "its groups' meetings among them"


# --- one act, counted once -------------------------------------------------------------------------------------------

AND_A_LESSON = """\
scheme: lessons
title: {zh: 党课, en: Lessons}
version: "2025.1"
effective: {from: 2025-01-01}
subject: {kind: branch}
period: year
part_year: keep
closes: 10d
clauses:
  - {id: lesson, title: {zh: 党课, en: lesson}, count: {kind: gatherings.lesson_held, at_least: 1}}
  - {id: meeting, title: {zh: 党员大会, en: meeting}, count: {kind: gatherings.members_met, at_least: 1}}
verdict: {all: [lesson, meeting]}
"""
ALSO = "also_counts: [{kind: gatherings.themed_day_held, as: gatherings.lesson_held}]\n"


@pytest.mark.parametrize(("text", "lessons"), [(AND_A_LESSON, 0), (AND_A_LESSON + ALSO, 1)])
def test_one_gathering_counts_as_another_thing_only_where_a_scheme_says_so(world, schemes, text, lessons):
    publish_scheme(actor=world.user("county_officer"), text=text)
    client = world.client("secretary")
    client.post(NEW, fill(client, f"{NEW}?kind=themed_day_held", topic="植树"))
    assert Entry.objects.filter(kind__startswith="gatherings.").count() == 1, "it is on record once"
    counted = {(key, row.clause): row.n for key in ("lessons", "themed-day") for row in standings(key, units=[world.branch.pk])}
    assert counted["lessons", "lesson"] == lessons
    assert counted["lessons", "meeting"] == 0
    assert counted["themed-day", "themed_day"] == 1


# --- held together ---------------------------------------------------------------------------------------------------


@pytest.fixture
def themed_day(world):
    client = world.client("secretary")
    client.post(NEW, fill(client, f"{NEW}?kind=themed_day_held", topic="联合植树", day="2026-04-12"))
    return Gathering.objects.get()


def link_on(client, gathering):
    found = LINK.findall(client.get(reverse("gathering", args=[gathering.pk])).content.decode())
    return found[0] if found else None


def test_a_partner_confirms_by_the_hosts_link_and_it_counts_for_both(world, themed_day):
    link = link_on(world.client("secretary"), themed_day)
    partner = world.client("sibling_secretary")
    said = fill(partner, link, present="8")
    for _ in range(2):
        assert partner.post(link, said).status_code == 302
    entries = Entry.objects.standing().filter(kind="gatherings.themed_day_held")
    assert {entry.unit for entry in entries} == {world.branch, world.sibling_branch}
    assert {entry.subject for entry in entries} == {themed_day.subject}, "one act each, of the same gathering"
    assert {entry.happened_on for entry in entries} == {date(2026, 4, 12)}


def test_nobody_joins_without_the_hosts_link(world, themed_day):
    partner = world.client("sibling_secretary")
    assert partner.get(reverse("join_gathering", args=[themed_day.pk, "guessed"])).status_code == 404
    assert partner.get(reverse("gathering", args=[themed_day.pk])).status_code == 404
    link = link_on(world.client("secretary"), themed_day)
    assert world.client("member").get(link).status_code == 404
    assert world.client("secretary").get(link).status_code == 404, "the host has recorded it already"
    assert link_on(world.client("county_officer"), themed_day) is None, "only the host passes it on"


def test_a_partner_joins_once(world, themed_day):
    link = link_on(world.client("secretary"), themed_day)
    partner = world.client("sibling_secretary")
    partner.post(link, fill(partner, link))
    assert partner.post(link, fill(partner, link)).status_code == 422
    assert standing(world, "themed_day_held") == 2


def test_the_host_does_not_learn_the_name_of_a_partner_out_of_reach(world, themed_day):
    secretary, partner = world.client("secretary"), world.client("sibling_secretary")
    link = link_on(secretary, themed_day)
    partner.post(link, fill(partner, link))
    page = reverse("gathering", args=[themed_day.pk])
    assert world.sibling_branch.name not in secretary.get(page).content.decode()
    assert world.sibling_branch.name in world.client("county_officer").get(page).content.decode()


# --- the year at a glance --------------------------------------------------------------------------------------------


def test_the_year_shows_each_gathering_in_its_month_and_opens_it(world, gathering):
    page = world.client("secretary").get(f"/units/{world.branch.code}/gatherings/?year=2026")
    assert reverse("gathering", args=[gathering.pk]) in page.content.decode()
    row = next(row for row in page.context["calendar"].rows if row.months[2])
    assert [held.day for held in row.months[2]] == [date(2026, 3, 5)]


def test_a_member_sees_the_year_but_opens_nothing(world, gathering):
    page = world.client("member").get(f"/units/{world.branch.code}/gatherings/?year=2026").content.decode()
    assert ">5" in page or "5</td>" in page
    assert reverse("gathering", args=[gathering.pk]) not in page


def test_the_number_of_queries_does_not_grow_with_gatherings(world, gathering, django_assert_max_num_queries):
    client = world.client("secretary")
    actor = world.user("secretary")
    days = [date(2026, 1, 1) + timedelta(days=3 * n) for n in range(60)]
    record_gatherings(actor=actor, gatherings=[NewGathering(world.branch, "committee_met", day, "例会") for day in days])
    for address in ("/gatherings/", f"/units/{world.branch.code}/gatherings/?year=2026"):
        client.get(address)
        with django_assert_max_num_queries(15):
            client.get(address)
