"""Pages for taking lists out. A room's own export is one line: `return answer(request, its_export(request.user, …))`."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from lianxin.accounts.proof import recent_sign_in
from lianxin.ledger import clock
from lianxin.ledger.moments import moment_asked
from lianxin.organizations import exports, people, queries
from lianxin.organizations.access import APPROVE, EXPORT, may
from lianxin.organizations.exports import Export
from lianxin.organizations.forms import PeopleFilter
from lianxin.organizations.gate import requires, unit_of
from lianxin.organizations.words import lines

TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}


class ExportForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What do you need it for?"),
        max_length=300,
        help_text=gettext_lazy("It stands in the file, beside your name, and in the access log."),
    )
    form = forms.ChoiceField(
        label=gettext_lazy("As"),
        choices=[("xlsx", gettext_lazy("Excel workbook")), ("csv", gettext_lazy("CSV text"))],
        initial="xlsx",
        widget=forms.RadioSelect,
    )


def answer(request: HttpRequest, export: Export) -> HttpResponse:
    """GET: ask for the reason. POST: the file; or, for more than 500 rows without consent, a request to a second person."""
    if not may(request.user, EXPORT, export.unit):
        raise Http404
    address = request.get_full_path()
    approved = exports.approved_request(request.user, export, address)
    needs_consent = len(export.rows) > exports.ALONE and approved is None
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if needs_consent:
                exports.request_export(actor=request.user, export=export, reason=reason, address=address)
                messages.success(request, _("Your request waits for a second person of the county office."))
                return redirect("export_requests")
            chosen = form.cleaned_data["form"]
            file = exports.export_list(actor=request.user, export=export, reason=reason, form=chosen, address=address)
            name = f"{export.table}-{export.unit.code}.{chosen}"
            headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
            return HttpResponse(file, content_type=TYPES[chosen], headers=headers)
        except ValidationError as refused:
            form.add_error("reason", refused)
    page = {"export": export, "form": form, "needs_consent": needs_consent, "alone": exports.ALONE}
    return render(request, "organizations/export.html", page, status=422 if form.errors else 200)


@requires(GET=EXPORT, POST=EXPORT, unit="code")
@recent_sign_in
@never_cache
def export_people(request: HttpRequest, code: str) -> HttpResponse:
    """The people a page of people shows, filters and day included; phones masked."""
    moment, unit, chosen = moment_asked(request.GET), unit_of(request), PeopleFilter(request.GET)
    found = list(queries.people_of(request.user, unit, moment, **chosen.choices()))
    export = Export(
        table="people",
        title=_("People of %(unit)s") % {"unit": unit.name},
        unit=unit,
        columns=[_("Code"), _("Name"), _("Posts"), _("Memberships"), _("Phone")],
        rows=[
            [
                role.person.code,
                role.person.name,
                "、".join(f"{post.unit.name} {post.get_title_display()}" for post in role.posts),
                "、".join(f"{held.unit.name} {held.get_kind_display()}" for held in role.memberships),
                people.masked_phone(role.person),
            ]
            for role in queries.roles_of(request.user, found, moment)
        ],
        phones=True,
    )
    return answer(request, export)


@requires(GET=EXPORT, POST=EXPORT, unit="code")
@recent_sign_in
@never_cache
def export_history(request: HttpRequest, code: str) -> HttpResponse:
    """The entries a unit's history shows, with what became of each."""
    moment, unit = moment_asked(request.GET), unit_of(request)
    entries = queries.timeline(request.user, unit, moment, kind=request.GET.get("kind", ""))
    export = Export(
        table="entries",
        title=_("History of %(name)s") % {"name": unit.name},
        unit=unit,
        columns=[_("Number"), _("Day"), _("Unit"), _("What"), _("Recorded by"), _("Recorded at"), _("Reason"), _("Corrected by")],
        rows=[
            [
                line.entry.pk,
                line.entry.happened_on,
                line.entry.unit.name,
                line.what,
                line.who,
                f"{clock.local(line.entry.recorded_at):%Y-%m-%d %H:%M}",
                line.why or line.reason,
                line.by,
            ]
            for line in lines(request.user, entries[: exports.MOST + 1], unit)
        ],
    )
    return answer(request, export)


@requires(f"{EXPORT}|{APPROVE}")
def export_requests(request: HttpRequest) -> HttpResponse:
    page = Paginator(exports.requests_for(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "organizations/export_requests.html", {"page": page})


@requires(POST=APPROVE)
@recent_sign_in
def decide_export(request: HttpRequest, pk: int) -> HttpResponse:
    asked = exports.request_for(request.user, pk)
    try:
        exports.decide_export(actor=request.user, request=asked, approve=request.POST.get("decision") == "approve")
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("export_requests")
