"""What a page costs: at most 15 queries, whoever opens it, with nothing kept from a reader before. Without exception."""

import sys
from collections.abc import Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianxin.ledger.kept import Kept
from tests.access.town import ROWS, Town, address, expected, things_of
from tests.browser.furnished import out_of_the_way

MOST = 15
READERS = ("county_officer", "secretary", "contact_leader", "member", "auditor", "administrator", "two_posts", "stranger")
BRANCH = "152221200203-1"
"""Where most meets: it is looked at where an address may name any unit."""


def forget() -> None:
    """Let this process know nothing of any day yet."""
    modules = [module for name, module in sys.modules.items() if name.startswith("lianxin.")]
    for kept in (value for module in modules for value in vars(module).values() if isinstance(value, Kept)):
        kept._values.clear()


def pages(town: Town) -> Iterator[tuple[str, str, str]]:
    """Each address that answers GET, for each reader who is served: its name, the reader, the first such path."""
    for name, row in ROWS.items():
        things = sorted(things_of(town, row), key=lambda thing: thing.label != BRANCH)
        for role in READERS if "GET" in row.methods and not row.absent else ():
            served = (thing for thing in things if expected(row, "GET", role, thing) == "served")
            yield from ((name, role, address(name, row, thing.arguments)) for thing in list(served)[:1])
    for name, (reader, path) in out_of_the_way(town.world).items():
        yield name, reader or "stranger", path


def cost(town: Town, role: str, path: str) -> int:
    """How many queries it takes; marks of the transaction are none."""
    forget()
    with CaptureQueriesContext(connection) as captured:
        assert town.ask(role, "GET", path).status_code < 400, path
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def test_no_page_takes_more_than_15_queries(town: Town) -> None:
    found = {(name, role): cost(town, role, path) for name, role, path in pages(town)}
    assert len({name for name, _role in found}) > 80
    assert {page: count for page, count in found.items() if count > MOST} == {}


def test_nor_does_a_page_of_a_past_day(town: Town) -> None:
    day = town.world.units["152221"].opened_on.replace(year=2025).isoformat()
    for path in (f"/units/{BRANCH}/", "/board/", "/brief/", "/units/"):
        assert cost(town, "county_officer", f"{path}?as_of={day}") <= MOST, path
