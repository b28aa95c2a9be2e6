"""Phones are sealed and masked; opening one needs a reason, and the person and the auditor see who did."""

import pytest
from django.test import Client

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import people
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Person
from lianxin.organizations.tests.test_invitations import prove_now
from tests.access.bodies import bare

PHONE = "13804791234"
REASON = "通知明天的会议改期"
KEY = "k" * 22


@pytest.fixture
def batu(world) -> Person:
    person = world.people["secretary"]
    people.seal_phone(person, PHONE)
    person.save()
    return person


def fresh(world, name: str) -> Client:
    client = world.client(name)
    prove_now(client)
    return client


def test_a_phone_is_not_in_the_database_and_found_again_without_opening_it(batu):
    batu.refresh_from_db()
    assert PHONE.encode() not in bytes(batu.sealed_phone) and PHONE not in str(vars(batu))
    assert people.masked_phone(batu) == "138****1234"
    assert Person.objects.get(phone_index=people.phone_index("+86 138-0479-1234")) == batu


@pytest.mark.parametrize("typed", ["138 0479 1234", "+8613804791234", "１３８０４７９１２３４", "138-0479-1234"])
def test_a_phone_is_understood_as_people_write_it(typed):
    assert people.clean_phone(typed) == PHONE


@pytest.mark.parametrize("typed", ["", "12345", "1380479123x", "3.2e17", "=1+1", "9" * 500])
def test_what_is_no_phone_is_refused(typed):
    with pytest.raises(OrganizationError):
        people.clean_phone(typed)


def test_a_seal_opens_for_its_own_person_only(world, batu):
    other = world.people["clerk"]
    other.sealed_phone = batu.sealed_phone
    assert people.masked_phone(other) == "****"


def test_the_same_number_is_sealed_differently_each_time(batu):
    assert people.sealed(PHONE, batu.code).phone != people.sealed(PHONE, batu.code).phone


def test_opening_a_phone_needs_a_reason_and_leaves_a_trace_the_person_reads(world, batu):
    officer = fresh(world, "township_officer")
    address = f"/people/{batu.pk}/phone/"
    assert PHONE not in officer.get(address).content.decode()
    refused = officer.post(address, {"reason": "x", "submission": KEY})
    assert refused.status_code == 422 and PHONE not in refused.content.decode()
    assert not Entry.objects.filter(kind="organizations.phone_revealed").exists()

    opened = officer.post(address, {"reason": REASON, "submission": KEY})
    assert PHONE in opened.content.decode()
    [entry] = Entry.objects.filter(kind="organizations.phone_revealed")
    assert (entry.unit, entry.actor, entry.data) == (world.branch, world.user("township_officer"), {"person": batu.pk})

    mine = world.client("secretary").get("/account/my-data/").content.decode()
    assert "华镇" in mine and REASON in mine and "138****1234" in mine
    log = world.client("auditor").get("/access-log/").content.decode()
    assert "华镇" in log and REASON in log and "138****1234" not in log


@pytest.mark.parametrize("name", ["sibling_officer", "other_county_officer", "secretary", "member", "auditor", "administrator"])
def test_who_may_not_open_it_finds_nothing(world, batu, name):
    client = fresh(world, name)
    absent = client.post("/people/999999/phone/", {"reason": REASON, "submission": KEY})
    forbidden = client.post(f"/people/{batu.pk}/phone/", {"reason": REASON, "submission": KEY})
    assert (forbidden.status_code, bare(forbidden)) == (404, bare(absent))
    assert not Entry.objects.filter(kind="organizations.phone_revealed").exists()


def test_a_transferred_persons_phone_is_out_of_reach_at_once(world, batu):
    officer = fresh(world, "township_officer")
    batu.posts.update(until=clock.today())
    batu.memberships.update(until=clock.today())
    assert officer.get(f"/people/{batu.pk}/phone/").status_code == 404


def test_twenty_a_day_and_no_more(world, batu, monkeypatch):
    monkeypatch.setattr(people, "QUOTA", 2)
    officer = fresh(world, "township_officer")
    for key in ("a", "b"):
        assert PHONE in officer.post(f"/people/{batu.pk}/phone/", {"reason": REASON, "submission": key * 22}).content.decode()
    refused = officer.post(f"/people/{batu.pk}/phone/", {"reason": REASON, "submission": KEY})
    assert refused.status_code == 422 and PHONE not in refused.content.decode()
    assert Entry.objects.filter(kind="organizations.phone_revealed").count() == 2


def test_opening_needs_a_fresh_proof(world, batu):
    response = world.client("township_officer").post(f"/people/{batu.pk}/phone/", {"reason": REASON, "submission": KEY})
    assert response.status_code == 302 and response.url.startswith("/sign-in/again/")


def test_other_keys_do_not_open_it(batu, settings):
    settings.KEYS = {**settings.KEYS, "person": "00" * 32}
    assert people.masked_phone(batu) == "****"


def test_the_auditor_of_one_county_reads_nothing_of_the_other(world):
    other = world.people["other_secretary"]
    people.seal_phone(other, PHONE)
    other.save()
    fresh(world, "other_county_officer").post(f"/people/{other.pk}/phone/", {"reason": REASON, "submission": KEY})
    assert Entry.objects.filter(kind="organizations.phone_revealed").exists()
    assert REASON not in world.client("auditor").get("/access-log/").content.decode()
