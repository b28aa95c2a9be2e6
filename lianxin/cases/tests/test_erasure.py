"""What residents said is erased in time, by two people; at their wish; and again after a restore. The proof stays."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.http import QueryDict
from time_machine import travel

from lianxin.cases import actions, receipts
from lianxin.cases.data_files import DataError, package_file
from lianxin.cases.errors import CaseError
from lianxin.cases.models import Case, CaseStep, Item, Photo, Reporter, Sending, State, Tombstone
from lianxin.cases.notices import to_erase
from lianxin.cases.photos import Cleaned
from lianxin.cases.queries import lists
from lianxin.cases.retention import due_now, kept_about, read_retention, retention
from lianxin.config.commands import keys, restore
from lianxin.config.folder import Folder
from lianxin.config.keys import open_keys
from lianxin.config.verify import verify
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Post
from lianxin.ui.dates import full_day

WORDS = "张三家的井不出水"
PICTURE = Cleaned(jpeg=b"a picture", width=4, height=4, original="0" * 64, likeness="0f" * 16)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FOLDER", Folder(tmp_path))
    return Folder(tmp_path)


@pytest.fixture
def reporter(world, report):
    found = report(
        text=WORDS, spot="张三家院里", phone="13800001111", network="n" * 64, photos=[PICTURE], sending="own key 1234567890"
    )
    return found.reporter


@pytest.fixture
def ended(world, reporter):
    actions.claim_case(actor=world.user("secretary"), case=reporter.case, unit=world.branch)
    actions.handle_case(actor=world.user("secretary"), case=reporter.case, text="张三家的井修好了")
    actions.give_verdict(reporter=reporter, verdict="solved", why="谢谢")
    reporter.refresh_from_db()
    reporter.case.refresh_from_db()
    return reporter


def later(days):
    return travel(clock.now() + timedelta(days=days))


def erase(world):
    erasure = actions.propose_erasure(actor=world.user("founder") if "founder" in world.people else actions.moving.the_clock())
    return actions.approve_erasure(actor=world.user("county_officer"), erasure=erasure)


def test_each_thing_is_due_in_its_time_and_not_before(ended):
    with later(179):
        assert list(due_now()) == []
    with later(181):
        assert [one.rule for one in due_now()] == ["phones"]
    with later(366):
        assert [one.rule for one in due_now()] == ["phones", "photos"]
    with later(1096):
        assert [one.rule for one in due_now()] == ["phones", "photos", "words"]


def test_of_open_cases_nothing_is_due(reporter):
    with later(3000):
        assert list(due_now()) == []


def test_two_people_erase_and_everything_is_gone_but_the_proof(world, ended, folder, django_capture_on_commit_callbacks):
    case, photo = ended.case, Photo.objects.get()
    with later(1096), django_capture_on_commit_callbacks(execute=True):
        assert erase(world) == 3
    ended.refresh_from_db()
    case.refresh_from_db()
    assert (ended.phone, ended.phone_index, ended.network, case.spot) == (None, "", "", None) and case.erased_at
    assert {step.text for step in CaseStep.objects.all()} == {""} and not any(
        step.salt for step in CaseStep.objects.exclude(bound="")
    )
    assert not (folder.photos / f"{photo.name}.jpg").exists()
    assert Entry.objects.filter(kind="cases.erased").count() == 3
    assert verify().findings == []
    kept = (
        json.dumps([*Tombstone.objects.values("rows", "rule"), *Entry.objects.values("data", "subject")])
        + folder.erased_file.read_text()
    )
    assert "张三" not in kept and "1380000" not in kept


def test_whoever_proposed_it_does_not_approve_it(world, ended):
    with later(200):
        erasure = actions.propose_erasure(actor=world.user("county_officer"))
        with pytest.raises(CaseError):
            actions.approve_erasure(actor=world.user("county_officer"), erasure=erasure)
        assert Reporter.objects.exclude(phone=None).exists()
        actions.approve_erasure(actor=world.user("other_county_officer"), erasure=erasure)
        with pytest.raises(CaseError):
            actions.approve_erasure(actor=world.user("inspector"), erasure=erasure)


def test_whoever_may_carry_it_out_finds_it_on_the_desk_looks_and_decides(world, ended, monkeypatch):
    """In their own county, proposed by somebody else; declined, with a reason, it is kept, and may be proposed again."""

    with later(400):
        officer, elsewhere = proved(world, "county_officer"), proved(world, "other_county_officer")
        clerk = actions.moving.the_clock()
        own = actions.propose_erasure(actor=world.user("county_officer"))
        address = f"/erasures/{own.pk}/152221/"
        assert to_erase(world.user("county_officer"), clock.today()) == []
        assert 'name="decision"' not in officer.get(address).content.decode()
        assert officer.post(address, {"submission": "a" * 22, "decision": "carry_out"}).status_code == 422
        again = actions.propose_erasure(actor=clerk)
        address = f"/erasures/{again.pk}/152221/"
        assert Entry.objects.filter(kind="cases.erasure_proposed").count() == 2  # else a desk once written would not change
        assert [due.address for due in to_erase(world.user("county_officer"), clock.today())] == ["/erasures/"]
        assert to_erase(world.user("other_county_officer"), clock.today()) == []
        assert address in officer.get("/erasures/").content.decode()
        page = officer.get(address).content.decode()
        assert "电话号码" in page and f"/cases/{ended.case_id}/" in page and WORDS not in page
        assert (elsewhere.get(address).status_code, proved(world, "secretary").get("/erasures/").status_code) == (404, 404)
        declined = {"submission": "b" * 22, "decision": "decline"}
        assert officer.post(address, declined).status_code == 422
        assert officer.post(address, {**declined, "reason": "还在核对"}).status_code == 302
        assert Entry.objects.get(kind="cases.erasure_declined").reason.text == "还在核对"
        assert officer.get(address).status_code == 404 and Reporter.objects.exclude(phone=None).exists()
        address = f"/erasures/{actions.propose_erasure(actor=clerk).pk}/152221/"
        monkeypatch.setattr(actions.erasure, "AT_ONCE", 1)
        for number, key in enumerate("ccd"):  # a double tap is one; the rest goes on waiting
            assert officer.post(address, {"submission": key * 22, "decision": "carry_out"}).status_code == 302
            assert Entry.objects.filter(kind="cases.erased").count() == (1, 1, 2)[number]
            assert ("还有 1 项等待处理" in officer.get("/erasures/").content.decode()) == (number < 2)
        assert not Reporter.objects.exclude(phone=None).exists() and Tombstone.objects.filter(entry=None).count() == 0


def proved(world, name):
    client = world.client(name)
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()
    return client


def test_the_county_office_sees_what_is_due_proposes_it_and_another_carries_it_out(
    world, ended, report, django_assert_max_num_queries
):
    """The very proposal of the command; what each number says, its list holds; nobody proposes for another county."""
    Post.objects.filter(person=world.people["other_county_officer"]).update(unit=world.county)
    land = Item.objects.create(key="land", level=1, title="土地")
    kept_longer = report(text="地界").reporter
    Case.objects.filter(pk=kept_longer.case_id).update(ended_at=ended.case.ended_at, state=State.SOLVED, item=land)
    with later(100):
        page = world.client("county_officer").get("/erasures/").content.decode()
        assert "今天没有到期的" in page and full_day(clock.local_date(ended.case.ended_at + timedelta(days=180))) in page
        assert "/erasures/propose/" not in page
        sent = world.client("county_officer").post("/erasures/propose/152221/", {"submission": "e" * 22})
        assert sent.status_code == 422 and "没有可以提出的" in sent.content.decode()
    with later(1096):
        officer, second = proved(world, "county_officer"), proved(world, "other_county_officer")
        officer.get("/erasures/")
        with django_assert_max_num_queries(15):
            page = officer.get("/erasures/").content.decode()
        found = re.findall(r'href="(/cases/\?erase=(\w+)[^"]+)">(\d+)</a>', page)
        assert [(rule, number) for _address, rule, number in found] == [("phones", "2"), ("photos", "1"), ("words", "1")]
        for address, _rule, number in found:
            asked = lists.read(QueryDict(unescape(address).partition("?")[2]).dict())
            assert lists.selected(world.user("county_officer"), asked)[0].count() == int(number)
            assert lists.selected(world.user("township_officer"), asked)[0].count() == 0
        assert world.client("township_officer").get("/erasures/propose/152221/").status_code == 404
        address = "/erasures/propose/152221/"
        assert 'name="submission"' in officer.get(address).content.decode()
        for _tap in range(2):
            assert officer.post(address, {"submission": "f" * 22}).status_code == 302
        proposed = Entry.objects.get(kind="cases.erasure_proposed")
        assert (proposed.actor, proposed.data["stones"]) == (world.user("county_officer"), 4)
        page = officer.get("/erasures/").content.decode()
        assert address not in page and "已全部提出" in page
        address = f"/erasures/{proposed.data['batch']}/152221/"
        done = {"submission": "g" * 22, "decision": "carry_out"}
        assert (officer.post(address, done).status_code, second.post(address, done).status_code) == (422, 302)
        assert not Reporter.objects.exclude(phone=None).exists() and WORDS not in [step.text for step in CaseStep.objects.all()]


def test_on_hold_nothing_is_erased(world, ended):
    with later(1096):
        erasure = actions.propose_erasure(actor=actions.moving.the_clock())
        actions.hold_case(actor=world.user("county_officer"), case=ended.case, reason="a lawsuit")
        with pytest.raises(CaseError):
            actions.approve_erasure(actor=world.user("county_officer"), erasure=erasure)
        with pytest.raises(CaseError):
            actions.ask_erasure(reporter=ended)
        assert list(due_now()) == []
        actions.lift_hold(actor=world.user("county_officer"), case=ended.case, reason="it is over")
        assert len(list(due_now())) == 3


def test_what_was_erased_without_a_tombstone_is_found(ended):
    step = CaseStep.objects.exclude(sealed=None).first()
    CaseStep.objects.filter(pk=step.pk).update(sealed=None, salt="", bound=step.commitment, erased_at=clock.now())
    assert [finding.place for finding in verify().findings] == [f"cases_casestep {step.pk}"]


def test_a_resident_sees_what_is_kept_and_until_when(ended):
    told = {kept.what: (kept.count, kept.until) for kept in kept_about(ended)}
    day = clock.local_date(ended.case.ended_at)
    assert told["phones"] == (1, day + timedelta(days=180)) and told["photos"][0] == 1
    assert told["words"][0] == 2 and told["networks"][1] == day + timedelta(days=30)


def test_at_a_residents_wish_their_own_is_erased_at_once_and_nobody_elses(world, ended):
    assert actions.ask_erasure(reporter=ended)
    texts = [step.text for step in CaseStep.objects.order_by("pk")]
    assert WORDS not in texts and "谢谢" not in texts and "张三家的井修好了" in texts
    assert kept_about(Reporter.objects.select_related("case__item").get()) == []
    assert Reporter.objects.get().receipt == receipts.digest_of(receipts.receipt_for("own key 1234567890"))


def test_while_it_is_open_the_phone_goes_at_once_and_the_words_at_its_end(world, reporter):
    assert not actions.ask_erasure(reporter=reporter)
    reporter.refresh_from_db()
    assert reporter.phone is None and WORDS in [step.text for step in CaseStep.objects.all()]
    actions.withdraw_report(reporter=reporter)
    actions.forget_old()
    assert WORDS not in [step.text for step in CaseStep.objects.all()]
    assert reporter.case.steps.last().state == State.WITHDRAWN


def restored(tmp_path, monkeypatch):
    """What `lianxin restore` says of erasures; what it fills tables with is tried elsewhere."""
    backup = tmp_path / "backup"
    backup.touch()
    monkeypatch.setattr("lianxin.config.commands.restore_backup", lambda file: [])
    monkeypatch.setattr("lianxin.config.commands.current_folder", lambda: settings.FOLDER)
    (tmp_path / "keys" / "keys.json").touch()
    done = CliRunner().invoke(restore, [str(backup)])
    assert done.exit_code == 0, done.output
    return next(int(re.findall(r"\d+", line)[-1]) for line in done.stderr.splitlines() if "erased.jsonl" in line)


def test_a_restored_backup_is_erased_again_and_no_other_case_with_its_number(world, ended, folder, tmp_path, monkeypatch):
    before = CaseStep.objects.exclude(sealed=None).first()
    with later(1096):
        erase(world)
        CaseStep.objects.filter(pk=before.pk).update(sealed=before.sealed, salt=before.salt, bound="", erased_at=None)
        with folder.erased_file.open("a") as torn:
            torn.write('{"case": 1, "ste')
        assert restored(tmp_path, monkeypatch) == 1
        assert CaseStep.objects.get(pk=before.pk).text == "" and verify().findings == []
        fresh = CaseStep(salt="another", case_id=before.case_id)
        fresh.say("另一件事")
        CaseStep.objects.filter(pk=before.pk).update(sealed=fresh.sealed, salt="another", bound="", erased_at=None)
        assert actions.erase_again(actor=actions.moving.the_clock()) == 0


KEYS_WITHOUT_LIST = """{"format": "lianxinqiao-keys-1", "salt": "9eik/KKC7Wl8IqpVkh2SfA==", "nonce": "xZL75QPdFmMcQgiG", "sealed":
"14yzAM2JKykAKSt4jT8gro9Z9duDRMBSs6EF75s5aFaduKuhgyQ8eeLyyHJNOwlpfEw3b/PLQkY01KtOMQGsVySIewhC0GCO0dCMyT4AI7q3dGPH14MMf1Gzl6RBdw=="}"""


def test_the_list_of_what_was_erased_is_carried_with_the_keys(world, ended, folder, tmp_path, monkeypatch):
    """Into another place before a restore; and where the same keys are, what is missing is added, never another's keys."""
    monkeypatch.setenv("LIANXIN_PASSPHRASE", "a long passphrase")
    folder.make(dict(settings.KEYS))
    elsewhere, another = Folder(tmp_path / "elsewhere"), Folder(tmp_path / "another")
    another.make()

    def keys_command(at, *words):
        monkeypatch.setattr("lianxin.config.commands.current_folder", lambda: at)
        monkeypatch.setattr("lianxin.config.setup.current_folder", lambda: at)
        return CliRunner().invoke(keys, list(map(str, words)))

    assert keys_command(folder, "export", tmp_path / "early").exit_code == 0
    before = CaseStep.objects.exclude(sealed=None).first()
    with later(1096):
        erase(world)
        assert keys_command(folder, "export", tmp_path / "late").exit_code == 0
        assert keys_command(elsewhere, "import", tmp_path / "early").exit_code == 0 and elsewhere.erased() == []
        assert keys_command(elsewhere, "import", tmp_path / "late").exit_code == 0
        assert elsewhere.erased() == folder.erased() != [] and elsewhere.keys() == folder.keys()
        assert "0" in keys_command(elsewhere, "import", tmp_path / "late").stderr and elsewhere.erased() == folder.erased()
        assert keys_command(another, "import", tmp_path / "late").exit_code == 1 and another.erased() == []
        monkeypatch.setattr(settings, "FOLDER", elsewhere)
        CaseStep.objects.filter(pk=before.pk).update(sealed=before.sealed, salt=before.salt, bound="", erased_at=None)
        assert restored(tmp_path / "elsewhere", monkeypatch) == 1 and CaseStep.objects.get(pk=before.pk).text == ""
    (tmp_path / "old").write_text(KEYS_WITHOUT_LIST)
    assert open_keys(tmp_path / "old", "a long passphrase") == ({"django": "ab" * 32}, [])


