"""An answer “of a resident” from the network of those who did the work: it counts, and is asked about."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.urls import reverse
from time_machine import travel

from lianxin.accounts.models import UsedNetwork
from lianxin.accounts.networks import network_of, subnet_of
from lianxin.cases import actions
from lianxin.cases.actions.verdicts import networks_of
from lianxin.cases.models import State
from lianxin.ledger import clock
from lianxin.ledger.models import Entry


def network(address):
    return network_of(RequestFactory(REMOTE_ADDR=address).get("/"))


def signs_in(world, role, address):
    user = world.user(role)
    user.set_password("a long enough password")
    user.save()
    answer = world.client(REMOTE_ADDR=address).post(reverse("sign_in"), {"username": role, "password": "a long enough password"})
    assert answer.status_code == 302


@pytest.fixture
def handled(world):
    report = actions.Report(sending="a phone's own key 1", place=world.village, text="水井不出水")
    reporter = actions.report_case(report=report).reporter
    actions.claim_case(actor=world.user("secretary"), case=reporter.case, unit=world.branch)
    actions.handle_case(actor=world.user("secretary"), case=reporter.case, text="好了")
    reporter.case.call_backs.all().delete()
    reporter.refresh_from_db()
    return reporter


@pytest.mark.parametrize("role", ["secretary", "member"])
def test_an_answer_from_the_handlers_own_network_is_asked_about(world, handled, role):
    signs_in(world, role, "203.0.113.7")
    actions.give_verdict(reporter=handled, verdict="solved", network=network("203.0.113.7"))
    handled.case.refresh_from_db()
    assert (handled.case.state, handled.case.flagged) == (State.SOLVED, True)
    assert handled.case.call_backs.get().why == "flagged"
    assert Entry.objects.get(kind="cases.solved").data["flag"] == "network"


def test_an_answer_from_anywhere_else_is_not(world, handled):
    signs_in(world, "secretary", "203.0.113.7")
    signs_in(world, "sibling_secretary", "203.0.113.8")
    actions.give_verdict(reporter=handled, verdict="solved", network=network("203.0.113.8"))
    assert not handled.case.call_backs.exists() and "flag" not in Entry.objects.get(kind="cases.solved").data


def test_no_address_is_kept_and_a_digest_for_thirty_days(world, handled):
    signs_in(world, "secretary", "203.0.113.7")
    kept = UsedNetwork.objects.get()
    assert "203" not in kept.network and len(kept.network) == 64
    assert networks_of(world.branch) == {network("203.0.113.7")}
    with travel(clock.now() + timedelta(days=31)):
        assert networks_of(world.branch) == set()
        signs_in(world, "head", "203.0.113.9")
    assert [each.user for each in UsedNetwork.objects.all()] == [world.user("head")]


def test_a_phone_whose_address_changes_daily_is_known_again():
    def request(address):
        return RequestFactory(REMOTE_ADDR=address).get("/")

    assert network("2001:db8:1:2:a::1") == network("2001:db8:1:2:b::2") != network("2001:db8:1:3::1")
    assert subnet_of(request("203.0.113.7")) == subnet_of(request("203.0.113.200")) != subnet_of(request("198.51.100.7"))
    assert network("::ffff:203.0.113.7") == network("203.0.113.7")
