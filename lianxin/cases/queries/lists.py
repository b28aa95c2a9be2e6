"""Lists of cases: filtered, page by page without ever counting them all; the pool near somebody; what a desk names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case as Choose
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Lower
from django.http import Http404
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.sealing import unseal
from lianxin.cases import search
from lianxin.cases.actions.moving import SOON
from lianxin.cases.models import (
    FINAL_STATES,
    LED_STATES,
    OPEN_STATES,
    Case,
    CaseQuerySet,
    CaseStep,
    Exclusion,
    Extension,
    Ground,
    Item,
    Part,
    SavedFilter,
    Source,
    State,
    Tier,
)
from lianxin.cases.queries.erasures import RULE_WORDS, to_erase
from lianxin.cases.queries.exclusions import led_by_own, undecided_for
from lianxin.cases.queries.pages import due_state, home_of, title_of
from lianxin.cases.queries.rates import RULES, Rule
from lianxin.cases.queries.reach import cases_for, claimants_for, in_sight, listed_for, not_about, pool_for
from lianxin.cases.saved_filters import saved_filters
from lianxin.ledger import clock
from lianxin.ledger.moments import Moment
from lianxin.ledger.submissions import new_key
from lianxin.organizations.access import (
    CASE_CLAIM,
    CASE_DISPATCH,
    CASE_HANDLE,
    CASE_RECORD,
    CASE_VIEW,
    EXPORT,
    SUBTREE,
    AnyUser,
    grants_for,
    may,
    scope,
)
from lianxin.organizations.models import Title, Unit
from lianxin.ui.dates import full_day

PAGE_SIZE = 50
MOST_COUNTED = 1_000
"""Of more a list says only that there are more: the figure that opened it has said how many."""
LONGEST = 60
"""Of what may stand in an address."""

STATES = {"open": OPEN_STATES, "waiting": (State.UNCLAIMED, State.DISPATCH), "taken": LED_STATES, "ended": FINAL_STATES}
"""Words for several states at once; none is a state's own, which opens that state alone."""
STATE_CHOICES = [
    ("open", _("open")),
    ("waiting", _("waits for a lead")),
    ("taken", _("somebody leads")),
    ("ended", _("over")),
    *State.choices,
]
WHOSE = [
    ("mine", _("my units lead")),
    ("assisting", _("my units assist")),
    ("pool", _("to be claimed nearby")),
]
SORTS = [("", _("newest first")), ("due", _("most pressing first"))]
EXCLUDED = [
    ("no", _("those that count in the adjusted figures")),
    ("yes", _("those left out of the adjusted figures")),
    *((ground.value, format_lazy("{left_out}{ground}", left_out=_("left out: "), ground=ground.label)) for ground in Ground),
]
EXACT = ("place", "lead", "item")


@dataclass(frozen=True)
class Asked:
    """What a list is asked for, as the address says it; what it does not know is left out."""

    q: str = ""
    """Words to look for."""
    whose: str = ""
    state: str = ""
    place: Unit | None = None
    lead: Unit | None = None
    item: str = ""
    tier: str = ""
    source: str = ""
    unit: Unit | None = None
    """The place, or the lead: this unit or one beneath it."""
    exact: str = ""
    """`place`, `lead` or `item`: that one alone, and none beneath it."""
    overdue: bool = False
    soon: bool = False
    """Late within a day unless something is done."""
    escalated: bool = False
    since: date | None = None
    until: date | None = None
    """Reported on these days, both included."""
    over_since: date | None = None
    """Over on that day or later."""
    rate: str = ""
    """Of the denominator of a rate (rates.py); with `met`, of its numerator."""
    met: bool = False
    excluded: str = ""
    """`no`: what the adjusted figures count; `yes`, or a ground: what they leave out."""
    erase: str = ""
    """Of which this is due to be erased (a rule of retention.py); none for who could not carry that out."""
    counted: bool = False
    """Say how many there are: asked for by figures that open."""
    sort: str = ""
    after: str = ""
    """Where the page before this one ended."""

    @property
    def narrowed(self) -> bool:
        nothing = replace(Asked(), sort=self.sort, after=self.after, met=self.met, exact=self.exact, counted=self.counted)
        return self != nothing


@dataclass(frozen=True)
class Line:
    """One case in a list."""

    case: Case
    title: str
    due_state: str
    key: str = field(default_factory=new_key)
    """Of its one-tap claim."""


