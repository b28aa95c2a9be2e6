"""A name and a phone that a resident gave are followed through the whole house: where they do not belong, they never turn up."""

import json

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.urls import reverse

from lianxin.cases import actions
from lianxin.config.backup import applied_migrations, kept_models, table_lines
from lianxin.config.folder import Folder
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.reminders.actions import send_daily

NAME, PHONE = "欧阳秋燕", "13900007777"


@pytest.fixture
def told(world, tmp_path, monkeypatch, caplog):
    """A complaint about the branch, and a case the branch leads; both name somebody, in each of their words."""
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))
    caplog.set_level("DEBUG")
    said = {"place": world.village, "text": f"{NAME}家停水", "spot": f"{NAME}家门口", "phone": PHONE}
    led = actions.report_case(report=actions.Report(sending="a key 1234567890123", **said)).reporter
    actions.report_case(report=actions.Report(sending="a key 1234567890124", **said, about=world.branch))
    actions.claim_case(actor=world.user("secretary"), case=led.case, unit=world.branch)
    actions.reveal_phone(actor=world.user("secretary"), reporter=led, reason="to agree on a day")
    actions.handle_case(actor=world.user("secretary"), case=led.case, text=f"给{NAME}家修好了")
    actions.give_verdict(reporter=led, verdict="solved", why=f"{NAME}说好")
    return led


def clean(text):
    return NAME not in text and PHONE not in text


def test_neither_stands_in_the_ledger(told):
    entries = Entry.objects.filter(kind__startswith="cases.")
    assert entries.count() > 4
    assert clean(json.dumps([*entries.values("subject", "data", "evidence", "kind")], ensure_ascii=False))


def test_neither_stands_open_in_the_database_or_its_backup(told):
    """Every row of every table, as a backup writes them: what a thief of the file reads."""
    for model in kept_models(connection, applied_migrations(connection)):
        assert all(clean(line.decode()) for line in table_lines(model, "default")), model._meta.db_table


def test_neither_stands_in_a_log_or_a_mail(world, told, caplog):
    world.user("secretary").email = "batu@example.org"
    send_daily(clock.today())
    assert clean(caplog.text) and all(clean(f"{sent.subject}{sent.body}") for sent in mail.outbox)


PAGES = ["desk", "board", "brief", "cases", "case_pool", "changes", "access_log", "visits", "problems", "tree"]


@pytest.mark.parametrize(
    "role", ["sibling_officer", "other_county_officer", "auditor", "administrator", "contact_leader", "head"]
)
def test_neither_stands_on_a_page_of_who_has_no_right_to_it(world, told, role):
    client = world.client(role)
    addresses = [reverse(name) for name in PAGES]
    addresses += [reverse(name, args=[code]) for name in ("unit", "history") for code in ("152221200203", "152221200203-1")]
    addresses += [reverse("case", args=[told.case_id]), f"{reverse('cases')}?words={NAME}"]
    assert all(clean(client.get(address).content.decode()) for address in addresses)


def test_who_works_on_it_reads_the_words_and_never_the_whole_phone(world, told):
    page = world.client("secretary").get(reverse("case", args=[told.case_id])).content.decode()
    assert NAME in page and PHONE not in page


def test_neither_stands_in_a_list_that_is_taken_out(world, told):
    client = world.client("county_officer")
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    for name in ("export_people", "export_history"):
        answer = client.post(reverse(name, args=["152221200203-1"]), {"reason": "for the archive", "form": "csv"})
        assert clean((b"".join(answer) if answer.streaming else answer.content).decode(errors="replace"))
