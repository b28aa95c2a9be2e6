"""Somebody with every right on the database changes what was recorded: `verify` finds it and names it."""

from contextlib import contextmanager, nullcontext
from datetime import date
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from django.db import connection
from django.utils import translation

from lianxin.config import commands
from lianxin.config.verify import NoHead, read_head, verify
from lianxin.gatherings import actions as gatherings
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.guard import install_triggers
from lianxin.ledger.models import Entry
from lianxin.liaison import actions as liaison
from lianxin.organizations import actions as organizations
from lianxin.organizations.models import Post
from lianxin.schemes.actions import seal_period, seed_library
from lianxin.schemes.models import Standing, Version

DAY = date(2026, 3, 5)


@pytest.fixture(autouse=True)
def in_english(default_language):
    with translation.override("en"):
        yield


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def unguarded():
    """Behind the back of the product: triggers off, and on again so that nobody sees."""
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    for kind in ("update", "delete"):
        run(f"DROP TRIGGER keep_no_{kind}_ledger_entry{on}")
    yield
    install_triggers()


def places():
    return [finding.place for finding in verify().findings]


def test_an_honest_ledger_is_whole(world):
    report = verify()
    assert report.findings == []
    assert report.entries == Entry.objects.count() > 10
    assert report.head is not None
    assert report.head.entry == Entry.objects.latest("id").pk


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("quantity", 99),
        ("happened_on", "2021-01-01"),
        ("recorded_at", "2021-01-01 08:00:00"),
        ("kind", "organizations.election_held"),
        ("subject", "other:1"),
        ("unit_path", "0000001"),
    ],
)
def test_an_edited_entry_is_named(world, column, value):
    entry = Entry.objects.order_by("id")[5]
    with unguarded():
        run(f"UPDATE ledger_entry SET {column} = %s WHERE id = %s", value, entry.pk)
    finding, *_its_unit = verify().findings
    assert finding.place == f"ledger_entry {entry.pk}"
    assert entry.digest.startswith(finding.found.split()[1])
    assert finding.expected not in entry.digest


def test_an_entry_taken_out_of_the_middle_is_missed(world):
    first = record(actor=world.user("secretary"), kind="accounts.invited", unit=world.branch, happened_on=clock.today())
    second = record(actor=world.user("secretary"), kind="accounts.accepted", unit=world.branch, happened_on=clock.today())
    before = Entry.objects.filter(pk__lt=first.pk).latest("id")
    with unguarded():
        run("DELETE FROM ledger_entry WHERE id = %s", first.pk)
    with translation.override("en"):
        [finding] = verify().findings
    assert finding.place == f"ledger_entry {second.pk} (or what stood between {before.pk} and it)"


def test_an_entry_reopened_or_closed_behind_the_ledgers_back_is_named(world):
    entry = Entry.objects.order_by("id").last()
    with unguarded():
        run("UPDATE ledger_entry SET valid_to = %s WHERE id = %s", clock.now(), entry.pk)
    assert places() == [f"ledger_entry {entry.pk} valid_to"]


def test_a_dropped_trigger_is_named(world):
    on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER keep_no_update_ledger_entry{on}")
    [finding] = verify().findings
    assert "keep_no_update_ledger_entry" in finding.place


@contextmanager
def unguarded_table(table):
    """Behind the back of the product, in another table."""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    for kind in ("update", "delete"):
        run(f"DROP TRIGGER keep_no_{kind}_{table}{on}")
    yield
    install_triggers()


YEAR = clock.today().year
INSPECT = f"contact-131 {YEAR} 152221200203-1 inspect"


@pytest.fixture
def sealed(world):
    """This year of 131, sealed when its books had closed."""
    seed_library(actor=world.user("county_officer"), unit=world.county)
    record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=date(YEAR, 1, 1))
    with clock.standing_at(clock.instant(date(YEAR + 1, 2, 1), 9)):
        seal_period(actor=world.user("county_officer"), scheme="contact-131", period=str(YEAR), unit=world.county)
    return Standing.objects.get(unit=world.branch, clause="inspect")


def test_sealed_verdicts_come_out_as_they_were_sealed(sealed):
    report = verify()
    assert report.findings == []
    assert report.standings == Standing.objects.count() == 8


@pytest.mark.parametrize(
    ("column", "value"), [("n", 3), ("state", "waived"), ("known_as_of", "2021-01-01 00:00:00"), ("clause", "x")]
)
def test_a_changed_sealed_verdict_is_named_with_both_figures(sealed, column, value):
    with unguarded_table("schemes_standing"):
        run(f"UPDATE schemes_standing SET {column} = %s WHERE id = %s", value, sealed.pk)
    finding = next(finding for finding in verify().findings if "152221200203-1 inspect" in finding.place)
    assert INSPECT in finding.place
    assert str(value) in finding.found or column == "clause"
    assert str(value) not in finding.expected


