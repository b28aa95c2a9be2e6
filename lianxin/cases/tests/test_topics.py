"""Hot topics: several different people, one matter."""

from datetime import date, timedelta

import pytest

from lianxin.cases import actions
from lianxin.cases.models import Case
from lianxin.cases.topics import Said, find_topics, hot_topics
from lianxin.ledger import clock

DAY = date(2026, 5, 1)
NOISE = ["幸福小区夜里施工太吵", "幸福小区半夜施工噪音大", "工地夜里施工吵得睡不着，幸福小区", "幸福小区夜间施工何时停"]
WATER = ["柳树村水井不出水", "柳树村的水井又不出水了", "水井不出水，柳树村"]
OTHERS = ["想问社保怎么转", "公交车半小时不来一班", "学校门口堵车", "医院挂号排队久", "路灯不亮"]


def said(texts, start=0, people=None):
    return [
        Said(start + n, (text,), DAY + timedelta(days=n), frozenset([people or f"p{start + n}"])) for n, text in enumerate(texts)
    ]


ALL = [*said(NOISE), *said(WATER, 10), *said(OTHERS, 20)]


def test_the_hottest_first_with_who_where_and_since_when():
    first, second = find_topics(ALL)
    assert (first.rank, first.size, first.people, first.rows) == (1, 4, 4, [0, 1, 2, 3])
    assert (first.since, first.until, first.place) == (DAY, DAY + timedelta(days=3), "幸福小区")
    assert (second.rows, second.place) == ([10, 11, 12], "柳树村")
    assert "水井" in second.title
    assert find_topics(ALL, top=1) == [first]


def test_one_person_who_writes_often_is_no_topic():
    assert find_topics([*said(NOISE, people="one"), *said(OTHERS, 20)]) == []


def test_the_same_whatever_the_order_and_however_often():
    assert find_topics(ALL[::-1]) == find_topics(ALL) == find_topics(ALL[5:] + ALL[:5])


def test_growth_is_of_the_last_thirty_days():
    days = (0, 10, 15, 55)
    rows = [Said(n, (WATER[0],), DAY + timedelta(days=day), frozenset(str(n))) for n, day in enumerate(days)]
    assert [topic.growth for topic in find_topics(rows)] == [1 - 3]
    assert [topic.growth for topic in find_topics(rows[:3])] == [3]


def test_nothing_to_say_is_no_topic():
    assert find_topics([]) == find_topics([Said(1, ("🙂",), DAY, frozenset("abc"))]) == []


def test_all_say_the_same():
    rows = [Said(n, (WATER[0],), DAY, frozenset([str(n)])) for n in range(250)]
    assert [topic.people for topic in find_topics(rows)] == [250]


@pytest.fixture
def noisy(world):
    place = world.village
    cases = [
        actions.report_case(report=actions.Report(f"phone {n} of a person", place, text)).reporter.case
        for n, text in enumerate([*NOISE[:3], *OTHERS])
    ]
    actions.join_case(case=cases[3], report=actions.Report("one more phone of all", place, "我也想问社保怎么转"))
    return cases


def topics_of(world, name):
    today = clock.today()
    return hot_topics(world.user(name), today - timedelta(days=30), today + timedelta(days=1))


def test_each_sees_the_topics_of_their_own_cases(world, noisy):
    (topic,) = topics_of(world, "county_officer")
    assert (topic.people, topic.rows, topic.place) == (3, sorted(case.pk for case in noisy[:3]), world.village.name)
    assert topics_of(world, "township_officer") == [topic]
    assert topics_of(world, "sibling_officer") == topics_of(world, "other_county_officer") == []


def test_what_complains_about_a_unit_is_no_topic_there(world, noisy):
    Case.objects.filter(pk=noisy[0].pk).update(about=world.units["152221200"])
    assert topics_of(world, "township_officer") == []
    assert len(topics_of(world, "county_officer")) == 1


def test_who_leaves_no_phone_may_be_one_and_the_same_and_the_page_says_so(world, noisy):
    report = actions.Report("somebody with a phone", world.village, NOISE[3], phone="13800001111")
    actions.report_case(report=report)
    (topic,) = topics_of(world, "county_officer")
    assert (topic.people, topic.at_least) == (4, 1)
    assert "1—4 人反映" in world.client("county_officer").get("/topics/").content.decode()
    assert [topic.at_least for topic in find_topics(said(NOISE))] == [4]


def test_who_joins_counts(world, noisy):
    for n in range(2):
        report = actions.Report(f"joining phone number {n}", world.village, "")
        actions.join_case(case=noisy[4], report=report)
    assert [topic.rows for topic in topics_of(world, "county_officer")] == [
        sorted(case.pk for case in noisy[:3]),
        [noisy[4].pk],
    ]
