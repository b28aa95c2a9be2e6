"""How the code is written so that nothing is read past the user's rights: views never meet models, queries take the user."""

import ast
from pathlib import Path

import pytest

LIANXIN = Path(__file__).parents[2] / "lianxin"
VIEWS = sorted([*LIANXIN.glob("*/views.py"), *LIANXIN.glob("*/*_pages.py")])
ENGINES = {"schemes"}
"""Handed the units they may look at; whoever hands them takes them from access.units_for."""
QUERIES = sorted(path for path in LIANXIN.glob("*/queries.py") if path.parent.name not in ENGINES)
KEYS = {"None", "str", "int", "date", "datetime"}
WITHOUT_USER = {
    "lianxin/accounts/queries.py:invitation_behind",  # whoever holds the link
    "lianxin/reminders/queries.py:user_behind",  # whoever holds the calendar's address
    "lianxin/reminders/queries.py:feed_token",
    "lianxin/reminders/queries.py:feed_digest",
    "lianxin/demo/queries.py:demonstration_accounts",  # a demonstration's own list of roles
}


def place(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(LIANXIN.parent)}" + (f":{getattr(node, 'lineno', '')}" if node else "")


def test_there_is_something_to_look_at():
    assert len(VIEWS) >= 5 and len(QUERIES) >= 2


@pytest.mark.parametrize("path", VIEWS, ids=place)
def test_views_import_no_models_and_make_no_queries(path):
    tree = ast.parse(path.read_text())
    wrong = [place(path, node) for node in ast.walk(tree) if reads_models(node)]
    assert not wrong, "a view asks queries.py, which takes the user first:\n" + "\n".join(wrong)


def reads_models(node: ast.AST) -> bool:
    """`User` may be named, to say what `request.user` is."""
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        ours = (node.module or "").startswith("lianxin.") and (node.module or "").endswith(".models")
        return (ours and names != {"User"}) or bool(names & {"get_object_or_404", "get_list_or_404", "get_user_model"})
    return isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager")


@pytest.mark.parametrize("path", QUERIES, ids=place)
def test_queries_take_the_user_first_or_what_the_user_was_already_given(path):
    """Nothing is fetched by a bare key: either the user comes first, or an object that a scoped query has fetched."""
    wrong = []
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or f"{place(path)}:{node.name}" in WITHOUT_USER:
            continue
        first = next(iter([*node.args.posonlyargs, *node.args.args]), None)
        by_key = first is not None and first.arg != "user" and ast.unparse(first.annotation or ast.Constant(None)) in KEYS
        if by_key or (first is None and ".objects" in ast.unparse(node)):
            wrong.append(f"{place(path, node)}: {node.name}({first.arg if first else ''}…)")
    assert not wrong, "the first argument of a query is the user:\n" + "\n".join(wrong)


def test_no_view_answers_with_403():
    """Forbidden looks like absent."""
    wrong = [
        place(path)
        for path in LIANXIN.rglob("*.py")
        if "tests" not in path.parts and ("PermissionDenied(" in (text := path.read_text()) or "HttpResponseForbidden(" in text)
    ]
    assert wrong == []
