"""What other systems send: fields of a form, or the same as elements of XML. Nothing is trusted before it is bounded."""

from typing import Any
from xml.parsers import expat  # nosec B407 # a document type, the only way to entities, is refused before anything is read

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from lianxin.cases.open311.answers import Refused

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
DEEPEST = 5
WRAPPERS = {"service_requests", "service_request", "requests", "request", "attributes"}
"""Elements that only hold others."""
SINGLE = "attribute"

Fields = dict[str, list[str]]


def fields_of(request: HttpRequest) -> Fields:
    """Every field sent, with all its values. Raises Refused for what cannot be read."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            raise RequestDataTooBig
        if request.content_type in ("text/xml", "application/xml"):
            return _from_xml(request.body)
        if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            raise Refused(400, _("Send a form (application/x-www-form-urlencoded) or XML (text/xml)."))
        if request.FILES:
            raise Refused(400, _("Files cannot be sent this way. Give the address of a picture as media_url."))
        fields: Fields = {}
        for name, values in request.POST.lists():
            field = name.removesuffix("[]") if name.startswith(f"{SINGLE}[") else name
            fields.setdefault(field, []).extend(str(each) for each in values)
    except RequestDataTooBig:
        said = {"most": MOST_BYTES // 1024}
        raise Refused(413, _("What you sent is too large; at most %(most)s KB are read.") % said) from None
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError, UnicodeDecodeError):
        raise Refused(400, _("What you sent could not be read. Send UTF-8, and each field once.")) from None
    return fields


def _from_xml(body: bytes) -> Fields:
    try:
        return _Reader().read(body)
    except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding not read, or unheard of
        raise Refused(400, _("The XML is not well-formed. Send UTF-8, one root element, and close what you open.")) from None


class _Reader:
    """XML → fields. `<attribute><code>…</code><value>…</value></attribute>` is the field `attribute[code]`."""

    def __init__(self) -> None:
        self.fields: Fields = {}
        self.path: list[str] = []
        self.text: list[str] = []
        self.attribute: dict[str, list[str]] = {}

    def read(self, body: bytes) -> Fields:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text.append
        parser.Parse(body, True)
        return self.fields

    def _refuse(self, *_given: Any) -> None:
        raise Refused(400, _("The XML declares a document type or entities. Send it without."))

    def _begin(self, name: str, _attributes: dict[str, str]) -> None:
        self.path.append(name)
        self.text.clear()
        if len(self.path) > DEEPEST or sum(map(len, self.fields.values())) > MOST_FIELDS:
            raise Refused(400, _("The XML is nested too deeply or holds too many fields."))
        if name == SINGLE:
            self.attribute = {"code": [], "value": []}

    def _end(self, name: str) -> None:
        self.path.pop()
        text = "".join(self.text)
        self.text.clear()
        if name == SINGLE:
            code = "".join(self.attribute["code"]).strip()
            self.fields.setdefault(f"attribute[{code}]", []).extend(self.attribute["value"])
        elif self.path and self.path[-1] == SINGLE and name in ("code", "value", "key"):
            self.attribute["code" if name == "code" else "value"].append(text)
        elif name not in WRAPPERS:
            self.fields.setdefault(name, []).append(text)
