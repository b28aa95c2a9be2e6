"""Beside django-helpdesk, the nearest relative: the same server, database, number of cases, texts and clients, in turns.

`python -m benchmarks.helpdesk [SIZE]` (100000; some ten minutes, and PyPI must be within reach: what it installs goes into a
throw-away environment in a temporary folder, never into ours). Both behind Granian with two workers of four threads; SQLite with
the same settings (WAL, synchronous=FULL, IMMEDIATE, 64 MB of cache) and PostgreSQL with fsync; both in Chinese, neither sends
mails. Each figure is how often a second two clients, one thing after the other, got all of it:

- create: a stranger sends the public form, and has the page that follows. django-helpdesk redirects to it (two requests). Ours
  looks for cases like it first, seals the words, indexes them and writes the ledger; its receipt stands in the answer.
- list: staff, signed in, the list as it opens. django-helpdesk's page is empty until its script has fetched the rows: the page
  and its first 25 rows (two requests); of its own accord it shows open tickets only, ours every case, 50 at a time.
- search: four characters among all of them, as the list shows it (again two requests for django-helpdesk).
- open: one of them, another each time.
"""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks._figures import verdict

SIZE = 100_000
VERSION = "2.6.1"
LEAST = 3.0
SECONDS, ROUNDS, CLIENTS = 4.0, 3, 2
WORKERS, THREADS = 2, 4
SOUGHT = "下水道堵"
WHAT = ("create", "list", "search", "open")


def main(size: int = SIZE) -> bool:
    """Print one line a database and thing done; False where a promise is not kept."""
    from tests.postgresql import throw_away_server

    kept = True
    with tempfile.TemporaryDirectory() as made:
        environment = Path(made) / "environment"
        why = install(environment)
        if why:
            print(json.dumps({"measured": "nothing: django-helpdesk cannot be installed here", "why": why}), flush=True)
            return True
        for database in ("SQLite", "PostgreSQL"):
            server = nullcontext("") if database == "SQLite" else throw_away_server(durable=True)
            with ExitStack() as held:
                folder, url = Path(held.enter_context(tempfile.TemporaryDirectory())), str(held.enter_context(server))
                ours = held.enter_context(our_house(folder, url, size))
                beside = held.enter_context(theirs(folder, environment, url, size))
                kept = compared(database, ours, beside) and kept
    return kept


def compared(database: str, ours: "House", beside: "House") -> bool:
    """Every thing in turns; the best of the rounds of each, and the ratio."""
    kept = True
    for what in WHAT:
        for house in (ours, beside):
            for _ in range(4 * WORKERS):
                house.do(what, house.line())
        rates: dict[str, list[float]] = {ours.name: [], beside.name: []}
        for _ in range(ROUNDS):
            for house in (ours, beside):
                rates[house.name].append(load(house, what))
        one, other = max(rates[ours.name]), max(rates[beside.name])
        enough = one >= LEAST * other
        row = {
            "database": database,
            "done": what,
            "ours_per_second": round(one, 1),
            "django_helpdesk_per_second": round(other, 1),
            "ratio": f"{one / other:.1f}×",
            "promised": f"≥ {LEAST:.0f}×",
            "verdict": verdict(enough),
        }
        print(json.dumps(row, ensure_ascii=False), flush=True)
        kept = kept and enough
    return kept


def load(house: "House", what: str) -> float:
    """How often a second all clients together get it."""
    done: list[int] = []
    failed: list[BaseException] = []
    begun = time.perf_counter()

    def client() -> None:
        line, count = house.line(), 0
        try:
            while time.perf_counter() < begun + SECONDS or not count:
                house.do(what, line)
                count += 1
        except BaseException as failure:
            failed.append(failure)
        done.append(count)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    if failed:
        raise failed[0]
    return sum(done) / (time.perf_counter() - begun)


