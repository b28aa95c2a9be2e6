"""What anybody may read: the matters that can be filed, and how requests stand. No words, no persons, no phones, ever.

A request is told by its matter, its township, the day and the state. Words may name people, and a village and an hour would often
be enough to know who wrote. What complains about a unit is not listed at all, and what still waits to be looked at is not yet.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from lianxin.cases.actions.keys import digest_of_key
from lianxin.cases.models import FINAL_STATES, ApiKey, Case, CaseQuerySet, ClockName, Item, ItemQuerySet, Sending, State
from lianxin.cases.open311.answers import Refused
from lianxin.cases.open311.numbers import case_of, number_of
from lianxin.cases.queries.places import PLACES
from lianxin.cases.queries.reach import in_sight
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.models import LABEL_WIDTH, Unit, UnitKind

MOST_ROWS = 1_000
LONGEST_SPAN = timedelta(days=90)
COARSE = 2 * LABEL_WIDTH
"""How far down the tree an address goes: to the township."""
DECIMALS = 2
"""Of a degree: about a kilometre."""
FIRST_YEAR, LAST_YEAR = 1970, 9000
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)")
CHANGES = ("cases.catalogue_set", *(f"organizations.unit_{act}" for act in ("founded", "moved", "merged", "closed", "renamed")))


def changed_at() -> str | None:
    """When what can be filed, or where, last changed."""
    last = Entry.objects.filter(kind__in=CHANGES).order_by("-id").values_list("recorded_at", flat=True).first()
    return clock.local(last).isoformat(timespec="seconds") if last else None


def county_asked(code: str) -> Unit | None:
    """The county a `jurisdiction_id` names; None where none is named. Raises Refused (404) where there is no such."""
    if not code:
        return None
    code = code[:32].replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL cannot even be asked about such a code
    county = Unit.objects.open_on(clock.today()).filter(kind=UnitKind.COUNTY, code=code).first()
    if county is None:
        said = {"code": code}
        raise Refused(404, _("There is no jurisdiction “%(code)s”. Give the code of a county, or leave it out.") % said)
    return county


def key_by(typed: str) -> ApiKey:
    """The key of another system. Raises Refused (403) where it is missing, mistyped or revoked."""
    key = ApiKey.objects.select_related("county").filter(digest=digest_of_key(typed[:200]), revoked_at=None).first()
    if key is None:
        raise Refused(403, _("The api_key is missing, mistyped or revoked. Ask the administrator of this installation for one."))
    return key


# --- services --------------------------------------------------------------------------------------------------------


def services() -> list[dict[str, Any]]:
    """Everything that can be filed."""
    return [_service(item) for item in _items().select_related("parent__parent")]


def service(code: str) -> Item:
    """One matter by its code. Raises Refused (404)."""
    item = _items().filter(key=code[:40]).first()
    if item is None:
        raise Refused(404, _("There is no service “%(code)s”. The list of services names them all.") % {"code": code[:40]})
    return item


def definition(code: str, county: Unit | None) -> dict[str, Any]:
    """What may be told of a service beside the fields of every request: the place. Raises Refused (404)."""
    places = list(Unit.objects.open_on(clock.today()).filter(kind__in=PLACES).order_by("path"))
    names = {place.path: place.name for place in places}
    inside = [place for place in places if county is None or place.path.startswith(county.path)]
    return {
        "service_code": service(code).key,
        "attributes": [
            {
                "variable": True,
                "code": "place",
                "datatype": "singlevaluelist",
                "required": False,
                "datatype_description": _("The code of a village, community or township; address_id takes the same."),
                "order": 1,
                "description": _("Where is it?"),
                "values": [{"key": place.code, "name": _full_name(place, names)} for place in inside],
            }
        ],
    }


def _items() -> ItemQuerySet:
    return Item.objects.offered_on(clock.today()).filter(level=3)


def _service(item: Item) -> dict[str, Any]:
    above = item.parent
    group = above.parent if above is not None else None
    return {
        "service_code": item.key,
        "service_name": str(item),
        "description": f"{group} · {above} · {item}" if group else str(item),
        "metadata": True,
        "type": "realtime",
        "keywords": ", ".join(item.keywords.split()),
        "group": str(group or above or ""),
    }


def _full_name(place: Unit, names: Mapping[str, str]) -> str:
    above = names.get(place.path[:-LABEL_WIDTH], "")
    return f"{above} · {place.name}" if above else place.name


# --- requests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which requests are asked for."""

    numbers: Sequence[str] = ()
    services: Sequence[str] = ()
    states: frozenset[str] = frozenset({"open", "closed"})
    since: date = date.min
    until: date = date.max
    county: Unit | None = None
    page: int = 1
    size: int = MOST_ROWS


