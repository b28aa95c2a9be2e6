"""Photos, each at an address of its own, apart from every page: nothing in them can run, and nobody learns which exist."""

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control

from lianxin.accounts.gate import public
from lianxin.cases import photos


@public
@cache_control(private=True, max_age=600)
def photo(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture, for whoever may read its case, or holds the pass that the page of a receipt gives."""
    path = photos.photo_for(request.user, name, request.GET.get("pass", ""))
    response = FileResponse(path.open("rb"), content_type="image/jpeg", filename="photo.jpg")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