def test_a_sealed_verdict_taken_away_is_missed(sealed):
    with unguarded_table("schemes_standing"):
        run("DELETE FROM schemes_standing WHERE id = %s", sealed.pk)
    [finding] = verify().findings
    assert (finding.place, finding.found) == (INSPECT, "–")


def test_a_placement_changed_behind_the_back_shows_in_what_was_sealed(sealed):
    with unguarded_table("organizations_designation"):
        run("UPDATE organizations_designation SET since = %s WHERE unit_id = %s", date(YEAR, 7, 1), sealed.unit_id)
    assert any(place.endswith(INSPECT) for place in places())


def test_a_published_text_changed_afterwards_is_named(sealed):
    version = Version.objects.get(key="contact-131")
    with unguarded_table("schemes_version"):
        run("UPDATE schemes_version SET text = %s WHERE id = %s", version.text.replace("at_least: 3", "at_least: 1"), version.pk)
    assert any(place == f"schemes_version {version.pk}" for place in places())


def test_the_command_names_what_changed_and_fails(sealed, monkeypatch):
    monkeypatch.setattr(commands, "current_folder", lambda: SimpleNamespace(exists=True))
    done = CliRunner().invoke(commands.verify)
    assert done.exit_code == 0 and "8" in done.stderr
    with unguarded_table("schemes_standing"):
        run("UPDATE schemes_standing SET n = 3 WHERE id = %s", sealed.pk)
    done = CliRunner().invoke(commands.verify)
    assert done.exit_code == 1
    assert INSPECT in done.stdout


# --- what rooms keep in words ----------------------------------------------------------------------------------------


@pytest.fixture
def life(world):
    """A visit and its correction, a problem confirmed, a gathering: every sort of words there is."""
    leader, secretary = world.people["contact_leader"], world.user("secretary")
    said = {"kind": "inspection", "day": DAY, "visitor": leader}
    visit = liaison.record_visit(actor=leader.user, unit=world.branch, findings="in order", **said).visit
    liaison.correct_visit(actor=leader.user, visit=visit, findings="all in order", reason="a slip", **said)
    handled = {"matter": "no water", "remedy": "a pump", "leader": leader}
    problem = liaison.handle_problem(actor=leader.user, unit=world.branch, day=DAY, **handled).problem
    liaison.confirm_problem(actor=secretary, problem=problem)
    met = {"kind": "members_met", "day": DAY, "topic": "the well", "present": 9, "place": "hall"}
    gatherings.record_gathering(actor=secretary, unit=world.branch, **met)
    assert verify().findings == []
    assert verify().rows == 2 + 1 + 2 + 1, "versions, a reason, steps, a gathering"
    return world


WORDS = [
    ("liaison_visitversion", "findings", "never came"),
    ("liaison_visitversion", "visitor_id", "another person"),
    ("liaison_problemstep", "remedy", "ten pumps"),
    ("gatherings_gatheringversion", "topic", "study"),
    ("gatherings_gatheringversion", "present", 99),
    ("ledger_reason", "text", "as ordered"),
]


@pytest.mark.parametrize(("table", "column", "value"), WORDS)
def test_an_edited_word_of_a_room_is_named(life, table, column, value):
    key = first_key(table)
    run(f"UPDATE {table} SET {column} = %s WHERE id = %s", life.people["head"].pk if column == "visitor_id" else value, key)
    [found] = places()
    assert found.split(" (")[0] == f"{table} {key}"


@pytest.mark.parametrize("table", sorted({table for table, *_ in WORDS}))
def test_a_row_taken_away_is_missed_at_its_entry(life, table):
    entry = the(f"SELECT entry_id FROM {table} ORDER BY id")
    run(f"DELETE FROM {table} WHERE id = %s", first_key(table))
    assert places() == [f"ledger_entry {entry}"]


def test_a_problem_called_solved_by_nobody_is_named(life):
    run("UPDATE liaison_problem SET state = 'handled'")
    assert places() == [f"liaison_problem {first_key('liaison_problem')}"]


def test_a_visit_moved_to_another_unit_is_named(life):
    run("UPDATE liaison_visit SET unit_id = %s", life.sibling_branch.pk)
    report = verify()
    assert {finding.place.split()[0] for finding in report.findings} == {"liaison_visitversion"}
    assert {finding.found for finding in report.findings} == {str(life.sibling_branch.pk)}


