"""Open311 as other people's programs speak it: the PyPI clients `georeport` and `civicbot` against the real server."""

import pytest
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

from tests.house import new_house

pytestmark = pytest.mark.xdist_group("serve")

WATER = "water.supply.outage"


@pytest.fixture(scope="module")
def installation():
    with new_house() as house:
        key = house.run("cases", "api-key", "clients", "--county", "152221").stdout.strip()
        assert house.run("cases", "api-keys").stdout.startswith("152221\tclients\t")
        with house.serve("--workers", "1") as served:
            yield house, served, key


@pytest.fixture(scope="module")
def base(installation):
    return f"{installation[1].url}/open311/v2"


@pytest.fixture(scope="module")
def civic(base):
    endpoint = Endpoint("here", "here", base, write=True)
    return Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(0)))


@pytest.fixture(scope="module")
def filed(civic, installation):
    sent = civic.create_request(
        WATER,
        lat=46.07,
        lng=122.05,
        address_string="村口",
        description="水井不出水",
        api_key=installation[2],
        dry_run=False,
        confirm="SEND",
        validate_remote=True,
    )
    return sent.response[0]["service_request_id"]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests(base, filed, form):
    client = GeoReport(base, jurisdiction="152221", output_format=form)
    assert WATER in [each["service_code"] for each in client.get_service_list()]
    assert client.get_service_definition(WATER)["service_code"] == WATER
    found = client.get_service_requests(service_code=WATER, status="open")
    [told] = found if isinstance(found, list) else [found]
    assert told == client.get_service_request(filed)
    assert (told["service_request_id"], told["status"]) == (filed, "open")


def test_civicbot_reads_files_and_finds_what_it_filed(civic, filed):
    assert WATER in [each["service_code"] for each in civic.list_services()]
    assert civic.get_service_definition(WATER)["attributes"][0]["code"] == "place"
    assert [each["service_request_id"] for each in civic.list_requests(service_request_ids=[filed])] == [filed]
    assert civic.get_request(filed)["status"] == "open"
    assert civic.list_requests(status="closed", page_size=10) == []


def test_civicbot_is_told_what_is_wrong_and_a_revoked_key_files_nothing(civic, filed, installation):
    house, _served, key = installation
    house.run("cases", "api-key", "clients", "--county", "152221", "--revoke")
    with pytest.raises(HttpError) as refused:
        civic.create_request(WATER, lat=46.07, lng=122.05, description="又停水", api_key=key, dry_run=False, confirm="SEND")
    assert refused.value.status == 403
    assert "api_key" in refused.value.body
    with pytest.raises(HttpError) as refused:
        civic.get_token("none")
    assert refused.value.status == 404
