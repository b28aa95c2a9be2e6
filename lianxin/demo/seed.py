"""Tells the demonstration's story: two years of two counties, through the same actions people use, on the days they happened.

Nothing is written past the actions; the clock stands at each moment told. Uneven on purpose: every branch and leader has a
diligence of its own, and every irregularity of real life occurs.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from lianxin.accounts.models import User
from lianxin.cases.actions import Telling, seed_catalogue
from lianxin.demo import cases_strange, life, people
from lianxin.demo.cases_life import CLAIMED, SLOTS, CasesLife, new_leads
from lianxin.demo.people import PASSWORD
from lianxin.demo.places import CONTACT_POINTS, MAIN, OTHER, places
from lianxin.gatherings.actions import NewGathering, correct_gathering, record_gatherings
from lianxin.gatherings.models import GatheringVersion
from lianxin.ledger import clock
from lianxin.liaison.actions import (
    NewVisit,
    confirm_problem,
    handle_again,
    handle_problem,
    record_visits,
    reject_problem,
)
from lianxin.liaison.models import Problem
from lianxin.organizations import actions
from lianxin.organizations.models import Membership, Person, Title, Unit
from lianxin.organizations.terms import anniversary, term_end
from lianxin.schemes.actions import seal_period, seed_library, waive_clause
from lianxin.schemes.queries import schemes_in_force

SEED = 131
OPENED = date(2016, 1, 1)
Progress = Callable[[str], None]


@dataclass
class County:
    """What the storyteller has made so far."""

    today: date
    rng: random.Random
    actor: User
    units: dict[str, Unit] = field(default_factory=dict)
    branches: list[Unit] = field(default_factory=list)
    points: list[Unit] = field(default_factory=list)
    """The 226 contact points, in the main county."""
    members: dict[int, list[Person]] = field(default_factory=dict)
    """By branch."""
    secretaries: dict[int, Person] = field(default_factory=dict)
    leaders: dict[int, Person] = field(default_factory=dict)
    """By contact point."""
    diligence: dict[int, float] = field(default_factory=dict)
    officers: dict[int, Person] = field(default_factory=dict)
    """Of each township and team: who acts for it."""
    acting: dict[int, User] = field(default_factory=dict)
    """By unit: in whose name it acts for residents now; after an election, the new secretary."""
    accounts: dict[str, Person] = field(default_factory=dict)
    second: Person | None = None
    """Another person of the county office, for what takes two."""
    gone: set[int] = field(default_factory=set)
    """Units merged away."""
    merging: Unit | None = None
    """The branch whose village will be merged away."""
    restless: set[str] = field(default_factory=set)
    """Codes of the villages that move or merge."""

    @property
    def start(self) -> date:
        """The first day told."""
        return anniversary(self.today, -2)


def tell(today: date, progress: Progress) -> County:
    """Make both counties and live through two years up to `today`. One transaction: all of it or nothing."""
    latest = clock.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        start = anniversary(today, -2)
        rng = random.Random(SEED)  # nosec B311  # tells a story, the same each time
        with clock.standing_at(clock.instant(start - timedelta(days=1), 9)):
            actor = User.objects.create_user("示例录入员", created_at=clock.now())
            county = County(today, rng, actor)
            progress(_("places"))
            found_places(county)
            progress(_("people"))
            register_everyone(county)
            progress(_("elections"))
            hold_first_elections(county)
            name_contact_points(county)
            give_accounts(county)
            name_officers(county)
            publish_library(county)
            seed_catalogue(actor=county.actor, unit=county.units[MAIN])
        progress(_("two years of work"))
        live(county, latest, progress)
        progress(_("done"))
    return county


def found_places(county: County) -> None:
    """Every unit of both counties."""
    founded = actions.found_units(actor=county.actor, units=places(OPENED, county.rng))
    county.units = {unit.code: unit for unit in founded}
    county.branches = [unit for unit in founded if unit.kind == "branch"]
    county.diligence = {unit.pk: county.rng.betavariate(2.2, 1.3) for unit in county.branches}


def register_everyone(county: County) -> None:
    """The members of every branch."""
    register = people.Register(county.rng)
    wanted = people.members(register, county.branches, OPENED)
    for person, new in zip(actions.register_people(actor=county.actor, people=wanted), wanted, strict=True):
        county.members.setdefault(new.unit.pk, []).append(person)
    teams = [unit for unit in county.units.values() if unit.kind == "team"]
    volunteers = county.rng.sample([person for unit in county.branches for person in county.members[unit.pk]], 12 * len(teams))
    for position, person in enumerate(volunteers):
        actions.join_unit(
            actor=county.actor,
            person=person,
            unit=teams[position % len(teams)],
            kind="volunteer",
            since=county.start - timedelta(days=30),
        )


def hold_first_elections(county: County) -> None:
    """The elections before the story begins: villages and communities together, other branches when their term came."""
    for branch in county.branches:
        if branch.field in ("village", "community"):
            day = anniversary(county.start, -4) + timedelta(days=county.rng.randrange(240, 330))
        else:
            day = county.start - timedelta(days=county.rng.randrange(20, 1070))
        elect(county, branch, day)


def elect(county: County, branch: Unit, day: date, *, keep: bool = False) -> None:
    """Hold one election among the branch's own members; `keep` has the secretary elected again."""
    pool = [person for person in county.members[branch.pk] if day.year - (person.birth_year or day.year) < 68]
    seats = min(len(pool), county.rng.choice((3, 3, 5, 5, 5, 7)) if len(county.members[branch.pk]) >= 7 else 1)
    chosen = county.rng.sample(pool, seats)
    if keep and county.secretaries[branch.pk] in pool:
        secretary = county.secretaries[branch.pk]
        chosen = [secretary, *(person for person in chosen if person != secretary)][:seats]
    place = county.units.get(branch.code.rsplit("-", 1)[0])
    lives_there = place is not None and place.kind in ("village", "community")
    heads = county.rng.random() < 0.82 and not chosen[0].posts.filter(unit=place, title=Title.HEAD, until=None).exists()
    if place is not None and lives_there and heads:
        actions.give_post(actor=county.actor, person=chosen[0], unit=place, title=Title.HEAD, since=day)
    titles = [Title.SECRETARY, Title.DEPUTY_SECRETARY, *[Title.COMMITTEE_MEMBER] * 5]
    actions.hold_election(
        actor=county.actor, unit=branch, day=day, elected=list(zip(chosen, titles, strict=False)), approved_early=True
    )
    county.secretaries[branch.pk] = with_account(chosen[0])


