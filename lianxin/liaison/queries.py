"""The door for reading what is known of contact points: the user first, everything within their reach, else Http404."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from lianxin.ledger import clock
from lianxin.ledger.models import Entry, seen
from lianxin.ledger.moments import Moment
from lianxin.ledger.submissions import new_key
from lianxin.liaison.actions import ENTRY_KINDS, allowed_moves, may_correct_visit, may_ever_move
from lianxin.liaison.models import Problem, ProblemQuerySet, ProblemState, ProblemStep, Visit, VisitKind, VisitVersion
from lianxin.organizations import words
from lianxin.organizations.access import (
    INSPECTION_RECORD,
    RECORD_VIEW,
    VISIT_RECEIVE,
    VISIT_RECORD,
    AnyUser,
    entry_scope,
    may,
    scope,
    unit_for,
    units_for,
)
from lianxin.organizations.models import Designation, DesignationKind, Person, Post, Title, Unit
from lianxin.organizations.names import name_shown
from lianxin.reminders.notices import Act, act_for
from lianxin.reminders.picture import picture
from lianxin.schemes.explain import here, say_missing
from lianxin.schemes.queries import StandingRow

LOOK_BACK = timedelta(days=366)
"""How long after its end a designation or a post may still be named in a late record."""
PAGE_SIZE = 50
VISIT_KINDS = {entry_kind: kind for kind, entry_kind in ENTRY_KINDS.items()}

# --- what a form offers ----------------------------------------------------------------------------------------------


def points_to_record(user: AnyUser) -> list[Unit]:
    """Contact points at which the user may record a visit, those that ceased to be one within the year included."""
    points = Designation.objects.known().filter(designation=DesignationKind.CONTACT_POINT)
    points = points.filter(Q(until=None) | Q(until__gt=clock.today() - LOOK_BACK))
    units = units_for(user, VISIT_RECORD, VISIT_RECEIVE, INSPECTION_RECORD).filter(pk__in=points.values("unit"))
    return list(units.order_by("path"))


def leaders_of(units: Iterable[Unit]) -> list[Person]:
    """Who is contact leader of one of these units, or was within the year."""
    posts = Post.objects.filter(seen(), Q(until=None) | Q(until__gt=clock.today() - LOOK_BACK))
    posts = posts.filter(unit__in=list(units), title=Title.CONTACT_LEADER)
    return list(Person.objects.filter(pk__in=posts.values("person")).order_by("initials", "pk"))


# --- visits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told(words.Told):
    """One version, as the reader may see it: who came, and in what words."""

    visitor: str = ""
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class VisitPage(words.RecordPage[Told]):
    """A visit with all its versions, newest first."""

    visit: Visit
    versions: Sequence[VisitVersion]


def visits_for(user: AnyUser) -> "QuerySet[VisitVersion]":
    """Every visit the user may read, as it stands now, newest first."""
    versions = VisitVersion.objects.standing().filter(entry_scope(user, RECORD_VIEW, prefix="entry__"))
    return versions.select_related("visit__unit", "entry", "visitor").order_by("-entry__happened_on", "-pk")


def visits_at(user: AnyUser, unit: Unit, moment: Moment) -> "QuerySet[VisitVersion]":
    """The visits to one unit that the user may read, as they were known at a moment, newest first."""
    made = Entry.objects.known_at(moment.known_at).happened_by(moment.day).filter(entry_scope(user, RECORD_VIEW))
    versions = VisitVersion.objects.filter(visit__unit=unit, entry__in=made)
    return versions.select_related("visit__unit", "entry", "visitor").order_by("-entry__happened_on", "-pk")


@dataclass(frozen=True)
class Line:
    """One line of a list of visits."""

    pk: int
    label: str
    unit: Unit
    day: date
    visitor: str
    said: str


@dataclass(frozen=True)
class VisitList:
    """Visits, page by page."""

    page: "Page[VisitVersion]"
    lines: Sequence[Line]
    unit: Unit | None
    may_record: bool


def visit_list(user: AnyUser, asked: Mapping[str, str]) -> VisitList:
    """Visits the user may read, of one unit where `unit` is asked for. Raises Http404 for a unit out of reach."""
    unit = unit_for(user, asked["unit"], RECORD_VIEW) if asked.get("unit") else None
    versions = visits_for(user).filter(visit__unit=unit) if unit else visits_for(user)
    if asked.get("kind") in ENTRY_KINDS:
        versions = versions.filter(entry__kind=ENTRY_KINDS[VisitKind(asked["kind"])])
    page = Paginator(versions, PAGE_SIZE).get_page(asked.get("page"))
    recorders = (VISIT_RECORD, VISIT_RECEIVE, INSPECTION_RECORD)
    return VisitList(page, lines(user, page), unit, any(may(user, permission, unit) for permission in recorders))


def lines(user: AnyUser, versions: Iterable[VisitVersion]) -> list[Line]:
    """Visits as lines of a list; names only for those who may see people there."""
    return [
        Line(
            version.visit_id,
            words.kind_words(version.entry.kind),
            version.visit.unit,
            version.entry.happened_on,
            name_shown(user, version.visitor, version.visit.unit),
            version.findings,
        )
        for version in versions
    ]


def visit_page(user: AnyUser, pk: int) -> VisitPage:
    """One visit, what was corrected and taken back included. Raises Http404."""
    versions = VisitVersion.objects.shown().filter(entry_scope(user, RECORD_VIEW, prefix="entry__"), visit=pk)
    found = list(versions.select_related("visit__unit", "visitor", *words.told_of("entry__")).order_by("-pk"))
    if not found:
        raise Http404
    visit = found[0].visit
    told = [
        Told(line, name_shown(user, version.visitor, visit.unit), said(version.findings))
        for line, version in zip(words.lines(user, [version.entry for version in found], visit.unit), found, strict=True)
    ]
    return VisitPage(visit.unit, told, may_correct_visit(user, visit), visit, found)


def visit_to_correct(user: AnyUser, pk: int) -> VisitPage:
    """A visit that the user may correct. Raises Http404."""
    page = visit_page(user, pk)
    if not page.may_correct:
        raise Http404
    return page


def said(*texts: str) -> tuple[str, ...]:
    """Those of these texts that say something."""
    return tuple(text for text in texts if text)


def behind(user: AnyUser, entry: Entry) -> dict[str, Any]:
    """The words behind an entry of ours, and the page of the whole record."""
    noun, _colon, number = entry.subject.removeprefix("liaison.").partition(":")
    if noun == "visit":
        version = VisitVersion.objects.filter(entry=entry).first()
        return {"visit": int(number), "said": said(version.findings) if version else ()}
    step = ProblemStep.objects.filter(entry=entry).first()
    return {"problem": int(number), "said": said(step.matter, step.remedy) if step else ()}


def number_in(entry: Entry) -> int:
    """Which visit or problem an entry is about."""
    return int(entry.subject.rpartition(":")[2])


def visit_facts(user: AnyUser, entry: Entry) -> list[tuple[str, str]]:
    """What a saved visit says, for the page that asks what a changed one meant."""
    newest = visit_page(user, number_in(entry)).newest
    return [(_("Who came"), newest.visitor), *((_("What was found"), text) for text in newest.said)]


# --- problems --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProblemPage:
    """A problem, its steps newest first, and the moves the reader may make now."""

    problem: Problem
    leader: str
    steps: Sequence[Told]
    moves: Sequence[str]
    last_words: ProblemStep
    key: str = dataclass_field(default_factory=new_key)
    """Of the one-tap confirmation on the page."""


def problems_for(user: AnyUser) -> ProblemQuerySet:
    """Every problem the user may read, the latest first."""
    problems = Problem.objects.filter(scope(user, RECORD_VIEW, prefix="unit__"))
    return problems.select_related("unit", "leader").order_by("-pk")


def unsettled_at(user: AnyUser, unit: Unit, moment: Moment) -> list[Problem]:
    """Problems of one unit that nobody had called solved at a moment, each in the state its last step had left it in."""
    problems = problems_for(user).filter(unit=unit)
    if moment.is_now:
        return list(problems.unsettled())
    steps = ProblemStep.objects.filter(problem=OuterRef("pk"), entry__happened_on__lte=moment.day)
    last = steps.filter(entry__recorded_at__lte=moment.known_at).order_by("-pk").values("state")[:1]
    found = list(problems.annotate(then=Subquery(last)).filter(then__in=(ProblemState.HANDLED, ProblemState.REJECTED)))
    for problem in found:
        problem.state = vars(problem)["then"]
    return found


@dataclass(frozen=True)
class ProblemList:
    """Problems, page by page."""

    page: Page[Any]
    """Problems, each with the latest `matter` and the `day` it was handled."""
    unit: Unit | None
    state: str


def problem_list(user: AnyUser, asked: Mapping[str, str]) -> ProblemList:
    """Problems the user may read, by `unit` and `state` where asked for. Raises Http404 for a unit out of reach."""
    unit = unit_for(user, asked["unit"], RECORD_VIEW) if asked.get("unit") else None
    problems = problems_for(user).filter(unit=unit) if unit else problems_for(user)
    state = asked.get("state", "")
    if state in ProblemState.values:
        problems = problems.filter(state=state)
    latest = ProblemStep.objects.filter(problem=OuterRef("pk")).exclude(matter="").order_by("-pk")
    problems = problems.annotate(
        matter=Subquery(latest.values("matter")[:1]), day=Subquery(latest.values("entry__happened_on")[:1])
    )
    return ProblemList(Paginator(problems, PAGE_SIZE).get_page(asked.get("page")), unit, state)


def problem_page(user: AnyUser, pk: int) -> ProblemPage:
    """One problem. Raises Http404."""
    problem = problems_for(user).filter(pk=pk).first()
    if problem is None:
        raise Http404
    steps = list(problem.steps.select_related(*words.told_of("entry__")).order_by("-pk"))
    return ProblemPage(
        problem=problem,
        leader=name_shown(user, problem.leader, problem.unit),
        steps=[
            Told(line, said=said(step.matter, step.remedy))
            for line, step in zip(words.lines(user, [step.entry for step in steps], problem.unit), steps, strict=True)
        ],
        moves=allowed_moves(user, problem),
        last_words=next(step for step in steps if step.matter),
    )


def problem_to_move(user: AnyUser, pk: int, move: str) -> ProblemPage:
    """A problem on which the user may make that move, now or in another state. Raises Http404."""
    page = problem_page(user, pk)
    if not may_ever_move(user, page.problem, move):
        raise Http404
    return page


def problem_facts(user: AnyUser, entry: Entry) -> list[tuple[str, str]]:
    """What a saved problem says, for the page that asks what a changed one meant."""
    last = problem_page(user, number_in(entry)).last_words
    return [(_("What was the problem"), last.matter), (_("What was done about it"), last.remedy)]


def waiting_for(user: AnyUser) -> "QuerySet[Problem]":
    """Problems handled at the user's own unit, which they or a colleague there must confirm or reject."""
    return Problem.objects.waiting().filter(scope(user, VISIT_RECEIVE, prefix="unit__")).select_related("unit").order_by("pk")


