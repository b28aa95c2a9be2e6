"""What time does to cases, minute by minute."""

from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest

from lianxin.cases import actions
from lianxin.cases.actions import timers
from lianxin.cases.models import Case, State
from lianxin.config import daily
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import actions as organizations

MONDAY = datetime(2026, 3, 2, 1)
"""Nine o'clock in Asia/Shanghai."""


@contextmanager
def after(days=0.0):
    with clock.standing_at(MONDAY + timedelta(days=days)):
        yield


@pytest.fixture
def case(report):
    with after():
        return report().reporter.case


@pytest.fixture
def led(world, case):
    with after():
        actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    case.refresh_from_db()
    return case


def at(case, days):
    """The state after so many days, and what the minute then entered."""
    before = Entry.objects.latest("pk").pk
    with after(days):
        actions.turn_all()
    entered = Entry.objects.filter(subject=case.subject, pk__gt=before).order_by("pk").values_list("kind", flat=True)
    return Case.objects.get(pk=case.pk).state, [kind.removeprefix("cases.") for kind in entered]


def test_what_nobody_claims_goes_to_dispatch_and_can_still_be_claimed(world, case):
    assert at(case, 1) == (State.UNCLAIMED, [])
    assert at(case, 3) == (State.DISPATCH, ["sent_to_dispatch"])
    assert at(case, 30) == (State.DISPATCH, [])
    with after(30):
        actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)


def test_lateness_is_entered_once_on_the_timeline_of_whose_time_it_was(world, led):
    assert at(led, 3) == (State.LED, ["clock_ran_out"])
    assert at(led, 4) == (State.LED, [])
    assert at(led, 30) == (State.LED, ["clock_ran_out"])
    late = Entry.objects.filter(subject=led.subject, kind="cases.clock_ran_out").order_by("pk")
    assert [(entry.unit, entry.data["clock"]) for entry in late] == [(world.branch, "respond"), (world.branch, "handle")]


def test_a_pause_ends_by_itself(world, led):
    with after():
        actions.pause_case(actor=world.user("secretary"), case=led, text="等配件", until=date(2026, 3, 12))
    assert at(led, 9)[0] == State.PAUSED
    assert at(led, 10) == (State.LED, ["resumed"])


def test_silence_closes_and_never_counts_as_solved(world, led):
    with after():
        actions.handle_case(actor=world.user("secretary"), case=led, text="修好了")
    assert at(led, 5) == (State.HANDLED, [])
    assert at(led, 30) == (State.PRESUMED, ["presumed"])
    assert not Entry.objects.filter(kind="cases.solved").exists()


def test_a_case_whose_unit_was_closed_goes_back_to_those_above(world, led):
    with after(1):
        for unit in (world.group, world.branch):
            organizations.close_unit(actor=world.user("county_officer"), unit=unit, day=date(2026, 3, 3), reason="撤销")
    assert at(led, 1.1) == (State.DISPATCH, ["orphaned"])
    case = Case.objects.get(pk=led.pk)
    assert case.lead is None
    with after(1.2):
        actions.designate_lead(actor=world.user("township_officer"), case=case, lead=world.village)


def test_what_fails_keeps_nothing_else_from_being_done(world, report, monkeypatch):
    with after():
        first, second = (report().reporter.case for _ in range(2))
    run_out = timers.run_out

    def fails_once(*, pk):
        if pk == first.clocks.get().pk:
            raise RuntimeError("broken")
        return run_out(pk=pk)

    monkeypatch.setattr(timers, "run_out", fails_once)
    assert at(second, 5)[0] == State.DISPATCH
    assert Case.objects.get(pk=first.pk).state == State.UNCLAIMED


def test_the_served_house_turns_the_clock_each_minute_one_worker_at_a_time(case):
    with after(5):
        with daily.alone() as mine:
            assert mine
            daily.turn(None)
            assert Case.objects.get(pk=case.pk).state == State.UNCLAIMED, "another worker is at it"
        daily.turn(None)
    assert Case.objects.get(pk=case.pk).state == State.DISPATCH
