"""Pages of the schemes: why a unit stands as it does, waivers, what seems wrong; the texts and their history; a new text checked,
compared, published."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianxin.ledger.submissions import respond
from lianxin.organizations.access import unit_for
from lianxin.organizations.gate import requires, unit_of
from lianxin.schemes import actions, queries, remarks
from lianxin.schemes.forms import DoubtForm, MomentForm, RemarkForm, SchemeForm, WaiveForm
from lianxin.schemes.loader import SchemeError


@requires("standing.view", unit="code")
def standing(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Why a unit stands as it does with a scheme, clause by clause."""
    unit = unit_for(request.user, code, "standing.view")
    chosen = MomentForm(request.GET).chosen
    try:
        why = queries.explain(key, unit, **chosen)
    except (queries.NoScheme, ValueError):
        raise Http404 from None
    context = {"unit": unit, "why": why, "key": key, "as_of": chosen["as_of"], "known_as_of": chosen["known_as_of"]}
    said = remarks.remarks_for(request.user, unit, why.scheme, why.whole.period) if why else None
    return render(request, "schemes/standing.html", {**context, "said": said, "sees": queries.sees(request.user, unit)})


@requires("approve", unit="code", POST="approve")
def waive(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Release a unit from a clause, or from the whole scheme, for a period."""
    unit, scheme = unit_of(request), queries.scheme_called(key)
    form = WaiveForm(request.POST or None, scheme=scheme, asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.waive_clause(actor=_me(request), unit=unit, scheme=key, **queries.asked_of(form.cleaned_data)),
        page="schemes/waive.html",
        context={"unit": unit, "title": queries.title_of(scheme)},
        back=reverse("standing", args=[code, key]),
        correct=lambda entry: reverse("end_waiver", args=[code, key]),
    )


@requires("approve", unit="code", POST="approve")
def end_waiver(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Take a waiver back."""
    unit = unit_of(request)
    offered = remarks.waivers_of(unit, queries.scheme_called(key))
    form = RemarkForm(request.POST or None, offered=offered, label=_("Why is it taken back?"), asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.end_waiver(actor=_me(request), waiver=form.entry, reason=form.cleaned_data["words"]),
        page="schemes/end_waiver.html",
        context={"unit": unit, "offered": offered},
        back=reverse("standing", args=[code, key]),
    )


@requires("|".join(remarks.DOUBTERS), unit="code", POST="|".join(remarks.DOUBTERS))
def doubt(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """This seems wrong: say what, for the county office to read."""
    unit, scheme = unit_of(request), queries.scheme_called(key)
    form = DoubtForm(request.POST or None, scheme=scheme, asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.doubt_standing(actor=_me(request), unit=unit, scheme=key, **queries.asked_of(form.cleaned_data)),
        page="schemes/doubt.html",
        context={"unit": unit, "title": queries.title_of(scheme)},
        back=reverse("standing", args=[code, key]),
    )


@requires("approve")
def doubts(request: HttpRequest) -> HttpResponse:
    """What seems wrong to units, and what was answered."""
    return render(request, "schemes/doubts.html", {"doubts": remarks.doubts_for(request.user)})


@requires("approve", unit="code", POST="approve")
def answer_doubt(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Answer what seems wrong to a unit."""
    unit = unit_of(request)
    offered = remarks.open_doubts_of(unit, queries.scheme_called(key))
    form = RemarkForm(request.POST or None, offered=offered, label=_("Reply"), asked=request.GET)
    return respond(
        request,
        form,
        lambda: actions.answer_doubt(actor=_me(request), doubt=form.entry, words=form.cleaned_data["words"]),
        page="schemes/answer_doubt.html",
        context={"unit": unit, "offered": offered},
        back=reverse("doubts"),
    )


@requires("scheme.view")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """Schemes in force, and those on trial."""
    return render(request, "schemes/schemes.html", queries.scheme_list_for(request.user))


@requires("scheme.view")
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """A scheme's text, with the history of its versions."""
    return render(request, "schemes/scheme.html", {"page": queries.scheme_page_for(request.user, key)})


@requires("scheme.view")
def scheme_version(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """One text as it was published; of a trial, who would change verdict."""
    return render(request, "schemes/scheme_version.html", {"page": queries.version_page_for(request.user, key, version)})


@requires(POST="scheme.publish")
def end_trial(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """End a trial."""
    queries.version_page_for(request.user, key, version)
    try:
        ended = actions.end_trial(actor=_me(request), key=key, version=version, unit=queries.publishing_unit(request.user))
    except actions.SchemeRefusal as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("The trial of %s has ended.") % ended)
    return redirect("scheme_version", key, version)


@requires(GET="scheme.publish", POST="scheme.publish")
def new_scheme(request: HttpRequest) -> HttpResponse:
    """Check a text, see who would change verdict, then publish it or put it on trial."""
    form = SchemeForm(request.POST or None, request.FILES or None)
    preview = None
    if request.method == "POST" and form.is_valid() and form.scheme is not None:
        if "publish" in request.POST:
            try:
                version = actions.publish_scheme(
                    actor=_me(request),
                    text=form.cleaned_data["text"],
                    unit=queries.publishing_unit(request.user),
                )
            except SchemeError as error:
                form.add_error(None, [str(problem) for problem in error.problems])
            else:
                messages.success(request, _("Published %s.") % version)
                return redirect("scheme", version.key)
        else:
            preview = queries.preview_for(request.user, form.scheme)
    status = 422 if form.errors else 200
    return render(request, "schemes/new_scheme.html", {"form": form, "preview": preview}, status=status)


def _me(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the gate lets nobody else in
