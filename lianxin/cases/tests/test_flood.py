"""Very much at once: nothing is dropped, the house stands, and people get in without JavaScript."""

import base64
import html
import json
import re
from dataclasses import replace

import altcha
import pytest
from django.core import signing
from time_machine import travel

from lianxin.cases import actions, flood, village_codes
from lianxin.cases.data_files import DataError, package_file
from lianxin.cases.flood import Rate
from lianxin.cases.models import Bucket, Case, Reporter, State
from lianxin.ledger import clock

VILLAGE = "152221200203"


@pytest.fixture
def at_most(monkeypatch):
    """`at_most(everybody=3)`: so many at once, one an hour afterwards; everything else without end."""
    in_force = flood.limits_in_force()

    def limited(**most):
        def rates(kind, names):
            return {name: Rate(most.get(f"{kind}_{name}", 10**6), 60 if f"{kind}_{name}" in most else 10**6) for name in names}

        limits = replace(
            in_force,
            look_first=rates("look", flood.LOOK_FIRST),
            wait=rates("wait", flood.WAIT),
            attack_left=most.get("attack_left", 0),
            numbers=50,
        )
        monkeypatch.setattr(flood, "limits_in_force", lambda: limits)

    return limited


def said(number, **more):
    return {"place": VILLAGE, "sending": f"a-phones-own-key-{number}", "text": f"第{number}口井", "checked": "1", **more}


def send(world, number, address="203.0.113.7", **more):
    return world.client(REMOTE_ADDR=address).post("/report/", said(number, **more))


def states():
    return list(Case.objects.order_by("id").values_list("state", flat=True))


def hidden(answer):
    """What stands in the form that sends it again."""
    [form] = re.findall(r'<form class="stack read" id="later".*?</form>', answer.content.decode(), re.S)
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def solved(answer):
    asked = json.loads(answer["Later-Challenge"])
    options = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
    solution = altcha.solve_challenge_v1(asked["challenge"], asked["salt"], asked["algorithm"], asked["maxNumber"], 0)
    return base64.b64encode(json.dumps({**options, "number": solution.number}).encode()).decode()


@pytest.mark.parametrize("limit", ["address", "subnet", "place"])
def test_beyond_a_limit_it_is_saved_and_looked_at_first(world, at_most, limit):
    at_most(**{f"look_{limit}": 2})
    answers = [send(world, number).status_code for number in range(3)]
    assert answers == [303 if answers[0] == 303 else 200] * 3
    assert states() == [State.UNCLAIMED, State.UNCLAIMED, State.QUARANTINED]


def test_others_are_not_held_up_by_one_address(world, at_most):
    at_most(look_address=1)
    for number, address in enumerate(("203.0.113.7", "203.0.113.7", "203.0.113.8")):
        send(world, number, address)
    assert states() == [State.UNCLAIMED, State.QUARANTINED, State.UNCLAIMED]


def test_the_same_words_from_everywhere_are_looked_at_first(world, at_most):
    at_most(look_words=2)
    for number in range(3):
        send(world, number, f"203.0.113.{number}", text="某某 是坏人" + " " * number)
    assert states() == [State.UNCLAIMED, State.UNCLAIMED, State.QUARANTINED]


def test_what_is_looked_at_first_joins_nothing(world, at_most):
    send(world, 1)
    at_most(look_address=0)
    send(world, 2, join=signing.dumps(Case.objects.get().pk, salt="cases.join"))
    assert states() == [State.UNCLAIMED, State.QUARANTINED] and Reporter.objects.count() == 2


def test_time_fills_the_bucket_again(world, at_most):
    at_most(look_address=1)
    send(world, 1)
    with travel(clock.now() + flood.timedelta(minutes=1)):
        send(world, 2)
    assert states() == [State.UNCLAIMED, State.UNCLAIMED]
    with travel(clock.now() + flood.timedelta(hours=3)):
        actions.forget_old()
    assert not Bucket.objects.exists()


def test_a_full_house_keeps_what_was_typed_and_takes_it_in_later(world, at_most):
    at_most(wait_everybody=1)
    send(world, 1)
    answer = send(world, 2, phone="13800001111", spot="井边")
    assert answer.status_code == 429 and int(answer["Retry-After"]) == 60
    kept = hidden(answer)
    assert kept.items() >= said(2, phone="13800001111", spot="井边").items() and "第2口井" in answer.content.decode()
    assert send(world, 2, ticket=kept["ticket"]).status_code == 429  # too soon
    with travel(clock.now() + flood.timedelta(seconds=61)):
        send(world, 1)  # somebody else takes the place that came free
        assert send(world, 2, ticket=kept["ticket"]).status_code in (200, 303)
    assert states() == [State.UNCLAIMED, State.QUARANTINED]


