"""The words people read: compiled from each app's own .po files, and checked against what templates and code say.

Translations stand in `lianxin/<app>/locale/zh_Hans/LC_MESSAGES/django.po`; English is the msgid itself. The .mo files are made
from them at start-up, whenever a .po is newer, so nobody has to remember a step.
"""

import ast
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog  # every start comes by here, and hardly one has anything to compile

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
ONE = ("gettext", "gettext_lazy", "gettext_noop", "_")
MANY = ("ngettext", "ngettext_lazy")
WITH_CONTEXT = ("pgettext", "pgettext_lazy")
TEMPLATE_CALLS: dict[str, Any] = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)} | {
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
"""What Django's own reading of a template turns its tags into, and which arguments are texts."""
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[sdr]|\{(\w*)\}")


@dataclass(frozen=True)
class Message:
    """One text people read, and where it is said."""

    text: str
    plural: str
    context: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


def compile_translations(root: Path = ROOT) -> list[Path]:
    """Make a .mo beside every .po that is newer than it; returns those made. Costs a few file look-ups where nothing changed."""
    return [_compile(source) for source in sorted(root.glob(f"*/locale/{LOCALE}/LC_MESSAGES/*.po")) if _is_newer(source)]


def _is_newer(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns


def _compile(source: Path) -> Path:
    from babel.messages.mofile import write_mo

    target = source.with_suffix(".mo")
    handle, fresh = tempfile.mkstemp(dir=source.parent, suffix=".new")
    with os.fdopen(handle, "wb") as file:
        write_mo(file, read_catalog(source))
    os.chmod(fresh, 0o644)  # noqa: PTH101  # mkstemp keeps it to this user; others may run what this one compiled
    Path(fresh).replace(target)  # several workers may start at once: each puts a whole file in place
    return target


def read_catalog(source: Path) -> "Catalog":
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        return read_po(file, locale=LOCALE, abort_invalid=True)


def apps(root: Path = ROOT) -> list[str]:
    """The names of all apps, each the owner of its own texts."""
    return sorted(path.parent.name for path in root.glob("*/apps.py"))


def messages_of(app: str, root: Path = ROOT) -> list[Message]:
    """Every text the app's templates and code offer for translation, in order of place."""
    found: list[Message] = []
    for path in sources_of(app, root):
        text = path.read_text(encoding="utf-8")
        place = str(path.relative_to(root))
        found += _in_template(text, place) if path.suffix in (".html", ".txt") else _in_code(text, place)
    return found


def sources_of(app: str, root: Path = ROOT) -> Iterator[Path]:
    """The app's templates and Python files, its tests and migrations left out."""
    for path in sorted((root / app).rglob("*")):
        parts = path.relative_to(root / app).parts
        in_templates = "templates" in parts and path.suffix in (".html", ".txt")
        if (in_templates or path.suffix == ".py") and not {"tests", "migrations", "locale"} & set(parts):
            yield path


def _in_template(text: str, place: str) -> Iterator[Message]:
    from babel.messages.extract import extract_python

    # Inside parentheses Python's reader cares for no indentation, and templatize leaves nothing but calls and blanked-out words.
    code = BytesIO(("(" + templatize(text, origin=place) + "\n)").encode())
    extracted: Iterator[Any] = extract_python(code, TEMPLATE_CALLS, [], {})
    for line, function, words, _ in extracted:
        given = [word for word in ([words] if isinstance(words, str) else words) if word]
        context = given.pop(0) if str(function).endswith("pgettext") else ""
        if given:
            yield Message(given[0], given[1] if len(given) > 1 else "", context, f"{place}:{line}")


def _in_code(text: str, place: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            said = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            given = [word for word in said if isinstance(word, str)]
            where = f"{place}:{node.lineno}"
            if name in ONE and given:
                yield Message(given[0], "", "", where)
            elif name in MANY and len(given) > 1:
                yield Message(given[0], given[1], "", where)
            elif name in WITH_CONTEXT and len(given) > 1:
                yield Message(given[1], "", given[0], where)


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one text, in a form a person can act on."""

    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


def complaints_about(app: str, root: Path = ROOT) -> list[Complaint]:
    """Every text of the app without a finished translation, or whose translation holds other placeholders.

    A translation in another app will do: at run time all catalogs are one.
    """
    source, catalogs = po_file(app, root), catalogs_from(app, root)
    found, seen = [], set()
    for message in messages_of(app, root):
        if message.key in seen:
            continue
        seen.add(message.key)
        entry = _find(message, catalogs)
        translated = _first(entry.string) if entry is not None else ""
        if not translated:
            found.append(Complaint(message.place, f"“{message.text}” has no translation in {source.relative_to(root)}"))
        elif entry is not None and entry.fuzzy:
            found.append(Complaint(message.place, f"the translation of “{message.text}” is marked fuzzy"))
        elif placeholders(translated) - {"count"} != placeholders(message.plural or message.text) - {"count"}:
            found.append(Complaint(message.place, f"“{message.text}” and “{translated}” hold different placeholders"))
    return found


def catalogs_from(app: str, root: Path = ROOT) -> "list[Catalog]":
    """The app's own catalog first, then those of the others."""
    sources = [po_file(name, root) for name in (app, *(name for name in apps(root) if name != app))]
    return [read_catalog(source) for source in sources if source.exists()]


def _find(message: Message, catalogs: "list[Catalog]") -> Any:
    """The entry of the first catalog that translates the text; else an unfinished one; else nothing."""
    entries = [entry for catalog in catalogs if (entry := catalog.get(message.text, message.context or None)) is not None]
    return next((entry for entry in entries if _first(entry.string)), next(iter(entries), None))


def _first(translation: object) -> str:
    """The translation itself, or the first of its plural forms."""
    if isinstance(translation, (list, tuple)):
        return str(translation[0]) if translation else ""
    return str(translation or "")


def placeholders(text: str) -> set[str]:
    """The names (or signs) of what is put into a text."""
    return {next(filter(None, match.groups()), match.group()) for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def po_file(app: str, root: Path = ROOT) -> Path:
    return root / app / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


HEADER = """msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


def add_missing(app: str, root: Path = ROOT) -> int:
    """Append an empty entry to the app's .po for every text nobody translates; returns how many. What a hand wrote stays."""
    source, catalogs = po_file(app, root), catalogs_from(app, root)
    missing: dict[tuple[str, str], Message] = {}
    for message in messages_of(app, root):
        if _find(message, catalogs) is None:
            missing.setdefault(message.key, message)
    if missing:
        source.parent.mkdir(parents=True, exist_ok=True)
        with source.open("a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write(HEADER)
            for message in missing.values():
                file.write(_entry(message))
    return len(missing)


def _entry(message: Message) -> str:
    lines = ["", f"#: {message.place.rpartition(':')[0]}"]
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.text)}")
    lines += [f"msgid_plural {_quoted(message.plural)}", 'msgstr[0] ""'] if message.plural else ['msgstr ""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