def test_a_visit_hung_under_another_visits_entry_is_named(life):
    leader = life.people["contact_leader"]
    other = liaison.record_visit(actor=leader.user, unit=life.branch, kind="research", day=DAY, visitor=leader)
    run("UPDATE liaison_visitversion SET visit_id = %s WHERE id = %s", other.visit_id, first_key("liaison_visitversion"))
    assert places() == [f"liaison_visitversion {first_key('liaison_visitversion')}"]


def the(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def first_key(table):
    return the(f"SELECT id FROM {table} ORDER BY id")


# --- the tree, and who stands where in it ----------------------------------------------------------------------------


@pytest.fixture
def changed_tree(world):
    """Every sort of act on the tree and its people."""
    by, branch, day = {"actor": world.user("county_officer")}, world.branch, clock.today()
    person = world.people["head"]
    organizations.join_unit(person=person, unit=world.sibling_branch, kind="rural", since=DAY, **by)
    row = organizations.join_unit(person=person, unit=world.group, kind="rural", since=DAY, **by)
    organizations.leave_unit(membership=row, day=day, reason="moved", **by)
    post = organizations.give_post(person=person, unit=branch, title="committee_member", since=DAY, **by)
    organizations.end_post(post=post, day=day, reason="a slip", **by)
    secretary = world.people["secretary"]
    organizations.hold_election(unit=branch, day=day, elected=[(secretary, "secretary"), (person, "deputy_secretary")], **by)
    organizations.designate(unit=branch, designation="weak", since=DAY, **by)
    organizations.end_designation(unit=branch, designation="weak", day=day, reason="mended", **by)
    organizations.designate(unit=branch, designation="benchmark", since=DAY, until=date(2031, 1, 1), **by)
    organizations.set_fact(unit=branch, key="groups", value=3, since=DAY, **by)
    organizations.set_fact(unit=branch, key="groups", value=4, since=day, **by)
    passing = {"kind": "branch", "field": "village", "since": DAY, "facts": {"term_years": 5}}
    new = organizations.found_unit(code="new-1", name="新支部", parent=world.village, **passing, **by)
    organizations.join_unit(person=person, unit=new, kind="rural", since=DAY, **by)
    organizations.rename_unit(unit=new, name="旧支部", day=day, reason="its name", **by)
    organizations.merge_unit(unit=new, into=world.sibling_branch, day=day, reason="too small", **by)
    organizations.move_unit(unit=world.village, to=world.sibling, day=day, reason="new borders", **by)
    assert verify().findings == []
    return world


ROWS = [
    ("post", "title", "county_officer"),
    ("post", "since", "2020-01-01"),
    ("post", "until", "2035-01-01"),
    ("membership", "kind", "away"),
    ("membership", "until", "2026-03-06"),
    ("placement", "name", "another name"),
    ("placement", "since", "2026-01-05"),
    ("placement", "path", "0000001"),
    ("designation", "designation", "benchmark"),
    ("designation", "until", "2035-01-01"),
    ("fact", "value", "9"),
    ("fact", "valid_to", "2026-03-06 08:00:00"),
]


@pytest.mark.parametrize(("table", "column", "value"), ROWS)
def test_a_row_of_the_tree_edited_behind_the_triggers_is_named(changed_tree, table, column, value):
    table = f"organizations_{table}"
    key = the(f"SELECT max(id) FROM {table} WHERE {'until IS NOT NULL' if column == 'until' else 'until IS NULL'}")
    if table in ("organizations_post", "organizations_membership"):
        run(f"UPDATE {table} SET {column} = %s WHERE id = %s", value, key)
    else:
        with unguarded_table(table):
            run(f"UPDATE {table} SET {column} = %s WHERE id = %s", value, key)
    assert any(place.startswith((table, "organizations_unit")) for place in places())


@pytest.mark.parametrize("table", ["post", "membership", "designation"])
def test_a_row_of_the_tree_taken_away_is_missed(changed_tree, table):
    table = f"organizations_{table}"
    key = the(f"SELECT max(id) FROM {table} WHERE until IS NULL") or the(f"SELECT max(id) FROM {table}")
    with unguarded_table(table) if table == "organizations_designation" else nullcontext():
        run(f"DELETE FROM {table} WHERE id = %s", key)
    assert any(place.startswith(table) for place in places())


def test_a_post_that_nobody_gave_is_named(changed_tree):
    thief, county = changed_tree.people["head"], changed_tree.county
    post = Post.objects.create(person=thief, unit=county, title="county_officer", since=DAY)
    assert places() == [f"organizations_post {post.pk}"]


def test_what_older_versions_wrote_is_not_called_changed(world, monkeypatch):
    """Before entries told what they made, and before steps of problems were proved."""
    by, head, today = {"actor": world.user("county_officer")}, world.people["head"], clock.today()
    monkeypatch.setattr("lianxin.organizations.actions.people._said", lambda _new: {})
    monkeypatch.setattr("lianxin.organizations.actions.units._said", lambda _facts: {})
    old = {"code": "old-1", "name": "老支部", "kind": "branch", "parent": world.village, "since": DAY, "facts": {"term_years": 5}}
    unit = organizations.found_unit(**old, **by)
    person = organizations.register_person(code="old-2", name="老书记", unit=unit, since=DAY, title="secretary", **by)
    monkeypatch.setattr("lianxin.ledger.versions.record", without_evidence)
    leader = world.people["contact_leader"]
    liaison.handle_problem(actor=leader.user, unit=world.branch, day=DAY, matter="no water", remedy="a pump", leader=leader)
    report = verify()
    assert (report.findings, report.unproved) == ([], 3), "a post, a fact, a step"
    Post.objects.filter(person=person).update(unit=world.branch)
    assert [place.split()[0] for place in places() if place.startswith("organizations_post")]
    Post.objects.filter(person=person).update(unit=unit)
    organizations.hold_election(unit=unit, day=today, elected=[(head, "secretary")], **by)
    assert verify().findings == []


def without_evidence(*, evidence=(), **act):
    return record(**act)


# --- the tail, which no chain can miss by itself ---------------------------------------------------------------------


def cut_off_after(entry):
    with unguarded():
        run("UPDATE ledger_entry SET valid_to = NULL WHERE id <= %s", entry)
        for table in ("ledger_reason", "gatherings_gatheringversion", "gatherings_gathering"):
            column = "id" if table == "gatherings_gathering" else "entry_id"
            run(f"DELETE FROM {table} WHERE {column} > %s", 0 if column == "id" else entry)
        run("DELETE FROM ledger_entry WHERE id > %s", entry)


def test_a_cut_tail_shows_against_a_head_kept_elsewhere(world):
    before = Entry.objects.latest("id").pk
    met = {"kind": "members_met", "day": DAY, "topic": "the well"}
    gatherings.record_gathering(actor=world.user("secretary"), unit=world.branch, **met)
    head = verify().head
    assert verify(head).findings == []
    cut_off_after(before)
    assert verify().findings == [], "the chain alone cannot know"
    [finding] = verify(head).findings
    assert finding.place == f"ledger_entry {head.entry}"
    assert str(before) in finding.found
    assert head.digest in finding.expected


def test_a_tail_cut_and_written_anew_shows_too(world):
    before = Entry.objects.latest("id").pk
    act = {"actor": world.user("secretary"), "unit": world.branch, "happened_on": clock.today()}
    record(kind="accounts.invited", **act)
    head = verify().head
    cut_off_after(before)
    forged = record(kind="accounts.accepted", **act)
    assert verify().findings == []
    place = f"ledger_entry {head.entry}"
    assert [finding.place for finding in verify(head).findings] == [place]
    assert forged.digest != head.digest


def test_an_earlier_head_is_still_in_the_chain_after_more_work(world):
    head = verify().head
    record(actor=world.user("secretary"), kind="accounts.invited", unit=world.branch, happened_on=clock.today())
    assert verify().head.entry > head.entry
    assert verify(head).findings == []


def test_a_head_is_read_from_a_line_a_file_or_a_backup(world, tmp_path):
    head = verify().head
    (tmp_path / "head").write_text(f"{head}\n")
    assert read_head(str(head)) == read_head(str(tmp_path / "head")) == head
    for nonsense in ("12", f"0{head}0", str(tmp_path), "/etc/hostname", ""):
        with pytest.raises(NoHead):
            read_head(nonsense)


def test_the_command_prints_the_head_and_holds_an_earlier_one_against_the_ledger(world, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "current_folder", lambda: SimpleNamespace(exists=True))

    def said(*words):
        return CliRunner().invoke(commands.verify, [str(word) for word in words])

    (tmp_path / "head").write_text(said().stdout)
    record(actor=world.user("secretary"), kind="accounts.invited", unit=world.branch, happened_on=clock.today())
    done = said("--since", tmp_path / "head")
    assert done.exit_code == 0 and "changed or cut off" in done.stderr
    entry, _digest = done.stdout.split()
    assert int(entry) == Entry.objects.latest("id").pk
    forged = said("--since", f"{entry} {'0' * 64}")
    assert forged.exit_code == 1 and f"ledger_entry {entry}" in forged.stdout
    assert said("--since", "yesterday").exit_code == 1
