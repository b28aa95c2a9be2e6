"""How long things may take: working days with make-up days, holidays and the county's own days; clocks that pause and go on."""

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxin.cases import actions, workdays
from lianxin.cases.models import CaseClock, ClockName, State
from lianxin.cases.tiers import Span
from lianxin.cases.workdays import due_after, due_after_pause, known_years, working_days_between
from lianxin.ledger import clock
from lianxin.ledger.models import Entry


@pytest.fixture
def own_days(monkeypatch):
    """The county's own days, as the test says: `own_days[day] = works`."""
    days = {}
    monkeypatch.setattr(workdays, "local_days", lambda county: days)
    return days


def due(start, span, hour=10):
    """The local day on which `span` after that morning ends."""
    found = due_after(clock.instant(date.fromisoformat(start), hour), span, None)
    assert found.at == clock.end_of(clock.local_date(found.at))
    return clock.local_date(found.at).isoformat(), found.provisional


# --- the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-16", 2, "2026-09-18"),
        ("2026-09-18", 1, "2026-09-20"),  # a Sunday that works, for the National Day holiday
        ("2026-09-24", 1, "2026-09-28"),  # Mid-autumn Festival is a Friday
        ("2026-09-30", 1, "2026-10-08"),  # the whole holiday between
        ("2026-09-30", 3, "2026-10-10"),  # a Saturday that works
        ("2026-09-30", 7, "2026-10-15"),
        ("2026-10-03", 1, "2026-10-08"),  # begun on a holiday
        ("2026-10-10", 1, "2026-10-12"),
    ],
)
def test_across_the_national_day_holiday_and_its_make_up_days(own_days, start, days, end):
    assert due(start, Span(days=days)) == (end, False)


def test_a_countys_own_days_go_before_the_countrys(own_days):
    own_days[date(2026, 10, 9)] = False  # 那达慕
    own_days[date(2026, 10, 11)] = True
    assert due("2026-10-08", Span(days=1)) == ("2026-10-10", False)
    assert due("2026-10-08", Span(days=2)) == ("2026-10-11", False)
    assert working_days_between(date(2026, 10, 8), date(2026, 10, 12), None) == 3


def test_years_not_announced_yet_are_monday_to_friday_and_marked(own_days):
    last = known_years()[1]
    assert due(f"{last}-12-28", Span(days=2), 10)[1] is False
    first_friday = next(day for day in (date(last + 1, 5, n) for n in range(4, 11)) if day.weekday() == 4)
    assert due(first_friday.isoformat(), Span(days=1)) == ((first_friday + timedelta(days=3)).isoformat(), True)


def test_what_reaches_into_such_a_year_is_marked_unless_the_county_said_what_its_days_are(own_days):
    last = known_years()[1]
    year_end = date(last, 12, 31)
    assert due(year_end.isoformat(), Span(days=1))[1] is True
    own_days.update({date(last + 1, 1, 1): False, date(last + 1, 1, 2): True})
    assert due(year_end.isoformat(), Span(days=1)) == (f"{last + 1}-01-02", False)


def test_hours_run_round_the_clock(own_days):
    start = clock.instant(date(2026, 9, 30), 23)
    assert due_after(start, Span(hours=24), None) == workdays.Due(start + timedelta(hours=24), False)


def test_the_day_is_the_local_one_on_both_sides_of_midnight(own_days):
    """Half past eleven in the evening and half past midnight are the same day in UTC."""
    evening, night = datetime(2026, 9, 15, 15, 30), datetime(2026, 9, 15, 16, 30)
    assert clock.local_date(due_after(evening, Span(days=1), None).at) == date(2026, 9, 16)
    assert clock.local_date(due_after(night, Span(days=1), None).at) == date(2026, 9, 17)


KNOWN = (date(2024, 1, 1), date(2026, 12, 31))


