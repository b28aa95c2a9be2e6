"""A backup is made while people work, found damaged byte by byte, and restored elsewhere to the same rows."""

import json
import os
import random
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.house import COUNTY, ROOT, new_house

pytestmark = pytest.mark.xdist_group("backup")  # they share one house

SECRET = "correct horse battery staple"
LIFE = """
from lianxin.accounts.models import User
from lianxin.organizations.actions import NewUnit, found_units
from lianxin.organizations.models import Unit
from tests.world import OPENED, UNITS
found = {"152221": Unit.objects.get(code="152221")}
units = [
    NewUnit(code, name, kind, found.get(parent, parent), OPENED, field)
    for code, name, kind, field, parent in UNITS
    if code not in found
]
found_units(actor=User.objects.get(username="lianxin"), units=units)
from lianxin.cases.actions import Report, report_case
report_case(report=Report(sending="a phone's own key", place=Unit.objects.get(code="152221200203"), text="村口的水井不出水"))
"""
FOUND = """
from lianxin.cases import search
from lianxin.cases.models import Case
print(len(search.find(Case.objects.all(), search.terms_of("水井"), want=10).pks))
"""


@pytest.fixture(scope="module")
def house():
    """A lived-in house, with a backup and its exported keys beside it."""
    with new_house() as house:
        house.environment["LIANXIN_PASSPHRASE"] = SECRET
        house.python(LIFE)
        house.run("cases", "rules", "--own", "routing")
        own_routing(house).write_bytes(own_routing(house).read_bytes() + b"# our own\r\n")
        house.run("keys", "export", house.home / "exported")
        house.run("backup", house.home / "backup")
        yield house


def own_routing(house):
    return house.home / "rules" / "routing.yaml"


@contextmanager
def carried_from(house):
    """Another place, empty but for the keys of the house."""
    with new_house(made=False) as elsewhere:
        elsewhere.environment["LIANXIN_PASSPHRASE"] = SECRET
        elsewhere.run("keys", "import", house.home / "exported")
        yield elsewhere


@pytest.fixture(scope="module")
def elsewhere(house):
    with carried_from(house) as place:
        yield place


@pytest.fixture(scope="module")
def restored(house):
    """Another place, restored from the backup; and what was shown of it."""
    with carried_from(house) as place:
        yield place, table_of(place.run("restore", house.home / "backup").stdout)


def table_of(output):
    return [line.split("\t") for line in output.splitlines()]


def test_a_restored_copy_shows_table_rows_and_sha256_of_both_sides(restored):
    _place, shown = restored
    assert {row[0] for row in shown} >= {"ledger_entry", "organizations_unit", "accounts_user"}
    for _table, rows, rows_restored, sha256, sha256_restored, same in shown:
        assert (rows, sha256, "=") == (rows_restored, sha256_restored, same)
    assert {row[0]: row[1] for row in shown}["organizations_unit"] == "12"


def test_every_model_is_in_a_backup(restored):
    place, shown = restored
    kept = place.python(
        "from django.apps import apps\nfrom lianxin.config.backup import LEFT_OUT\n"
        "print(*{m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.managed} - LEFT_OUT)"
    )
    assert {row[0] for row in shown} == set(kept.split())


def test_a_restored_copy_can_be_worked_in_and_holds_what_the_backup_held(house, restored):
    place, _shown = restored
    place.python(
        "from lianxin.organizations.actions import found_unit\nfrom lianxin.organizations.models import Unit\n"
        "from lianxin.accounts.models import User\nimport datetime\n"
        "found_unit(actor=User.objects.get(username='lianxin'), code='152221999', name='新', kind='township',"
        " parent=Unit.objects.get(code='152221'), since=datetime.date(2026, 1, 1))"
    )
    said = place.run("verify", "--since", house.home / "backup").stderr
    assert "the chain is whole" in said and "changed or cut off" in said
    assert own_routing(place).read_bytes() == own_routing(house).read_bytes()
    assert place.python(FOUND) == "1"  # the index of words is no part of a backup: it was made anew


def part_of(position, backup):
    """Which part of the file a byte belongs to, worked out from the file alone."""
    header, manifest, _ = backup.split(b"\n", 2)
    start = len(header) + 1
    if position < start:
        return "the header"
    if position < start + len(manifest) + 1:
        return "the manifest"
    start += len(manifest) + 1
    for member in json.loads(manifest)["members"]:
        start += member["size"]
        if position < start:
            return f"table {member['table']}"
    raise AssertionError(position)


def test_one_flipped_byte_anywhere_is_found_and_named(house, tmp_path):
    good = (house.home / "backup").read_bytes()
    rng = random.Random(5)
    parts = {"the header": [], "the manifest": []}
    for position in range(len(good)):
        parts.setdefault(part_of(position, good), []).append(position)
    places = [
        place
        for positions in parts.values()
        for place in {positions[0], positions[-1], *rng.sample(positions, min(5, len(positions)))}
    ]
    damaged = tmp_path / "damaged"
    check = (
        "import sys\nfrom pathlib import Path\nfrom lianxin.config.backup import read_manifest, DamagedBackup\n"
        f"good = Path({str(house.home / 'backup')!r}).read_bytes(); damaged = Path({str(damaged)!r})\n"
        f"for place in {places!r}:\n"
        "    damaged.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1:])\n"
        "    try: read_manifest(damaged); print(place, 'nothing')\n"
        "    except DamagedBackup as part: print(place, part)\n"
    )
    named = {int(line.split(" ", 1)[0]): line.split(" ", 1)[1] for line in house.python(check).splitlines()}
    assert {place: named[place].split(":")[0] for place in places} == {place: part_of(place, good) for place in places}