def with_account(person: Person) -> Person:
    """Whoever records needs an account; without a password until the invitation is used."""
    if person.user is None:
        person.user = User.objects.create_user(person.code, created_at=clock.now())
        person.save(update_fields=["user"])
    return person


def name_contact_points(county: County) -> None:
    """226 contact points over all fields, each with its leader, from the day before the story begins."""
    for name, number in CONTACT_POINTS.items():
        of_field = [unit for unit in county.branches if unit.field == name and unit.code.startswith(MAIN)]
        first = [unit for unit in of_field if unit.name[:3] in ("特门嘎", "良种场", "碧桂园")]
        rest = [unit for unit in of_field if unit not in first]
        county.points += [*first, *county.rng.sample(rest, number - len(first))]
    day = county.start - timedelta(days=7)
    actions.designate_many(actor=county.actor, units=[(unit, day) for unit in county.points], designation="contact_point")
    register = people.Register(county.rng)
    register.count = 90000
    shared = people.leaders(register, county.points, county.units[MAIN], day)
    leaders = actions.register_people(actor=county.actor, people=[new for new, _ in shared])
    for leader, (new, others) in zip(leaders, shared, strict=True):
        county.leaders[new.unit.pk] = with_account(leader)
        for point in others:
            actions.give_post(actor=county.actor, person=leader, unit=point, title=Title.CONTACT_LEADER, since=day)
            county.leaders[point.pk] = leader


SHOWN = "152221200203-1"
"""The branch of the sign-ins secretary, clerk and member: 特门嘎查党支部."""
ACCOUNTS: list[tuple[str, str, str]] = [
    ("county", MAIN, Title.COUNTY_OFFICER),
    ("inspector", MAIN, Title.INSPECTOR),
    ("auditor", MAIN, Title.AUDITOR),
    ("administrator", MAIN, Title.ADMINISTRATOR),
    ("township", "152221200", Title.TOWNSHIP_OFFICER),
    ("department", f"{MAIN}-D11", Title.DEPARTMENT_HANDLER),
    ("clerk", SHOWN, Title.CLERK),
    ("othercounty", OTHER, Title.COUNTY_OFFICER),
]
"""Sign-ins of the demonstration whose posts are given here; secretary, leader and member sign in as people of the story."""


