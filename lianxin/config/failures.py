"""What a person reads when a request fails: what happened, that nothing was saved, what to do, a number to quote.

These pages ask neither the database nor the session, which may be what is broken.
"""

import errno
import logging
import secrets
import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from lianxin.ui.context import LARGE, TEXT_COOKIE

logger = logging.getLogger(__name__)

BUSY = ("database is locked", "database table is locked", "lock timeout", "deadlock detected", "too many clients", "connection")
FULL = ("database or disk is full", "no space left", "disk full")
SENTENCES = {
    HTTPStatus.BAD_REQUEST: (_("This could not be read"), _("Go back to the page before, reload it and try again.")),
    HTTPStatus.FORBIDDEN: (
        _("This page was open for too long"),
        _("Go back, reload the page and send it again. If it happens again, let the browser keep cookies for this address."),
    ),
    HTTPStatus.NOT_FOUND: (
        _("There is nothing here for you to see"),
        _("The address may be mistyped, or the page may not be open to you."),
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        _("The file is too large"),
        _("Send at most 20 MB at once: split the workbook, or delete pictures from it."),
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        _("Something went wrong on our side"),
        _("Try again in a minute. If it happens again, tell your administrator the number below."),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        _("Too many people are saving at this moment"),
        _("Go back and send it again in a minute: it is saved once, however often it is sent."),
    ),
    HTTPStatus.INSUFFICIENT_STORAGE: (
        _("The disk is full"),
        _("Nothing can be saved until your administrator makes room. Reading still works."),
    ),
}


def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Django's handler400, and what bounds.py refuses."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _page(request, HTTPStatus.BAD_REQUEST)


def too_large(request: HttpRequest) -> HttpResponse:
    response = _page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    response["Connection"] = "close"  # the rest of the upload is not waited for
    return response


def not_found(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Django's handler404. The same words for what is absent and for what is not theirs."""
    return _page(request, HTTPStatus.NOT_FOUND)


def forbidden(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Django's handler403. The gate refuses with 404, so this is rare: something of Django's own said no."""
    return _page(request, HTTPStatus.NOT_FOUND)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its secret: an old page, or a broken cookie."""
    return _page(request, HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: tells a busy database and a full disk from a mistake of ours."""
    fault = sys.exc_info()[1]
    status = status_of(fault)
    number = f"{secrets.randbelow(10**8):08d}"
    logger.error("failure %s: %s %s: %r", number, request.method, request.path, fault)
    response = _page(request, status, number)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "5"
    return response


def status_of(fault: BaseException | None) -> HTTPStatus:
    """Whether the database was busy or away, the disk full, or the mistake ours."""
    words = str(fault).lower()
    if (isinstance(fault, OSError) and fault.errno == errno.ENOSPC) or (
        isinstance(fault, DatabaseError) and any(sign in words for sign in FULL)
    ):
        return HTTPStatus.INSUFFICIENT_STORAGE
    if isinstance(fault, DatabaseError) and any(sign in words for sign in BUSY):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _page(request: HttpRequest, status: HTTPStatus, number: str = "") -> HttpResponse:
    title, advice = SENTENCES[status]
    # A mistake of ours may have come after the saving; of the others it is known that they came before.
    sent = request.method not in ("GET", "HEAD") and status != HTTPStatus.INTERNAL_SERVER_ERROR
    # What fails outside the locale middleware is still said in the reader's language.
    language = translation.get_language_from_request(request)
    with translation.override(language):
        words = {
            "title": title,
            "advice": advice,
            "number": number or f"{secrets.randbelow(10**8):08d}",
            "sent": sent,
            "LANGUAGE_CODE": language,
            "large_text": request.COOKIES.get(TEXT_COOKIE) == LARGE,
        }
        if not number:
            logger.info("refusal %s: %s %s: %s", words["number"], request.method, request.path, status)
        return HttpResponse(render_to_string("config/failure.html", words), status=status)
