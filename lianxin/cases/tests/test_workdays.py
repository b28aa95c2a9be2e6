"""The year of working days, and the days a county sets itself."""

from datetime import date

import pytest

from lianxin.cases.actions import Report, claim_case, report_case
from lianxin.cases.models import LocalDay
from lianxin.cases.tiers import Span
from lianxin.cases.workdays import due_after, known_years
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from tests.forms import fill

NAADAM = date(2026, 7, 8)


@pytest.fixture(autouse=True)
def early_in_june():
    with clock.standing_at(clock.instant(date(2026, 6, 1), 10)):
        yield


@pytest.fixture
def send(world):
    """Fill in the form of a day and send it."""

    def send(who="county_officer", **said):
        client = world.client(who)
        return client.post("/workdays/set/", fill(client, "/workdays/set/", **said))

    return send


def entries():
    return list(Entry.objects.filter(kind="cases.day_set").order_by("id"))


def test_the_year_names_holidays_and_make_up_days(world):
    page = world.client("member").get("/workdays/?year=2026").content.decode()
    assert "国庆节" in page
    assert "2026年10月10日" in page  # a Saturday that works
    assert 'href="/workdays/set/' not in page
    assert "暂定" not in page


def test_a_year_not_announced_yet_is_said_to_be_provisional(world):
    with clock.standing_at(clock.instant(date(known_years()[1], 12, 1), 10)):
        page = world.client("member").get(f"/workdays/?year={known_years()[1] + 1}").content.decode()
    assert "暂定" in page
    assert f"{known_years()[0]} 至 {known_years()[1]}" in page


@pytest.mark.parametrize("year", ["1066", "9999", "二〇二六", "", "20260"])
def test_a_year_that_makes_no_sense_shows_this_one(world, year):
    assert "2026 年工作日" in world.client("member").get("/workdays/", {"year": year}).content.decode()


def test_a_day_the_county_sets_is_one_entry_and_clocks_follow_it(world, send):
    due = due_after(clock.instant(date(2026, 7, 7), 10), Span(days=1), world.county)
    send(day="2026-07-08", works="no", name="那达慕")
    [entry] = entries()
    assert (entry.unit, entry.data) == (world.county, {"day": "2026-07-08", "works": False, "own": True})
    later = due_after(clock.instant(date(2026, 7, 7), 10), Span(days=1), world.county)
    assert [clock.local_date(one.at) for one in (due, later)] == [date(2026, 7, 8), date(2026, 7, 9)]
    assert due_after(clock.instant(date(2026, 7, 7), 10), Span(days=1), world.other_county) == due
    assert "那达慕" in world.client("member").get("/workdays/?year=2026").content.decode()


def test_clocks_that_run_already_keep_their_due_day(world, send):
    told = Report(sending="a phone's own key 1", place=world.village, text="村口的水井不出水")
    with clock.standing_at(clock.instant(date(2026, 6, 1), 9)):
        case = report_case(report=told).reporter.case
        claim_case(actor=world.user("secretary"), case=case, unit=world.branch)
    before = set(case.clocks.values_list("name", "due_at"))
    send(day="2026-06-03", works="no", name="停工")
    assert set(case.clocks.values_list("name", "due_at")) == before


def test_a_day_goes_back_to_the_countrys_calendar_with_a_reason(world, send):
    send(day="2026-07-08", works="no", name="那达慕")
    assert send(day="2026-07-08", works="country").status_code == 422
    assert send(day="2026-07-08", works="country", reason="改期").status_code == 302
    assert not LocalDay.objects.exists()
    assert [entry.data["own"] for entry in entries()] == [True, False]
    assert entries()[-1].data["works"] is True


def test_a_day_is_changed_where_it_stands(world, send):
    send(day="2026-07-08", works="no", name="那达慕")
    page = world.client("county_officer").get("/workdays/set/?day=2026-07-08")
    assert (page.context["form"]["name"].value(), page.context["form"]["works"].value()) == ("那达慕", "no")
    send(day="2026-07-08", works="yes", name="调休上班")
    assert list(LocalDay.objects.values_list("day", "works", "name")) == [(NAADAM, True, "调休上班")]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"day": "2026-05-31", "works": "no", "name": "昨天"}, "day"),
        ({"day": "2036-05-31", "works": "no", "name": "太远"}, "day"),
        ({"day": "2026-13-01", "works": "no", "name": "没有这天"}, "day"),
        ({"day": "2026-07-08", "works": "no"}, "name"),
        ({"day": "2026-07-08", "works": "yes", "name": "本来就上班"}, "works"),
        ({"day": "2026-10-01", "works": "no", "name": "本来就放假"}, "works"),
        ({"day": "2026-07-08", "works": "country", "reason": "没有设过"}, "works"),
        ({"day": "2026-07-08", "works": "no", "name": "那" * 61}, "name"),
        ({"day": "2026-07-08", "works": "maybe", "name": "那达慕"}, "works"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_saved(world, send, said, field):
    refused = send(**said)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert (entries(), LocalDay.objects.count()) == ([], 0)


def test_in_a_year_not_announced_yet_the_county_may_say_what_would_be_guessed(world, send):
    day = date(known_years()[1] + 1, 3, 1)
    with clock.standing_at(clock.instant(date(known_years()[1], 12, 1), 10)):
        send(day=day.isoformat(), works="yes" if day.weekday() < 5 else "no", name="照常")
    assert LocalDay.objects.filter(day=day).exists()


def test_another_countys_days_are_not_ones_own(world, send):
    send("other_county_officer", day="2026-07-08", works="no", name="海勃湾的日子")
    assert LocalDay.objects.get().county == world.other_county
    assert "海勃湾的日子" not in world.client("county_officer").get("/workdays/?county=150302").content.decode()
