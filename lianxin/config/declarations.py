"""Everything that apps declare, in one list, and whether it holds together.

`lianxin declarations` prints the list. The checks are Django system checks: `make check`, the tests and `lianxin serve` run them,
and each says where it found what, what it expected, and how to mend it.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module, util
from inspect import unwrap
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db.models import TextChoices
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, resolve
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianxin.accounts.gate import declaration_of, views
from lianxin.config.cli import leaves
from lianxin.home.paper import pad, width
from lianxin.imports import sheets
from lianxin.ledger import figures, kinds, proof
from lianxin.ledger.registry import ROOT, Registry
from lianxin.organizations import access, panels
from lianxin.reminders import notices
from lianxin.schemes import library
from lianxin.schemes.loader import load_scheme

CHINESE = re.compile(r"[\u3400-\u9fff]")
Words = str | Promise
WITHOUT_A_POST = ("resident", "system", "clock")
"""Who makes moves of a workflow without any post: the holder of a receipt, another system, time itself."""


class Sort(TextChoices):
    """The sorts of declarations, in the order they are listed."""

    KIND = "kind", gettext_lazy("kinds of entries")
    PROOF = "proof", gettext_lazy("proofs of rows")
    MOVE = "move", gettext_lazy("moves of a workflow")
    SHEET = "sheet", gettext_lazy("workbook sheets")
    NOTICE = "notice", gettext_lazy("reminders")
    RECORDER = "recorder", gettext_lazy("pages that record")
    FIGURE = "figure", gettext_lazy("figures")
    PANEL = "panel", gettext_lazy("panels")
    ADDRESS = "address", gettext_lazy("addresses")
    COMMAND = "command", gettext_lazy("commands")


REGISTRIES: Mapping[Sort, Registry[Any]] = {
    Sort.KIND: kinds.registry,
    Sort.PROOF: proof.registry,
    Sort.SHEET: sheets.registry,
    Sort.NOTICE: notices.notices,
    Sort.RECORDER: notices.recorders,
    Sort.FIGURE: figures.registry,
    Sort.PANEL: panels.registry,
}
DOTTED = (Sort.KIND, Sort.PROOF, Sort.NOTICE, Sort.FIGURE, Sort.PANEL)
"""Sorts whose keys are `app.noun`, of the app that declares them."""


@dataclass(frozen=True)
class Declaration:
    """One thing an app declares."""

    app: str
    sort: Sort
    key: str
    words: Words
    """What people read of it; empty for what nobody reads."""
    permission: str
    """Who it is for: permissions joined by `|`; empty where it is for nobody in particular."""
    place: str
    """File and line."""
    details: Mapping[str, Any] = field(default_factory=dict)


# --- the list --------------------------------------------------------------------------------------------------------


def declarations() -> list[Declaration]:
    """Everything declared, by app (top floor first), then by sort, in the order declared."""
    floors = {app: floor for floor, app in enumerate(_apps())}
    sorts = list(Sort)
    found = [*_registered(), *_moves(), *_addresses(), *_commands()]
    return sorted(found, key=lambda one: (floors.get(one.app, len(floors)), sorts.index(one.sort)))


def _apps() -> Iterator[str]:
    for app in apps.get_app_configs():
        if app.name.startswith("lianxin."):
            yield app.name.removeprefix("lianxin.")


def _registered() -> Iterator[Declaration]:
    for sort, registry in REGISTRIES.items():
        for key, item in registry.all().items():
            words = getattr(item, {Sort.KIND: "label", Sort.RECORDER: "words"}.get(sort, "title"), "")
            shown = item.kind if sort is Sort.RECORDER else key
            place, details = registry.place(key), DETAILS.get(sort, lambda item: {})(item)
            yield Declaration(_app_at(place), sort, shown, words, getattr(item, "permission", ""), place, details)


def _app_at(place: str) -> str:
    """The app to which a file belongs; of a file elsewhere, its folder."""
    path = Path(place)
    return path.parts[1] if path.parts[0] == "lianxin" else path.parent.name


DETAILS: Mapping[Sort, Callable[[Any], dict[str, Any]]] = {
    Sort.KIND: lambda kind: {
        "fields": {name: getattr(type_, "__name__", str(type_)) for name, type_ in kind.fields.items()},
        "countable": kind.countable,
    },
    Sort.SHEET: lambda sheet: {
        "columns": {column.key: column.type + ("" if column.required else "?") for column in sheet.columns},
        "identity": list(sheet.identity),
    },
    Sort.NOTICE: lambda notice: {
        name: getattr(notice, name) for name in ("waiting", "with_others", "travels") if getattr(notice, name)
    },
    Sort.RECORDER: lambda recorder: {"address": recorder.address("CODE")},
    Sort.FIGURE: lambda figure: {"columns": [str(column.title) for column in figure.columns], "by": figure.by},
    Sort.PANEL: lambda panel: {"page": panel.page, "template": panel.template},
}


def _moves() -> Iterator[Declaration]:
    for app in _apps():
        for move in _list_in(app, "workflow", "MOVES"):
            needs = [name for name in ("reason", "words", "not_leader") if getattr(move, name, False)]
            who = "|".join([*sorted(move.who), *(["recorder"] if getattr(move, "recorder", False) else [])])
            details = {"from": str(move.start) or "new", "to": str(move.end), "kind": move.kind, "needs": needs}
            yield Declaration(app, Sort.MOVE, move.name, "", who, f"lianxin/{app}/workflow.py", details)


def _addresses() -> Iterator[Declaration]:
    for route, pattern in views():
        module = unwrap(pattern.callback).__module__.split(".")
        app = module[1] if module[0] == "lianxin" else "accounts"  # whoever else answers here is about signing in
        declared = declaration_of(pattern.callback)
        methods = dict(declared.methods) if declared else {}
        who = "|".join(dict.fromkeys(methods.values()))
        details = {"route": f"/{route}", "methods": list(methods)}
        yield Declaration(app, Sort.ADDRESS, str(pattern.name), "", who, f"lianxin/{app}/urls.py", details)


def _commands() -> Iterator[Declaration]:
    for app in _apps():
        for top in _list_in(app, "commands", "commands"):
            for name, command in leaves(top, str(top.name)):
                takes = [option.opts[0] for option in command.params]
                yield Declaration(app, Sort.COMMAND, name, command.help or "", "", f"lianxin/{app}/commands.py", {"takes": takes})


def _list_in(app: str, module: str, name: str) -> list[Any]:
    """The list of that name in an app's module; empty where there is no such module."""
    whole = f"lianxin.{app}.{module}"
    return list(getattr(import_module(whole), name)) if util.find_spec(whole) else []


