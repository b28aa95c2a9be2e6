"""Kills: workers of the real server are killed again and again, while phones send each visit until they are told it is saved."""

import http.client
import os
import random
import signal
import time
import urllib.parse
import urllib.request
from threading import Event, Thread
from urllib.error import HTTPError, URLError

from tests.crash.life import KIND, LEADER, PAGE, Outcome, form
from tests.house import House, Served

COUNT = f"""
from collections import Counter
from lianxin.config.verify import verify
from lianxin.ledger.models import Entry, Submission
from lianxin.liaison.models import VisitVersion
said = Counter(VisitVersion.objects.values_list("findings", flat=True))
entries = Entry.objects.filter(kind={KIND!r}).count()
print(len(said), sum(said.values()) - len(said), entries, Submission.objects.count(), len(verify().findings))
for words in said: print(words)
"""


SIGN_IN = f"""
from django.test import Client
from lianxin.accounts.models import User
client = Client()
client.force_login(User.objects.get(username={LEADER!r}), backend="allauth.account.auth_backends.AuthenticationBackend")
print(*((name, cookie.value) for name, cookie in client.cookies.items() if "session" in name).__next__())
"""


SECRET = "a" * 32
"""What a page would have put into cookie and form alike."""


class Phone:
    """A signed-in browser that sends a form until it is told that it was saved."""

    def __init__(self, house: House, url: str) -> None:
        self.url = url
        name, value = house.python(SIGN_IN).split()
        self.browser = urllib.request.build_opener()
        self.browser.addheaders = [("Cookie", f"{name}={value}; csrftoken={SECRET}")]

    def ask(self, path: str, said: dict[str, str] | None = None) -> http.client.HTTPResponse:
        body = urllib.parse.urlencode(said).encode() if said else None
        return self.browser.open(urllib.request.Request(self.url + path, body), timeout=2)

    def send(self, number: int) -> None:
        """Until it was answered. What the answer is lost to, the next attempt asks again, under the same key."""
        while True:
            try:
                answer = self.ask(PAGE, {**form(number), "csrfmiddlewaretoken": SECRET})
                if PAGE not in answer.geturl():
                    return
                raise AssertionError(answer.read().decode())
            except HTTPError as refusal:
                if refusal.code != 503:
                    raise
            except (URLError, OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)


def kill_workers(house: House, *, kills: int, phones: int = 2, seed: int = 1) -> Outcome:
    """Kill `kills` workers at random moments, every fifth time all of them; every visit sent is sent until acknowledged."""
    rng, done, told, failures = random.Random(seed), Event(), [], []

    def live(served: Served, first: int) -> None:
        try:
            phone, number = Phone(house, served.url), first
            while not done.is_set():
                phone.send(number)
                told.append(number)
                number += phones
        except BaseException as failure:
            failures.append(failure)

    outcome = Outcome()
    with house.serve("--workers", "2") as served:
        threads = [Thread(target=live, args=(served, first + 1)) for first in range(phones)]
        for thread in threads:
            thread.start()
        while outcome.crashes < kills and not failures:
            before = len(told)
            while len(told) < before + 2 and not failures:  # life goes on between kills
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.05))
            workers = served.workers()
            for pid in workers if outcome.crashes % 5 == 4 else workers[:1]:
                os.kill(pid, signal.SIGKILL)
            outcome.crashes += 1
        done.set()
        for thread in threads:
            thread.join(60)
    if failures:
        raise failures[0]
    head, *words = house.python(COUNT).splitlines()
    outcome.saved, outcome.doubled, entries, submissions, outcome.broken = map(int, head.split())
    outcome.acknowledged = len(told)
    outcome.lost = len({form(number)["findings"] for number in told} - set(words))
    outcome.half = int(not outcome.saved == entries == submissions)
    return outcome