class House:
    """A served product, and how the four things are done with it."""

    name = ""

    def __init__(self, port: int, cookie: str, size: int) -> None:
        self.port, self.cookie, self.size = port, cookie, size
        self.number = 0

    def line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def do(self, what: str, line: http.client.HTTPConnection) -> None:
        self.number += 1
        getattr(self, what)(line, self.number * 2 + random.randrange(2))

    def ask(
        self,
        line: http.client.HTTPConnection,
        path: str,
        form: dict[str, str] | None = None,
        cookie: str | None = None,
        **more: str,
    ) -> tuple[int, str, str]:
        head = {
            "Accept-Language": "zh-CN",
            "X-Forwarded-Proto": "https",
            "Cookie": self.cookie if cookie is None else cookie,
            **more,
        }
        head = {name.replace("_", "-"): value for name, value in head.items() if value}
        if form is not None:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        line.request("GET" if form is None else "POST", path, None if form is None else urlencode(form), head)
        answer = line.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def words(self, number: int) -> str:
        """Of the same length for both; some signs at random, so that not everything is alike."""
        own = "".join(map(chr, random.Random(number).sample(range(0x4E00, 0x9000), 24)))
        return f"村东头的路灯坏了好几天，晚上看不见路。{own}"


def expect(right: bool, what: str) -> None:
    if not right:
        raise SystemExit(f"benchmarks.helpdesk: {what}")


# --- ours ------------------------------------------------------------------------------------------------------------


class Ours(House):
    name = "ours"

    def create(self, line: http.client.HTTPConnection, number: int) -> None:
        from benchmarks._case_world import TOWNSHIPS, VILLAGES

        village = number % (TOWNSHIPS * VILLAGES)
        place = f"150000{village % TOWNSHIPS + 1:03d}{village // TOWNSHIPS + 1:03d}"
        said = {
            "place": place,
            "sending": f"{random.getrandbits(160):040x}",
            "text": self.words(number),
            "checked": "",
            "code": "",
        }
        said |= {"danger": "", "spot": "", "phone": "", "about": ""}
        address = {"X_Forwarded_For": f"10.{number % 250}.{number // 250 % 250}.9"}
        status, page, _ = self.ask(line, "/report/", said, cookie="", **address)
        if 'name="checked" value="1"' in page:  # asked whether it is one of those like it
            status, page, _ = self.ask(line, "/report/", {**said, "checked": "1"}, cookie="", **address)
        expect(status == 200 and re.search(r"(?:[0-9A-Z]{4}-){5}", page) is not None, f"no receipt: {status}")

    def list(self, line: http.client.HTTPConnection, _number: int) -> None:
        self._rows(line, "/cases/")

    def search(self, line: http.client.HTTPConnection, _number: int) -> None:
        self._rows(line, f"/cases/?q={quote(SOUGHT)}")

    def open(self, line: http.client.HTTPConnection, number: int) -> None:
        path = f"/cases/{number * 7919 % self.size + 1}/"
        expect(self.ask(line, path)[0] == 200, path)

    def _rows(self, line: http.client.HTTPConnection, path: str) -> None:
        status, page, _ = self.ask(line, path)
        expect(status == 200 and re.search(r"/cases/\d+/", page) is not None, f"{path}: {status}, no rows")


@contextmanager
def our_house(folder: Path, url: str, size: int) -> Iterator[House]:
    from benchmarks.pages import environment, served

    home = folder / "ours"
    home.mkdir()
    inside = {**environment(home, url), "DJANGO_SETTINGS_MODULE": "lianxin.config.settings", "LIANXIN_TLS": "1"}
    command = [sys.executable, "-m", "benchmarks.helpdesk", "--fill", str(size)]
    done = subprocess.run(command, env=inside, stdout=subprocess.PIPE, text=True, check=True)
    with served(home, "--trusted-proxy", "127.0.0.1", url=url) as port:
        yield Ours(port, done.stdout.splitlines()[-1], size)


def fill(size: int) -> None:
    """The county with its cases; prints the cookie of somebody of the county office."""
    from lianxin.config.folder import current_folder

    current_folder().make()
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from benchmarks import _case_world
    from lianxin.accounts.models import User

    _case_world.make(size)
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(username="county"), backend="lianxin.accounts.backends.AccountBackend")
    print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")


