"""What is answered, in XML or JSON, and what is refused: a list of errors with code and plain sentence, as the standard says."""

import html
import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse

JSON, XML = "json", "xml"
FORMATS = {XML: "text/xml", JSON: "application/json"}
ONE_OF = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What each row of a list is called in XML."""
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(Exception):
    """A request that cannot be answered: HTTP status and sentences, each ending with how to mend it."""

    def __init__(self, status: int, *sentences: object) -> None:
        super().__init__(*map(str, sentences))
        self.status, self.sentences = status, [str(sentence) for sentence in sentences]


def answer(name: str, body: Any, form: str, status: int = 200) -> HttpResponse:
    """The body under its name: the root element in XML; JSON has none."""
    if form == JSON:
        return JsonResponse(body, safe=False, status=status, json_dumps_params={"ensure_ascii": False})
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{element(name, body)}\n'
    return HttpResponse(text, content_type=f"{FORMATS[XML]}; charset=utf-8", status=status)


def refusal(refused: Refused, form: str) -> HttpResponse:
    """What was wrong."""
    errors = [{"code": refused.status, "description": sentence} for sentence in refused.sentences]
    response = answer("errors", errors, form, refused.status)
    if refused.status == 429:
        response["Retry-After"] = "60"
    return response


def element(name: str, value: Any) -> str:
    """One element of XML with all beneath it."""
    return f"<{name}>{_inside(name, value)}</{name}>"


def _inside(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "".join(element(key, each) for key, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(element(ONE_OF[name], each) for each in value)
    return html.escape(NOT_XML.sub("", str(value)), quote=False)
