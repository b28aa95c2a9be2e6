"""Pages of the catalogue of matters, and of the working days by which its clocks run."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from lianxin.accounts.gate import signed_in
from lianxin.accounts.proof import safe_next
from lianxin.cases import actions
from lianxin.cases.catalogue_forms import DayForm
from lianxin.cases.catalogue_workbook import XLSX, write_catalogue
from lianxin.cases.queries import catalogue as matters
from lianxin.cases.queries import days
from lianxin.ledger.submissions import actor_of, respond
from lianxin.organizations.gate import requires


@signed_in
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every matter in three levels: how urgent, how it is done, who is usually responsible."""
    return render(request, "cases/catalogue.html", {"page": matters.catalogue_page(request.user, request.GET.dict())})


@requires("import.units")
def catalogue_workbook(request: HttpRequest) -> HttpResponse:
    """The catalogue as it stands, as the workbook that changes it."""
    disposition = content_disposition_header(as_attachment=True, filename=_("Catalogue of matters") + ".xlsx") or "attachment"
    content = write_catalogue(matters.items_told())
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})


@requires("standing.view")
def workdays(request: HttpRequest) -> HttpResponse:
    """The working days of a year, and the county's own."""
    return render(request, "cases/workdays.html", {"page": days.year_page(request.user, request.GET.dict())})


@requires(GET="tree.change", POST="tree.change")
def set_day(request: HttpRequest) -> HttpResponse:
    form = DayForm(request.POST or None, user=request.user, asked=request.GET.dict())
    return respond(
        request,
        form,
        lambda: actions.set_day(actor=actor_of(request), **form.said),
        page="cases/set_day.html",
        context={},
        back=safe_next(request, reverse("workdays")),
        correct=lambda entry: f"{reverse('set_day')}?day={entry.data['day']}&county={entry.unit.code}",
    )