# --- django-helpdesk -------------------------------------------------------------------------------------------------


class Theirs(House):
    name = "django-helpdesk"
    token = ""

    def create(self, line: http.client.HTTPConnection, number: int) -> None:
        if not self.token:
            line.request("GET", "/tickets/submit/")
            answer = line.getresponse()
            written = re.search(r"csrftoken=\w+", answer.headers.get("Set-Cookie", ""))
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
            expect(written is not None and found is not None, "no form to submit a ticket")
            self.written, self.token = (written[0], found[1]) if written and found else ("", "")
        words = self.words(number)
        said = {"csrfmiddlewaretoken": self.token, "queue": "1", "title": words[:40], "body": words, "priority": "3"}
        said |= {"due_date": "", "submitter_email": f"resident{number}@example.org"}
        status, _, onward = self.ask(line, "/tickets/submit/", said, cookie=self.written)
        expect(status == 302 and "ticket=" in onward, f"no ticket: {status}")
        expect(self.ask(line, onward, cookie=self.written)[0] == 200, onward)

    def list(self, line: http.client.HTTPConnection, _number: int) -> None:
        self._rows(line, "/tickets/")

    def search(self, line: http.client.HTTPConnection, _number: int) -> None:
        self._rows(line, f"/tickets/?q={quote(SOUGHT)}")

    def open(self, line: http.client.HTTPConnection, number: int) -> None:
        path = f"/tickets/{number * 7919 % self.size + 1}/"
        expect(self.ask(line, path)[0] == 200, path)

    def _rows(self, line: http.client.HTTPConnection, path: str) -> None:
        """The page, and what its script asks for."""
        status, page, _ = self.ask(line, path)
        address = re.search(r'"url": "(/datatables_ticket_list/[^"]+)"', page)
        expect(status == 200 and address is not None, f"{path}: {status}, no address of rows")
        status, rows, _ = self.ask(line, f"{address[1] if address else ''}?draw=1&start=0&length=25")
        expect(status == 200 and json.loads(rows)["data"], f"{path}: {status}, no rows")


SETTINGS = """
import sys
import pysqlite3
sys.modules["sqlite3"] = sys.modules["sqlite3.dbapi2"] = pysqlite3
from urllib.parse import urlsplit

URL = {url!r}
DEBUG, SECRET_KEY, ALLOWED_HOSTS, USE_TZ = False, "throw-away", ["*"], False
LANGUAGE_CODE, LANGUAGES, TIME_ZONE = "zh-hans", [("zh-hans", "中文"), ("en", "English")], "Asia/Shanghai"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.staticfiles", "django.contrib.sites", "django.contrib.humanize", "django.contrib.admin", "rest_framework",
    "django_cleanup", "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF, SITE_ID, STATIC_URL, MEDIA_ROOT, MEDIA_URL = "urls", 1, "/static/", {media!r}, "/media/"
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {{"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]}},
}}]
if URL:
    parts = urlsplit(URL)
    DATABASES = {{"default": {{
        "ENGINE": "django.db.backends.postgresql", "NAME": "helpdesk", "USER": parts.username, "HOST": parts.hostname,
        "PORT": parts.port, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True,
    }}}}
else:
    DATABASES = {{"default": {{
        "ENGINE": "django.db.backends.sqlite3", "NAME": {file!r}, "CONN_MAX_AGE": None, "OPTIONS": {{
            "transaction_mode": "IMMEDIATE", "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536",
        }},
    }}}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
HELPDESK_TEAMS_MODE_ENABLED = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGIN_URL = "helpdesk:login"
LOGGING = {{"version": 1, "root": {{"level": "CRITICAL"}}}}
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls"))]
"""
FILL = """
import json, sys
from datetime import datetime, timedelta
import django

django.setup()
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from helpdesk.models import FollowUp, Queue, Ticket

call_command("migrate", verbosity=0)
size, texts, replies = json.load(open(sys.argv[1]))
staff = User.objects.create_superuser("staff", "staff@example.org", "x")
queue = Queue.objects.create(title="诉求", slug="suqiu", allow_public_submission=True)
first = datetime.now() - timedelta(days=1800)
for start in range(1, size + 1, 5000):
    numbers = range(start, min(start + 5000, size + 1))
    tickets, told = [], []
    for i in numbers:
        at, is_open, text = first + timedelta(days=i * 1800 // size), i > size - size // 50, texts[i * 7919 % len(texts)]
        reply = replies[i * 31 % len(replies)]
        tickets.append(Ticket(
            id=i, title=text[:40], description=text, resolution="" if is_open else reply, queue=queue, status=1 if is_open else 4,
            assigned_to=staff, priority=3, submitter_email=f"resident{i}@example.org", created=at, modified=at,
        ))
        told.append(FollowUp(ticket_id=i, date=at, title="受理", comment=text, public=True, user=staff))
        told.append(FollowUp(ticket_id=i, date=at + timedelta(days=6), title="答复", comment=reply, public=True, user=staff))
    Ticket.objects.bulk_create(tickets)
    FollowUp.objects.bulk_create(told)
with connection.cursor() as cursor:
    if connection.vendor == "postgresql":
        cursor.execute("SELECT setval(pg_get_serial_sequence('helpdesk_ticket', 'id'), (SELECT max(id) FROM helpdesk_ticket))")
    cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
client = Client()
client.force_login(staff)
print("sessionid=" + client.cookies["sessionid"].value)
"""


