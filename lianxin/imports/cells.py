"""One cell: what Excel stored → what the column asks for, or why not."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation

from lianxin.imports.errors import CELL_MESSAGES
from lianxin.imports.sheets import CODE_TYPES, Column, Text
from lianxin.organizations.people import clean_phone
from lianxin.ui.words import words_in

Raw = Any
"""What calamine hands over: str, float, int, bool, date, datetime, time or timedelta; "" for an empty cell."""

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What can stand in an address: as in organizations.actions, and no dot."""
DAY = re.compile(r"(\d{4})\s*(?:[-/.年])\s*(\d{1,2})\s*(?:[-/.月])\s*(\d{1,2})\s*日?(?:\s+0{1,2}:00(?::00)?)?")
MOMENT = re.compile(r"(.{6,20}?)[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
SPACES = re.compile(r"[^\S\n]+")
NO_SIGNS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Signs no keyboard gives. The joiners of Mongolian and of emoji stay."""
IDENTITY = re.compile(r"[1-8]\d{16}[\dXx]")
LONGEST_NUMBER = 10**14
"""A number of 15 digits or more in any cell is an identity-card or bank number that Excel has already spoilt."""
FIRST_SERIAL, LAST_SERIAL = 10_000, 73_050
"""Excel's day numbers from 1927 to 2099; smaller ones would take a bare year for a day."""
SERIAL_ZERO = datetime.date(1899, 12, 30)


class BadCell(Exception):
    """A cell that cannot be used: a lazy sentence and its params."""

    def __init__(self, rule: str, **params: Any) -> None:
        super().__init__(rule)
        self.message: Text = CELL_MESSAGES[rule]
        self.params = params


def reader(column: Column, today: datetime.date) -> Callable[[Raw], Any]:
    """The function that reads a column's cells. It raises BadCell; an empty cell of an optional column reads as None."""
    read = READERS[column.type](column, today)

    def read_cell(raw: Raw) -> Any:
        if raw == "" or raw is None or (isinstance(raw, str) and not words_in(raw)):
            if column.required:
                raise BadCell("empty")
            return None
        if isinstance(raw, float) and raw >= LONGEST_NUMBER:
            raise BadCell("identity_number")
        if isinstance(raw, str) and len(raw) >= 18 and is_identity_number(raw):
            raise BadCell("identity_number")
        return read(raw)

    return read_cell


def is_identity_number(text: str) -> bool:
    """Whether this looks like an 18-digit identity-card number: by pattern and date of birth, right check digit or not."""
    text = text.strip()
    if len(text) != 18 or not IDENTITY.fullmatch(text):
        return False
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    return 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


def shown(raw: Raw, column: Column | None = None) -> str:
    """What stood in a cell, as a person knows it again: short, and never a whole identity number or phone."""
    if isinstance(raw, float):
        text = f"{raw:.15g}" if abs(raw) < LONGEST_NUMBER else f"{raw:.2g}"
    elif isinstance(raw, datetime.datetime):
        text = raw.date().isoformat()
    else:
        text = " ".join("".join(character if character.isprintable() else " " for character in str(raw)).split())
    if is_identity_number(text):
        return f"{text[:3]}…"
    if column is not None and column.type == "phone" and len(text) > 7:
        return f"{text[:3]}****{text[-2:]}"
    return text if len(text) <= 40 else f"{text[:39]}…"


def _reads_text(column: Column, today: datetime.date) -> Callable[[Raw], str]:
    def read(raw: Raw) -> str:
        if isinstance(raw, float):
            text = f"{raw:.15g}"
        elif isinstance(raw, str):
            text = unicodedata.normalize("NFC", raw).strip()
        else:
            raise BadCell("date_as_text")
        if len(text) > column.longest:
            raise BadCell("too_long", found=len(text), most=column.longest)
        if not text.isprintable() and not all(c.isprintable() or c in "\n\r\t" for c in text):
            raise BadCell("not_text")
        return text

    return read


def _reads_words(column: Column, today: datetime.date) -> Callable[[Raw], str]:
    """Words as they are pasted from pages: no-break and full-width spaces, tabs and signs of no width are tidied away."""

    def read(raw: Raw) -> str:
        text = f"{raw:.15g}" if isinstance(raw, float) else str(raw)
        text = SPACES.sub(" ", NO_SIGNS.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))))
        text = "\n".join(filter(None, (line.strip() for line in text.split("\n"))))
        if not text:
            raise BadCell("empty")
        if len(text) > column.longest:
            raise BadCell("too_long", found=len(text), most=column.longest)
        return text

    return read


