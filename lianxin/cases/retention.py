"""How long what residents said is kept: retention.yaml, and which cases it makes due. What is done: actions/erasure.py."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q

from lianxin.cases.data_files import Told, note_of, read, rules_in_force
from lianxin.cases.models import Case, CaseStep, Hold, Item, Photo, Reporter
from lianxin.cases.photos import photos_of
from lianxin.cases.queries.reach import in_sight
from lianxin.ledger import clock
from lianxin.organizations.models import Unit

FILE = "retention.yaml"
RULES = ("phones", "photos", "words")
ASKED = "asked"
"""The rule of what goes because a resident asked for it."""
BY_ITSELF = ("networks", "sendings")
LONGEST = 3650
AT_ONCE = 500
"""So many cases are read by one question; SQLite takes 999 values."""


@dataclass(frozen=True)
class Retention:
    """The file, checked."""

    version: str
    note: str
    rules: Mapping[str, timedelta]
    by_itself: Mapping[str, timedelta]
    items: Mapping[str, Mapping[str, timedelta]]

    def kept_for(self, rule: str, item: str) -> timedelta:
        """How long after its end: as the nearest of the item's branches says, else as the rule does."""
        parts = item.split(".")
        for end in range(len(parts), 0, -1):
            said = self.items.get(".".join(parts[:end]), {})
            if rule in said:
                return said[rule]
        return self.rules[rule]


def retention() -> Retention:
    """What is in force."""
    return rules_in_force("retention", read_retention)


def read_retention(text: str, file: str = FILE) -> Retention:
    """The rules in the text of a file. Raises DataError."""
    told = read(text, file).fields("version", "rules", "by_itself", optional=("items", "note"))
    items = dict(told["items"].entries()) if "items" in told else {}
    return Retention(
        version=told["version"].text(20),
        note=note_of(told),
        rules={name: _days(each) for name, each in told["rules"].fields(*RULES).items()},
        by_itself={name: _days(each) for name, each in told["by_itself"].fields(*BY_ITSELF).items()},
        items={key: {name: _days(each) for name, each in one.fields(optional=RULES).items()} for key, one in items.items()},
    )


def _days(told: Told) -> timedelta:
    return timedelta(days=told.fields("days")["days"].number(most=LONGEST))


# --- what is due -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """Rows of a case that one rule says are to be erased now."""

    case: Case
    rule: str
    rows: dict[str, Any]


def due_now(county: Unit | None = None) -> Iterator[Due]:
    """Everything whose time is over, of cases that are not on hold; of one county. Read AT_ONCE cases at a time."""
    for rule in RULES:
        over = Case.objects.filter(in_sight(), due(rule))
        over = over.filter(county=county) if county is not None else over
        pks = list(over.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), AT_ONCE):
            cases = Case.objects.filter(pk__in=pks[start : start + AT_ONCE]).select_related("county").order_by("pk")
            rows = _rows_of_all(cases, rule)
            yield from (Due(case, rule, rows[case.pk]) for case in cases)


def due(rule: str) -> Q:
    """A condition on a case: what the rule is about is to be erased now. Figures, lists and proposals ask the same."""
    now = clock.now()
    over = [matters & Q(ended_at__lte=now - span) for span, matters in spans_of(rule)]
    return holding(rule) & reduce(or_, over)


def spans_of(rule: str) -> list[tuple[timedelta, Q]]:
    """How long the rule keeps what it is about: each span, and the cases it is for, by their matter."""
    in_force = retention()
    others: dict[timedelta, list[int]] = {}
    items = Item.objects.values_list("pk", "key") if any(rule in said for said in in_force.items.values()) else ()
    for pk, key in items:
        span = in_force.kept_for(rule, key)
        if span != in_force.rules[rule]:
            others.setdefault(span, []).append(pk)
    elsewhere = [pk for pks in others.values() for pk in pks]
    usual = Q(item=None) | ~Q(item__in=elsewhere) if elsewhere else Q()
    return [(in_force.rules[rule], usual), *((span, Q(item__in=pks)) for span, pks in sorted(others.items()))]


