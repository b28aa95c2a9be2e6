"""What is refused before any page is asked: requests too large, and bytes no person types."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from lianxin.config import failures


class BoundsMiddleware:
    """Stands first: an upload over the limit is not read, a broken cookie is as good as none, a NUL never reaches a database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if announced_size(request) > settings.UPLOAD_LIMIT:
            return failures.too_large(request)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return failures.bad_request(request)
        _believe_only_the_proxy(request)
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)


def _believe_only_the_proxy(request: HttpRequest) -> None:
    """Whether TLS was used, and by whom, counts only from the named proxy; from anyone else the claim is dropped."""
    if settings.TRUSTED_PROXY and _plain(request.META.get("REMOTE_ADDR", "")) == _plain(settings.TRUSTED_PROXY):
        clients = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = clients.rpartition(",")[2].strip() or settings.TRUSTED_PROXY
        return
    for name in ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST"):
        request.META.pop(name, None)


def _plain(address: str) -> str:
    """An address in its one spelling. Where both are listened for (--host ::), an IPv4 address comes dressed as IPv6."""
    return str(ipaddress.ip_address(address.removeprefix("::ffff:"))) if address else ""


def announced_size(request: HttpRequest) -> int:
    """The size of the body as the request's head says it; the server hands on no more than that."""
    size = request.META.get("CONTENT_LENGTH") or "0"
    return int(size) if size.isascii() and size.isdigit() and len(size) < 16 else settings.UPLOAD_LIMIT + 1
