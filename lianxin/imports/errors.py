"""What can be wrong with a workbook, each a plain sentence that ends with how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FILE_MESSAGES = {
    "empty": _("The file is empty. Choose the workbook you filled in."),
    "too_large": _("The file has %(size)s MB; at most %(most)s MB can be read. Split the workbook, or delete pictures from it."),
    "old_excel": _(
        "This is an old .xls workbook, or one with a password. Open it in Excel or WPS, remove the password and save it as .xlsx."
    ),
    "not_excel": _("This is not an Excel workbook but %(what)s. Open it in Excel or WPS and save it as .xlsx."),
    "broken": _("This workbook is damaged and cannot be read. Open it in Excel or WPS and save it again as .xlsx."),
    "swollen": _("Unpacked, this workbook is far larger than %(rows)s rows need. Copy the filled-in rows into a fresh template."),
    "far_cell": _(
        "Worksheet “%(sheet)s” reaches to cell %(cell)s; at most %(rows)s rows and %(columns)s columns can be read. Delete"
        " the rows"
        " and columns beyond your data, or split the workbook."
    ),
    "too_many_rows": _("The worksheet has %(found)s rows; at most %(most)s can be read at once. Split the workbook."),
    "no_rows": _("Worksheet “%(sheet)s” has headings but no rows beneath them. Fill in rows and upload it again."),
    "no_heading": _(
        "Row 1 of worksheet “%(sheet)s” should hold the headings, such as “%(wanted)s”; found “%(found)s”. Delete what stands"
        " above"
        " the headings, or copy your rows into a fresh template."
    ),
    "wrong_workbook": _(
        "This looks like the workbook of %(found)s, not of %(wanted)s. Choose the other file, or import it there."
    ),
    "merged": _("The headings in row 1 hold merged cells (%(cells)s). Undo the merging: each column needs its own heading."),
    "missing_column": _("Column “%(column)s” is missing. Add it, or copy your rows into a fresh template."),
    "unknown_column": _("Column %(letter)s “%(found)s” is not one of this workbook's. Delete it; known are: %(known)s."),
    "renamed_column": _("Column %(letter)s “%(found)s” is not one of this workbook's. Should it be called “%(near)s”?"),
    "unmapped_column": _(
        "Which column holds %(column)s? Say it below, or give it for the whole workbook. The headings are: %(known)s."
    ),
    "no_such_heading": _("“%(found)s” is named for %(column)s, but no column is called so. The headings are: %(known)s."),
    "no_such_key": _("“%(found)s” is nothing this workbook can tell. It can tell: %(known)s."),
    "double_column": _("Column %(letter)s “%(found)s” stands there twice. Delete one of the two."),
}

CELL_MESSAGES = {
    "empty": _("It must be filled in."),
    "formula": _("A formula cannot be read for certain. Copy the column and paste it back as values."),
    "cell_error": _("The cell shows an Excel error. Type what belongs there."),
    "number_as_code": _(
        "Excel took this for a number and may have lost digits or leading zeros. Format the column as text, then type the"
        " code again."
    ),
    "identity_number": _(
        "This looks like an identity-card or bank number; such numbers are never collected here. Delete it from the workbook"
        " and use"
        " a code of your own."
    ),
    "date_as_text": _("Excel took this for a date. Format the column as text, then type it again."),
    "wrong_code": _("A code has letters, digits, “-” or “_” only, at most %(longest)s of them."),
    "too_long": _("It has %(found)s characters; at most %(most)s are kept. Shorten it."),
    "not_text": _("There are characters in it that cannot be shown. Type it again."),
    "not_int": _("Expected a whole number from %(least)s to %(most)s."),
    "not_date": _("Expected a day such as 2026-03-05 or 2026/3/5."),
    "not_moment": _("Expected a day, with its time of day where known, such as 2020-03-05 14:30."),
    "future": _("This day has not come yet. Give today or an earlier day."),
    "not_choice": _("Expected one of: %(known)s."),
    "phone": _("Expected a mobile number of 11 digits or a landline with its area code."),
    "no_unit": _("There is no such unit. Compare the code with the unit's page, or bring the unit in first."),
    "unit_closed": _("%(unit)s was closed on %(day)s. Choose an earlier day or another unit."),
    "unit_not_open": _("%(unit)s opened on %(opened)s and did not exist on %(day)s. Choose a later day."),
    "no_person": _("There is no person with this code. Compare it with the unit's list of people, or bring the person in first."),
    "double": _("Row %(row)s says the same. Delete one of the two."),
}


UPLOAD_MESSAGES = {
    "under_way": _("“%(file)s” is still being brought in. Wait until it is done, then upload the next workbook."),
    "others": _("Another workbook of this kind is being brought in at this moment. Try again in a minute; yours is kept."),
    "gone": _("Row %(row)s names %(code)s, which is gone or no longer within your reach. Check the workbook again."),
    "changed_meanwhile": _("Row %(row)s does not fit any more, as somebody changed the records meanwhile: %(why)s"),
    "clash": _("Somebody brought in the same codes at the same moment. Upload the workbook again to see what is left to do."),
}


class WorkbookError(ValidationError):
    """A workbook that cannot be read at all; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(FILE_MESSAGES[rule], code=rule, params=params)


class WorkbookErrors(Exception):
    """Everything that keeps a workbook from being read, at once."""

    def __init__(self, *errors: WorkbookError) -> None:
        super().__init__(*errors)
        self.errors = errors

    @property
    def sentences(self) -> list[str]:
        return [error.messages[0] for error in self.errors]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong cell, kept as a message and its params so that it can be read in any language."""

    row: int
    column: str
    letter: str
    heading: Any
    found: str
    message: str
    params: Mapping[str, Any]

    @property
    def why(self) -> str:
        params = {name: _spoken(value) for name, value in self.params.items()}
        text = gettext(self.message)
        return text % params if params else text

    def __str__(self) -> str:
        """`第 7 行 C 列「单位代码」：填的是 152221200999。没有这个单位。…`"""
        words = {"row": self.row, "letter": self.letter, "heading": self.heading, "found": self.found, "why": self.why}
        if not self.column:
            return gettext("Row %(row)s: %(why)s") % words
        if not self.found:
            return gettext("Row %(row)s, column %(letter)s “%(heading)s”: found nothing. %(why)s") % words
        return gettext("Row %(row)s, column %(letter)s “%(heading)s”: found %(found)s. %(why)s") % words


def portable(message: str | Promise, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A lazy sentence and its params as plain data: msgids instead of translations."""
    with translation.override(None):
        return str(message), {name: _plain(value) for name, value in params.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Promise):
        return {"msgid": str(value)}
    return value if isinstance(value, int) else str(value)


def _spoken(value: Any) -> Any:
    if isinstance(value, list):
        return gettext(", ").join(str(_spoken(each)) for each in value)
    return gettext(value["msgid"]) if isinstance(value, dict) else value
