"""Which item of the catalogue is suggested, and why."""

import pytest
from django.conf import settings

from lianxin.cases import actions, duplicates, suggest
from lianxin.cases.models import Case, Item
from lianxin.cases.suggest import Classifier, suggest_items
from lianxin.config.folder import Folder
from lianxin.ledger import clock

SAID = {
    "water.outage": ["村里停水三天了", "水井不出水", "家里水压太小没水用"],
    "road.broken": ["村道坑洼车难走", "路面塌了一块", "水泥路破损要修"],
    "lights.broken": ["路灯不亮晚上看不见", "路口的灯坏了", "广场路灯全黑"],
    "waste.heap": ["垃圾没人清运", "垃圾堆在河边发臭", "垃圾箱满了"],
    "noise.night": ["夜里施工太吵睡不着", "广场舞音响太吵", "凌晨打桩噪音大"],
}
KEYWORDS = {"water.outage": "停水 没水 水井", "road.broken": "坑洼 塌 路面", "lights.broken": "路灯 灯坏"}


@pytest.fixture(autouse=True)
def _nothing_learned():
    suggest.forget()
    suggest._memory.looked = float("-inf")
    duplicates._indexes.clear()
    yield
    suggest.forget()


@pytest.fixture
def items(db):
    return {
        key: Item.objects.create(key=key, level=3, title=key.replace(".", " "), keywords=KEYWORDS.get(key, "")) for key in SAID
    }


def keys(found):
    return [each.item.key for each in found]


def test_keywords_speak_until_there_is_enough_to_learn_from(items):
    (first, *_rest) = suggest_items("我家门口的路灯不亮了")
    assert (first.item.key, first.words) == ("lights.broken", ("路灯",))
    assert 0 < first.score <= 1
    assert suggest_items("完全无关的话") == suggest_items("") == suggest_items("🙂<script>") == []


def test_a_retired_item_is_not_suggested(items):
    Item.objects.filter(key="lights.broken").update(retired_on="2020-01-01")
    assert suggest_items("路灯不亮") == []


def test_learned_from_closed_cases_alone(world, items, monkeypatch):
    monkeypatch.setattr(suggest, "ENOUGH", 15)
    for key, texts in SAID.items():
        for n, text in enumerate(texts):
            case = actions.report_case(
                report=actions.Report(sending=f"{key} {n} from a phone", place=world.village, text=text, item=items[key])
            ).reporter.case
            type(case).objects.filter(pk=case.pk).update(state="solved" if key != "noise.night" or n else "led")
    assert keys(suggest_items("垃圾很久没人清运，臭")) == []  # two cases of noise: not enough of five items yet
    type(case).objects.update(state="solved")
    suggest._memory.looked = float("-inf")
    (first, *_rest) = suggest_items("垃圾很久没人清运，臭")
    assert first.item.key == "waste.heap"
    assert first.words
    assert all(word in "垃圾很久没人清运臭" for word in first.words)


def test_learned_anew_only_when_a_fifth_more_is_closed(world, items, monkeypatch):
    monkeypatch.setattr(suggest, "ENOUGH", 15)
    for key, texts in SAID.items():
        for n, text in enumerate(texts):
            report = actions.Report(sending=f"{key} {n} from a phone", place=world.village, text=text, item=items[key])
            case = actions.report_case(report=report).reporter.case
    type(case).objects.update(state="presumed")
    suggest.learn()
    known = suggest._memory.classifier
    assert known is not None
    more = [
        actions.report_case(
            report=actions.Report(f"one more phone {n}", world.village, "路灯又坏了", item=items["lights.broken"])
        )
        for n in range(3)
    ]
    type(case).objects.filter(pk=more[0].reporter.case_id).update(state="solved")
    suggest.learn()
    assert suggest._memory.classifier is known
    type(case).objects.filter(pk__in=[each.reporter.case_id for each in more]).update(state="solved")
    suggest.learn()
    assert suggest._memory.classifier is not known


def test_words_that_were_erased_by_any_process_are_known_to_none(world, items, monkeypatch, tmp_path):
    monkeypatch.setattr(suggest, "ENOUGH", 15)
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))
    said = [(key, text) for key, texts in SAID.items() for text in texts]
    received = [
        actions.report_case(report=actions.Report(f"{n} from a phone of its own", world.village, text, item=items[key]))
        for n, (key, text) in enumerate([*said, ("waste.heap", "垃圾堆在张三家门口")])
    ]
    Case.objects.update(state="presumed", ended_at=clock.now())

    def knows_the_name():
        suggest_items("垃圾")
        return "张三" in suggest._memory.classifier._names()

    compared = duplicates._index_of(world.township.pk)
    assert knows_the_name() and duplicates._index_of(world.township.pk) is compared
    actions.ask_erasure(reporter=received[-1].reporter)  # tells this process nothing that another would not find
    assert not knows_the_name() and duplicates._index_of(world.township.pk) is not compared


def test_shares_are_like_probabilities_and_reasons_stand_in_the_text():
    texts = [(text,) for said in SAID.values() for text in said]
    classifier = Classifier(texts, [key for key, said in SAID.items() for _ in said])
    (shares,) = classifier.shares([("晚上路灯不亮",)])
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "lights.broken"
    assert "路灯" in "".join(classifier.reasons(("晚上路灯不亮",), "lights.broken"))
    two = Classifier(texts[:6], ["water"] * 3 + ["road"] * 3)
    assert two.predict([("又停水了",)]) == ["water"]
    assert two.reasons(("又停水了",), "water") == ("停水",)


def test_whoever_records_a_problem_is_asked_which_matter_it_may_be(world, items):
    page = world.client("secretary").get("/cases/new/").content.decode()
    assert 'data-address="/cases/suggest/"' in page
    found = world.client("secretary").post("/cases/suggest/", {"text": "路灯不亮 <b>"}).content.decode()
    assert 'data-item="lights.broken"' in found
    assert "<q>路灯</q>" in found
    assert world.client("secretary").post("/cases/suggest/", {"text": "\0🙂" * 9000}).content.decode().strip() == ""
    assert world.client("contact_leader").post("/cases/suggest/", {"text": "路灯不亮"}).status_code == 404
    assert world.client("secretary").get("/cases/suggest/").status_code == 405


def test_whoever_records_a_problem_sees_what_is_open_nearby_already(world, items):
    said = {"text": "路灯不亮了，晚上看不见", "place": world.village.code}
    report = actions.Report(sending="a phone in the village", place=world.village, text="村东的路灯不亮，晚上看不见")
    case = actions.report_case(report=report).reporter.case
    page = f'href="/cases/{case.pk}/"'
    assert page in world.client("secretary").post("/cases/suggest/", said).content.decode()
    assert page not in world.client("sibling_secretary").post("/cases/suggest/", said).content.decode()
    assert page not in world.client("secretary").post("/cases/suggest/", {**said, "place": "999"}).content.decode()
