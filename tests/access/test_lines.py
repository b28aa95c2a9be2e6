"""Each line of defence stands alone: an action and a query refuse by themselves, whatever the gate before them let through.

The matrix asks through addresses, where one line covers for the next. Here each is called directly, by somebody who may and by
somebody who may not: an action that is not theirs is a 404 and writes nothing, a query that is not theirs finds nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.http import Http404

from lianxin.gatherings import actions as gatherings
from lianxin.gatherings import queries as of_gatherings
from lianxin.imports import queries as of_imports
from lianxin.ledger import clock, moments
from lianxin.ledger.models import Entry
from lianxin.liaison import actions as liaison
from lianxin.liaison import queries as of_liaison
from lianxin.organizations import committees, exports, invitations, people
from lianxin.organizations import queries as of_units
from lianxin.organizations.access import VISIT_RECORD, may_correct
from lianxin.organizations.models import ExportRequest, Post
from lianxin.reminders import queries as of_reminders
from lianxin.reminders.actions import open_feed
from tests.world import World

DAY = date(2026, 3, 5)


class Lived:
    """The small world with a visit, a problem and a gathering at the branch, and a request to take a list out of the township."""

    def __init__(self, world: World) -> None:
        self.world = world
        leader, secretary = world.people["contact_leader"], world.user("secretary")
        visit = {"unit": world.branch, "kind": "inspection", "day": DAY, "visitor": leader, "findings": "x"}
        self.visit = liaison.record_visit(actor=leader.user, **visit).visit
        told = {"day": DAY, "leader": leader, "matter": "no water"}
        self.problem = liaison.handle_problem(actor=leader.user, unit=world.branch, **told).problem
        self.returned = liaison.handle_problem(actor=leader.user, unit=world.branch, **told).problem
        liaison.reject_problem(actor=secretary, problem=self.returned, reason="still none")
        met = {"unit": world.branch, "kind": "members_met", "day": DAY, "topic": "x"}
        self.gathering = gatherings.record_gathering(actor=secretary, **met).gathering
        self.export = exports.Export("people", "x", world.township, ["a"], [["b"]])
        self.request = exports.request_export(
            actor=world.user("county_officer"), export=self.export, reason="for the archive", address="/"
        )
        ExportRequest.objects.filter(pk=self.request.pk).update(user=world.user("auditor"))
        self.request.refresh_from_db()


@pytest.fixture
def lived(world: World) -> Lived:
    return Lived(world)


# --- actions ---------------------------------------------------------------------------------------------------------

RESEARCH = {"kind": "research", "day": DAY}
CORRECTED = {"kind": "research", "day": DAY, "findings": "y", "reason": "a slip"}
HELD_ANEW = {"kind": "members_met", "day": DAY, "topic": "y", "present": 3, "place": "", "reason": "a slip"}
MET = {"kind": "lesson_held", "day": DAY, "topic": "x"}

ACTIONS: dict[str, tuple[str, Iterable[str], Callable[[Lived, Any], object]]] = {
    # name: who may, who may not, the call
    "record a visit": (
        "contact_leader", ["head", "member", "sibling_secretary", "auditor", "county_officer"],
        lambda at, by: liaison.record_visit(actor=by, unit=at.world.branch, visitor=at.world.people["head"], **RESEARCH),
    ),
    "record research as an inspector": (
        "contact_leader", ["inspector"],
        lambda at, by: liaison.record_visit(actor=by, unit=at.world.branch, visitor=at.world.people["head"], **RESEARCH),
    ),
    "correct a visit": (
        "secretary", ["sibling_secretary", "member", "head", "inspector", "auditor"],
        lambda at, by: liaison.correct_visit(actor=by, visit=at.visit, visitor=at.world.people["contact_leader"], **CORRECTED),
    ),
    "take a visit back": (
        "contact_leader", ["sibling_secretary", "member", "head", "inspector"],
        lambda at, by: liaison.void_visit(actor=by, visit=at.visit, reason="x"),
    ),
    "handle a problem": (
        "contact_leader", ["secretary", "member", "inspector", "county_officer"],
        lambda at, by: liaison.handle_problem(
            actor=by, unit=at.world.branch, day=DAY, leader=at.world.people["contact_leader"], matter="x"
        ),
    ),
    "handle it again": (
        "contact_leader", ["secretary", "member", "sibling_secretary"],
        lambda at, by: liaison.handle_again(actor=by, problem=at.returned, day=DAY, matter="x", remedy="y"),
    ),
    "confirm a problem": (
        "secretary", ["contact_leader", "county_officer", "township_officer", "member", "sibling_secretary"],
        lambda at, by: liaison.confirm_problem(actor=by, problem=at.problem),
    ),
    "reject a problem": (
        "secretary", ["contact_leader", "county_officer", "township_officer", "member", "sibling_secretary"],
        lambda at, by: liaison.reject_problem(actor=by, problem=at.problem, reason="x"),
    ),
    "withdraw a problem": (
        "contact_leader", ["member", "sibling_secretary", "inspector", "head"],
        lambda at, by: liaison.withdraw_problem(actor=by, problem=at.problem, reason="x"),
    ),
    "record a gathering": (
        "secretary", ["sibling_secretary", "contact_leader", "member", "township_officer", "county_officer"],
        lambda at, by: gatherings.record_gathering(actor=by, unit=at.world.branch, **MET),
    ),
    "correct a gathering": (
        "township_officer", ["sibling_secretary", "sibling_officer", "contact_leader", "member", "inspector"],
        lambda at, by: gatherings.correct_gathering(actor=by, gathering=at.gathering, **HELD_ANEW),
    ),
    "take a gathering back": (
        "secretary", ["sibling_secretary", "contact_leader", "member", "inspector"],
        lambda at, by: gatherings.void_gathering(actor=by, gathering=at.gathering, reason="x"),
    ),
    "join a gathering": (
        "sibling_secretary", ["secretary", "contact_leader", "township_officer"],
        lambda at, by: gatherings.join_gathering(actor=by, host=at.gathering, unit=at.world.sibling_branch),
    ),
    "take a list out": (
        "county_officer", ["township_officer", "other_county_officer", "auditor", "secretary"],
        lambda at, by: exports.export_list(actor=by, export=at.export, reason="for the archive", form="csv", address="/"),
    ),
    "ask for a list": (
        "county_officer", ["township_officer", "other_county_officer", "auditor"],
        lambda at, by: exports.request_export(actor=by, export=at.export, reason="for the archive", address="/"),
    ),
    "decide on a list": (
        "county_officer", ["township_officer", "other_county_officer", "inspector"],
        lambda at, by: exports.decide_export(actor=by, request=at.request, approve=True),
    ),
    "open a phone": (
        "township_officer", ["secretary", "sibling_officer", "inspector", "auditor"],
        lambda at, by: reveal(at, by),
    ),
    "make a link": (
        "administrator", ["county_officer", "auditor"],
        lambda at, by: invitations.invite_people(actor=by, people=[at.world.people["member"]]),
    ),
    "close an account": (
        "administrator", ["county_officer", "auditor"],
        lambda at, by: invitations.deactivate_account(actor=by, person=at.world.people["member"]),
    ),
}  # fmt: skip


def reveal(lived: Lived, by: Any) -> people.Opened:
    person = lived.world.people["member"]
    people.seal_phone(person, "13800000001")
    person.save()
    return people.reveal_phone(actor=by, person=person, reason="he is waited for")


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_refuses_whoever_may_not(lived: Lived, name: str) -> None:
    who_may, others, act = ACTIONS[name]
    before = Entry.objects.count()
    for role in others:
        with pytest.raises(Http404), transaction.atomic():
            act(lived, lived.world.user(role))
            pytest.fail(f"{role} may {name}")
        assert Entry.objects.count() == before
    act(lived, lived.world.user(who_may))
    assert Entry.objects.count() == before + 1


# --- queries ---------------------------------------------------------------------------------------------------------

NOW = moments.today()
SHOWN: dict[str, tuple[str, Iterable[str], Callable[[Lived, Any], object]]] = {
    # name: who finds it, who does not, the call
    "a visit": (
        "inspector", ["member", "auditor", "sibling_officer"],
        lambda at, by: of_liaison.visit_page(by, at.visit.pk),
    ),
    "a visit to correct": (
        "township_officer", ["inspector", "sibling_officer", "member"],
        lambda at, by: of_liaison.visit_to_correct(by, at.visit.pk),
    ),
    "a problem": (
        "secretary", ["member", "auditor", "sibling_officer"],
        lambda at, by: of_liaison.problem_page(by, at.problem.pk),
    ),
    "a problem to confirm": (
        "secretary", ["contact_leader", "inspector", "member"],
        lambda at, by: of_liaison.problem_to_move(by, at.problem.pk, "confirm"),
    ),
    "a gathering": (
        "inspector", ["member", "auditor", "other_secretary"],
        lambda at, by: of_gatherings.gathering_page(by, at.gathering.pk),
    ),
    "a gathering to correct": (
        "secretary", ["inspector", "contact_leader", "member"],
        lambda at, by: of_gatherings.gathering_to_correct(by, at.gathering.pk),
    ),
    "a link to join": (
        "sibling_secretary", ["contact_leader", "county_officer", "secretary"],
        lambda at, by: of_gatherings.invitation_for(by, at.gathering.pk, of_gatherings.sign(at.gathering)),
    ),
    "an entry": (
        "auditor", ["member", "sibling_officer", "head"],
        lambda at, by: of_units.entry_for(by, at.visit.versions.get().entry_id),
    ),
    "a person": (
        "secretary", ["member", "sibling_officer", "inspector"],
        lambda at, by: people.person_for(by, at.world.people["member"].pk),
    ),
    "a request": (
        "county_officer", ["township_officer", "other_county_officer", "inspector"],
        lambda at, by: exports.request_for(by, at.request.pk),
    ),
    "the accounts": (
        "administrator", ["county_officer", "auditor"],
        lambda at, by: invitations.people_to_administer(by),
    ),
    "accounts by code": (
        "administrator", ["county_officer", "auditor"], lambda at, by: invitations.people_by_code(by, ["T010"]),
    ),
    "the access log": ("auditor", ["county_officer", "inspector"], lambda at, by: people.access_log(by)),
    "the sheet of units": (
        "county_officer", ["township_officer", "secretary"],
        lambda at, by: of_imports.sheet_for(by, "units"),
    ),
    "the sheet of visits": (
        "township_officer", ["secretary", "inspector"],
        lambda at, by: of_imports.sheet_for(by, "visits"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_query_finds_nothing_for_whoever_may_not(lived: Lived, name: str) -> None:
    who_may, others, ask = SHOWN[name]
    assert ask(lived, lived.world.user(who_may))
    for role in others:
        with pytest.raises(Http404):
            ask(lived, lived.world.user(role))
            pytest.fail(f"{role} is shown {name}")


LISTED: dict[str, tuple[str, Iterable[str], Callable[[Lived, Any], Iterable[object]]]] = {
    # name: whose list holds it, whose does not, the list
    "visits": (
        "inspector", ["sibling_officer", "other_county_officer", "member"],
        lambda at, by: of_liaison.visits_for(by),
    ),
    "problems": (
        "secretary", ["sibling_officer", "other_secretary", "member"],
        lambda at, by: of_liaison.problems_for(by),
    ),
    "problems to confirm": (
        "secretary", ["contact_leader", "sibling_secretary", "county_officer"],
        lambda at, by: of_liaison.waiting_for(by),
    ),
    "problems that came back": ("contact_leader", ["secretary", "head"], lambda at, by: of_liaison.returned_to(by)),
    "problems awaited": ("contact_leader", ["secretary", "head"], lambda at, by: of_liaison.awaited_by(by)),
    "gatherings": (
        "inspector", ["sibling_officer", "other_secretary", "member"],
        lambda at, by: of_gatherings.gathering_list(by, {}).page.object_list,
    ),
    "entries of visits": (
        "auditor", ["member", "sibling_officer", "head"],
        lambda at, by: of_units.entries_for(by).filter(kind="liaison.inspected"),
    ),
    "requests": (
        "county_officer", ["township_officer", "other_county_officer", "inspector"],
        lambda at, by: exports.requests_for(by),
    ),
    "people": ("secretary", ["member", "inspector"], lambda at, by: people.people_for(by)),
    "members": (
        "secretary", ["member", "inspector", "sibling_officer"],
        lambda at, by: of_units.members_within(by, of_units.placement_of(at.world.branch, NOW), NOW),
    ),
    "elections": (
        "township_officer", ["administrator", "former"], lambda at, by: committees.elections_for(by, NOW, 1200),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_a_list_leaves_out_what_is_not_theirs(lived: Lived, name: str) -> None:
    who_may, others, ask = LISTED[name]
    assert list(ask(lived, lived.world.user(who_may)))
    for role in others:
        if role != "former":
            assert list(ask(lived, lived.world.user(role))) == [], f"{role}: {name}"


def test_elections_are_those_of_ones_own_reach(lived: Lived) -> None:
    def codes(role: str) -> set[str]:
        return {term.unit.code for term in committees.elections_for(lived.world.user(role), NOW, 1200)}

    assert codes("township_officer") == {"152221200203-1"}
    assert codes("sibling_officer") == {"152221100003-1"}
    assert codes("other_county_officer") == {"150302001002-1"}


def test_a_calendars_address_opens_one_persons_calendar_and_no_other(lived: Lived) -> None:
    user = lived.world.user("secretary")
    token = open_feed(actor=user)
    assert of_reminders.feed_of(user) == token
    assert of_reminders.user_behind(token) == user
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), "a" * len(token)):
        with pytest.raises(Http404):
            of_reminders.user_behind(wrong)


def test_the_link_of_a_gathering_taken_back_leads_nowhere(lived: Lived) -> None:
    signature, partner = of_gatherings.sign(lived.gathering), lived.world.user("sibling_secretary")
    assert of_gatherings.invitation_for(partner, lived.gathering.pk, signature)
    gatherings.void_gathering(actor=lived.world.user("secretary"), gathering=lived.gathering, reason="it was another day")
    with pytest.raises(Http404):
        of_gatherings.invitation_for(partner, lived.gathering.pk, signature)


def test_a_unit_is_found_by_its_code_within_reach_only(lived: Lived) -> None:
    def at(role: str) -> str:
        return of_units.tree(lived.world.user(role), NOW, at=lived.world.sibling_branch.code).at.name

    assert at("county_officer") == lived.world.sibling_branch.name
    for role in ("township_officer", "member", "other_county_officer"):
        with pytest.raises(Http404):
            at(role)


def test_today_is_the_day_of_the_clock() -> None:
    assert NOW.day == clock.today()


def test_whoever_recorded_a_thing_corrects_it_as_long_as_they_record_there(lived: Lived) -> None:
    unit, versions = lived.world.branch, lived.visit.versions

    def may(name: str) -> bool:
        return may_correct(lived.world.copy().user(name), unit, versions.all(), VISIT_RECORD)

    names = ("secretary", "township_officer", "sibling_secretary", "contact_leader", "member")
    assert [name for name in names if may(name)] == ["secretary", "township_officer", "contact_leader"]
    post = Post.objects.get(person=lived.world.people["contact_leader"])
    Post.objects.create(person=lived.world.people["head"], unit=unit, title=post.title, since=post.since)
    assert not may("head"), "records there, but not this"
    Post.objects.filter(pk=post.pk).update(unit=lived.world.sibling_branch)
    assert not may("contact_leader"), "recorded this, but no longer records there"
