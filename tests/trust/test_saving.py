"""What is sent to the served house is saved once, whole, or not at all; and people are told which."""

import fcntl
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from tests.crash.kills import FOUND, Phone, sign_in
from tests.crash.life import LEADER, PAGE, PREPARE, form
from tests.house import new_house

pytestmark = pytest.mark.xdist_group("serve")

TAPS = 8


@pytest.fixture(scope="module")
def house():
    with new_house(made=False) as made:
        made.python(PREPARE)
        yield made


@pytest.fixture(scope="module")
def phone(house):
    """The contact leader's, signed in to two workers."""
    with house.serve("--workers", "2") as served:
        yield Phone(served, sign_in(served))


def at_once(phone, forms):
    """Send all of them at the same moment, each over a line of its own; what each was told."""
    ready = Barrier(len(forms))

    def send(said):
        ready.wait(60)
        return phone.ask("POST", PAGE, said)

    with ThreadPoolExecutor(len(forms)) as taps:
        return list(taps.map(send, forms))


def saved(house):
    """The words of every visit; each has one entry and one submission, and the chain holds."""
    counts, *words = house.python(FOUND).splitlines()
    doubled, entries, submissions, broken = map(int, counts.split())
    assert (doubled, entries, submissions, broken) == (0, len(words), len(words), 0)
    return set(words)


def test_one_form_sent_by_several_at_once_is_saved_once_and_each_is_told_so(house, phone):
    for number in range(1, 6):
        assert [status for status, _words in at_once(phone, [form(number)] * TAPS)] == [302] * TAPS
    assert saved(house) >= {form(number)["findings"] for number in range(1, 6)}


def test_of_several_that_say_different_things_under_one_key_one_is_saved_and_shown_to_the_others(house, phone):
    sent = [{**form(100), "findings": f"version {n}"} for n in range(TAPS)]
    told = at_once(phone, sent)
    (winner,) = saved(house) & {said["findings"] for said in sent}
    assert sorted(status for status, _words in told) == [302] + [409] * (TAPS - 1)
    assert all(winner in words for status, words in told if status == 409)


def test_while_the_database_stays_locked_one_is_told_to_send_again_and_it_is_saved_once(house, phone):
    with nobody_can_write(house):
        status, page = phone.ask("POST", PAGE, form(200))
        assert status == 503
        assert "什么都没有保存" in re.sub(r"<[^>]*>", "", page)
        assert phone.ask("GET", "/health/")[0] == 200
        assert phone.ask("GET", PAGE)[0] == 200  # reading goes on
    phone.send(200)
    phone.send(200)
    assert form(200)["findings"] in saved(house)


TWO_TEAMS = """
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from django.db import connections
from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case
from lianxin.accounts.models import User
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit
unit = {unit.code: unit for unit in Unit.objects.all()}
teams = (("secretary", "152221200203-1"), ("clerk", "152221200203-1-1"))

def claim(case, ready, name, code):
    try:
        ready.wait(60)
        actions.claim_case(actor=User.objects.get(username=name), case=case, unit=unit[code])
        return "leads"
    except CaseError as refused:
        return refused.code
    finally:
        connections.close_all()

told, wrong = [], 0
for number in range(6):
    report = actions.Report(f"a key of phone number {number}", unit["152221200203"], "路灯不亮")
    case = actions.report_case(report=report).reporter.case
    ready = Barrier(len(teams))
    with ThreadPoolExecutor(len(teams)) as at_once:
        told.append(sorted(at_once.map(lambda team: claim(case, ready, *team), teams)))
    claimed = Entry.objects.filter(subject=case.subject, kind="cases.claimed")
    wrong += claimed.count() != 1 or claimed.get().unit != Case.objects.get(pk=case.pk).lead
print(json.dumps([told, int(wrong)]))
"""


def test_of_two_teams_that_claim_at_once_one_leads_and_the_other_is_told(house):
    told, wrong = json.loads(house.python(TWO_TEAMS))
    assert told == [["claimed", "leads"]] * 6
    assert wrong == 0


@contextmanager
def nobody_can_write(house):
    if house.database_url:
        with psycopg.connect(house.database_url) as held:
            held.execute("LOCK TABLE ledger_entry IN EXCLUSIVE MODE")
            yield
        return
    with Path(f"{house.database}.queue").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


FULL = f"""
import json
from django.db import connection
from django.test import Client
from lianxin.accounts.models import User
from tests.crash.life import form
client = Client(HTTP_ACCEPT_LANGUAGE="en", raise_request_exception=False)
client.force_login(User.objects.get(username={LEADER!r}), backend="lianxin.accounts.backends.AccountBackend")

def ask(question):
    with connection.cursor() as cursor:
        return cursor.execute(question).fetchone()[0]

def send(number):
    answer = client.post({PAGE!r}, {{**form(number), "findings": f"visit {{number}} " + "x" * 900}})
    return answer.status_code, answer.content.decode()

def saved():
    return [ask(f"SELECT count(*) FROM {{t}}") for t in ("liaison_visitversion", "ledger_submission")]

ask(f"PRAGMA max_page_count={{ask('PRAGMA page_count') + 8}}")
for number in range(300, 400):
    before = saved()
    status, words = send(number)
    if status != 302:
        break
full = saved()
reading = client.get({PAGE!r}).status_code
ask("PRAGMA max_page_count=1000000")
again = send(number)[0]
print(json.dumps(dict(status=status, words=words, before=before, full=full, reading=reading, again=again, after=saved())))
"""


@pytest.mark.sqlite
def test_on_a_full_disk_nothing_is_half_done_and_with_room_the_same_form_is_saved(house):
    found = json.loads(house.python(FULL))
    assert found["status"] == 507
    assert "The disk is full" in found["words"]
    assert "Nothing was saved." in found["words"]
    assert found["full"] == found["before"]
    assert (found["reading"], found["again"]) == (200, 302)
    assert found["after"] == [count + 1 for count in found["full"]]
    assert "the chain is whole" in house.run("verify").stderr
