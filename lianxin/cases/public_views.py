"""Pages of residents: report a problem, look a receipt up, answer whether it is solved. Nobody signs in here.

These forms need no cookie. Their authority is what they carry (a receipt, or nothing at all), never who the browser is, so
Django's secret of forms would protect nobody, and would shut out whoever's phone keeps no cookies; what another site makes a
browser send is still refused. A receipt stands in no address: after a form it travels in a signed cookie of half an hour; where
none is kept, the page is answered at once; and the QR code holds it behind a `#`, which browsers do not send. So whatever was
done with a receipt ends on a page that was asked for by GET: to reload it, or to go back, sends nothing again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import redirect, render
from django.urls import get_callable, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt

from lianxin.accounts.gate import public
from lianxin.accounts.networks import network_of
from lianxin.cases import actions, flood, receipts, village_codes
from lianxin.cases import public_queries as queries
from lianxin.cases.errors import CaseError
from lianxin.cases.later_pages import later
from lianxin.cases.public_forms import ACTS, CARRIED, ReceiptForm, ReportForm, new_sending
from lianxin.organizations.gate import requires, unit_of
from lianxin.ui import qr_code

COOKIE = "receipt"
SALT = "cases.receipt"
SHOWN_FOR = 30 * 60
"""Seconds a receipt once typed stays open in a browser."""

View = Callable[..., HttpResponse]


def bears_its_right(view: View) -> View:
    """For forms that need no cookie: their right is what they carry. Refuses only what another site sends."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and _from_another_site(request):
            answer: HttpResponse = get_callable(settings.CSRF_FAILURE_VIEW)(request, reason=REASON_BAD_ORIGIN)
            return answer
        try:
            return view(request, *args, **kwargs)
        except (RequestDataTooBig, TooManyFilesSent):
            return render(request, "cases/public/too_long.html", status=413)

    return wrapped


def _from_another_site(request: HttpRequest) -> bool:
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    if site in ("same-origin", "none") or (not site and not origin):
        return False
    return urlsplit(origin).netloc != request.get_host() and origin not in settings.CSRF_TRUSTED_ORIGINS


# --- report ----------------------------------------------------------------------------------------------------------


@public("GET", "POST")
@bears_its_right
@cache_control(private=True, no_cache=True)
def report(request: HttpRequest) -> HttpResponse:
    """Choose the place, say what is wrong, get a receipt."""
    if request.method == "POST":
        return _report_sent(request)
    return _ask(request, request.GET.get("place", ""), here="here" in request.GET, said={"code": request.GET.get("code", "")})


def _ask(request: HttpRequest, place: str, *, here: bool, said: dict[str, str]) -> HttpResponse:
    """The page that asks for the place, until it is narrow enough; then the one that asks what is wrong."""
    choice = queries.choose_place(place)
    if choice.unit is None or choice.unknown or (choice.beneath and not here):
        return render(request, "cases/public/place.html", {"choice": choice, "said": said}, status=404 if choice.unknown else 200)
    form = ReportForm(place=choice.unit, initial={**said, "sending": said.get("sending") or new_sending()})
    return render(request, "cases/public/report.html", {"choice": choice, "form": form})


