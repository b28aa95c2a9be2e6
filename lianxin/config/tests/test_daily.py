"""The daily mail while the house is served: from seven o'clock, by one worker at a time, one mail whoever sends it."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.core import mail

from lianxin.accounts.models import User
from lianxin.config import daily
from lianxin.ledger import clock
from lianxin.schemes.actions import seed_library
from tests.house import ROOT

SIX, SEVEN = 6, 7


@pytest.fixture
def reader(world, monkeypatch):
    """A secretary who owes something and has given an address."""
    seed_library(actor=world.user("county_officer"), unit=world.county)
    monkeypatch.setattr("lianxin.reminders.letter.worth_a_mail", lambda items, today: list(items))
    User.objects.filter(pk=world.user("secretary").pk).update(email="batu@example.org")


def at(hour: int) -> datetime:
    """Tomorrow: whatever the hour of this test, its world is recorded by then."""
    return clock.instant(clock.today() + timedelta(days=1), hour)


def test_nothing_is_sent_in_the_night_and_one_mail_from_seven_on(reader):
    with clock.standing_at(at(SIX)):
        assert daily.look(None) is None
        assert mail.outbox == []
    with clock.standing_at(at(SEVEN)):
        assert daily.look(None) == clock.today()
        assert daily.look(clock.today()) == clock.today()
        assert daily.look(None) == clock.today(), "a worker that was replaced in the meantime"
    assert len(mail.outbox) == 1


def test_while_one_worker_is_at_it_the_others_leave_it_alone(reader):
    with clock.standing_at(at(SEVEN)), daily.alone() as mine:
        assert mine
        assert daily.look(None) is None
    assert mail.outbox == []


def test_two_processes_at_once_send_one_mail(house):
    house.python(
        """
from datetime import date
from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations import actions
from lianxin.organizations.models import Unit
from lianxin.schemes.actions import seed_library
user = User.objects.create_user("batu", created_at=clock.now(), email="batu@example.org")
seed_library(actor=user)
county = Unit.objects.get(code="152221")
opened = county.opened_on
new = [actions.NewUnit("152221-9", "某支部", "branch", county, opened)]
[branch] = actions.found_units(actor=user, units=new)
actions.set_fact(actor=user, unit=branch, key="founded_on", value=opened, since=opened)
actions.set_fact(actor=user, unit=branch, key="term_years", value=3, since=opened)
new = [actions.NewPerson("P1", "巴图", branch, opened, 1980, "rural", "secretary")]
[person] = actions.register_people(actor=user, people=new)
person.user = user
person.save()
"""
    )
    command = [sys.executable, "-m", "lianxin", "remind"]
    senders = [
        subprocess.Popen(command, cwd=ROOT, env=house.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = "".join(sender.communicate()[0] for sender in senders)
    assert [sender.returncode for sender in senders] == [0, 0]
    assert said.count("To: batu@example.org") == 1
