"""Random walks through the life of a case: whatever people and time do, the promises of workflow.py hold."""

from datetime import datetime, timedelta
from random import Random

from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import FINAL_STATES, Case, State
from lianxin.cases.tests.conftest import NUMBERS
from lianxin.cases.workflow import MOVES
from lianxin.ledger import clock
from lianxin.ledger.models import Entry

START = datetime(2026, 3, 2, 1)
KINDS = {move.name: {each.kind for each in MOVES if each.name == move.name} for move in MOVES}


class Walk:
    """One case, and what can be done to it."""

    def __init__(self, world):
        self.world, self.now = world, START
        with clock.standing_at(self.now):
            told = actions.Report(f"key of walk {next(NUMBERS)}", world.village, "路灯不亮", phone="13800001111")
            self.reporter = actions.report_case(report=told).reporter
        self.reporters = [self.reporter]

    @property
    def case(self):
        return Case.objects.get(pk=self.reporter.case_id)

    def by(self, name):
        return self.world.user(name)

    def wait(self, days=12):
        self.now += timedelta(days=days)
        with clock.standing_at(self.now):
            actions.turn_all()

    def join(self):
        said = actions.Report(f"key of walk {next(NUMBERS)}", self.world.village, "我家门口也不亮")
        self.reporters.append(actions.join_case(case=self.case, report=said).reporter)

    def part(self):
        part = self.case.parts.filter(done=None, called_off=None).first()
        if part is None:
            raise CaseError("part_over")
        return part

    def extension(self):
        asked = self.case.extensions.waiting().first()
        if asked is None:
            raise CaseError("extension_decided")
        return asked

    def call_back(self):
        drawn = self.case.call_backs.filter(done=None).first()
        if drawn is None:
            raise CaseError("called_back")
        return drawn

    def someone(self, chance):
        return chance.choice(self.reporters)


OFFICE, LEAD = "township_officer", "secretary"
STEPS = {
    "claim": lambda w, c: actions.claim_case(actor=w.by(LEAD), case=w.case, unit=w.world.branch),
    "claim together": lambda w, c: actions.claim_case(
        actor=w.by("clerk"), case=w.case, unit=w.world.branch, partners=[w.world.village]
    ),
    "designate": lambda w, c: actions.designate_lead(actor=w.by(OFFICE), case=w.case, lead=w.world.branch),
    "return": lambda w, c: actions.return_case(actor=w.by(LEAD), case=w.case, reason="不归我们"),
    "decide": lambda w, c: actions.decide_lead(
        actor=w.by(c.choice((OFFICE, "county_officer"))), case=w.case, lead=w.world.branch, reason="还是支部"
    ),
    "transfer": lambda w, c: actions.transfer_lead(
        actor=w.by(OFFICE), case=w.case, lead=c.choice((w.world.branch, w.world.township)), reason="改派"
    ),
    "plan": lambda w, c: actions.plan_case(actor=w.by(LEAD), case=w.case, text="换灯"),
    "answer": lambda w, c: actions.answer_resident(actor=w.by(LEAD), case=w.case, text="明天来"),
    "ask": lambda w, c: actions.ask_part(
        actor=w.by(LEAD), case=w.case, unit=w.world.village, text="借梯子", due_on=clock.today()
    ),
    "do part": lambda w, c: actions.do_part(actor=w.by("department_handler"), part=w.part(), text="借了"),
    "leave group": lambda w, c: actions.leave_group(actor=w.by("department_handler"), part=w.part(), reason="人手不够"),
    "call off": lambda w, c: actions.call_off_part(actor=w.by(LEAD), part=w.part(), reason="不用了"),
    "pause": lambda w, c: actions.pause_case(actor=w.by(LEAD), case=w.case, text="等灯", until=clock.today() + timedelta(days=5)),
    "resume": lambda w, c: actions.resume_case(actor=w.by(LEAD), case=w.case),
    "ask time": lambda w, c: actions.ask_extension(actor=w.by(LEAD), case=w.case, days=3, reason="等灯"),
    "give time": lambda w, c: actions.decide_extension(
        actor=w.by("county_officer"), extension=w.extension(), granted=c.random() < 0.5, reason="看过"
    ),
    "handle": lambda w, c: actions.handle_case(actor=w.by(c.choice((LEAD, LEAD, OFFICE))), case=w.case, text="亮了"),
    "yes": lambda w, c: actions.give_verdict(reporter=w.someone(c), verdict="solved", stars=5),
    "no": lambda w, c: actions.give_verdict(reporter=w.someone(c), verdict=c.choice(("not", "partly")), why="还是不亮"),
    "call back": lambda w, c: actions.record_call_back(
        actor=w.by("county_officer"), call_back=w.call_back(), reporter=w.someone(c), verdict=c.choice(("solved", "not"))
    ),
    "reopen": lambda w, c: actions.reopen_case(reporter=w.someone(c), text="又不亮了"),
    "withdraw": lambda w, c: actions.withdraw_report(reporter=w.someone(c)),
    "note": lambda w, c: actions.add_note(reporter=w.someone(c), text="请快些"),
    "join": lambda w, c: w.join(),
    "wait": lambda w, c: w.wait(c.choice((1, 12, 40))),
}
LIKELY = {
    State.UNCLAIMED: ("claim", "claim", "claim together", "designate", "join", "wait"),
    State.DISPATCH: ("claim", "designate"),
    State.LED: (
        *("plan", "answer", "ask", "do part", "leave group", "call off", "pause", "return", "transfer", "ask time", "give time"),
        *("handle", "handle", "handle", "join", "wait"),
    ),
    State.CONTESTED: ("decide", "do part", "note"),
    State.PAUSED: ("resume", "do part", "give time", "wait"),
    State.HANDLED: ("yes", "yes", "no", "call back", "wait", "join"),
    State.SOLVED: ("reopen", "call back"),
    State.PRESUMED: ("reopen", "call back"),
}
"""What mostly follows; one step in four is anything at all."""