def _report_sent(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    said = {name: sent[name] for name in CARRIED if name in sent}
    if "choose" in sent or "edit" in sent:
        return _ask(request, sent.get("choose", sent.get("place", "")), here="here" in sent or "edit" in sent, said=said)
    place = queries.place_by(sent.get("place", ""))
    if place is None:
        return _ask(request, sent.get("place", "") or "?", here=False, said=said)
    form = ReportForm(sent, request.FILES, place=place)
    looked = form.is_valid() and "join" not in sent and form.may_be_asked
    if looked and (found := _others_like(request, form)):
        flood.wait_for_similar(request)
        return render(request, "cases/public/same.html", {"found": found, "said": said, "place": place})
    if form.is_valid():
        try:
            joins = queries.case_offered(sent.get("join", ""))
            taken = flood.take_in(request, form.report, joins=joins, looked=looked)
            return _received(request, taken, form) if isinstance(taken, actions.Received) else later(request, taken, sent.dict())
        except CaseError as refused:
            form.add_error(None, refused)
    return render(request, "cases/public/report.html", {"choice": queries.lies_in(place), "form": form}, status=422)


def _others_like(request: HttpRequest, form: ReportForm) -> list[Any]:
    """Cases that may be the same. What is sent once more is like nothing but itself; and nobody tries words without end: whoever
    looks is counted, here where something is found, else with what is saved."""
    if flood.wait_for_similar(request, count=False):
        return []
    found = queries.alike(form.place, form.cleaned_data["text"])
    return [] if found and queries.was_sent(form.cleaned_data["sending"]) else found


def _received(request: HttpRequest, received: actions.Received, form: ReportForm) -> HttpResponse:
    """After the saving: the receipt. Changed since it was first sent: what stands, and what can be done with the change.

    The key of the sending, which stands on the sender's page alone, is what the receipt is made from: whoever knows it may read
    that receipt's page anyway, and with any other key a report is a new one.
    """
    if not received.changed:
        return _open(request, received.receipt, fresh=True, received=received)
    saved = queries.sent_by(received.reporter)
    note = ACTS["note"](initial={"text": form.added_to(saved)}, auto_id="note_%s") if "note" in saved.may else None
    said = {name: form.data[name] for name in CARRIED if name in form.data and name != "sending"}
    shown = {"receipt": receipts.shown(received.receipt), "compared": form.compared(saved), "note": note, "said": said}
    danger = bool(form.cleaned_data["danger"]) and not saved.danger
    return render(request, "cases/public/changed.html", {**shown, "danger": danger, "sending": new_sending()}, status=409)


@public("POST")
@bears_its_right
@never_cache
def similar(request: HttpRequest) -> HttpResponse:
    """While somebody types: cases like it nearby, unless it will join none (`Report.alone`). By POST: what residents write stands
    in no address."""
    if request.POST.get("danger") or request.POST.get("about"):
        return render(request, "cases/public/_alike.html", {"found": []})
    place, wait = queries.place_by(request.POST.get("place", "")), flood.wait_for_similar(request)
    found = queries.alike(place, request.POST.get("text", "")) if place and not wait else []
    return render(request, "cases/public/_alike.html", {"found": found}, status=429 if wait else 200)


# --- receipt ---------------------------------------------------------------------------------------------------------


@public("GET", "POST")
@bears_its_right
@never_cache
def receipt(request: HttpRequest) -> HttpResponse:
    """Type a receipt and see how things stand. The code in a QR arrives behind a `#` and is filled in by the browser."""
    form = ReceiptForm(request.POST or None)
    if request.method == "POST" and (wait := flood.wait_for_receipt(request)):
        return later(request, flood.Judged(wait=wait), request.POST.dict())
    if request.method == "POST" and form.is_valid():
        try:
            queries.reporter_by(form.cleaned_data["receipt"])
            return _open(request, form.cleaned_data["receipt"])
        except CaseError as refused:
            form.add_error("receipt", refused)
            return render(request, "cases/public/receipt.html", {"form": form}, status=404)
    return render(request, "cases/public/receipt.html", {"form": form}, status=422 if request.method == "POST" else 200)


@public
@never_cache
def story(request: HttpRequest) -> HttpResponse:
    """The case whose receipt was typed, or given, in this browser a moment ago."""
    try:
        kept = _kept(request)
        return _story(request, str(kept["receipt"]), fresh=bool(kept["fresh"]))
    except (signing.BadSignature, CaseError):
        messages.info(request, _("A receipt stays open for half an hour. Type it again, please."))
        return redirect("receipt")


def _kept(request: HttpRequest) -> dict[str, Any]:
    """What this browser's cookie says. Raises BadSignature where there is none, or it is too old."""
    kept: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=SHOWN_FOR)
    return kept


@public("GET", "POST")
@bears_its_right
@never_cache
def act(request: HttpRequest, act: str) -> HttpResponse:
    """Add a note, answer, reopen, object, withdraw: each with the receipt in hand."""
    if act not in ACTS:
        raise Http404
    if request.method == "GET":
        return _sure_to_withdraw(request) if act == "withdraw" else redirect("story")
    if wait := flood.wait_for_receipt(request):
        return later(request, flood.Judged(wait=wait), request.POST.dict())
    typed, form = request.POST.get("receipt", ""), ACTS[act](request.POST, request.FILES)
    try:
        reporter = queries.reporter_by(typed)
    except CaseError:
        return receipt(request)
    if act == "withdraw" and "sure" not in request.POST:
        said = request.POST.get("text", "")
        return _ask_withdrawal(request, typed, form) if said else _open(request, typed, to="withdraw")
    if not form.is_valid():
        if act == "withdraw":
            return _ask_withdrawal(request, typed, form)
        return _story(request, typed, form=form, act=act, status=422)
    try:
        _do(act, reporter, form.cleaned_data, network_of(request))
    except CaseError as refused:
        if not queries.did_already(reporter, act, form.cleaned_data["text"], form.cleaned_data.get("verdict", "")):
            form.add_error(None, refused)
            return _story(request, typed, form=form, act=act, status=409)
    messages.success(request, DONE[act]())
    return _open(request, typed)


def _sure_to_withdraw(request: HttpRequest) -> HttpResponse:
    """Asked once before withdrawing; whoever comes back to it afterwards reads how things stand."""
    try:
        typed = str(_kept(request)["receipt"])
        may_still = "withdraw" in queries.may_do(queries.reporter_by(typed))
    except (signing.BadSignature, CaseError):
        may_still = False
    return _ask_withdrawal(request, typed, ACTS["withdraw"]()) if may_still else redirect("story")


