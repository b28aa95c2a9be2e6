"""Pages of organisational life: record a gathering, look at it, correct it, join it; a branch's history and its year."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lianxin.accounts.proof import safe_next
from lianxin.gatherings import actions, queries
from lianxin.gatherings.forms import CorrectGatheringForm, GatheringForm, JoinForm
from lianxin.ledger.submissions import ReasonForm, actor_of, respond
from lianxin.organizations.gate import requires, unit_of

CORRECTORS = "entry.correct|gathering.record"


@requires("record.view")
def gatherings(request: HttpRequest) -> HttpResponse:
    """What is owed, where the reader records it; then the whole history."""
    return render(request, "gatherings/gatherings.html", {"list": queries.gathering_list(request.user, request.GET)})


@requires("standing.view", unit="code")
def unit_gatherings(request: HttpRequest, code: str) -> HttpResponse:
    """A unit's year: kinds by months."""
    year = queries.calendar_of(request.user, unit_of(request), request.GET)
    return render(request, "gatherings/calendar.html", {"calendar": year})


@requires(GET="gathering.record", POST="gathering.record")
def new_gathering(request: HttpRequest) -> HttpResponse:
    form = GatheringForm(request.POST or None, user=request.user, asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.record_gathering(actor=actor_of(request), **form.said).entry,
        page="gatherings/new_gathering.html",
        context={},
        back=safe_next(request, reverse("gatherings")),
        correct=lambda entry: reverse("correct_gathering", args=[queries.number_in(entry)]),
        facts=lambda entry: queries.gathering_facts(request.user, entry),
    )


@requires("record.view")
def gathering(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.gathering_page(request.user, pk)
    link = reverse("join_gathering", args=[pk, page.join_signature]) if page.join_signature else ""
    return render(request, "gatherings/gathering.html", {"page": page, "link": request.build_absolute_uri(link) if link else ""})


@requires(GET=CORRECTORS, POST=CORRECTORS)
def correct_gathering(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.gathering_to_correct(request.user, pk)
    form = CorrectGatheringForm(request.POST or None, page=page)
    return respond(
        request,
        form,
        lambda: actions.correct_gathering(actor=actor_of(request), gathering=page.gathering, **form.said).entry,
        page="gatherings/correct_gathering.html",
        context={"page": page},
        back=safe_next(request, reverse("gathering", args=[pk])),
        correct=lambda entry: reverse("correct_gathering", args=[pk]),
        facts=lambda entry: queries.gathering_facts(request.user, entry),
    )


@requires(GET=CORRECTORS, POST=CORRECTORS)
def void_gathering(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.gathering_to_correct(request.user, pk)
    form = ReasonForm(request.POST or None)
    return respond(
        request,
        form,
        lambda: actions.void_gathering(actor=actor_of(request), gathering=page.gathering, **form.said),
        page="gatherings/void_gathering.html",
        context={"page": page},
        back=safe_next(request, reverse("gathering", args=[pk])),
    )


@requires(GET="gathering.record", POST="gathering.record")
def join_gathering(request: HttpRequest, pk: int, signature: str) -> HttpResponse:
    """A partner's secretary confirms, by the host's link, that their unit took part."""
    invitation = queries.invitation_for(request.user, pk, signature)
    form = JoinForm(request.POST or None, units=invitation.units)
    return respond(
        request,
        form,
        lambda: actions.join_gathering(actor=actor_of(request), host=invitation.host, **form.said).entry,
        page="gatherings/join_gathering.html",
        context={"invitation": invitation},
        back=safe_next(request, reverse("gatherings")),
        correct=lambda entry: reverse("correct_gathering", args=[queries.number_in(entry)]),
        facts=lambda entry: queries.gathering_facts(request.user, entry),
    )
