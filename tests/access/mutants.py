"""Does the access matrix notice a missing check? Each check and filter is taken out in turn, in a copy, and tests/access run.

python -m tests.access.mutants [--list] [--every N] [WORD in the file's path …]

A survivor is either a check that another one doubles (gate, query and action each stand alone) or a hole in the matrix. Of a room
or an engine, the tests of its own addresses are run; of a foundation, all. Takes up to a minute a mutant.
"""

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILTERS = {"scope", "entry_scope"}
ANYTHING = "__import__('django.db.models', fromlist=['Q']).Q()"


def sites(tree: ast.AST) -> Iterator[ast.AST]:
    """Checks (`if …: raise Http404`) and filters (`scope(user, …)`)."""
    for node in ast.walk(tree):
        check = isinstance(node, ast.If) and len(node.body) == 1 and ast.unparse(node.body[0]).startswith("raise Http404")
        if check or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FILTERS):
            yield node


class Without(ast.NodeTransformer):
    """Takes one site out."""

    def __init__(self, site: ast.AST) -> None:
        self.site = site

    def visit(self, node: ast.AST) -> ast.AST:
        if node is not self.site:
            return self.generic_visit(node)
        if isinstance(node, ast.If):
            node.test = ast.Constant(value=False)
            return node
        return ast.parse(ANYTHING, mode="eval").body


def mutants(words: list[str]) -> Iterator[tuple[Path, int, str, str]]:
    """File, line, what is taken out, and the source without it."""
    for path in sorted((ROOT / "lianxin").rglob("*.py")):
        place = path.relative_to(ROOT)
        if {"tests", "migrations", "demo"} & set(place.parts) or (words and not any(word in str(place) for word in words)):
            continue
        source = path.read_text()
        for number in range(len(list(sites(ast.parse(source))))):
            tree = ast.parse(source)
            site = list(sites(tree))[number]
            said = ast.unparse(site).splitlines()[0][:90]
            yield place, getattr(site, "lineno", 0), said, ast.unparse(ast.fix_missing_locations(Without(site).visit(tree)))


FOUNDATIONS = {"organizations", "accounts", "ledger", "ui", "config"}


def tests_of(place: Path) -> list[str]:
    """Which tests could notice: of a room, those of its own addresses."""
    app = place.parts[1]
    if app in FOUNDATIONS:
        return ["tests/access"]
    names = re.findall(r'name="(\w+)"', (ROOT / "lianxin" / app / "urls.py").read_text())
    return ["tests/access", "-k", " or ".join(f"[{name}" for name in names)]


def noticed(copy: Path, *tests: str) -> bool:
    """Whether some test fails there."""
    command = [sys.executable, "-m", "pytest", "-x", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, check=False).returncode != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("-n", dest="workers", default="2", help="processes")
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    chosen = list(mutants(asked.words))[:: asked.every]
    if asked.list:
        print(*(f"{place}:{line}  {said}" for place, line, said, _ in chosen), f"{len(chosen)} mutants", sep="\n")
        return 0
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "var"))
        for place, line, said, source in chosen:
            kept = (copy / place).read_text()
            (copy / place).write_text(source)
            killed = noticed(copy, "tests/access/test_lines.py") or noticed(copy, "-n", asked.workers, *tests_of(place))
            (copy / place).write_text(kept)
            survived += not killed
            print(f"{'killed  ' if killed else 'SURVIVED'}  {place}:{line}  {said}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} killed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
