"""Item × place → the unit likely to take it up, by worked examples."""

from datetime import date

import pytest

from lianxin.cases.catalogue import sample
from lianxin.cases.data_files import DataError
from lianxin.cases.models import Item
from lianxin.cases.routing import BY_NAME, read_routing, route, routing
from lianxin.organizations.actions import found_unit
from lianxin.organizations.models import Unit

OPENED = date(2020, 1, 1)
MORE = [
    ("152221-D01", "水利部门", "department", "152221"),
    ("152221-D02", "市场监管部门", "department", "152221"),
    ("152221-D03", "公安部门", "department", "152221"),
    ("152221100-S1", "科尔沁镇供热公司", "enterprise", "152221100"),
    ("152221200-S1", "满族屯供热公司", "enterprise", "152221200"),
    ("150302-D01", "水利部门", "department", "150302"),
    ("150302-S01", "供水公司", "enterprise", "150302"),
]


@pytest.fixture
def town(world, catalogue):
    """The small world with a few departments and enterprises, by code."""
    for code, name, kind, parent in MORE:
        found_unit(actor=world.user("county_officer"), code=code, name=name, kind=kind, parent=world.units[parent], since=OPENED)
    world.reload()
    return world


@pytest.mark.parametrize(
    ("item", "place", "unit"),
    [
        ("water.supply.outage", "152221200203", "152221200203"),  # for the village itself
        ("water.supply.outage", "152221100003", "152221100003"),  # no village there: the community
        ("water.supply.quality", "152221200203", "152221200"),  # for the township
        ("water.supply.fee", "152221200203", "152221-D01"),  # no water company in this county: the water department
        ("heat.heating.cold", "152221200203", "152221200-S1"),  # of two the one in the same township
        ("heat.heating.cold", "152221100003", "152221100-S1"),
        ("heat.heating.cold", "150302001002", "150302001"),  # neither company nor department: the township
        ("market.goods.fake", "152221200203", "152221-D02"),
        ("safety.order.theft", "152221200203", "152221-D03"),
        ("affairs.manner.attitude", "152221200203", "152221"),  # about officials: the county
        ("water.supply.outage", "152221", "152221"),  # reported of the county as a whole
        (None, "152221200203", "152221200"),  # nobody said what it is about
    ],
)
def test_worked_examples(town, catalogue, item, place, unit):
    routed = route(catalogue[item] if item else None, town.units[place])
    assert routed is not None
    assert (routed.unit.code, bool(routed.why)) == (unit, True)


def test_why_says_the_word_that_was_found(town, catalogue):
    routed = route(catalogue["market.goods.fake"], town.village)
    assert "市场监管" in routed.why
    assert "假冒伪劣" in routed.why
    assert routed.usual


def test_never_the_unit_it_complains_about_nor_what_stands_beneath_it(town, catalogue):
    outage, quality = catalogue["water.supply.outage"], catalogue["water.supply.quality"]
    assert route(outage, town.village, not_to=town.village).unit == town.township
    assert route(outage, town.village, not_to=town.township).unit == town.county
    assert route(quality, town.village, not_to=town.county) is None


def test_a_closed_unit_is_not_suggested(town, catalogue):
    Unit.objects.filter(code="152221-D02").update(closed_on=date(2021, 1, 1))
    assert route(catalogue["market.goods.fake"], town.village).unit == town.township


def test_every_item_finds_somebody_in_a_few_queries(town, django_assert_max_num_queries):
    for item in Item.objects.filter(level=3):
        with django_assert_max_num_queries(3):
            assert route(item, town.village) is not None


def test_every_matter_for_a_department_or_an_enterprise_has_words_and_every_rule_a_matter():
    keys = {line.key for line in sample().lines}
    named = [line for line in sample().lines if line.responsible in BY_NAME]
    assert [line.key for line in named if not routing().words(line.key, line.responsible)] == []
    assert set(routing().names) <= keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: '1'\nnames: {Water: {department: [水]}}\notherwise: {township: [county]}", "names.Water"),
        ("version: '1'\nnames: {water: {township: [水]}}\notherwise: {township: [county]}", "names.water.township"),
        ("version: '1'\nnames: {water: {department: []}}\notherwise: {township: [county]}", "names.water.department"),
        ("version: '1'\nnames: {water: {department: [水]}}\notherwise: {township: [sky]}", "otherwise.township[0]"),
        ("names: {}", "version"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, said):
    with pytest.raises(DataError, match=r"^routing\.yaml：") as refused:
        read_routing(text)
    assert said in str(refused.value)
