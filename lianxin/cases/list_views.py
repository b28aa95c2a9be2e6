"""Beside the list of cases: taking it out as a workbook, keeping the choices that made it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from lianxin.accounts.proof import recent_sign_in
from lianxin.cases.queries import taken_out
from lianxin.cases.saved_filters import drop, keep
from lianxin.ledger.submissions import actor_of
from lianxin.organizations.export_pages import answer
from lianxin.organizations.gate import requires


@requires(GET="export", POST="export")
@recent_sign_in
@never_cache
def export_cases(request: HttpRequest) -> HttpResponse:
    """The cases a list shows, every page of it. Never a phone."""
    return answer(request, taken_out.list_to_take_out(request.user, request.GET, rows=request.method == "POST"))


@requires(POST="case.view")
def keep_filter(request: HttpRequest) -> HttpResponse:
    """Keep the choices of the list under a name; under the same name they are replaced."""
    try:
        kept = keep(actor=actor_of(request), name=request.POST.get("name", ""), query=request.POST.get("query", ""))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("cases")
    return redirect(f"/cases/?{kept.query}")


@requires(POST="case.view")
def drop_filter(request: HttpRequest, pk: int) -> HttpResponse:
    drop(actor=actor_of(request), pk=pk)
    return redirect("cases")
