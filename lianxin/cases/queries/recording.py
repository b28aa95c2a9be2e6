"""What is needed to record a case for a resident: for which of one's units, where, about what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lianxin.cases import receipts
from lianxin.cases.models import Case, Item
from lianxin.cases.queries.places import PLACES
from lianxin.cases.queries.reach import neighbourhoods
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.organizations.access import CASE_RECORD, AnyUser, grants_for
from lianxin.organizations.models import Unit

MOST_PLACES = 400


@dataclass(frozen=True)
class Recording:
    """What the form offers."""

    units: Sequence[Unit]
    places: Sequence[Unit]
    items: Mapping[str, Item]

    @property
    def item_choices(self) -> list[tuple[str, object]]:
        """The lowest lines of the catalogue under the headings above them."""
        return [("", "–"), *grouped(self.items)]

    def unit(self, code: str) -> Unit:
        return next(unit for unit in self.units if unit.code == code)

    def place(self, code: str) -> Unit:
        return next(unit for unit in self.places if unit.code == code)


def offered_items() -> dict[str, Item]:
    """The catalogue as it may be chosen from today, headings included, by key."""
    return {item.key: item for item in Item.objects.offered_on(clock.today()).order_by("key")}


def grouped(items: Mapping[str, Item]) -> list[tuple[str, object]]:
    """The lowest lines of the catalogue under the headings above them, as choices."""
    above = {item.pk: item for item in items.values()}
    parents = {item.parent_id for item in items.values()}
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in items.values():
        if item.pk not in parents:
            parent = above.get(item.parent_id or 0)
            groups.setdefault(str(parent) if parent else "", []).append((item.key, str(item)))
    return list(groups.items())


def recording_for(user: AnyUser) -> Recording:
    """What the user may record: for the units where they hold such a post, in the places around."""
    own = {grant.unit_id for grant in grants_for(user) if CASE_RECORD in grant.permissions}
    today = Unit.objects.open_on(clock.today())
    units = list(today.filter(pk__in=own).order_by("-path"))
    places = list(today.beneath(*neighbourhoods(user, CASE_RECORD)).filter(kind__in=PLACES).order_by("path")[:MOST_PLACES])
    return Recording(units, _nearest_first(units, places), offered_items())


def _nearest_first(units: Sequence[Unit], places: Sequence[Unit]) -> list[Unit]:
    """The place in which the first unit stands comes first: most is found at home."""
    home = units[0].path if units else ""
    return sorted(
        places, key=lambda place: (not home.startswith(place.path), -len(place.path) if home.startswith(place.path) else 0)
    )


@dataclass(frozen=True)
class Recorded:
    """What is printed for the resident."""

    case: int
    receipt: str
    """In groups of four."""
    place: str
    day: date
    by: str
    """The unit that recorded it."""
    page: str
    """Where a receipt is looked up."""
    about: str
    """The unit that never sees it; empty: none."""
    address: str
    """The same with the receipt behind a `#`, which browsers do not send: what the QR code holds."""


def recorded(entry: Entry, receipt: str, site: str) -> Recorded:
    """The receipt of a case just recorded, as it is handed over. `site`: `https://…`, without a path."""
    page = f"{site}/receipt/"
    case = Case.objects.select_related("place", "about").get(pk=int(entry.subject.rpartition(":")[2]))
    return Recorded(
        case=case.pk,
        receipt=receipts.shown(receipt),
        place=case.place.name,
        day=entry.happened_on,
        by=entry.unit.name,
        page=page,
        about=case.about.name if case.about else "",
        address=f"{page}#{receipt}",
    )
