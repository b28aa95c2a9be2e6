"""The working pages of cases: the list, the pool, one case, each of its moves, recording one for a resident."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lianxin.accounts.proof import safe_next
from lianxin.cases import receipts
from lianxin.cases.forms import FORMS, RecordForm
from lianxin.cases.queries import lists, pages, recording
from lianxin.ledger.submissions import actor_of, ask_what_was_meant, record_once, respond, sending_address
from lianxin.organizations.gate import requires

MOVERS = "case.claim|case.handle|case.dispatch"


@requires("case.view")
def cases(request: HttpRequest) -> HttpResponse:
    """Every case the reader may see, filtered by the address."""
    return render(request, "cases/cases.html", {"list": lists.case_list(request.user, request.GET)})


@requires("case.claim")
def case_pool(request: HttpRequest) -> HttpResponse:
    """What may be claimed near the reader, the most pressing first."""
    return render(request, "cases/pool.html", {"pool": lists.pool_list(request.user)})


@requires("case.view")
def case(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "cases/case.html", {"page": pages.case_page(request.user, pk)})


@requires(GET=MOVERS, POST=MOVERS)
def move_case(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """One move of a case: whatever the workflow allows this person now."""
    page = pages.page_to_move(request.user, pk, move)
    form = FORMS[move](request.POST or None, request.FILES or None, user=request.user, page=page)
    left = move == "leave_group" and request.method == "POST"  # who left no longer reads the case
    back = reverse("cases") if left else reverse("case", args=[pk])
    return respond(
        request,
        form,
        lambda: form.make(actor_of(request)),
        page="cases/move.html",
        context={"page": page, "move": move},
        back=safe_next(request, back),
        facts=lambda entry: pages.saved_facts(request.user, entry),
    )


@requires(GET="case.record", POST="case.record")
def new_case(request: HttpRequest) -> HttpResponse:
    """Record a problem for a resident. Saved, it answers with the receipt: kept nowhere, it is the same when sent again."""
    form = RecordForm(request.POST or None, request.FILES or None, recording=recording.recording_for(request.user))
    if request.method == "POST":
        outcome = record_once(request, form, lambda: form.make(actor_of(request)).reporter.case.steps.get().entry)
        if (entry := outcome.entry) is not None and outcome.changed:
            stands = pages.saved_facts(request.user, entry)
            return ask_what_was_meant(request, entry, form, stands, another=lambda: entry, back=reverse("cases"))
        if entry is not None:
            sending = f"{actor_of(request).pk}.{request.POST['submission']}"
            told = recording.recorded(entry, receipts.receipt_for(sending), request.build_absolute_uri("/")[:-1])
            return render(request, "cases/recorded.html", {"told": told})
    back = safe_next(request, reverse("cases"))
    shown = {"form": form, "back": back, "action": sending_address(request)}
    return render(request, "cases/new.html", shown, status=422 if form.errors else 200)
