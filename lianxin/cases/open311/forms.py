"""A request that is filed: the fields of the standard, each known, each once, each bounded."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from lianxin.cases.actions.intake import Report
from lianxin.cases.actions.moving import TOLD
from lianxin.cases.models import ApiKey, Item, Source
from lianxin.cases.open311 import queries
from lianxin.cases.open311.answers import Refused
from lianxin.cases.open311.reading import Fields
from lianxin.cases.public_forms import PlainField, WordsOfResidents
from lianxin.cases.queries.places import place_by
from lianxin.ledger import clock
from lianxin.ledger.actions import body_hash
from lianxin.organizations.models import Unit
from lianxin.organizations.people import clean_phone

NOT_KEPT = ("email", "device_id", "account_id", "first_name", "last_name")
"""Fields of the standard that name people: read past, and kept nowhere."""
PLACE = "attribute[place]"
ADDRESS = re.compile(r"https?://[^\s<>\"]{3,300}")
CALM, MOST = 60, 600
"""Requests of one key in a minute: beyond the first they wait to be looked at; beyond the second they are to come again later."""


class Degrees(forms.DecimalField):
    """Degrees of WGS84."""

    def __init__(self, most: int) -> None:
        wrong = gettext_lazy("Expected degrees of WGS84 from -%(most)s to %(most)s, with a point.") % {"most": most}
        super().__init__(required=False, min_value=-most, max_value=most, error_messages={"invalid": wrong})
        for validator in self.validators:
            if hasattr(validator, "limit_value"):
                validator.message = wrong  # type: ignore[attr-defined]


class FilingForm(forms.Form):
    """One request."""

    service_code = PlainField(max_length=40, error_messages={"required": gettext_lazy("Say which service it is for.")})
    description = WordsOfResidents(required=False)
    address_string = PlainField(max_length=200, required=False)
    address_id = PlainField(max_length=32, required=False)
    lat, long = Degrees(90), Degrees(180)
    phone = PlainField(max_length=40, required=False)
    media_url = PlainField(max_length=300, required=False)

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        return str(clean_phone(phone)) if phone.strip() else ""

    def clean_media_url(self) -> str:
        address: str = self.cleaned_data["media_url"]
        if address and not ADDRESS.fullmatch(address):
            raise ValidationError(_("Expected the address of a picture: http://… or https://…"))
        return address

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if ("lat" in said and "long" in said) and (said["lat"] is None) != (said["long"] is None):
            raise ValidationError(_("lat and long belong together: give both, or neither."))
        located = [said.get(name) for name in ("lat", "address_string", "address_id")]
        if not self.errors and all(each in (None, "") for each in located):
            raise ValidationError(_("Say where it is: lat and long, address_string, or address_id."))
        if len(said.get("description", "")) + len(said.get("media_url", "")) >= TOLD:
            raise ValidationError(_("description and media_url together are too long; shorten the description."))
        return said


def filed(fields: Fields, idempotency: str) -> tuple[ApiKey, Report]:
    """Whose key it is, and what is filed with it. Raises Refused.

    idempotency: what the sender calls this sending, if anything; the same one again is the same request. Without one, the very
    same fields under the same key on the same day are.
    """
    key = queries.key_by(fields.get("api_key", [""])[0])
    _refuse_strange(fields)
    said = {name: values[0] for name, values in fields.items() if name not in (*NOT_KEPT, "api_key")}
    county = queries.county_asked(said.get("jurisdiction_id", ""))
    if county is not None and county != key.county:
        raise Refused(403, _("This api_key is for another jurisdiction."))
    if said.get(PLACE, "").strip():
        if said.get("address_id", said[PLACE]).strip() != said[PLACE].strip():
            raise Refused(400, _("attribute[place] and address_id name two places; give one."))
        said["address_id"] = said[PLACE]
    form = FilingForm(said)
    if not form.is_valid():
        names = {"__all__": ""}
        raise Refused(400, *(f"{names.get(at, f'{at}: ')}{why}" for at, whys in form.errors.items() for why in whys))
    told = form.cleaned_data
    item, place = queries.service(told["service_code"]), _place(told["address_id"], key)
    sending = idempotency or body_hash({**said, "day": clock.today()})
    return key, Report(
        sending=f"open311 {key.pk} {sending} {key.digest}",
        place=place,
        text="\n".join(filter(None, (told["description"] or _title(item), told["media_url"]))),
        spot=told["address_string"],
        phone=told["phone"],
        item=item,
        source=Source.OPEN311,
        language=get_language() or "",
        lat=_rounded(told["lat"]),
        long=_rounded(told["long"]),
    )


def _refuse_strange(fields: Fields) -> None:
    """A field nobody knows would be lost without a word, and of two values one: both are said instead."""
    known = {*FilingForm.base_fields, *NOT_KEPT, "api_key", "jurisdiction_id", PLACE}
    strange = [
        _("%(field)s: this field is not known; known are %(known)s.") % {"field": name[:60], "known": ", ".join(sorted(known))}
        for name in fields
        if name not in known
    ]
    again = [name for name in fields if len(fields[name]) > 1]
    twice = [_("%(field)s: found more than once; give it once.") % {"field": name[:60]} for name in again]
    if strange or twice:
        raise Refused(400, *strange[:10], *twice[:10])


def _place(code: str, key: ApiKey) -> Unit:
    """The place named, within the key's county; the county itself where none is named."""
    if not code:
        return key.county
    place = place_by(code)
    if place is None or not place.path.startswith(key.county.path):
        raise Refused(400, _("address_id: there is no such place. The definition of a service lists the places and their codes."))
    return place


def _title(item: Item) -> str:
    return item.title


def _rounded(degrees: Decimal | None) -> Decimal | None:
    return round(degrees, 5) if degrees is not None else None


def count(key: ApiKey) -> int:
    """Which of this minute's requests of that key this one is. Raises Refused (429) beyond the most."""
    minute = f"open311 {key.pk} {clock.now():%Y%m%d%H%M}"
    number = int(cache.get(minute, 0)) + 1
    cache.set(minute, number, 120)
    if number > MOST:
        raise Refused(429, _("Too many requests in this minute. Nothing was saved; send it again in a minute."))
    return number
