"""A list of cases as a workbook, and choices kept for later."""

import io

import pytest
from python_calamine import CalamineWorkbook

from lianxin.cases.models import SavedFilter
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import exports


def take_out(world, asked, name="county_officer", form="xlsx"):
    client = world.client(name)
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    return client.post(f"/cases/export/?{asked}", {"reason": "月度调度会用", "form": form})


def rows_of(answer):
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()


def test_the_workbook_holds_what_the_list_shows_and_never_a_phone(world, report, led):
    report(text="=1+1 路灯不亮", place=world.units["152221100003"])
    report(place=world.units["150302001002"])  # another county's
    assert [row[2] for row in rows_of(take_out(world, "")) if row[0] and row[2]][1:] == ["碧桂园社区", "特门嘎查"]
    with_words = rows_of(take_out(world, "q=路灯&words=1"))
    assert with_words[1][-1] == "=1+1 路灯不亮"
    assert "乌兰" in str(with_words[-1])  # who took it out
    for form in ("xlsx", "csv"):
        cells = take_out(world, "words=1", form=form)
        assert "13800001111" not in (str(rows_of(cells)) if form == "xlsx" else cells.content.decode("utf-8-sig"))
    entry = Entry.objects.filter(kind="organizations.exported").latest("pk")
    assert (entry.data["table"], entry.data["rows"]) == ("cases", 2)


def test_phones_are_spoken_of_only_where_there_are_any(world, waiting):
    client = world.client("county_officer")
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    for address, phones in (("/cases/export/", False), (f"/units/{world.county.code}/people/export/", True)):
        page = client.get(address).content.decode()
        assert "文件上有您的姓名" in page and ("电话仍然遮住" in page) == phones


def test_without_words_unless_they_are_asked_for(world, waiting):
    assert "水井" not in str(rows_of(take_out(world, "state=open")))


@pytest.mark.parametrize("name", ["secretary", "township_officer", "inspector", "auditor", "member"])
def test_nobody_else_takes_it_out(world, waiting, name):
    assert take_out(world, "", name=name).status_code == 404
    assert world.client(name).get("/cases/export/").status_code == 404


def test_many_rows_wait_for_a_second_person(world, report, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 1)
    report(), report()
    assert take_out(world, "").status_code == 302
    assert Entry.objects.filter(kind="organizations.export_requested").exists()
    assert take_out(world, "", form="xlsx").status_code == 302


def test_choices_are_kept_used_replaced_and_forgotten_by_their_owner_alone(world, waiting):
    client = world.client("secretary")
    for query in ("q=水井&after=9&strange=1", "state=open&q=水井"):
        kept = client.post("/cases/filters/", {"name": " 水的 ", "query": query}, follow=True)
        assert "村口的水井不出水" in kept.content.decode()
    saved = SavedFilter.objects.get()
    assert (saved.name, saved.query) == ("水的", "q=%E6%B0%B4%E4%BA%95&state=open")
    assert "水的" in client.get("/cases/").content.decode()
    assert "水的" not in world.client("township_officer").get("/cases/").content.decode()
    assert world.client("township_officer").post(f"/cases/filters/{saved.pk}/").status_code == 404
    client.post(f"/cases/filters/{saved.pk}/")
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("said", [{}, {"name": "x"}, {"name": " ", "query": "q=1"}, {"name": "x", "query": "a=1"}])
def test_nothing_is_kept_without_a_name_or_choices(world, said):
    answer = world.client("secretary").post("/cases/filters/", said, follow=True)
    assert "先在列表里选一选" in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_so_many_are_kept_and_no_more(world):
    client = world.client("secretary")
    for number in range(21):
        client.post("/cases/filters/", {"name": f"{number}", "query": "state=open"})
    assert SavedFilter.objects.count() == 20
