"""When very much comes in at once: what is looked at first, what waits, what is asked for. Nothing is ever dropped.

Many people share an address (mobile networks, a village's one line), so beyond a limit a report is not refused: it is saved and
waits until somebody has looked at it. Only where the house itself would go down is a report asked to come again later, by a page
that keeps it and sends it again; and only then a proof of work is asked for, which a phone does in about a second. Whoever has
no JavaScript, and whoever came by a village's code, gets in without it.

Limits stand in flood.yaml. Each is a bucket that fills again with time, kept in the database so that it is one for all
workers, under a keyed digest: no address is kept.
"""

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from altcha import v1 as altcha
from django.core import signing
from django.core.cache import cache as limits
from django.db import transaction
from django.http import HttpRequest

from lianxin.accounts.networks import network_of, subnet_of
from lianxin.accounts.sealing import fingerprint
from lianxin.cases import actions, receipts, village_codes
from lianxin.cases.data_files import Told, note_of, read, rules_in_force
from lianxin.cases.models import Bucket, Case
from lianxin.ledger import clock
from lianxin.ledger.together import save_together
from lianxin.organizations.models import Unit

FILE = "flood.yaml"
SALT = "cases.later"
LOOK_FIRST = ("address", "subnet", "place", "words")
SHORTEST = timedelta(seconds=5)
"""How long those wait who are asked for arithmetic and cannot do it."""
WAIT = ("address", "everybody", "patient", "proved", "receipts", "similar")


@dataclass(frozen=True)
class Rate:
    """So many at once, and so many more with every hour."""

    at_once: int
    an_hour: int

    @property
    def each(self) -> timedelta:
        """How long it takes until one more fits in."""
        return timedelta(hours=1) / self.an_hour


@dataclass(frozen=True)
class Limits:
    """The file, checked."""

    version: str
    note: str
    look_first: Mapping[str, Rate]
    wait: Mapping[str, Rate]
    attack_left: float
    numbers: int
    lasts: timedelta
    longest: int


@dataclass(frozen=True)
class Judged:
    """What becomes of a report.

    quarantined: it is saved, and looked at first.
    wait: seconds after which it is to be sent again, with `ticket`; 0: go ahead.
    challenge: arithmetic that lets it in sooner, for those who can (JSON for static/cases/later.js); None: none asked.
    """

    quarantined: bool = False
    wait: int = 0
    ticket: str = ""
    challenge: dict[str, Any] | None = None


# --- reports ---------------------------------------------------------------------------------------------------------


def take_in(
    request: HttpRequest, report: actions.Report, *, joins: Case | None = None, looked: bool = False
) -> actions.Received | Judged:
    """Save a report that a browser sent, as a case of its own or joined to one; or, while very much comes in, say when it is to
    come again. What is to be looked at first, or stands alone, joins nothing. Raises CaseError as `report_case` does.

    looked: similar cases were looked for, which counts (`wait_for_similar`).
    """
    return save_together(partial(_take_in, request, report, joins, looked))


def _take_in(request: HttpRequest, report: actions.Report, joins: Case | None, looked: bool) -> actions.Received | Judged:
    known = actions.received_before(report)
    if known is not None:
        return known
    judged = judge(request, report.place, report.text, looked=looked)
    if judged.wait:
        return judged
    report = replace(report, network=network_of(request))
    if joins is not None and not judged.quarantined:
        return actions.join_case(case=joins, report=report)
    return actions.report_case(report=report, quarantined=judged.quarantined, fresh=True)