def test_a_ticket_is_good_for_its_own_report_only(world, at_most):
    at_most(wait_everybody=1)
    send(world, 0)
    ticket = hidden(send(world, 1))["ticket"]
    with travel(clock.now() + flood.timedelta(seconds=61)):
        send(world, 3)
        assert send(world, 2, ticket=ticket).status_code == 429
        assert send(world, 2, ticket="forged").status_code == 429
    assert len(states()) == 2


def test_a_report_received_before_passes(world, at_most):
    at_most(wait_everybody=1)
    send(world, 1)
    assert send(world, 2).status_code == 429
    assert send(world, 1).status_code in (200, 303)
    assert len(states()) == 1


def test_under_attack_arithmetic_lets_in_at_once_and_no_solution_serves_twice(world, at_most):
    at_most(attack_left=1.1, look_address=0)
    asked = send(world, 1)
    assert asked.status_code == 429
    solution = solved(asked)
    assert send(world, 2, altcha=solution).status_code == 429  # made for another report
    assert send(world, 1, altcha=solution).status_code in (200, 303)
    assert states() == [State.UNCLAIMED]
    Case.objects.all().update(state=State.SOLVED)
    assert not flood._did_the_arithmetic(solution, said(1)["sending"])


@pytest.mark.parametrize("payload", ["x", "e30=", "W10=", "bnVsbA==", "eyJhbGdvcml0aG0iOiAiU0hBLTI1NiJ9", "9" * 3000])
def test_a_forged_solution_is_none(world, payload):
    assert not flood._did_the_arithmetic(payload, "a-phones-own-key-1")


def test_a_solution_is_good_for_ten_minutes(world, at_most):
    at_most(attack_left=1.1)
    solution = solved(send(world, 1))
    with travel(clock.now() + flood.timedelta(seconds=601)):
        assert send(world, 1, altcha=solution).status_code == 429


def test_under_attack_a_villages_code_needs_no_arithmetic(world, at_most):
    at_most(attack_left=1.1)
    assert send(world, 1, code=village_codes.sign_place("150302001002")).status_code == 429
    assert send(world, 2, code=village_codes.sign_place(VILLAGE)).status_code in (200, 303)


def test_without_javascript_waiting_lets_in_and_it_is_looked_at_first(world, at_most):
    at_most(attack_left=1.1)
    ticket = hidden(send(world, 1))["ticket"]
    with travel(clock.now() + flood.timedelta(seconds=6)):
        assert send(world, 1, ticket=ticket).status_code in (200, 303)
    assert states() == [State.QUARANTINED]


def test_receipts_are_not_tried_without_end(world, at_most):
    at_most(wait_receipts=2)
    client = world.client(REMOTE_ADDR="203.0.113.7")
    tried = [client.post("/receipt/", {"receipt": "7K2M" * 6}).status_code for _ in range(3)]
    assert tried == [404, 404, 429]
    answer = client.post("/receipt/note/", {"receipt": "7K2M" * 6, "text": "还在漏"})
    assert answer.status_code == 429 and hidden(answer) == {"receipt": "7K2M" * 6, "text": "还在漏"}
    assert world.client(REMOTE_ADDR="203.0.113.8").post("/receipt/", {"receipt": "7K2M" * 6}).status_code == 404


def test_what_fails_counts_for_nothing(world, at_most):
    at_most(look_address=1)
    assert send(world, 1, text=" ").status_code == 422
    send(world, 2)
    assert states() == [State.UNCLAIMED]


def test_no_address_is_kept(world, at_most):
    send(world, 1, address="203.0.113.7")
    assert Reporter.objects.get().network and "203.0" not in repr([*Bucket.objects.values(), *Reporter.objects.values()])


@pytest.mark.parametrize(
    "change", [("at_once: 8", "at_once: -1"), ("50%", "half"), ("  words:", "  sounds:"), ("lasts: 600", "")]
)
def test_a_mistake_in_the_file_is_named(change):
    text = package_file("flood").read_text()
    assert change[0] in text
    with pytest.raises(DataError, match=r"flood\.yaml"):
        flood.read_limits(text.replace(*change, 1))


def test_similar_cases_are_not_looked_for_without_end_and_reports_arrive_all_the_same(world, at_most):
    at_most(wait_similar=3)
    known, client = "村口的水井不出水已经三天了", world.client()
    client.post("/report/", said(1, text=known))
    asked = {"place": VILLAGE, "text": known}
    found = [client.post("/report/similar/", asked) for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert "水井不出水" in found[0].content.decode() and "水井" not in found[3].content.decode()
    assert client.post("/report/", {**said(2, text=known), "checked": ""}).status_code in (200, 303)
    assert Case.objects.count() == 2
