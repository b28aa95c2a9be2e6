"""Reminders: a private calendar that can be closed, and at most one mail a day."""

import re
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from django.core import mail
from django.utils import translation

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations import actions as organizations
from lianxin.reminders import actions
from lianxin.reminders.commands import remind
from lianxin.reminders.letter import months_before, worth_a_mail
from lianxin.reminders.models import Mail
from lianxin.reminders.notices import Due
from lianxin.schemes import actions as schemes
from tests.access.bodies import bare


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
    days = re.findall(r"DTSTART;VALUE=DATE:(\d{8})", text)
    assert days and len(days) == text.count("BEGIN:VEVENT") == text.count("DTEND;VALUE=DATE:")
    assert len(set(re.findall(r"UID:(\S+)", text))) == len(days), "each thing has a name of its own, which calendars know it by"
    assert not any(person.name in text for person in world.people.values())


def test_a_closed_calendar_looks_like_one_that_never_was(world, in_force):
    address = calendar(world)
    world.client("secretary").post("/reminders/", {"do": "revoke"})
    closed, never = world.client().get(address), world.client().get("/calendar/" + "a" * 32 + ".ics")
    assert closed.status_code == never.status_code == 404
    assert bare(closed) == bare(never)


def test_a_calendar_says_the_same_today_and_tomorrow_about_what_stayed_the_same(world, in_force):
    address = calendar(world)
    names = [re.findall(r"UID:(\S+)", world.client().get(address).content.decode()) for _ in range(2)]
    assert names[0] == names[1]


def test_what_is_done_leaves_the_calendar(world, in_force):
    address = calendar(world)
    before = world.client().get(address).content.decode().count("BEGIN:VEVENT")
    organizations.hold_election(
        actor=world.user("county_officer"),
        unit=world.branch,
        day=clock.today(),
        elected=[(world.people["secretary"], "secretary")],
    )
    assert world.client().get(address).content.decode().count("BEGIN:VEVENT") == before - 1


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


# --- the daily mail -----------------------------------------------------------------------------------------------------


@pytest.fixture
def every_day(monkeypatch):
    """Every day is worth a mail, so that a test may run on any."""
    monkeypatch.setattr("lianxin.reminders.letter.worth_a_mail", lambda items, today: list(items))


def test_a_person_says_where_the_mail_goes_and_may_take_the_address_back(world, in_force, every_day):
    client = world.client("secretary", headers={"accept-language": "en"})
    assert actions.send_daily() == 0
    client.post("/reminders/", {"do": "mail", "address": "batu@example.org"})
    assert "batu@example.org" in client.get("/reminders/").content.decode()
    assert actions.send_daily() == 1
    client.post("/reminders/", {"do": "mail", "address": ""})
    assert User.objects.get(pk=world.user("secretary").pk).email == ""
    assert "You get no mail." in client.get("/reminders/").content.decode()


def test_a_wrong_address_is_said_and_kept_to_be_mended(world):
    client = world.client("secretary", headers={"accept-language": "en"})
    answer = client.post("/reminders/", {"do": "mail", "address": "batu at example"})
    assert answer.status_code == 422
    assert "batu at example" in answer.content.decode()
    assert User.objects.get(pk=world.user("secretary").pk).email == ""


def test_one_mail_a_day_however_often_it_is_sent(world, in_force, reachable, every_day):
    assert actions.send_daily() == 1
    assert actions.send_daily() == 0
    [sent] = mail.outbox
    assert sent.to == ["batu@example.org"]
    assert "特门嘎查党支部" in sent.body
    assert "/desk/" in sent.body


def test_the_next_day_brings_the_next_mail(world, in_force, reachable, every_day):
    today = clock.today()
    assert actions.send_daily(today) == 1
    assert actions.send_daily(today + timedelta(days=1)) == 1


def test_the_command_says_how_many_went_out(world, in_force, reachable, every_day):
    with translation.override("en"):
        assert "1 mail sent." in CliRunner().invoke(remind).output
        assert "Nothing to send." in CliRunner().invoke(remind).output


def test_who_writes_a_mail_second_or_sends_it_second_does_nothing(world, in_force, reachable, every_day):
    """Two processes that both looked before either wrote, and both found the same mail waiting."""
    day = clock.today()
    [reader] = actions._readers(day)
    actions._write(reader, day)
    actions._write(reader, day)
    [waiting] = Mail.objects.filter(day=day)
    assert [actions._send(waiting), actions._send(waiting)] == [1, 0]
    assert len(mail.outbox) == 1


def test_a_mail_whose_sender_died_is_sent_by_the_next_after_ten_minutes(world, in_force, reachable, every_day):
    day = clock.today()
    [reader] = actions._readers(day)
    actions._write(reader, day)
    Mail.objects.update(taken_at=clock.now())
    assert actions.send_daily() == 0
    Mail.objects.update(taken_at=clock.now() - timedelta(minutes=11))
    assert actions.send_daily(written=True) == 1


def test_a_sent_mails_words_are_not_kept(world, in_force, reachable, every_day):
    actions.send_daily()
    assert Mail.objects.get().text == ""


def test_a_mail_names_no_person(world, in_force, reachable, every_day):
    actions.send_daily()
    [sent] = mail.outbox
    assert not any(person.name in sent.body + sent.subject for person in world.people.values())


def test_nothing_is_sent_where_nothing_is_due(world, reachable):
    assert actions.send_daily() == 0
    assert mail.outbox == []


def test_whoever_wants_no_mail_gets_none(world, in_force, reachable, every_day):
    world.client("secretary").post("/reminders/", {"do": "no-mail"})
    assert actions.send_daily() == 0
    world.client("secretary").post("/reminders/", {"do": "mail", "address": "batu@example.org"})
    assert actions.send_daily() == 1


def test_a_closed_account_gets_no_mail(world, in_force, reachable, every_day):
    User.objects.filter(pk=world.user("secretary").pk).update(is_active=False)
    assert actions.send_daily() == 0


def test_a_mail_that_could_not_be_sent_is_tried_again(world, in_force, reachable, every_day, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
        assert actions.send_daily() == 0
    assert actions.send_daily() == 1


@pytest.mark.parametrize(("days", "worth"), [(-3, True), (0, True), (14, True), (15, False), (30, True), (45, False), (60, True)])
def test_what_is_near_or_overdue_is_worth_a_mail_and_what_is_far_off_on_its_days_of_notice_only(days, worth):
    today = date(2026, 6, 10)
    item = Due("a.key", "1", "甲", "words", today + timedelta(days=days), "pending", "/")
    assert bool(worth_a_mail([item], today)) == worth


def test_months_before_stay_within_the_month():
    day = clock.today().replace(year=2026, month=8, day=31)
    assert months_before(day, 6).isoformat() == "2026-02-28"
    assert months_before(day, 1).isoformat() == "2026-07-31"
