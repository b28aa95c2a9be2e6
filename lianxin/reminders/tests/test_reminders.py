"""Reminders: a private calendar that can be closed, and at most one mail a day."""

import re

import pytest
from django.core import mail

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.reminders import actions
from lianxin.reminders.letter import months_before
from lianxin.schemes import actions as schemes


@pytest.fixture
def in_force(world):
    schemes.seed_library(actor=world.user("county_officer"), unit=world.county)


@pytest.fixture
def reachable(world):
    User.objects.filter(pk=world.user("secretary").pk).update(email="batu@example.org", language="en")


def calendar(world, name="secretary"):
    """Open that person's calendar; its address."""
    client = world.client(name, headers={"accept-language": "en"})
    client.post("/reminders/", {"do": "open"})
    return re.search(r"/calendar/[a-z2-7]{32}\.ics", client.get("/reminders/").content.decode()).group(0)


def test_a_phone_subscribes_without_signing_in_and_reads_only_what_its_owner_owes(world, in_force):
    response = world.client().get(calendar(world))
    text = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in text
    assert "特门嘎查党支部" in text.replace("\r\n ", "")
    assert "碧桂园" not in text
    assert not any(person.name in text for person in world.people.values())


def test_a_closed_calendar_looks_like_one_that_never_was(world, in_force):
    address = calendar(world)
    world.client("secretary").post("/reminders/", {"do": "revoke"})
    assert world.client().get(address).status_code == 404
    assert world.client().get("/calendar/" + "a" * 32 + ".ics").status_code == 404


def test_a_new_address_ends_the_old_one(world, in_force):
    old = calendar(world)
    new = calendar(world)
    assert old != new
    assert world.client().get(old).status_code == 404
    assert world.client().get(new).status_code == 200


def test_a_closed_account_closes_its_calendar(world, in_force):
    address = calendar(world)
    User.objects.filter(pk=world.user("secretary").pk).update(is_active=False)
    assert world.client().get(address).status_code == 404


def test_one_mail_a_day_however_often_it_is_sent(world, in_force, reachable, monkeypatch):
    monkeypatch.setattr("lianxin.reminders.letter.worth_a_mail", lambda items, today: list(items))
    assert actions.send_daily() == 1
    assert actions.send_daily() == 0
    [sent] = mail.outbox
    assert sent.to == ["batu@example.org"]
    assert "特门嘎查党支部" in sent.body
    assert "/desk/" in sent.body


def test_nothing_is_sent_where_nothing_is_due(world, reachable):
    assert actions.send_daily() == 0
    assert mail.outbox == []


def test_whoever_wants_no_mail_gets_none(world, in_force, reachable, monkeypatch):
    monkeypatch.setattr("lianxin.reminders.letter.worth_a_mail", lambda items, today: list(items))
    world.client("secretary").post("/reminders/", {"do": "no-mail"})
    assert actions.send_daily() == 0
    world.client("secretary").post("/reminders/", {"do": "mail"})
    assert actions.send_daily() == 1


def test_a_mail_that_could_not_be_sent_is_tried_again(world, in_force, reachable, monkeypatch):
    monkeypatch.setattr("lianxin.reminders.letter.worth_a_mail", lambda items, today: list(items))
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
        assert actions.send_daily() == 0
    assert actions.send_daily() == 1


def test_months_before_stay_within_the_month():
    day = clock.today().replace(year=2026, month=8, day=31)
    assert months_before(day, 6).isoformat() == "2026-02-28"
    assert months_before(day, 1).isoformat() == "2026-07-31"
