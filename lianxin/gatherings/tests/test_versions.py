"""Recorded, corrected, taken back, held together, in any order: a plain list says what counts, and nothing said is lost."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.http import Http404
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from lianxin.gatherings import actions
from lianxin.gatherings.errors import GatheringError
from lianxin.gatherings.models import Gathering, GatheringVersion
from lianxin.ledger.errors import LedgerError
from lianxin.ledger.models import Entry

KINDS = st.sampled_from(["members_met", "committee_met", "lesson_held"])
DAYS = st.integers(0, 3).map(lambda days: date(2026, 3, 2) + timedelta(days=days))
MAY_CORRECT = ["secretary", "clerk", "township_officer", "county_officer"]
MAY_NOT = ["member", "contact_leader", "inspector", "sibling_secretary", "other_county_officer"]


class Gatherings(RuleBasedStateMachine):
    """A branch's year, written and rewritten. `told`: gathering → (unit, kind, day, topic) while it stands, else None."""

    world = None

    def __init__(self):
        super().__init__()
        self.kept = transaction.atomic()
        self.kept.__enter__()
        self.told, self.acts = {}, 0

    def teardown(self):
        transaction.set_rollback(True)
        self.kept.__exit__(None, None, None)

    def one(self, number):
        return list(self.told)[number % len(self.told)]

    @rule(kind=KINDS, day=DAYS, another=st.booleans())
    def record(self, kind, day, another):
        branch = self.world.branch
        there = any(now and now[:3] == (branch.pk, kind, day) for now in self.told.values())
        said = {"unit": branch, "kind": kind, "day": day, "topic": "议事", "another": another}
        try:
            version = actions.record_gathering(actor=self.world.user("secretary"), **said)
        except GatheringError as refused:
            assert refused.code == "same_day" and there and not another
        else:
            assert another or not there
            self.told[version.gathering_id] = (branch.pk, kind, day, "议事")
            self.acts += 1

    @precondition(lambda self: self.told)
    @rule(
        number=st.integers(0, 9), name=st.sampled_from(MAY_CORRECT + MAY_NOT), kind=KINDS, day=DAYS, topic=st.sampled_from("甲乙")
    )
    def correct(self, number, name, kind, day, topic):
        pk = self.one(number)
        now, gathering = self.told[pk], Gathering.objects.get(pk=pk)
        said = {"kind": kind, "day": day, "topic": topic, "present": None, "place": "", "reason": "记错"}
        try:
            actions.correct_gathering(actor=self.world.user(name), gathering=gathering, **said)
        except Http404:
            assert not self.may(name, gathering)
        except LedgerError as refused:
            assert refused.code == ("unchanged" if now else "taken_back")
            assert now is None or now[1:] == (kind, day, topic)
        else:
            assert now is not None and self.may(name, gathering)
            self.told[pk] = (gathering.unit_id, kind, day, topic)
            self.acts += 1

    @precondition(lambda self: self.told)
    @rule(number=st.integers(0, 9), name=st.sampled_from(MAY_CORRECT + MAY_NOT), reason=st.sampled_from(["记重", " "]))
    def take_back(self, number, name, reason):
        pk = self.one(number)
        gathering = Gathering.objects.get(pk=pk)
        try:
            actions.void_gathering(actor=self.world.user(name), gathering=gathering, reason=reason)
        except Http404:
            assert not self.may(name, gathering)
        except LedgerError as refused:
            assert refused.code == ("no_reason" if self.told[pk] else "taken_back")
        else:
            assert self.told[pk] is not None and self.may(name, gathering)
            self.told[pk] = None
            self.acts += 1

    @precondition(lambda self: self.told)
    @rule(number=st.integers(0, 9))
    def a_partner_joins(self, number):
        pk, partner = self.one(number), self.world.sibling_branch
        host = Gathering.objects.get(pk=pk)
        joined = Gathering.objects.filter(host=host, unit=partner).values_list("pk", flat=True).first()
        refusal = "taken_back" if self.told[pk] is None else "own_gathering" if host.unit_id == partner.pk else ""
        refusal = refusal or ("joined" if joined and self.told[joined] else "")
        try:
            version = actions.join_gathering(actor=self.world.user("sibling_secretary"), host=host, unit=partner)
        except (GatheringError, LedgerError) as refused:
            assert refused.code == refusal
        else:
            assert not refusal
            self.told[version.gathering_id] = (partner.pk, *self.told[pk][1:])
            self.acts += 1

    def may(self, name, gathering):
        """The unit's secretary and those above; a partner's own record is the partner's."""
        if gathering.unit_id == self.world.branch.pk:
            return name in MAY_CORRECT
        return name in ("sibling_secretary", "county_officer")

    @invariant()
    def what_counts_is_what_the_list_says(self):
        standing = Entry.objects.standing().filter(kind__startswith="gatherings.").exclude(kind="gatherings.gathering_voided")
        counted = Counter(standing.values_list("unit", "kind", "happened_on"))
        assert counted == Counter((now[0], f"gatherings.{now[1]}", now[2]) for now in self.told.values() if now)
        words = dict(GatheringVersion.objects.standing().values_list("gathering", "topic"))
        assert words == {pk: now[3] for pk, now in self.told.items() if now}

    @invariant()
    def every_act_left_one_entry_and_no_word_is_lost(self):
        entries = Entry.objects.filter(kind__startswith="gatherings.")
        assert entries.count() == self.acts
        assert GatheringVersion.objects.count() == entries.exclude(kind="gatherings.gathering_voided").count()
        for version in GatheringVersion.objects.select_related("entry__superseded_by__reason"):
            assert version.commitment in version.entry.evidence
            assert version.entry.valid_to is None or version.entry.superseded_by.reason.text


@pytest.mark.django_db
def test_in_whatever_order_what_counts_is_what_a_plain_list_says(world):
    Gatherings.world = world
    run_state_machine_as_test(Gatherings, settings=settings(max_examples=20, stateful_step_count=12, deadline=None))
