"""A resident's phone: closed, opened for a reason, and the resident knows."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse

from lianxin.cases import actions, receipts
from lianxin.cases.queries.story import story_of
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import people
from lianxin.organizations.errors import OrganizationError

NUMBER = "13800001111"


@pytest.fixture
def received(world, report):
    return report(sending="a phone's own key 1", phone=NUMBER)


@pytest.fixture
def reporter(world, received):
    actions.claim_case(actor=world.user("secretary"), case=received.reporter.case, unit=world.branch)
    received.reporter.refresh_from_db()
    received.reporter.case.refresh_from_db()
    return received.reporter


def open_it(world, role, reporter, reason="要约好上门的时间", key="k" * 22):
    client = world.client(role)
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    return client.post(reverse("case_phone", args=[reporter.case_id, reporter.pk]), {"reason": reason, "submission": key})


def test_it_is_opened_with_a_reason_that_the_resident_and_the_auditor_read(world, reporter):
    answer = open_it(world, "secretary", reporter)
    assert NUMBER in answer.content.decode()
    story = story_of(receipts.receipt_for("a phone's own key 1"))
    assert "要约好上门的时间" in [line.text for line in story.lines]
    log = world.client("auditor").get(reverse("access_log")).content.decode()
    assert "要约好上门的时间" in log and world.people["secretary"].name in log and NUMBER not in log


def test_the_same_form_again_opens_nothing_and_shows_it_only_within_a_glance(world, reporter):
    """A double tap sees the number; the page reloaded later leads back to the case. Opened anew, it is entered anew."""
    for _tap in range(2):
        assert NUMBER in open_it(world, "secretary", reporter).content.decode()
    assert open_it(world, "secretary", reporter, "换了一个理由").status_code == 302
    with clock.standing_at(clock.now() + timedelta(minutes=2)):
        later = open_it(world, "secretary", reporter)
        assert later.url == reverse("case", args=[reporter.case_id])
        assert "只显示了一次" in later.client.get(later.url).content.decode()
        assert Entry.objects.filter(kind="cases.phone_revealed").count() == 1
        assert NUMBER in open_it(world, "secretary", reporter, key="n" * 22).content.decode()
    assert Entry.objects.filter(kind="cases.phone_revealed").count() == 2


@pytest.mark.parametrize("role", ["member", "sibling_officer", "inspector", "department_handler", "other_county_officer"])
def test_whoever_does_not_work_on_it_does_not_open_it(world, reporter, role):
    assert open_it(world, role, reporter).status_code == 404
    with pytest.raises(Http404):
        actions.reveal_phone(actor=world.user(role), reporter=reporter, reason="curious about it")
    assert not Entry.objects.filter(kind="cases.phone_revealed").exists()


def test_a_reason_is_asked_for(world, reporter):
    assert open_it(world, "secretary", reporter, "tel").status_code == 422
    assert not Entry.objects.filter(kind="cases.phone_revealed").exists()


def test_twenty_a_day_members_and_residents_together(world, reporter, monkeypatch):
    monkeypatch.setattr(actions.phones, "QUOTA", 2)
    officer = world.user("township_officer")
    people.seal_phone(world.people["member"], NUMBER)
    world.people["member"].save()
    people.reveal_phone(actor=officer, person=world.people["member"], reason="he is waited for")
    actions.reveal_phone(actor=officer, reporter=reporter, reason="to agree on a day")
    with pytest.raises(OrganizationError):
        actions.reveal_phone(actor=officer, reporter=reporter, reason="to agree on a day")


def test_the_unit_complained_about_never_opens_it(world, report):
    complaint = report(about=world.branch).reporter
    for role in ("secretary", "member"):
        assert open_it(world, role, complaint).status_code == 404
    assert open_it(world, "township_officer", complaint).status_code == 200


def test_who_gave_none_has_none(world, report):
    silent = report(phone="").reporter
    answer = open_it(world, "township_officer", silent)
    assert answer.status_code == 422 or "1380" not in answer.content.decode()