def give_accounts(county: County) -> None:
    """One sign-in for each role."""
    day = county.start - timedelta(days=7)
    register = people.Register(county.rng)
    register.count = 99000
    new = [register.person(county.units[code], day, title=title) for _, code, title in ACCOUNTS]
    persons = actions.register_people(actor=county.actor, people=new)
    county.accounts = {name: person for (name, _, _), person in zip(ACCOUNTS, persons, strict=True)}
    shown = county.units[SHOWN]
    secretary = county.secretaries[shown.pk]
    county.accounts["secretary"] = secretary
    county.accounts["leader"] = county.leaders[shown.pk]
    county.accounts["member"] = next(person for person in county.members[shown.pk] if person != secretary)
    for name, person in county.accounts.items():
        open_account(name, person)


def open_account(name: str, person: Person) -> None:
    """A sign-in of the demonstration: who it is stands on the page of roles, and the password, too."""
    user = with_account(person).user
    assert user is not None
    user.username = name
    user.set_password(PASSWORD)
    user.save(update_fields=["username", "password"])


def name_officers(county: County) -> None:
    """An officer for each township of the main county, a second one for its office, and a volunteer who acts for each team."""
    day = county.start - timedelta(days=7)
    rng = random.Random(SEED)  # nosec B311  # of its own, so that it changes nothing else that is told
    register = people.Register(rng)
    register.count = 98000
    townships = [unit for unit in county.units.values() if unit.kind == "township" and unit.code.startswith(MAIN)]
    new = [register.person(unit, day, title=Title.TOWNSHIP_OFFICER) for unit in townships]
    new.append(register.person(county.units[MAIN], day, title=Title.COUNTY_OFFICER))
    *officers, second = actions.register_people(actor=county.actor, people=new)
    county.second = with_account(second)
    open_account("county2", second)
    for unit, person in zip(townships, officers, strict=True):
        county.officers[unit.pk] = with_account(person)
    for membership in Membership.objects.filter(unit__kind="team").select_related("person__user").order_by("-pk"):
        county.officers[membership.unit_id] = membership.person
    for person in county.officers.values():
        with_account(person)


def publish_library(county: County) -> None:
    """The counties put the library's schemes in force before the story begins."""
    seed_library(actor=county.actor, unit=county.units[MAIN])


# --- two years ---------------------------------------------------------------------------------------------------------

Event = Callable[[], None]


def live(county: County, latest: datetime, progress: Progress) -> None:
    """Live through every day: what was written down on it, and what else happened. Today nothing is written down after `latest`:
    who makes a demonstration in the morning finds no entry of the afternoon."""
    day = county.start
    held, visited, events = plan(county)
    cases = residents_cases(county)
    strange = strange_cases(county, cases)
    while day <= county.today:
        if day.day == 1:
            progress(f"{day:%Y-%m}")
        for slot, time in enumerate(SLOTS[:-1]):
            with clock.standing_at(clock.instant(day, *time)):
                cases.live(day, slot)
        with clock.standing_at(min(clock.instant(day, 16, 30), latest)):
            for event in strange.get(day, ()):
                event()
            for event in events[day]:
                event()
            if held[day]:
                record_gatherings(
                    actor=county.actor, gatherings=[_held(county, one) for one in held[day] if one.unit.pk not in county.gone]
                )
            if visited[day]:
                record_visits(actor=county.actor, visits=visited[day])
        with clock.standing_at(clock.instant(day, *SLOTS[-1])):
            cases.live(day, len(SLOTS) - 1)
        if day == cases.last:
            cases.finish()
        day += timedelta(days=1)


