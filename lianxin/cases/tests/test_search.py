"""Search in sealed words: exactly what a reader of every text would find, and nothing a thief of the database could read."""

import re

import pytest
from django.db import connection

from lianxin.cases import actions, search
from lianxin.cases.models import Case, CaseStep

TEXTS = [
    "村口的水井不出水",
    "水泵坏了，井里没水",
    "路灯不亮 Road-Light 12号",
    "井水浑浊，水泵 坏",
    "ＷＩＦＩ断了，３号楼",
    "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "<script>alert('水')</script>'; DROP TABLE cases_case; --",
]


@pytest.fixture
def cases(world):
    said = [
        actions.report_case(
            report=actions.Report(sending=f"a phone's own key {n}", place=world.village, text=text, spot="东头第二户")
        )
        for n, text in enumerate(TEXTS)
    ]
    return [received.reporter.case for received in said]


def found(asked, **more):
    return search.find(Case.objects.all(), search.terms_of(asked), want=50, **more).pks


def read_one_by_one(cases, asked):
    """The slow and obvious way."""
    terms = search.folded(asked).split()
    texts = {case.pk: [step.text for step in CaseStep.objects.filter(case=case)] + ["东头第二户"] for case in cases}
    return sorted(
        (pk for pk, said in texts.items() if terms and all(any(term in search.folded(text) for text in said) for term in terms)),
        reverse=True,
    )


@pytest.mark.parametrize(
    "asked",
    [
        "水",
        "井",
        "水井",
        "井水",
        "水泵坏",
        "水泵 井",
        "不出水",
        "wifi",
        "WiFi 3",
        "light",
        "灯不亮",
        "ᠮᠣᠩ",
        "户",
        "第二户",
        "云",
        "alert",
        "1",
    ],
)
def test_finds_what_a_reader_would(cases, asked):
    assert found(asked) == read_one_by_one(cases, asked)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        " ",
        "'",
        '"',
        "*",
        "NEAR(水 井)",
        "水 OR 井",
        "words:水",
        "水*",
        "-水",
        "^水",
        "水\x00井",
        "😀",
        "水" * 1_000_000,
        "') --",
        "\ud800",
    ],
)
def test_hostile_words_find_nothing_more_and_break_nothing(cases, asked):
    assert found(asked) == read_one_by_one(cases, asked[: search.LONGEST])


def test_what_is_added_is_found_and_what_is_erased_is_not(cases):
    case = cases[2]
    actions.add_note(reporter=case.reporters.get(), text="灯杆也歪了")
    assert found("灯杆") == [case.pk]
    assert found("路灯 灯杆") == [case.pk]  # of several steps together
    search.forget([case.pk])
    assert found("灯杆") == []
    search.index_cases([case])
    assert found("灯杆") == [case.pk]
    CaseStep.objects.filter(case=case).update(sealed=None)
    search.index_cases([case])
    assert found("灯杆") == []


def test_the_index_is_made_anew(cases):
    search.forget([case.pk for case in cases])
    assert search.rebuild() == len(cases)
    assert found("水") == read_one_by_one(cases, "水")


def test_what_is_looked_for_among_few_or_from_a_place_on(cases):
    whole = found("水")
    assert found("水", among=whole[1:]) == whole[1:]
    assert found("水", among=[]) == []
    assert found("水", below=whole[0]) == whole[1:]
    first = search.find(Case.objects.all(), ["水"], want=2)
    assert (first.pks, first.after, first.full) == (whole[:2], whole[1], True)


def test_a_long_way_back_ends_and_goes_on_from_there(cases, monkeypatch):
    monkeypatch.setattr(search, "STRIDES", (1, 1))
    newest = search.find(Case.objects.filter(pk=cases[0].pk), ["水"], want=50)
    assert (newest.pks, newest.full) == ([], False)
    older = search.find(Case.objects.filter(pk=cases[0].pk), ["水"], want=50, below=newest.after)
    assert older.pks == [cases[0].pk]


def test_the_index_holds_no_words_and_needs_the_key(cases, settings):
    with connection.cursor() as cursor:
        table = "cases_search" if connection.vendor == "postgresql" else "cases_search_data"
        cursor.execute(f"SELECT * FROM {table}")
        kept = repr(cursor.fetchall())
    assert not re.search("[水井泵灯]|wifi", kept)
    settings.KEYS = {**settings.KEYS, "search": "11" * 32}
    assert found("水") == []