@dataclass(frozen=True)
class CaseList:
    """One page of cases."""

    asked: Asked
    lines: Sequence[Line]
    after: str
    """Where the next page goes on; empty: this is the last one."""
    unsearched: bool
    """The search looked through the newest only; `after` looks on."""
    items: Sequence[tuple[str, str]]
    """(key, title) of the uppermost matters, to choose from."""
    may_record: bool
    may_claim: bool
    may_export: bool
    may_dispatch: bool
    saved: Sequence[SavedFilter]
    choices: Mapping[str, Any] = field(
        default_factory=lambda: {
            "state": STATE_CHOICES,
            "whose": WHOSE,
            "tier": Tier.choices,
            "source": Source.choices,
            "sort": SORTS[1:],
            "excluded": EXCLUDED,
        }
    )
    count: int | None = None
    """How many there are in all, where that was asked for; one more than are counted at most: there are more."""

    @property
    def most_counted(self) -> int | None:
        """There are more than so many."""
        return MOST_COUNTED if self.count is not None and self.count > MOST_COUNTED else None

    @property
    def days(self) -> Sequence[tuple[str, date]]:
        """(name in the address, day) of the days asked for, which another choice keeps."""
        asked = [(name, getattr(self.asked, name)) for name in ("since", "until", "over_since")]
        return [(name, day) for name, day in asked if day]

    @property
    def narrowed_by(self) -> str:
        """What narrows it for which there is no filter on the page: days, one unit, soon late."""
        asked = self.asked
        words = [
            _("reported from %(day)s") % {"day": full_day(asked.since)} if asked.since else "",
            _("reported up to %(day)s") % {"day": full_day(asked.until)} if asked.until else "",
            _("over since %(day)s") % {"day": full_day(asked.over_since)} if asked.over_since else "",
            _("late within 24 hours") if asked.soon else "",
            _("led by %(unit)s") % {"unit": asked.lead.name} if asked.lead and asked.exact == "lead" else "",
            _("at %(unit)s itself") % {"unit": asked.place.name} if asked.place and asked.exact == "place" else "",
            _("of %(unit)s: there, or led by it or a unit beneath it") % {"unit": asked.unit.name} if asked.unit else "",
            _("due to be erased: %(what)s") % {"what": RULE_WORDS[asked.erase]} if asked.erase else "",
        ]
        return " · ".join(str(word) for word in words if word)

    @property
    def wordless(self) -> bool:
        """What is looked for holds nothing that is searched: only signs."""
        return bool(self.asked.q) and not search.terms_of(self.asked.q)

    @property
    def rule(self) -> Rule | None:
        """The rate whose cases these are."""
        return RULES.get(self.asked.rate)


def case_list(user: AnyUser, asked: Mapping[str, str]) -> CaseList:
    """One page of the cases the user may read, as `asked`. Raises Http404 for a unit that does not exist."""
    wanted = read(asked)
    cases, few = selected(user, wanted)
    pks, after, unsearched = _page(user, cases, few, wanted)
    whole = not after and not wanted.after
    page = {case.pk: case for case in with_opening(Case.objects.filter(pk__in=pks))}
    return CaseList(
        asked=wanted,
        lines=lines_of([page[pk] for pk in pks if pk in page]),
        after=after,
        unsearched=unsearched,
        items=[(item.key, str(item)) for item in Item.objects.offered_on(clock.today()).filter(level=1)],
        may_record=may(user, CASE_RECORD),
        may_claim=may(user, CASE_CLAIM),
        may_export=may(user, EXPORT),
        may_dispatch=may(user, CASE_DISPATCH),
        saved=saved_filters(user),
        count=None if not wanted.counted or wanted.q else len(pks) if whole else _counted(cases, wanted),
    )


def _counted(cases: CaseQuerySet, asked: Asked) -> int:
    """How many there are, up to one more than are counted."""
    # What a rate asks is looked up case by case; PostgreSQL, left to itself, would begin with the oldest of all.
    newest_first = asked.rate and connection.vendor == "postgresql"
    return (cases.order_by("-pk") if newest_first else cases.order_by())[: MOST_COUNTED + 1].count()


def _page(user: AnyUser, cases: CaseQuerySet, few: Sequence[int] | None, asked: Asked) -> tuple[list[int], str, bool]:
    """The cases of one page, where the next goes on, and whether older ones were not looked through yet."""
    if asked.q:
        terms, below = search.terms_of(asked.q), _number(asked.after)
        found = search.find(cases, terms, below=below, want=PAGE_SIZE, among=few, whole=cases_for(user))
        return found.pks, str(found.after or ""), bool(found.after) and not found.full
    rows = list(_after(cases, asked).values_list("pk", "due_at")[: PAGE_SIZE + 1])
    pks = [pk for pk, _due_at in rows[:PAGE_SIZE]]
    if len(rows) <= PAGE_SIZE:
        return pks, "", False
    last, due_at = rows[PAGE_SIZE - 1]
    return pks, f"{due_at.isoformat()},{last}" if asked.sort == "due" and due_at else str(last), False