def test_what_names_nobody_is_forgotten_by_itself(reporter):
    with later(31):
        actions.forget_old()
        assert Reporter.objects.get().network == "" and Sending.objects.exists()
    with later(91):
        actions.forget_old()
        assert not Sending.objects.exists()


def test_a_matter_may_be_kept_for_longer():
    assert retention().kept_for("words", "land.contract.x") == timedelta(days=1825)
    assert retention().kept_for("phones", "land.contract.x") == retention().kept_for("phones", "")


@pytest.mark.parametrize("change", [("days: 180", "days: 0"), ("phones", "phone"), ("1095", "9999"), ("land:", "land")])
def test_a_mistake_in_the_file_is_named(change):
    text = package_file("retention").read_text()
    with pytest.raises(DataError, match=r"retention\.yaml"):
        read_retention(text.replace(*change, 1))


def test_under_the_receipt_stands_what_is_kept_and_a_resident_has_it_erased(world, ended):
    client, receipt = world.client(), receipts.receipt_for("own key 1234567890")
    page = client.post("/receipt/", {"receipt": receipt}, follow=True).content.decode()
    assert "您的电话号码" in page and 'name="sure"' in page
    assert client.post("/receipt/erase/", {"receipt": receipt}).status_code == 422
    client.post("/receipt/erase/", {"receipt": receipt, "sure": "on"})
    page = client.post("/receipt/", {"receipt": receipt}, follow=True).content.decode()
    assert WORDS not in page and "已按您的要求删除" in page and 'name="sure"' not in page


def test_under_the_receipt_stands_why_words_were_deleted(world, reporter, django_capture_on_commit_callbacks):
    """At one's own wish, or because their time was over: each resident reads what is true of theirs."""
    mine = "own key 1234567890"
    other = actions.Report("another's key 1234567890", world.village, "我家也没水")
    actions.join_case(case=reporter.case, report=other)

    def read(sending):
        return world.client().post("/receipt/", {"receipt": receipts.receipt_for(sending)}).content.decode()

    wish, time_over = "您写的内容已按您的要求删除", "文字内容保存期满"
    for sending in (mine, other.sending):
        world.client().post("/receipt/withdraw/", {"receipt": receipts.receipt_for(sending), "sure": "1"})
    world.client().post("/receipt/erase/", {"receipt": receipts.receipt_for(mine), "sure": "on"})
    assert wish in read(mine) and time_over not in read(mine)
    assert wish not in read(other.sending) and time_over not in read(other.sending) and "我家也没水" in read(other.sending)
    with later(1096), django_capture_on_commit_callbacks(execute=True):
        erase(world)
        assert wish in read(mine) and "其他文字内容保存期满" in read(mine)
        assert wish not in read(other.sending) and time_over in read(other.sending)