def judge(request: HttpRequest, place: Unit, text: str, *, looked: bool = False) -> Judged:
    """What becomes of the report in this request, which carries its key as `sending`, perhaps a `code`, `ticket` and `altcha`.

    Call it in the transaction that saves the report, so that what fails counts for nothing; not for one that was received
    before. looked: as in `take_in`.
    """
    sending = request.POST.get("sending", "")
    in_force, address = limits_in_force(), network_of(request)
    proved = _came_by_code(request, place) or _did_the_arithmetic(request.POST.get("altcha", ""), sending)
    patient = _waited(request.POST.get("ticket", ""), sending)
    lane = "proved" if proved else "patient" if patient else "everybody"
    asked = [_Asked(f"wait {lane}", "", in_force.wait[lane])]
    if lane == "everybody":
        asked.append(_Asked("wait address", address, in_force.wait["address"]))
    whose = {"address": address, "subnet": subnet_of(request), "place": str(place.pk), "words": "".join(text.split())}
    look_first = {name: _Asked(f"look {name}", whose[name], in_force.look_first[name]) for name in LOOK_FIRST}
    similar = [_Asked("wait similar", address, in_force.wait["similar"])] if looked else []
    held = _Held([*asked, *look_first.values(), *similar])
    wait = max(held.wait(each) for each in asked)
    if lane == "everybody" and held.left(asked[0]) < in_force.attack_left:
        wait = max(wait, SHORTEST)
    if wait:
        held.take(similar)
        seconds = min(math.ceil(wait.total_seconds()), in_force.longest)
        return Judged(wait=seconds, ticket=_ticket(sending, seconds), challenge=_challenge(sending))
    beyond = {name for name, each in look_first.items() if held.wait(each)}
    held.take([*asked, *similar, *(each for name, each in look_first.items() if name not in beyond)])
    return Judged(quarantined=bool(beyond - ({"address", "subnet", "place"} if proved else set())) or lane == "patient")


def _came_by_code(request: HttpRequest, place: Unit) -> bool:
    """Whether it carries the token of a sheet that hangs in that very place, or in one above or beneath it."""
    code = village_codes.place_of(request.POST.get("code", ""))
    printed_for = Unit.objects.filter(code=code).first() if code else None
    return printed_for is not None and (place.path.startswith(printed_for.path) or printed_for.path.startswith(place.path))


# --- receipts, similar cases -----------------------------------------------------------------------------------------


def wait_for_receipt(request: HttpRequest) -> int:
    """Seconds to wait before another receipt may be typed, or something done with one, from this address; 0: go ahead."""
    return _wait_for("receipts", request)


def wait_for_similar(request: HttpRequest, *, count: bool = True) -> int:
    """Seconds to wait before similar cases are looked for again from this address: nobody tries words without end.

    count: not so, where whoever looks counts it right afterwards, along with what is saved.
    """
    return _wait_for("similar", request, count=count)


def _wait_for(name: str, request: HttpRequest, *, count: bool = True) -> int:
    asked = _Asked(f"wait {name}", network_of(request), limits_in_force().wait[name])
    if count:
        with transaction.atomic():
            held = _Held([asked])
            wait = held.wait(asked)
            if not wait:
                held.take([asked])
    else:
        wait = _Held([asked], lock=False).wait(asked)
    return min(math.ceil(wait.total_seconds()), limits_in_force().longest)


# --- waiting, and arithmetic -----------------------------------------------------------------------------------------


def _ticket(sending: str, seconds: int) -> str:
    """Says that this report was asked to wait, and until when."""
    until = clock.now() + timedelta(seconds=seconds)
    return signing.dumps([receipts.digest_of_sending(sending), until.isoformat()], salt=SALT)