def holding(rule: str) -> Q:
    """A condition on a case: not on hold, and it still keeps what the rule is about."""
    held = Hold.objects.filter(case=OuterRef("pk"), lifted=None)
    kept = {
        "phones": Q(Exists(Reporter.objects.filter(case=OuterRef("pk")).exclude(phone=None))),
        "photos": Q(Exists(Photo.objects.filter(case=OuterRef("pk"), erased_at=None))),
        "words": Q(Exists(CaseStep.objects.filter(case=OuterRef("pk")).exclude(sealed=None))) | Q(spot__isnull=False),
    }
    return ~Q(Exists(held)) & kept[rule]


def _rows_of_all(cases: Iterable[Case], rule: str) -> dict[int, dict[str, Any]]:
    """Which rows of each case the rule is about; one question for all of them."""
    spots = {case.pk: {"spot": True} if rule == "words" and case.spot is not None else {} for case in cases}
    found: dict[int, dict[str, Any]] = dict(spots)
    name, rows = {
        "phones": ("reporters", Reporter.objects.exclude(phone=None)),
        "photos": ("photos", Photo.objects.filter(erased_at=None)),
        "words": ("steps", CaseStep.objects.exclude(sealed=None)),
    }[rule]
    for case, pk in rows.filter(case__in=list(found)).order_by("pk").values_list("case_id", "pk"):
        found[case].setdefault(name, []).append(pk)
    return found


def rows_of(case: Case, rule: str, reporter: Reporter | None = None) -> dict[str, Any]:
    """Which rows that is; of one resident only those that are theirs alone."""
    reporters = case.reporters.exclude(phone=None) if rule == "phones" else Reporter.objects.none()
    steps = case.steps.exclude(sealed=None) if rule == "words" else CaseStep.objects.none()
    photos = case.photos.filter(erased_at=None) if rule == "photos" else Photo.objects.none()
    spot = rule == "words" and case.spot is not None
    if reporter is not None:
        own = [step.pk for step in own_steps(reporter)]
        reporters, steps, photos = reporters.filter(pk=reporter.pk), steps.filter(pk__in=own), photos.filter(step__in=own)
        spot = spot and case.reporters.order_by("pk").values_list("pk", flat=True).first() == reporter.pk
    found = {
        "reporters": list(reporters.order_by("pk").values_list("pk", flat=True)),
        "steps": list(steps.order_by("pk").values_list("pk", flat=True)),
        "photos": list(photos.order_by("pk").values_list("pk", flat=True)),
        "spot": spot,
    }
    return {name: rows for name, rows in found.items() if rows}


def own_steps(reporter: Reporter, steps: Iterable[CaseStep] | None = None) -> list[CaseStep]:
    """What this resident said: their own steps, and the report itself. steps: those of the case, where they are at hand."""
    every = CaseStep.objects.filter(case=reporter.case_id).select_related("entry") if steps is None else steps
    return [
        step
        for step in every
        if step.reporter_id == reporter.pk
        or (step.move in ("report", "record") and step.entry.data.get("reporter") == reporter.pk)
    ]


# --- what a resident may see -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What is kept of one resident.

    what: `phones`, `words`, `photos`, `networks`. count: how many. until: when it is erased; None: so many `days` after its end.
    """

    what: str
    count: int
    until: date | None
    days: int


def kept_about(
    reporter: Reporter, steps: Iterable[CaseStep] | None = None, photos: Mapping[int, Sequence[Photo]] | None = None
) -> list[Kept]:
    """Everything kept of this resident, and until when: read under the receipt. steps: as in `own_steps`, and their photos."""
    case, in_force = reporter.case, retention()
    item = case.item.key if case.item else ""
    own = own_steps(reporter, steps)
    pictures = photos_of(own) if photos is None else photos
    counts = {
        "phones": int(reporter.phone is not None),
        "words": sum(step.sealed is not None for step in own),
        "photos": sum(len(pictures.get(step.pk, ())) for step in own),
    }
    found = []
    for rule in RULES:
        if counts[rule]:
            span = in_force.kept_for(rule, item)
            found.append(Kept(rule, counts[rule], _day(case.ended_at, span), span.days))
    if reporter.network:
        span = in_force.by_itself["networks"]
        found.append(Kept("networks", 1, _day(reporter.joined_at, span), span.days))
    return found


def _day(start: datetime | None, span: timedelta) -> date | None:
    return clock.local_date(start + span) if start else None
