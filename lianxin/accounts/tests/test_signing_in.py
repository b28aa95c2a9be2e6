"""People sign in, are locked out after too many wrong passwords, end sessions, and prove themselves again."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from lianxin.accounts import actions
from lianxin.accounts.models import Session, User
from lianxin.accounts.sessions import stored_key
from lianxin.ledger import clock

PASSWORD = "春风又绿草原岸 2026"


@pytest.fixture
def batu(world) -> User:
    user = world.user("secretary")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, username: str = "secretary", password: str = PASSWORD, **more):
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def test_a_person_signs_in_and_goes_on_where_they_wanted_to(batu):
    client = Client()
    stopped = client.get("/account/")
    assert stopped.status_code == 302 and stopped.url == "/sign-in/?next=/account/"
    response = sign_in(client, next="/account/")
    assert (response.status_code, response.url) == (302, "/account/")
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org"])
def test_next_never_leaves_the_site(batu, elsewhere):
    response = sign_in(Client(), next=elsewhere)
    assert (response.status_code, response.url) == (302, "/desk/")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(batu):
    def body(username):
        text = sign_in(Client(), username, "wrong password").content.decode()
        text = re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", text)
        return re.sub(r"\b\d\d:\d\d\b", "", text).replace(username, "NAME")  # a minute may pass between the two

    assert body("secretary") == body("nobody-here")


def test_a_closed_account_gets_the_same_answer_as_a_wrong_password(batu):
    batu.is_active = False
    batu.save()
    response = sign_in(Client())
    assert response.status_code == 422
    assert "_auth_user_id" not in response.client.session


def test_five_wrong_passwords_shut_the_door_for_a_while_even_for_the_right_one(batu):
    client = Client()
    for _ in range(4):
        assert sign_in(client, password="wrong").status_code == 422
    assert sign_in(client, password="wrong").status_code == 429
    locked = sign_in(client)
    assert locked.status_code == 429
    assert "15" in locked.content.decode()
    assert sign_in(Client(REMOTE_ADDR="203.0.113.7")).status_code == 302, "somebody else's mistakes lock nobody out elsewhere"


def test_spelling_the_name_differently_gives_no_more_attempts(batu):
    client = Client()
    for name in ("Secretary", "SECRETARY", "sEcretary", "seCretary"):
        assert sign_in(client, name, "wrong").status_code == 422
    assert sign_in(client, "secRetary", "wrong").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), "SECRETARY").status_code == 302, "the right password opens in any spelling"


def test_pages_of_a_signed_in_person_stay_out_of_shared_caches(batu):
    client = Client()
    sign_in(client)
    assert client.get("/account/").headers["Cache-Control"] == "private, no-cache"
    assert client.post("/sign-out/").headers["Clear-Site-Data"] == '"cache"'


def test_one_address_trying_many_names_is_slowed_down(batu, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    stranger = Client(REMOTE_ADDR="203.0.113.77")
    assert [sign_in(stranger, f"name{n}", "wrong").status_code for n in range(5)] == [422, 422, 422, 429, 429]
    assert sign_in(Client(REMOTE_ADDR="203.0.113.78")).status_code == 302


def test_sessions_that_ran_out_are_forgotten(batu):
    old = Client()
    sign_in(old)
    Session.objects.update(expire_date=clock.now() - timedelta(days=1))
    sign_in(Client())
    assert Session.objects.count() == 1


@pytest.mark.parametrize("proxy", ["192.0.2.1", "::ffff:192.0.2.1"])
def test_behind_the_named_proxy_attempts_are_counted_for_the_browsers_own_address(batu, settings, proxy):
    settings.TRUSTED_PROXY = "192.0.2.1"

    def from_behind(address, password=PASSWORD):
        return sign_in(Client(REMOTE_ADDR=proxy, headers={"x-forwarded-for": address}), password=password).status_code

    for claimed in range(4):
        assert from_behind(f"198.51.100.{claimed}, 203.0.113.5", "wrong") == 422
    assert from_behind("203.0.113.5", "wrong") == 429, "what the browser itself claims does not count"
    assert from_behind("203.0.113.6") == 302, "the neighbour comes in"


def test_nobody_but_the_named_proxy_speaks_for_others(batu, settings):
    settings.TRUSTED_PROXY = "192.0.2.1"
    for claimed in range(5):
        stranger = Client(REMOTE_ADDR="203.0.113.8", headers={"x-forwarded-for": f"198.51.100.{claimed}"})
        answer = sign_in(stranger, password="wrong")
    assert answer.status_code == 429


def test_a_neighbour_behind_the_same_address_is_not_locked_out_with_one(batu, world):
    for _ in range(5):
        sign_in(Client(), password="wrong")
    clerk = world.user("clerk")
    clerk.set_password(PASSWORD)
    clerk.save()
    assert sign_in(Client()).status_code == 429
    assert sign_in(Client(), "clerk").status_code == 302


def test_a_session_planted_beforehand_is_not_the_one_that_is_signed_in(batu, world):
    victim = Client()
    victim.cookies["sessionid"] = planted = "a" * 32
    sign_in(victim)
    assert victim.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert attacker.get("/account/").status_code == 302


def test_addresses_are_not_kept_where_attempts_are_counted(batu):
    from axes.models import AccessAttempt

    sign_in(Client(REMOTE_ADDR="203.0.113.9"), password="wrong")
    [attempt] = AccessAttempt.objects.all()
    assert attempt.ip_address.startswith("fd") and "203.0.113.9" not in str(vars(attempt))


def test_signing_out_needs_a_button_and_ends_the_session(batu):
    client = Client()
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(user=batu).exists()


def test_a_stolen_table_of_sessions_opens_nothing(batu):
    client = Client()
    sign_in(client)
    [session] = Session.objects.filter(user=batu)
    thief = Client()
    thief.cookies["session" if "session" in client.cookies else "sessionid"] = session.session_key
    assert thief.get("/account/").status_code == 302
    assert session.session_key == stored_key(client.session.session_key)


def test_a_person_sees_where_they_are_signed_in_and_ends_the_others(batu, world):
    phone = Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/120"})
    office = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/130"})
    sign_in(phone), sign_in(office)
    page = office.get("/account/sessions/").content.decode()
    assert "Android · Chrome" in page and "Windows · Firefox" in page
    office.post("/account/sessions/end/")
    assert phone.get("/account/").status_code == 302
    assert office.get("/account/").status_code == 200


def test_nobody_ends_somebody_elses_session(batu, world):
    client = Client()
    sign_in(client)
    world.client("clerk").post("/account/sessions/end/", {"session": stored_key(client.session.session_key)})
    assert client.get("/account/").status_code == 200


def test_closing_an_account_ends_its_sessions_at_once(batu, world):
    client = Client()
    sign_in(client)
    actions.deactivate_account(actor=world.user("administrator"), user=batu, unit=world.county)
    assert client.get("/account/").status_code == 302
    assert sign_in(Client()).status_code == 422


def test_a_changed_password_ends_the_sessions_of_the_old_one(batu):
    here, elsewhere = Client(), Client()
    sign_in(here), sign_in(elsewhere)
    response = here.post("/account/password/", {"password": "草原上升起不落的太阳", "again": "草原上升起不落的太阳"})
    assert response.status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("1234567890123", "1234567890123"), ("password123", "password123"), (PASSWORD, "else")],
)
def test_a_weak_password_is_refused_with_the_reason(batu, password, again):
    client = Client()
    sign_in(client)
    response = client.post("/account/password/", {"password": password, "again": again})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()


def test_after_ten_minutes_one_proves_oneself_again_and_goes_on(batu, monkeypatch):
    client = Client()
    sign_in(client)
    assert client.get("/account/password/").status_code == 200
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    asked = client.get("/account/password/")
    assert (asked.status_code, asked.url) == (302, "/sign-in/again/?next=%2Faccount%2Fpassword%2F")
    assert client.post("/account/password/", {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert client.post(asked.url, {"proof": "wrong", "next": "/account/password/"}).status_code == 422
    proved = client.post(asked.url, {"proof": PASSWORD, "next": "/account/password/"})
    assert (proved.status_code, proved.url) == (302, "/account/password/")
    assert client.get("/account/password/").status_code == 200


def test_a_second_step_is_set_up_and_then_asked_for(batu):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    def code(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

    client = Client()
    sign_in(client)
    page = client.get("/account/second-step/app/").content.decode()
    secret = re.search(r'class="number">([A-Z2-7]+)<', page)[1]
    elsewhere = Client()
    sign_in(elsewhere)
    assert client.post("/account/second-step/app/", {"code": "1"}).status_code == 200
    assert elsewhere.get("/account/").status_code == 200, "nothing was changed yet"
    assert client.post("/account/second-step/app/", {"code": code(secret)}).status_code == 302
    assert elsewhere.get("/account/").status_code == 302, "who came in by the password alone is out"
    assert secret not in str(Authenticator.objects.filter(user=batu).values_list("data", flat=True)), "secrets are sealed"
    assert len(re.findall(r"<li>\d{8}</li>", client.get("/account/second-step/codes/").content.decode())) == 10

    again = Client()
    response = sign_in(again, next="/account/")
    assert response.url == "/sign-in/code/"
    assert again.get("/account/").status_code == 302, "the password alone opens nothing"
    assert again.get("/sign-in/code/").status_code == 200
    assert again.post("/sign-in/code/", {"code": "000000"}).status_code == 200
    recovery = re.search(r"<li>(\d{8})</li>", client.get("/account/second-step/codes/").content.decode())[1]
    signed_in = again.post("/sign-in/code/", {"code": recovery})
    assert (signed_in.status_code, signed_in.url) == (302, "/account/")


def test_a_code_is_not_taken_twice_while_the_app_would_still_show_it(batu):
    from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    TOTP.activate(batu, secret)
    answers = []
    with time_machine.travel(1_800_000_000, tick=False) as time:
        *_, latest = yield_hotp_counters_from_time()
        for seconds in (0, 65):
            time.shift(seconds)
            someone = Client()
            sign_in(someone)
            answers.append(someone.post("/sign-in/code/", {"code": format_hotp_value(hotp_value(secret, latest))}).status_code)
        someone.post("/sign-in/code/", {"code": format_hotp_value(hotp_value(secret, latest + 1))})
        assert someone.get("/account/").status_code == 200, "the next code is taken"
    assert answers == [302, 200]


@pytest.mark.parametrize(
    "path",
    [
        *("/account/", "/account/sessions/", "/account/password/", "/account/second-step/", "/account/second-step/codes/new/"),
        *("/account/second-step/passkeys/", "/account/second-step/passkeys/add/", "/sign-in/again/"),
    ],
)
def test_each_page_of_the_account_opens(batu, path):
    client = Client()
    sign_in(client)
    assert client.get(path).status_code == 200
