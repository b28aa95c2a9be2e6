"""The county office: figures of residents' problems, hot topics, and call-backs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianxin.cases.office_forms import CallForm
from lianxin.cases.queries import calls, heat, office
from lianxin.cases.queries import exclusions as left_out
from lianxin.ledger.submissions import actor_of, respond
from lianxin.organizations.gate import requires


@requires("case.dispatch")
def case_figures(request: HttpRequest) -> HttpResponse:
    """How residents' problems stand: what came in, what lies, what is late, what the residents say."""
    return render(request, "cases/office/figures.html", {"office": office.office_of(request.user, request.GET)})


@requires("case.dispatch")
def topics(request: HttpRequest) -> HttpResponse:
    """What several people report at once: one matter a line, each opening to its cases."""
    return render(request, "cases/office/topics.html", {"topics": heat.topics_of(request.user, request.GET)})


@requires("case.dispatch")
def exclusions(request: HttpRequest) -> HttpResponse:
    """What the adjusted figures leave out: who asked, who decided, when and why."""
    return render(request, "cases/office/exclusions.html", {"list": left_out.exclusion_list(request.user, request.GET)})


@requires("case.call_back")
def call_backs(request: HttpRequest) -> HttpResponse:
    """Whom to call back, the oldest first."""
    return render(request, "cases/office/calls.html", {"calls": calls.waiting_calls(request.user)})


@requires(GET="case.call_back", POST="case.call_back")
def call_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what a resident said on the phone."""
    if request.method == "GET" and calls.was_made(request.user, pk):
        messages.info(request, _("This call-back was made already, or the case is being worked on again."))
        return redirect("call_backs")
    call = calls.call_for(request.user, pk, made=request.method == "POST")
    back = reverse("call_backs")
    form = CallForm(request.POST or None, call=call)
    return respond(
        request,
        form,
        lambda: form.make(actor_of(request)),
        page="cases/office/call.html",
        context={"call": call},
        back=back,
        facts=calls.saved_facts,
    )
