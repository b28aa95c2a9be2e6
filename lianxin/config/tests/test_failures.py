"""What a person reads when the machine is at fault, or when what they sent cannot be taken."""

import errno
from html.parser import HTMLParser

import pytest
from django.db.utils import OperationalError
from django.urls import path

from lianxin.accounts.gate import public
from lianxin.config import failures, urls
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
    number = read(response).split("Number ")[1][:8]
    assert f"failure {number}: POST /fail/mistake/: KeyError('of ours')" in caplog.text


def test_a_busy_database_says_when_to_come_back(client):
    assert client.get("/fail/locked/")["Retry-After"] == "5"


def test_an_upload_over_the_limit_is_refused_unread(client):
    response = client.post("/health/", data=b"x" * (UPLOAD_LIMIT + 1), content_type="application/octet-stream")
    assert response.status_code == 413
    assert "at most 20 MB" in read(response)


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
