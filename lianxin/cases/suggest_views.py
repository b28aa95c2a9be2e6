"""While somebody records a problem: which matter it probably is, and whether it is open nearby already. They choose."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from lianxin.cases.duplicates import similar_for
from lianxin.cases.queries.places import place_by
from lianxin.cases.suggest import suggest_items
from lianxin.organizations.gate import requires

LONGEST = 2_000


@requires(POST="case.record")
@never_cache
def suggested(request: HttpRequest) -> HttpResponse:
    """Items of the catalogue, and open cases nearby, with the words that speak for them. By POST: what residents say stands in
    no address."""
    text, place = request.POST.get("text", "")[:LONGEST], place_by(request.POST.get("place", ""))
    near = similar_for(request.user, place, text) if place else []
    return render(request, "cases/suggested.html", {"found": suggest_items(text), "near": near})