def wanted(asked: Mapping[str, str]) -> Wanted:
    """What the query says. Raises Refused, naming every parameter that cannot be read."""
    county = county_asked(asked.get("jurisdiction_id", ""))
    if asked.get("service_request_id", ""):
        return Wanted(numbers=_listed(asked["service_request_id"])[:MOST_ROWS], county=county)
    states = frozenset(_listed(asked.get("status", "open,closed")))
    wrong = []
    if not states <= {"open", "closed"}:
        wrong.append(_("status: expected open, closed, or both with a comma between."))
    page, size = _number(asked, "page", 1, 100_000), _number(asked, "page_size", MOST_ROWS, MOST_ROWS)
    wrong += [] if page else [_("page: expected a whole number from 1.")]
    wrong += [] if size else [_("page_size: expected a whole number from 1 to %(most)s.") % {"most": MOST_ROWS}]
    since, until = _instant(asked, "start_date", wrong), _instant(asked, "end_date", wrong)
    if wrong:
        raise Refused(400, *wrong)
    until = until or (since + LONGEST_SPAN if since else clock.now())
    since = since or until - LONGEST_SPAN
    if until < since or until - since > LONGEST_SPAN:
        raise Refused(400, _("end_date: expected an instant after start_date, at most 90 days later."))
    services_asked = _listed(asked.get("service_code", ""))
    return Wanted((), services_asked, states, clock.local_date(since), clock.local_date(until), county, page or 1, size or 1)


def requests(asked: Wanted) -> list[dict[str, Any]]:
    """How these requests stand, the newest first."""
    found = _readable()
    if asked.county is not None:
        found = found.filter(county=asked.county)
    if asked.numbers:
        found = found.filter(pk__in={pk for number in asked.numbers if (pk := case_of(number)) is not None})
    else:
        found = found.filter(reported_on__gte=asked.since, reported_on__lte=asked.until)
        if asked.services:
            found = found.filter(item__key__in=asked.services)
        if asked.states != {"open", "closed"}:
            closed = Q(state__in=FINAL_STATES)
            found = found.filter(closed if "closed" in asked.states else ~closed)
    start = (asked.page - 1) * asked.size
    return _told(found.select_related("place", "lead", "item").order_by("-reported_on", "-id")[start : start + asked.size])


def request_by(number: str) -> list[dict[str, Any]]:
    """One request. Raises Refused (404)."""
    pk = case_of(number)
    found = _told(_readable().select_related("place", "lead", "item").filter(pk=pk)) if pk is not None else []
    if not found:
        raise Refused(404, _("There is no request of this number that anybody may read."))
    return found


def token_by(token: str) -> list[dict[str, Any]]:
    """The request behind a token, once it was let in; until then its number is empty. Raises Refused (404)."""
    sending = Sending.objects.select_related("reporter__case").filter(key=token[:64], reporter__case__source="open311").first()
    if sending is None:
        raise Refused(404, _("There is no such token."))
    case = sending.reporter.case
    waits = case.state == State.QUARANTINED
    return [{"service_request_id": None if waits else number_of(case.pk), "token": sending.key}]


def _readable() -> CaseQuerySet:
    return Case.objects.filter(in_sight(), about=None).exclude(state=State.QUARANTINED)


def _told(cases: Any) -> list[dict[str, Any]]:
    rows = list(cases)
    paths = {unit.path[:COARSE] for case in rows for unit in (case.place, case.lead) if unit is not None}
    coarse = {unit.path: unit for unit in Unit.objects.filter(path__in=paths)}
    return [_request(case, coarse) for case in rows]


def _request(case: Case, coarse: Mapping[str, Unit]) -> dict[str, Any]:
    closed, place = case.state in FINAL_STATES, coarse.get(case.place.path[:COARSE], case.place)
    lead = coarse.get(case.lead.path[:COARSE], case.lead) if case.lead else None
    expected = case.due_at if case.clock == ClockName.HANDLE else None
    return {
        "service_request_id": number_of(case.pk),
        "status": "closed" if closed else "open",
        "status_notes": case.get_state_display(),
        "service_name": str(case.item) if case.item else _("not sorted yet"),
        "service_code": case.item.key if case.item else None,
        "description": None,
        "agency_responsible": lead.name if lead else None,
        "service_notice": None,
        "requested_datetime": _day(case.reported_on),
        "updated_datetime": _day(clock.local_date(case.ended_at or case.handled_at or case.reported_at)),
        "expected_datetime": _instant_of(clock.end_of(clock.local_date(expected))) if expected else None,
        "address": place.name,
        "address_id": place.code,
        "zipcode": None,
        "lat": round(float(case.lat), DECIMALS) if case.lat is not None else None,
        "long": round(float(case.long), DECIMALS) if case.long is not None else None,
        "media_url": None,
    }


def _day(day: date) -> str:
    """Its first instant, with the offset of Asia/Shanghai."""
    return _instant_of(clock.instant(day))


def _instant_of(moment: datetime) -> str:
    return clock.local(moment).isoformat("T", "seconds")


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text[:40_000].split(",") if each.strip()]


def _number(asked: Mapping[str, str], name: str, otherwise: int, most: int) -> int | None:
    text = asked.get(name, "") or str(otherwise)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return number if 1 <= number <= most else None


def _instant(asked: Mapping[str, str], name: str, wrong: list[str]) -> datetime | None:
    """An instant with its offset, as naive UTC. A plus that came unquoted is read as such."""
    text = asked.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if INSTANT.fullmatch(text) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        wrong.append(_("%(name)s: expected an instant with its offset, such as 2026-03-05T08:00:00+08:00.") % {"name": name})
        return None
    return found
