"""Units move, merge, close and are founded in mid-year, on the live database, through the actions and pages people use: what was
so before the day stays so to the byte, both timelines tell it, and parents are the sum of what stands beneath them."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.organizations import actions as tree
from lianxin.organizations.models import Unit
from lianxin.schemes import actions, queries
from lianxin.schemes.commands import record_of
from lianxin.schemes.library import FOLDER
from tests.world import World

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 15)
BEFORE = DAY - timedelta(days=1)
END = date(2025, 12, 31)
TOWNSHIP, SIBLING, VILLAGE, BRANCH = "152221200", "152221100", "152221200203", "152221200203-1"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def lived(world: World) -> World:
    """Half a year of life at two branches."""
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    tree.designate(
        actor=world.user("county_officer"), unit=world.sibling_branch, designation="contact_point", since=date(2024, 1, 1)
    )
    work(world, 1, 3, 5)
    return world


def work(world: World, *months: int) -> None:
    for unit in (world.branch, world.sibling_branch):
        for month in months:
            for kind in ("liaison.inspected", "gatherings.members_met", "gatherings.themed_day_held"):
                record(actor=world.user("county_officer"), kind=kind, unit=unit, happened_on=date(2025, month, 20))


def everything(as_of: date) -> bytes:
    """All standings of all schemes as of a day, as bytes."""
    rows = [record_of(row) for scheme in queries.schemes_in_force(as_of) for row in queries.standings(scheme.key, as_of=as_of)]
    assert len(rows) > 20
    return json.dumps(rows, ensure_ascii=False).encode()


def page(world: World, address: str, as_of: date) -> str:
    shown = world.client("county_officer").get(address, {"as_of": as_of.isoformat()})
    assert shown.status_code == 200
    return TOKEN.sub("", shown.content.decode())


def move(world: World) -> None:
    tree.move_unit(actor=world.user("county_officer"), unit=world.village, to=world.sibling, day=DAY, reason="区划调整")


def merge(world: World) -> None:
    tree.merge_unit(
        actor=world.user("county_officer"), unit=world.village, into=world.units["152221100003"], day=DAY, reason="并村"
    )


def close(world: World) -> None:
    for unit in (world.group, world.branch):
        tree.close_unit(actor=world.user("county_officer"), unit=unit, day=DAY, reason="撤销")


def found(world: World) -> None:
    tree.found_unit(
        actor=world.user("county_officer"),
        code="152221200203-2",
        name="特门嘎查第二党支部",
        kind="branch",
        parent=world.village,
        since=DAY,
        field="village",
    )


CHANGES: list[tuple[Callable[[World], None], str, tuple[str, ...]]] = [
    (move, "特门嘎查", (TOWNSHIP, SIBLING, VILLAGE)),
    (merge, "特门嘎查", (VILLAGE, "152221100003")),
    (close, "特门嘎查党支部", (BRANCH,)),
    (found, "特门嘎查第二党支部", (VILLAGE, "152221200203-2")),
]


@pytest.mark.parametrize(("change", "name", "told_at"), CHANGES, ids=[change.__name__ for change, _name, _told in CHANGES])
def test_what_was_so_before_the_day_stays_so_to_the_byte(
    lived: World, change: Callable[[World], None], name: str, told_at: tuple[str, ...]
):
    days = (BEFORE, date(2025, 3, 31))
    before = {day: everything(day) for day in days}
    why = page(lived, f"/units/{BRANCH}/standings/contact-131/", BEFORE)
    after = everything(END)
    change(lived)
    assert {day: everything(day) for day in days} == before
    assert page(lived, f"/units/{BRANCH}/standings/contact-131/", BEFORE) == why
    assert everything(END) != after or change in (move,)  # a move alone owes nothing new
    for code in told_at:
        assert name in page(lived, f"/units/{code}/history/", END), code
        told = [line for line in page(lived, f"/units/{code}/history/", BEFORE).splitlines() if "2025-07-15" in line]
        assert told == [], code


def standing(unit: Unit | str, key: str, clause: str, as_of: date = END) -> Any:
    code = unit if isinstance(unit, str) else unit.code
    rows = queries.standings(key, as_of=as_of)
    return next((row for row in rows if row.unit_code == code and row.clause == clause), None)


def test_a_branch_founded_in_mid_july_owes_whole_months_from_august_and_whole_quarters_from_october(lived: World):
    found(lived)
    assert standing("152221200203-2", "themed-day", "themed_day").need == 5
    assert standing("152221200203-2", "three-meetings-one-lesson", "members").need == 1
    assert standing("152221200203-2", "themed-day", "themed_day", BEFORE) is None


def test_a_branch_closed_in_mid_july_owes_what_was_due_until_june(lived: World):
    close(lived)
    assert standing(BRANCH, "themed-day", "themed_day").need == 6
    row = standing(BRANCH, "contact-131", "inspect")
    assert (row.need, row.lasting) == (2, False)  # seven of twelve months: ceil(3 × 7 / 12)
    assert queries.rollup("contact-131", by_units=[lived.county.path], as_of=END)[lived.county.path].left == 1


def test_a_merged_villages_branch_goes_on_under_the_other_village(lived: World):
    merge(lived)
    row = standing(BRANCH, "themed-day", "themed_day")
    assert row.need == 12 and row.unit_path.startswith(Unit.objects.get(code="152221100003").path)


@pytest.mark.parametrize("credit", ["at_record_date", "at_period_end"])
def test_parents_are_the_sum_of_what_is_beneath_wherever_work_is_credited(lived: World, credit: str):
    move(lived)
    work(lived, 7, 9, 11)
    if credit == "at_period_end":
        text = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8").replace("at_record_date", "at_period_end")
        text = text.replace('"2020.1"', '"2025.1"').replace("2020-08-07", "2025-01-01")
        actions.publish_scheme(actor=lived.user("county_officer"), text=text, unit=lived.county)
    tops = {code: lived.units[code].path for code in ("152221", TOWNSHIP, SIBLING)}
    sums = queries.rollup("contact-131", by_units=list(tops.values()), as_of=END)
    county, left, joined = (sums[tops[code]] for code in ("152221", TOWNSHIP, SIBLING))
    assert (county.subjects, left.subjects, joined.subjects) == (2, 0, 2)
    assert county.acts == left.acts + joined.acts == 12
    # January, March and May at the moved branch: done under the old township; July, September, November under the new one.
    assert left.acts == (3 if credit == "at_record_date" else 0)
    for count in ("met", "behind", "impossible", "on_track", "unmet", "unknown", "missing", "clauses", "clauses_met"):
        assert getattr(county, count) == getattr(left, count) + getattr(joined, count), count
    assert sum(getattr(county, bucket) for bucket in queries.BUCKETS[:6]) == county.subjects


def seal(world: World, year: int) -> None:
    actions.seal_period(actor=world.user("county_officer"), scheme="contact-131", period=str(year), unit=world.county)


def test_a_sealed_year_stays_and_what_is_recorded_later_is_restated_beside_it(lived: World):
    """At the turn of the year: a visit of December recorded after the close changes no sealed figure."""
    year = clock.today().year
    with clock.standing_at(clock.instant(date(year + 1, 2, 1), 9)):
        for _visit in range(3):
            record(
                actor=lived.user("contact_leader"), kind="liaison.inspected", unit=lived.branch, happened_on=date(year, 12, 30)
            )
        seal(lived, year)
        asked: dict[str, Any] = {"units": [lived.branch], "period": str(year)}
        [sealed] = [row for row in queries.standings("contact-131", **asked) if row.clause == "inspect"]
        [again] = [row for row in queries.standings("contact-131", restated=True, **asked) if row.clause == "inspect"]
        assert (sealed.n, again.n) == (0, 1)
        shown = lived.client("secretary").get(f"/units/{BRANCH}/standings/contact-131/?period={year}").content.decode()
        assert "按现在所知" in shown
    with clock.standing_at(clock.instant(date(year + 6, 2, 1), 9)):
        [later] = [row for row in queries.standings("contact-131", **asked) if row.clause == "inspect"]
        assert (later.n, later.need, later.state, later.due) == (sealed.n, sealed.need, sealed.state, sealed.due)


def test_a_rule_published_after_the_close_changes_no_closed_year(lived: World):
    year = clock.today().year
    text = (
        (FOLDER / "contact-131.yaml")
        .read_text(encoding="utf-8")
        .replace('"2020.1"', f'"{year}.9"')
        .replace("at_least: 3", "at_least: 9")
    )
    text = text.replace("2020-08-07", f"{year}-01-01")
    with clock.standing_at(clock.instant(date(year + 1, 2, 1), 9)):
        actions.publish_scheme(actor=lived.user("county_officer"), text=text, unit=lived.county)
        for restated, need in ((False, 3), (True, 9)):
            rows = queries.standings("contact-131", units=[lived.branch], period=str(year), restated=restated)
            assert next(row for row in rows if row.clause == "inspect").need == need


@pytest.mark.parametrize(("how", "need"), [("recompute", 4), ("finish_old", 3)])
def test_a_new_version_in_mid_year_takes_the_year_over_or_waits(lived: World, how: str, need: int):
    text = (
        (FOLDER / "contact-131.yaml")
        .read_text(encoding="utf-8")
        .replace('"2020.1"', '"2025.2"')
        .replace("at_least: 3", "at_least: 4")
    )
    text = text.replace("2020-08-07", "2025-07-01") + f'replaces: {{version: "2020.1", mid_period: {how}}}\n'
    actions.publish_scheme(actor=lived.user("county_officer"), text=text, unit=lived.county)
    for as_of, expected in ((date(2025, 6, 30), 3), (date(2025, 7, 1), need), (date(2026, 1, 1), 4)):
        row = standing(BRANCH, "contact-131", "inspect", as_of)
        assert row.need == expected, as_of