def returned_to(user: AnyUser) -> "QuerySet[Problem]":
    """Problems of which the point said that they are not solved, back with the leader."""
    problems = Problem.objects.returned().filter(scope(user, VISIT_RECORD, prefix="unit__"), leader__user=user.pk)
    return problems.select_related("unit").order_by("pk")


# --- my points -------------------------------------------------------------------------------------------------------


def awaited_by(user: AnyUser) -> "QuerySet[Problem]":
    """Problems the user handled and the point has not answered yet."""
    problems = Problem.objects.waiting().filter(scope(user, VISIT_RECORD, prefix="unit__"), leader__user=user.pk)
    return problems.select_related("unit").order_by("pk")


def own_points(user: AnyUser) -> list[Unit]:
    """The contact points the user leads today."""
    points = Designation.objects.known().on(clock.today()).filter(designation=DesignationKind.CONTACT_POINT)
    return list(units_for(user, VISIT_RECORD).filter(pk__in=points.values("unit")).order_by("path"))


@dataclass(frozen=True)
class Asked:
    """What one clause asks of a point."""

    row: StandingRow
    text: str
    act: Act | None
    """The page that records what it counts."""


@dataclass(frozen=True)
class Asking:
    """What one scheme asks of a point: the verdict as a whole, and its clauses."""

    title: str
    whole: StandingRow
    clauses: Sequence[Asked]


