"""A hundred reports of residents a second, for a minute; apart from that, three a second with a photo. SQLite and PostgreSQL.

`python -m benchmarks.intake [SECONDS [RATE]]` (60 and 100; some six minutes in all). A county of 600 villages on a database that
keeps what it acknowledges (SQLite as always; PostgreSQL with fsync), served by `lianxin serve --workers 2 --trusted-proxy
127.0.0.1`. Another process, on the same cores, sends what the report page sends, for many phones behind that proxy: two reports
from an address, every address of a subnet of its own, village after village, so that the limits of data/flood.yaml hold as
they are shipped. Words are those of the demonstration with some signs at random behind, so that few are alike.

Each sending has its instant beforehand and waits for no answer before it; a time runs from that instant to the last byte of the
page with the receipt. Where the page first asks whether it is one of the cases like it, “mine is another” is sent at once, and
the time goes on (with 24 signs at random instead of 40 every second report is asked that in the end: 150 sendings a second, more
than two cores answer). Of twenty sendings one is sent once more under its key: half of those because the answer was lost (the
line is cut before it comes), half as a double tap. Who is told to come back does so after a second, and the time goes on.

At the end the database is counted: a case for every key, none without; every receipt is looked up; `lianxin verify` goes through.
"""

import asyncio
import io
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks._figures import verdict

SECONDS, RATE, RATE_OF_PHOTOS = 60, 100, 3
MOST_P95 = 500.0
AGAIN = 20
"""Of so many sendings one is sent once more."""
TRIES = 5
OWN_SIGNS = 40
"""Signs at random behind the words of each: a county has six thousand different things to report, our 213 sentences have not."""
PHOTO = (4000, 3000)
TICK = os.sysconf("SC_CLK_TCK")


def main(seconds: int = SECONDS, rate: int = RATE) -> bool:
    """Print one line a database and kind of report; False where a promise is not kept."""
    from benchmarks.pages import environment, run, served
    from tests.postgresql import throw_away_server

    kept = True
    for database in ("SQLite", "PostgreSQL"):
        for photos, each in ((False, rate), (True, RATE_OF_PHOTOS)):
            database_server = nullcontext("") if database == "SQLite" else throw_away_server(durable=True)
            with tempfile.TemporaryDirectory() as made, database_server as url:
                folder = Path(made)
                inside = {**environment(folder, url), "DJANGO_SETTINGS_MODULE": "lianxin.config.settings"}
                _inside("--found", env=inside)
                with served(folder, "--trusted-proxy", "127.0.0.1", url=url) as port:
                    before = _processor(port)
                    sent = _inside("--send", str(port), str(each), str(seconds), "photos" if photos else "words", env=inside)
                    busy = _processor(port) - before
                (folder / "sent").write_text("\n".join(sent.pop("keys")))
                found = _inside("--count", str(folder / "sent"), env=inside)
                found["verified"] = run(folder, "verify", url=url, check=False)
                kept = said(database, photos, sent, found, busy) and kept
    return kept


def said(database: str, photos: bool, sent: dict[str, Any], found: dict[str, Any], busy: float) -> bool:
    """One line of figures; whether it keeps the promise."""
    wrong = {name: found[name] for name in ("lost", "doubled", "receipts_dead")} | {"unanswered": sent["unanswered"]}
    kept = not any(wrong.values()) and sent["p95_ms"] <= MOST_P95 and sent["a_second"] >= 0.99 * sent["asked_a_second"]
    kept = kept and found["verified"] and found["cases"] == found["keys"]
    line = {"database": database, "reports": "with a photo" if photos else "words", **sent, **found, **wrong}
    line |= {
        "processor_ms_each": round(busy * 1000 / max(found["keys"], 1), 1),
        "verified": "yes" if found["verified"] else "NO",
        "promised": f"≥ {sent['asked_a_second']} a second, p95 ≤ {MOST_P95:.0f} ms, none lost or doubled",
        "verdict": verdict(kept),
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return kept


def _inside(*words: str, env: dict[str, str]) -> dict[str, Any]:
    """What a process of its own prints last."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake", *words], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return found


def _processor(port: int) -> float:
    """Seconds of processor our server's processes had (workers are its copies), those that rebuilt photos among them."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"\0serve\0--port\0{port}\0" in (process / "cmdline").read_text():
                words = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, words[11:15]))
        except OSError:  # it ended meanwhile
            continue
    return ticks / TICK


