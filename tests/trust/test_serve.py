"""The real server: a killed worker is replaced, a killed server leaves nothing behind, and TLS changes what cookies may do."""

import datetime
import errno
import fcntl
import http.client
import os
import signal
import socket
import ssl
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from allauth.mfa.totp.internal import auth as totp
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lianxin.config import commands
from lianxin.config.folder import Folder
from tests.house import new_house

pytestmark = pytest.mark.xdist_group("serve")

PASSWORD = "a password of these tests"
SECRET = "JBSWY3DPEHPK3PXP"


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


def eventually(what, seconds=60):
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
        for _ in range(3):
            for pid in served.workers():
                os.kill(pid, signal.SIGKILL)
            served.wait_until_up()


@pytest.fixture
def unserved():
    """An installation that no other test serves from."""
    with new_house() as made:
        yield made


def test_a_killed_server_leaves_nothing_behind(unserved, tmp_path):
    house = unserved
    house.environment["TMPDIR"] = str(tmp_path)
    left = house.home / ".snapshot-left"
    left.mkdir()
    with house.serve("--workers", "2") as served:
        assert not left.exists() or house.database_url, "what a killed backup left is cleared away"
        children = served.workers()
        assert len(children) == 2
        assert Folder(house.home).is_in_use, "the demonstration asks this before it starts over"
        before = names_in(house.home)
        with half_an_upload(served):
            served.process.kill()
            served.process.wait()
            eventually(lambda: not any(alive(pid) for pid in children))
    del house.environment["TMPDIR"]
    eventually(lambda: not Folder(house.home).is_in_use)  # the last of its children may still be closing its files
    assert list(tmp_path.iterdir()) == []
    assert names_in(house.home) - before <= {"lianxin.sqlite3.queue"}
    eventually(lambda: nobody_listens(urlsplit(served.url).port))  # a killed process's last thread closes the door


def nobody_listens(port):
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def names_in(folder):
    return {path.name for path in folder.iterdir()}


@contextmanager
def half_an_upload(served):
    """A form of 4 MB, half of which has been sent."""
    line = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    line.putrequest("POST", "/sign-in/")
    for name, value in UPLOAD.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(b"--x\r\nContent-Disposition: form-data; name=f; filename=people.xlsx\r\n\r\n" + b"x" * 2_000_000)
    yield
    line.close()


UPLOAD = {"Content-Length": "4000000", "Content-Type": "multipart/form-data; boundary=x", "Cookie": f"csrftoken={'a' * 32}"}


def test_a_stopped_server_first_answers_what_is_under_way(house):
    with house.serve("--workers", "1") as served:
        children = served.workers()
        with writers_waiting(house) as somebody_waits, ThreadPoolExecutor() as elsewhere:
            wrong = {"username": "nobody", "password": "wrong"}
            answer = elsewhere.submit(ask, served, "/sign-in/", wrong, {"csrftoken": "a" * 32})
            eventually(somebody_waits)
            served.process.terminate()
            eventually(lambda: not listening(served))
        status, words, _headers = answer.result()
        assert status in (422, 503)  # 503 where this machine took longer than a writer waits: answered all the same
        assert words.endswith("</html>\n")
        assert served.process.wait(30) == 0
        assert not any(alive(pid) for pid in children)


@contextmanager
def writers_waiting(house):
    """Nobody can write while this lasts; gives a function that tells whether somebody wants to."""
    if house.database_url:
        with psycopg.connect(house.database_url) as held, psycopg.connect(house.database_url, autocommit=True) as watching:
            held.execute("LOCK TABLE axes_accessattempt IN ACCESS EXCLUSIVE MODE")
            yield lambda: watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone()
        return
    queue = Path(f"{house.database}.queue")
    with queue.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        mine = os.getpid()
        yield lambda: any(opened_by(pid, queue) for pid in Path("/proc").glob("[0-9]*") if pid.name != str(mine))


def opened_by(process, file):
    with suppress(OSError):
        return any(link.is_symlink() and link.readlink() == file for link in (process / "fd").iterdir())
    return False


def ask(served, path, said, cookies):
    """Send a form; status, words and headers of the answer, wherever it leads."""
    body = urlencode({**said, "csrfmiddlewaretoken": cookies["csrftoken"]})
    shown = "; ".join(f"{name}={value}" for name, value in cookies.items())
    line = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=60)
    line.request("POST", path, body, {"Cookie": shown, "Content-Type": "application/x-www-form-urlencoded"})
    answer = line.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def listening(served):
    with suppress(OSError), socket.create_connection(("127.0.0.1", urlsplit(served.url).port), timeout=5):
        return True
    return False


