"""The gate: nobody gets anywhere without signing in, unless the view says it is public."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def public(view: View) -> View:
    """Mark a view that needs no sign-in. Only what product.md lists for “nobody signed in”."""
    view.public = True  # type: ignore[attr-defined]
    return view


class GateMiddleware:
    """Default-deny: a view without `@public` sends strangers to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if getattr(view, "public", False) or request.user.is_authenticated:
            return None
        return redirect_to_login(request.get_full_path())
