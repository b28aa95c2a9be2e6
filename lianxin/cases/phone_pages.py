"""Opening a resident's phone, with a reason."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lianxin.accounts.proof import recent_sign_in
from lianxin.cases.actions.phones import reveal_phone
from lianxin.cases.queries.phones import phone_to_open
from lianxin.ledger.submissions import actor_of
from lianxin.organizations.gate import requires
from lianxin.organizations.privacy_pages import ask_and_open

OPENERS = "case.handle|case.dispatch|case.call_back"


@requires(GET=OPENERS, POST=OPENERS)
@recent_sign_in
@never_cache
def open_phone(request: HttpRequest, pk: int, reporter: int) -> HttpResponse:
    opening = phone_to_open(request.user, pk, reporter)
    return ask_and_open(
        request,
        lambda reason: reveal_phone(actor=actor_of(request), reporter=opening.reporter, reason=reason),
        read_by=_("The resident reads this under the receipt, the auditor with your name."),
        page="cases/reveal_phone.html",
        back=reverse("case", args=[pk]),
        context={"opening": opening},
    )