def _waited(ticket: str, sending: str) -> bool:
    try:
        whose, until = signing.loads(ticket[:400], salt=SALT, max_age=24 * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return bool(whose == receipts.digest_of_sending(sending) and datetime.fromisoformat(until) <= clock.now())


def _challenge(sending: str) -> dict[str, Any]:
    in_force = limits_in_force()
    options = altcha.ChallengeOptions(
        algorithm="SHA-256",
        max_number=in_force.numbers,
        hmac_key=_arithmetic_key(),
        expires=(clock.now() + in_force.lasts).replace(tzinfo=UTC),
        params={"for": receipts.digest_of_sending(sending)},
    )
    made: dict[str, Any] = altcha.create_challenge(options).to_dict()
    return made


def _did_the_arithmetic(payload: str, sending: str) -> bool:
    """Whether it carries the solution of a challenge of ours, made for this very report, not too old, and never used before."""
    if not payload or len(payload) > 2000:
        return False
    try:
        solution = json.loads(base64.b64decode(payload, validate=True))
        known = isinstance(solution, dict) and solution.get("algorithm") == "SHA-256"
        ours = known and altcha.verify_solution(solution, _arithmetic_key(), check_expires=False)[0]
        said = altcha.extract_params(solution) if ours else {}
    except (binascii.Error, ValueError, TypeError, AttributeError):
        return False
    if not ours or said.get("for") != [receipts.digest_of_sending(sending)]:
        return False
    until = datetime.fromtimestamp(int(said["expires"][0]), UTC).replace(tzinfo=None)
    if until < clock.now():
        return False
    return bool(limits.add(f"solved {solution['signature']}", 1, timeout=limits_in_force().lasts.total_seconds()))


def _arithmetic_key() -> str:
    return fingerprint("proof of work", key="receipt")


# --- buckets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """One thing out of one bucket."""

    name: str
    whose: str
    rate: Rate

    @cached_property
    def key(self) -> str:
        return fingerprint(f"bucket {self.name} {self.whose}", key="lookup")


class _Held:
    """Some buckets, held until the transaction ends. A bucket is kept as the instant at which it will be full again.

    lock: not so, where they are only looked at.
    """

    def __init__(self, asked: Sequence[_Asked], *, lock: bool = True) -> None:
        self.now = clock.now()
        keys = {each.key for each in asked}
        buckets = Bucket.objects.select_for_update() if lock else Bucket.objects.all()
        found = buckets.filter(key__in=keys).order_by("key").values_list("key", "full_at")
        self.full_at = dict.fromkeys(keys, self.now) | {key: max(full_at, self.now) for key, full_at in found}

    def wait(self, asked: _Asked) -> timedelta:
        """How long until one more is there; nothing: it is there."""
        over = self.full_at[asked.key] + asked.rate.each - self.now - asked.rate.each * asked.rate.at_once
        return max(over, timedelta())

    def left(self, asked: _Asked) -> float:
        """How much of it is left, from 1 (full) to 0."""
        return 1 - (self.full_at[asked.key] - self.now) / (asked.rate.each * asked.rate.at_once)

    def take(self, asked: Sequence[_Asked]) -> None:
        """One out of each."""
        for each in asked:
            self.full_at[each.key] += each.rate.each
        rows = [Bucket(key=key, full_at=self.full_at[key]) for key in sorted({each.key for each in asked})]
        if rows:
            Bucket.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["full_at"])


# --- the file --------------------------------------------------------------------------------------------------------


def limits_in_force() -> Limits:
    return rules_in_force("flood", read_limits)


def read_limits(text: str, file: str = FILE) -> Limits:
    """The limits in the text of a file. Raises DataError."""
    told = read(text, file).fields("version", "look_first", "wait", "attack", "longest", optional=("note",))
    attack = told["attack"].fields("left", "numbers", "lasts")
    return Limits(
        version=told["version"].text(20),
        note=note_of(told),
        look_first=_rates(told["look_first"], LOOK_FIRST),
        wait=_rates(told["wait"], WAIT),
        attack_left=_share(attack["left"]),
        numbers=attack["numbers"].number(),
        lasts=timedelta(seconds=attack["lasts"].number()),
        longest=told["longest"].number(),
    )


def _rates(told: Told, names: Sequence[str]) -> dict[str, Rate]:
    rates = {}
    for name, each in told.fields(*names).items():
        said = each.fields("at_once", "an_hour")
        rates[name] = Rate(said["at_once"].number(), said["an_hour"].number())
    return rates


def _share(told: Told) -> float:
    said = told.text(4)
    if not (said.endswith("%") and said[:-1].isdigit() and int(said[:-1]) <= 100):
        raise told.wrong("0% … 100%")
    return int(said[:-1]) / 100