def as_data(one: Declaration) -> dict[str, Any]:
    """A declaration for `--format json`."""
    row = {"app": one.app, "sort": one.sort.value, "key": one.key, "words": str(one.words), "permission": one.permission}
    return {**row, "place": one.place, **one.details}


def as_lines(found: Sequence[Declaration]) -> Iterator[str]:
    """The list for a terminal: under each app and sort, key, words, permission, and what else there is to say."""
    for app, of_app in groupby(found, key=lambda one: one.app):
        yield f"lianxin/{app}"
        for sort, of_sort in groupby(of_app, key=lambda one: one.sort):
            yield f"  {sort.label}"
            rows = [[one.key, str(one.words), one.permission, _said(one.details)] for one in of_sort]
            used = [column for column in range(4) if any(row[column] for row in rows)]
            sizes = {column: max(width(row[column]) for row in rows) for column in used}
            for row in rows:
                yield ("    " + "  ".join(pad(row[column], sizes[column], False) for column in used)).rstrip()
        yield ""


def _said(details: Mapping[str, Any]) -> str:
    """Details in one line: what is so by its name, what has a value as name=value, nothing of what is empty."""
    said = []
    for name, value in details.items():
        if isinstance(value, Mapping):
            said.append(" ".join(f"{key}:{what}" for key, what in value.items()))
        elif isinstance(value, list):
            said.append(f"{name}={','.join(value)}" if value else "")
        else:
            said.append(name if value is True else f"{name}={value}" if value else "")
    return " ".join(word for word in said if word)


# --- whether it holds together ---------------------------------------------------------------------------------------


def check_all() -> list[CheckMessage]:
    """System check: everything that apps declare holds together."""
    found = [*_keys(), *_words(), *_permissions(), *_kinds(), *_sheets(), *_recorders(), *_panels(), *_workflows()]
    return [*found, *_commands_once(), *_reversed(), *_counted()]


def _error(number: int, place: str, found: str, mend: str) -> CheckMessage:
    return Error(f"{place}: {found}", hint=mend, id=f"declarations.E{number:03}")


