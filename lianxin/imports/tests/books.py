"""Small real workbooks, made as Excel would make them."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from django.utils import translation

from lianxin.imports.sheets import declared

UNIT = ("152221200203-2", "特门嘎查第二党支部", "branch", "152221200203", date(2021, 3, 1))
PERSON = ("X0001", "萨仁", 1990, "13800000001", "152221200203-1", "rural", "", date(2021, 3, 1))


def headings(sheet: str, language: str = "zh-hans") -> list[str]:
    with translation.override(language):
        return [str(column.label) for column in declared()[sheet].columns]


def book(
    sheet: str,
    *rows: Sequence[Any],
    heads: Sequence[Any] | None = None,
    name: str = "",
    also: Callable[[Any, Any], None] | None = None,
) -> bytes:
    """A workbook of a sheet: its headings, then the rows as given. `also` may do worse to it, with the book and the worksheet."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    page = made.add_worksheet(name or None)
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    lines: Iterable[Sequence[Any]] = [headings(sheet) if heads is None else heads, *rows]
    for number, line in enumerate(lines):
        for position, value in enumerate(line):
            if isinstance(value, date):
                page.write_datetime(number, position, value, day)
            elif isinstance(value, str) and value.startswith("="):
                page.write_formula(number, position, value, None, "X0001")
            elif value not in ("", None):
                page.write(number, position, value)
    if also is not None:
        also(made, page)
    made.close()
    return file.getvalue()


def person(**changes: Any) -> tuple[Any, ...]:
    """A row of the people sheet, sound but for the changes."""
    keys = [column.key for column in declared()["people"].columns]
    return tuple({**dict(zip(keys, PERSON, strict=True)), **changes}[key] for key in keys)


def unit(**changes: Any) -> tuple[Any, ...]:
    """A row of the units sheet, sound but for the changes."""
    keys = [column.key for column in declared()["units"].columns]
    values = {**dict.fromkeys(keys, ""), **dict(zip(keys, UNIT, strict=False)), **changes}
    return tuple(values[key] for key in keys)


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same zip with its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return file.getvalue()
