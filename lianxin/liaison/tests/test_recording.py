"""Recording at a contact point, through the pages: a leader, a point that received somebody, an inspector."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.liaison.models import Problem, VisitVersion
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Post
from lianxin.ui.dates import instant
from tests.forms import fill, keys_on

NEW_VISIT, NEW_PROBLEM = "/visits/new/", "/problems/new/"


def inspections(world):
    return Entry.objects.standing().filter(unit=world.branch, kind="liaison.inspected").count()


def visible_fields(form):
    return [field.name for field in form.visible_fields()]


# --- visits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contact_leader", "secretary", "deputy_secretary", "clerk", "inspector"])
def test_an_inspection_is_recorded_in_at_most_five_fields_and_counted(world, name):
    client = world.client(name)
    said = fill(client, f"{NEW_VISIT}?unit={world.branch.code}&kind=inspection", findings="账目清楚")
    assert len(visible_fields(client.get(NEW_VISIT).context["form"])) <= 5
    answer = client.post(NEW_VISIT, said, follow=True)
    assert answer.status_code == 200
    assert inspections(world) == 1
    [version] = VisitVersion.objects.standing()
    assert (version.findings, version.entry.happened_on) == ("账目清楚", clock.today())
    came = "inspector" if name == "inspector" else "contact_leader"
    assert version.visitor == world.people[came]


@pytest.mark.parametrize(
    "name", ["member", "head", "auditor", "administrator", "county_officer", "township_officer", "department_handler"]
)
def test_nobody_else_gets_the_form(world, name):
    client = world.client(name)
    assert client.get(NEW_VISIT).status_code == 404
    assert client.post(NEW_VISIT, {"submission": "a" * 22}).status_code == 404
    assert VisitVersion.objects.count() == 0


def test_a_stranger_is_asked_to_sign_in(world):
    assert world.client().get(NEW_VISIT).headers["Location"].startswith("/sign-in/")


def test_what_is_known_is_not_asked(world):
    form = world.client("contact_leader").get(NEW_VISIT).context["form"]
    assert visible_fields(form) == ["kind", "day", "findings"], "one point, and it is the leader who came"
    form = world.client("inspector").get(NEW_VISIT).context["form"]
    assert visible_fields(form) == ["day", "findings"], "an inspector records inspections only, here at the county's one point"


@pytest.mark.parametrize("address", [NEW_VISIT, NEW_PROBLEM])
def test_whoever_holds_every_post_at_many_points_is_still_asked_five_things_at_most(world, address):
    actor, person = world.user("county_officer"), world.people["contact_leader"]
    organizations.designate(actor=actor, unit=world.sibling_branch, designation="contact_point", since=date(2021, 1, 1))
    for unit, title in ((world.branch, "clerk"), (world.sibling_branch, "contact_leader"), (world.county, "inspector")):
        organizations.give_post(actor=actor, person=person, unit=unit, title=title, since=date(2026, 1, 1))
    second = organizations.register_person(actor=actor, code="L9", name="另一位", unit=world.branch, since=date(2026, 1, 1))
    organizations.give_post(actor=actor, person=second, unit=world.branch, title="contact_leader", since=date(2026, 1, 1))
    asked = visible_fields(world.client("contact_leader").get(address).context["form"])
    assert "unit" in asked, "there are two points to choose from"
    assert len(asked) <= 5


def test_my_points_say_what_is_still_asked_and_by_when(world, schemes):
    page = world.client("contact_leader").get("/points/").content.decode()
    assert "检查指导 0/3，还差3次，12月31日前" in page


def test_an_inspector_records_no_research(world):
    client = world.client("inspector")
    client.post(NEW_VISIT, fill(client, NEW_VISIT, kind="research"))
    assert [entry.kind for entry in Entry.objects.filter(kind__startswith="liaison.")] == ["liaison.inspected"]


def test_a_sibling_secretary_cannot_record_here(world):
    organizations.designate(
        actor=world.user("county_officer"), unit=world.sibling_branch, designation="contact_point", since=date(2021, 1, 1)
    )
    client = world.client("sibling_secretary")
    said = {"submission": "k" * 22, "unit": world.branch.code, "kind": "inspection", "day": clock.today().isoformat()}
    client.post(NEW_VISIT, said)
    assert inspections(world) == 0


def test_the_rights_of_a_leader_end_with_the_post(world):
    client = world.client("contact_leader")
    said = fill(client, NEW_VISIT)
    post = Post.objects.get(person=world.people["contact_leader"])
    organizations.end_post(actor=world.user("county_officer"), post=post, day=clock.today(), reason="轮换")
    assert client.post(NEW_VISIT, said).status_code == 404
    assert inspections(world) == 0


def test_after_saving_the_page_shows_one_more(world, schemes):
    client = world.client("contact_leader")
    assert "检查指导 0/3" in client.get("/points/").content.decode()
    answer = client.post(f"{NEW_VISIT}?next=/points/", fill(client, f"{NEW_VISIT}?kind=inspection"), follow=True)
    assert answer.redirect_chain == [("/points/", 302)]
    assert "检查指导 1/3" in answer.content.decode()


def test_an_inspection_by_two_people_on_one_day_counts_once(world, schemes):
    for name in ("contact_leader", "inspector"):
        client = world.client(name)
        client.post(NEW_VISIT, fill(client, f"{NEW_VISIT}?kind=inspection"))
    assert inspections(world) == 2
    assert "检查指导 1/3" in world.client("contact_leader").get("/points/").content.decode()


# --- refused, with the same set-up as what is allowed ----------------------------------------------------------------


def test_a_day_that_has_not_come(world):
    client = world.client("contact_leader")
    tomorrow = clock.today() + timedelta(days=1)
    answer = client.post(NEW_VISIT, fill(client, NEW_VISIT, day=tomorrow.isoformat(), findings="写好的话"))
    assert answer.status_code == 422
    assert "day" in answer.context["form"].errors
    assert "写好的话" in answer.content.decode(), "what was typed stays"
    assert inspections(world) == 0


def test_a_closed_point(world):
    actor = world.user("county_officer")
    organizations.close_unit(actor=actor, unit=world.group, day=date(2026, 2, 1), reason="合并")
    organizations.close_unit(actor=actor, unit=world.branch, day=date(2026, 3, 1), reason="撤销")
    client = world.client("inspector")
    late = client.post(NEW_VISIT, fill(client, NEW_VISIT, day="2026-03-01"))
    assert (late.status_code, list(late.context["form"].errors)) == (422, ["day"])
    assert late.context["form"].errors.as_data()["day"][0].code == "closed"
    client.post(NEW_VISIT, fill(client, NEW_VISIT, day="2026-02-28"))
    assert inspections(world) == 1


def test_a_day_before_it_became_a_contact_point(world):
    client = world.client("contact_leader")
    answer = client.post(NEW_VISIT, fill(client, NEW_VISIT, day="2019-12-31"))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["day"])


def test_a_form_sent_incomplete_is_not_saved_and_can_be_sent_again(world):
    client = world.client("contact_leader")
    said = fill(client, NEW_VISIT)
    answer = client.post(NEW_VISIT, {**said, "submission": ""})
    assert answer.status_code == 422
    assert inspections(world) == 0
    client.post(NEW_VISIT, {**said, "submission": keys_on(answer)[0]})
    assert Entry.objects.filter(kind__startswith="liaison.").count() == 1


# --- sent twice ------------------------------------------------------------------------------------------------------


def test_a_double_tap_saves_once_and_answers_alike(world):
    client = world.client("contact_leader")
    said = fill(client, f"{NEW_VISIT}?kind=inspection")
    first, second = client.post(NEW_VISIT, said), client.post(NEW_VISIT, said)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"]) == (302, "/points/")
    assert inspections(world) == 1


def test_changed_after_going_back_shows_what_is_saved_and_offers_both_ways(world):
    client = world.client("contact_leader")
    said = fill(client, f"{NEW_VISIT}?kind=inspection", findings="原来的话")
    client.post(NEW_VISIT, said)
    asked = client.post(NEW_VISIT, {**said, "findings": "改过的话"})
    assert asked.status_code == 409
    assert "原来的话" in asked.content.decode()
    assert inspections(world) == 1

    pk = VisitVersion.objects.get().visit_id
    to_correct, to_save = keys_on(asked)
    changed = {**said, "findings": "改过的话", "submission": to_correct}
    why = client.post(reverse("correct_visit", args=[pk]), changed)
    assert (why.status_code, list(why.context["form"].errors)) == (422, ["reason"]), "only the reason is missing"
    assert "改过的话" in why.content.decode()
    client.post(reverse("correct_visit", args=[pk]), {**changed, "reason": "补充"})
    assert [version.findings for version in VisitVersion.objects.standing()] == ["改过的话"]
    assert inspections(world) == 1

    again = client.post(NEW_VISIT, {**said, "findings": "又一次", "submission": to_save})
    assert (again.status_code, inspections(world)) == (422, 1), "a second one on that day must be meant"
    client.post(NEW_VISIT, {**said, "findings": "又一次", "submission": to_save, "another": "on"})
    assert inspections(world) == 2


def test_what_the_point_recorded_already_is_not_recorded_twice_by_mistake(world):
    secretary, leader = world.client("secretary"), world.client("contact_leader")
    secretary.post(NEW_VISIT, fill(secretary, f"{NEW_VISIT}?kind=inspection"))
    refused = leader.post(NEW_VISIT, fill(leader, f"{NEW_VISIT}?kind=inspection"))
    assert (refused.status_code, inspections(world)) == (422, 1)
    assert 'type="checkbox" name="another"' in refused.content.decode()


def test_a_key_belongs_to_whoever_made_it(world):
    leader, inspector = world.client("contact_leader"), world.client("inspector")
    said = fill(leader, f"{NEW_VISIT}?kind=inspection")
    leader.post(NEW_VISIT, said)
    inspector.post(NEW_VISIT, {**fill(inspector, NEW_VISIT), "submission": said["submission"]})
    assert inspections(world) == 2


# --- correcting ------------------------------------------------------------------------------------------------------


@pytest.fixture
def visit(world):
    client = world.client("contact_leader")
    client.post(NEW_VISIT, fill(client, f"{NEW_VISIT}?kind=inspection", day="2026-03-05", findings="原话"))
    return VisitVersion.objects.get().visit


@pytest.mark.parametrize("name", ["contact_leader", "secretary", "clerk", "township_officer", "county_officer"])
def test_who_recorded_it_the_secretary_and_those_above_correct(world, visit, name):
    client, address = world.client(name), reverse("correct_visit", args=[visit.pk])
    client.post(address, fill(client, address, day="2026-03-06", reason="日期记错"))
    page = client.get(reverse("visit", args=[visit.pk])).content.decode()
    assert '<li class="entry superseded">' in page and "日期记错" in page and "<s>原话</s>" in page, (
        "the old version stays, struck through, with the reason"
    )
    corrected = Entry.objects.get(kind="liaison.inspected", valid_to=None)
    assert f"{world.people[name].name} 于 {instant(corrected.recorded_at)} 更正" in page, "with who and when"
    assert [e.happened_on for e in Entry.objects.standing().filter(kind="liaison.inspected")] == [date(2026, 3, 6)]


@pytest.mark.parametrize(
    "name", ["inspector", "member", "auditor", "sibling_secretary", "sibling_officer", "other_county_officer"]
)
def test_a_stranger_to_it_gets_what_one_gets_for_nothing(world, visit, name):
    client = world.client(name)
    for address in ("correct_visit", "void_visit"):
        refused, absent = client.get(reverse(address, args=[visit.pk])), client.get(reverse(address, args=[99_999_999]))
        assert refused.status_code == absent.status_code == 404
        client.post(reverse(address, args=[visit.pk]), {"submission": "k" * 22, "day": "2026-03-06", "reason": "乱改"})
    assert Entry.objects.exclude(supersedes=None).count() == 0


def test_a_correction_needs_a_reason_and_a_change(world, visit):
    client, address = world.client("secretary"), reverse("correct_visit", args=[visit.pk])
    said = fill(client, address)
    assert list(client.post(address, {**said, "day": "2026-03-07"}).context["form"].errors) == ["reason"]
    assert client.post(address, {**said, "reason": "没改"}).status_code == 422
    assert inspections(world) == 1


def test_taken_back_it_is_not_counted_and_stays_readable(world, visit):
    client, address = world.client("contact_leader"), reverse("void_visit", args=[visit.pk])
    said = fill(client, address, reason="记重了")
    first, second = client.post(address, said), client.post(address, said)
    assert first.headers["Location"] == second.headers["Location"]
    assert inspections(world) == 0
    page = client.get(reverse("visit", args=[visit.pk])).content.decode()
    assert "原话" in page and "记重了" in page
    again = reverse("correct_visit", args=[visit.pk])
    assert client.post(again, {**fill(client, again), "day": "2026-03-08", "reason": "反悔"}).status_code == 422
    assert inspections(world) == 0


def test_names_are_shown_to_who_may_see_people_only(world, visit):
    page = reverse("visit", args=[visit.pk])
    assert "陈联" in world.client("secretary").get(page).content.decode()
    assert "陈联" in world.client("contact_leader").get(page).content.decode()
    assert "陈联" not in world.client("inspector").get(page).content.decode()


def test_an_import_under_way_shows_nothing(world, visit):
    client = world.client("secretary")
    from lianxin.ledger.models import Batch
    from lianxin.liaison.actions import NewVisit, record_visits

    actor = world.user("township_officer")
    batch = Batch.objects.create(sheet="visits", file_hash="0" * 64, actor=actor, created_at=clock.now())
    [hidden] = record_visits(
        actor=actor,
        visits=[NewVisit(world.branch, "research", date(2026, 4, 1), world.people["contact_leader"], "批量")],
        batch=batch,
    )
    assert "批量" not in client.get("/visits/").content.decode()
    assert client.get(reverse("visit", args=[hidden.visit_id])).status_code == 404
    Batch.objects.filter(pk=batch.pk).update(visible=True)
    assert "批量" in client.get("/visits/").content.decode()


# --- problems --------------------------------------------------------------------------------------------------------


def test_a_problem_counts_once_the_point_confirms_it(world, schemes):
    leader, secretary = world.client("contact_leader"), world.client("secretary")
    leader.post(NEW_PROBLEM, fill(leader, NEW_PROBLEM, matter="路灯坏了", remedy="换了灯泡"))
    assert "解决实际问题 0/1" in leader.get("/points/").content.decode()
    problem = Problem.objects.get()
    page = secretary.get(reverse("problem", args=[problem.pk]))
    confirm = reverse("move_problem", args=[problem.pk, "confirm"])
    for _ in range(2):
        answer = secretary.post(confirm, {"submission": page.context["page"].key})
        assert answer.headers["Location"] == reverse("problem", args=[problem.pk])
    assert Entry.objects.filter(kind="liaison.problem_confirmed").count() == 1
    assert "解决实际问题 1/1" in leader.get("/points/").content.decode()


def test_a_problem_sent_twice_is_saved_once_and_changed_on_the_way_back_asks_what_was_meant(world):
    leader = world.client("contact_leader")
    said = fill(leader, NEW_PROBLEM, matter="路灯坏了", remedy="换了灯泡")
    first, second = leader.post(NEW_PROBLEM, said), leader.post(NEW_PROBLEM, said)
    assert first.headers["Location"] == second.headers["Location"] == "/points/"
    asked = leader.post(NEW_PROBLEM, {**said, "remedy": "换了整灯"})
    problem = Problem.objects.get()
    correct = reverse("move_problem", args=[problem.pk, "correct"])
    assert (asked.status_code, "换了灯泡" in asked.content.decode(), correct in asked.content.decode()) == (409, True, True)
    to_correct, to_save = keys_on(asked)
    leader.post(correct, {**said, "remedy": "换了整灯", "submission": to_correct, "reason": "说错了"})
    assert problem.steps.last().remedy == "换了整灯"
    leader.post(NEW_PROBLEM, {**said, "matter": "水井坏了", "submission": to_save})
    assert sorted(step.matter for each in Problem.objects.all() for step in [each.steps.last()]) == ["水井坏了", "路灯坏了"]


def test_the_leader_finds_no_button_to_confirm(world):
    leader = world.client("contact_leader")
    leader.post(NEW_PROBLEM, fill(leader, NEW_PROBLEM, matter="路灯坏了"))
    problem = Problem.objects.get()
    confirm = reverse("move_problem", args=[problem.pk, "confirm"])
    assert confirm not in leader.get(reverse("problem", args=[problem.pk])).content.decode()
    assert leader.post(confirm, {"submission": "k" * 22}).status_code == 404
    assert Entry.objects.filter(kind="liaison.problem_confirmed").count() == 0


def test_rejected_with_a_reason_it_is_back_on_the_leaders_page(world):
    leader, secretary = world.client("contact_leader"), world.client("secretary")
    leader.post(NEW_PROBLEM, fill(leader, NEW_PROBLEM, matter="路灯坏了"))
    address = reverse("move_problem", args=[Problem.objects.get().pk, "reject"])
    assert secretary.post(address, fill(secretary, address)).status_code == 422, "a reason is needed"
    secretary.post(address, fill(secretary, address, reason="第二天又坏了"))
    back = leader.get(reverse("problem", args=[Problem.objects.get().pk])).content.decode()
    assert "第二天又坏了" in back
    again = reverse("move_problem", args=[Problem.objects.get().pk, "handle"])
    leader.post(again, fill(leader, again, remedy="换了整灯"))
    assert Problem.objects.get().state == "handled"


def test_a_move_nobody_declared_is_absent(world):
    leader = world.client("contact_leader")
    leader.post(NEW_PROBLEM, fill(leader, NEW_PROBLEM, matter="路灯坏了"))
    assert leader.get(reverse("move_problem", args=[Problem.objects.get().pk, "celebrate"])).status_code == 404
