"""Figures about residents' problems: claimed, joint work, services, solved, open, late. Each opens to what it counts.

Claims and services are counted from entries, where the unit that did the work stands; open cases from where they lie. A case that
complains about a unit stands at the county, so that nobody of that unit learns of it from a figure.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.cases.models import OPEN_STATES, Case, CaseClock, CaseStep, ClockName, Mode, State
from lianxin.cases.queries.reach import in_sight
from lianxin.ledger import clock
from lianxin.ledger.figures import Asked, Column, Figure, declare
from lianxin.ledger.kinds import declared as kinds
from lianxin.ledger.models import Entry, seen
from lianxin.organizations.access import CASE_VIEW
from lianxin.organizations.models import Designation, DesignationKind, Unit

CLAIMED = ("cases.claimed", "cases.designated")
SERVED = ("cases.answered", "cases.part_done", "cases.handled")
ANSWERED_NO = ("cases.not_solved", "cases.reopened")
JUST_NOW = timedelta(minutes=1)


def entries(asked: Asked, *names: str) -> QuerySet[Entry]:
    """Entries of these kinds up to the day, as known then."""
    found = Entry.objects.known_at(asked.known_at).happened_by(asked.day)
    return found.filter(asked.within("unit__"), kind__in=names).select_related("unit").order_by("-happened_on", "-pk")


def first_of_each(asked: Asked, counted: Q, *names: str) -> QuerySet[Entry]:
    """Of each case the first of these entries."""
    earlier = Entry.objects.filter(counted, subject=OuterRef("subject"), kind__in=names, pk__lt=OuterRef("pk"))
    return entries(asked, *names).filter(counted, ~Exists(earlier))


def claimed(asked: Asked) -> QuerySet[Any]:
    return first_of_each(asked, Q(), *CLAIMED).annotate(mode=KeyTextTransform("mode", "data"))


def joint(asked: Asked) -> QuerySet[Any]:
    together = Q(kind="cases.part_asked") | Q(kind="cases.claimed", data__mode=Mode.GROUP.value)
    return first_of_each(asked, together, "cases.part_asked", "cases.claimed")


def served(asked: Asked) -> QuerySet[Any]:
    return entries(asked, *SERVED)


def solved(asked: Asked) -> QuerySet[Any]:
    """Of each case the last yes, unless a resident said no after it."""
    later = Entry.objects.known_at(asked.known_at).happened_by(asked.day)
    later = later.filter(subject=OuterRef("subject"), kind__in=("cases.solved", *ANSWERED_NO), pk__gt=OuterRef("pk"))
    return entries(asked, "cases.solved").filter(~Exists(later))


def solved_this_year(asked: Asked) -> QuerySet[Any]:
    return solved(asked).filter(happened_on__gte=asked.day.replace(month=1, day=1))


def practical(asked: Asked) -> QuerySet[Unit]:
    """Contact points at which a solved case was entered in the year of the day."""
    counted = Entry.objects.known_at(asked.known_at).happened_by(asked.day)
    counted = counted.filter(kind="cases.solved", happened_on__gte=asked.day.replace(month=1, day=1), unit=OuterRef("pk"))
    point = Designation.objects.on(asked.day).known_at(asked.known_at)
    point = point.filter(designation=DesignationKind.CONTACT_POINT, unit=OuterRef("pk"))
    return Unit.objects.filter(asked.within(), Exists(point), Exists(counted)).order_by("path")


def standing(asked: Asked) -> QuerySet[Any]:
    """Cases that were open at the end of the day."""
    return stood_in(asked, OPEN_STATES)


def awaited(asked: Asked) -> QuerySet[Any]:
    """Cases that were handled and waited for the residents' answer at the end of the day."""
    return stood_in(asked, (State.HANDLED,))


def stood_in(asked: Asked, states: Sequence[State]) -> QuerySet[Any]:
    """Cases that were in one of these states at the end of the day."""
    until = moment(asked)
    near = (Q(about=None) & asked.within("place__")) | (~Q(about=None) & asked.within("county__"))
    found = Case.objects.filter(near, in_sight(), reported_at__lte=until).select_related("place", "lead", "item")
    found = found.order_by("reported_at", "pk")
    if asked.day >= clock.today() and asked.known_at >= clock.now() - JUST_NOW:
        return found.filter(state__in=states).annotate(stood=F("state"))
    steps = CaseStep.objects.filter(seen("entry__"), case=OuterRef("pk"), entry__recorded_at__lte=until).order_by("-pk")
    return found.annotate(stood=Subquery(steps.values("state")[:1])).filter(stood__in=states)


def late(asked: Asked) -> QuerySet[Any]:
    """Clocks that had run out by the end of the day and had not stopped."""
    until = moment(asked)
    near = (Q(case__about=None) & asked.within("case__place__")) | (~Q(case__about=None) & asked.within("case__county__"))
    running = Q(stopped_at=None) | Q(stopped_at__gt=until)
    found = CaseClock.objects.filter(near, in_sight("case__"), running, due_at__lt=until, paused_at=None)
    found = found.exclude(name=ClockName.VERDICT)
    return found.select_related("case__place", "unit").order_by("due_at", "pk")


