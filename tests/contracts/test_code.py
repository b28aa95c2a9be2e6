"""How the code is written: one clock, no signals, actions that name who acts, addresses that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lianxin.accounts.gate import views

ROOT = Path(__file__).resolve().parents[2]
LIANXIN = ROOT / "lianxin"
CODE = sorted(path for path in LIANXIN.rglob("*.py") if not {"migrations", "tests"} & set(path.parts))
ACTIONS = sorted([*LIANXIN.glob("*/actions.py"), *LIANXIN.glob("*/actions/*.py")])
"""A room's actions: one file, or a folder with a file for each subject, whose `__init__` is the door."""


def walk(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Every node of a file, with its place."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


# --- one clock -------------------------------------------------------------------------------------------------------

CLOCK = LIANXIN / "ledger" / "clock.py"
ASKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
ASKS |= {("time", "localtime"), ("time", "gmtime"), ("time", "strftime"), ("timezone", "now"), ("timezone", "localdate")}
IN_SQL = re.compile(r"\b(CURRENT_(DATE|TIME|TIMESTAMP)|NOW\(\)|julianday\(|strftime\()", re.I)


def asks_the_time(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)):
            return (owner, name) in ASKS
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=owner), attr=name)):
            return (owner, name) in ASKS
        case ast.ImportFrom(module="django.utils", names=names):
            return any(alias.name == "timezone" for alias in names)
        case ast.ImportFrom(module="django.utils.timezone"):
            return True
        case ast.ImportFrom(module="django.db.models.functions", names=names):
            return any(alias.name == "Now" for alias in names)
        case ast.ImportFrom(module="time", names=names):
            return any(alias.name in ("time", "localtime", "gmtime") for alias in names)
        case ast.keyword(arg=name):
            return name in ("auto_now", "auto_now_add")
        case ast.Constant(value=str(text)):
            return bool(IN_SQL.search(text))
    return False


def test_only_the_clock_asks_what_time_it_is() -> None:
    assert [place for path in CODE if path != CLOCK for place, node in walk(path) if asks_the_time(node)] == []


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now()", "datetime.datetime.utcnow()", "date.today()", "time.time()", "timezone.now()",
        "DateField(auto_now=True)", "from django.utils import timezone", "from time import time", "sql('SELECT CURRENT_DATE')",
        "from django.db.models.functions import Coalesce, Now",
    ],
)  # fmt: skip
def test_asking_elsewhere_would_be_seen(code: str) -> None:
    assert any(asks_the_time(node) for node in ast.walk(ast.parse(code)))


# --- no signals ------------------------------------------------------------------------------------------------------


def hears_a_signal(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            signals = {"django.db.models.signals", "django.dispatch", "django.core.signals", "django.test.signals"}
            return module in signals or module.endswith(".signals") or any(alias.name == "signals" for alias in names)
        case ast.Import(names=names):
            return any(alias.name.endswith((".signals", "django.dispatch")) for alias in names)
    return False


def test_no_signals_but_the_one_that_puts_the_guard_back() -> None:
    heard = [place.partition(":")[0] for path in CODE for place, node in walk(path) if hears_a_signal(node)]
    assert heard == ["lianxin/ledger/apps.py"]
    [imported] = [node for _place, node in walk(LIANXIN / "ledger" / "apps.py") if hears_a_signal(node)]
    assert ast.unparse(imported) == "from django.db.models.signals import post_migrate"


# --- layers, where the import linter does not look -------------------------------------------------------------------


def test_nothing_is_fetched_by_name_past_the_layers() -> None:
    """`get_model("app.Model")`, `related_model` and modules imported by name would reach upwards unseen."""
    allowed = {"lianxin/config/cli.py", "lianxin/config/declarations.py"}  # the top floor gathers from all
    allowed |= {"lianxin/imports/actions.py"}  # asks a model it is handed which rows point at it
    wrong = []
    for path in CODE:
        for place, node in walk(path):
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if name in ("get_model", "related_model", "import_module", "import_string", "__import__"):
                wrong.append(place)
    assert [place for place in wrong if place.partition(":")[0] not in allowed] == []


# --- actions ---------------------------------------------------------------------------------------------------------

WRITES = {
    *("record", "record_many", "make_move", "create", "bulk_create", "get_or_create"),
    *("save", "update", "bulk_update", "delete"),
}


def called(function: ast.FunctionDef) -> set[str]:
    """Names of what a function calls, `x` of `x()` and of `y.x()`."""
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            names.add(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))
    return names


def room(path: Path) -> str:
    return path.relative_to(LIANXIN).parts[0]


