"""The two counties of the page as units: official places, each with its branch, and made-up bodies so that every field is there.

科尔沁右翼前旗 (152221) holds the page's 226 contact points and its members; 海勃湾区 (150302) holds a community with 13
organisations and 596 members, placed there so that the first county's figures stay exact.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lianxin.organizations.actions import NewUnit

DATA = Path(__file__).parent / "data"
COUNTIES = {"152221": "科尔沁右翼前旗", "150302": "乌海市海勃湾区"}
MAIN, OTHER = COUNTIES
CONTACT_POINTS = {
    "village": 138,
    "community": 18,
    "government": 28,
    "state_enterprise": 8,
    "private": 16,
    "social_org": 10,
    "window": 8,
}
"""226 contact points over all fields (the page gives the total; how it spreads is ours)."""
TEAMS = 29
RICH_COMMUNITY = "150302001002"
"""Holds 13 organisations and 596 members."""
RICH_ORGANISATIONS = 13

DEPARTMENTS = [
    "组织工作", "宣传文化", "统一战线", "政法", "机关事务", "教育", "科技", "工业和信息化", "民族事务", "公安", "民政",
    "司法行政", "财政",
    "人力资源和社会保障", "自然资源", "生态环境", "住房和城乡建设", "交通运输", "水利", "农牧", "商务", "卫生健康",
    "退役军人事务",
    "应急管理", "审计", "市场监管", "统计", "医疗保障", "林业和草原", "乡村振兴", "信访", "档案", "气象", "融媒体", "供销",
    "残疾人工作",
    "工会", "共青团", "妇女联合会", "文学艺术",
]  # fmt: skip
WINDOWS = ["政务服务", "税务", "不动产登记", "社会保险", "医保", "车辆管理", "公积金", "供电", "供水", "供热"]
STATE_ENTERPRISES = ["供水", "供热", "公交", "粮食收储", "城市投资", "文旅", "农牧投资", "环卫", "林场", "水务"]
PRIVATE_ENTERPRISES = ["牧业", "乳业", "粮油", "建材", "物流", "商贸", "餐饮", "电商", "肉业", "农机"]
SOCIAL_ORGANISATIONS = ["商会", "志愿者协会", "养老服务中心", "牧民合作联合会", "义工联合会", "个体劳动者协会"]


@dataclass(frozen=True)
class Body:
    """A made-up body with its branch: name, kind and field of the unit, code suffix."""

    name: str
    kind: str
    field: str
    suffix: str


def places(opened: date, rng: random.Random) -> Iterator[NewUnit]:
    """Every unit of both counties, parents before children; open since `opened`."""
    for code, name in COUNTIES.items():
        yield NewUnit(code, name, "county", None, opened)
    for row in _rows("division_streets.csv"):
        yield NewUnit(row["code"], row["name"], "township", row["areaCode"], opened)
    for row in _rows("division_villages.csv"):
        yield from _place_with_branch(row["code"], row["name"], row["streetCode"], opened, rng)
    for county in COUNTIES:
        townships = [row["code"] for row in _rows("division_streets.csv") if row["areaCode"] == county]
        for body in _bodies(county):
            parent = county if body.kind == "department" else rng.choice(townships)
            yield from _body_with_branch(county, parent, body, opened, rng)
    for number in range(1, TEAMS + 1):
        townships = [row["code"] for row in _rows("division_streets.csv") if row["areaCode"] == MAIN]
        parent = townships[(number - 1) % len(townships)]
        yield NewUnit(f"{MAIN}-T{number:02d}", f"第{number}党员志愿服务队（示例）", "team", parent, opened)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def is_community(name: str) -> bool:
    return "社区" in name or "居委会" in name


def branch_name(place: str) -> str:
    """`良种场村委会` → `良种场村党支部`; `碧桂园居委会` → `碧桂园社区党支部`."""
    base = place.removesuffix("委会") if place.endswith("村委会") else place.removesuffix("居委会")
    if place.endswith("居委会") and not base.endswith("社区"):
        base += "社区"
    return f"{base}党支部"


def _place_with_branch(code: str, name: str, township: str, opened: date, rng: random.Random) -> Iterator[NewUnit]:
    kind = "community" if is_community(name) else "village"
    yield NewUnit(code, name, kind, township, opened, kind, {"households": rng.randrange(90, 900)})
    if code == RICH_COMMUNITY:
        base = branch_name(name).removesuffix("党支部")
        yield NewUnit(f"{code}-0", f"{base}党总支", "general_branch", code, opened, kind, {"term_years": 5})
        for number in range(1, RICH_ORGANISATIONS):
            yield _branch(f"{code}-{number}", f"{base}第{number}党支部", f"{code}-0", opened, kind, rng)
        return
    groups = rng.choice((0, 0, 0, 2, 2, 3)) if kind == "village" else 0
    branch = _branch(f"{code}-1", branch_name(name), code, opened, kind, rng, groups)
    yield branch
    for number in range(1, groups + 1):
        yield NewUnit(f"{branch.code}-{number}", f"第{'一二三'[number - 1]}党小组", "group", branch.code, opened, kind)


def _branch(
    code: str, name: str, parent: str, opened: date, field: str, rng: random.Random, groups: int = 0, *, term: int = 5
) -> NewUnit:
    founded = date(rng.randrange(1996, opened.year), rng.randrange(1, 13), rng.randrange(1, 29))
    facts: dict[str, object] = {"term_years": term, "founded_on": founded, "groups": groups}
    return NewUnit(code, name, "branch", parent, opened, field, facts)


def _bodies(county: str) -> Iterator[Body]:
    share = 1 if county == MAIN else 3  # the other county is smaller
    for number, name in enumerate(DEPARTMENTS[::share], 1):
        yield Body(f"{name}部门（示例）", "department", "government", f"D{number:02d}")
    for number, name in enumerate(WINDOWS[::share], 1):
        yield Body(f"{name}窗口（示例）", "department", "window", f"W{number:02d}")
    for number, name in enumerate(STATE_ENTERPRISES[::share], 1):
        yield Body(f"{name}公司（示例）", "enterprise", "state_enterprise", f"S{number:02d}")
    for number in range(1, 30 // share + 1):
        name = PRIVATE_ENTERPRISES[(number - 1) % len(PRIVATE_ENTERPRISES)]
        yield Body(f"{name}企业{number}（示例）", "enterprise", "private", f"P{number:02d}")
    for number in range(1, 18 // share + 1):
        name = SOCIAL_ORGANISATIONS[(number - 1) % len(SOCIAL_ORGANISATIONS)]
        yield Body(f"{name}{number}（示例）", "social_org", "social_org", f"O{number:02d}")


def _body_with_branch(county: str, parent: str, body: Body, opened: date, rng: random.Random) -> Iterator[NewUnit]:
    code = f"{county}-{body.suffix}"
    yield NewUnit(code, body.name, body.kind, parent, opened, body.field)
    name = f"{body.name.removesuffix('（示例）')}党支部（示例）"
    yield _branch(f"{code}-1", name, code, opened, body.field, rng, term=3)
