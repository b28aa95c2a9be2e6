"""Two years of residents' problems: who reported what, who took it up, and what the residents said of it.

The story reacts to itself: each slot of a day asks every case what comes next, given where it stands by then. It is told through
the bulk door of cases, held against the same table of moves as a single one; strange cases are lived one action at a time
(cases_strange.py). The page's figures come out of it: 9,500 problems claimed, 1,200 of them joint work, 40,000 person-times.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import yaml

from lianxin.accounts.models import User
from lianxin.cases.actions import PastCase, PastMove, Report, Telling
from lianxin.cases.models import LED_STATES, OPEN_STATES, Item, Source, State
from lianxin.cases.routing import routing
from lianxin.cases.tiers import tiers
from lianxin.cases.workdays import works
from lianxin.cases.workflow import SERVICES
from lianxin.demo.places import MAIN
from lianxin.ledger import clock
from lianxin.organizations.models import Unit, UnitKind

CLAIMED, JOINT, SERVED = 9500, 1200, 40250
"""The page: claimed problems 9,500, coordinated work 1,200, person-times “more than 40,000”."""
SLOTS = ((9, 10), (11, 40), (14, 50), (17, 20))
"""Times of day at which things happen; what else the county writes down is written between the last two."""
SEASONS = (1.45, 1.2, 1.05, 0.85, 0.8, 0.95, 1.15, 1.05, 0.8, 1.15, 1.35, 1.5)
"""How much is reported in each month: winters are hard, and July brings rain."""
COLD, WET = ("heat.heating", "heat.fuel", "roads.surface.snow"), ("water.drains", "farming.livestock.fodder")

VILLAGE_SPOTS = [
    "村东头", "村西头", "村口", "卫生室旁边", "小学门口", "文化广场", "井房旁边", "后街", "前街第三排", "桥头", "北屯",
    "南屯", "打谷场边上", "防护林边上", "河套边", "公交站点",
]  # fmt: skip
TOWN_SPOTS = [
    "1号楼2单元", "3号楼楼前", "5号楼4单元", "小区东门", "小区北门", "地下车库入口", "物业门口", "幼儿园门口", "12号楼楼道",
    "便民市场西侧", "健身广场", "平房区第二排",
]  # fmt: skip
ANSWERS = [
    "您反映的问题已收到，由我们办理，明天到现场查看。", "已安排专人负责，三天内给您答复进展。", "已到现场看过，正在联系施工。",
    "我们先核实情况，有结果马上告诉您。", "此事由我们牵头，已约好有关部门一起看。", "您放心，我们盯到底，办完请您来评。",
]  # fmt: skip
PLANS = [
    "问题：设施老化。计划：先抢修，再列入更换。措施：专人负责，三天回头看。",
    "问题：责任不清。计划：三方到现场划定。措施：签字确认，张榜公示。",
    "问题：经费不足。计划：村集体出一部分，争取一部分。措施：入户征求意见。",
    "问题：反映集中。计划：一并解决同类问题。措施：组织党员分片包干。",
]
ASKS = ["请派技术人员到现场看一下。", "请协助提供材料和车辆。", "请协调施工队进场。", "请一起入户做工作。"]
PARTS = ["已派人到现场，问题查清。", "材料已送到，人手已安排。", "施工已完成，移交牵头单位。", "已一起入户，住户同意。"]
JOINS = ["我家也是这样。", "我们这排都一样，请一起解决。", "同样的问题，已经好几天了。", "我也反映过，请尽快。", ""]
NOTES = ["今天还是老样子，麻烦催一下。", "补充一下，旁边那家也受影响。", "有人来看过了，还没动工。"]
NOES = ["没修好，过了一天又坏了。", "只弄了一半就走了。", "答复说好了，其实没人来。", "还是老样子。"]
YESES = ["修好了，谢谢。", "解决了，挺快。", "满意。", "来的人很负责。", "", "", ""]
AGAIN = ["又到现场返工，这次请住户一起验收。", "更换了配件，观察两天没有再出现。", "已全部补齐，请住户签字确认。"]
REOPENS = ["过了几天又出现同样的问题。", "当时好了，下雨以后又坏了。"]
WITHDRAWS = ["自己已经处理好了。", "邻居帮忙解决了，不麻烦了。", "报错地方了。"]
CALLS = ["电话回访：住户说确实解决了。", "回访：用着正常，比较满意。"]
NOBODY = ["打了三次电话无人接听。", "号码已停机。"]

Then = Callable[[], Sequence[PastMove]]
"""What comes next, asked when its time has come: the moves that are made then, none where nothing comes of it."""


@cache
def texts() -> dict[str, dict[str, list[str]]]:
    """What is reported and answered, by the key of the item."""
    file = Path(__file__).with_name("data") / "case_texts.yaml"
    loaded: dict[str, dict[str, list[str]]] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)  # nosec B506  # a safe loader, in C
    return loaded


@dataclass
class Leads:
    """Who may lead what where, and in whose name they act."""

    branches: dict[str, list[Unit]]
    """By the code of a village or community."""
    teams: dict[str, list[Unit]]
    townships: dict[str, Unit]
    """By the first nine digits of a code, as teams."""
    named: list[Unit]
    """Departments and enterprises."""
    actors: dict[int, User]
    office: User


@dataclass
class CasesLife:
    """The telling of two years of cases."""

    start: date
    last: date
    """The last day told in bulk."""
    places: Sequence[Unit]
    leads: Leads
    claims: int
    """How many problems are to be claimed by the end."""
    telling: Telling
    rng: random.Random = field(default_factory=lambda: random.Random(9500))  # nosec B311  # a story, the same each time
    joint: int = JOINT
    served: int = 0
    led: Counter[int] = field(default_factory=Counter)
    agenda: list[tuple[int, int, PastCase, Then]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)
    waiting: dict[int, PastCase] = field(default_factory=dict)
    """Nobody leads them yet."""
    to_ask: set[int] = field(default_factory=set)
    """Joint work of which the others are asked soon."""

    def __post_init__(self) -> None:
        rng = self.rng
        self.items = {item.key: item for item in Item.objects.filter(key__in=texts())}
        self.weights = [rng.paretovariate(1.1) * (2.5 if place.kind == UnitKind.COMMUNITY else 1) for place in self.places]
        self.zeal = {place.code: rng.choice((0.0, 0.05, 0.5, 0.8, 0.95)) for place in self.places}
        """How much of what is reported there its own branch takes up; some leave it all to others."""
        common = {key: rng.uniform(0.3, 2.5) for key in self.items}
        self.matters = [[common[key] * in_season(key, month) for key in self.items] for month in range(1, 13)]
        days = [self.start + timedelta(days=number) for number in range((self.last - self.start).days + 1)]
        shares = [SEASONS[day.month - 1] * (0.75 if day.weekday() > 4 else 1) * rng.uniform(0.55, 1.5) for day in days]
        most = self.claims * 1.004 + 45
        self.arriving = {day: most * share / sum(shares) for day, share in zip(days, shares, strict=True)}
        self.owed = 0.0

    # --- the course of a day ------------------------------------------------------------------------------------------------

    def live(self, day: date, slot: int) -> None:
        """What happens in one slot of a day; the clock stands there."""
        if day > self.last:
            return
        now = self._number(day, slot)
        turned = self.telling.turn(clock.now())
        moves = [*turned, *self._arrivals(day, slot)]
        busy = {id(one) for one, _move in moves}
        while self.agenda and self.agenda[0][0] <= now:
            _due, _order, one, then = heapq.heappop(self.agenda)
            if id(one) in busy:  # one thing at a time
                self._later(one, now + 1, then)
                continue
            made = then()
            moves += [(one, move) for move in made]
            busy |= {id(one)} if made else set()
        if (day, slot) == (self.last, len(SLOTS) - 1):
            moves += self._last_evening(busy)
        before = {id(one): one.case.lead for one, _move in moves if hasattr(one, "case")}
        drawn = self.telling.tell(moves)
        for one, move in moves:
            self._follow(one, move, before.get(id(one)))
        for one in drawn:
            self._in(one, 3, 9, lambda one=one, drawn=one.call_back: self._call(one, drawn))  # type: ignore[misc]

    def finish(self) -> None:
        """Every case as it stands on the last day."""
        self.telling.finish()

    def _number(self, day: date, slot: int) -> int:
        return day.toordinal() * len(SLOTS) + slot

    def _later(self, one: PastCase, number: int, then: Then) -> None:
        heapq.heappush(self.agenda, (number, next(self.order), one, then))

    def _in(self, one: PastCase, least: float, most: float, then: Then, *, office: bool = True) -> None:
        """Some days from now; offices on a working day."""
        wait = self.rng.uniform(least, most) * len(SLOTS)
        number = self._number(clock.today(), self._slot()) + max(1, round(wait))
        day = date.fromordinal(number // len(SLOTS))
        while office and not works(day):
            number, day = number + len(SLOTS), day + timedelta(days=1)
        self._later(one, number, then)

    def _slot(self) -> int:
        local = clock.local(clock.now())
        return max((slot for slot, time in enumerate(SLOTS) if time <= (local.hour, local.minute)), default=0)

    # --- how they come in ---------------------------------------------------------------------------------------------------

    def _arrivals(self, day: date, slot: int) -> Iterator[tuple[PastCase, PastMove]]:
        self.owed += self.arriving.get(day, 0) / len(SLOTS)
        while self.owed >= 1:
            self.owed -= 1
            yield self._arrival(day)

    def _arrival(self, day: date) -> tuple[PastCase, PastMove]:
        rng = self.rng
        place = rng.choices(self.places, self.weights)[0]
        key = self._matter(day)
        spot = rng.choice(TOWN_SPOTS if place.kind == UnitKind.COMMUNITY else VILLAGE_SPOTS)
        text = rng.choice(texts()[key]["reports"]).replace("{spot}", spot)
        source = rng.choices((Source.WEB, Source.CODE, Source.HOME_VISIT, Source.PHONE), (52, 30, 12, 6))[0]
        report = Report(
            sending=f"demonstration {next(self.order):09d}",
            place=place,
            text=text,
            spot=spot,
            phone=f"0482{rng.randrange(10**4):07d}" if rng.random() < 0.3 else "",  # no subscriber's number begins with 000
            item=self.items[key],
            source=source,
            language="zh-hans",
        )
        one = PastCase(report)
        if source in (Source.HOME_VISIT, Source.PHONE):
            unit = self.leads.branches[place.code][0]
            return one, PastMove("record", clock.now(), self._actor(unit), unit, text=text)
        return one, PastMove("report", clock.now(), text=text)

    def _matter(self, day: date) -> str:
        """Cold in winter, water after rain, the rest all the year."""
        return self.rng.choices(list(self.items), self.matters[day.month - 1])[0]

    def _follow(self, one: PastCase, move: PastMove, before: Unit | None) -> None:
        """What will come after a move."""
        rng, case = self.rng, one.case
        if move.name in SERVICES:
            self.served += len(one.residents)
        if case.state in (State.UNCLAIMED, State.DISPATCH):
            self.waiting[case.pk] = one
        elif self.waiting.pop(case.pk, None) and case.lead is not None:
            self.led[case.lead.pk] += 1
        if before is not None and case.state not in LED_STATES and move.name in ("handle", "withdraw"):
            self.led[before.pk] -= 1
        if move.name in ("answer_no", "hear_no", "reopen") and before is not None:
            self.led[before.pk] += 1
        if move.name in ("report", "record"):
            self._begin(one)
        elif move.name == "expire":
            self._in(one, 0.3, 4, lambda: self._designate(one))
        elif move.name in ("claim", "designate"):
            self._work(one)
        elif move.name == "ask":
            self._in(one, 0.4, 3.5, lambda: self._do_part(one, move.unit))
        elif move.name == "handle":
            self._ask_residents(one)
        elif move.name in ("answer_no", "hear_no", "reopen"):
            slow = 4.5 if rng.random() < 0.2 else 2
            self._in(one, 0.4, slow, lambda: self._handle(one, AGAIN))
        elif move.name in ("answer_yes", "fall_silent") and rng.random() < 0.015:
            self._in(one, 5, 40, lambda: self._reopen(one), office=False)

    def _begin(self, one: PastCase) -> None:
        """Others who have it too, notes, second thoughts; and who takes it up."""
        rng = self.rng
        elapsed = (clock.today() - self.start).days / max(1, (self.last - self.start).days)
        behind = (SERVED * elapsed - self.served) / 400
        if rng.random() < 0.27 * min(3.0, max(0.15, 1 + behind)):
            for _other in range(min(18, 1 + int(rng.paretovariate(0.95)))):
                self._in(one, 0.2, 2.5, lambda: self._join(one), office=False)
        if rng.random() < 0.03:
            self._in(one, 1, 6, lambda: self._note(one), office=False)
        if rng.random() < 0.012:
            self._in(one, 0.3, 3, lambda: self._withdraw(one), office=False)
        urgent = tiers().span(one.case.tier, "claim").hours  # type: ignore[arg-type]  # a name of a clock
        chance = rng.random()
        if urgent:
            self._in(one, 0.1, 0.4 if chance < 0.9 else 2, lambda: self._claim(one), office=chance > 0.85)
        elif chance < 0.92:
            self._in(one, 0.2, 1.7, lambda: self._claim(one))
        elif chance < 0.96:
            self._in(one, 3, 6, lambda: self._claim(one))

    def _join(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state not in (*OPEN_STATES, State.HANDLED):
            return ()
        text = self.rng.choice(JOINS)
        joining = Report(f"demonstration {next(self.order):09d}", one.report.place, text, language="zh-hans")
        return [PastMove("join", clock.now(), text=text, joins=joining)]

    def _note(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state not in OPEN_STATES or one.reporters[0].left_at:
            return ()
        return [PastMove("note", clock.now(), text=self.rng.choice(NOTES))]

    def _withdraw(self, one: PastCase) -> Sequence[PastMove]:
        mine = one.reporters[0]
        if one.case.state not in OPEN_STATES or mine.left_at:
            return ()
        name = "withdraw" if len(one.residents) == 1 else "leave"
        return [PastMove(name, clock.now(), text=self.rng.choice(WITHDRAWS))]

    # --- who takes it up ----------------------------------------------------------------------------------------------------

    def _lead_of(self, one: PastCase) -> Unit:
        """The branch on the spot, a volunteer team, the township, or whose trade it is; not who is full."""
        rng, place, item = self.rng, one.report.place, one.report.item
        assert item is not None
        township = place.code[:9]
        near = self.leads.branches[place.code]
        trade = self._of_trade(item.key, item.responsible)
        wanted: list[Unit] = []
        if near and rng.random() < self.zeal[place.code]:
            wanted.append(rng.choice(near))
        if trade and rng.random() < 0.7:
            wanted.append(rng.choice(trade))
        if self.leads.teams.get(township) and rng.random() < 0.25:
            wanted.append(rng.choice(self.leads.teams[township]))
        wanted.append(self.leads.townships[township])
        for unit in wanted:
            if self.led[unit.pk] < tiers().most_led(unit.kind) - 1:
                return unit
        return wanted[-1]

    def _of_trade(self, key: str, kind: str) -> list[Unit]:
        if kind not in (UnitKind.DEPARTMENT, UnitKind.ENTERPRISE):
            return []
        words = routing().words(key, kind)
        return [unit for unit in self.leads.named if unit.kind == kind and any(word in unit.name for word in words)]

    def _actor(self, unit: Unit) -> User:
        return self.leads.actors.get(unit.pk, self.leads.office)

    def _partners(self, one: PastCase, lead: Unit | None) -> list[Unit]:
        """Others nearby who work on it together with the lead."""
        township = one.report.place.code[:9]
        branches = self.leads.branches[one.report.place.code]
        near = [*branches, *self.leads.teams.get(township, ()), self.leads.townships[township]]
        others = [unit for unit in [*near, *self.rng.sample(self.leads.named, 3)] if unit != lead]
        return self.rng.sample(others, min(len(others), self.rng.choices((1, 2, 3), (6, 3, 1))[0]))

    def _claim(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state not in (State.UNCLAIMED, State.DISPATCH) or self.claims == 0:
            return ()
        lead = self._lead_of(one)
        if lead.kind in (UnitKind.DEPARTMENT, UnitKind.ENTERPRISE):
            return self._designate(one, lead)
        partners = self._partners(one, lead) if self._is_joint(one) and self.rng.random() < 0.6 else []
        if partners:
            self.to_ask.discard(id(one))
            self.joint -= 1
        return [PastMove("claim", clock.now(), self._actor(lead), lead, partners=partners)]

    def _designate(self, one: PastCase, lead: Unit | None = None) -> Sequence[PastMove]:
        """Those above name the lead."""
        if one.case.state not in (State.UNCLAIMED, State.DISPATCH) or self.claims == 0:
            return ()
        self._is_joint(one)
        township = self._actor(self.leads.townships[one.report.place.code[:9]])
        return [PastMove("designate", clock.now(), township, lead=lead or self._lead_of(one))]

    def _is_joint(self, one: PastCase) -> bool:
        """One more is claimed; is it joint work? So drawn that in the end exactly as many are as the page says."""
        drawn = self.rng.random() < (self.joint - len(self.to_ask)) / self.claims
        self.claims -= 1
        self.to_ask |= {id(one)} if drawn else set()
        return drawn

    def _last_evening(self, busy: set[int]) -> Iterator[tuple[PastCase, PastMove]]:
        """What is still to be claimed, and asked for together, on the last evening."""
        for one in [one for one in self.waiting.values() if id(one) not in busy]:
            if self.claims and one.case.state == State.UNCLAIMED:
                yield from ((one, move) for move in self._claim(one))
                busy.add(id(one))
        for one in self.telling.told:
            if self.joint and id(one) not in busy and one.case.state == State.LED and not one.parts:
                yield from ((one, move) for move in self._ask(one, self._partners(one, one.case.lead)[0]))

    # --- how it is worked on ------------------------------------------------------------------------------------------------

    def _work(self, one: PastCase) -> None:
        rng = self.rng
        if rng.random() < 0.97:
            self._in(one, 0.1, 1.2 if rng.random() < 0.9 else 4, lambda: self._answer(one))
        if rng.random() < 0.1:
            self._in(one, 0.5, 2, lambda: self._plan(one))
        for part in one.owing:
            self._in(one, 0.4, 4, lambda unit=part.unit: self._do_part(one, unit))  # type: ignore[misc]
        if id(one) in self.to_ask:
            for unit in self._partners(one, one.case.lead):
                self._in(one, 0.1, 0.2, lambda unit=unit: self._ask(one, unit))  # type: ignore[misc]
        span = tiers().span(one.case.tier, "handle")  # type: ignore[arg-type]  # a name of a clock
        days = span.days * 1.4 or span.hours / 24
        self._in(one, 0.35, max(0.6, days * rng.lognormvariate(-0.75, 0.55)), lambda: self._handle(one))

    def _answer(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state != State.LED:
            return ()
        return [PastMove("answer", clock.now(), self._lead_actor(one), text=self.rng.choice(ANSWERS))]

    def _plan(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state != State.LED:
            return ()
        return [PastMove("plan", clock.now(), self._lead_actor(one), text=self.rng.choice(PLANS))]

    def _ask(self, one: PastCase, unit: Unit) -> Sequence[PastMove]:
        if one.case.state != State.LED or unit in [part.unit for part in one.parts]:
            self.to_ask.discard(id(one))
            return ()
        self.joint -= not one.parts
        self.to_ask.discard(id(one))
        due = clock.today() + timedelta(days=5)
        asked = {"unit": unit, "due_on": due, "text": self.rng.choice(ASKS)}
        return [PastMove("ask", clock.now(), self._lead_actor(one), **asked)]  # type: ignore[arg-type]

    def _do_part(self, one: PastCase, unit: Unit | None) -> Sequence[PastMove]:
        if unit is None or one.case.state not in LED_STATES or unit not in [part.unit for part in one.owing]:
            return ()
        return [PastMove("do_part", clock.now(), self._actor(unit), unit, text=self.rng.choice(PARTS))]

    def _handle(self, one: PastCase, replies: Sequence[str] = ()) -> Sequence[PastMove]:
        if one.case.state != State.LED:
            return ()
        if one.owing:  # not before every part is done
            self._in(one, 0.3, 1, lambda: self._handle(one, replies))
            return ()
        item = one.report.item
        assert item is not None
        spot = one.report.spot
        text = self.rng.choice(replies or texts()[item.key]["replies"]).replace("{spot}", spot)
        return [PastMove("handle", clock.now(), self._lead_actor(one), text=text)]

    def _lead_actor(self, one: PastCase) -> User:
        assert one.case.lead is not None
        return self._actor(one.case.lead)

    # --- what the residents say -----------------------------------------------------------------------------------------------

    def _ask_residents(self, one: PastCase) -> None:
        """Most answer within days, many not at all."""
        rounds = one.case.round
        unhappy = self.rng.randrange(len(one.reporters)) if self.rng.random() < (0.0, 0.06, 0.14, 0.25)[rounds % 4] else -1
        for number, reporter in enumerate(one.reporters):
            chance = self.rng.random()
            if reporter.left_at is None and (chance < 0.68 or number == unhappy):
                no = number == unhappy
                self._in(one, 0.2, 8, lambda number=number, no=no: self._judge(one, number, no), office=False)  # type: ignore[misc]

    def _judge(self, one: PastCase, number: int, no: bool) -> Sequence[PastMove]:
        mine = one.reporters[number]
        if one.case.state != State.HANDLED or mine.verdict or mine.left_at:
            return ()
        rng = self.rng
        stars = rng.choice((1, 1, 2, 3)) if no else rng.choices((3, 4, 5, None), (1, 3, 6, 2))[0]
        verdict = rng.choice(("not", "partly")) if no else "solved"
        text = rng.choice(NOES if no else YESES)
        name = "answer_no" if no else "answer_yes"
        return [PastMove(name, clock.now(), resident=number, verdict=verdict, stars=stars, text=text)]

    def _reopen(self, one: PastCase) -> Sequence[PastMove]:
        if one.case.state not in (State.SOLVED, State.PRESUMED) or one.reporters[0].left_at:
            return ()
        return [PastMove("reopen", clock.now(), text=self.rng.choice(REOPENS))]

    def _call(self, one: PastCase, drawn: object) -> Sequence[PastMove]:
        """Somebody of another unit calls: yes, no, or nobody answers."""
        case, rng = one.case, self.rng
        if case.state not in (State.HANDLED, State.PRESUMED, State.SOLVED) or one.call_back is not drawn:
            return ()
        if rng.random() < 0.12:  # not called yet
            self._in(one, 5, 60, lambda: self._call(one, drawn))
            return ()
        township = self.leads.townships[one.report.place.code[:9]]
        lead = case.lead
        by = self.leads.office if lead is not None and township.path.startswith(lead.path) else self._actor(township)
        number = next((number for number, reporter in enumerate(one.reporters) if reporter.left_at is None), 0)
        chance = rng.random()
        if chance < 0.22:
            return [PastMove("hear_nobody", clock.now(), by, text=rng.choice(NOBODY))]
        if case.state == State.SOLVED:
            return [PastMove("hear_again", clock.now(), by, text=rng.choice(CALLS))]
        if chance < 0.34:
            no = {"verdict": "not", "stars": 2, "text": rng.choice(NOES)}
            return [PastMove("hear_no", clock.now(), by, resident=number, **no)]  # type: ignore[arg-type]
        yes = {"verdict": "solved", "stars": rng.choice((3, 4, 5)), "text": rng.choice(CALLS)}
        return [PastMove("hear_yes", clock.now(), by, resident=number, **yes)]  # type: ignore[arg-type]


def in_season(key: str, month: int) -> float:
    """Cold in winter, water after rain, the rest all the year."""
    if key.startswith(COLD):
        return 4 if month in (10, 11, 12, 1, 2, 3) else 0.1
    if key.startswith(WET):
        return 4 if month in (6, 7, 8) else 0.3
    return 1


def new_leads(units: dict[str, Unit], branches: Sequence[Unit], actors: dict[int, User], office: User) -> Leads:
    """Who may lead in the main county."""
    near: dict[str, list[Unit]] = {}
    for branch in branches:
        near.setdefault(branch.code.rsplit("-", 1)[0], []).append(branch)
    main = [unit for unit in units.values() if unit.code.startswith(MAIN)]
    by_path = {unit.path: unit for unit in main if unit.kind == UnitKind.TOWNSHIP}
    teams: dict[str, list[Unit]] = {}
    for unit in main:
        if unit.kind == UnitKind.TEAM:
            above = next(township for path, township in by_path.items() if unit.path.startswith(path))
            teams.setdefault(above.code, []).append(unit)
    named = [unit for unit in main if unit.kind in (UnitKind.DEPARTMENT, UnitKind.ENTERPRISE)]
    return Leads(near, teams, {unit.code: unit for unit in by_path.values()}, named, actors, office)
