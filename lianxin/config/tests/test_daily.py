"""What the clock brings while the house is served: figures ready, closed books sealed, one mail whoever sends it."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail

from lianxin.accounts.models import User
from lianxin.config import daily
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.schemes.actions import seed_library
from tests.house import ROOT

SIX, SEVEN = 6, 7


@pytest.fixture(autouse=True)
def served():
    """All this happens beside requests: the server holds its folder meanwhile."""
    with settings.FOLDER.in_use():
        yield


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


def test_the_first_page_of_the_day_finds_its_figures_ready(reader, world, monkeypatch):
    assert daily.prepare(None) == clock.today()

    def compile_nothing(*_: object) -> None:
        raise AssertionError("a page had to wait for a statement to be compiled")

    monkeypatch.setattr("lianxin.schemes.engines._stored", compile_nothing)
    for page in ("/desk/", "/board/", f"/units/{world.branch.code}/", f"/units/{world.branch.code}/standings/contact-131/"):
        assert world.client("secretary" if page == "/desk/" else "county_officer").get(page).status_code == 200


def test_after_midnight_the_new_day_is_made_ready(reader):
    today = clock.today()
    assert daily.prepare(today - timedelta(days=1)) == today


def test_what_has_closed_is_sealed_once_by_whichever_worker_is_first(reader, world, monkeypatch):
    def sealed():
        return Entry.objects.filter(kind="schemes.sealed").count()

    assert daily.seal(None) == clock.today()
    assert sealed() == 0, "no book has closed since the schemes were published"
    monkeypatch.setenv(clock.FIXED_DAY, clock.today().replace(year=clock.today().year + 1, month=12, day=1).isoformat())
    with daily.alone():
        assert daily.seal(None) is None, "another worker is at it"
    assert daily.seal(None) == clock.today()
    found = sealed()
    assert found > 0
    assert daily.seal(None) == clock.today(), "a worker that was replaced in the meantime"
    assert sealed() == found


def test_two_processes_at_once_send_one_mail(house):
    house.python(
        """
from datetime import date
from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
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
