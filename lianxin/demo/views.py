"""A sign-in for each role, in a demonstration only."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lianxin.accounts.gate import public
from lianxin.demo.people import PASSWORD
from lianxin.demo.queries import demonstration_accounts
from lianxin.demo.sign_in import sign_in_as


@public("GET", "POST")
def roles(request: HttpRequest) -> HttpResponse:
    """Choose a role and be signed in as it. A real county has no such page: there it does not exist."""
    accounts = demonstration_accounts()
    if not accounts:
        raise Http404
    if request.method == "POST":
        chosen = next((account for account in accounts if account.username == request.POST.get("username")), None)
        if chosen is None:
            raise Http404
        sign_in_as(request, chosen.username)
        return redirect("desk")
    return render(request, "demo/roles.html", {"accounts": accounts, "password": PASSWORD})
