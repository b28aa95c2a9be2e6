"""Reading a workbook somebody sent: nothing in it is trusted before it is bounded.

calamine reads fast but believes the file: it lays out a dense grid up to the furthest cell, unpacks whatever the zip holds, shows
the last value of a formula, and leaves error cells empty. So the raw parts are unpacked here first, under a limit, and looked
through for far cells, formulas and errors.
"""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.utils import translation
from python_calamine import CalamineError, CalamineWorkbook

from lianxin.imports.errors import WorkbookError, WorkbookErrors
from lianxin.imports.sheets import Sheet, declared

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 52
MOST_PARTS = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_STRINGS = 60 * 1024 * 1024
MOST_SHEETS = 20
SPARE_ROWS = 99
"""Rows beyond the limit that are still laid out, so that “100,001 rows” can be counted and said."""

SAMPLE_MARKS = ("示例", "Sample")
"""How the first cell of a sample row begins; such rows are skipped."""

SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"{\\rtf", "RTF"),
    (b"<", "HTML"),
)
COMPOUND = b"\xd0\xcf\x11\xe0"

# Numbers over 100,099 and columns beyond AZ, in any attribute r="C7" or r="7".
FAR = re.compile(
    rb"""\br=["']((?:[A-Za-z]{3,}|[B-Zb-z][A-Za-z])\d+|[A-Za-z]*0*(?:[1-9]\d{6,}|[2-9]\d{5}|1[1-9]\d{4}|10[1-9]\d{3}|100[1-9]\d\d))["']"""
)
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
ERROR = re.compile(rb"""<(?:\w+:)?c\b[^>]*\bt=["']e["']""")
REFERENCE = re.compile(rb"""\br=["']([A-Za-z]{1,3})(\d{1,7})["']""")
ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass
class Table:
    """The worksheet that was meant, its headings understood."""

    name: str
    columns: Mapping[str, int]
    """Column key → position, from 0."""
    height: int
    """Rows beneath the headings, blank ones included."""
    bad: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """(row, column) from 0 → `formula` or `cell_error`."""
    raw: Iterator[list[Any]] = field(default_factory=lambda: iter(()))
    samples: int = 0
    headings: Mapping[str, str] = field(default_factory=dict)
    """Of a mapped sheet: column key → the heading it is read from."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Of a mapped sheet: column key → its one value for the whole workbook."""

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """(row number as Excel shows it, cells) of every row that is neither blank nor a sample."""
        for number, cells in enumerate(self.raw, 2):
            first = cells[0]
            if isinstance(first, str) and first.startswith(SAMPLE_MARKS):
                self.samples += 1
            elif any(cell != "" for cell in cells) or any((number - 1, column) in self.bad for column in range(len(cells))):
                yield number, cells


