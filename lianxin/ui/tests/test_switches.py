"""Language and large text: chosen once, kept, back on the same page, never off to another site."""

import pytest


@pytest.mark.parametrize("address", ["/language/", "/text-size/"])
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "/\\evil.example"])
def test_a_switch_never_leads_to_another_site(client, db, address, target):
    assert client.post(address, {"language": "en", "text": "large", "next": target})["Location"] == "/"


def test_a_switch_comes_back_to_the_page_it_stood_on(client, db):
    response = client.post("/language/", {"language": "en", "next": "/sign-in/?next=/desk/"})
    assert response["Location"] == "/sign-in/?next=/desk/"
    assert "Sign in" in client.get("/sign-in/").content.decode()


def test_a_language_we_do_not_speak_changes_nothing(client, db):
    assert not client.post("/language/", {"language": "tlh", "next": "/"}).cookies


def test_large_text_stays_and_can_be_left(client, db):
    client.post("/text-size/", {"text": "large"})
    assert 'class="large"' in client.get("/sign-in/").content.decode()
    client.post("/text-size/", {"text": "normal"})
    assert 'class="large"' not in client.get("/sign-in/").content.decode()


def test_the_choice_goes_with_the_account(world):
    here, elsewhere = world.client("secretary"), world.client("secretary")
    here.post("/text-size/", {"text": "large"})
    here.post("/language/", {"language": "en"})
    page = elsewhere.get("/account/").content.decode()
    assert 'class="large"' in page
    assert "My account" in page


def test_the_choice_of_this_device_comes_before_that_of_the_account(world):
    here, elsewhere = world.client("secretary"), world.client("secretary")
    elsewhere.post("/language/", {"language": "zh-hans"})
    here.post("/language/", {"language": "en"})
    assert "我的账号" in elsewhere.get("/account/").content.decode()


def test_switching_by_a_link_is_refused(client, db):
    assert client.get("/language/?language=en").status_code in (302, 405)
    assert "django_language" not in client.cookies
