"""Two years of work: what each branch and leader did and when they wrote it down. Only the story; seed.py tells it.

Every branch has a habit. A steady one misses nothing for months, a loose one misses often; some write things down weeks later.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from lianxin.gatherings.models import GatheringKind
from lianxin.liaison.models import VisitKind
from lianxin.organizations.models import Unit

TOPICS = {
    GatheringKind.MEMBERS_MET: ["讨论年度工作", "通报集体经济收支", "讨论发展对象", "讨论入户走访安排", "通报换届有关事项"],
    GatheringKind.COMMITTEE_MET: [
        "研究本月重点",
        "研究困难户帮扶",
        "研究草场防火",
        "研究道路养护",
        "研究党费收缴",
        "研究冬季取暖",
    ],
    GatheringKind.GROUP_MET: ["学习与讨论", "分片走访情况交流", "讨论环境整治分工"],
    GatheringKind.LESSON_HELD: ["书记讲党课", "老党员讲村史", "参观学习体会", "政策解读"],
    GatheringKind.THEMED_DAY_HELD: [
        "清理垃圾",
        "看望老党员",
        "义务植树",
        "帮助接羔",
        "清雪保路",
        "志愿服务进社区",
        "学习与过政治生日",
    ],
    GatheringKind.LIFE_MEETING_HELD: ["年度组织生活会"],
    GatheringKind.REVIEW_HELD: ["民主评议党员"],
}
FINDINGS = [
    "账目公开栏更新及时，建议补上二季度。", "活动室取暖不好，已联系维修。", "台账齐全，议事记录较简略。",
    "牧区饮水井需要检修。", "年轻党员外出多，建议线上补课。",
    "合作社销路有困难，已对接。", "村口路灯坏了三盏。", "阵地整洁，群众反映办事方便。",
]  # fmt: skip
MATTERS = [
    ("村口路灯不亮", "协调更换路灯六盏"), ("饮水井水泵损坏", "争取资金更换水泵"), ("到镇上的路雨后难走", "铺砂石一点二公里"),
    ("老人办证跑不动", "窗口上门代办"), ("羊肉销路不畅", "联系两家商超签订购销协议"), ("小区下水堵塞", "协调物业疏通管道"),
    ("活动室冬天太冷", "加装电采暖"),
    ("接羔缺饲草", "调运饲草八吨"), ("电动车没处充电", "增设充电桩"), ("网络信号差", "协调加装基站"),
]  # fmt: skip
REASONS = ["日期写错了", "参加人数填错了", "选错了类别", "主题写错了"]


@dataclass(frozen=True)
class Held:
    """A gathering: what, where, when; written down on `noted`."""

    unit: Unit
    kind: str
    day: date
    noted: date
    topic: str
    present: int


@dataclass(frozen=True)
class Visited:
    unit: Unit
    kind: str
    day: date
    noted: date
    findings: str


@dataclass(frozen=True)
class Solved:
    """A practical problem: handled on `day`; answered by the point's secretary on `answered` (None: still waiting)."""

    unit: Unit
    day: date
    noted: date
    matter: str
    remedy: str
    answered: date | None
    at_once: bool
    """Whether the secretary confirmed the first time; else it went back once."""


def habits(branches: list[Unit], rng: random.Random) -> dict[int, float]:
    """How likely each branch is to hold what a month or quarter asks for."""
    return {unit.pk: 0.997 if rng.random() < 0.52 else rng.uniform(0.55, 0.98) for unit in branches}