def behind_the_door(path: Path) -> set[str]:
    """What a file of such a folder defines without handing it out."""
    door = path.parent / "__init__.py"
    if path.name == "actions.py":
        return set()
    handed_out = {
        alias.name for node in ast.parse(door.read_text()).body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)} - handed_out


def writing(path: Path) -> list[ast.FunctionDef]:
    """The public functions of a module that write, by themselves or through a function beside them."""
    functions = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    write = {name for name, function in functions.items() if called(function) & WRITES}
    while more := {name for name, function in functions.items() if called(function) & write} - write:
        write |= more
    inner = behind_the_door(path)
    return [function for name, function in functions.items() if name in write - inner and not name.startswith("_")]


RESIDENTS = "a resident's own act: who holds a receipt has no account"
NOBODYS = {
    ("accounts", "accept_invitation"): "who holds the link has no account yet; the account it opens is the actor",
    ("accounts", "forget_expired_sessions"): "sweeping, at each sign-in",
    ("accounts", "standing_account"): "a key to no door, made when it is first needed",
    ("cases", "report_case"): RESIDENTS,
    ("cases", "join_case"): RESIDENTS,
    ("cases", "add_note"): RESIDENTS,
    ("cases", "ask_erasure"): RESIDENTS,
    ("cases", "object_to_decline"): RESIDENTS,
    ("cases", "give_verdict"): RESIDENTS,
    ("cases", "reopen_case"): RESIDENTS,
    ("cases", "withdraw_report"): RESIDENTS,
    ("cases", "forget_old"): "the clock's act",
    ("imports", "stage_upload"): "in the background, for whoever uploaded",
    ("imports", "publish_upload"): "in the background, for whoever confirmed",
    ("organizations", "settle_batch"): "what follows from an import made visible",
    ("reminders", "send_daily"): "the clock's act",
}
"""What writes and is nobody's act, with the reason."""


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: str(path.relative_to(LIANXIN)))
def test_an_action_takes_everything_by_name_and_first_who_acts(path: Path) -> None:
    wrong = []
    for function in writing(path):
        where = f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        if (room(path), function.name) in NOBODYS:
            continue
        if function.args.args or function.args.posonlyargs:
            wrong.append(f"{where}: found arguments by position, expected (*, actor, …)")
        elif not function.args.kwonlyargs or function.args.kwonlyargs[0].arg != "actor":
            wrong.append(f"{where}: expected actor as the first argument")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: str(path.relative_to(LIANXIN)))
def test_an_action_says_what_it_does_and_gives_back(path: Path) -> None:
    silent = [f"{room(path)}: {each.name}" for each in writing(path) if not ast.get_docstring(each) or each.returns is None]
    assert silent == []


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: str(path.relative_to(LIANXIN)))
def test_an_action_writes_one_entry_of_its_own(path: Path) -> None:
    """No function calls `record` or `record_many` more than once."""
    twice = []
    for function in ast.parse(path.read_text()).body:
        if isinstance(function, ast.FunctionDef):
            calls = [getattr(node.func, "id", "") for node in ast.walk(function) if isinstance(node, ast.Call)]
            if calls.count("record") + calls.count("record_many") > 1:
                twice.append(f"{room(path)}: {function.name}")
    assert twice == []


def test_the_actions_there_are_were_looked_at() -> None:
    found = {(room(path), function.name) for path in ACTIONS for function in writing(path)}
    assert len(found) > 30
    assert NOBODYS.keys() <= found


# --- addresses and excuses -------------------------------------------------------------------------------------------

IN_TEMPLATES = re.compile(r"{%\s*url\s+[\"']([\w:-]+)[\"']")


def named_addresses() -> Iterator[tuple[str, str]]:
    for path in CODE:
        for place, node in walk(path):
            match node:
                case ast.Call(func=ast.Name(id="reverse" | "reverse_lazy"), args=[ast.Constant(value=str(name)), *_]):
                    yield place, name
                case ast.Call(func=ast.Name(id="redirect"), args=[ast.Constant(value=str(name)), *_]) if "/" not in name:
                    yield place, name
    for path in LIANXIN.rglob("*.html"):
        for match in IN_TEMPLATES.finditer(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT)), match[1]


def test_every_address_that_is_named_exists() -> None:
    known = {pattern.name for _route, pattern in views()}
    found = list(named_addresses())
    assert len(found) > 100
    assert [f"{place}: {name}" for place, name in found if name not in known] == []


def test_what_security_checks_are_told_to_pass_over_has_a_reason() -> None:
    bare = []
    for path in CODE:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "# nosec" in line and not re.search(r"# nosec (B\d{3} ?)+ # \S", line.replace("  #", " #")):
                bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []
