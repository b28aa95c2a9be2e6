"""A county's own rules go before the package's: for what begins from then on, or, with a mistake in them, not at all."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.conf import settings

from lianxin.cases import rules
from lianxin.cases.commands import cases
from lianxin.cases.data_files import put_in_force
from lianxin.cases.models import Case, CaseClock, Erasure, State
from lianxin.config.folder import Folder
from lianxin.config.readiness import why_not_ready
from lianxin.ledger import clock


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder without rules of its own, in force as at the start of a server."""
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))
    Folder(tmp_path).make()
    put_in_force({})
    yield tmp_path / "rules"
    put_in_force({})


def run(*words):
    return CliRunner().invoke(cases, words)


def edit(folder, name, *changes):
    """What the county writes into its own file, which is copied from the package's first."""
    file = folder / f"{name}.yaml"
    if not file.exists():
        assert run("rules", "--own", name).exit_code == 0
    text = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file.write_text(text, encoding="utf-8")
    return file


def send(world, words):
    client = world.client()
    client.get("/report/")
    said = {"place": world.village.code, "text": words, "sending": f"the-key-of-this-phone-{Case.objects.count()}"}
    assert client.post("/report/", said).status_code == 303
    return Case.objects.latest("pk")


def due_of(case):
    return CaseClock.objects.get(case=case, name="claim").due_at


def test_own_tiers_hold_for_what_is_reported_from_then_on(world, folder):
    before = send(world, "村口的水井不出水")
    due = due_of(before)
    edit(
        folder,
        "tiers",
        ("ordinary:  {claim: 2d", "ordinary:  {claim: 5h"),
        ("2026.1", "旗 1"),
        ("note: 示例", "note: 旗办〔2026〕3号"),
    )
    assert due_of(send(world, "学校门前没有路灯")) == due, "a process keeps the rules it began with"
    assert rules.take_in(anew=True) is None
    sooner = send(world, "草场的围栏倒了")
    assert due_of(sooner) - sooner.reported_at < timedelta(hours=5, minutes=1)
    assert due_of(before) == due, "a clock that runs keeps its due time"
    page = world.client("secretary").get("/catalogue/").content.decode()
    assert "5 小时" in page and "旗 1 · 旗办〔2026〕3号" in page
    assert "tiers\t本地\t旗 1\t旗办〔2026〕3号\t" in run("rules").stdout


def test_own_routing_suggests_another_unit(world, folder, catalogue, report):
    case = report(item=catalogue["water.supply.fee"]).reporter.case  # for a water company, and there is none here
    Case.objects.filter(pk=case.pk).update(state=State.DISPATCH)

    def suggested():
        page = world.client("county_officer").get(f"/cases/{case.pk}/designate/").content.decode()
        return re.search(r'name="lead"[^>]*value="([^"]*)"', page)[1]

    assert suggested() == "满族屯满族乡（152221200）"
    edit(folder, "routing", ("enterprise: [department, township, county]", "enterprise: [county]"), ("2026.1", "旗 1"))
    assert rules.take_in(anew=True) is None
    assert suggested() == "科尔沁右翼前旗（152221）"


def test_what_is_kept_for_longer_now_is_not_erased_by_an_earlier_proposal(world, folder, report):
    case = report().reporter.case
    Case.objects.filter(pk=case.pk).update(state=State.SOLVED, ended_at=clock.now() - timedelta(days=200))
    assert run("retention").exit_code == 0
    erasure = Erasure.objects.get()
    waiting = world.client("county_officer").get("/erasures/").content.decode()
    assert f"/erasures/{erasure.pk}/152221/" in waiting and "规则版本：2026.1" in waiting
    edit(folder, "retention", ("phones: {days: 180}", "phones: {days: 365}"), ("2026.1", "旗 1"))
    assert rules.take_in(anew=True) is None
    assert f"/erasures/{erasure.pk}/" not in world.client("county_officer").get("/erasures/").content.decode()
    assert run("retention", "--approve", str(erasure.pk), "--as", "county_officer").exit_code == 1
    shown = run("retention", "--dry-run")
    assert str(folder / "retention.yaml") in shown.stderr and "phones\t0" in shown.stdout


MISTAKES = {
    "tiers": (("handle: 7d", "handle: 7w"), "tiers.ordinary.handle"),
    "routing": (("township: [county]", "township: [sky]"), "otherwise.township[0]"),
    "flood": (("an_hour: 30}", "an_hour: 0}"), "look_first.address.an_hour"),
    "retention": (("days: 180", "days: 400"), "version"),  # says something else under the version of the package
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_its_place_by_the_command_and_before_anything_serves(db, folder, name):
    change, place = MISTAKES[name]
    file = edit(folder, name)
    assert why_not_ready() is None
    edit(folder, name, change)
    assert why_not_ready() is None, "what is in force stays in force"
    listed = run("rules")
    assert listed.exit_code == 1
    assert f"{file}：{place}：" in listed.stderr
    assert f"{file}：{place}：" in rules.take_in(anew=True)
    assert why_not_ready() is None
    put_in_force({})  # as in a process that starts now
    assert f"{file}：{place}：" in why_not_ready()


def test_a_key_that_is_missing_is_called_missing(db, folder):
    file = edit(folder, "tiers", ("again: {ordinary: 3d, ", "again: {"))
    assert f"{file}：again：缺少键“ordinary”" in run("rules").stderr


def test_an_own_file_is_never_written_over_and_one_that_nothing_reads_is_named(db, folder):
    edit(folder, "flood", ("at_once: 8", "at_once: 9"), ("2026.1", "旗 1")).rename(folder / "floods.yaml")
    assert "floods.yaml" in run("rules").stderr
    (folder / "flood.yaml").write_bytes("version: 旗".encode("gb18030"))
    assert run("rules", "--own", "flood").exit_code == 1
    assert (folder / "flood.yaml").read_bytes() == "version: 旗".encode("gb18030")
    assert "UTF-8" in run("rules").stderr
    (folder / "flood.yaml").unlink()
    (folder / "flood.yaml").symlink_to(folder / "nowhere.yaml")
    assert "flood.yaml" in run("rules").stderr
