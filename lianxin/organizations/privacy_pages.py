"""Pages about people's data: open a phone with a reason, see what is kept about oneself, read the access log."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from lianxin.accounts.gate import signed_in
from lianxin.accounts.proof import recent_sign_in
from lianxin.ledger import clock
from lianxin.ledger.submissions import OnceForm, record_once
from lianxin.organizations import people
from lianxin.organizations.access import LOG_VIEW, REVEAL
from lianxin.organizations.gate import requires


class ReasonForm(OnceForm):
    """What a phone is opened for."""

    reason = forms.CharField(label=_("What do you need it for?"), max_length=500)

    def __init__(self, *args: Any, read_by: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = read_by

    def refuse(self, refused: ValidationError) -> None:
        self.add_error("reason", refused)


A_GLANCE = timedelta(minutes=1)
"""So long after a phone was opened the same form, sent again, still shows it: of a double tap only the second answer is seen."""


def ask_and_open(
    request: HttpRequest,
    reveal: Callable[[str], people.Opened],
    *,
    read_by: str,
    page: str,
    back: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """GET: ask what the phone is needed for. POST: open it with that reason, and show it this once.

    The same form sent again opens nothing: within a glance it shows the number once more, later it leads back and says so.
    reveal: the act, given the reason; a ValidationError of it is shown beside the reason.
    read_by: who will read the reason. page, context: the template, and what it needs beside `form` and `number`.
    back: where to go from there.
    """
    form, number = ReasonForm(request.POST or None, read_by=read_by), ""

    def open_it() -> Any:
        nonlocal number
        number, entry = reveal(form.cleaned_data["reason"])
        return entry

    if request.method == "POST":
        outcome = record_once(request, form, open_it)
        if outcome.entry is not None and not number:
            number = "" if outcome.changed else _once_more(form, outcome.entry.recorded_at, reveal)
            if not number:
                messages.info(request, gettext("The phone was shown once. To see it again, open it again and say why."))
                return redirect(back)
    return render(request, page, {**context, "form": form, "number": number}, status=422 if form.errors else 200)


def _once_more(form: ReasonForm, opened_at: datetime, reveal: Callable[[str], people.Opened]) -> str:
    """The number that was opened a moment ago, asked for like the first time and entered no second time; later: empty."""
    if clock.now() - opened_at > A_GLANCE or not form.is_valid():
        return ""
    try:
        with transaction.atomic():
            number = reveal(form.cleaned_data["reason"]).number
            transaction.set_rollback(True)
    except ValidationError:  # it was the last of the day
        return ""
    return number


@requires(GET=REVEAL, POST=REVEAL)
@recent_sign_in
@never_cache
def reveal_phone(request: HttpRequest, pk: int) -> HttpResponse:
    person = people.person_for(request.user, pk, REVEAL)
    return ask_and_open(
        request,
        lambda reason: people.reveal_phone(actor=request.user, person=person, reason=reason),
        read_by=gettext("The person concerned and the auditor will read this, with your name."),
        page="organizations/reveal_phone.html",
        back=reverse("person", args=[person.pk]),
        context={"person": person, "masked": people.masked_phone(person), "quota": people.QUOTA},
    )


@signed_in
@never_cache
def my_data(request: HttpRequest) -> HttpResponse:
    person, looks = people.looks_at(request.user)
    posts, memberships = people.held_by(person)
    page = {"person": person, "masked": people.masked_phone(person), "posts": posts, "memberships": memberships, "looks": looks}
    return render(request, "organizations/my_data.html", page)


@requires(LOG_VIEW)
@never_cache
def access_log(request: HttpRequest) -> HttpResponse:
    page = Paginator(people.access_log(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "organizations/access_log.html", {"page": page, "looks": people.looks(page)})
