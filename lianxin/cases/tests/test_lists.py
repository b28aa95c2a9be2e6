"""Lists of cases: whatever way they are looked up, they hold what a reader of every case would pick out."""

from itertools import count

import pytest
from django.utils.translation import override

from lianxin.cases import actions
from lianxin.cases.models import Case, Item, Part, State
from lianxin.cases.queries import lists, reach, readable_for
from lianxin.organizations.access import CASE_CLAIM, CASE_VIEW, grants_for

READERS = [
    *("county_officer", "inspector", "auditor", "administrator", "township_officer", "secretary", "member", "head"),
    *("contact_leader", "department_handler", "sibling_officer", "sibling_secretary", "other_county_officer", "other_secretary"),
]


@pytest.fixture
def cases(world):
    """In each place: waiting, led by each of three, assisted, complaining about somebody, handled."""
    numbers = count()

    def reported(place, **said):
        report = actions.Report(sending=f"a phone's own key {next(numbers)}", place=place, text="水井坏了", **said)
        return actions.report_case(report=report).reporter.case

    secretary, sibling = world.user("secretary"), world.user("sibling_secretary")
    for place in (world.village, world.units["152221100003"], world.township, world.county, world.units["150302001002"]):
        reported(place)
        reported(place, about=world.village)
        reported(place, about=world.township)
    for place in (world.village, world.units["152221100003"]):
        actor, unit, other = (
            (secretary, world.branch, world.sibling_branch)
            if place == world.village
            else (sibling, world.sibling_branch, world.village)
        )
        for end in range(4):
            case = reported(place)
            actions.claim_case(actor=actor, case=case, unit=unit)
            if end == 1:
                part = actions.ask_part(actor=actor, case=case, unit=other, text="请来看水泵", due_on=case.reported_on)
            if end == 2:
                part = actions.ask_part(actor=actor, case=case, unit=other, text="请来看", due_on=case.reported_on)
                actions.call_off_part(actor=actor, part=part, reason="不用了")
            if end == 3:
                actions.handle_case(actor=actor, case=case, text="好了")
    return list(Case.objects.select_related("place", "lead", "about").order_by("-pk"))


def may_read(user, case):
    """The rule, told case by case."""
    grants = grants_for(user)
    if case.about and any(grant.path.startswith(case.about.path) for grant in grants):
        return False
    units = [case.place, case.lead, *(part.unit for part in Part.objects.filter(case=case, called_off=None))]
    if any(grant.covers(unit) for grant in grants if CASE_VIEW in grant.permissions for unit in units if unit):
        return True
    paths = reach.neighbourhoods(user)
    claims = any(CASE_CLAIM in grant.permissions for grant in grants)
    return claims and case.state in ("unclaimed", "dispatch") and any(case.place.path.startswith(path) for path in paths)


@pytest.mark.parametrize("few", [3_000, 0], ids=["named one by one", "walked through"])
def test_everybody_reads_exactly_what_is_theirs(world, cases, few, monkeypatch):
    monkeypatch.setattr(reach, "FEW", few)
    for name in READERS:
        theirs = [case.pk for case in cases if may_read(world.user(name), case)]
        assert sorted(readable_for(world.user(name)).values_list("pk", flat=True), reverse=True) == theirs, name
        assert [line.case.pk for line in lists.case_list(world.user(name), {}).lines] == theirs, name
        assert [line.case.pk for line in lists.case_list(world.user(name), {"q": "水井 坏"}).lines] == theirs, name


def test_pages_follow_each_other_without_a_gap(world, cases, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZE", 4)
    for asked in ({}, {"q": "水"}, {"sort": "due"}, {"state": "open"}, {"place": "152221200"}, {"lead": "152221"}):
        whole, after = [], ""
        while True:
            page = lists.case_list(world.user("county_officer"), {**asked, "after": after})
            whole += [line.case.pk for line in page.lines]
            after = page.after
            if not after:
                break
        monkeypatch.setattr(lists, "PAGE_SIZE", 100)
        assert whole == [line.case.pk for line in lists.case_list(world.user("county_officer"), asked).lines], asked
        assert len(whole) > 4
        monkeypatch.setattr(lists, "PAGE_SIZE", 4)


def test_words_that_only_handlers_read_are_not_found_by_others(world, waiting):
    secretary = world.user("secretary")
    actions.claim_case(actor=secretary, case=waiting, unit=world.branch)
    actions.plan_case(actor=secretary, case=waiting, text="此户有争议，先核实", focus="key")
    Case.objects.filter(pk=waiting.pk).update(lead=None, state="dispatch")  # its lead was closed: it waits in the pool again
    neighbour = world.user("member")  # claims for the village's branch: reads what residents read

    def found(asked):
        return [line.case.pk for line in lists.case_list(neighbour, {"q": asked}).lines]

    assert found("水井") == [waiting.pk]
    assert found("核实") == []
    assert [line.case.pk for line in lists.case_list(world.user("township_officer"), {"q": "核实"}).lines] == [waiting.pk]


def test_search_on_the_page(world, waiting, django_assert_max_num_queries):
    client = world.client("secretary")
    with django_assert_max_num_queries(15):
        client.get("/cases/", {"q": "水井", "state": "open", "item": "water", "place": "152221", "lead": "152221"})
    assert "村口的水井不出水" in client.get("/cases/", {"q": "水井"}).content.decode()
    for hostile in ("水井*", '"', "NEAR(水 井)", "'; DROP TABLE", "😀" * 50, "<script>alert(1)"):
        page = client.get("/cases/", {"q": hostile})
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
    assert client.get("/cases/", {"q": "水\x00"}).status_code == 400  # no keyboard makes it
    assert "没有同时符合这些条件的" in client.get("/cases/", {"q": "路灯"}).content.decode()
    for signs in ("😀", "%", "'", "。！"):
        assert "标点和表情符号查不到" in client.get("/cases/", {"q": signs}).content.decode()


def test_whoever_reads_english_chooses_among_matters_in_english(world, waiting, catalogue):
    client = world.client("county_officer")
    assert ">供水排水<" in client.get("/cases/").content.decode()
    client.cookies["django_language"] = "en"
    page = client.get("/cases/").content.decode()
    assert ">供水排水<" not in page and f">{Item.objects.get(key='water').title_en}<" in page


@pytest.mark.parametrize("after", ["x", "9" * 40, "²", "2026-13-01T00:00,4", "-1", "0"])
def test_a_strange_place_to_go_on_from_is_the_first_page(world, waiting, after):
    for asked in ({"after": after}, {"after": after, "sort": "due"}, {"after": after, "q": "水"}):
        assert world.client("secretary").get("/cases/", asked).status_code == 200


def test_a_word_for_several_states_is_no_states_own():
    """Else a figure of one state would open to the cases of several."""
    assert not set(lists.STATES) & set(State.values)
    with override("zh-hans"):
        assert len({str(label) for _word, label in lists.STATE_CHOICES}) == len(lists.STATE_CHOICES)