def residents_cases(county: County) -> CasesLife:
    """The residents of the main county, and who takes up what they report."""
    places = [unit for unit in county.units.values() if unit.code.startswith(MAIN) and unit.kind in ("village", "community")]
    merged = county.merging.code.removesuffix("-1") if county.merging else ""
    for branch in county.branches:
        let_act(county, branch)
    county.acting |= {unit_id: _user(person) for unit_id, person in county.officers.items()}
    with clock.standing_at(clock.instant(county.start - timedelta(days=1), 9)):
        telling = Telling(county.actor)
    return CasesLife(
        start=county.start,
        last=county.today - timedelta(days=1),
        places=[place for place in places if place.code != merged],
        leads=new_leads(county.units, county.branches, county.acting, _user(county.accounts["county"])),
        claims=CLAIMED - cases_strange.CLAIMED,
        telling=telling,
    )


def let_act(county: County, branch: Unit) -> None:
    """Its secretary acts for a branch, and for the department or enterprise whose first branch it is."""
    secretary = _user(county.secretaries[branch.pk])
    county.acting[branch.pk] = secretary
    whole = county.units.get(branch.code.removesuffix("-1"))
    if whole is not None and whole.kind in ("department", "enterprise"):
        county.acting[whole.pk] = secretary


def strange_cases(county: County, life: CasesLife) -> dict[date, list[Event]]:
    """What goes wrong with cases, by day."""
    assert county.merging is not None
    assert county.second is not None
    village = county.units[county.merging.code.removesuffix("-1")]
    beside = [unit for unit in life.places if unit.code[:9] == village.code[:9]]
    steady = [unit for unit in life.places if unit.code not in county.restless]
    strange = cases_strange.Strange(life.leads, steady, county.merging, beside[-1], county.today, _user(county.second))
    return strange.plan(county.start, merged_on(county))


def plan(county: County) -> tuple[dict[date, list[life.Held]], dict[date, list[NewVisit]], dict[date, list[Event]]]:
    """Everything that will be written down, by the day on which it is."""
    rng, start, today = county.rng, county.start, county.today
    held: dict[date, list[life.Held]] = defaultdict(list)
    visited: dict[date, list[NewVisit]] = defaultdict(list)
    events: dict[date, list[Event]] = defaultdict(list)
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in county.units.values():
        if unit.kind == "group":
            groups[unit.code.rsplit("-", 1)[0]].append(unit)
    habits = life.habits(county.branches, rng)
    for branch in county.branches:
        size = len(county.members[branch.pk])
        told = life.gatherings(branch, groups[branch.code], size, size >= 7, habits[branch.pk], start, today, rng)
        for one in told:
            held[one.noted].append(one)
    changed = start + timedelta(days=310)
    old, new = choose_replacements(county)
    county.leaders |= {begun.pk: county.leaders[ended.pk] for ended, begun in zip(old, new, strict=True)}
    spans = [(point, start, changed - timedelta(days=1) if point in old else today) for point in county.points]
    for point, first, last in [*spans, *((point, changed, today) for point in new)]:
        zeal = 0.97 if rng.random() < 0.6 else rng.uniform(0.3, 0.9)
        for visit in life.visits(point, zeal, first, last, rng):
            visited[visit.noted].append(_visit(county, visit))
        for problem in life.problems(point, zeal, first, last, rng):
            tell_problem(county, problem, events)
    events[changed].append(partial(replace_points, county, old, new))
    for visit in life.late_visits([point for point in county.points if point not in old], start, today, rng):
        visited[visit.noted].append(_visit(county, visit))
    plan_elections(county, events)
    plan_irregularities(county, events)
    for year in range(start.year, today.year):
        events[date(year + 1, 1, 11)].append(partial(seal_year, county, year))
    return held, visited, events


def _held(county: County, told: life.Held) -> NewGathering:
    by = secretary_of(county, told.unit).user
    return NewGathering(told.unit, told.kind, told.day, told.topic, told.present, recorded_by=by)


def secretary_of(county: County, unit: Unit) -> Person:
    """Who keeps a branch's records now; a group's are kept by its branch."""
    branch = county.units[unit.code.rsplit("-", 1)[0]] if unit.kind == "group" else unit
    return county.secretaries[branch.pk]


def _visit(county: County, told: life.Visited) -> NewVisit:
    leader = county.leaders[told.unit.pk]
    return NewVisit(told.unit, told.kind, told.day, leader, told.findings, recorded_by=leader.user)


