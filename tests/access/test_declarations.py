"""Every address declares who may use it, in the code and in expectations.yaml, and the two agree."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from lianxin.accounts.gate import GateMiddleware, check_declarations, declaration_of, public, views
from tests.access.expectations import expectations


def test_no_view_is_undeclared():
    assert check_declarations() == []


def test_every_address_has_a_row_and_the_row_says_what_the_code_says():
    declared = {pattern.name: dict(declaration_of(pattern.callback).methods) for _, pattern in views()}
    assert {name: row.methods for name, row in expectations().items()} == declared


def test_every_address_has_a_name_of_its_own():
    names = [pattern.name for _, pattern in views()]
    assert None not in names
    assert sorted(names) == sorted(set(names))


def test_an_undeclared_view_is_refused():
    def forgotten(request: HttpRequest) -> HttpResponse:
        raise AssertionError("reached")

    gate = GateMiddleware(lambda request: HttpResponse())
    with pytest.raises(ImproperlyConfigured, match=r"forgotten declares no access"):
        gate.process_view(HttpRequest(), forgotten, (), {})


def test_a_method_that_is_not_declared_is_refused():
    @public
    def page(request: HttpRequest) -> HttpResponse:
        raise AssertionError("reached")

    request = HttpRequest()
    request.method = "DELETE"
    request.user = type("Someone", (), {"is_authenticated": True})()
    assert isinstance(GateMiddleware(lambda r: HttpResponse()).process_view(request, page, (), {}), HttpResponseNotAllowed)