def install(environment: Path) -> str:
    """django-helpdesk with the versions we have of what both need, in an environment of its own. Why not, if not."""
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pins = [f"django-helpdesk=={VERSION}"]
    pins += [f"{name}=={version(name)}" for name in ("django", "granian", "pysqlite3", "psycopg", "psycopg-binary")]
    command = [str(environment / "bin/pip"), "install", "-q", "--disable-pip-version-check", *pins]
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip failed"])[-1]


@contextmanager
def theirs(folder: Path, environment: Path, url: str, size: int) -> Iterator[House]:
    project = folder / "helpdesk"
    project.mkdir()
    settings = SETTINGS.format(url=url, file=str(project / "helpdesk.sqlite3"), media=str(project / "media"))
    (project / "settings.py").write_text(settings, encoding="utf-8")
    (project / "urls.py").write_text(URLS, encoding="utf-8")
    (project / "fill.py").write_text(FILL, encoding="utf-8")
    (project / "wsgi.py").write_text(
        "from django.core.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"
    )
    (project / "said.json").write_text(json.dumps([size, *texts()]), encoding="utf-8")
    inside = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project)}
    if url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as database:
            database.execute("CREATE DATABASE helpdesk")
    filled = subprocess.run(
        [str(environment / "bin/python"), "fill.py", "said.json"],
        cwd=project,
        env=inside,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [str(environment / "bin/granian"), "--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS)]
    command += ["--blocking-threads", str(THREADS), "--no-access-log", "--log-level", "error", "wsgi:application"]
    server = subprocess.Popen(command, cwd=project, env=inside, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", port)):
                    break
            except OSError:
                time.sleep(0.1)
        yield Theirs(port, filled.stdout.splitlines()[-1], size)
    finally:
        server.terminate()
        server.wait()


def texts() -> tuple[list[str], list[str]]:
    """What the cases of _case_world.py say, in the same order."""
    import yaml

    said = yaml.safe_load((Path(__file__).parents[1] / "lianxin/demo/data/case_texts.yaml").read_text(encoding="utf-8"))
    reports = [text.replace("{spot}", f"东头第{n}户") for one in said.values() for n, text in enumerate(one["reports"], 1)]
    return reports, [text for one in said.values() for text in one["replies"]]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fill"]:
        fill(int(sys.argv[2]))
    else:
        sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
