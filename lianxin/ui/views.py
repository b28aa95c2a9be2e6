"""The two switches at the top of every page. Both work signed out, without JavaScript, and come back to the same page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from lianxin.ui.context import LARGE, TEXT_COOKIE


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Read on in another language: kept by cookie, and with the account of whoever is signed in."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES) or not check_for_language(language):
        return _back(request)
    return _chosen(request, settings.LANGUAGE_COOKIE_NAME, language, language=language)


@require_POST
def choose_text(request: HttpRequest) -> HttpResponse:
    """Large or normal text (适老化): kept by cookie, and with the account of whoever is signed in."""
    text = LARGE if request.POST.get("text") == LARGE else "normal"
    return _chosen(request, TEXT_COOKIE, text, large_text=text == LARGE)


def _chosen(request: HttpRequest, cookie: str, value: str, **fields: Any) -> HttpResponse:
    if request.user.is_authenticated:
        for name, chosen in fields.items():
            setattr(request.user, name, chosen)
        request.user.save(update_fields=list(fields))
    response = _back(request)
    response.set_cookie(
        cookie, value, max_age=settings.LANGUAGE_COOKIE_AGE, secure=settings.OVER_TLS, httponly=True, samesite="Lax"
    )
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the switch stood on; never to another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")
