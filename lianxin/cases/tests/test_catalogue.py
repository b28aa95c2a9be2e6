"""The catalogue of matters: the sample, what is refused, and what becomes of items that left."""

from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from lianxin.cases.actions import seed_catalogue, set_items
from lianxin.cases.catalogue import Line, read_catalogue, sample
from lianxin.cases.data_files import DataError
from lianxin.cases.models import Item
from lianxin.cases.open311.queries import services
from lianxin.cases.queries.recording import offered_items
from lianxin.cases.suggest import suggest_items
from lianxin.imports.commands import import_
from lianxin.imports.tests.books import book
from lianxin.ledger import clock
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


@pytest.mark.parametrize(("days", "offered"), [(0, False), (1, True)])
def test_an_item_is_offered_up_to_the_day_from_which_it_is_not(catalogue, days, offered):
    key = "water.supply.outage"
    Item.objects.filter(key=key).update(retired_on=clock.today() + timedelta(days=days))
    assert (key in offered_items()) is offered
    assert (key in [suggestion.item.key for suggestion in suggest_items("家里停水了")]) is offered
    assert (key in [service["service_code"] for service in services()]) is offered


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_item_with_its_urgency_and_who_is_usually_responsible(world, catalogue):
    page = world.client("member").get("/catalogue/").content.decode()
    assert "停水断水" in page
    assert page.count('<th scope="row">') == 95 + 4  # and the four tiers
    assert "示例" in page
    assert "/catalogue/workbook/" not in page


@pytest.mark.parametrize(("query", "count"), [("路灯", 2), ("MANHOLE", 1), ("heat.gas", 2), ("没有这样的事", 0)])
def test_it_is_searched_by_title_keyword_and_key_in_both_languages(world, catalogue, query, count):
    page = world.client("member").get("/catalogue/", {"q": query})
    assert page.context["page"].count == count


def test_it_reads_english_in_english(world, catalogue):
    client = world.client("member")
    client.post("/language/", {"language": "en", "next": "/"})
    page = client.get("/catalogue/").content.decode()
    assert "No water" in page
    assert "15 working days" in page


# --- the workbook ----------------------------------------------------------------------------------------------------

LAMP = ("power.lights.lamp", "村内路灯", "Village lamps", "路灯 灯泡", "ordinary", "village", "direct", "")


@pytest.fixture
def bring_in(world, catalogue, tmp_path):
    def run(*rows, content=None):
        file = tmp_path / "items.xlsx"
        file.write_bytes(content or book("items", *rows))
        return CliRunner().invoke(import_, ["items", str(file), "--as", "county_officer"])

    return run


def test_a_workbook_adds_changes_and_withdraws_and_the_same_again_does_nothing(bring_in):
    rows = [
        LAMP,
        ("power", "用电照明", "Electricity", "", "", "", "", ""),
        ("market.goods.fake", "假冒伪劣", "Fake goods", "假货", "ordinary", "department", "agent", "no"),
    ]
    assert bring_in(*rows).exit_code == 0
    lamp = Item.objects.get(key="power.lights.lamp")
    assert (lamp.level, lamp.parent.key, lamp.keywords) == (3, "power.lights", "路灯 灯泡")
    assert Item.objects.get(key="power").title == "用电照明"
    assert Item.objects.get(key="market.goods.fake").retired_on is not None
    assert {entry["source"] for entry in entries()[1:]} == {"workbook"}
    before = len(entries())
    assert bring_in(*rows).exit_code == 0
    assert len(entries()) == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Power.Lights", "灯", "", "", "", "", "", ""), "编号"),
        (("power.lamps.one", "灯", "", "", "ordinary", "village", "direct", ""), "power.lamps"),
        (("power.lights.lamp", "灯", "", "", "", "village", "direct", ""), "第三级事项必须"),
        (("power.lights", "灯", "", "", "ordinary", "", "", ""), "请留空"),
        (("power.lights.lamp", "灯", "", "", "ordinary", "village", "direct", "no"), "无法停用"),
        (("market.goods", "商品质量", "Goods", "", "", "", "", "no"), "market.goods.fake"),
        (("power.lights.lamp", "", "", "", "ordinary", "village", "direct", ""), "名称"),
        (("power.lights.lamp", "灯", "", "", "quickly", "village", "direct", ""), "quickly"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_the_workbook_is_brought_in(bring_in, row, said):
    refused = bring_in(("water.supply.well", "水井", "Wells", "水井", "supply", "village", "agent", ""), row)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert not Item.objects.filter(key="water.supply.well").exists()


def test_what_stands_is_downloaded_as_the_workbook_that_changes_it(world, bring_in):
    officer = world.client("county_officer")
    file = officer.get("/catalogue/workbook/").content
    done = bring_in(content=file)
    assert done.exit_code == 0, done.stderr
    assert len(entries()) == 1  # all 143 are unchanged


def test_once_a_county_brought_in_its_own_the_page_no_longer_calls_it_a_sample(world, bring_in):
    bring_in(LAMP)
    assert "示例，由本项目编写" not in world.client("member").get("/catalogue/").content.decode()
