"""Open311 GeoReport v2: what other systems read and file, and what becomes of what is wrong."""

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from lianxin.cases import actions
from lianxin.cases.models import ApiKey, Case, CaseStep, Reporter
from lianxin.cases.open311 import forms
from lianxin.cases.open311.numbers import case_of, number_of
from lianxin.ledger import clock

V2 = "/open311/v2"
WORDS = "村口的水井不出水，找了王二"


@pytest.fixture
def key(world):
    return actions.make_api_key(actor=world.user("administrator"), county=world.county, name="市政热线")


@pytest.fixture
def filed(client, key, catalogue):
    def file(form="json", **said):
        wanted = {"api_key": key, "service_code": "water.supply.outage", "address_id": "152221200203", "description": WORDS}
        return client.post(f"{V2}/requests.{form}", {**wanted, **said})

    return file


def number(answer):
    return answer.json()[0]["service_request_id"]


def errors(answer):
    assert answer["Content-Type"].startswith("application/json"), answer.content
    found = answer.json()
    assert {each["code"] for each in found} == {answer.status_code}
    return " ".join(each["description"] for each in found)


def cases():
    return Case.objects.count()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_discovery_says_where_and_in_which_formats(client, catalogue):
    told = client.get("/open311/discovery.json").json()
    assert [(each["url"], each["formats"]) for each in told["endpoints"]] == [
        ("http://testserver/open311/v2", ["text/xml", "application/json"])
    ]
    assert told["changeset"].endswith("+08:00")
    root = ElementTree.fromstring(client.get("/open311/discovery.xml").content)
    assert root.tag == "discovery"
    assert [each.text for each in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


def test_services_are_the_matters_of_the_third_level_that_are_offered(client, catalogue, world):
    told = client.get(f"{V2}/services.json").json()
    outage = next(each for each in told if each["service_code"] == "water.supply.outage")
    assert outage["group"] == "供水排水"
    assert outage["keywords"].startswith("停水, 断水")
    assert (outage["type"], outage["metadata"]) == ("realtime", True)
    assert len(told) == 95
    actions.set_items(actor=world.user("county_officer"), unit=world.county, lines=(), retire=["water.supply.outage"])
    assert len(client.get(f"{V2}/services.json").json()) == 94
    assert client.get(f"{V2}/services/water.supply.outage.json").status_code == 404
    root = ElementTree.fromstring(client.get(f"{V2}/services.xml", headers={"Accept-Language": "en"}).content)
    assert root.tag == "services"
    assert "Bad water" in [each.text for each in root.findall("service/service_name")]


def test_a_definition_lists_the_places(client, catalogue):
    told = client.get(f"{V2}/services/water.supply.outage.json?jurisdiction_id=152221").json()
    [place] = told["attributes"]
    assert {"key": "152221200203", "name": "满族屯满族乡 · 特门嘎查"} in place["values"]
    assert not any(each["key"].startswith("150302") for each in place["values"])
    root = ElementTree.fromstring(client.get(f"{V2}/services/water.supply.outage.xml").content)
    assert root.find("attributes/attribute/values/value/key").text == "152221"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("services.yaml", 404),
        ("services/water.json", 404),
        ("services.json?jurisdiction_id=nowhere", 404),
        ("services/no.such.thing.json", 404),
        ("tokens/123.json", 404),
        ("requests/123.json", 404),
        ("requests/0000000000.json", 404),
        ("requests.json?status=solved", 400),
        ("requests.json?page=0", 400),
        ("requests.json?page_size=1001", 400),
        ("requests.json?start_date=2026-03-05", 400),
        ("requests.json?start_date=2026-02-30T00:00:00Z", 400),
        ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400),
        ("requests.json?start_date=2026-03-05T00:00:00Z&end_date=2026-03-04T00:00:00Z", 400),
        ("requests.json?end_date=0001-01-01T00:00:00Z", 400),
        ("requests.json?jurisdiction_id=1' OR 1=1", 404),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_cannot_be_read_is_refused_in_a_plain_sentence(client, world, path, status, language):
    answer = client.get(f"{V2}/{path}", headers={"Accept-Language": language})
    assert answer.status_code == status
    if path.endswith("yaml"):
        assert ElementTree.fromstring(answer.content).find("error/code").text == "404"
    else:
        said = errors(answer)
        assert any("\u4e00" <= sign <= "\u9fff" for sign in said) == (language == "zh-hans"), said