def moment(asked: Asked) -> datetime:
    """The end of the day, or now."""
    return min(clock.end_of(asked.day), asked.known_at)


def words_of(entry: Any) -> object:
    kind = kinds().get(entry.kind)
    return kind.label if kind else entry.kind


def case_page(case: Any) -> str:
    return reverse("case", args=[case.pk])


ENTRY = (
    Column(_("What happened"), words_of, lambda entry: reverse("entry", args=[entry.pk])),
    Column(_("Unit"), lambda entry: entry.unit.name, lambda entry: reverse("unit", args=[entry.unit.code])),
    Column(_("Day"), lambda entry: entry.happened_on),
)
CASE = (
    Column(_("Case"), lambda case: str(case.item) if case.item else f"{case.pk}", case_page),
    Column(_("Place"), lambda case: case.place.name),
    Column(_("Lead"), lambda case: case.lead.name if case.lead else ""),
    Column(_("Reported"), lambda case: case.reported_on),
)
POINT = (
    Column(_("Contact point"), lambda unit: unit.name, lambda unit: reverse("unit", args=[unit.code])),
    Column(_("Why"), lambda unit: _("what “131” asks"), lambda unit: reverse("standing", args=[unit.code, "contact-131"])),
)
CLOCK = (
    Column(_("Case"), lambda one: f"{one.case_id}", lambda one: case_page(one.case)),
    Column(_("Clock"), lambda one: one.get_name_display()),
    Column(_("Whose time"), lambda one: one.unit.name if one.unit else ""),
    Column(_("Ran out"), lambda one: clock.local_date(one.due_at)),
)

ON_BOARD = _("Residents' problems")

declare(
    Figure(
        "cases.claimed",
        _("residents' problems claimed"),
        _("Every case once, when somebody took it up first: by choice, as a group, or designated by those above."),
        claimed,
        ENTRY,
        CASE_VIEW,
        by="mode",
        parts=[
            (Mode.CHOICE.value, Mode.CHOICE.label),
            (Mode.GROUP.value, Mode.GROUP.label),
            (Mode.DESIGNATION.value, pgettext_lazy("case", "designated")),
        ],
    ),
    Figure(
        "cases.joint",
        _("problems worked on jointly"),
        _("Every case once for which several units claimed as a group, or the lead asked another unit for assistance."),
        joint,
        ENTRY,
        CASE_VIEW,
    ),
    Figure(
        "cases.served",
        _("person-times served"),
        _("Each first answer, assistance given and case handled counts once for every resident who had the problem then."),
        served,
        (*ENTRY, Column(_("Residents"), lambda entry: entry.quantity)),
        CASE_VIEW,
        by="kind",
        parts=[
            ("cases.answered", _("answered")),
            ("cases.part_done", _("assisted")),
            ("cases.handled", pgettext_lazy("case", "handled")),
        ],
        sum="quantity",
    ),
    Figure(
        "cases.solved",
        _("problems solved, the residents say"),
        _("Every case whose residents answered yes, unless one of them said no after that. Silence never counts."),
        solved,
        ENTRY,
        CASE_VIEW,
    ),
    Figure(
        "cases.open",
        _("problems open"),
        _("Cases on which somebody still has work to do, by the place where they are, as they stood at the end of the day."),
        standing,
        CASE,
        CASE_VIEW,
        by="stood",
        parts=[(state.value, state.label) for state in State if state in OPEN_STATES],
        board=ON_BOARD,
    ),
    Figure(
        "cases.late",
        _("clocks run out"),
        _("Clocks of open cases that had run out by the end of the day and still ran; those of paused cases stand still."),
        late,
        CLOCK,
        CASE_VIEW,
        by="name",
        parts=[(name.value, name.label) for name in ClockName if name != ClockName.VERDICT],
        board=ON_BOARD,
    ),
    Figure(
        "cases.awaited",
        _("handled, waiting for the residents' answer"),
        _("Cases of which the lead says what was done, and residents had not said by the end of the day whether it is solved."),
        awaited,
        CASE,
        CASE_VIEW,
        board=ON_BOARD,
    ),
    Figure(
        "cases.solved_this_year",
        _("solved this year, the residents say"),
        _("Cases handled since the first of January whose residents answered yes, unless one of them said no after that."),
        solved_this_year,
        ENTRY,
        CASE_VIEW,
        board=ON_BOARD,
    ),
    Figure(
        "cases.practical",
        _("contact points for which a solved case counted this year"),
        _("Contact points at which a case handled this year is entered as solved: “131” counts it as the practical problem."),
        practical,
        POINT,
        CASE_VIEW,
    ),
)
