"""Step-up: acts that open or hand out data want a proof of who sits there that is at most ten minutes old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from lianxin.accounts.networks import note_network
from lianxin.ledger import clock

FRESH = timedelta(minutes=10)
PROVED_AT = "proved_at"


def note_proof(request: HttpRequest) -> None:
    """The password, a code or a passkey was just shown."""
    request.session[PROVED_AT] = clock.now().isoformat()
    note_network(request)


def is_fresh(request: HttpRequest) -> bool:
    proved_at = request.session.get(PROVED_AT)
    return proved_at is not None and timedelta(0) <= clock.now() - datetime.fromisoformat(proved_at) <= FRESH


def recent_sign_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Ask for the password or a code again, where the last proof is older than ten minutes, then come back to the page."""

    @wraps(view)
    def proved(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(request):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"{reverse('prove')}?{urlencode({'next': _page(request)})}")

    return proved


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """Where to go on: `next` if it stays on this site, else the given place."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    stays = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if stays else otherwise


def _page(request: HttpRequest) -> str:
    """The page a person sees: this one, or the one its form stands on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.netloc == request.get_host() else request.path
