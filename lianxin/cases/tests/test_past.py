"""Cases told in bulk are the same as those lived one move at a time."""

from datetime import date, timedelta

import pytest

from lianxin.cases import actions
from lianxin.cases.actions.past import PastCase, PastMove, Telling, tell_cases
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, State
from lianxin.ledger import clock
from lianxin.ledger.models import Entry

BEGAN = clock.instant(date(2026, 3, 2), 9)
"""A Monday."""
IDS = {"reporter", "part", "call_back"}


def at(days, hour=0):
    return BEGAN + timedelta(days=days, hours=hour)


def report(world, sending):
    return actions.Report(
        sending=sending, place=world.village, text="村口的水井不出水", spot="村口", phone="13800001111", source="phone"
    )


def bare(row):
    """A row without its keys, and without what is random."""
    own = {"id", "case_id", "salt", "sealed", "spot", "phone", "receipt", "entry_id", "asked_id", "done_id", "reporter_id"}
    return {name: value for name, value in vars(row).items() if name not in own and not name.startswith("_")}


def fields(entry):
    """What an entry says, but for keys."""
    return {name: value for name, value in entry.data.items() if name not in IDS}


def told(case):
    """Everything that stands about a case."""
    entries = Entry.objects.filter(subject=case.subject).order_by("id")
    return {
        "case": bare(Case.objects.get(pk=case.pk)),
        "reporters": [bare(row) for row in case.reporters.order_by("id")],
        "steps": [(bare(row), row.text, row.reporter_id is None) for row in case.steps.all()],
        "clocks": sorted([bare(row) for row in case.clocks.all()], key=str),
        "parts": [(bare(row), row.asked_id is None, row.done_id is None) for row in case.parts.order_by("id")],
        "calls": [bare(row) for row in case.call_backs.all()],
        "entries": [
            (e.kind, e.unit_id, e.unit_path, e.happened_on, e.recorded_at, e.actor_id, e.quantity, len(e.evidence), fields(e))
            for e in entries
        ],
    }


def lived(world):
    """A case with everything that can be told in bulk, one action at a time."""
    officer, secretary = world.user("township_officer"), world.user("secretary")
    with clock.standing_at(at(0)):
        received = actions.record_case(actor=secretary, unit=world.branch, report=report(world, "lived one by one 1"))
    case = received.reporter.case
    with clock.standing_at(at(1)):
        actions.claim_case(actor=secretary, case=case, unit=world.branch, partners=[world.village])
        second = actions.join_case(case=case, report=actions.Report("lived one by one 2", world.village, "我家也没水")).reporter
    with clock.standing_at(at(1, 2)):
        actions.answer_resident(actor=secretary, case=case, text="明天来人看")
        part = actions.ask_part(actor=secretary, case=case, unit=world.township, text="请派水利员", due_on=date(2026, 3, 6))
    with clock.standing_at(at(2)):
        actions.do_part(actor=officer, part=part, text="看过了")
        actions.do_part(actor=world.user("department_handler"), part=case.parts.get(joint=True), text="挖开了")
    with clock.standing_at(at(3)):
        actions.handle_case(actor=secretary, case=case, text="换了泵")
    with clock.standing_at(at(4)):
        actions.give_verdict(reporter=second, verdict="not", why="还是不出水")
    with clock.standing_at(at(6)):
        actions.handle_case(actor=secretary, case=case, text="又换了管")
    with clock.standing_at(at(7)):
        actions.give_verdict(reporter=received.reporter, verdict="solved", stars=4)
        actions.give_verdict(reporter=second, verdict="solved", stars=5)
    with clock.standing_at(at(8)):
        actions.record_call_back(
            actor=officer, call_back=case.call_backs.get(round=2), reporter=second, verdict="solved", why="水很大"
        )
    return case


def told_in_bulk(world):
    """The same, at once."""
    officer, secretary = world.user("township_officer"), world.user("secretary")
    one = PastCase(report(world, "told all at once 1"))
    telling = Telling(world.user("county_officer"))
    days = [
        [PastMove("record", at(0), secretary, world.branch, text="村口的水井不出水")],
        [
            PastMove("claim", at(1), secretary, world.branch, partners=[world.village]),
            PastMove("join", at(1), text="我家也没水", joins=actions.Report("told all at once 2", world.village, "我家也没水")),
        ],
        [
            PastMove("answer", at(1, 2), secretary, text="明天来人看"),
            PastMove("ask", at(1, 2), secretary, world.township, text="请派水利员", due_on=date(2026, 3, 6)),
        ],
        [
            PastMove("do_part", at(2), officer, world.township, text="看过了"),
            PastMove("do_part", at(2), world.user("department_handler"), world.village, text="挖开了"),
        ],
        [PastMove("handle", at(3), secretary, text="换了泵")],
        [PastMove("answer_no", at(4), resident=1, verdict="not", text="还是不出水")],
        [PastMove("handle", at(6), secretary, text="又换了管")],
        [
            PastMove("answer_yes", at(7), resident=0, verdict="solved", stars=4),
            PastMove("answer_yes", at(7), resident=1, verdict="solved", stars=5),
        ],
        [PastMove("hear_again", at(8), officer, resident=1, text="水很大")],
    ]
    for moves in days:
        with clock.standing_at(moves[0].at):
            telling.tell([(one, move) for move in moves])
    telling.finish()
    return one.case


def test_told_in_bulk_is_the_same_as_lived(world):
    bulk, single = told(told_in_bulk(world)), told(lived(world))
    for what, rows in single.items():
        assert bulk[what] == rows, what


def test_silence_and_lateness_are_the_same(world):
    secretary = world.user("secretary")
    with clock.standing_at(at(0)):
        case = actions.report_case(report=report(world, "lived one by one 3")).reporter.case
    telling, one = Telling(world.user("county_officer")), PastCase(report(world, "told all at once 3"))
    turns = [(PastMove("report", at(0), text="村口的水井不出水"), 0), (None, 4), (None, 5)]
    for move, day in turns:
        with clock.standing_at(at(day)):
            if move:
                telling.tell([(one, move)])
            else:
                actions.turn_all()
            telling.tell(telling.turn(clock.now()))
            if day == 4:
                lead = {"actor": world.user("township_officer"), "lead": world.branch}
                actions.designate_lead(case=case, **lead)
                telling.tell([(one, PastMove("designate", at(day), **lead))])
    for day in (8, 20):
        with clock.standing_at(at(day)):
            actions.turn_all()
            telling.tell(telling.turn(clock.now()))
    with clock.standing_at(at(20)):
        actions.handle_case(actor=secretary, case=case, text="好了")
        telling.tell([(one, PastMove("handle", at(20), secretary, text="好了"))])
    with clock.standing_at(at(60)):
        actions.turn_all()
        telling.tell(telling.turn(clock.now()))
    telling.finish()
    assert told(one.case) == told(case)
    assert told(case)["case"]["state"] == State.PRESUMED


def test_what_the_table_does_not_allow_is_not_told(world):
    moves = [PastMove("report", at(0), text="没水"), PastMove("handle", at(1), text="好了")]
    with pytest.raises(CaseError):
        tell_cases(actor=world.user("county_officer"), told=[PastCase(report(world, "told all at once 4"), moves)])
    assert not Case.objects.exists()