def _reads_code(column: Column, today: datetime.date) -> Callable[[Raw], str]:
    longest = min(column.longest, 32)

    def read(raw: Raw) -> str:
        if isinstance(raw, float | int):
            raise BadCell("number_as_code")
        if not isinstance(raw, str):
            raise BadCell("date_as_text")
        text = raw.strip()
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).strip()
        if len(text) > longest or not CODE.fullmatch(text):
            raise BadCell("wrong_code", longest=longest)
        return text

    return read


def _reads_int(column: Column, today: datetime.date) -> Callable[[Raw], int]:
    def read(raw: Raw) -> int:
        number: int | None = None
        if isinstance(raw, float) and raw.is_integer():
            number = int(raw)
        elif isinstance(raw, str):
            digits = unicodedata.normalize("NFKC", raw).strip()
            number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None
        if number is None or not column.least <= number <= column.most:
            raise BadCell("not_int", least=column.least, most=column.most)
        return number

    return read


def _reads_date(column: Column, today: datetime.date) -> Callable[[Raw], datetime.date]:
    def read(raw: Raw) -> datetime.date:
        day = _day(raw)
        if day is None:
            raise BadCell("not_date")
        if day > today and not column.future:
            raise BadCell("future")
        return day

    return read


def _reads_moment(column: Column, today: datetime.date) -> Callable[[Raw], datetime.datetime]:
    def read(raw: Raw) -> datetime.datetime:
        moment = _moment(raw)
        if moment is None:
            raise BadCell("not_moment")
        if moment.date() > today and not column.future:
            raise BadCell("future")
        return moment

    return read


def _moment(raw: Raw) -> datetime.datetime | None:
    """A day with its local time of day; midnight where none is given."""
    if isinstance(raw, datetime.datetime):
        return raw.replace(microsecond=0)
    if isinstance(raw, float) and FIRST_SERIAL <= raw <= LAST_SERIAL:
        start = datetime.datetime.combine(SERIAL_ZERO, datetime.time())
        return start + datetime.timedelta(seconds=round(raw * 86_400))
    found = MOMENT.fullmatch(unicodedata.normalize("NFKC", raw).strip()) if isinstance(raw, str) and len(raw) < 40 else None
    day = _day(found[1] if found else raw)
    if day is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups()[1:]) if found else (0, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return datetime.datetime.combine(day, datetime.time(hour, minute, second))


def _day(raw: Raw) -> datetime.date | None:
    if isinstance(raw, datetime.datetime):
        return raw.date()
    if isinstance(raw, datetime.date):
        return raw
    if isinstance(raw, float) and raw.is_integer() and FIRST_SERIAL <= raw <= LAST_SERIAL:
        return SERIAL_ZERO + datetime.timedelta(days=int(raw))
    found = DAY.fullmatch(unicodedata.normalize("NFKC", raw).strip()) if isinstance(raw, str) and len(raw) < 30 else None
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _reads_choice(column: Column, today: datetime.date) -> Callable[[Raw], str]:
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for key, label in column.choices:
                known[str(label).casefold()] = key
    known.update((key.casefold(), key) for key, _label in column.choices)

    def read(raw: Raw) -> str:
        key = known.get(str(raw).strip().casefold())
        if key is None:
            raise BadCell("not_choice", known=[label for _key, label in column.choices])
        return key

    return read


def _reads_phone(column: Column, today: datetime.date) -> Callable[[Raw], str]:
    def read(raw: Raw) -> str:
        text = f"{raw:.0f}" if isinstance(raw, float) and raw.is_integer() else str(raw)
        try:
            return clean_phone(text)
        except ValidationError:
            raise BadCell("phone") from None

    return read


READERS: dict[str, Callable[[Column, datetime.date], Callable[[Raw], Any]]] = {
    "text": _reads_text,
    "int": _reads_int,
    "date": _reads_date,
    "moment": _reads_moment,
    "words": _reads_words,
    "choice": _reads_choice,
    **dict.fromkeys(CODE_TYPES, _reads_code),
    "phone": _reads_phone,
}
