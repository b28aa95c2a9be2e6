"""A page that shows every component once, for looking at and for testing; not part of the product."""

from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.views.decorators.csrf import csrf_exempt

from lianxin.accounts.gate import public
from lianxin.ledger import clock
from lianxin.ui import charts, states


class VisitForm(forms.Form):
    kind = forms.ChoiceField(label="What was it?", choices=[("r", "research"), ("i", "inspection")], widget=forms.RadioSelect)
    day = forms.DateField(label="When?", widget=forms.DateInput(attrs={"type": "date"}), help_text="The day it took place.")
    point = forms.ChoiceField(label="Where?", choices=[("", "choose"), ("1", "特门嘎查")])
    words = forms.CharField(label="What was found", widget=forms.Textarea, required=False, help_text="Two sentences are enough.")
    sure = forms.BooleanField(label="I was there myself")


def board() -> charts.Board:
    names = [
        "科尔沁镇",
        "索伦镇",
        "德伯斯镇",
        "大石寨镇",
        "归流河镇",
        "葛根庙镇",
        "察尔森镇",
        "额尔格图镇",
        "俄体镇",
        "巴拉格歹乡",
        "桃合木苏木",
    ]
    return charts.Board(
        "Townships",
        [
            charts.Tile(
                name,
                f"#t{place}",
                f"{place + 3}/{place + 9}",
                [
                    charts.Share(place + 3, "met", str(states.find("met").word)),
                    charts.Share(3, "behind", str(states.find("behind").word)),
                    charts.Share(place % 2 * 3, "bad", str(states.find("impossible").word)),
                ],
            )
            for place, name in enumerate(names)
        ],
    )


@csrf_exempt
@public("GET", "POST")
def page(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    rows = [{"name": tile.name, "n": number * 117} for number, tile in enumerate(board().tiles * 3)]
    points = [charts.Point(f"{month}", value) for month, value in enumerate([3, 5, 0, 12, 9, 7, None, 4, 8, 10, 11, 6], 1)]
    template = engines["django"].get_template("style/page.html")
    return HttpResponse(
        template.render(
            {
                "unit": "特门嘎查 <b>“x” & 'y'</b>",
                "states": list(states.STATES),
                "rows": rows,
                "choices": [("a", "villages"), ("b", "communities")],
                "page": Paginator(range(100), 10).get_page(2),
                "board": board(),
                "chart": charts.Columns("Visits by month", points, "visits"),
                "line": charts.Columns(
                    "Visits, this year and last", points, before=[4] * 12, before_label="last year", as_line=True
                ),
                "old": today - timedelta(days=500),
                "soon": today + timedelta(days=30),
                "places_above": [("科尔沁右翼前旗", "/"), ("巴拉格歹乡", "/"), ("特门嘎查", "")],
                "steps": ["Choose", "Say", "Save"],
                "form": VisitForm(request.POST) if request.method == "POST" else VisitForm(),
            },
            request,
        )
    )
