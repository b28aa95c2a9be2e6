"""Pages of the schemes: why a unit stands as it does; the texts and their history; a new text checked, compared, published."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lianxin.organizations.access import unit_for
from lianxin.organizations.gate import requires
from lianxin.schemes import actions, queries
from lianxin.schemes.forms import MomentForm, SchemeForm
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
    return render(request, "schemes/standing.html", {**context, "sees": queries.sees(request.user, unit)})


@requires("scheme.view")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """Schemes in force, and those on trial."""
    return render(request, "schemes/schemes.html", queries.scheme_list_for(request.user))


@requires("scheme.view")
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """A scheme's text, with the history of its versions."""
    return render(request, "schemes/scheme.html", {"page": queries.scheme_page_for(request.user, key)})


@requires(GET="scheme.publish", POST="scheme.publish")
def new_scheme(request: HttpRequest) -> HttpResponse:
    """Check a text, see who would change verdict, then publish it or put it on trial."""
    form = SchemeForm(request.POST or None, request.FILES or None)
    preview = None
    if request.method == "POST" and form.is_valid() and form.scheme is not None:
        if "publish" in request.POST:
            try:
                version = actions.publish_scheme(
                    actor=cast(AbstractBaseUser, request.user),
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