def read(asked: Mapping[str, str]) -> Asked:
    """What an address asks for. Raises Http404 for a unit that does not exist."""
    text = {name: str(value)[:LONGEST] for name, value in asked.items()}

    def one_of(name: str, known: Sequence[str]) -> str:
        return text.get(name, "") if text.get(name, "") in known else ""

    return Asked(
        q=text.get("q", "").strip(),
        whose=one_of("whose", [word for word, _label in WHOSE]),
        state=one_of("state", [word for word, _label in STATE_CHOICES]),
        place=_unit(text.get("place", "")),
        lead=_unit(text.get("lead", "")),
        item=text.get("item", ""),
        tier=one_of("tier", Tier.values),
        source=one_of("source", Source.values),
        unit=_unit(text.get("unit", "")),
        exact=one_of("exact", EXACT),
        overdue=text.get("overdue") == "1",
        soon=text.get("soon") == "1",
        escalated=text.get("escalated") == "1",
        since=_day(text.get("since", "")),
        until=_day(text.get("until", "")),
        over_since=_day(text.get("over_since", "")),
        rate=one_of("rate", list(RULES)),
        met=text.get("met") == "1",
        excluded=one_of("excluded", [word for word, _label in EXCLUDED]),
        erase=one_of("erase", list(RULE_WORDS)),
        counted=text.get("counted") == "1",
        sort="" if text.get("q", "").strip() else one_of("sort", ["due"]),  # what is searched comes newest first
        after=text.get("after", ""),
    )


def selected(user: AnyUser, asked: Asked) -> tuple[CaseQuerySet, list[int] | None]:
    """All the cases the user may read that are asked for, of every page, but for the words; and, where the user may read few,
    all of those."""
    cases, few = listed_for(user)
    if asked.whose == "mine":
        cases = cases.filter(lead__in=own_unit_ids(user))
    if asked.whose == "assisting":
        cases = cases.filter(pk__in=_owed(user).values("case"), state__in=LED_STATES)
    if asked.whose == "pool":
        cases = cases.filter(pk__in=pool_for(user).values("pk"))
    if asked.state:
        states = STATES.get(asked.state, (asked.state,))
        # Most cases are over: to look them up by their state and sort them takes longer than to walk from the newest back.
        over = set(states) <= set(FINAL_STATES)
        cases = cases.alias(its_state=Lower("state")).filter(its_state__in=states) if over else cases.filter(state__in=states)
    if asked.place is not None:
        cases = cases.filter(place__in=[asked.place.pk] if asked.exact == "place" else _within(asked.place))
    if asked.lead is not None:
        cases = cases.filter(lead__in=[asked.lead.pk] if asked.exact == "lead" else _within(asked.lead))
    if asked.unit is not None:
        beneath = _within(asked.unit)
        cases = cases.filter(Q(place__in=beneath) | Q(lead__in=beneath))
    if asked.item and asked.exact == "item":
        cases = cases.filter(item__key=asked.item)
    elif asked.item:
        items = Item.objects.filter(Q(key=asked.item) | Q(key__startswith=f"{asked.item}."))
        cases = cases.filter(item__in=list(items.values_list("pk", flat=True)))
    for name in ("tier", "source"):
        if getattr(asked, name):
            cases = cases.filter(**{name: getattr(asked, name)})
    if asked.overdue:
        cases = cases.overdue(clock.now())
    if asked.soon:
        cases = cases.filter(due_at__gte=clock.now(), due_at__lte=clock.now() + SOON)
    if asked.escalated:
        cases = cases.filter(escalated=True)
    if asked.rate:
        cases = cases.filter(RULES[asked.rate].cases(clock.now(), part=asked.met))
    if asked.excluded:
        left_out = Exclusion.objects.in_force()
        left_out = left_out.filter(ground=asked.excluded) if asked.excluded in Ground.values else left_out
        among = Q(pk__in=left_out.values("case"))
        cases = cases.filter(~among if asked.excluded == "no" else among)
    if asked.erase:
        cases = cases.filter(to_erase(user, asked.erase))
    if asked.over_since:
        cases = cases.filter(ended_at__gte=clock.instant(asked.over_since))
    if asked.since:
        cases = cases.filter(reported_on__gte=asked.since)
    if asked.until:
        cases = cases.filter(reported_on__lte=asked.until)
    return cases, few


def _within(unit: Unit) -> list[int]:
    """The unit and all beneath it."""
    return list(Unit.objects.beneath(unit.path).values_list("pk", flat=True))


