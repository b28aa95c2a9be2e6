"""Pages about accounts: the administrator's list, links to print, and the page behind a link."""

from typing import cast

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lianxin.accounts import actions as accounts
from lianxin.accounts.forms import AcceptForm
from lianxin.accounts.gate import public
from lianxin.accounts.proof import recent_sign_in
from lianxin.accounts.queries import invitation_behind
from lianxin.organizations import invitations
from lianxin.organizations.access import ACCOUNTS_MANAGE
from lianxin.organizations.gate import requires

STATES = [
    ("none", gettext_lazy("no account")),
    ("invited", gettext_lazy("invited")),
    ("open", gettext_lazy("in use")),
    ("closed", gettext_lazy("out of use")),
]


@requires(ACCOUNTS_MANAGE)
def accounts_list(request: HttpRequest) -> HttpResponse:
    search, state = request.GET.get("q", "")[:60].strip(), request.GET.get("state", "")
    people = Paginator(invitations.people_to_administer(request.user, search, state), 50).get_page(request.GET.get("page"))
    lines = invitations.accounts_of(request.user, list(people))
    page = {"people": people, "accounts": lines, "q": search, "state": state, "states": STATES}
    return render(request, "organizations/accounts.html", page)


@requires(POST=ACCOUNTS_MANAGE)
@recent_sign_in
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Links exist nowhere but on this answer: print it or hand it over."""
    people = invitations.people_by_code(request.user, request.POST.getlist("person")[:200])
    if not people:
        messages.error(request, _("Tick the people who are to get a link."))
        return redirect("accounts")
    try:
        links = invitations.invite_people(actor=request.user, people=people)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("accounts")
    reached = settings.ADDRESS or f"{request.scheme}://{request.get_host()}"  # who prints them may sit at the server itself
    sheets = [(link, reached + link.path) for link in links]
    return render(request, "organizations/invitation_sheets.html", {"sheets": sheets})


@requires(POST=ACCOUNTS_MANAGE)
@recent_sign_in
def close_account(request: HttpRequest) -> HttpResponse:
    """Close an account, or withdraw an unused link."""
    [person] = invitations.people_by_code(request.user, [request.POST.get("person", "")])
    try:
        if request.POST.get("only") == "link":
            invitations.revoke_invitation(actor=request.user, person=person)
        else:
            invitations.deactivate_account(actor=request.user, person=person)
        messages.success(request, _("Done. %(name)s cannot sign in with it any more.") % {"name": person.name})
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("accounts")


@public("GET", "POST")
@sensitive_post_parameters("password", "again")
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A dead link and one that never was look alike."""
    found = invitation_behind(token)
    initial = {"username": found.user.username}
    form = AcceptForm(request.POST or None, user=found.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = {name: cast(str, form.cleaned_data[name]) for name in ("username", "password")}
            user = accounts.accept_invitation(invitation=found, **chosen)
            return perform_login(request, Login(user=user, redirect_url="/desk/"))
        except ValidationError as refused:
            form.add_error("username" if refused.code == "name_taken" else None, refused)
    page = {"form": form, "person": invitations.person_behind(found), "unit": found.entry.unit}
    return render(request, "organizations/invitation.html", page, status=422 if form.errors else 200)
