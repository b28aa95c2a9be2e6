"""`record()` writes what a room declared, by somebody, of a day that has come, at a unit that was open; and nothing else."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.errors import LedgerError
from lianxin.ledger.models import Batch, Entry, Reason
from lianxin.organizations import actions
from tests.world import OPENED

DAY = date(2026, 3, 5)


@pytest.fixture
def act(world):
    """An act that is in order, and becomes one that is not by one change."""
    return {"actor": world.user("contact_leader"), "kind": "liaison.inspected", "unit": world.branch, "happened_on": DAY}


def refused(rule, act, **changes):
    """Asked with these changes, it is refused by that rule, in a sentence, and nothing is written; without them it is written."""
    before = Entry.objects.count()
    with pytest.raises(LedgerError) as refusal, transaction.atomic():
        record(**{**act, **changes})
    assert refusal.value.code == rule
    assert Entry.objects.count() == before
    [sentence] = refusal.value.messages
    record(**act)
    assert Entry.objects.count() == before + 1
    return sentence


def test_a_kind_no_room_declares_is_refused(act):
    assert "liaison.inspektion" in refused("undeclared_kind", act, kind="liaison.inspektion")


def test_a_field_its_kind_does_not_declare_is_refused(act):
    assert "notes" in refused("undeclared_field", act, data={"notes": "went well"})


@pytest.mark.parametrize("value", ["five", 5.0, None, True, [5]])
def test_a_field_of_another_type_is_refused(world, act, value):
    election = {**act, "kind": "organizations.election_held", "data": {"seats": 5, "one_shoulder": False}}
    assert "seats" in refused("wrong_type", election, data={"seats": value, "one_shoulder": False})


def test_a_day_that_has_not_come_is_refused_and_today_is_not(act):
    tomorrow = clock.today() + timedelta(days=1)
    assert str(tomorrow) in refused("future", {**act, "happened_on": clock.today()}, happened_on=tomorrow)


def test_the_day_ends_at_midnight_in_shanghai(act):
    midnight = clock.instant(date(2026, 6, 2))
    with clock.standing_at(midnight - timedelta(seconds=1)), pytest.raises(LedgerError), transaction.atomic():
        record(**{**act, "happened_on": date(2026, 6, 2)})
    with clock.standing_at(midnight):
        assert record(**{**act, "happened_on": date(2026, 6, 2)}).recorded_at == midnight


def test_a_unit_that_was_closed_on_the_day_is_refused(world, act):
    group = {**act, "unit": world.group}
    actions.close_unit(actor=world.user("county_officer"), unit=world.group, day=DAY, reason="x")
    sentence = refused("closed", {**group, "happened_on": DAY - timedelta(days=1)}, happened_on=DAY)
    assert world.group.name in sentence


def test_a_unit_that_was_not_there_yet_is_refused(world, act):
    refused("not_open", {**act, "happened_on": OPENED}, happened_on=OPENED - timedelta(days=1))


def test_nobody_cannot_act(world, act):
    gone = User.objects.create_user("gone", created_at=clock.now())
    gone.is_active = False
    for nobody in (None, User(username="unsaved"), gone):
        refused("no_actor", act, actor=nobody)


def test_a_correction_needs_a_reason_and_is_made_once(world, act):
    entry = record(**act)
    refused("no_reason", act, supersedes=entry, reason="  ")
    later = record(**act, supersedes=entry, reason=" a slip ")
    entry.refresh_from_db()
    assert entry.valid_to == later.recorded_at
    assert Reason.objects.get(entry=later).text == "a slip"
    refused("superseded", act, supersedes=entry, reason="again")


def test_credit_stays_where_the_work_was_done(world, act):
    before = world.branch.path
    entry = record(**act)
    actions.move_unit(
        actor=world.user("county_officer"), unit=world.branch, to=world.units["152221100003"], day=date(2026, 5, 1), reason="x"
    )
    world.reload()
    assert world.branch.path != before
    assert Entry.objects.get(pk=entry.pk).unit_path == before
    assert record(**{**act, "unit": world.branch, "happened_on": date(2026, 4, 30)}).unit_path == before
    assert record(**{**act, "unit": world.branch, "happened_on": date(2026, 5, 1)}).unit_path == world.branch.path


def test_of_many_all_are_written_or_none(world, act):
    actor = act.pop("actor")
    right, wrong = Act(**act), Act(**{**act, "happened_on": clock.today() + timedelta(days=1)})
    before = Entry.objects.count()
    with pytest.raises(LedgerError), transaction.atomic():
        record_many(actor=actor, acts=[right, wrong])
    assert Entry.objects.count() == before
    first, second = record_many(actor=actor, acts=[right, right])
    assert (first.recorded_at, first.pk + 1) == (second.recorded_at, second.pk)
    assert first.digest != second.digest


def test_entries_of_an_import_are_hidden_until_it_is_made_visible(world, act):
    batch = Batch.objects.create(sheet="visits", file_hash="", actor=act["actor"], created_at=clock.now())
    [entry] = record_many(actor=act.pop("actor"), acts=[Act(**act)], batch=batch)
    assert not Entry.objects.standing().filter(pk=entry.pk).exists()
    shown = entry.recorded_at + timedelta(days=3)
    Batch.objects.filter(pk=batch.pk).update(visible=True, visible_at=shown)
    assert Entry.objects.standing().filter(pk=entry.pk).exists()
    assert not Entry.objects.known_at(shown - timedelta(seconds=1)).filter(pk=entry.pk).exists()
    assert Entry.objects.known_at(shown).filter(pk=entry.pk).exists()


def test_a_quantity_below_nothing_does_not_enter(act):
    with pytest.raises(IntegrityError), transaction.atomic():
        record(**act, quantity=-1)


def test_two_clocks_tell_what_had_happened_from_what_was_known(act):
    early, late = clock.instant(date(2026, 3, 6)), clock.instant(date(2026, 4, 1))
    with clock.standing_at(early):
        entry = record(**act)
    with clock.standing_at(late):
        corrected = record(**act, supersedes=entry, reason="x")
    mine = Entry.objects.filter(pk__in=(entry.pk, corrected.pk))
    assert [*mine.known_at(early)] == [entry]
    assert [*mine.known_at(late)] == [corrected]
    assert not mine.known_at(early - timedelta(seconds=1)).exists()
    assert not mine.happened_by(DAY - timedelta(days=1)).exists()
