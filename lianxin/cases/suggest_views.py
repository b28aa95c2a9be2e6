"""While somebody records a problem: which matter it probably is. They choose."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from lianxin.cases.suggest import suggest_items
from lianxin.organizations.gate import requires

LONGEST = 2_000


@requires(POST="case.record")
@never_cache
def suggested(request: HttpRequest) -> HttpResponse:
    """Items of the catalogue, with the words that speak for them. By POST: what residents say stands in no address."""
    found = suggest_items(request.POST.get("text", "")[:LONGEST])
    return render(request, "cases/suggested.html", {"found": found})
