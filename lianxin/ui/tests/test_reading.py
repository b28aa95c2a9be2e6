"""How dates, numbers and states read, in both languages."""

from datetime import date, datetime

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from lianxin.ledger import clock
from lianxin.ui import dates, states


@pytest.fixture
def on_thursday(monkeypatch):
    """Thursday, 5 March 2026."""
    monkeypatch.setenv(clock.FIXED_DAY, "2026-03-05")


def render(source, address="/", **context):
    return engines["django"].from_string(source).render(context, RequestFactory().get(address))


@pytest.mark.parametrize(
    ("language", "day", "words"),
    [
        ("zh-hans", date(2026, 3, 12), "3月12日 星期四"),
        ("en", date(2026, 3, 12), "Thu 12 Mar"),
        ("zh-hans", date(2026, 3, 5), "今天"),
        ("en", date(2026, 3, 4), "yesterday"),
        ("zh-hans", date(2026, 3, 7), "后天"),
        ("zh-hans", date(2026, 3, 8), "3月8日 星期日"),
        ("zh-hans", date(2025, 3, 12), "2025年3月12日"),
        ("en", date(2025, 3, 12), "12 Mar 2025"),
        ("zh-hans", None, "未知"),
        ("en", None, "unknown"),
    ],
)
def test_a_day_reads_as_people_say_it(on_thursday, language, day, words):
    with translation.override(language):
        assert dates.day(day) == words


def test_an_instant_is_shown_on_the_local_clock():
    instant = datetime(2026, 3, 5, 16, 30)  # half past midnight, the next day, in Asia/Shanghai
    with translation.override("zh-hans"):
        assert dates.instant(instant) == "2026年3月6日 00:30"
    with translation.override("en"):
        assert dates.instant(instant) == "6 Mar 2026, 00:30"


@pytest.mark.parametrize(
    ("source", "value", "written"),
    [
        ("{{ value|number }}", 1234567, "1,234,567"),
        ("{{ value|number }}", 0, "0"),
        ("{{ value|number }}", None, "未知"),
        ("{{ value|tenths }}", 873, "87.3"),
        ("{{ value|or_unknown }}", "", "未知"),
        ("{{ value|or_unknown }}", 0, "0"),
        ("{{ value|masked }}", "13812345678", "138****5678"),
        ("{{ value|masked }}", "12345", "****"),
        ("{{ value|masked }}", "", "未知"),
    ],
)
def test_values_are_written_exactly_and_the_unknown_is_said(source, value, written):
    with translation.override("zh-hans"):
        assert render(source, value=value) == written


@pytest.mark.parametrize("name", states.STATES)
def test_every_state_has_a_shape_and_a_word(name):
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found = states.find(name)
            assert found.shape and found.word and found.tone in (states.MET, states.BEHIND, states.BAD, states.GREY)
            assert str(found.word) in render("{% state name %}", name=name)


def test_states_of_different_meaning_read_differently():
    with translation.override("zh-hans"):
        words = [str(state.word) for state in states.STATES.values()]
    assert len(words) == len(set(words))


def test_a_state_nobody_declared_reads_unknown():
    with translation.override("en"):
        assert "unknown" in render('{% state "levitating" %}')


@pytest.mark.parametrize(
    ("tag", "address", "expected"),
    [
        ("{% query page=2 %}", "/?field=village&page=7", "?field=village&amp;page=2"),
        ("{% query field=None %}", "/?field=village&page=7", "?page=7"),
        ('{% sort_query "name" %}', "/?page=7", "?sort=name"),
        ('{% sort_query "name" %}', "/?sort=name", "?sort=-name"),
        ('{% sort_direction "name" %}', "/?sort=-name", "descending"),
    ],
)
def test_the_address_keeps_every_other_choice(tag, address, expected):
    assert render(tag, address) == expected


def test_hidden_choices_are_escaped():
    assert '"><script>' not in render('{% keep_query "as_of" %}', '/?q="><script>&as_of=2026-01-01')
    assert "as_of" not in render('{% keep_query "as_of" %}', "/?as_of=2026-01-01")


def test_a_qr_code_is_labelled_or_hidden():
    assert 'role="img" aria-label="&lt;x&gt;"' in render("{% qr address label %}", address="https://example.org/", label="<x>")
    assert 'aria-hidden="true"' in render("{% qr address %}", address="https://example.org/")