@dataclass(frozen=True)
class Point:
    """A contact point, and what the schemes for contact points ask of it."""

    unit: Unit
    schemes: Sequence[Asking]
    problems: Sequence[Problem]
    """Handled or returned, not settled yet."""


def my_points(user: AnyUser) -> list[Point]:
    """The user's contact points, and what is still asked of each, by when."""
    units = own_points(user)
    asked: dict[int, list[Asking]] = {unit.pk: [] for unit in units}
    by_id = {unit.pk: unit for unit in units}
    today = picture()
    for scheme in today.schemes if units else ():
        if scheme.subject.designation != DesignationKind.CONTACT_POINT:
            continue
        kinds = {clause: tally.kind for clause, tally in reversed(list(scheme.tallies()))}
        standings = today.standings(scheme)
        for row in standings.verdicts:
            if row.unit_id in by_id:
                unit = by_id[row.unit_id]
                clauses = [
                    Asked(each, say_missing(each, scheme), act_for(user, kinds.get(each.clause, ""), unit))
                    for each in standings.clauses.get(unit.pk, ())
                ]
                asked[unit.pk].append(Asking(here(scheme.title), row, clauses))
    open_problems: dict[int, list[Problem]] = {}
    for problem in Problem.objects.unsettled().filter(unit__in=units).order_by("pk"):
        open_problems.setdefault(problem.unit_id, []).append(problem)
    return [Point(unit, asked[unit.pk], open_problems.get(unit.pk, ())) for unit in units]


def may_record_kinds(user: AnyUser) -> list[VisitKind]:
    """Inspectors record inspections; leaders and points research visits, too."""
    both = may(user, VISIT_RECORD) or may(user, VISIT_RECEIVE)
    return list(VisitKind) if both else [VisitKind.INSPECTION]


def lists_for(user: AnyUser) -> str:
    """The page a person records visits from, and returns to."""
    return reverse("my_points") if may(user, VISIT_RECORD) else reverse("visits")
