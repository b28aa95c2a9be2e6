"""Writing workbooks: the template of a sheet, and the list of mistakes in one that was sent."""

import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext

from lianxin.imports.errors import Mistake
from lianxin.imports.sheets import CODE_TYPES, Column, Sheet
from lianxin.imports.workbook import MOST_ROWS, SAMPLE_MARKS

SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""What somebody typed stays text: a cell that begins with “=” never becomes a formula."""
FONT = {"font_name": "Microsoft YaHei", "font_size": 11, "valign": "vcenter"}
LONGEST_LIST = 255
"""Characters Excel takes for the choices of a drop-down; longer lists stand on a worksheet of their own."""


def new_workbook(file: io.BytesIO) -> Any:
    """A workbook in which what somebody typed stays text."""
    import xlsxwriter  # only here: whoever writes no workbook does not wait for it

    return xlsxwriter.Workbook(file, SAFE)


def write_template(sheet: Sheet) -> bytes:
    """The empty workbook of a sheet in the reader's language: headings, one sample row, and instructions."""
    file = io.BytesIO()
    book = new_workbook(file)
    heading = book.add_format({**FONT, "bold": True, "bottom": 1, "bg_color": "#F1EEE6", "text_wrap": True})
    needed = book.add_format(
        {**FONT, "bold": True, "bottom": 1, "bg_color": "#F1EEE6", "text_wrap": True, "font_color": "#B3261E"}
    )
    cells = {
        "text": book.add_format({**FONT, "num_format": "@"}),
        "date": book.add_format({**FONT, "num_format": "yyyy-mm-dd"}),
        "other": book.add_format(FONT),
    }
    sample = {
        name: book.add_format({**FONT, "italic": True, "font_color": "#6B6F76", "num_format": number})
        for name, number in (("text", "@"), ("date", "yyyy-mm-dd"), ("other", "General"))
    }
    page = book.add_worksheet(str(sheet.title)[:31])
    page.freeze_panes(1, 1)
    page.set_row(0, 34)
    for position, column in enumerate(sheet.columns):
        kind = "text" if column.type in CODE_TYPES else "date" if column.type == "date" else "other"
        label = str(column.label)
        page.set_column(position, position, max(12, min(30, 2 * len(label) + 4, 40)), cells[kind])
        page.write_string(0, position, f"{label}*" if column.required else label, needed if column.required else heading)
        _write_sample(page, position, column, sample[kind])
        _restrict(page, position, column)
    _write_instructions(book, sheet)
    book.close()
    return file.getvalue()


def _write_sample(page: Any, position: int, column: Column, style: Any) -> None:
    example = column.example
    if column.type == "choice":
        example = next((str(label) for key, label in column.choices if key == example), "")
    if position == 0:
        page.write_string(1, 0, f"{gettext('Sample')} {example}".strip(), style)
    elif example and column.type == "date":
        page.write_datetime(1, position, date.fromisoformat(example), style)
    elif example and column.type == "int":
        page.write_number(1, position, int(example), style)
    elif example:
        page.write_string(1, position, str(example), style)


def _restrict(page: Any, position: int, column: Column) -> None:
    """Drop-downs and bounds, as far as Excel can hold people to them; the reading holds everybody to them."""
    rules: dict[str, Any] = {"ignore_blank": True}
    if column.type == "choice":
        labels = [str(label) for _key, label in column.choices]
        if len(",".join(labels)) > LONGEST_LIST or any("," in label for label in labels):
            return
        rules |= {"validate": "list", "source": labels}
    elif column.type == "int":
        rules |= {"validate": "integer", "criteria": "between", "minimum": column.least, "maximum": column.most}
    elif column.type == "date":
        rules |= {"validate": "date", "criteria": "between", "minimum": date(1900, 1, 1), "maximum": date(2100, 12, 31)}
    else:
        return
    page.data_validation(1, position, MOST_ROWS, position, rules)


def _write_instructions(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet(gettext("How to fill it in"))
    title = book.add_format({**FONT, "bold": True, "font_size": 14})
    head = book.add_format({**FONT, "bold": True, "bottom": 1})
    text = book.add_format({**FONT, "text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 12)
    page.set_column(2, 2, 90)
    page.write_string(0, 0, str(sheet.title), title)
    lines = [
        str(sheet.help),
        gettext(
            "Row 1 holds the headings; keep their words. Columns with * must be filled in. The sample row is skipped; delete"
            " it or not."
        ),
        gettext(
            "Codes are text: keep the column's format, or Excel drops digits. No formulas, no merged cells, no identity-card"
            " numbers."
        ),
        gettext("At most %(rows)s rows. What is on record already is recognised: the same file twice adds nothing.")
        % {"rows": f"{MOST_ROWS:,}"},
    ]
    row = 1
    for line in filter(None, lines):
        page.merge_range(row, 0, row, 2, line, text)
        page.set_row(row, 34)
        row += 1
    for position, words in enumerate((gettext("Column"), gettext("Needed"), gettext("What to fill in"))):
        page.write_string(row + 1, position, words, head)
    for number, column in enumerate(sheet.columns, row + 2):
        page.write_string(number, 0, str(column.label), text)
        page.write_string(number, 1, gettext("yes") if column.required else gettext("no"), text)
        page.write_string(number, 2, " ".join(filter(None, (_what(column), str(column.help)))), text)


def _what(column: Column) -> str:
    """What a column's cells hold, in a sentence."""
    words = {"least": column.least, "most": column.most, "longest": column.longest}
    match column.type:
        case "choice":
            return gettext("One of: %(known)s.") % {"known": gettext(", ").join(str(label) for _key, label in column.choices)}
        case "date":
            return gettext("A day such as 2026-03-05 or 2026/3/5.")
        case "int":
            return gettext("A whole number from %(least)s to %(most)s.") % words
        case "unit" | "unit_or_code":
            return gettext("The unit's code, as text.")
        case "person" | "person_or_code":
            return gettext("The person's code, as text.")
        case "phone":
            return gettext("A mobile number of 11 digits, or a landline with its area code.")
        case "code":
            return gettext("A code of letters, digits, “-” or “_”.")
    return gettext("Text of at most %(longest)s characters.") % words


def write_mistakes(sheet: Sheet, mistakes: Iterable[Mistake]) -> bytes:
    """Every wrong cell in a workbook of its own, to mend them one after the other."""
    file = io.BytesIO()
    book = new_workbook(file)
    head = book.add_format({**FONT, "bold": True, "bottom": 1, "bg_color": "#F1EEE6"})
    text = book.add_format({**FONT, "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(gettext("Mistakes"))
    page.freeze_panes(1, 0)
    for position, (words, width) in enumerate(
        (
            (gettext("Row"), 8),
            (gettext("Column"), 10),
            (gettext("Heading"), 20),
            (gettext("Found"), 30),
            (gettext("What to do"), 90),
        )
    ):
        page.set_column(position, position, width, text)
        page.write_string(0, position, words, head)
    for number, mistake in enumerate(mistakes, 1):
        page.write_number(number, 0, mistake.row, text)
        for position, words in enumerate((mistake.letter, mistake.heading, mistake.found, mistake.why), 1):
            page.write_string(number, position, str(words), text)
    book.close()
    return file.getvalue()


__all__ = ["SAMPLE_MARKS", "write_mistakes", "write_template"]