def gatherings(
    branch: Unit, groups: list[Unit], size: int, has_committee: bool, habit: float, start: date, today: date, rng: random.Random
) -> Iterator[Held]:
    """What one branch and its groups held between two days, and when it was written down."""

    def hold(unit: Unit, kind: GatheringKind, first: date, last: date, present: int) -> Iterator[Held]:
        if rng.random() > habit:
            return
        day = first + timedelta(days=rng.randrange((last - first).days + 1))
        noted = day + timedelta(days=lag(rng))
        if start <= day and noted <= today:
            yield Held(unit, kind, day, noted, rng.choice(TOPICS[kind]), max(1, present))

    for first, last in months(start, today):
        present = int(size * rng.uniform(0.55, 0.95))
        yield from hold(branch, GatheringKind.THEMED_DAY_HELD, first, last, present)
        if has_committee:
            yield from hold(branch, GatheringKind.COMMITTEE_MET, first, last, rng.randrange(3, 6))
        for group in groups:
            yield from hold(group, GatheringKind.GROUP_MET, first, last, present // (len(groups) + 1))
    for first, last in quarters(start, today):
        yield from hold(branch, GatheringKind.MEMBERS_MET, first, last, int(size * rng.uniform(0.6, 0.95)))
        yield from hold(branch, GatheringKind.LESSON_HELD, first, last, int(size * rng.uniform(0.5, 0.9)))
    for year in range(start.year, today.year + 1):
        winter = date(year, 1, 5), date(year, 2, 25)
        yield from hold(branch, GatheringKind.LIFE_MEETING_HELD, *winter, int(size * 0.8))
        yield from hold(branch, GatheringKind.REVIEW_HELD, *winter, int(size * 0.8))


def visits(point: Unit, zeal: float, start: date, today: date, rng: random.Random) -> Iterator[Visited]:
    """What a leader's year at one contact point looked like: some early, some only in December."""
    for year in range(start.year, today.year + 1):
        for kind, most in ((VisitKind.RESEARCH, 1), (VisitKind.INSPECTION, 3)):
            for turn in range(most + (rng.random() < 0.2)):
                if rng.random() > zeal:
                    continue
                month = rng.choice((11, 12)) if rng.random() < 0.12 else 1 + (turn * 12 // max(most, 1) + rng.randrange(4)) % 12
                day = date(year, month, rng.randrange(1, 29))
                noted = day + timedelta(days=lag(rng))
                if start <= day and noted <= today:
                    yield Visited(point, kind, day, noted, rng.choice(FINDINGS))


def late_visits(points: list[Unit], start: date, today: date, rng: random.Random) -> Iterator[Visited]:
    """Visits of the last days of a year, written down after its books closed."""
    for year in range(start.year, today.year):
        for point in rng.sample(points, 12):
            day = date(year, 12, rng.randrange(20, 32))
            noted = date(year + 1, 1, rng.randrange(14, 29))
            if start <= day and noted <= today:
                yield Visited(point, VisitKind.INSPECTION, day, noted, rng.choice(FINDINGS))


def problems(point: Unit, zeal: float, start: date, today: date, rng: random.Random) -> Iterator[Solved]:
    """Practical problems a leader handled at one point; most are confirmed within days."""
    for year in range(start.year, today.year + 1):
        for _ in range(1 + (rng.random() < 0.35)):
            if rng.random() > zeal:
                continue
            day = date(year, rng.randrange(2, 13), rng.randrange(1, 29))
            noted = day + timedelta(days=lag(rng))
            if not (start <= day and noted <= today):
                continue
            answered = noted + timedelta(days=rng.randrange(1, 20))
            matter, remedy = rng.choice(MATTERS)
            yield Solved(point, day, noted, matter, remedy, answered if answered <= today else None, rng.random() < 0.93)


def lag(rng: random.Random) -> int:
    """Days until it was written down: most at once, some weeks later."""
    return rng.randrange(12, 46) if rng.random() < 0.04 else rng.choice((0, 0, 0, 1, 1, 2, 3, 5))


def months(start: date, today: date) -> Iterator[tuple[date, date]]:
    """First and last day of every month touched."""
    first = start.replace(day=1)
    while first <= today:
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        yield first, after - timedelta(days=1)
        first = after


def quarters(start: date, today: date) -> Iterator[tuple[date, date]]:
    """First and last day of every quarter touched."""
    spans: dict[tuple[int, int], list[date]] = defaultdict(list)
    for first, last in months(start.replace(month=(start.month - 1) // 3 * 3 + 1, day=1), today):
        spans[first.year, (first.month - 1) // 3] += [first, last]
    for days in spans.values():
        first = days[0]
        after = date(first.year + (first.month + 2) // 12, (first.month + 2) % 12 + 1, 1)
        yield first, after - timedelta(days=1)
