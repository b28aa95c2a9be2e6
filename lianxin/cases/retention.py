"""How long what residents said is kept: data/retention.yaml, and which cases it makes due. What is done: actions/erasure.py."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q

from lianxin.cases.data_files import FOLDER, Told, read
from lianxin.cases.models import Case, CaseQuerySet, CaseStep, Hold, Photo, Reporter
from lianxin.cases.photos import photos_of
from lianxin.cases.queries.reach import in_sight
from lianxin.ledger import clock

FILE = "retention.yaml"
RULES = ("phones", "photos", "words")
BY_ITSELF = ("networks", "sendings")
LONGEST = 3650


@dataclass(frozen=True)
class Retention:
    """The file, checked."""

    version: str
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


@cache
def retention() -> Retention:
    """What is in force."""
    return read_retention((FOLDER / FILE).read_text(encoding="utf-8"))


def read_retention(text: str, file: str = FILE) -> Retention:
    """The rules in the text of a file. Raises DataError."""
    told = read(text, file).fields("version", "rules", "by_itself", optional=("items",))
    items = dict(told["items"].entries()) if "items" in told else {}
    return Retention(
        version=told["version"].text(20),
        rules={name: _days(each) for name, each in told["rules"].fields(*RULES).items()},
        by_itself={name: _days(each) for name, each in told["by_itself"].fields(*BY_ITSELF).items()},
        items={key: {name: _days(each) for name, each in one.fields(optional=RULES).items()} for key, one in items.items()},
    )


def _days(told: Told) -> timedelta:
    days = told.fields("days")["days"]
    if days.number() > LONGEST:
        raise days.wrong(f"1 … {LONGEST}")
    return timedelta(days=days.number())


# --- what is due -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """Rows of a case that one rule says are to be erased now."""

    case: Case
    rule: str
    rows: dict[str, Any]


def due_now() -> Iterator[Due]:
    """Everything whose time is over, of cases that are not on hold."""
    in_force, now = retention(), clock.now()
    for rule in RULES:
        soonest = min([in_force.rules[rule], *(said[rule] for said in in_force.items.values() if rule in said)])
        for case in holding(rule).filter(ended_at__lte=now - soonest).select_related("item", "county", "place").order_by("pk"):
            ended = case.ended_at
            if ended is not None and ended <= now - in_force.kept_for(rule, case.item.key if case.item else ""):
                yield Due(case, rule, rows_of(case, rule))


def holding(rule: str) -> CaseQuerySet:
    """Cases not on hold that still keep what the rule is about."""
    held = Hold.objects.filter(case=OuterRef("pk"), lifted=None)
    kept = {
        "phones": Exists(Reporter.objects.filter(case=OuterRef("pk")).exclude(phone=None)),
        "photos": Exists(Photo.objects.filter(case=OuterRef("pk"), erased_at=None)),
        "words": Exists(CaseStep.objects.filter(case=OuterRef("pk")).exclude(sealed=None)) | Q(spot__isnull=False),
    }
    return Case.objects.filter(in_sight(), ~Exists(held), kept[rule])


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