def _keys() -> Iterator[CheckMessage]:
    """Each key once, and named after the app that declares it."""
    for sort, registry in REGISTRIES.items():
        for key, place, first in registry.doubled:
            said = _("found %(sort)s “%(key)s” a second time; the first is at %(first)s")
            words = {"sort": sort.value, "key": key, "first": first}
            yield _error(1, place, said % words, _("Give one of the two another key, or take it out."))
        for key in registry.all() if sort in DOTTED else ():
            place = registry.place(key)
            app, dot, noun = key.partition(".")
            if not (dot and noun) or app != _app_at(place):
                expected = f"{_app_at(place)}.{noun or app}"
                said = _("found %(sort)s “%(key)s”, expected a key such as %(expected)s")
                words = {"sort": sort.value, "key": key, "expected": expected}
                yield _error(2, place, said % words, _("Begin the key with the name of the app that declares it."))


def _words() -> Iterator[CheckMessage]:
    """What people read is there in both languages."""
    for place, what, words in _texts():
        said = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                said[language] = str(words).strip()
        if not said["en"] or CHINESE.search(said["en"]):
            found = _("found %(what)s “%(text)s” without English words") % {"what": what, "text": said["en"]}
            yield _error(3, place, found, _("Write it in English in the code, through gettext_lazy."))
        elif not CHINESE.search(said["zh-hans"]):
            found = _("found %(what)s “%(text)s” without Chinese words") % {"what": what, "text": said["en"]}
            mend = _("Write it through gettext_lazy, run “lianxin messages --update %(app)s” and fill in the translation.")
            yield _error(4, place, found, mend % {"app": _app_at(place)})


def _texts() -> Iterator[tuple[str, str, Words]]:
    """Everything declared that a person reads: where it stands, what it is, its words."""
    for sort, registry in REGISTRIES.items():
        for key, item in registry.all().items():
            place = registry.place(key)
            for name in ("label", "title", "words", "rule"):
                if hasattr(item, name):
                    yield place, f"{sort.value} {key}: {name}", getattr(item, name)
            for column in getattr(item, "columns", ()):
                yield place, f"{sort.value} {key}: column", column.label if sort is Sort.SHEET else column.title


def _permissions() -> Iterator[CheckMessage]:
    """Every permission is one that some post gives."""
    held = frozenset().union(*(granted for _reach, granted in access.GRANTS.values()))
    known = {*held, "recorder", "public", "signed_in", *WITHOUT_A_POST}
    for one in declarations():
        for permission in one.permission.split("|") if one.permission else ():
            if permission not in known:
                said = _("found permission “%(found)s” for %(sort)s “%(key)s”, which no post gives")
                words = {"found": permission, "sort": one.sort.value, "key": one.key}
                yield _error(5, one.place, said % words, _near(permission, known))


def _near(found: str, known: Iterable[str]) -> str:
    near = get_close_matches(found, sorted(known), 3)
    return (
        _("Did you mean %(near)s?") % {"near": ", ".join(near)}
        if near
        else _("Name one of %(known)s.") % {"known": ", ".join(sorted(known))}
    )


def _kinds() -> Iterator[CheckMessage]:
    """An entry holds scalars only: no words, nothing about persons."""
    for name, kind in kinds.registry.all().items():
        for field_name, type_ in kind.fields.items():
            if type_ not in kinds.SCALARS:
                said = _("found field “%(field)s” of %(kind)s of type %(type)s, expected str, int or bool")
                words = {"field": field_name, "kind": name, "type": getattr(type_, "__name__", type_)}
                yield _error(
                    6, kinds.registry.place(name), said % words, _("Keep words in the room's own row, a key in the entry.")
                )


def _sheets() -> Iterator[CheckMessage]:
    """A sheet's columns are named once, of known types, and what refers to one finds it."""
    for key, sheet in sheets.registry.all().items():
        place, columns = sheets.registry.place(key), [column.key for column in sheet.columns]
        for twice in sorted({name for name in columns if columns.count(name) > 1}):
            said = _("found column “%(column)s” twice in sheet “%(sheet)s”") % {"column": twice, "sheet": key}
            yield _error(7, place, said, _("Give one of the two another key."))
        for name in [*sheet.identity, *(column.open_on for column in sheet.columns if column.open_on)]:
            if name not in columns:
                said = _("found “%(column)s” in sheet “%(sheet)s”, which has no such column") % {"column": name, "sheet": key}
                yield _error(8, place, said, _near(name, columns))
        for column in sheet.columns:
            if column.type not in sheets.COLUMN_TYPES:
                said = _("found type “%(type)s” of column “%(column)s” in sheet “%(sheet)s”")
                words = {"type": column.type, "column": column.key, "sheet": key}
                yield _error(9, place, said % words, _near(column.type, sheets.COLUMN_TYPES))
            elif (column.type == "choice") != bool(column.choices):
                said = _("found column “%(column)s” of type %(type)s in sheet “%(sheet)s” with %(n)s choices")
                words = {"type": column.type, "column": column.key, "sheet": key, "n": str(len(column.choices))}
                yield _error(10, place, said % words, _("Choices belong to the type choice, and only there."))


