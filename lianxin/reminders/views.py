"""One's own reminders: the private calendar and the daily mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from lianxin.accounts.gate import public, signed_in
from lianxin.accounts.models import User
from lianxin.ledger.kept import one_look
from lianxin.reminders import actions, queries
from lianxin.reminders.calendar import calendar_of
from lianxin.reminders.forms import MailForm


@signed_in("GET", "POST")
def reminders(request: HttpRequest) -> HttpResponse:
    """See, open, renew and close the private calendar; choose the daily mail."""
    user = request.user
    assert isinstance(user, User)
    form = MailForm(request.POST if request.POST.get("do") == "mail" else None, initial={"address": user.email})
    if request.method == "POST" and not form.errors:
        match request.POST.get("do"):
            case "open":
                actions.open_feed(actor=user)
            case "revoke":
                actions.revoke_feed(actor=user)
            case "mail":
                actions.choose_mail(actor=user, wanted=True, address=form.cleaned_data["address"])
            case "no-mail":
                actions.choose_mail(actor=user, wanted=False)
        return redirect("reminders")
    token = queries.feed_of(user)
    feed = request.build_absolute_uri(reverse("calendar_feed", args=[token])) if token else ""
    context: dict[str, object] = {"feed": feed, "subscribe": feed.replace("https:", "webcal:").replace("http:", "webcal:")}
    context |= {"mail": bool(user.email) and queries.wants_mail(user), "email": user.email, "form": form}
    return render(request, "reminders/reminders.html", context, status=422 if form.errors else 200)


@public
@one_look()
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """A phone subscribes to this address; whoever knows it sees what its owner owes, and nothing else."""
    calendar = calendar_of(queries.user_behind(token), request.build_absolute_uri("/").rstrip("/"))
    response = HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
