"""GeoReport v2 over HTTP. Reading is open to everybody; filing needs a key, and nothing a browser would send by itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from lianxin.accounts.gate import public
from lianxin.cases import actions, receipts
from lianxin.cases.open311 import forms, queries
from lianxin.cases.open311.answers import FORMATS, XML, Refused, answer, refusal
from lianxin.cases.open311.numbers import number_of
from lianxin.cases.open311.reading import fields_of

STANDARD = "http://wiki.open311.org/GeoReport_v2"


def speaks(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refusals in the format that was asked for; XML where that is none of ours."""

    @wraps(view)
    def wrapped(request: HttpRequest, form: str, **named: Any) -> HttpResponse:
        if form not in FORMATS:
            return refusal(Refused(404, _("Expected an address that ends in .xml or .json.")), XML)
        try:
            return view(request, form, **named)
        except Refused as refused:
            return refusal(refused, form)
        except ValidationError as refused:
            return refusal(Refused(400, *refused.messages), form)

    return wrapped


@public
@speaks
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the interface is, and in which formats."""
    changed, base = queries.changed_at(), settings.ADDRESS or f"{request.scheme}://{request.get_host()}"
    here = {"specification": STANDARD, "url": f"{base}/open311/v2", "changeset": changed, "type": "production"}
    body = {
        "changeset": changed,
        "contact": _("The administrator of this installation: %(address)s") % {"address": f"{base}/"},
        "key_service": _("The administrator gives keys out: lianxin cases api-key NAME --county CODE"),
        "endpoints": [{**here, "formats": [*FORMATS.values()]}],
    }
    return answer("discovery", body, form)


@public
@speaks
def services(request: HttpRequest, form: str) -> HttpResponse:
    queries.county_asked(request.GET.get("jurisdiction_id", ""))
    return answer("services", queries.services(), form)


@public
@speaks
def service(request: HttpRequest, form: str, code: str) -> HttpResponse:
    county = queries.county_asked(request.GET.get("jurisdiction_id", ""))
    return answer("service_definition", queries.definition(code, county), form)


@public
@speaks
def token(request: HttpRequest, form: str, token: str) -> HttpResponse:
    return answer("service_requests", queries.token_by(token), form)


@public
@speaks
def one_request(request: HttpRequest, form: str, number: str) -> HttpResponse:
    return answer("service_requests", queries.request_by(number), form)


@public("GET", "POST")
@csrf_exempt  # the right to file is the key in what is sent, never who the browser is
@speaks
def requests(request: HttpRequest, form: str) -> HttpResponse:
    """Read how requests stand; or file one."""
    if request.method == "POST":
        return _file(request, form)
    return answer("service_requests", queries.requests(queries.wanted(request.GET.dict())), form)


def _file(request: HttpRequest, form: str) -> HttpResponse:
    key, report = forms.filed(fields_of(request), request.headers.get("Idempotency-Key", "")[:200])
    received = actions.report_case(report=report, quarantined=forms.count(key) > forms.CALM)
    if received.changed:
        raise Refused(400, _("Something else was filed under this Idempotency-Key already. Nothing was saved; give another one."))
    receipt, case = receipts.shown(received.receipt), received.reporter.case
    waits = case.state == "quarantined"
    told = {
        **({"token": receipts.digest_of_sending(report.sending)} if waits else {"service_request_id": number_of(case.pk)}),
        "service_notice": _(
            "Give this receipt to the resident: under %(address)s it shows who has the matter, and there alone can be said"
            " whether it is solved: %(receipt)s"
        )
        % {"address": request.build_absolute_uri(reverse("receipt")), "receipt": receipt},
        "account_id": None,
        "receipt": receipt,
    }
    response = answer("service_requests", [told], form, 200 if received.again else 201)
    response["Cache-Control"] = "no-store"
    return response
