"""Tallies of cases: at every moment what a plain count of the cases comes to, wherever the mark stands."""

from collections import Counter
from datetime import date, datetime, timedelta

from lianxin.cases import actions, tally
from lianxin.cases.models import OPEN_STATES, TO_CLAIM, Case, Item, Tally
from lianxin.cases.queries.reach import in_sight
from lianxin.config import daily, verify
from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Unit

START = datetime(2026, 2, 20, 1)
YEAR, EDGES = (date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 2, 21), date(2026, 3, 12))
MOST = (date(2026, 2, 13), date(2026, 3, 10))  # of both months more than half, with cases on the days that are left out
LOOKS = (
    ("152221", MOST, ""),
    ("152221", YEAR, ""),
    ("152221200", EDGES, ""),
    ("152221200", YEAR, ""),
    ("152221200203", YEAR, "152221200"),
    ("150302", EDGES, "152221200"),
)
"""Unit, days, what complains about which is not seen."""


def plain(unit, since, until, hidden):
    """The same, case by case."""
    found = {"state": Counter(), "part": Counter(), "lead": Counter(), "item": Counter()}
    sums, months = Counter(), Counter()
    now = clock.now()
    for case in Case.objects.filter(in_sight(), reported_on__range=(since, until)).select_related("place"):
        if not case.place.path.startswith(unit.path) or case.about_id in hidden:
            continue
        months[case.reported_on.replace(day=1)] += 1
        found["state"][case.state] += 1
        found["part"][case.place.path[len(unit.path) :][:7]] += 1
        found["lead"].update([str(case.lead_id)] if case.lead_id else [])
        found["item"].update([str(case.item_id)] if case.item_id else [])
        counted = case.state in (*OPEN_STATES, "handled", "solved", "presumed")
        sums.update(reported=1, open=case.state in OPEN_STATES, solved=case.state == "solved")
        for name, done in (("respond", "answered"), ("handle", "handled")) if counted and case.state not in TO_CLAIM else ():
            clocks = list(case.clocks.filter(name=name, round=1))
            ran_out = [one for one in clocks if not one.stopped_at and not one.paused_at and one.due_at < now]
            late = ran_out or [one for one in clocks if one.stopped_at and one.stopped_at > one.due_at]
            sums[done] += bool(ran_out or [one for one in clocks if one.stopped_at])
            sums[f"{done}_late"] += bool(late)
        stars = [one.stars for one in case.reporters.exclude(stars=None)]
        if counted and stars and (case.round == 1 or case.state == "solved"):
            sums.update(said=1, satisfied=min(stars) >= 4, voices=len(stars), stars=sum(stars))
        sums["sent_back"] += counted and case.round > 1 and case.state != "solved"
    return found, dict(months), {name: sums[name] for name in tally.COUNTS}


def agrees():
    """Whether what is read of the tallies is what a plain count comes to: whole months and parts of them, seeing all and not."""
    units = {unit.code: unit for unit in Unit.objects.all()}
    for code, (since, until), about in LOOKS:
        hidden = [units[about].pk] if about else []
        read = tally.figures_of(units[code], since, until, hidden)
        found, months, sums = plain(units[code], since, until, hidden)
        by = {name: {key: count.reported for key, count in groups.items()} for name, groups in read.by.items()}
        assert {name: groups for name, groups in by.items() if groups} == {name: dict(it) for name, it in found.items() if it}
        assert {month: count.reported for month, count in read.months.items()} == months
        assert vars(read.all) == sums, (code, since)
    return True


def test_whatever_happens_the_tallies_are_what_a_plain_count_comes_to(world, report):
    secretary, officer = world.user("secretary"), world.user("township_officer")
    items = [Item.objects.create(key=key, level=1, title=key) for key in ("water", "road")]
    life = clock.standing_at
    day = timedelta(days=1)

    def case_of(received):
        return received.reporter.case

    with life(START):
        first, second, third = report(text="路灯不亮"), report(text="井不出水", item=items[0]), report()
        report(text="乱收费", about=world.township)
        actions.claim_case(actor=secretary, case=case_of(first), unit=world.branch)
        assert agrees()
        tally.count_new(at_once=3)
        assert agrees()
        actions.answer_resident(actor=secretary, case=case_of(first), text="明天来")
        actions.sort_case(actor=officer, case=case_of(third), item=items[1])
        assert agrees()
        batch = Batch.objects.create(sheet="cases", file_hash="", actor=officer, created_at=clock.now())
        row = actions.Report("a row of a workbook", world.village, "多年前的事", source="import")
        told = [actions.PastCase(row, [actions.PastMove("report", START - 9 * day, text="多年前的事")])]
        actions.tell_cases(actor=officer, told=told, batch=batch)
        tally.count_new()
        assert agrees()
        Batch.objects.update(visible=True)
        assert agrees()
        tally.count_new()
    with life(START + 5 * day):
        actions.turn_all()
        actions.handle_case(actor=secretary, case=case_of(first), text="亮了")
        actions.withdraw_report(reporter=second.reporter)
        assert agrees()
    with life(START + 20 * day):
        actions.give_verdict(reporter=first.reporter, verdict="solved", stars=4)
        actions.designate_lead(actor=officer, case=case_of(third), lead=world.branch)
        report(place=world.township)
        assert agrees()
        tally.count_new()
        actions.reopen_case(reporter=first.reporter, text="又不亮了")
        assert agrees()
    with life(START + 60 * day):  # clocks run out while nobody does anything
        assert agrees()
        tally.count_new()
        assert agrees()
        elsewhere = Unit.objects.get(code="150302001")
        reason = "区划调整"
        organizations.move_unit(
            actor=world.user("administrator"), unit=world.township, to=elsewhere, day=clock.today(), reason=reason
        )
        assert agrees()
        tally.count_new()
        assert agrees()
    assert list(tally.wrong_tallies()) == []
    kept = set(Tally.objects.exclude(reported=0).values_list("unit", "month", "kind", "key", *tally.COUNTS))
    tally.count_anew()
    assert set(Tally.objects.values_list("unit", "month", "kind", "key", *tally.COUNTS)) == kept


def test_verify_names_a_tally_that_is_not_what_the_cases_come_to(world, report):
    case = report().reporter.case
    daily.turn(clock.today())
    assert not list(verify._tallies())
    Tally.objects.filter(unit=world.county, kind="state", month__day=1).update(reported=7)
    [found] = verify._tallies()
    assert str(world.county.pk) in found.place
    assert (found.found, found.expected) == ("reported 7", "reported 1")
    tally.count_anew()
    Case.objects.filter(pk=case.pk).update(state="solved")  # behind the product's back: no step tells of it
    [found] = verify._tallies()
    assert found.place == f"cases_counted {case.pk}"
    assert (found.found, found.expected) == ("state unclaimed", "state solved")