def test_open_until_the_residents_verdict(client, world, filed):
    answer = filed()
    secretary, found = world.user("secretary"), number(answer)

    def told():
        [one] = client.get(f"{V2}/requests/{found}.json").json()
        return one["status"], one["agency_responsible"]

    case, reporter = Case.objects.get(), Reporter.objects.get()
    assert told() == ("open", None)
    actions.claim_case(actor=secretary, case=case, unit=world.branch)
    assert told() == ("open", "满族屯满族乡")
    actions.handle_case(actor=secretary, case=case, text="王二换了水泵")
    assert told()[0] == "open"
    actions.give_verdict(reporter=reporter, verdict="solved")
    assert told()[0] == "closed"


def test_nothing_personal_is_read(client, world, filed):
    filed(lat="46.07123", long="122.05456", phone="13800001111", address_string="王二家", email="a@example.org", first_name="二")
    for form in ("json", "xml"):
        body = client.get(f"{V2}/requests.{form}").content.decode()
        assert "满族屯满族乡" in body
        assert "46.07" in body
        for secret in ("王二", "水井", "13800001111", "特门", "46.071", "example.org", "152221200203"):
            assert secret not in body, secret
    [one] = client.get(f"{V2}/requests.json").json()
    assert one["requested_datetime"] == f"{clock.today()}T00:00:00+08:00"
    assert one["description"] is None


def test_a_complaint_about_a_unit_is_not_read_by_anybody(client, world, catalogue):
    told = actions.Report(sending="a key of a phone 1", place=world.village, text="村里不公开账目", about=world.branch)
    received = actions.report_case(report=told)
    assert client.get(f"{V2}/requests.json").json() == []
    assert client.get(f"{V2}/requests/{number_of(received.reporter.case.pk)}.json").status_code == 404


def test_filters_and_pages(client, world, filed, catalogue):
    water, lights = number(filed()), number(filed(service_code="power.lights.broken", description="路灯不亮"))

    def found(query):
        return [each["service_request_id"] for each in client.get(f"{V2}/requests.json?{query}").json()]

    tomorrow = clock.today() + timedelta(days=1)
    assert found("") == [lights, water]
    assert found("service_code=power.lights.broken,roads.none") == [lights]
    assert found(f"service_request_id={water},,nonsense,{lights.lower()}&status=closed") == [lights, water]
    assert found("status=closed") == []
    assert found("status=open,closed") == [lights, water]
    assert found("page_size=1") == [lights]
    assert found("page_size=1&page=2") == [water]
    assert found("page_size=1&page=3") == []
    assert found(f"start_date={tomorrow}T00:00:00%2B08:00") == []
    assert found(f"start_date={clock.today()}T00:00:00+08:00&end_date={tomorrow}T00:00:00Z") == [lights, water]
    assert found("jurisdiction_id=152221") == [lights, water]
    assert found("jurisdiction_id=150302") == []


def test_no_more_than_ninety_days_unless_asked_for(client, world, filed):
    first = clock.now() - timedelta(days=91)
    with clock.standing_at(first):
        found = number(filed())
    assert client.get(f"{V2}/requests.json").json() == []
    until = clock.local(first + timedelta(days=1)).isoformat()
    assert [each["service_request_id"] for each in client.get(f"{V2}/requests.json", {"end_date": until}).json()] == [found]


def test_a_list_takes_no_more_questions_for_more_requests(client, world, filed, django_assert_num_queries):
    for words in ("一", "二", "三"):
        filed(description=words)
    with django_assert_num_queries(2):
        assert len(client.get(f"{V2}/requests.json").json()) == 3


# --- filing ----------------------------------------------------------------------------------------------------------


