"""The gate: default-deny. Each view declares who may use it, by which method; a view that declares nothing is refused.

    @public                                              a stranger may read it
    @public("GET", "POST")                               a stranger may also send it a form
    @signed_in                                           any account
    @requires("standing.view", unit="code")              in lianxin.organizations.gate: by posts, on the unit the address names

The declaration is data on the view: the gate acts on it, a system check finds views without one, and the access matrix compares
it with tests/access/expectations.yaml. See docs/access.md.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect

logger = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

PUBLIC = "public"
SIGNED_IN = "signed_in"


@dataclass(frozen=True)
class Declaration:
    """Who may use a view.

    methods: method → `public`, `signed_in`, or permissions joined by `|`. HEAD goes with GET; every other method is refused.
    check: called for signed-in users with the request and the address's arguments; raises Http404 where they may not.
    """

    methods: Mapping[str, str]
    check: Callable[[HttpRequest, Mapping[str, Any]], None] | None = None

    def access(self, method: str | None) -> str | None:
        return self.methods.get("GET" if method == "HEAD" else method or "")


def declare(view: View, declaration: Declaration) -> View:
    """Leave a declaration on a view."""
    view.declaration = declaration  # type: ignore[attr-defined]
    return view


def declaration_of(view: Callable[..., HttpResponseBase]) -> Declaration | None:
    return getattr(view, "declaration", None)


@overload
def public(*methods: str) -> Callable[[View], View]: ...
@overload
def public(view: View, /) -> View: ...
def public(*given: Any) -> Any:
    """A view for strangers: only what product.md lists for “nobody signed in”. Bare, or with the methods it answers (GET)."""
    return _plain(PUBLIC, given)


@overload
def signed_in(*methods: str) -> Callable[[View], View]: ...
@overload
def signed_in(view: View, /) -> View: ...
def signed_in(*given: Any) -> Any:
    """A view for every account, showing only what is the user's own. Bare, or with the methods it answers (GET)."""
    return _plain(SIGNED_IN, given)


def _plain(access: str, given: tuple[Any, ...]) -> Any:
    if len(given) == 1 and callable(given[0]):
        return declare(given[0], Declaration({"GET": access}))
    return lambda view: declare(view, Declaration(dict.fromkeys(given or ("GET",), access)))


class GateMiddleware:
    """Holds every request against what its view declares."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "Cache-Control" not in response and getattr(request, "_cached_user", None) and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_cache=True)  # nothing of a person's pages stays in a shared cache
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        declaration = declaration_of(view)
        if declaration is None:
            return refuse_undeclared(view)
        access = declaration.access(request.method)
        if access == PUBLIC:
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if access is None:
            return HttpResponseNotAllowed(declaration.methods)
        if declaration.check is not None:
            declaration.check(request, kwargs)
        return None


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send a stranger to the sign-in page, and back afterwards (to a page, never to a form's target)."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    response = redirect_to_login(back)
    return HttpResponseClientRedirect(response.url) if getattr(request, "htmx", False) else response


def refuse_undeclared(view: Callable[..., HttpResponseBase]) -> HttpResponseBase:
    """A view nobody declared: loud where we build, absent where people work."""
    sentence = f"{name_of(view)} declares no access: decorate it with @public, @signed_in or @requires(…), see docs/access.md"
    if settings.TESTING or settings.DEBUG:
        raise ImproperlyConfigured(sentence)
    logger.error(sentence)
    raise Http404


def views(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the product: its route, as written, and its pattern."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


def name_of(view: Callable[..., HttpResponseBase]) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', view.__class__.__name__)}"


def check_declarations(**_: Any) -> list[CheckMessage]:
    """System check: every view says who may use it."""
    return [
        Error(
            f"/{route}: {name_of(pattern.callback)} declares no access",
            hint="decorate it with @public, @signed_in or @requires(…), see docs/access.md",
            id="accounts.E001",
        )
        for route, pattern in views()
        if declaration_of(pattern.callback) is None
    ]