def works_slowly(day, own):
    """From the announcements themselves, one day at a time."""
    if day in own:
        return own[day]
    if day in chinese_calendar.constants.workdays:
        return True
    return day.weekday() < 5 and day not in chinese_calendar.constants.holidays


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(
    start=st.dates(*KNOWN),
    days=st.integers(1, 30),
    own=st.dictionaries(st.dates(*KNOWN), st.booleans(), max_size=40),
)
def test_due_days_are_those_one_would_count_by_hand(start, days, own):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workdays, "local_days", lambda county: own)
        counted, day = 0, start
        while counted < days:
            day += timedelta(days=1)
            counted += works_slowly(day, own) if day.year <= known_years()[1] else own.get(day, day.weekday() < 5)
        found = due_after(clock.instant(start, 12), Span(days=days), None)
        assert clock.local_date(found.at) == day
        assert working_days_between(start, day, None) == days
        passed = [start + timedelta(number) for number in range(1, (day - start).days + 1)]
        assert found.provisional == any(one.year > known_years()[1] and one not in own for one in passed)


# --- pauses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "paused", "resumed", "then"),
    [
        ("2026-09-18", "2026-09-15", "2026-09-15", "2026-09-18"),  # resumed on the same day: nothing gained
        ("2026-09-18", "2026-09-15", "2026-09-17", "2026-09-21"),  # three days were left: Friday, the Sunday that works, Monday
        ("2026-09-18", "2026-09-18", "2026-09-22", "2026-09-22"),  # paused on its last day: that day is left
        ("2026-09-18", "2026-09-18", "2026-10-03", "2026-10-08"),  # … and is a working day
        ("2026-09-30", "2026-09-29", "2026-10-08", "2026-10-09"),
        ("2026-09-18", "2026-09-19", "2026-09-25", "2026-09-18"),  # had run out before the pause
    ],
)
def test_what_was_left_at_the_pause_is_left_afterwards(own_days, due_on, paused, resumed, then):
    at = clock.end_of(date.fromisoformat(due_on))
    began, goes_on = (clock.instant(date.fromisoformat(day), 10) for day in (paused, resumed))
    assert clock.local_date(due_after_pause(at, began, goes_on, None).at) == date.fromisoformat(then)


def test_hours_go_on_by_the_hour(own_days):
    at = datetime(2026, 9, 30, 4)
    after = due_after_pause(at, datetime(2026, 9, 30, 1), datetime(2026, 10, 2, 1), None)
    assert after.at == datetime(2026, 10, 2, 4)


# --- the clocks of a case --------------------------------------------------------------------------------------------


def on(day, hour=10):
    return clock.standing_at(clock.instant(date.fromisoformat(day), hour))


@pytest.fixture
def led(world):
    """An ordinary case, reported and claimed by the branch on 16 September 2026."""
    with on("2026-09-16"):
        told = actions.Report(sending="a phone's own key 1", place=world.village, text="村口的水井不出水")
        case = actions.report_case(report=told).reporter.case
        actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    return case


def running(case, name=ClockName.HANDLE):
    return CaseClock.objects.get(case=case, name=name, stopped_at=None)


def due_day(case, name=ClockName.HANDLE):
    return clock.local_date(running(case, name).due_at).isoformat()


def last_entry(case, kind):
    return Entry.objects.filter(subject=case.subject, kind=f"cases.{kind}").last()


def test_handling_is_due_after_seven_working_days_and_the_entry_says_so(led):
    assert due_day(led) == "2026-09-24"  # with the Sunday that works
    assert last_entry(led, "claimed").data["clock"] == "handle"
    assert last_entry(led, "claimed").data["due"] == running(led).due_at.isoformat(timespec="minutes")


def test_a_pause_moves_the_due_day_and_the_entry_says_where_to(world, led):
    secretary = world.user("secretary")
    with on("2026-09-18"):
        actions.pause_case(actor=secretary, case=led, text="等配件", until=date(2026, 10, 8))
    led.refresh_from_db()
    assert led.clock == ClockName.RESPOND  # handling stands still; the first answer does not
    with on("2026-10-08"):
        actions.resume_case(actor=secretary, case=led)
    assert due_day(led) == "2026-10-14"  # five were left: 9, 10 (a Saturday that works), 12, 13, 14
    assert last_entry(led, "resumed").data["due"] == running(led).due_at.isoformat(timespec="minutes")


