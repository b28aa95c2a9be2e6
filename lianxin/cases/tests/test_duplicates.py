"""Reports that say nearly the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxin.cases import actions, duplicates
from lianxin.cases.duplicates import group_duplicates, like_pairs, similar_open
from lianxin.cases.models import Case

WELL = "村口的水井三天不出水了，老人挑不动水"


def reported(place, text, sending, **said):
    report = actions.Report(sending=f"{sending} from a phone", place=place, text=text, **said)
    return actions.report_case(report=report).reporter.case


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Tests undo what they wrote and use its numbers again."""
    duplicates._indexes.clear()


@pytest.fixture
def well(world):
    reported(world.village, "东头的路灯全坏了", "lamp")
    return reported(world.village, WELL, "well")


def found(place, text):
    return [each.case for each in similar_open(place, text)]


def test_a_report_finds_its_like_nearby_with_the_words_both_say(world, well):
    (each,) = similar_open(world.village, "我们村水井不出水，请来修")
    assert each.case == well
    assert 0 < each.score <= 1
    assert all(word in WELL for word in each.words)
    assert "水井" in each.words[0] or "不出水" in each.words[0]


def test_the_same_place_is_nearer_than_the_township(world, well):
    (here,) = similar_open(world.village, WELL)
    (near,) = similar_open(world.units["152221200"], WELL)
    assert here.score > near.score
    assert found(world.units["152221100003"], WELL) == []


def test_only_what_is_open_young_and_complains_about_nobody(world, well):
    assert found(world.village, WELL) == [well]
    for field, value in (("state", "solved"), ("reported_on", "2020-01-01"), ("about", world.branch)):
        before = getattr(well, field)
        Case.objects.filter(pk=well.pk).update(**{field: value})
        assert found(world.village, WELL) == []
        Case.objects.filter(pk=well.pk).update(**{field: before})
        assert found(world.village, WELL) == [well]


def test_what_came_a_moment_ago_is_found_too(world, well):
    assert found(world.village, WELL) == [well]
    other = reported(world.village, "水井不出水三天了", "again")
    assert set(found(world.village, WELL)) == {well, other}


@pytest.mark.parametrize("text", ["", "  ", "🙂", "<script>", "\0", "x" * 5000])
def test_words_that_say_nothing_find_nothing(world, well, text):
    assert found(world.village, text) == []


def test_groups_of_rows():
    texts = ["水井不出水了", "今天的天气很好", "水井不出水了！！", "", "水井 不出水了", "路灯坏了请修"]
    assert group_duplicates(texts) == [[0, 2, 4]]
    assert group_duplicates([]) == group_duplicates(["", ""]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("水井路灯坏了不出修请来", max_size=12), max_size=9), st.sampled_from([0.3, 0.6, 0.9]))
def test_likeness_has_no_direction(texts, threshold):
    there = like_pairs(texts, threshold)
    back = like_pairs(texts[::-1], threshold)
    last = len(texts) - 1
    assert there.keys() == {(last - b, last - a) for a, b in back}
    assert there == pytest.approx({(last - b, last - a): score for (a, b), score in back.items()})
    assert {(a, b) for a in range(len(texts)) for b in range(a) if texts[a] == texts[b] and len(texts[a]) > 1} <= {
        (b, a) for a, b in there
    }
