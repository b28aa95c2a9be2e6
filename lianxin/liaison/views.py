"""Pages of the contact points: record a visit or a problem, look at it, correct it; my points."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lianxin.accounts.proof import safe_next
from lianxin.ledger.submissions import ReasonForm, actor_of, respond
from lianxin.liaison import actions, queries
from lianxin.liaison.forms import CorrectVisitForm, MoveForm, ProblemForm, VisitForm
from lianxin.organizations.gate import requires

RECORDERS = "visit.record|visit.receive|inspection.record"
CORRECTORS = f"entry.correct|{RECORDERS}"
MOVERS = "entry.correct|visit.record|visit.receive"


@requires("visit.record")
def my_points(request: HttpRequest) -> HttpResponse:
    """Per point what is still asked, by when, and the buttons to record it."""
    return render(request, "liaison/my_points.html", {"points": queries.my_points(request.user)})


@requires("record.view")
def visits(request: HttpRequest) -> HttpResponse:
    """Every visit the reader may see, newest first; of one unit with ?unit=."""
    return render(request, "liaison/visits.html", {"list": queries.visit_list(request.user, request.GET)})


@requires(GET=RECORDERS, POST=RECORDERS)
def new_visit(request: HttpRequest) -> HttpResponse:
    form = VisitForm(request.POST or None, user=request.user, asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.record_visit(actor=actor_of(request), **form.said).entry,
        page="liaison/new_visit.html",
        context={"points": form.points},
        back=safe_next(request, queries.lists_for(request.user)),
        correct=lambda entry: reverse("correct_visit", args=[queries.number_in(entry)]),
        facts=lambda entry: queries.visit_facts(request.user, entry),
    )


@requires("record.view")
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "liaison/visit.html", {"page": queries.visit_page(request.user, pk)})


@requires(GET=CORRECTORS, POST=CORRECTORS)
def correct_visit(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.visit_to_correct(request.user, pk)
    form = CorrectVisitForm(request.POST or None, user=request.user, page=page)
    return respond(
        request,
        form,
        lambda: actions.correct_visit(actor=actor_of(request), visit=page.visit, **form.said).entry,
        page="liaison/correct_visit.html",
        context={"page": page},
        back=safe_next(request, reverse("visit", args=[pk])),
        correct=lambda entry: reverse("correct_visit", args=[pk]),
        facts=lambda entry: queries.visit_facts(request.user, entry),
    )


@requires(GET=CORRECTORS, POST=CORRECTORS)
def void_visit(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.visit_to_correct(request.user, pk)
    form = ReasonForm(request.POST or None)
    return respond(
        request,
        form,
        lambda: actions.void_visit(actor=actor_of(request), visit=page.visit, **form.said),
        page="liaison/void_visit.html",
        context={"page": page},
        back=safe_next(request, reverse("visit", args=[pk])),
    )


@requires("record.view")
def problems(request: HttpRequest) -> HttpResponse:
    """Every problem the reader may see; by unit and state."""
    return render(request, "liaison/problems.html", {"list": queries.problem_list(request.user, request.GET)})


@requires(GET="visit.record", POST="visit.record")
def new_problem(request: HttpRequest) -> HttpResponse:
    form = ProblemForm(request.POST or None, user=request.user, asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.handle_problem(actor=actor_of(request), **form.said).entry,
        page="liaison/new_problem.html",
        context={"points": form.points},
        back=safe_next(request, reverse("my_points")),
        correct=lambda entry: reverse("move_problem", args=[queries.number_in(entry), "correct"]),
        facts=lambda entry: queries.problem_facts(request.user, entry),
    )


@requires("record.view")
def problem(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "liaison/problem.html", {"page": queries.problem_page(request.user, pk)})


@requires(GET=MOVERS, POST=MOVERS)
def move_problem(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """Confirm, reject, handle again, correct, reopen, take back: whatever the workflow allows this person now."""
    page = queries.problem_to_move(request.user, pk, move)
    form = MoveForm(request.POST or None, name=move, page=page)
    return respond(
        request,
        form,
        lambda: actions.ACTIONS[move](actor=actor_of(request), problem=page.problem, **form.said).entry,
        page="liaison/move_problem.html",
        context={"page": page, "move": move},
        back=safe_next(request, reverse("problem", args=[pk])),
        facts=lambda entry: queries.problem_facts(request.user, entry),
    )