def _after(cases: CaseQuerySet, asked: Asked) -> CaseQuerySet:
    """In order, from where the page before ended."""
    if asked.sort == "due":
        cases = cases.filter(due_at__isnull=False).order_by("due_at", "-pk")
        instant, _comma, number = asked.after.partition(",")
        try:
            at, pk = datetime.fromisoformat(instant), int(number)
        except ValueError:
            return cases
        return cases.filter(Q(due_at__gt=at) | Q(due_at=at, pk__lt=pk)) if at.tzinfo is None else cases
    cases = cases.order_by("-pk")
    below = _number(asked.after)
    return cases.filter(pk__lt=below) if below else cases


def _number(text: str) -> int:
    """0: it is none."""
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _unit(code: str) -> Unit | None:
    if not code:
        return None
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise Http404
    return unit


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def with_opening(cases: CaseQuerySet) -> CaseQuerySet:
    """Each with the sealed words it came in with, so that a list is one query."""
    opening = CaseStep.objects.filter(case=OuterRef("pk"), move__in=("report", "record")).order_by("pk")
    sealed, salt = (Subquery(opening.values(name)[:1]) for name in ("sealed", "salt"))
    return cases.annotate(opening_sealed=sealed, opening_salt=salt).select_related("place", "lead", "item")


def lines_of(cases: Sequence[Case]) -> list[Line]:
    """Cases, read `with_opening`, as lines: each called by the first of its words."""
    return [Line(case, title_of(case, words_of_opening(case)), due_state(case.due_at)) for case in cases]


def words_of_opening(case: Case) -> str:
    """What was reported, of a case read `with_opening`."""
    sealed, salt = vars(case).get("opening_sealed"), vars(case).get("opening_salt")
    return unseal(bytes(sealed), key="case", bound_to=salt) if sealed and salt else ""


# --- whose -----------------------------------------------------------------------------------------------------------


def own_unit_ids(user: AnyUser, *permissions: str) -> set[int]:
    """The units at which the user holds such a post themselves, not those beneath."""
    wanted = set(permissions or (CASE_VIEW,))
    return {grant.unit_id for grant in grants_for(user) if grant.permissions & wanted}


def _owed(user: AnyUser) -> QuerySet[Part]:
    """Parts that the user's own units still owe."""
    return Part.objects.filter(unit__in=own_unit_ids(user), done=None, called_off=None)


# --- the pool --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pool:
    """What may be claimed near somebody, the most pressing first."""

    lines: Sequence[Line]
    home: Unit | None
    """The unit the user claims for at one tap."""
    more: bool


def pool_list(user: AnyUser) -> Pool:
    """The pool near the user's units."""
    cases = list(with_opening(pool_for(user)).order_by("due_at", "pk")[: PAGE_SIZE + 1])
    return Pool(lines_of(cases[:PAGE_SIZE]), home_of(user, list(claimants_for(user)[:50])), len(cases) > PAGE_SIZE)


PRESSING = (F("due_at").asc(nulls_last=True), F("pk").asc())


# --- what a desk names -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owed:
    """A case somebody's own unit leads, or owes a part to."""

    case: Case
    part: int | None = None
    unit: str = ""
    code: str = ""
    due_on: date | None = None
    """Of the part."""
    left: bool = False
    """A partner of the group that claimed it left."""


def owed(user: AnyUser, most: int) -> list[Owed]:
    """What the user's own units must do: open cases they lead, parts they owe; the most pressing first. One query."""
    mine = own_unit_ids(user, CASE_HANDLE)
    if not mine:
        return []
    open_now = Case.objects.open().filter(in_sight())
    owing = Part.objects.filter(unit__in=mine, done=None, called_off=None)
    cases = _most_pressing(most, open_now.filter(lead__in=mine), open_now.filter(pk__in=owing.values("case"))).annotate(
        left=Exists(Part.objects.filter(case=OuterRef("pk"), called_off__move="leave_group")),
        own=FilteredRelation("parts", condition=Q(parts__unit_id__in=mine)),
        part_pk=F("own__pk"),
        part_name=Subquery(Unit.objects.filter(pk=OuterRef("own__unit_id")).values("name")),
        part_code=Subquery(Unit.objects.filter(pk=OuterRef("own__unit_id")).values("code")),
        part_on=F("own__due_on"),
        part_over=Q(own__done__isnull=False) | Q(own__called_off__isnull=False),
    )
    found: dict[int, list[Owed]] = {}
    for case in cases.order_by(*PRESSING, F("own__due_on").asc(nulls_last=True), "own__pk"):
        told = vars(case)
        of_case = found.setdefault(case.pk, [Owed(case, left=told["left"])] if case.lead_id in mine else [])
        if told["part_pk"] is not None and not told["part_over"] and not any(each.part for each in of_case):
            of_case.append(Owed(case, told["part_pk"], told["part_name"], told["part_code"], told["part_on"]))
    return [each for of_case in list(found.values())[:most] for each in of_case]


