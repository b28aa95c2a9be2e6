"""The real server: a killed worker is replaced, a killed server leaves nothing behind, and TLS changes what cookies may do."""

import datetime
import http.client
import os
import signal
import ssl
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.house import new_house

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture(scope="module")
def house():
    with new_house() as made:
        yield made


def get(url, headers=None, **options):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10, **options) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def send(url, path, size):
    """Send a body of that size, as far as the server takes it; its answer."""
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    line.putrequest("POST", path)
    line.putheader("Content-Length", str(size))
    line.endheaders()
    with suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(size // 1_000_000):
            line.send(b"x" * 1_000_000)
    answer = line.getresponse()
    return answer.status, answer.read().decode()


def eventually(what, seconds=20):
    """Wait for something to become true; it is asked again and again, and nothing is measured."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return b"\nState:\tZ" not in (b"\n" + Path(f"/proc/{pid}/status").read_bytes())


@pytest.fixture(scope="module")
def served(house):
    """One server over plain http, for the tests that leave it standing."""
    with house.serve("--workers", "2") as running:
        yield running


def test_a_killed_worker_is_replaced_and_the_others_go_on(served):
    before = set(served.workers())
    victim = max(before)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in served.workers() and len(served.workers()) == len(before))
    assert get(f"{served.url}/health/")[0] == 200


def test_a_server_whose_workers_all_die_comes_back(house):
    with house.serve("--workers", "1") as served:
        for _ in range(2):  # twice within seconds: the server starts anew
            for pid in served.workers():
                os.kill(pid, signal.SIGKILL)
            served.wait_until_up()


def test_a_killed_server_leaves_nothing_behind(house):
    with house.serve("--workers", "2") as served:
        children = served.workers()
        assert len(children) == 2
        served.process.kill()
        served.process.wait()
        eventually(lambda: not any(alive(pid) for pid in children))


def test_a_stopped_server_ends_in_order(house):
    with house.serve() as served:
        children = served.workers()
        served.process.terminate()
        assert served.process.wait(15) == 0
        eventually(lambda: not any(alive(pid) for pid in children))


def test_over_plain_http_it_says_what_will_not_work(served):
    assert "passkeys do not work" in served.log.read_text()
    assert "Strict-Transport-Security" not in get(f"{served.url}/")[1]


def test_a_fifty_megabyte_upload_is_refused_in_plain_words_and_stored_nowhere(house, served):
    before = sorted(house.home.rglob("*"))
    status, words = send(served.url, "/sign-in/", 50_000_000)
    assert status == 413
    assert "20 MB" in words
    assert sorted(house.home.rglob("*")) == before
    assert get(f"{served.url}/health/")[0] == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost and its key, made for this run."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime(2020, 1, 1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now.replace(year=2120))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return folder


def test_with_a_certificate_cookies_are_bound_to_the_host_and_to_tls(house, certificate):
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    with house.serve("--cert", certificate / "cert.pem", "--key", certificate / "key.pem", up=trust) as served:
        status, headers, _ = get(f"{served.url}/sign-in/", context=trust)
        assert status == 200
        cookies = headers.get_all("Set-Cookie")
        assert cookies
        assert all(cookie.startswith("__Host-") and "Secure" in cookie and "Path=/" in cookie for cookie in cookies)
        assert "max-age=31536000" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "words", [("--cert", "Makefile"), ("--trusted-proxy", "somewhere"), ("--cert", "Makefile", "--trusted-proxy", "::1")]
)
def test_a_half_given_choice_is_refused(house, words):
    assert words[0] in house.refuse("serve", *words)


def test_it_does_not_start_unguarded(house):
    with new_house() as other:
        on = " ON ledger_entry" if other.database_url else ""
        other.sql(f"DROP TRIGGER keep_no_delete_ledger_entry{on}")
        assert "keep_no_delete_ledger_entry" in other.refuse("serve")
        assert "keep_no_delete_ledger_entry" in other.python(
            "import sys\ntry:\n    import lianxin.config.wsgi\nexcept SystemExit as shut: print(shut)"
        )
        assert "keep_no_delete_ledger_entry" in other.run("verify", ok=False).stdout
        other.run("upgrade")
        assert "the chain is whole" in other.run("verify").stderr