def test_what_is_filed_is_a_case_like_any_other_and_the_resident_gets_a_receipt(client, world, filed):
    answer = filed(lat="46.0712345", long="122.05", phone="138 0000 1111", media_url="https://example.org/1.jpg")
    assert answer.status_code == 201
    case = Case.objects.get()
    assert (case.place.code, case.source) == ("152221200203", "open311")
    assert (case.item.key, case.tier) == ("water.supply.outage", "supply")
    assert str(case.lat) == "46.07123"
    assert CaseStep.objects.get().text == f"{WORDS}\nhttps://example.org/1.jpg"
    receipt = answer.json()[0]["receipt"]
    assert receipt in answer.json()[0]["service_notice"]
    assert case_of(number(answer)) == case.pk
    shown = client.post("/receipt/", {"receipt": receipt}, follow=True).content.decode()
    assert WORDS in shown


def test_filed_as_xml_and_answered_as_xml(client, world, key, catalogue):
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
      <service_request><api_key>{key}</api_key><service_code>water.supply.outage</service_code>
      <description>水 &lt;b&gt;&amp; 泵</description><lat>46.07</lat><long>122.05</long>
      <attribute><code>place</code><value>152221200203</value></attribute></service_request>"""
    answer = client.post(f"{V2}/requests.xml", body, content_type="text/xml; charset=utf-8")
    assert answer.status_code == 201
    found = ElementTree.fromstring(answer.content).find("request/service_request_id").text
    assert case_of(found) == Case.objects.get(place=world.village).pk
    assert CaseStep.objects.get().text == "水 <b>& 泵"


def test_the_same_again_is_the_same_request(client, world, filed, key):
    first = filed()
    again = filed()
    assert (again.status_code, number(again), again.json()[0]["receipt"]) == (200, number(first), first.json()[0]["receipt"])
    named = {"Idempotency-Key": "call 4711"}
    form = {"api_key": key, "service_code": "water.supply.outage", "address_id": "152221200203", "description": WORDS}
    by_name = [client.post(f"{V2}/requests.json", form, headers=named) for _ in range(2)]
    assert [each.status_code for each in by_name] == [201, 200]
    other = client.post(f"{V2}/requests.json", {**form, "description": "别的事"}, headers=named)
    assert other.status_code == 400
    assert "Idempotency-Key" in errors(other)
    assert cases() == 2


@pytest.mark.parametrize(
    ("said", "status", "named"),
    [
        ({"api_key": "lx_guessed"}, 403, "api_key"),
        ({"api_key": ""}, 403, "api_key"),
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "no.such"}, 404, "no.such"),
        ({"service_code": "water"}, 404, "water"),
        ({"address_id": ""}, 400, "address_string"),
        ({"address_id": "999"}, 400, "address_id"),
        ({"address_id": "150302001002"}, 400, "address_id"),
        ({"attribute[place]": "152221"}, 400, "attribute[place]"),
        ({"attribute[colour]": "red"}, 400, "attribute[colour]"),
        ({"is_admin": "1"}, 400, "is_admin"),
        ({"lat": "46.07"}, 400, "long"),
        ({"lat": "122.05", "long": "46.07"}, 400, "lat"),
        ({"lat": "NaN", "long": "1"}, 400, "lat"),
        ({"lat": "1e999", "long": "1"}, 400, "lat"),
        ({"lat": "46.07; DROP TABLE cases_case", "long": "1"}, 400, "lat"),
        ({"description": "水" * 4001}, 400, "description"),
        ({"address_string": "水" * 201}, 400, "address_string"),
        ({"phone": "12"}, 400, "phone"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"jurisdiction_id": "150302"}, 403, "jurisdiction"),
        ({"jurisdiction_id": "1"}, 404, "“1”"),
        ({"jurisdiction_id": "152221\x00"}, 404, "jurisdiction"),
        ({"service_code": ["water.supply.outage", "water.supply.quality"]}, 400, "service_code"),
        ({"api_key[]": "x"}, 400, "api_key"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_saved(client, world, filed, said, status, named):
    answer = filed(**said)
    assert answer.status_code == status
    assert named in errors(answer) or named == "jurisdiction"
    assert (cases(), Reporter.objects.count()) == (0, 0)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "'; DROP TABLE cases_case; --", "ᠮᠣᠩᠭᠣᠯ 😀", "\x00\x07水\u202e"])
def test_hostile_words_are_words(client, world, filed, words):
    answer = filed(description=words)
    assert answer.status_code == 201
    kept = CaseStep.objects.get().text
    assert kept == forms.PlainField().clean(words)
    assert "<script>" not in client.get(f"{V2}/requests.xml").content.decode()


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><request><description>&b;</description></request>'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><request><description>&x;</description></request>'


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (BOMB, "text/xml", 400),
        (FILE, "application/xml", 400),
        ("<request><description>", "text/xml", 400),
        ("", "text/xml", 400),
        ("<a>" * 50 + "</a>" * 50, "text/xml", 400),
        ("<request>" + "<email>x</email>" * 500 + "</request>", "text/xml", 400),
        ("<request><description>" + "水" * 30_000 + "</description></request>", "text/xml", 413),
        ("<request><description>\udcff</description></request>", "text/xml", 400),
        ('<?xml version="1.0" encoding="gbk"?><a/>', "text/xml", 400),
        ('<?xml version="1.0" encoding="big5"?><a/>', "application/xml; charset=big5", 400),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "text/xml", 400),
        ('<?xml version="1.0" encoding="utf-16"?><a/>', "text/xml", 400),
        ("<a>\x00</a>", "text/xml", 400),
        ('{"service_code": 1}', "application/json", 400),
        ("--x\r\nbroken", "multipart/form-data; boundary=x", 403),
        ("a=1", "multipart/form-data", 400),
        ("&".join(f"f{n}=1" for n in range(600)), "application/x-www-form-urlencoded", 400),
        ("a=" + "x" * 1_100_000, "application/x-www-form-urlencoded", 413),
        ("api_key=%FF%FE", "application/x-www-form-urlencoded", 403),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_cannot_be_read(client, world, body, kind, status):
    sent = body.encode("utf-8", "surrogateescape")
    answer = client.generic("POST", f"{V2}/requests.json", sent, content_type=kind)
    assert answer.status_code == status
    assert errors(answer)
    assert cases() == 0


def test_a_revoked_key_files_nothing_more(client, world, filed):
    assert filed().status_code == 201
    actions.revoke_api_key(actor=world.user("administrator"), county=world.county, name="市政热线")
    assert filed(description="又停水了").status_code == 403
    assert cases() == 1


def test_a_flood_waits_behind_a_token_and_is_never_dropped(client, world, filed, monkeypatch):
    monkeypatch.setattr(forms, "CALM", 1)
    monkeypatch.setattr(forms, "MOST", 2)
    calm, waits, later = (filed(description=words) for words in ("一", "二", "三"))
    assert [each.status_code for each in (calm, waits, later)] == [201, 201, 429]
    assert later["Retry-After"] == "60"
    [told] = waits.json()
    assert "service_request_id" not in told
    assert client.get(f"{V2}/tokens/{told['token']}.json").json()[0]["service_request_id"] is None
    assert len(client.get(f"{V2}/requests.json").json()) == 1
    Case.objects.filter(state="quarantined").update(state="unclaimed")
    [let_in] = client.get(f"{V2}/tokens/{told['token']}.json").json()
    assert client.get(f"{V2}/requests/{let_in['service_request_id']}.json").status_code == 200
    assert cases() == 2


def test_a_key_is_kept_as_a_digest_and_a_name_has_one_at_a_time(world, key):
    assert key not in json.dumps(list(ApiKey.objects.values_list("name", "digest")))
    with pytest.raises(actions.moving.CaseError):
        actions.make_api_key(actor=world.user("administrator"), county=world.county, name="市政热线")


def test_numbers_lead_back_and_tell_nothing():
    found = [number_of(pk) for pk in range(1, 200)]
    assert [case_of(each) for each in found] == list(range(1, 200))
    assert found != sorted(found)
    assert case_of(found[0].lower().replace("0", "o")) == 1