def entries(case):
    return Entry.objects.filter(subject=case.subject).count()


def held_against_the_promises(walk):
    """After a step that was made."""
    case, last = walk.case, walk.case.steps.select_related("entry").last()
    assert case.state == last.state
    assert last.entry.kind in KINDS[last.move]
    steps = case.steps.count()
    late = Entry.objects.filter(subject=case.subject, kind="cases.clock_ran_out").count()
    assert entries(case) == steps + late, "each step has exactly one entry, and nothing else but lateness is entered"
    if case.state == State.SOLVED:
        said = case.reporters.filter(left_at=None, verdict="solved")
        assert said.exists(), "only a resident says solved"
        assert not case.reporters.filter(left_at=None, verdict__in=("not", "partly")).exists()
        assert last.move in ("answer_yes", "hear_yes", "hear_again", "hear_nobody", "fall_silent")
    if case.state == State.HANDLED:
        assert not case.parts.filter(done=None, called_off=None).exists()
    assert (case.ended_at is not None) == (case.state in FINAL_STATES)
    running = set(case.clocks.filter(stopped_at=None).values_list("name", flat=True))
    assert ("verdict" in running) == (case.state == State.HANDLED)
    assert ("claim" in running) == (case.state in (State.UNCLAIMED, State.DISPATCH))
    assert ("handle" in running) == (case.state in (State.LED, State.CONTESTED, State.PAUSED))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_whatever_people_and_time_do(world, seed):
    walk, chance = Walk(world), Random(seed)
    for _step in range(20):
        before, entered = walk.case.state, entries(walk.case)
        likely = LIKELY.get(State(before), ())
        name = chance.choice(likely if likely and chance.random() < 0.75 else list(STEPS))
        walk.now += timedelta(minutes=7)
        try:
            with clock.standing_at(walk.now):
                STEPS[name](walk, chance)
        except (CaseError, Http404):
            assert (walk.case.state, entries(walk.case)) == (before, entered), f"{name} was refused, but did something"
            continue
        held_against_the_promises(walk)
