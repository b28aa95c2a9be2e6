"""An administrator hands out one-time links; whoever holds one chooses a password and is in."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.test import Client

from lianxin.accounts.models import Invitation, User
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations import invitations
from lianxin.organizations.commands import invite
from lianxin.organizations.models import Person

PASSWORD = "草原上升起不落的太阳"
CHOICE = {"username": "batu", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def admin(world) -> Client:
    client = world.client("administrator")
    prove_now(client)
    return client


def prove_now(client: Client) -> None:
    session = client.session
    session["proved_at"] = clock.now().isoformat()
    session.save()


def link_for(admin: Client, code: str) -> str:
    response = admin.post("/accounts/invite/", {"person": code})
    assert response.status_code == 200
    return re.search(r'href="http://testserver(/invitation/[0-9a-f]{40}/)"', response.content.decode())[1]


def test_a_link_lets_a_person_choose_a_password_and_come_in(world, admin):
    batu = world.people["secretary"]
    link = link_for(admin, batu.code)
    client = Client()
    page = client.get(link).content.decode()
    assert "巴图" in page and "特门嘎查党支部" in page
    response = client.post(link, CHOICE)
    assert (response.status_code, response.url) == (302, "/desk/")
    assert client.get("/account/").status_code == 200
    assert Client().post("/sign-in/", {"username": "batu", "password": PASSWORD}).status_code == 302
    kinds = list(
        Entry.objects.filter(unit=world.branch, kind__startswith="accounts.").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["accounts.invited", "accounts.accepted"]


def test_a_printed_link_leads_to_where_people_reach_us(world, admin, settings):
    settings.ADDRESS = "https://bridge.example"
    sheet = admin.post("/accounts/invite/", {"person": world.people["secretary"].code}).content.decode()
    assert re.search(r'href="https://bridge\.example/invitation/[0-9a-f]{40}/"', sheet)


def test_a_link_works_once(world, admin):
    link = link_for(admin, world.people["secretary"].code)
    assert Client().post(link, CHOICE).status_code == 302
    assert Client().get(link).status_code == 404
    assert Client().post(link, {**CHOICE, "username": "thief"}).status_code == 404


def test_a_new_link_replaces_the_old_one(world, admin):
    first = link_for(admin, world.people["secretary"].code)
    second = link_for(admin, world.people["secretary"].code)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_a_link_dies_after_fourteen_days(world, admin, monkeypatch):
    link = link_for(admin, world.people["secretary"].code)
    later = clock.now() + timedelta(days=14, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert Client().get(link).status_code == 404


def test_a_withdrawn_link_and_one_that_never_was_look_alike(world, admin):
    code = world.people["secretary"].code
    link = link_for(admin, code)
    admin.post("/accounts/close/", {"person": code, "only": "link"})
    never = re.sub(r"[0-9a-f]{40}", "0" * 40, link)
    assert Client().get(link).status_code == Client().get(never).status_code == 404
    assert world.user("secretary").is_active


def test_the_link_itself_is_not_kept(world, admin):
    token = link_for(admin, world.people["secretary"].code).split("/")[2]
    [invitation] = Invitation.objects.all()
    assert token not in str(vars(invitation))


@pytest.mark.parametrize(
    "wrong", [{"password": "kurz", "again": "kurz"}, {"again": "another password"}, {"username": "clerk"}, {"username": "a b"}]
)
def test_a_wrong_choice_is_explained_and_the_link_stays(world, admin, wrong):
    link = link_for(admin, world.people["secretary"].code)
    refused = Client().post(link, {**CHOICE, **wrong})
    assert refused.status_code == 422
    assert 'class="errors"' in refused.content.decode()
    assert Client().post(link, CHOICE).status_code == 302


def test_somebody_who_lost_the_phone_comes_back_without_the_second_step(world, admin):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(world.user("secretary"), generate_totp_secret())
    link = link_for(admin, world.people["secretary"].code)
    response = Client().post(link, CHOICE)
    assert (response.status_code, response.url) == (302, "/desk/")


def test_closing_an_account_and_opening_it_again(world, admin):
    link = link_for(admin, world.people["secretary"].code)
    client = Client()
    client.post(link, CHOICE)
    admin.post("/accounts/close/", {"person": world.people["secretary"].code})
    assert client.get("/account/").status_code == 302
    assert Client().post("/sign-in/", {"username": "batu", "password": PASSWORD}).status_code == 422
    again = link_for(admin, world.people["secretary"].code)
    assert Client().post(again, CHOICE).status_code == 302


def test_ticking_nobody_is_said_plainly(world, admin):
    answer = admin.post("/accounts/invite/", {}, follow=True)
    assert "Tick" in answer.content.decode() or "勾选" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_nobody_closes_their_own_account(world, admin):
    admin.post("/accounts/close/", {"person": world.people["administrator"].code})
    assert admin.get("/accounts/").status_code == 200


def test_the_administrator_sees_names_and_posts_and_nothing_else(world, admin):
    page = admin.get("/accounts/").content.decode()
    assert "巴图" in page and "1980" not in page and "****" not in page
    assert "宝音" in page, "a member with an account"
    found = admin.get("/accounts/", {"q": "bt"}).content.decode()
    assert "巴图" in found and "宝音" not in found
    assert "巴图" not in admin.get("/accounts/", {"state": "open"}).content.decode(), "never chose a password"


@pytest.mark.parametrize("name", ["county_officer", "township_officer", "secretary", "auditor", "member"])
def test_nobody_else_invites(world, name):
    client = world.client(name)
    prove_now(client)
    assert client.get("/accounts/").status_code == 404
    assert client.post("/accounts/invite/", {"person": "T001"}).status_code == 404
    assert not Invitation.objects.exists()


def test_inviting_needs_a_fresh_proof(world):
    response = world.client("administrator").post("/accounts/invite/", {"person": "T006"})
    assert response.status_code == 302 and response.url.startswith("/sign-in/again/")
    assert not Invitation.objects.exists()


def test_the_command_prints_links_and_writes_sheets(world, tmp_path):
    newcomer = Person.objects.get(pk=world.people["member"].pk)
    newcomer.user = None
    newcomer.save()
    sheets = tmp_path / "sheets.html"
    result = CliRunner().invoke(invite, [newcomer.code, "--base-url", "https://bridge.example", "--output", str(sheets)])
    assert result.exit_code == 0, result.output
    code, name, address = result.stdout.strip().split("\t")
    assert (code, name) == (newcomer.code, "宝音")
    assert address.startswith("https://bridge.example/invitation/")
    assert address in sheets.read_text() and "<svg" in sheets.read_text()
    assert Client().post(address.removeprefix("https://bridge.example"), {**CHOICE, "username": "baoyin"}).status_code == 302


def test_the_command_invites_everybody_in_a_post_beneath_a_unit(world):
    for name in ("secretary", "clerk", "sibling_secretary", "member"):
        person = world.people[name]
        person.user = None
        person.save()
    result = CliRunner().invoke(invite, ["--all-without-account", "--unit", world.township.code])
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["巴图", "哈斯"]


@pytest.mark.parametrize("arguments", [[], ["NOBODY"], ["T006", "--all-without-account"], ["T006", "--as", "secretary"]])
def test_the_command_refuses_with_one_sentence(world, arguments):
    result = CliRunner().invoke(invite, arguments)
    assert result.exit_code != 0
    assert result.stdout == "" and len(result.stderr.strip().splitlines()) == 1
    assert not Invitation.objects.exists()


def test_an_empty_installation_gets_its_first_administrator(world):
    founder = User.objects.get(username="founder")
    User.objects.filter(username="administrator").update(username="another")
    token = invitations.first_administrator(actor=founder, county=world.other_county, name="管理员甲")
    client, link = Client(), f"/invitation/{token}/"
    assert "管理员甲" in client.get(link).content.decode()
    client.post(link, {**CHOICE, "username": "first"})
    assert client.get("/accounts/").status_code == 200
