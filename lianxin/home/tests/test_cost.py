"""What a page costs: at most 15 queries even when nothing is kept yet, and not one more where there are more rows."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianxin.home.tests.conftest import settle, solve, visit
from lianxin.organizations import actions as organizations
from lianxin.reminders import picture

MOST = 15
PAGES = {
    "desk": "/desk/",
    "board": "/board/",
    "a township's board": "/board/?unit=152221200",
    "a past board": "/board/?as_of=2024-05-01",
    "units behind a number": "/board/units/?scheme=contact-131",
    "brief": "/brief/",
    "a figure's rows": "/figures/home.written/",
    "a township's page": "/units/152221200/",
    "a branch's page": "/units/152221200203-1/",
    "a branch's history": "/units/152221200203-1/history/",
    "changes": "/desk/changes/",
    "reminders": "/reminders/",
}
READERS = {
    "desk": (
        *("county_officer", "township_officer", "inspector", "secretary"),
        *("contact_leader", "member", "auditor", "administrator"),
    ),
    "a branch's page": ("county_officer", "secretary", "contact_leader", "member"),
}
CASES = [(page, reader) for page in PAGES for reader in READERS.get(page, ("county_officer",))]


def forget(monkeypatch):
    """Let this process know nothing of any day yet."""
    for name in ("_trees", "_schemes", "_versions", "_standings"):
        kept = getattr(picture, name)
        monkeypatch.setattr(picture, name, type(kept)(kept.most))


def queries(world, monkeypatch, *, cold):
    """How many queries each page takes, for each of its readers."""
    found = {}
    for page, reader in CASES:
        client = world.client(reader)
        client.get("/desk/")  # the first visit of all writes down that it was one
        if cold:
            forget(monkeypatch)
        else:
            client.get(PAGES[page])
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGES[page]).status_code == 200
        found[page, reader] = len(captured)
    return found


def grow(world, november):
    """Four times as many points, and three more problems solved."""
    for branch in settle(world, villages=12, start=600):
        visit(world, branch, "inspection", november)
    for _ in range(3):
        solve(world, world.branch, november)


def test_no_page_takes_more_than_15_queries_nor_one_more_for_more_rows(town, november, monkeypatch):
    something_new(town, november)
    before = queries(town, monkeypatch, cold=False)
    grow(town, november)
    after = queries(town, monkeypatch, cold=False)
    assert {case: count for case, count in after.items() if count > MOST} == {}
    assert {case: (count, after[case]) for case, count in before.items() if after[case] > count} == {}


def test_nor_does_the_first_reader_after_a_change_wait_for_more(town, november, monkeypatch):
    """Where nothing is kept, all schemes together are one more."""
    something_new(town, november)
    before = queries(town, monkeypatch, cold=True)
    grow(town, november)
    after = queries(town, monkeypatch, cold=True)
    assert {case: count for case, count in after.items() if count > MOST} == {}
    assert {case: (count, after[case]) for case, count in before.items() if after[case] > count} == {}


def something_new(world, november):
    """Everybody has been here, and something happened since."""
    for _page, reader in CASES:
        world.client(reader).get("/desk/")
    actor = world.user("sibling_officer")
    organizations.set_fact(actor=actor, unit=world.branch, key="households", value=99, since=november)
    office = world.user("county_officer")
    organizations.merge_unit(actor=office, unit=world.sibling_branch, into=world.branch, day=november, reason="合并支部")
