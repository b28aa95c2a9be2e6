"""What a person reads when the machine is at fault, or when what they sent cannot be taken."""

import errno
import io
import re
import tempfile
from html.parser import HTMLParser

import pytest
from django.db.utils import OperationalError
from django.urls import path

from lianxin.accounts.gate import public
from lianxin.config import failures, urls
from lianxin.config.bounds import BoundsMiddleware
from lianxin.config.settings import UPLOAD_LIMIT

FAULTS = {
    "locked": OperationalError("database is locked"),
    "full": OperationalError("database or disk is full"),
    "no-space": OSError(errno.ENOSPC, "No space left on device"),
    "mistake": KeyError("of ours"),
}


@public("GET", "POST")
def fail(request, how):
    raise FAULTS[how]


urlpatterns = [path("fail/<how>/", fail), *urls.urlpatterns]
handler400, handler500 = urls.handler400, urls.handler500

pytestmark = pytest.mark.urls(__name__)


class Text(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.words = ""
        self.feed(html)

    def handle_data(self, data):
        self.words += data


def read(response):
    return Text(response.content.decode()).words


@pytest.fixture
def client(client):
    client.raise_request_exception = False
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.mark.parametrize(
    ("how", "status", "sentence"),
    [
        ("locked", 503, "Too many people are saving at this moment"),
        ("full", 507, "The disk is full"),
        ("no-space", 507, "The disk is full"),
    ],
)
def test_a_fault_of_the_machine_is_named_and_nothing_was_saved(client, how, status, sentence):
    response = client.post(f"/fail/{how}/")
    assert response.status_code == status
    assert sentence in read(response)
    assert "Nothing was saved." in read(response)


def test_a_mistake_of_ours_gives_a_number_to_quote_and_promises_nothing(client, caplog):
    response = client.post("/fail/mistake/")
    assert response.status_code == 500
    assert "Nothing was saved." not in read(response)
    number = re.search(r"\b[0-9a-f]{8}\b", read(response))[0]
    assert f"failure {number}: POST /fail/mistake/: KeyError('of ours')" in caplog.text


def test_a_busy_database_says_when_to_come_back(client):
    assert client.get("/fail/locked/")["Retry-After"] == "5"


def test_an_upload_over_the_limit_is_refused_unread(client):
    response = client.post("/health/", data=b"x" * (UPLOAD_LIMIT + 1), content_type="application/octet-stream")
    assert response.status_code == 413
    assert "at most 20 MB" in read(response)


def test_an_upload_never_touches_the_disk(client, world, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))  # where a file would be made, there is no folder
    file = io.BytesIO(b"x" * (UPLOAD_LIMIT - 10_000))
    file.name = "people.xlsx"
    officer = world.client("county_officer")
    assert officer.post("/imports/people/", {"file": file}).status_code < 500


@pytest.mark.parametrize("size", ["-1", "1e9", "９", "99999999999999999999"])
def test_a_size_that_is_no_number_counts_as_too_large(client, size):
    assert client.get("/health/", CONTENT_LENGTH=size).status_code == 413


@pytest.mark.parametrize("address", ["/units/%00/", "/health/?q=%00"])
def test_a_nul_reaches_no_database(client, address):
    response = client.get(address)
    assert response.status_code == 400
    assert "This could not be read" in read(response)


def test_a_form_without_its_secret_is_answered_in_plain_words(rf):
    response = failures.form_refused(rf.post("/"), "CSRF cookie not set.")
    assert response.status_code == 403
    assert "重新" in read(response) or "reload" in read(response)


CLAIM = {
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "198.51.100.4, 203.0.113.7",
    "HTTP_X_FORWARDED_HOST": "elsewhere",
}


@pytest.fixture
def seen(rf, settings):
    """A function: what a view is told about a request that claims to have come over TLS."""

    def seen_from(address, proxy):
        settings.TRUSTED_PROXY, settings.SECURE_PROXY_SSL_HEADER = proxy, ("HTTP_X_FORWARDED_PROTO", "https")
        request = rf.get("/", REMOTE_ADDR=address, **CLAIM)
        BoundsMiddleware(lambda request: None)(request)
        return request.is_secure(), request.META["REMOTE_ADDR"]

    return seen_from


def test_the_named_proxy_is_believed_about_tls_and_who_asks(seen):
    assert seen("192.0.2.1", proxy="192.0.2.1") == (True, "203.0.113.7")


def test_anyone_else_is_not_believed(seen):
    assert seen("192.0.2.9", proxy="192.0.2.1") == (False, "192.0.2.9")
    assert seen("192.0.2.9", proxy="") == (False, "192.0.2.9")


@pytest.mark.parametrize("cookie", ["__Host-session", "session", "csrftoken", "messages", "django_language"])
def test_a_broken_cookie_is_as_good_as_none(client, db, cookie):
    broken = f'{cookie}="\\000abcdefgh\\777{{broken"; =; ;;\xff'
    assert client.get("/health/", HTTP_COOKIE=broken).status_code == 200
    assert client.get("/sign-in/", HTTP_COOKIE=broken).status_code == 200
