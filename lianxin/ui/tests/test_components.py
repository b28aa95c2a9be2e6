"""Components escape what they are given, see nothing else, and forms keep what was typed."""

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory

from lianxin.ui import charts

HOSTILE = '<script>alert("x")</script>'


def render(source, **context):
    # As a loaded template would be: the components are compiled first.
    from django_cotton.compiler_regex import CottonCompiler

    return engines["django"].from_string(CottonCompiler().process(source)).render(context, RequestFactory().get("/"))


@pytest.mark.parametrize(
    "source",
    [
        '<c-heading title="{{ hostile }}" over="{{ hostile }}" under="{{ hostile }}" />',
        '<c-heading :title="hostile" />',
        '<c-notice title="{{ hostile }}">{{ hostile }}</c-notice>',
        '<c-figure value="{{ hostile }}" label="{{ hostile }}" href="{{ hostile }}" />',
        '<c-entry what="{{ hostile }}" who="{{ hostile }}" why="{{ hostile }}" by="{{ hostile }}" :superseded="True" />',
        '<c-fact label="{{ hostile }}">{{ hostile }}</c-fact>',
        '<c-task title="{{ hostile }}" href="{{ hostile }}">{{ hostile }}</c-task>',
        '<c-table caption="{{ hostile }}"></c-table>',
        '<c-crumbs :places="places" />',
        '<c-select name="x" label="{{ hostile }}" :choices="places" any="{{ hostile }}" />',
        '<c-steps :steps="steps" />',
        "{% tile_board board %}",
        "{% columns_chart chart %}",
    ],
)
def test_words_are_escaped(source):
    page = render(
        source,
        hostile=HOSTILE,
        places=[(HOSTILE, HOSTILE)],
        steps=[HOSTILE],
        board=charts.Board(HOSTILE, [charts.Tile(HOSTILE, HOSTILE, HOSTILE, [charts.Share(1, "met", HOSTILE)])]),
        chart=charts.Columns(HOSTILE, [charts.Point(HOSTILE, 1, HOSTILE)]),
    )
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_component_sees_only_what_it_is_given():
    assert "leaked" not in render("<c-notice>words</c-notice>", title="leaked", kind="leaked")


def test_an_empty_fact_reads_unknown():
    assert "<dd>未知</dd>" in render('<c-fact label="x"></c-fact>')


class VisitForm(forms.Form):
    day = forms.DateField(label="Day", help_text="The day it took place")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    words = forms.CharField(label="Words", required=False)

    def clean(self):
        raise forms.ValidationError("Together they are wrong")


def test_a_form_says_what_is_wrong_where_it_is_and_above():
    page = render('<c-record-form :form="form" />', form=VisitForm({"words": "kept"}))
    assert 'href="#id_day"' in page
    assert 'href="#id_kind"' in page
    assert 'id="id_kind"' in page
    assert "Together they are wrong" in page
    assert 'value="kept"' in page
    assert 'aria-describedby="id_day_helptext id_day_error"' in page
    assert page.index("The day it took place") < page.index('name="day"') < page.index('id="id_day_error"')


def test_a_fresh_form_complains_of_nothing():
    assert 'role="alert"' not in render('<c-record-form :form="form" />', form=VisitForm())


def test_a_bar_is_never_longer_than_full_and_never_divides_by_nothing():
    assert 'width="72.0"' in charts.tiny_bar(5, 3)
    assert 'width="36.0"' in charts.tiny_bar(1, 2)
    assert 'width="0.0"' in charts.tiny_bar(1, 0)


def test_a_chart_draws_nothing_for_what_is_unknown():
    page = render("{% columns_chart chart %}", chart=charts.Columns("Visits", [charts.Point("1", 3), charts.Point("2", None)]))
    assert page.count("<rect") == 1
    assert "未知" in page


def test_the_parts_of_a_tile_fill_its_bar():
    tile = charts.Tile("t", "/", "1", [charts.Share(1, "met", "a"), charts.Share(2, "behind", "b"), charts.Share(0, "bad", "c")])
    assert tile.tone == "behind"
    assert sum(part["width"] for part in tile.segments) == pytest.approx(100, abs=0.1)
