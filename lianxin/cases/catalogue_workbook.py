"""The catalogue as it stands, written as the workbook that changes it: change cells, add rows, bring it in."""

import io
from collections.abc import Iterable

from lianxin.cases.models import Item
from lianxin.cases.sheets import COLUMNS, NO, YES, cells_of
from lianxin.imports.template import FONT, new_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def write_catalogue(items: Iterable[Item]) -> bytes:
    """One row for each item, in the reader's language; choices in words, as the reading takes them."""
    file = io.BytesIO()
    book = new_workbook(file)
    head = book.add_format({**FONT, "bold": True, "bottom": 1, "bg_color": "#F1EEE6", "text_wrap": True})
    text = book.add_format({**FONT, "num_format": "@"})
    page = book.add_worksheet()
    page.freeze_panes(1, 1)
    for position, column in enumerate(COLUMNS):
        page.set_column(position, position, 40 if column.key in ("keywords", "title_en") else 24, text)
        page.write_string(0, position, f"{column.label}*" if column.required else str(column.label), head)
        if column.choices:
            labels = [str(label) for _key, label in column.choices]
            if len(",".join(labels)) <= 255:
                page.data_validation(1, position, 5000, position, {"validate": "list", "source": labels, "ignore_blank": True})
    for row, item in enumerate(items, 1):
        told = {"key": item.key, **cells_of(item), "offered": NO if item.retired_on else YES}
        for position, column in enumerate(COLUMNS):
            value = told[column.key]
            page.write_string(row, position, str(dict(column.choices).get(value, value)), text)
    book.close()
    return file.getvalue()