# --- before and after ------------------------------------------------------------------------------------------------


def found_county() -> None:
    """The tables, a county of 600 villages, and its catalogue."""
    from lianxin.config.folder import current_folder

    current_folder().make()
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import _case_world

    call_command("migrate", verbosity=0)
    _case_world._found()


def count(file: Path) -> dict[str, Any]:
    """What became of the keys that were sent."""
    import django

    django.setup()
    from lianxin.cases import receipts
    from lianxin.cases.models import Case, Reporter, Sending, State
    from lianxin.cases.queries.reach import reporter_by

    keys = file.read_text().split()
    digests = [receipts.digest_of_sending(key) for key in keys]
    held = set(Sending.objects.values_list("key", flat=True))
    dead = 0
    for key in keys:
        try:
            dead += reporter_by(receipts.receipt_for(key)).case is None
        except Exception:
            dead += 1
    cases, known = Case.objects.count(), sum(digest in held for digest in digests)
    return {
        "keys": len(keys),
        "cases": cases,
        "lost": len(keys) - known,
        "doubled": max(cases, Reporter.objects.count()) - known,
        "receipts_dead": dead,
        "looked_at_first": Case.objects.filter(state=State.QUARANTINED).count(),
    }


# --- the phones ------------------------------------------------------------------------------------------------------


@dataclass
class Phones:
    """Many phones behind one proxy. Answers are read to their end and looked into afterwards."""

    port: int
    photo: bytes = b""
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    async def report(self, number: int, at: float) -> None:
        """One report at its instant; for one in twenty, twice."""
        await asyncio.sleep(at - time.perf_counter())
        key = secrets.token_urlsafe(24)
        self.keys.append(key)
        said = _said(number, key)
        address = f"10.{number // 2 % 240}.{number // 480 % 250}.{number // 7 % 250}"
        if number % (2 * AGAIN) == 0:  # the answer is lost on the way
            self._count("answers_cut")
            await self._ask(said, address, cut=True)
            await asyncio.sleep(0.3)
            at = time.perf_counter()
        elif number % (2 * AGAIN) == AGAIN:  # a double tap
            self._count("double_taps")
            await asyncio.gather(self._through(said, address, at, key), self._through(said, address, at, key))
            return
        await self._through(said, address, at, key)

    async def _through(self, said: dict[str, str], address: str, at: float, key: str) -> None:
        """Send it until there is a receipt, as the page does."""
        for _ in range(TRIES):
            status, body = await self._ask(said, address)
            if status == 200 and b'name="checked" value="1"' in body:
                self._count("asked_whether_the_same")
                said = {**said, "checked": "1"}
            elif status == 200:
                self.times.append(time.perf_counter() - at)
                self.bodies.setdefault(key, []).append(body)
                return
            else:
                self._count(f"status_{status}")
                await asyncio.sleep(1)
        self._count("unanswered")

    def _count(self, name: str) -> None:
        self.counted[name] = self.counted.get(name, 0) + 1

    async def _ask(self, said: dict[str, str], address: str, *, cut: bool = False) -> tuple[int, bytes]:
        kind, body = _multipart(said, self.photo) if self.photo else _form(said)
        head = (
            "POST /report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\nOrigin: https://127.0.0.1\r\n"
            f"X-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        for fresh in (False, True):
            reader, writer = self.idle.pop() if self.idle and not fresh else await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(head.encode() + body)
                if cut:
                    await writer.drain()
                    writer.close()
                    return 0, b""
                answer = await _answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError):  # an idle line may have been closed meanwhile
                writer.close()
                continue
            self.idle.append((reader, writer))
            return answer
        return 0, b""


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    size = re.search(rb"content-length: (\d+)", head)
    if size:
        body = await reader.readexactly(int(size[1]))
    else:
        body = b""
        while length := int(await reader.readline(), 16):
            body += await reader.readexactly(length)
            await reader.readline()
        await reader.readline()
    if b"content-encoding: gzip" in head:
        body = zlib.decompress(body, 31)
    return int(head[9:12]), body


def _form(said: dict[str, str]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(said).encode()


def _multipart(said: dict[str, str], photo: bytes) -> tuple[str, bytes]:
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in said.items()
    ]
    parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'.encode())
    parts += [b"Content-Type: image/jpeg\r\n\r\n", photo, f"\r\n--{mark}--\r\n".encode()]
    return f"multipart/form-data; boundary={mark}", b"".join(parts)


