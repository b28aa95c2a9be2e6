"""What every page goes through: the language of an account, and a stranger's form that is still the same after going back."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import has_vary_header


class GoingBackMiddleware:
    """Going back, a stranger's browser shows the form it sent, with its key, so that sending it again saves nothing twice.

    The first page sets a cookie. Where it also varied with cookies, a browser would fetch it anew, with another key, and put the
    words that were sent into it. Private pages that are asked for anew each time need no such warning. Stands outside of all
    that touches cookies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        kept = {said.strip() for said in response.headers.get("Cache-Control", "").split(",")}
        stranger = settings.SESSION_COOKIE_NAME not in request.COOKIES
        if stranger and {"private", "no-cache"} <= kept and "no-store" not in kept and has_vary_header(response, "Cookie"):
            names = [name.strip() for name in response.headers["Vary"].split(",")]
            del response.headers["Vary"]
            if rest := [name for name in names if name.lower() != "cookie"]:
                response.headers["Vary"] = ", ".join(rest)
        return response


class AccountLanguageMiddleware:
    """Whoever chose a language with their account reads it on every device; a choice made on this one (the cookie) comes first.

    Stands after the sign-in; Django's own locale middleware has already decided for strangers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            chosen = getattr(request.user, "language", "")
            if chosen in dict(settings.LANGUAGES):
                translation.activate(chosen)
                request.LANGUAGE_CODE = chosen
        return self.get_response(request)
