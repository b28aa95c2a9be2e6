"""Template tags and filters of every page. Loaded everywhere (settings, `builtins`)."""

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from lianxin.ui import charts, dates, phones, qr_code, states

register = template.Library()


@register.filter
def day(value: date | None) -> str:
    """3月5日 星期四 / Thu 5 Mar; 今天, 昨天, 明天 within two days; the year where it is another; 未知 for none."""
    return dates.day(value)


@register.filter
def full_day(value: date | None) -> str:
    """2026年3月5日 / 5 Mar 2026: for papers, headings and dates of data."""
    return dates.full_day(value)


@register.filter
def instant(value: datetime | None) -> str:
    """A naive UTC instant as local date and time of Asia/Shanghai."""
    return dates.instant(value)


@register.filter
def month_name(value: date) -> str:
    """3月 / Mar."""
    return dates.month(value)


@register.filter
def iso(value: date | None) -> str:
    """2026-03-05, for `datetime` attributes and inputs."""
    return value.isoformat() if value else ""


@register.filter
def number(value: float | None) -> str:
    """1,234; 未知 for none (which is never 0 and never a dash)."""
    if value is None:
        return str(states.UNKNOWN_WORD)
    return f"{value:,}"


@register.filter
def tenths(value: int | None) -> str:
    """A number kept in integer tenths: 873 → 87.3."""
    if value is None:
        return str(states.UNKNOWN_WORD)
    return f"{value // 10:,}.{value % 10}"


@register.filter
def or_unknown(value: Any) -> Any:
    """The value, or 未知 where there is none."""
    return states.UNKNOWN_WORD if value is None or value == "" else value


@register.filter
def masked(phone: str | None) -> str:
    """138****5678. A phone is masked wherever it is not opened with a reason."""
    digits = (phone or "").strip()
    if not digits:
        return str(states.UNKNOWN_WORD)
    return phones.mask(digits)


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """A state, pace or alert of a standing as shape, word and colour."""
    found = states.find(name)
    return format_html(
        '<span class="state {}"><span class="shape" aria-hidden="true">{}</span>{}</span>',
        found.tone,
        found.shape,
        word or found.word,
    )


@register.filter
def state_word(name: str) -> str:
    """The word of a state alone, for titles and plain text."""
    return str(states.find(name).word)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's query string with the changes made: `{% query page=2 %}`, `{% query sort=None %}`. Always starts with “?”."""
    request = context.get("request")
    values = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            values.pop(name, None)
        else:
            values[name] = str(value)
    return f"?{values.urlencode()}"


@register.simple_tag
def qr(address: str, label: str = "") -> SafeString:
    """The address as a QR code, drawn in SVG."""
    return mark_safe(qr_code.svg(address, label))  # nosec B308 B703  # drawn by us from modules; the label is escaped there


@register.filter
def error_id(field: BoundField) -> str:
    """Where the error summary links: the field itself, or the first choice of a group."""
    return field.id_for_label or field.auto_id or ""


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the field is a single tick box, whose label stands beside it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def tiny_bar(n: Any, need: Any, tone: str = "grey") -> SafeString:
    """A bar of n out of need, drawn beside its number and therefore hidden from screen readers."""
    return charts.tiny_bar(float(n or 0), float(need or 0), tone)


def _sorted_by(context: template.Context) -> str:
    request = context.get("request")
    return request.GET.get("sort", "") if request else ""


@register.simple_tag(takes_context=True)
def sort_query(context: template.Context, key: str) -> str:
    """The address that sorts by this column, or turns the order round where it already does; the first page of it."""
    turned = f"-{key}" if _sorted_by(context) == key else key
    return query(context, sort=turned, page=None)


@register.simple_tag(takes_context=True)
def sort_direction(context: template.Context, key: str) -> str:
    """For aria-sort."""
    return {key: "ascending", f"-{key}": "descending"}.get(_sorted_by(context), "none")


@register.simple_tag(takes_context=True)
def sort_arrow(context: template.Context, key: str) -> SafeString:
    arrow = {key: "▴", f"-{key}": "▾"}.get(_sorted_by(context), "")
    return format_html('<span aria-hidden="true">{}</span>', arrow) if arrow else SafeString("")


@register.simple_tag(takes_context=True)
def keep_query(context: template.Context, *without: str) -> SafeString:
    """Hidden inputs for what the address already holds, so that a small GET form keeps the other choices."""
    request = context.get("request")
    pairs = [(name, value) for name, values in request.GET.lists() for value in values] if request else []
    return format_html_join(
        "", '<input type="hidden" name="{}" value="{}">', [pair for pair in pairs if pair[0] not in (*without, "page")]
    )


@register.inclusion_tag("ui/charts/columns.html")
def columns_chart(chart: charts.Columns) -> dict[str, Any]:
    """A chart of columns or a line over months, with its table beneath."""
    return {"chart": chart}


@register.inclusion_tag("ui/charts/tiles.html")
def tile_board(board: charts.Board) -> dict[str, Any]:
    """The township board: tiles on a map-like grid, each a link with its numbers."""
    return {"board": board}