def test_a_hang_up_replaces_the_workers_one_by_one_by_the_county_s_own_rules_unless_they_are_mistaken(house, served):
    before = set(served.workers())
    house.run("cases", "rules", "--own", "tiers")
    own = house.home / "rules" / "tiers.yaml"
    right = own.read_text().replace('"2026.1"', "ours-1").replace("claim: 2d", "claim: 1h", 1)
    own.write_text(right.replace("claim: 1h", "claim: soon"))
    mistake = f"{own}: tiers.ordinary.claim: "
    assert mistake in house.refuse("serve", "--port", "1")
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: mistake in served.log.read_text())
    assert set(served.workers()) == before
    own.write_text(right)
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: len(served.workers()) == len(before) and not before & set(served.workers()))
    own.write_text("half a wo")  # a worker that dies now is replaced by one that keeps the rules of the others
    after = set(served.workers())
    for pid in after:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(served.workers()) == len(before) and not after & set(served.workers()))
    served.wait_until_up()
    own.unlink()
    report = {"place": "152221", "sending": "the-key-of-this-phone", "text": "no light in the street"}
    assert ask(served, "/report/", report, {"csrftoken": "a" * 32})[0] == 303
    assert house.python(WITHIN) == "1:00:00"


WITHIN = """
from lianxin.cases.models import CaseClock
clock = CaseClock.objects.get()
print(str(clock.due_at - clock.case.reported_at).partition(".")[0])
"""


ACCOUNT = f"""
from allauth.mfa.totp.internal.auth import TOTP
from lianxin.accounts.models import User
from lianxin.ledger import clock
TOTP.activate(User.objects.create_user("two_steps", {PASSWORD!r}, created_at=clock.now()), {SECRET!r})
"""


def test_wrong_codes_count_for_all_workers_together(house, served):
    house.python(ACCOUNT)
    cookies = {"csrftoken": "a" * 32}
    status, _, answer = ask(served, "/sign-in/", {"username": "two_steps", "password": PASSWORD}, cookies)
    assert (status, answer["Location"]) == (302, "/sign-in/code/")
    cookies |= {name: morsel.value for name, morsel in SimpleCookie("; ".join(answer.get_all("Set-Cookie"))).items()}
    for _ in range(5):
        assert ask(served, "/sign-in/code/", {"code": "000000"}, cookies)[0] == 200
    counters = totp.yield_hotp_counters_from_time()
    right = totp.format_hotp_value(totp.hotp_value(SECRET, next(iter(counters))))
    # Each comes by a line of its own, to whichever worker takes it.
    assert [ask(served, "/sign-in/code/", {"code": right}, cookies)[0] for _ in range(12)] == [200] * 12


def test_a_taken_port_is_refused(house, served):
    port = str(urlsplit(served.url).port)
    assert f"127.0.0.1:{port}" in house.refuse("serve", "--port", port)


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


def test_behind_a_named_proxy_cookies_are_bound_to_the_host_and_to_tls_too(house):
    with house.serve("--trusted-proxy=127.0.0.1") as served:
        through = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        _status, headers, _ = get(f"{served.url}/sign-in/", headers=through)
        cookies = headers.get_all("Set-Cookie")
        assert cookies
        assert all(cookie.startswith("__Host-") and "Secure" in cookie for cookie in cookies)
        assert "max-age=31536000" in headers["Strict-Transport-Security"]
        assert "passkeys do not work" not in served.log.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("--cert", "Makefile"),
        ("--trusted-proxy", "somewhere"),
        ("--cert", "Makefile", "--key", "Makefile", "--trusted-proxy", "::1"),
    ],
)
def test_a_half_given_choice_is_refused(words, monkeypatch):
    monkeypatch.setattr("lianxin.config.serve.serve_until_stopped", lambda *_: None)
    refused = CliRunner().invoke(commands.serve, words)
    assert refused.exit_code == 1
    assert words[0] in refused.output


def test_what_is_no_certificate_is_refused_before_anything_is_served(certificate, monkeypatch):
    monkeypatch.setattr("lianxin.config.serve.serve_until_stopped", lambda *_: None)
    refused = CliRunner().invoke(commands.serve, ["--cert", str(certificate / "cert.pem"), "--key", "Makefile"])
    assert refused.exit_code == 1
    assert refused.output.count("\n") == 1
    assert "不是证书和它的密钥" in refused.output


def test_unguarded_it_does_not_start_and_does_not_go_on():
    with new_house() as house:
        on = " ON ledger_entry" if house.database_url else ""
        with house.serve("--workers", "1") as served:
            house.sql(f"DROP TRIGGER keep_no_delete_ledger_entry{on}")
            for pid in served.workers():
                os.kill(pid, signal.SIGKILL)
            assert served.process.wait(60) == 1
            assert "keep_no_delete_ledger_entry" in served.log.read_text()
        assert "keep_no_delete_ledger_entry" in house.refuse("serve")
        assert "keep_no_delete_ledger_entry" in house.python(
            "import sys\ntry:\n    import lianxin.config.wsgi\nexcept SystemExit as shut: print(shut)"
        )
        assert "keep_no_delete_ledger_entry" in house.run("verify", ok=False).stdout
        house.run("upgrade")
        assert "the chain is whole" in house.run("verify").stderr
