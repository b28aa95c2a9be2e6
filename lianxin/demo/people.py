"""The demonstration's people. All synthetic: names drawn from lists, codes beginning with S, no phone belongs to anyone."""

import random
from collections.abc import Sequence
from datetime import date

from lianxin.demo.places import MAIN, RICH_COMMUNITY
from lianxin.organizations.actions import NewPerson
from lianxin.organizations.models import MembershipKind, Title, Unit

MEMBERS = {MembershipKind.RURAL: 5300, MembershipKind.EMPLOYED: 5893, MembershipKind.AWAY: 1800}
"""The page's members: farmers and herders, employed, outside the county."""
RICH_MEMBERS = 596
LEADERS = 60
"""Contact leaders among whom the 226 points are shared."""

PASSWORD = "lianxin-demo-131"  # nosec B105  # shown to everyone, of made-up people
HAN = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林郑"
GIVEN = "明华强芳军敏杰丽洋艳勇涛静超秀霞平刚桂英玉兰建国志远文博晓峰海燕春梅立新永红"
MONGOLIAN = [
    "巴图", "其其格", "哈斯", "宝音", "布和", "乌云", "娜仁", "苏和", "格日勒", "萨仁", "朝鲁", "阿古拉", "托娅", "额尔敦",
    "斯琴", "那日苏",
    "呼日勒", "乌力吉", "高娃", "达来", "青格乐", "毕力格", "吉雅", "敖登", "特木尔", "通拉嘎", "赛音", "海日", "查干",
    "莫日根",
]  # fmt: skip


class Register:
    """Makes people, each with a fresh code."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.count = 0

    def person(self, unit: Unit, since: date, membership: str = "", title: str = "") -> NewPerson:
        self.count += 1
        return NewPerson(
            code=f"S{self.count:05d}",
            name=self.name(),
            unit=unit,
            since=since,
            birth_year=since.year - self.rng.randrange(22, 72),
            membership=membership,
            title=title,
        )

    def name(self) -> str:
        rng = self.rng
        if rng.random() < 0.45:
            first = rng.choice(MONGOLIAN)
            return first + rng.choice(["", "", *MONGOLIAN]) if len(first) == 2 else first
        return rng.choice(HAN) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))


def members(register: Register, branches: Sequence[Unit], since: date) -> list[NewPerson]:
    """Members shared unevenly among the branches: at least 5 each, farmers and members away in villages,
    the employed elsewhere."""
    main = [unit for unit in branches if unit.code.startswith(MAIN)]
    villages = [unit for unit in main if unit.field == "village"]
    others = [unit for unit in main if unit.field != "village"]
    rich = [unit for unit in branches if unit.code.startswith(RICH_COMMUNITY)]
    elsewhere = [unit for unit in branches if not unit.code.startswith(MAIN) and unit not in rich]
    people: list[NewPerson] = []
    for units, kind, total, least in (
        (villages, MembershipKind.RURAL, MEMBERS[MembershipKind.RURAL], 8),
        (villages, MembershipKind.AWAY, MEMBERS[MembershipKind.AWAY], 0),
        (others, MembershipKind.EMPLOYED, MEMBERS[MembershipKind.EMPLOYED], 8),
        (rich, MembershipKind.EMPLOYED, RICH_MEMBERS, 20),
        (elsewhere, MembershipKind.EMPLOYED, 12 * len(elsewhere), 6),
    ):
        for unit, number in zip(units, spread(total, len(units), least, register.rng), strict=True):
            people += [register.person(unit, since, kind) for _ in range(number)]
    return people


def spread(total: int, parts: int, least: int, rng: random.Random) -> list[int]:
    """`total` shared unevenly into `parts`, each at least `least`."""
    weights = [rng.random() + 0.2 for _ in range(parts)]
    free = total - least * parts
    shares = [int(free * weight / sum(weights)) for weight in weights]
    for position in rng.sample(range(parts), free - sum(shares)):
        shares[position] += 1
    return [least + share for share in shares]


def leaders(register: Register, points: Sequence[Unit], county: Unit, since: date) -> list[tuple[NewPerson, list[Unit]]]:
    """Contact leaders, each with three or four points (联系全覆盖): the person's first post stands at the first point."""
    shares: list[list[Unit]] = [[] for _ in range(LEADERS)]
    for position, point in enumerate(register.rng.sample(list(points), len(points))):
        shares[position % LEADERS].append(point)
    return [(register.person(share[0], since, title=Title.CONTACT_LEADER), share[1:]) for share in shares]