def tell_problem(county: County, told: life.Solved, events: dict[date, list[Event]]) -> None:
    """A leader handles a problem; days later the point's secretary confirms it, or sends it back once."""
    leader, point = county.leaders[told.unit.pk], told.unit
    made: list[Problem] = []

    def handle() -> None:
        step = handle_problem(
            actor=_user(leader), unit=point, day=told.day, leader=leader, matter=told.matter, remedy=told.remedy
        )
        made.append(step.problem)

    def answer() -> None:
        secretary = _user(county.secretaries[point.pk])
        if told.at_once:
            confirm_problem(actor=secretary, problem=made[0])
        else:
            reject_problem(actor=secretary, problem=made[0], reason="只解决了一半")
            handle_again(
                actor=_user(leader), problem=made[0], day=clock.today(), matter=told.matter, remedy=f"{told.remedy}，已补齐"
            )

    events[told.noted].append(handle)
    if told.answered:
        events[told.answered].append(answer)


def _user(person: Person) -> User:
    assert person.user is not None
    return person.user


def seal_year(county: County, year: int) -> None:
    """The books of a year are closed: every scheme's verdicts are sealed as they are known now."""
    for scheme in schemes_in_force(date(year, 12, 31)):
        seal_period(actor=county.actor, scheme=scheme.key, period=str(year), unit=county.units[MAIN])


def plan_elections(county: County, events: dict[date, list[Event]]) -> None:
    """Branches whose term ends within the two years elect: most on time, some late, some not at all."""
    for branch in county.branches:
        due = term_end(branch, county.start)
        assert due is not None
        if due > county.today + timedelta(days=45):
            continue
        chance = county.rng.random()
        offset = county.rng.randrange(-60, 1) if chance < 0.85 else county.rng.randrange(15, 90)
        day = max(due + timedelta(days=offset), county.start + timedelta(days=1))
        if chance < 0.93 and day <= county.today:
            events[day].append(partial(elect_again, county, branch))


def elect_again(county: County, branch: Unit) -> None:
    """Hold an election today, in most places with the same secretary; always so where the sign-in “secretary” belongs to."""
    if branch.pk not in county.gone:
        elect(county, branch, clock.today(), keep=county.rng.random() < 0.7 or branch.code == SHOWN)
        let_act(county, branch)


# --- irregularities ------------------------------------------------------------------------------------------------------


def plan_irregularities(county: County, events: dict[date, list[Event]]) -> None:
    """A village moves, two are merged, a branch is founded in mid-year, contact points change, clauses are waived, mistakes are
    corrected."""
    rng, start = county.rng, county.start
    points = {point.pk for point in county.points}
    points |= {point.pk for point in choose_replacements(county)[1]}
    plain = [u for u in county.branches if u.code.startswith(MAIN) and u.field == "village" and u.pk not in points]
    alone = [u for u in plain if f"{u.code}-1" not in county.units]
    moving, merging = rng.sample(alone, 2)
    county.merging = merging
    county.restless = {moving.code.removesuffix("-1"), merging.code.removesuffix("-1")}
    events[start + timedelta(days=402)].append(partial(move_village, county, moving))
    events[merged_on(county)].append(partial(merge_villages, county, merging))
    events[
        date(county.today.year, 5, 18) if county.today > date(county.today.year, 5, 18) else start + timedelta(days=200)
    ].append(partial(found_branch, county))
    for number, branch in enumerate(rng.sample([u for u in county.branches if u.pk not in (moving.pk, merging.pk)], 8)):
        events[start + timedelta(days=70 + 80 * number)].append(partial(waive, county, branch))
    for number in range(26):
        events[start + timedelta(days=40 + 27 * number)].append(partial(correct_something, county))


def merged_on(county: County) -> date:
    """The day on which two villages become one."""
    return county.start + timedelta(days=455)


def move_village(county: County, branch: Unit) -> None:
    """A village passes to the neighbouring township, with its branch."""
    village = Unit.objects.get(code=branch.code.removesuffix("-1"))
    townships = [u for u in county.units.values() if u.kind == "township" and u.code.startswith(MAIN)]
    to = next(u for u in townships if not village.path.startswith(u.path))
    actions.move_unit(
        actor=_user(county.accounts["county"]), unit=village, to=to, day=clock.today(), reason="行政区划调整（示例）"
    )


