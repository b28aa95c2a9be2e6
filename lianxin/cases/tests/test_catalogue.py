"""The catalogue of matters: the sample, what is refused, and what becomes of items that left."""

from datetime import date

import pytest

from lianxin.cases.actions import seed_catalogue, set_items
from lianxin.cases.catalogue import Line, read_catalogue, sample
from lianxin.cases.data_files import DataError
from lianxin.cases.models import Item
from lianxin.ledger.models import Entry

GOOD = """
version: "1"
items:
  water:
    title: [水, Water]
    children:
      supply:
        title: [饮水, Drinking water]
        children:
          outage: [停水, No water, "停水  断水", supply, village, agent]
"""


def entries():
    return list(Entry.objects.filter(kind="cases.catalogue_set").order_by("id").values_list("data", flat=True))


def test_the_sample_has_three_levels_and_every_matter_a_responsible_kind():
    lines = sample().lines
    assert [sum(line.level == level for line in lines) for level in (1, 2, 3)] == [14, 34, 95]
    assert all(line.responsible for line in lines if line.level == 3)
    assert all(line.keywords for line in lines if line.level == 3 and line.key != "other.other.other")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("supply, village", "suply, village", "items.water.children.supply.children.outage[3]"),
        ("supply, village", "supply, vilage", "“vilage”"),
        (", agent]", "]", "outage"),
        ("停水,", '"",', "outage[0]"),
        ("outage:", "Outage!:", "“Outage!”"),
        ("    children:\n      supply:", "    kids:\n      supply:", "items.water"),
        ('version: "1"\n', "", "version"),
        ('version: "1"', 'version: "1"\nversion: "2"', "3"),
        ("items:", "items: [", "YAML"),
        (GOOD, "", "catalogue.yaml"),
    ],
)
def test_a_mistake_is_named_with_its_place(before, after, said):
    with pytest.raises(DataError) as refused:
        read_catalogue(GOOD.replace(before, after))
    assert str(refused.value).startswith("catalogue.yaml：")
    assert said in str(refused.value)


def test_spaces_between_keywords_are_one():
    assert read_catalogue(GOOD).lines[-1].keywords == "停水 断水"


def test_the_sample_is_laid_down_once(world, catalogue):
    assert seed_catalogue(actor=world.user("county_officer"), unit=world.county) is None
    outage = catalogue["water.supply.outage"]
    assert (outage.level, outage.parent.key, outage.parent.parent.key) == (3, "water.supply", "water")
    assert (outage.tier, outage.mode) == ("supply", "agent")
    assert entries() == [{"source": "sample", "added": 143, "changed": 0, "retired": 0}]


def test_what_left_the_sample_is_retired_and_what_changed_is_told(world, catalogue):
    Item.objects.create(key="old.old.old", level=3, title="旧事项")
    Item.objects.filter(key="water").update(title="水")
    seed_catalogue(actor=world.user("county_officer"), unit=world.county)
    assert Item.objects.get(key="old.old.old").retired_on is not None
    assert Item.objects.get(key="water").title == "供水排水"
    assert entries()[-1] == {"source": "sample", "added": 0, "changed": 1, "retired": 1}


def test_a_county_with_its_own_catalogue_keeps_it(world, catalogue):
    """An upgrade lays the sample down again; it must not undo what the county said."""
    officer = world.user("county_officer")
    set_items(actor=officer, unit=world.county, lines=[Line("water", "我们的水")], retire=["market"])
    assert seed_catalogue(actor=officer, unit=world.county) is None
    assert Item.objects.get(key="water").title == "我们的水"
    assert isinstance(Item.objects.get(key="market").retired_on, date)


def test_what_was_retired_can_be_offered_again(world, catalogue):
    officer = world.user("county_officer")
    set_items(actor=officer, unit=world.county, lines=[], retire=["market"])
    market = Item.objects.get(key="market")
    set_items(actor=officer, unit=world.county, lines=[Line("market", market.title, market.title_en)])
    assert Item.objects.get(key="market").retired_on is None
