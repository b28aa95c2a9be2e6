"""What is due to be erased: one person proposes it; a second looks, and carries it out or declines it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lianxin.accounts.proof import recent_sign_in
from lianxin.cases.office_forms import ErasureForm, ProposalForm
from lianxin.cases.queries import erasures as queries
from lianxin.ledger.submissions import actor_of, respond
from lianxin.organizations.gate import requires


@requires("approve")
def erasures(request: HttpRequest) -> HttpResponse:
    """What waits to be erased in the reader's counties, and what is due."""
    page = {"proposals": queries.proposals_for(request.user), "counties": queries.due_today(request.user)}
    return render(request, "cases/office/erasures.html", page)


@requires(GET="approve", POST="approve", unit="code")
def propose_erasure(request: HttpRequest, code: str) -> HttpResponse:
    """Propose what is due in a county; somebody else carries it out."""
    found = queries.due_in(request.user, code)
    form = ProposalForm(request.POST or None, county=found.county)
    return respond(
        request,
        form,
        lambda: form.make(actor_of(request)),
        page="cases/office/propose.html",
        context={"found": found, "waits": [one for one in queries.proposals_for(request.user) if one.county == found.county]},
        back=reverse("erasures"),
    )


@requires(GET="approve", POST="approve", unit="code")
@recent_sign_in
def erasure(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """What one proposal would erase of a county, and why; carried out or declined, never by who proposed it."""
    proposal = queries.proposal_for(request.user, pk, code, sent=request.method == "POST")
    form = ErasureForm(request.POST or None, proposal=proposal)
    response = respond(
        request,
        form,
        lambda: form.make(actor_of(request)),
        page="cases/office/erasure.html",
        context={"proposal": proposal},
        back=reverse("erasures"),
        rehearsed=False,  # erasing writes beside the database, too; and what is decided is decided
    )
    if response.status_code == 302 and (left := queries.left_of(proposal)):
        messages.info(request, left)
    return response
