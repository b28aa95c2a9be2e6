"""“In a moment”: the answer while the house is flooded. It keeps what was typed and sends it again."""

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lianxin.cases.flood import Judged

NOT_KEPT = ("csrfmiddlewaretoken", "ticket", "altcha")


def later(request: HttpRequest, judged: Judged, said: Mapping[str, str]) -> HttpResponse:
    """429, with everything said in the form that sends it again; its head carries the same for pages that send by themselves."""
    challenge = json.dumps(judged.challenge) if judged.challenge else ""
    kept = {name: value for name, value in said.items() if name not in NOT_KEPT}
    page = {"judged": judged, "said": kept, "action": request.path, "challenge": challenge, "photos": bool(request.FILES)}
    response = render(request, "cases/public/later.html", page, status=429)
    response["Retry-After"] = str(judged.wait)
    response["Cache-Control"] = "no-store"
    if judged.ticket:
        response["Later-Ticket"] = judged.ticket
    if challenge:
        response["Later-Challenge"] = challenge
    return response
