"""An administrator with nothing but the README takes an empty county to its first recorded visit, and moves it elsewhere."""

import re
from datetime import date

import pytest

from lianxin.imports.tests.books import book
from lianxin.ledger import clock
from tests.house import House, new_house
from tests.stories.visitor import Visitor

pytestmark = pytest.mark.xdist_group("serve")

OPENED = date(2020, 1, 1)
PASSWORD = "a-quiet-river-131"
UNITS = [
    ("152221200", "满族屯满族乡", "township", "152221", OPENED),
    ("152221200203", "特门嘎查", "village", "152221200", OPENED, "village"),
    ("152221200203-1", "特门嘎查党支部", "branch", "152221200203", OPENED, "village", 5, date(2001, 7, 1), 0, date(2021, 1, 1)),
]
PEOPLE = [
    ("K0001", "白组织", 1980, "", "152221", "", "county_officer", date(2021, 1, 1)),
    ("L0001", "李联系", 1975, "", "152221200203-1", "", "contact_leader", date(2021, 1, 1)),
    ("S0001", "宝音", 1970, "13800000001", "152221200203-1", "rural", "secretary", date(2021, 1, 1)),
]


def test_from_the_readme_to_the_first_visit_and_back_from_a_backup(tmp_path):
    with new_house(made=False) as house, new_house(made=False) as elsewhere:
        link = house.run("init", "--county", "152221", "--administrator", "王管理").stdout.strip()
        assert re.fullmatch(r"http://localhost:8000/invitation/[0-9a-f]{40}/", link)
        bring_in(house, tmp_path)
        house.run("schemes", "publish", "lianxin/schemes/library/contact-131.yaml")
        sheets = tmp_path / "sheets.html"
        links = house.run("invite", "--all-without-account", "--output", sheets).stdout.splitlines()
        assert [line.split("\t")[0] for line in links] == ["K0001", "L0001", "S0001"]
        assert sheets.read_text().count("<svg") == 3
        before = standing(house)
        with house.serve() as served:
            accept(served.url, link)
            leader = accept(served.url, links[1].split("\t")[2])
            visit_the_point(leader)
            assert Visitor(served.url).open(links[1].split("\t")[2].removeprefix("http://localhost:8000")).status == 404
        assert before == {"research": 0, "inspect": 0, "solve": 0}
        assert standing(house) == {"research": 0, "inspect": 1, "solve": 0}
        move(house, elsewhere, tmp_path)
        assert standing(elsewhere) == {"research": 0, "inspect": 1, "solve": 0}


def bring_in(house: House, tmp_path) -> None:
    """A template out, workbooks in; first only looked at, then brought in, then unchanged."""
    units, people = tmp_path / "units.xlsx", tmp_path / "people.xlsx"
    house.run("import", "units", units, "--template")
    assert units.read_bytes().startswith(b"PK")
    units.write_bytes(book("units", *UNITS))
    people.write_bytes(book("people", *PEOPLE))
    assert house.run("import", "units", units, "--dry-run").stdout == "Dry run: 3 added, 0 unchanged\n"
    assert house.run("import", "units", units).stdout == "3 added, 0 unchanged\n"
    assert house.run("import", "units", units).stdout == "0 added, 3 unchanged\n"
    assert house.run("import", "people", people).stdout == "3 added, 0 unchanged\n"


def accept(site: str, link: str) -> Visitor:
    """A new person opens the link from paper, chooses a password, and stands at the own desk."""
    person = Visitor(site)
    page = person.open(link.removeprefix("http://localhost:8000"))
    assert page.status == 200
    refused = person.fill(page, password="short", again="short")
    assert refused.status == 422
    desk = person.fill(refused, password=PASSWORD, again=PASSWORD)
    assert (desk.status, desk.address) == (200, f"{site}/desk/")
    return person


def visit_the_point(leader: Visitor) -> None:
    """Record an inspection; the page after it shows one more; a double tap saves once."""
    points = leader.open("/points/")
    assert "特门嘎查党支部" in points.body
    page = leader.open("/visits/new/?unit=152221200203-1&kind=inspection")
    form = page.form("csrfmiddlewaretoken", "day")
    assert len([name for name in form.values if name not in ("csrfmiddlewaretoken", "key", "next")]) <= 5
    sent = {**form.values, "kind": "inspection", "day": clock.today().isoformat(), "findings": "取暖已修好"}
    after = leader.open(form.action, sent)
    assert after.status == 200
    assert "1/3" in re.sub(r"\s|<[^>]+>", "", after.body)
    again = leader.open(form.action, sent)
    assert again.status == 200
    assert "1/3" in re.sub(r"\s|<[^>]+>", "", again.body)


def standing(house: House) -> dict[str, int]:
    rows = house.run("schemes", "standings", "contact-131", "--format", "csv").stdout.splitlines()
    heads = rows[0].split(",")
    found = [dict(zip(heads, row.split(","), strict=True)) for row in rows[1:]]
    return {row["clause"]: int(row["n"]) for row in found if row["clause"]}


def move(house: House, elsewhere: House, tmp_path) -> None:
    """Keys and backup, each in its own pocket; both sides are shown and equal."""
    keys, file = tmp_path / "keys", tmp_path / "backup"
    house.environment["LIANXIN_PASSPHRASE"] = elsewhere.environment["LIANXIN_PASSPHRASE"] = "correct horse battery"
    house.run("keys", "export", keys)
    house.run("backup", file)
    elsewhere.run("keys", "import", keys)
    shown = elsewhere.run("restore", file).stdout.splitlines()
    assert shown
    assert all(line.split("\t")[-1] == "=" for line in shown)
    elsewhere.run("verify")
