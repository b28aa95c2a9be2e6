"""A case from the phone to “solved”."""

import pytest
from django.http import Http404

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import State
from lianxin.ledger.models import Entry


def report(world, sending="a phone's own key 1", **said):
    wanted = {"place": world.village, "text": "村口的水井不出水", "phone": "13800001111", **said}
    return actions.report_case(report=actions.Report(sending=sending, **wanted))


@pytest.fixture
def received(world):
    return report(world)


@pytest.fixture
def case(received):
    return received.reporter.case


def kinds(case):
    return list(Entry.objects.filter(subject=case.subject).order_by("id").values_list("kind", flat=True))


def test_from_report_to_solved(world, received, case):
    secretary = world.user("secretary")
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    actions.handle_case(actor=secretary, case=case, text="换了水泵，已经出水")
    case.refresh_from_db()
    assert case.state == State.HANDLED
    actions.give_verdict(reporter=received.reporter, verdict="solved", stars=5)
    case.refresh_from_db()
    assert case.state == State.SOLVED
    assert kinds(case) == ["cases.reported", "cases.claimed", "cases.handled", "cases.solved"]


def test_a_no_begins_again(world, received, case):
    secretary = world.user("secretary")
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    actions.handle_case(actor=secretary, case=case, text="换了水泵")
    actions.give_verdict(reporter=received.reporter, verdict="not", why="还是没有水")
    case.refresh_from_db()
    assert (case.state, case.round, case.lead) == (State.LED, 2, world.branch)
    with pytest.raises(CaseError):
        actions.give_verdict(reporter=received.reporter, verdict="solved")


def test_the_same_report_again_is_the_same(world, received):
    again = report(world)
    assert (again.reporter, again.receipt, again.again, again.changed) == (received.reporter, received.receipt, True, False)


def test_two_who_claim_at_once_one_comes_second(world, case):
    actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    with pytest.raises(CaseError):
        actions.claim_case(actor=world.user("clerk"), case=case, unit=world.group)


def test_nobody_claims_what_is_far_away(world, case):
    with pytest.raises(Http404):
        actions.claim_case(actor=world.user("sibling_secretary"), case=case, unit=world.sibling_branch)


def test_nobody_claims_for_a_unit_that_is_not_theirs(world, case):
    with pytest.raises(Http404):
        actions.claim_case(actor=world.user("sibling_secretary"), case=case, unit=world.branch)


def test_not_before_every_part_is_done(world, case):
    secretary = world.user("secretary")
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    part = actions.ask_part(actor=secretary, case=case, unit=world.village, text="请水利员来看", due_on=case.reported_on)
    with pytest.raises(CaseError, match="特门嘎查"):
        actions.handle_case(actor=secretary, case=case, text="好了")
    actions.do_part(actor=world.user("department_handler"), part=part, text="看过了，泵坏了")
    actions.handle_case(actor=secretary, case=case, text="换了泵")