def letter(position: int) -> str:
    """0 → A, 26 → AA."""
    return (chr(64 + position // 26) if position >= 26 else "") + chr(65 + position % 26)


def read_workbook(content: bytes, sheet: Sheet, mapping: Mapping[str, str] | None = None) -> Table:
    """The rows of `sheet` in this file. Raises WorkbookErrors, naming all that is wrong with the file or its headings.

    mapping: which column is which, for a sheet that is `mapped`.
    """
    if not content:
        raise WorkbookErrors(WorkbookError("empty"))
    refuse_large(len(content))
    parts = _unpack(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        table = _meant(book, sheet, parts, mapping or {})
    except WorkbookErrors:
        raise
    except BaseException as broken:
        # A panic of the reader in Rust is no Exception; it means a damaged file like the others.
        if isinstance(broken, CalamineError | ValueError | OSError) or type(broken).__name__ == "PanicException":
            raise WorkbookErrors(WorkbookError("broken")) from broken
        raise
    return table


def refuse_large(size: int) -> None:
    """Refuse a file by its size, before it is read."""
    if size > MOST_BYTES:
        raise WorkbookErrors(WorkbookError("too_large", size=f"{size / 2**20:.1f}", most=MOST_BYTES // 2**20))


# --- the raw parts ---------------------------------------------------------------------------------------------------


@dataclass
class _Parts:
    """What is kept of the unpacked zip: which part each worksheet is, and its bad cells."""

    paths: dict[str, str] = field(default_factory=dict)
    bad: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)
    far: dict[str, str] = field(default_factory=dict)

    def of(self, found: Mapping[str, Any], name: str) -> Any:
        return found.get(self.paths.get(name, ""))


def _unpack(content: bytes) -> _Parts:
    _refuse_other_types(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = packed.infolist()
            names = {info.filename for info in infos}
            if "xl/workbook.xml" not in names:
                raise WorkbookErrors(WorkbookError("not_excel", what=_kind_of_zip(names)))
            if len(infos) > MOST_PARTS or len(names) != len(infos):
                raise WorkbookErrors(WorkbookError("swollen", rows=f"{MOST_ROWS:,}"))
            parts, left = _Parts(), MOST_UNPACKED
            book = links = b""
            for info in infos:
                most = min(left, MOST_STRINGS) if info.filename == "xl/sharedStrings.xml" else left
                data = _inflate(content, info, most)
                left -= len(data)
                if info.filename == "xl/workbook.xml":
                    book = data
                elif info.filename == "xl/_rels/workbook.xml.rels":
                    links = data
                elif info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    far = FAR.search(data)
                    if far:
                        parts.far[info.filename] = far.group(1).decode().upper()
                    parts.bad[info.filename] = _bad_cells(data)
            parts.paths = _paths(book.decode("utf-8", "replace"), links.decode("utf-8", "replace"))
            return parts
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError) as broken:
        raise WorkbookErrors(WorkbookError("broken")) from broken


def _refuse_other_types(content: bytes) -> None:
    if content.startswith(b"PK"):
        return
    if content.startswith(COMPOUND):
        raise WorkbookErrors(WorkbookError("old_excel"))
    for signature, what in SIGNATURES:
        if content.lstrip().startswith(signature):
            raise WorkbookErrors(WorkbookError("not_excel", what=what))
    is_text = b"\0" not in content[:4096]
    raise WorkbookErrors(WorkbookError("not_excel", what="CSV" if is_text else "?") if is_text else WorkbookError("broken"))


def _kind_of_zip(names: set[str]) -> str:
    if "word/document.xml" in names:
        return "Word"
    if "ppt/presentation.xml" in names:
        return "PowerPoint"
    if "xl/workbook.bin" in names:
        return ".xlsb"
    return ".ods" if "content.xml" in names else "ZIP"


def _inflate(content: bytes, info: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack one part without believing the size it announces."""
    start = info.header_offset
    name_length = int.from_bytes(content[start + 26 : start + 28], "little")
    extra_length = int.from_bytes(content[start + 28 : start + 30], "little")
    begin = start + 30 + name_length + extra_length
    packed = memoryview(content)[begin : begin + info.compress_size]
    if info.flag_bits & 1 or content[start : start + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("encrypted or without a local header")
    if info.compress_type == zipfile.ZIP_STORED:
        data = bytes(packed)
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-15)
        data = inflater.decompress(packed, max(most, 0) + 1)
    else:
        raise zipfile.BadZipFile("unknown compression")
    if len(data) > most:
        raise WorkbookErrors(WorkbookError("swollen", rows=f"{MOST_ROWS:,}"))
    if len(data) != info.file_size:
        raise zipfile.BadZipFile("size differs from what is announced")
    return data


def _bad_cells(data: bytes) -> dict[tuple[int, int], str]:
    """Cells with formulas or Excel errors. The two quick looks spare the slow one for nearly every workbook."""
    end = data.rfind(b"sheetData>")
    cells: dict[tuple[int, int], str] = {}
    if b't="e"' in data or b"t='e'" in data:
        for found in ERROR.finditer(data, 0, end):
            _note(cells, found.group(0), "cell_error")
    if b"<f" in data or b":f" in data:
        for found in FORMULA.finditer(data, 0, end):
            opened = max(data.rfind(b"<c ", 0, found.start()), data.rfind(b":c ", 0, found.start()))
            _note(cells, data[opened : found.start()], "formula")
    return cells


def _note(cells: dict[tuple[int, int], str], tag: bytes, what: str) -> None:
    place = REFERENCE.search(tag)
    if place:
        column = 0
        for character in place.group(1).decode().upper():
            column = column * 26 + ord(character) - 64
        cells[int(place.group(2)) - 1, column - 1] = what


def _paths(book: str, links: str) -> dict[str, str]:
    """Worksheet name → its part."""
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links):
        values = _attributes(tag)
        target = values.get("Target", "")
        targets[values.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    paths = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        values = _attributes(tag)
        identifier = next((value for name, value in values.items() if name.endswith(":id")), "")
        paths[values.get("name", "")] = targets.get(identifier, "")
    return paths


def _attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(value[1:-1]) for name, value in ATTRIBUTE.findall(tag)}


# --- the worksheet and its headings ----------------------------------------------------------------------------------


def _meant(book: CalamineWorkbook, sheet: Sheet, parts: _Parts, mapping: Mapping[str, str]) -> Table:
    """The worksheet the sender meant: the one named like the sheet, else the first whose headings fit, else the first."""
    names = book.sheet_names[:MOST_SHEETS]
    titles = spoken(sheet.title)
    names.sort(key=lambda name: name.strip() not in titles)
    refusal: WorkbookErrors | None = None
    for name in names:
        far = parts.of(parts.far, name)
        if far:
            errors = WorkbookErrors(WorkbookError("far_cell", sheet=name, cell=far, rows=f"{MOST_ROWS:,}", columns=MOST_COLUMNS))
        else:
            try:
                return _table(book, name, sheet, parts, mapping)
            except WorkbookErrors as found:
                errors = found
        refusal = refusal or errors
        if name.strip() in titles:
            break
    raise refusal or WorkbookErrors(WorkbookError("broken"))


def _table(book: CalamineWorkbook, name: str, sheet: Sheet, parts: _Parts, mapping: Mapping[str, str]) -> Table:
    worksheet = book.get_sheet_by_name(name)
    rows = worksheet.iter_rows() if worksheet.start else iter(())
    top, left = worksheet.start or (0, 0)
    heading = [""] * left + next(rows, []) if top == 0 else []
    fixed: dict[str, str] = {}
    if sheet.mapped:
        columns, fixed = _map(sheet, heading, mapping)
    else:
        columns = _understand(sheet, name, heading, worksheet.merged_cell_ranges or [])
    height = (worksheet.end[0] if worksheet.end else 0) + 1 - 1
    if height > MOST_ROWS:
        raise WorkbookErrors(WorkbookError("too_many_rows", found=f"{height:,}", most=f"{MOST_ROWS:,}"))
    if height == 0:
        raise WorkbookErrors(WorkbookError("no_rows", sheet=name))
    bad = parts.of(parts.bad, name)
    if bad is None:  # the part could not be told by name: whatever is bad anywhere counts
        bad = {place: what for found in parts.bad.values() for place, what in found.items()}
    raw = ([""] * left + row for row in rows) if left else rows
    said = {key: str(heading[position]).strip()[:60] for key, position in columns.items()} if sheet.mapped else {}
    return Table(name, columns, height, bad, raw, headings=said | fixed, fixed=fixed)


def _map(sheet: Sheet, heading: list[Any], mapping: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Column key → position, and column key → fixed value: as the mapping says, else by the headings a column is known by.

    Raises WorkbookErrors that say what is missing and which headings there are.
    """
    found = [_bare(str(cell)) for cell in heading]
    there = ", ".join(str(cell).strip()[:40] for cell in heading if str(cell).strip())[:400]
    columns: dict[str, int] = {}
    fixed: dict[str, str] = {}
    errors = []
    keys = {column.key for column in sheet.columns}
    errors += [WorkbookError("no_such_key", found=key[:40], known=", ".join(sorted(keys))) for key in mapping if key not in keys]
    for column in sheet.columns:
        said = str(mapping.get(column.key, "")).strip()
        names = {_bare(said)} if said else {_bare(words) for words in (*spoken(column.label), *column.also)}
        position = next((at for at, words in enumerate(found) if words and words in names), None)
        if said and position is None and said.isascii() and said.isupper() and len(said) <= 2:
            position = next((at for at in range(len(found)) if letter(at) == said), None)
        if position is not None:
            columns[column.key] = position
        elif said and column.fixed:
            fixed[column.key] = said
        elif said:
            errors.append(WorkbookError("no_such_heading", found=said[:40], column=column.label, known=there))
        elif column.required:
            errors.append(WorkbookError("unmapped_column", column=column.label, known=there))
    if errors:
        raise WorkbookErrors(*errors)
    return columns, fixed


def _understand(
    sheet: Sheet, name: str, heading: list[Any], merged: list[tuple[tuple[int, int], tuple[int, int]]]
) -> dict[str, int]:
    """Column key → position. Raises WorkbookErrors that say which headings are missing, unknown, renamed or merged."""
    found = [_bare(str(cell)) for cell in heading]
    known = {_bare(words): column for column in sheet.columns for words in spoken(column.label)}
    errors = []
    in_heading = [place for place in merged if place[0][0] == 0 and place[0] != place[1]]
    if in_heading:
        cells = ", ".join(f"{letter(a[1])}{a[0] + 1}:{letter(b[1])}{b[0] + 1}" for a, b in in_heading)
        errors.append(WorkbookError("merged", cells=cells))
    columns: dict[str, int] = {}
    strange: list[tuple[int, str]] = []
    for position, words in enumerate(found):
        column = known.get(words)
        if column is None:
            strange += [(position, str(heading[position]).strip())] if words else []
        elif column.key in columns:
            errors.append(WorkbookError("double_column", letter=letter(position), found=column.label))
        else:
            columns[column.key] = position
    missing = [column for column in sheet.columns if column.key not in columns]
    for position, words in strange:
        near = get_close_matches(words, [_bare(str(column.label)) for column in missing], n=1, cutoff=0.5)
        meant = next((column for column in missing if near and _bare(str(column.label)) == near[0]), None)
        if meant is not None:
            errors.append(WorkbookError("renamed_column", letter=letter(position), found=words[:40], near=meant.label))
            missing.remove(meant)
        else:
            labels = ", ".join(str(column.label) for column in sheet.columns)
            errors.append(WorkbookError("unknown_column", letter=letter(position), found=words[:40], known=labels))
    errors += [WorkbookError("missing_column", column=column.label) for column in missing if column.required]
    if not errors:
        return columns
    other = _other_sheet(sheet, found, len(columns))
    if other is not None:
        raise WorkbookErrors(WorkbookError("wrong_workbook", found=other.title, wanted=sheet.title))
    if not columns and not in_heading:
        wanted = ", ".join(str(column.label) for column in sheet.columns[:3])
        words = ", ".join(words for words in found if words)[:60]
        raise WorkbookErrors(WorkbookError("no_heading", sheet=name, wanted=wanted, found=words))
    raise WorkbookErrors(*errors)


def _other_sheet(sheet: Sheet, found: list[str], fitting: int) -> Sheet | None:
    """The other declared sheet that these headings fit, and fit better."""
    for other in declared().values():
        known = {_bare(words): column.key for column in other.columns for words in spoken(column.label)}
        keys = {known[words] for words in found if words in known}
        needed = {column.key for column in other.columns if column.required}
        if other.key != sheet.key and needed <= keys and len(keys) > fitting:
            return other
    return None


def spoken(words: Any) -> set[str]:
    """A lazy string in every language of the product."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(str(words))
    return found


def _bare(heading: str) -> str:
    """A heading without the marks people and templates add: spaces, line breaks, an asterisk for “required”."""
    return "".join(heading.split()).strip("*＊").casefold()
