"""Opening a resident's phone, with a reason."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from lianxin.accounts.proof import recent_sign_in
from lianxin.cases.actions.phones import reveal_phone
from lianxin.cases.queries.phones import phone_to_open
from lianxin.ledger.submissions import actor_of
from lianxin.organizations.gate import requires

OPENERS = "case.handle|case.dispatch|case.call_back"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("What do you need it for?"),
        max_length=500,
        help_text=_("The resident reads this under the receipt, the auditor with your name."),
    )


@requires(GET=OPENERS, POST=OPENERS)
@recent_sign_in
@never_cache
def open_phone(request: HttpRequest, pk: int, reporter: int) -> HttpResponse:
    opening = phone_to_open(request.user, pk, reporter)
    form, number = ReasonForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            number = reveal_phone(actor=actor_of(request), reporter=opening.reporter, reason=form.cleaned_data["reason"])
        except ValidationError as refused:
            form.add_error("reason", refused)
    page = {"opening": opening, "form": form, "number": number}
    return render(request, "cases/reveal_phone.html", page, status=422 if form.errors else 200)
