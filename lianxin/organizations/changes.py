"""The pages by which the tree and its people are changed: a small form, what will follow, a confirmation; saved once."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from lianxin.accounts.proof import recent_sign_in
from lianxin.ledger.actions import sent_before
from lianxin.ledger.submissions import (
    KEY,
    NOT_SAID,
    actor_of,
    new_key,
    reason_of,
    record_once,
    saved_words,
    typed_into,
    would_be_saved,
)
from lianxin.organizations.act_forms import ActForm
from lianxin.organizations.gate import requires, unit_of
from lianxin.organizations.words import lines

SURE, EDIT = "sure", "edit"
"""In the address of the second page's buttons: go ahead; change what was typed. What is sent stays the same each time."""


def change(kind: type[ActForm]) -> Callable[..., HttpResponseBase]:
    """The page of one act: GET its form, POST what will follow, POST again (`sure`) to save."""

    @never_cache
    def page(request: HttpRequest, code: str) -> HttpResponse:
        form = kind(request.POST or None, user=actor_of(request), unit=unit_of(request), initial=request.GET.dict())
        if request.method == "GET" or EDIT in request.GET:
            return show(request, form)
        if SURE in request.GET or _sent_before(form):
            return save(request, form)
        told = rehearse(form)
        return show(request, form) if told is None else ask(request, form, told)

    proved = recent_sign_in(page) if kind.proof else page
    return requires(GET=kind.permission, POST=kind.permission, unit="code")(proved)


def show(request: HttpRequest, form: ActForm) -> HttpResponse:
    """The form, with what is wrong with it."""
    failed = form.is_bound and EDIT not in request.GET and bool(form.errors)
    return render(request, "organizations/change.html", {"form": form, "unit": form.unit}, status=422 if failed else 200)


def rehearse(form: ActForm) -> list[str] | None:
    """What will follow; None where it cannot be done, which the form then says. Tried for real, and taken back."""
    if not form.is_valid():
        return None
    told = form.consequences()
    try:
        with transaction.atomic():
            form.act()
            transaction.set_rollback(True)
    except ValidationError as refused:
        form.refuse(refused)
        return None
    return told


def ask(request: HttpRequest, form: ActForm, told: list[str]) -> HttpResponse:
    """What will follow, and whether to go ahead."""
    page = {"form": form, "unit": form.unit, "told": told, "sent": _sent(request)}
    return render(request, "organizations/change_confirm.html", page)


def save(request: HttpRequest, form: ActForm) -> HttpResponse:
    """Save once. Sent again unchanged, it answers the same; changed, it shows what stands and asks what was meant."""
    outcome = record_once(request, form, form.act)
    if outcome.entry is None:
        return show(request, form)
    if outcome.changed:
        line = lines(request.user, [outcome.entry], outcome.entry.unit)[0]
        again = [("submission", new_key()), *((name, value) for name, value in _sent(request) if name not in NOT_SAID)]
        page = {"unit": form.unit, "line": line, "sent": again, "stands": reason_of(outcome.entry), "typed": typed_into(form)}
        page["another"] = would_be_saved(form, form.act)
        return render(request, "organizations/change_saved_before.html", page, status=409)
    messages.success(request, saved_words(outcome.entry))
    return redirect(reverse("unit", args=[outcome.entry.unit.code]))


def _sent_before(form: ActForm) -> bool:
    """Whether this very form was saved already: then nothing is rehearsed, what stands is shown."""
    key = f"{form.user.pk}.{form.cleaned_data[KEY]}" if form.is_valid() else ""
    return bool(key) and sent_before(actor=form.user, key=key, body={}).entry is not None


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, to be sent on."""
    pairs = [(name, str(value)) for name, values in request.POST.lists() for value in values]
    return [pair for pair in pairs if pair[0] != "csrfmiddlewaretoken"]
