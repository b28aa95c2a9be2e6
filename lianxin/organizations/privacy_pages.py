"""Pages about people's data: open a phone with a reason, see what is kept about oneself, read the access log."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from lianxin.accounts.gate import signed_in
from lianxin.accounts.proof import recent_sign_in
from lianxin.organizations import people
from lianxin.organizations.access import LOG_VIEW, REVEAL
from lianxin.organizations.gate import requires


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("What do you need it for?"),
        max_length=500,
        help_text=_("The person concerned and the auditor will read this, with your name."),
    )


@requires(GET=REVEAL, POST=REVEAL)
@recent_sign_in
@never_cache
def reveal_phone(request: HttpRequest, pk: int) -> HttpResponse:
    person = people.person_for(request.user, pk, REVEAL)
    form, number = ReasonForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            number = people.reveal_phone(actor=request.user, person=person, reason=form.cleaned_data["reason"])
        except ValidationError as refused:
            form.add_error("reason", refused)
    page = {"person": person, "masked": people.masked_phone(person), "form": form, "number": number, "quota": people.QUOTA}
    return render(request, "organizations/reveal_phone.html", page, status=422 if form.errors else 200)


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