TEXTS: list[str] = []
HIDDEN: dict[str, str] = {}


def _said(number: int, key: str) -> dict[str, str]:
    """What the form of that report holds; its village and words follow from its number."""
    from benchmarks._case_world import TOWNSHIPS, VILLAGES

    village = number * 7 % (TOWNSHIPS * VILLAGES)
    place = f"150000{village % TOWNSHIPS + 1:03d}{village // TOWNSHIPS + 1:03d}"
    text = TEXTS[number * 31 % len(TEXTS)].replace("{spot}", f"东头第{number % 97 + 1}户")
    own = "".join(map(chr, random.Random(number).sample(range(0x4E00, 0x9000), OWN_SIGNS)))
    phone = f"139{number % 10**8:08d}" if number % 3 == 0 else ""
    said = {"text": f"{text}。{own}", "danger": "", "spot": f"小学往北第{number % 31 + 1}排", "phone": phone, "about": ""}
    return {**HIDDEN, "place": place, "sending": key, **said}


async def send(port: int, rate: int, seconds: int, photos: bool) -> dict[str, Any]:
    """Warm up for a little, then the real thing."""
    import yaml

    texts = yaml.safe_load((Path(__file__).parents[1] / "lianxin/demo/data/case_texts.yaml").read_text(encoding="utf-8"))
    TEXTS[:] = [text for one in texts.values() for text in one["reports"]]
    HIDDEN.update(_hidden_fields(port))
    phones = Phones(port, _photo() if photos else b"")
    warm = 4 * rate if photos else 3 * rate
    begun = time.perf_counter()
    await asyncio.gather(*(phones.report(number, begun + 2 * number / rate) for number in range(warm)))
    phones.times.clear()
    phones.counted.clear()
    busy, begun = time.process_time(), time.perf_counter() + 0.1
    numbers = range(warm, warm + rate * seconds)
    await asyncio.gather(*(phones.report(number, begun + at / rate) for at, number in enumerate(numbers)))
    ended = time.perf_counter()
    busy = time.process_time() - busy
    times = sorted(phones.times)
    p50, p95, p99 = (round(times[int(len(times) * share)] * 1000, 1) for share in (0.5, 0.95, 0.99))
    receipts = {key: {_receipt(body) for body in bodies} for key, bodies in phones.bodies.items()}
    if any(len(each) != 1 for each in receipts.values()):
        phones.counted["unanswered"] = phones.counted.get("unanswered", 0) + 1
    return {
        "asked_a_second": rate,
        "a_second": round(len(numbers) / max(ended - begun, seconds), 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "most_ms": MOST_P95,
        "unanswered": 0,
        **phones.counted,
        "cores_of_phones": round(busy / (ended - begun), 2),
        "keys": phones.keys,
    }


def _hidden_fields(port: int) -> dict[str, str]:
    """What the report page of a village carries unseen."""
    from benchmarks.pages import ask

    status, _cookies, words = ask(port, "/report/?place=150000001001")
    if status != 200:
        raise SystemExit(f"/report/: {status}")
    found = [re.search(rf'{name}="([^"]*)"', tag) for tag in re.findall(r"<input[^>]*hidden[^>]*>", words) for name in ("name",)]
    return {each[1]: "" for each in found if each}


def _receipt(body: bytes) -> str:
    found = re.search(rb"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", body)
    return found[0].decode() if found else secrets.token_hex(4)


def _photo() -> bytes:
    """A picture as a phone takes it: twelve million pixels, some two megabytes."""
    from PIL import Image

    small = Image.frombytes("RGB", (500, 375), random.Random(7).randbytes(500 * 375 * 3))
    written = io.BytesIO()
    small.resize(PHOTO, Image.Resampling.BICUBIC).save(written, "JPEG", quality=80)
    return written.getvalue()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--found"]:
            found_county()
        case ["--count", keys]:
            print(json.dumps(count(Path(keys))))
        case ["--send", port, rate, seconds, kind]:
            print(json.dumps(asyncio.run(send(int(port), int(rate), int(seconds), kind == "photos"))))
        case words:
            sys.exit(0 if main(*map(int, words)) else 1)