def _most_pressing(most: int, *sorts: QuerySet[Case]) -> QuerySet[Case]:
    """The most pressing cases of each sort, together. Each sort is looked for by an index of its own: told as one condition with
    “or”, all cases would be gone through."""
    ids = [Case.objects.filter(pk__in=sort.order_by(*PRESSING).values("pk")[:most]).order_by().values("pk") for sort in sorts]
    return Case.objects.filter(pk__in=ids[0].union(*ids[1:])).select_related("place", "item").order_by(*PRESSING)


@dataclass(frozen=True)
class Above:
    """What waits for somebody as one of those above."""

    cases: Sequence[Case]
    """A lead to be named, a return, more time, a report held back."""
    exclusions: Sequence[Case]
    """Whether the adjusted figures leave them out."""
    escalated: int = 0
    """Open cases of the county, returned or redone so often that it looks after them itself."""
    first: Case | None = None
    """One of these."""


def to_decide(user: AnyUser, most: int) -> Above:
    """What waits for the user as one of those above, the most pressing first; of each sort so many. One query."""
    above = scope(user, CASE_DISPATCH, prefix="place__")
    if not any(CASE_DISPATCH in grant.permissions for grant in grants_for(user)):
        return Above((), ())
    office = any(grant.title == Title.COUNTY_OFFICER for grant in grants_for(user))
    theirs = Case.objects.filter(above, in_sight(), not_about(user))
    to_name = Q(state__in=(State.DISPATCH, State.CONTESTED, State.QUARANTINED))
    if not office:
        to_name &= ~Q(escalated=True, state__in=(State.DISPATCH, State.CONTESTED))  # the county's alone
    asked, undecided = Extension.objects.waiting(), undecided_for(user)
    longer = theirs.filter(pk__in=asked.values("case"), state__in=LED_STATES)
    excluded = theirs.filter(pk__in=undecided.values("case")).exclude(led_by_own(user))
    looked_after = theirs.filter(escalated=True, state__in=OPEN_STATES) if office else theirs.none()
    found = list(
        _most_pressing(most, theirs.filter(to_name), longer, excluded, looked_after).annotate(
            waits=to_name | Q(Exists(asked.filter(case=OuterRef("pk"))), state__in=LED_STATES),
            excluded=Q(Exists(undecided.filter(case=OuterRef("pk")))) & ~led_by_own(user),
            escalated_in_all=Subquery(looked_after.order_by().values(all=Value(1)).annotate(n=Count("pk")).values("n")),
        )
    )
    told = [vars(case) for case in found]
    up = [case for case in found if case.escalated and case.is_open]
    return Above(
        cases=[case for case, said in zip(found, told, strict=True) if said["waits"]][:most],
        exclusions=[case for case, said in zip(found, told, strict=True) if said["excluded"]][:most],
        escalated=(told[0]["escalated_in_all"] or 0) if told else 0,
        first=next(iter(up or found), None),
    )


def standing_at(user: AnyUser, unit: Unit, moment: Moment) -> QuerySet[Any] | None:
    """Cases of the unit that the user may read, with a `word` for where each stands now; none of a past day.

    The same cases as the lists `?unit=…` that the unit's page opens.
    """
    if not moment.is_now:
        return None
    beneath = Unit.objects.beneath(unit.path).order_by().values("pk")
    year = clock.instant(moment.day.replace(month=1, day=1))
    solved = Q(state=State.SOLVED, ended_at__gte=year)
    word = Choose(
        When(state=State.HANDLED, then=Value("handled")),
        When(state=State.SOLVED, then=Value("solved")),
        When(due_at__lt=clock.now(), then=Value("late")),
        default=Value("in_time"),
    )
    near = Q(place__in=beneath) | Q(lead__in=beneath)
    return cases_for(user).filter(near, Q(state__in=(*OPEN_STATES, State.HANDLED)) | solved).annotate(word=word)


def pool_near(user: AnyUser) -> Case | None:
    """The most pressing of the pool near the user, for those who claim for a unit of their own."""
    if not any(CASE_CLAIM in grant.permissions and grant.reach != SUBTREE for grant in grants_for(user)):
        return None
    return pool_for(user).select_related("place").order_by("due_at", "pk").first()
