"""Kills: workers of the real server are killed at random moments, while phones send each visit until told that it is saved."""

import http.client
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from threading import Event, Lock, Thread
from urllib.parse import urlencode, urlsplit

from tests.crash.life import KIND, LEADER, PAGE, PASSWORD, Outcome, form
from tests.house import House, Served

TAGS = re.compile(r"(<[^>]*>|\s)+")
LONGEST = 120
"""Seconds after which something that must happen is said not to happen: far beyond what a busy machine takes."""
FOUND = f"""
from collections import Counter
from lianxin.config.verify import verify
from lianxin.ledger.models import Entry, Submission
from lianxin.liaison.models import VisitVersion
said = Counter(VisitVersion.objects.values_list("findings", flat=True))
entries = Entry.objects.filter(kind={KIND!r}).count()
print(sum(said.values()) - len(said), entries, Submission.objects.count(), len(verify().findings))
for words in said: print(words)
"""


def kill_workers(house: House, *, kills: int, phones: int = 4, seed: int = 1) -> Outcome:
    """Kill `kills` times a worker at a random moment, every fifth time all of them; every visit is sent until acknowledged.

    Raises AssertionError where a killed worker is not replaced, or a phone is refused or never answered.
    """
    rng, life = random.Random(seed), Life()
    with house.serve("--workers", "2") as served:
        session = sign_in(served)
        threads = [Thread(target=life.live, args=(Phone(served, session), number)) for number in range(phones)]
        for thread in threads:
            thread.start()
        try:
            for number in range(kills):
                life.go_on(2)
                time.sleep(rng.uniform(0, 0.05))  # chance picks the moment; nothing depends on which
                kill_one(served, rng, every=number % 5 == 4)
        finally:
            life.done.set()
            for thread in threads:
                thread.join(LONGEST)
    life.raise_failure()
    return judge(house, kills, life.told)


def kill_one(served: Served, rng: random.Random, *, every: bool) -> None:
    """Kill a worker, or every worker, and wait until there are as many as before."""
    before = served.workers()
    victims = before if every else [rng.choice(before)]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + LONGEST
    while len(now := served.workers()) < len(before) or set(now) & set(victims):
        assert time.monotonic() < deadline, f"a killed worker was not replaced:\n{served.log.read_text()}"
        time.sleep(0.02)


def judge(house: House, kills: int, told: list[int]) -> Outcome:
    """Compare what was acknowledged with what is there."""
    counts, *words = house.python(FOUND).splitlines()
    doubled, entries, submissions, broken = map(int, counts.split())
    return Outcome(
        crashes=kills,
        acknowledged=len(told),
        saved=len(words),
        lost=len({form(number)["findings"] for number in told} - set(words)),
        doubled=doubled,
        half=int(not len(words) == entries == submissions),
        broken=broken,
    )


# --- phones ---------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """What several phones do at once, and what they were told."""

    told: list[int] = field(default_factory=list)
    done: Event = field(default_factory=Event)
    failures: list[BaseException] = field(default_factory=list)
    _numbers: int = 0
    _lock: Lock = field(default_factory=Lock)

    def live(self, phone: "Phone", _place: int) -> None:
        """Record one visit after another until it is enough."""
        try:
            while not self.done.is_set():
                with self._lock:
                    self._numbers += 1
                    number = self._numbers
                phone.send(number)
                self.told.append(number)
        except BaseException as failure:
            self.failures.append(failure)

    def go_on(self, more: int) -> None:
        """Wait until so many more visits are acknowledged."""
        wanted, deadline = len(self.told) + more, time.monotonic() + LONGEST
        while len(self.told) < wanted:
            self.raise_failure()
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.005)

    def raise_failure(self) -> None:
        if self.failures:
            raise self.failures[0]


def sign_in(served: Served) -> dict[str, str]:
    """Sign the leader in by the page, as a browser does; the cookies kept."""
    page = Phone(served, {})
    page.ask("GET", "/sign-in/")
    answer, words = page.ask("POST", "/sign-in/", {"username": LEADER, "password": PASSWORD})
    assert answer == 302, words
    return page.cookies


class Phone:
    """A browser that sends a form until it is told that it was saved. Each request is a connection of its own."""

    def __init__(self, served: Served, cookies: dict[str, str]) -> None:
        self.address = urlsplit(served.url).netloc
        self.cookies = dict(cookies)

    def send(self, number: int) -> None:
        """Send that visit until it is acknowledged. Where no answer comes, it is sent again under the same key."""
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            try:
                status, words = self.ask("POST", PAGE, form(number))
            except (OSError, http.client.HTTPException):  # the worker died, or none was there to answer
                time.sleep(0.02)
                continue
            if status == 302:
                return
            assert status == 503, f"visit {number}: {status} {TAGS.sub(' ', words)[-1500:]}"
        raise AssertionError(f"visit {number} was never acknowledged")

    def ask(self, method: str, path: str, said: dict[str, str] | None = None) -> tuple[int, str]:
        """One request, without following where it leads; status and body."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Connection": "close"}
        body = None
        if said is not None:
            body = urlencode({**said, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection(self.address, timeout=20)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self.cookies.update({name: one.value for name, one in SimpleCookie(cookie).items() if name != "messages"})
            return answer.status, answer.read().decode()
        finally:
            line.close()