def merge_villages(county: County, branch: Unit) -> None:
    """Two villages of one township become one; so do their branches."""
    officer = _user(county.accounts["county"])
    village = Unit.objects.get(code=branch.code.removesuffix("-1"))
    into = Unit.objects.filter(kind="village", path__startswith=village.path[:-7], closed_on=None).exclude(pk=village.pk)[0]
    other = Unit.objects.get(code=f"{into.code}-1")
    actions.merge_unit(actor=officer, unit=branch, into=other, day=clock.today(), reason="撤并嘎查村（示例）")
    actions.merge_unit(actor=officer, unit=village, into=into, day=clock.today(), reason="撤并嘎查村（示例）")
    county.gone |= {branch.pk, village.pk}


def found_branch(county: County) -> None:
    """A private enterprise gets its own branch in mid-year; five members come over from another."""
    officer = _user(county.accounts["county"])
    today = clock.today()
    parent = next(u for u in county.units.values() if u.kind == "township" and u.code.startswith(MAIN))
    firm = actions.found_unit(
        actor=officer,
        code=f"{MAIN}-P99",
        name="新办牧业企业（示例）",
        kind="enterprise",
        parent=parent,
        since=today,
        field="private",
    )
    branch = actions.found_unit(
        actor=officer,
        code=f"{MAIN}-P99-1",
        name="新办牧业企业党支部（示例）",
        kind="branch",
        parent=firm,
        since=today,
        field="private",
        facts={"term_years": 3, "founded_on": today, "groups": 0},
    )
    old = max(
        (u for u in county.branches if u.field == "private" and u.code.startswith(MAIN)), key=lambda u: len(county.members[u.pk])
    )
    held = {post.person_id for post in old.posts.all()}
    for membership in old.memberships.filter(until=None).exclude(person__in=held).select_related("person", "unit")[:5]:
        actions.leave_unit(actor=officer, membership=membership, day=today, reason="转入新建支部")
        actions.join_unit(actor=officer, person=membership.person, unit=branch, kind=membership.kind, since=today)


def choose_replacements(county: County) -> tuple[list[Unit], list[Unit]]:
    """Three contact points that will be replaced, and the three branches of the same field that will be points instead."""
    shown = {"特门嘎查党支部", "良种场村党支部", "碧桂园社区党支部"}
    old = [unit for unit in county.points if unit.field == "village" and unit.name not in shown][-3:]
    free = [
        unit for unit in county.branches if unit.field == "village" and unit.code.startswith(MAIN) and unit not in county.points
    ]
    return old, free[:3]


def replace_points(county: County, old: list[Unit], new: list[Unit]) -> None:
    """Three contact points are replaced by three others, with their leaders; the number stays."""
    officer, today = _user(county.accounts["county"]), clock.today()
    for ended, begun in zip(old, new, strict=True):
        actions.end_designation(actor=officer, unit=ended, designation="contact_point", day=today, reason="任务完成，调整联系点")
        actions.designate(actor=officer, unit=begun, designation="contact_point", since=today)
        for post in ended.posts.filter(title=Title.CONTACT_LEADER, until=None):
            actions.end_post(actor=officer, post=post, day=today, reason="调整联系点")
            actions.give_post(actor=officer, person=post.person, unit=begun, title=Title.CONTACT_LEADER, since=today)


def waive(county: County, branch: Unit) -> None:
    """A branch need not hold its committee meetings this year: too few are there."""
    waive_clause(
        actor=_user(county.accounts["county"]),
        unit=branch,
        scheme="three-meetings-one-lesson",
        clause="committee",
        period=str(clock.today().year),
        reason="支委长期外出就医，由党员大会代行",
    )


def correct_something(county: County) -> None:
    """Somebody notices a mistake in what was written down lately, and corrects it."""
    recent = GatheringVersion.objects.standing().filter(entry__recorded_at__gte=clock.now() - timedelta(days=20))
    version = county.rng.choice(list(recent.select_related("entry", "gathering__unit").order_by("pk")[:200]))
    day = max(version.entry.happened_on - timedelta(days=1), version.entry.happened_on.replace(day=1))
    correct_gathering(
        actor=_user(secretary_of(county, version.gathering.unit)),
        gathering=version.gathering,
        kind=version.entry.kind.removeprefix("gatherings."),
        day=day,
        topic=f"{version.topic}（更正）",
        present=version.present,
        place=version.place,
        reason=county.rng.choice(life.REASONS),
    )