def _ask_withdrawal(request: HttpRequest, typed: str, form: Form) -> HttpResponse:
    return render(request, "cases/public/withdraw.html", {"form": form, "receipt": typed}, status=422 if form.errors else 200)


DONE: dict[str, Callable[[], str]] = {
    "note": lambda: _("Added. Whoever has the case reads it."),
    "verdict": lambda: _("Thank you. Your answer is on record."),
    "reopen": lambda: _("It is open again."),
    "object": lambda: _("Your objection is on record. It is looked at once more."),
    "withdraw": lambda: _("You have withdrawn. Nothing more is asked of you."),
    "erase": lambda: _("What may be erased now is gone. Below you see what is still kept, and until when."),
}


def _do(act: str, reporter: Any, said: dict[str, Any], network: str) -> None:
    if act == "erase":
        actions.ask_erasure(reporter=reporter)
        return
    if reporter.left_at is not None:
        raise CaseError("left")
    if act == "note":
        actions.add_note(reporter=reporter, text=said["text"], photos=said["photos"])
    elif act == "verdict":
        answer = {"verdict": said["verdict"], "why": said["text"], "stars": said["stars"]}
        actions.give_verdict(reporter=reporter, **answer, network=network)
    elif act == "reopen":
        actions.reopen_case(reporter=reporter, text=said["text"])
    elif act == "object":
        actions.object_to_decline(reporter=reporter, text=said["text"])
    else:
        actions.withdraw_report(reporter=reporter, why=said["text"])


@public("GET", "POST")
@bears_its_right
def close(request: HttpRequest) -> HttpResponse:
    """Forget the receipt in this browser: the phone may be somebody else's."""
    response = redirect("receipt")
    response.delete_cookie(COOKIE, path=reverse("receipt"))
    return response


def _open(
    request: HttpRequest, typed: str, *, to: str = "", fresh: bool = False, received: actions.Received | None = None
) -> HttpResponse:
    """On to the page of a receipt. A browser that keeps no cookies is answered at once; sent again, it is still saved once.

    to: an act that asks once more first. received: what was just saved, where it was.
    """
    if not request.COOKIES:
        return _ask_withdrawal(request, typed, ACTS[to]()) if to else _story(request, typed, fresh=fresh, received=received)
    response = HttpResponseRedirect(reverse("receipt_act", args=[to]) if to else reverse("story"), status=303)
    kept = signing.dumps({"receipt": receipts.read(typed), "fresh": fresh}, salt=SALT)
    path, secure = reverse("receipt"), settings.OVER_TLS
    response.set_cookie(COOKIE, kept, max_age=SHOWN_FOR, path=path, secure=secure, httponly=True, samesite="Lax")
    return response


def _story(
    request: HttpRequest,
    typed: str,
    *,
    fresh: bool = False,
    received: actions.Received | None = None,
    form: Form | None = None,
    act: str = "",
    status: int = 200,
) -> HttpResponse:
    told = queries.story_of(typed, *((received.reporter, received.step) if received else ()))
    forms = {name: form if name == act else ACTS[name](auto_id=f"{name}_%s") for name in told.may}
    shown = {"story": told, "groups": told.receipt.split("-"), "code": _code(request, told.receipt), "fresh": fresh}
    shown["unsaid"] = form.data.get("text", "") if form is not None and act not in forms else ""
    return render(request, "cases/public/story.html", {**shown, "forms": forms, "form": form, "act": act}, status=status)


def _code(request: HttpRequest, shown: str) -> SafeString:
    """The QR of a receipt. Browsers keep what stands behind the `#` to themselves; nor is the drawing kept in memory here."""
    base = settings.ADDRESS or f"{request.scheme}://{request.get_host()}"
    drawn = qr_code.svg.__wrapped__(f"{base}{reverse('receipt')}#{shown}", _("QR code of this receipt"))
    return mark_safe(drawn)  # nosec B308 B703 # drawn by us; the label is escaped there


# --- on paper --------------------------------------------------------------------------------------------------------


@requires("case.record|standing.view", unit="code")
def village_code(request: HttpRequest, code: str) -> HttpResponse:
    """A sheet to hang up: the QR code that opens the report page of this place."""
    choice = queries.place_around(unit_of(request))
    if choice.unit is None:
        raise Http404
    asked = QueryDict(mutable=True)
    asked.update({"place": choice.unit.code, "code": village_codes.sign_place(choice.unit.code)})
    base = settings.ADDRESS or f"{request.scheme}://{request.get_host()}"
    address = f"{base}{reverse('report')}"
    shown = {"unit": unit_of(request), "choice": choice, "address": address, "link": f"{address}?{asked.urlencode()}"}
    return render(request, "cases/public/village_code.html", shown)