def test_while_it_is_paused_it_does_not_run_out(world, led):
    with on("2026-09-18"):
        actions.answer_resident(actor=world.user("secretary"), case=led, text="已联系水利站")
        actions.pause_case(actor=world.user("secretary"), case=led, text="等配件", until=date(2026, 10, 12))
    with on("2026-10-09"):
        actions.turn_all()
    assert last_entry(led, "clock_ran_out") is None
    with on("2026-10-12"):
        actions.turn_all()  # the pause ends by itself
    led.refresh_from_db()
    assert (led.state, due_day(led)) == (State.LED, "2026-10-19")


def test_more_time_is_added_in_working_days(world, led):
    with on("2026-09-17"):
        wanted = actions.ask_extension(actor=world.user("secretary"), case=led, days=3, reason="要等施工队")
        actions.decide_extension(actor=world.user("township_officer"), extension=wanted, granted=True)
    assert due_day(led) == "2026-09-30"  # Friday to Sunday are Mid-autumn Festival
    assert last_entry(led, "extended").data["due"] == running(led).due_at.isoformat(timespec="minutes")


def test_time_that_was_refused_changes_nothing(world, led):
    with on("2026-09-17"):
        wanted = actions.ask_extension(actor=world.user("secretary"), case=led, days=3, reason="要等施工队")
        actions.decide_extension(actor=world.user("township_officer"), extension=wanted, granted=False, reason="来得及")
    assert due_day(led) == "2026-09-24"
    assert "due" not in last_entry(led, "extended").data


def test_given_to_another_lead_its_clocks_run_on_as_theirs(world, led):
    with on("2026-09-18"):
        actions.transfer_lead(actor=world.user("township_officer"), case=led, lead=world.village, reason="井归嘎查管")
    assert (running(led).unit, due_day(led)) == (world.village, "2026-09-24")


def test_lateness_is_entered_once_at_the_unit_whose_time_it_was(world, led):
    for day in ("2026-09-25", "2026-09-26", "2026-09-28"):
        with on(day):
            actions.turn_all()
    late = Entry.objects.filter(subject=led.subject, kind="cases.clock_ran_out")
    assert [(entry.unit, entry.data["clock"]) for entry in late.order_by("id")] == [
        (world.branch, "respond"),
        (world.branch, "handle"),
    ]


def test_more_time_after_it_ran_out_counts_from_the_old_day_and_only_what_is_late_anew_is_entered_anew(world, led):
    with on("2026-09-30"):
        actions.turn_all()
        late = actions.ask_extension(actor=world.user("secretary"), case=led, days=1, reason="材料晚到")
        actions.decide_extension(actor=world.user("township_officer"), extension=late, granted=True)
        actions.turn_all()
    assert due_day(led) == "2026-09-28"
    assert Entry.objects.filter(subject=led.subject, kind="cases.clock_ran_out", data__clock="handle").count() == 1


def test_a_danger_has_hours_and_handled_after_a_no_has_the_shorter_clock(world):
    with on("2026-09-30", 20):
        told = actions.Report(sending="a phone's own key 2", place=world.village, text="燃气泄漏", tier="danger")
        received = actions.report_case(report=told)
        case = received.reporter.case
        assert case.due_at == clock.now() + timedelta(hours=2)
        actions.claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
        assert running(case).due_at == clock.now() + timedelta(hours=24)
        actions.handle_case(actor=world.user("secretary"), case=case, text="已关阀")
        actions.give_verdict(reporter=received.reporter, verdict="not", why="还有气味")
        assert running(case).due_at == clock.now() + timedelta(hours=12)
