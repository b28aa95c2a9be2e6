"""Leaving a case out of the adjusted figures: two people, a ground, a reason; nothing is deleted, and both figures open."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.http import Http404, QueryDict

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, Exclusion, State
from lianxin.cases.queries import lists
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import actions as organizations

WHY = "与另一件是同一口井"
NUMBER = r'<a[^>]* href="(/[^"]+)">\s*(?:<b>)?([\d,]+)'
ROW = r'<th scope="row"><a href="(/(?:cases|units)/[^"]+)"'


@pytest.fixture
def second(world):
    """Another person of the county office: who holds no other post."""
    return officer(world, "head")


def officer(world, name, unit="152221", title="county_officer"):
    founder = world.user("county_officer")
    organizations.give_post(actor=founder, person=world.people[name], unit=world.units[unit], title=title, since=clock.today())
    return world.user(name)


@pytest.fixture
def asked(world, led):
    return actions.ask_exclusion(actor=world.user("county_officer"), case=led, ground="duplicate", reason=WHY)


def send(world, name, case, move, **said):
    client = world.client(name)
    form = client.get(f"/cases/{case.pk}/{move}/").content.decode()
    key = re.search(r'name="submission" value="([^"]+)"', form)
    return client.post(f"/cases/{case.pk}/{move}/", {"submission": key[1] if key else "k" * 22, **said})


def shares(page):
    """(rate, raw, adjusted, left out) as the page says them."""
    found = re.findall(r'<th scope="row">([^<]+)</th>\s*((?:<td data-label="剔除.*?</td>\s*){3})', page, re.S)
    return {name: [re.sub(r"<[^>]+>|\s", "", cell) for cell in re.findall(r"<td.*?</td>", cells, re.S)] for name, cells in found}


def test_one_asks_another_decides_and_both_figures_say_so(world, led, report, second):
    report(text="路灯不亮")
    before = led.steps.count(), Entry.objects.filter(subject=led.subject).count()
    assert send(world, "county_officer", led, "ask_exclusion", ground="duplicate", reason=WHY).status_code == 302
    figures = world.client("county_officer").get("/cases/figures/").content.decode()
    assert shares(figures)["解决率"] == ["0.0%0/2", "0.0%0/2", "0"], "asked is not granted"
    assert send(world, "head", led, "decide_exclusion", granted="yes", reason="查过，确实是同一口井").status_code == 302
    after = led.steps.count(), Entry.objects.filter(subject=led.subject).count()
    assert after == (before[0] + 2, before[1] + 2), "each step is one step and one entry"
    assert Case.objects.get(pk=led.pk).state == State.LED
    figures = world.client("county_officer").get("/cases/figures/").content.decode()
    assert shares(figures)["解决率"] == ["0.0%0/2", "0.0%0/1", "1与另一件诉求是同一事项"]
    listed = world.client("county_officer").get("/cases/left-out/?state=granted").content.decode()
    assert all(words in listed for words in (WHY, "查过，确实是同一口井", "乌兰", "布和", "已剔除"))
    assert WHY in world.client("secretary").get(f"/cases/{led.pk}/").content.decode()
    assert send(world, "county_officer", led, "lift_exclusion", reason="两口井，弄错了").status_code == 302
    figures = world.client("county_officer").get("/cases/figures/").content.decode()
    assert shares(figures)["解决率"] == ["0.0%0/2", "0.0%0/2", "0"]
    assert "两口井，弄错了" in world.client("township_officer").get("/cases/left-out/?state=lifted").content.decode()


def test_nobody_decides_what_they_asked_nor_what_their_own_unit_leads(world, led, asked, second):
    member_too = officer(world, "member")  # of the branch that leads
    said = {"exclusion": asked, "granted": True, "reason": "同意"}
    with pytest.raises(CaseError) as refused:
        actions.decide_exclusion(actor=world.user("county_officer"), **said)
    assert refused.value.code == "exclusion_two"
    others = ("township_officer", "secretary", "inspector", "other_county_officer")
    for actor in (member_too, *(world.user(name) for name in others)):
        with pytest.raises(Http404):
            actions.decide_exclusion(actor=actor, **said)
    assert Exclusion.objects.get().decided is None
    assert actions.decide_exclusion(actor=second, **said).entry.kind == "cases.exclusion_decided"
    with pytest.raises(CaseError):
        actions.decide_exclusion(actor=second, **said)


@pytest.mark.parametrize("name", ["township_officer", "secretary", "member", "inspector", "auditor", "other_county_officer"])
def test_only_the_county_office_asks(world, led, name):
    assert send(world, name, led, "ask_exclusion", ground="duplicate", reason=WHY).status_code == 404
    assert "ask_exclusion" not in world.client(name).get(f"/cases/{led.pk}/").content.decode()


@pytest.mark.parametrize("said", [{"ground": "duplicate", "reason": " "}, {"ground": "tired", "reason": WHY}, {}])
def test_without_a_ground_of_the_list_and_a_reason_nothing_is_asked(world, led, said):
    assert send(world, "county_officer", led, "ask_exclusion", **said).status_code == 422
    assert not Exclusion.objects.exists()


def test_once_at_a_time_and_never_where_the_county_leads(world, led, asked, report):
    with pytest.raises(CaseError) as refused:
        actions.ask_exclusion(actor=world.user("county_officer"), case=led, ground="force", reason=WHY)
    assert refused.value.code == "exclusion_open"
    other = report().reporter.case
    actions.designate_lead(actor=world.user("county_officer"), case=other, lead=world.county)
    with pytest.raises(CaseError) as refused:
        actions.ask_exclusion(actor=world.user("county_officer"), case=other, ground="force", reason=WHY)
    assert refused.value.code == "exclusion_county"


def test_when_a_case_ended_stays_when_it_ended(world, led):
    """Words are erased so long after the end: leaving a case out must not put that off."""
    actions.handle_case(actor=world.user("secretary"), case=led, text="好了")
    actions.give_verdict(reporter=led.reporters.get(), verdict="solved", stars=5)
    ended = Case.objects.get(pk=led.pk).ended_at
    with clock.standing_at(clock.now() + timedelta(days=30)):
        actions.ask_exclusion(actor=world.user("county_officer"), case=led, ground="mistake", reason=WHY)
    assert Case.objects.get(pk=led.pk).ended_at == ended


def test_the_desk_tells_who_must_decide_and_not_who_asked(world, asked, second):
    line = f'href="/cases/{asked.case_id}/"'
    assert line in world.client("head").get("/desk/").content.decode()
    assert line not in world.client("county_officer").get("/desk/").content.decode()
    actions.decide_exclusion(actor=second, exclusion=asked, granted=False, reason="两口井")
    assert line not in world.client("head").get("/desk/").content.decode()
    assert "两口井" in world.client("head").get("/cases/left-out/?state=declined").content.decode()


def test_what_presses_more_does_not_crowd_it_off_the_desk(world, asked, second, report, monkeypatch):
    monkeypatch.setattr("lianxin.cases.notices.MOST", 1)
    for text in ("路灯不亮", "水管漏水"):
        report(text=text, quarantined=True)
    desk = world.client("head").get("/desk/").content.decode()
    assert desk.count("有待核实的反映，请核实") == 1
    assert "有一件诉求申请剔除" in desk
    actions.return_case(actor=world.user("secretary"), case=asked.case, reason="不归我们管", proposed=world.village)
    desk = world.client("head").get("/desk/").content.decode()
    assert "有一件诉求申请剔除" in desk, "returned beside: two decisions, two lines"


def test_escalated_cases_have_a_filter_and_a_line_on_the_county_desk(world, led, report):
    report(text="路灯不亮")
    Case.objects.filter(pk=led.pk).update(escalated=True)
    desk = world.client("county_officer").get("/desk/").content.decode()
    assert "已升级到旗县、尚未办结的诉求：1 件" in desk
    assert "已升级到旗县" not in world.client("township_officer").get("/desk/").content.decode()
    opened = (
        world.client("county_officer").get(unescape(re.search(r"/cases/\?[^\"]*escalated=1[^\"]*", desk)[0])).content.decode()
    )
    assert set(re.findall(r'href="/cases/(\d+)/"', opened)) == {str(led.pk)}
    assert 'name="escalated" value="1" checked' in opened


def test_every_number_of_the_figures_opens_to_exactly_so_many(world, report, second, django_assert_max_num_queries):
    """In time and late, solved, sent back, silent, satisfied by more than five, left out: the same number behind each link."""
    secretary, office = world.user("secretary"), world.user("county_officer")
    start = clock.now() - timedelta(days=40)
    with clock.standing_at(start):
        cases = [report(text=f"第{number}盏路灯不亮", phone="").reporter.case for number in range(8)]
        for case in cases[:7]:
            actions.claim_case(actor=secretary, case=case, unit=world.branch)
        for case in cases[:4]:
            actions.handle_case(actor=secretary, case=case, text="好了")
    with clock.standing_at(start + timedelta(days=25)):
        for case in cases[4:7]:
            actions.handle_case(actor=secretary, case=case, text="好了")
        for case, stars in zip(cases, (5, 5, 4, 4, 3, 1, 4), strict=False):
            actions.give_verdict(reporter=case.reporters.get(), verdict="not" if stars == 1 else "solved", stars=stars)
    for case, ground, granted in ((cases[0], "mistake", True), (cases[5], "force", True), (cases[7], "duplicate", False)):
        exclusion = actions.ask_exclusion(actor=office, case=case, ground=ground, reason=WHY)
        actions.decide_exclusion(actor=second, exclusion=exclusion, granted=granted, reason=WHY)
    client = world.client("county_officer")
    with django_assert_max_num_queries(15):
        page = client.get("/cases/figures/").content.decode()
    told = shares(page)
    assert told["按时办结率"][:2] == ["57.1%4/7", "60.0%3/5"]
    assert told["解决率"] == ["75.0%6/8", "83.3%5/6", "1受灾害或季节所限，无法办理1误录或测试"]
    assert told["满意率"][:2] == ["71.4%5/7", "80.0%4/5"], "who said no last is in the whole"
    links = [(unescape(address), number) for address, number in re.findall(NUMBER, page.split("<main", 1)[1])]
    assert len(links) > 50
    for address, number in links:
        if address.startswith("/cases/?"):
            asked = lists.read(QueryDict(address.partition("?")[2]).dict())
            assert lists.selected(office, asked)[0].count() == int(number), address
    for address, number in (
        next(one for one in links if "rate=satisfied" in one[0]),
        next(one for one in links if "practical" in one[0]),
    ):
        opened = client.get(address).content.decode()
        assert len(set(re.findall(ROW, opened))) == int(number)
    assert "共 5 件" in client.get(next(one for one, _number in links if "rate=satisfied" in one)).content.decode()