@pytest.mark.parametrize("cut", [10, 400, -1, None])
def test_a_damaged_backup_restores_nothing(house, elsewhere, tmp_path, cut):
    whole = (house.home / "backup").read_bytes()
    part = part_of(cut % len(whole), whole) if cut else "the end"
    (tmp_path / "damaged").write_bytes(whole[:cut] if cut else whole + b"x")
    said = elsewhere.refuse("restore", tmp_path / "damaged")
    assert part in said
    assert "Nothing was restored" in said
    assert not elsewhere.database.exists()


def test_keys_are_not_in_a_backup_and_open_only_by_passphrase(house, tmp_path):
    for key in json.loads((house.home / "keys" / "keys.json").read_text()).values():
        for name in ("backup", "exported"):
            content = (house.home / name).read_bytes()
            assert key.encode() not in content
            assert bytes.fromhex(key) not in content
    with new_house(made=False) as place:
        place.environment["LIANXIN_PASSPHRASE"] = "not the passphrase"
        assert "does not open" in place.refuse("keys", "import", house.home / "exported")
        assert "keys import" in place.refuse("restore", house.home / "backup")


def test_with_other_keys_nothing_is_restored(house):
    with new_house(made=False) as other:  # one that is made is a copy, and has the keys of its pattern
        other.run("init", *COUNTY)
        assert "keys" in other.refuse("restore", house.home / "backup")


def test_restoring_into_a_house_that_is_lived_in_is_refused(house):
    assert "not empty" in house.refuse("restore", house.home / "backup")


def test_other_rules_that_are_there_already_are_not_written_over(house, elsewhere):
    own_routing(elsewhere).parent.mkdir()
    own_routing(elsewhere).write_text("mine")
    assert str(own_routing(elsewhere)) in elsewhere.refuse("restore", house.home / "backup")
    assert own_routing(elsewhere).read_text() == "mine"
    own_routing(elsewhere).unlink()


def test_an_existing_file_is_never_written_over(house, tmp_path):
    (tmp_path / "backup").write_text("mine")
    assert "is there already" in house.refuse("backup", tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "mine"


def test_a_mistyped_folder_is_not_made(house, tmp_path):
    assert "cannot be written" in house.refuse("backup", tmp_path / "no" / "backup")
    assert not (tmp_path / "no").exists()


WRITER = """
import itertools
from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations.actions import set_fact
from lianxin.organizations.models import Unit
actor, unit = User.objects.get(username="lianxin"), Unit.objects.get(code="152221")
for n in itertools.count(1):
    set_fact(actor=actor, unit=unit, key="term_years", value=n % 5 + 1, since=clock.today())
    print(n, flush=True)
"""


def test_a_backup_made_while_people_work_holds_one_instant(house, tmp_path):
    start = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'lianxin.config.settings'; django.setup()\n"
    command = [sys.executable, "-c", start + WRITER]
    with subprocess.Popen(command, cwd=ROOT, env=house.env, stdout=subprocess.PIPE, text=True) as writer:
        try:
            before = int(writer.stdout.readline())
            house.run("backup", tmp_path / "during")
            after = int(writer.stdout.readline())
        finally:
            writer.kill()
    with carried_from(house) as place:
        place.run("restore", tmp_path / "during")
        assert "the chain is whole" in place.run("verify").stderr
        facts = int(place.python("from lianxin.organizations.models import Fact\nprint(Fact.objects.count())"))
    assert 0 < before <= facts
    assert before < after


HELD = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "lianxin.config.settings"
django.setup()
from lianxin.config.backup import _snapshot
with _snapshot():
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_a_killed_backup_leaves_no_copy_of_the_county_for_long(tmp_path):
    with new_house(on_sqlite=True) as house:

        def copies():
            return [path.name for path in house.home.glob(".snapshot-*")]

        command = [sys.executable, "-c", HELD]
        with subprocess.Popen(command, cwd=ROOT, env=house.env, stdin=-1, stdout=-1, text=True) as under_way:
            try:
                assert under_way.stdout.readline() == "taken\n"
                [copy] = copies()
                house.run("backup", tmp_path / "meanwhile")
                assert copies() == [copy], "a backup under way keeps its own"
            finally:
                under_way.kill()
        assert copies() == [copy]
        house.run("backup", tmp_path / "next")
        assert copies() == []


@pytest.mark.postgresql
def test_a_county_outgrows_sqlite_and_moves_to_postgresql(tmp_path):
    if not os.environ.get("LIANXIN_DATABASE_URL"):
        pytest.skip("this run is on SQLite")
    with new_house(on_sqlite=True) as small:
        small.environment["LIANXIN_PASSPHRASE"] = SECRET
        small.python(LIFE)
        small.run("keys", "export", small.home / "exported")
        small.run("backup", small.home / "backup")
        with carried_from(small) as large:
            shown = table_of(large.run("restore", small.home / "backup").stdout)
            assert {row[-1] for row in shown} == {"="}
            assert "the chain is whole" in large.run("verify").stderr
            assert large.python(FOUND) == "1"