def _recorders() -> Iterator[CheckMessage]:
    """A page that records names a kind somebody declares, and an address that exists."""
    for key, recorder in notices.recorders.all().items():
        place, declared = notices.recorders.place(key), kinds.registry.all()
        if recorder.kind not in declared:
            said = _("found a page that records “%(kind)s”, which no app declares") % {"kind": recorder.kind}
            yield _error(11, place, said, _near(recorder.kind, declared))
        try:
            address = recorder.address("152221")
            resolve(address.partition("?")[0])
        except (Resolver404, NoReverseMatch):
            said = _("found a page that records “%(kind)s” at an address that does not exist") % {"kind": recorder.kind}
            yield _error(12, place, said, _("Lead it to an address of the app's urls.py."))


def _panels() -> Iterator[CheckMessage]:
    """A panel's template exists."""
    for key, panel in panels.registry.all().items():
        try:
            get_template(panel.template)
        except TemplateDoesNotExist:
            said = _("found panel “%(panel)s” with template “%(template)s”, which does not exist")
            words = {"panel": key, "template": panel.template}
            mend = _("Write it in the templates folder of the app, or name the one that is there.")
            yield _error(13, panels.registry.place(key), said % words, mend)


def _workflows() -> Iterator[CheckMessage]:
    """A move writes a kind that is declared, and starts where another ends."""
    for app in _apps():
        moves = _list_in(app, "workflow", "MOVES")
        reached = {"", *(str(move.end) for move in moves)}
        for move in moves:
            place = f"lianxin/{app}/workflow.py"
            for kind in (move.kind, getattr(move, "supersedes", "")):
                if kind and kind not in kinds.registry.all():
                    said = _("found move “%(move)s” with kind “%(kind)s”, which no app declares") % {
                        "move": move.name,
                        "kind": kind,
                    }
                    yield _error(14, place, said, _near(kind, kinds.registry.all()))
            if str(move.start) not in reached:
                said = _("found move “%(move)s” out of “%(state)s”, into which no move leads")
                words = {"move": move.name, "state": str(move.start)}
                yield _error(15, place, said % words, _near(str(move.start), reached))


def _commands_once() -> Iterator[CheckMessage]:
    first: dict[str, str] = {}
    for one in _commands():
        if one.key in first:
            said = _("found command “%(name)s” a second time; the first is in %(first)s") % {
                "name": one.key,
                "first": first[one.key],
            }
            yield _error(16, one.place, said, _("Give one of the two another name."))
        first.setdefault(one.key, one.place)


def _reversed() -> Iterator[CheckMessage]:
    """Where a declaring file says `reverse("…")`, there is an address of that name."""
    names = {str(pattern.name) for _route, pattern in views()}
    files = {place.rpartition(":")[0] for registry in REGISTRIES.values() for place in map(registry.place, registry.all())}
    for file in sorted(files):
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            name = _reversed_name(node)
            if name is not None and name not in names:
                said = _("found an address named “%(name)s”, which does not exist") % {"name": name}
                yield _error(17, f"{file}:{getattr(node, 'lineno', 0)}", said, _near(name, names))


def _reversed_name(node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("reverse", "reverse_lazy")):
        return None
    name = node.args[0] if node.args else None
    return str(name.value) if isinstance(name, ast.Constant) else None


def _counted() -> Iterator[CheckMessage]:
    """The schemes that come with the product count only what may be counted (a kind of a room still to come is no mistake)."""
    declared = kinds.registry.all()
    for file in library.library_files():
        scheme = load_scheme(file.read_text(encoding="utf-8"), file.name)
        for _clause, tally in scheme.tallies():
            known = declared.get(tally.kind)
            if known is not None and not known.countable:
                said = _("found scheme %(scheme)s counting “%(kind)s”, which is declared as not countable")
                words = {"scheme": scheme.key, "kind": tally.kind}
                mend = _("Count another kind, or declare this one countable.")
                yield _error(18, str(file.relative_to(ROOT)), said % words, mend)
