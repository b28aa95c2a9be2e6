"""A backup is made while people work, found damaged byte by byte, and restored elsewhere to the same rows."""

import hashlib
import random
import subprocess
import sys

import pytest

from tests.house import COUNTY, ROOT, new_house

SECRET = "correct horse battery staple"
LIFE = """
from tests.world import make_world
from lianxin.accounts.models import User
from lianxin.organizations.models import Unit
if not Unit.objects.filter(code="152221200").exists():
    import tests.world as w
    w.UNITS = [unit for unit in w.UNITS if unit[0] != "152221"]
    w.World.county
    from lianxin.organizations.actions import NewUnit, found_units
    actor = User.objects.get(username="lianxin")
    found_units(actor=actor, units=[NewUnit(c, n, k, Unit.objects.filter(code=p).first() or p, w.OPENED, f) for c, n, k, f, p in w.UNITS])
"""


@pytest.fixture(scope="module")
def house():
    with new_house() as house:
        house.environment["LIANXIN_PASSPHRASE"] = SECRET
        house.python(LIFE)
        yield house


@pytest.fixture
def carried(house, other_house, tmp_path):
    """Another place, with the keys of the house; and a backup of the house."""
    other_house.environment["LIANXIN_PASSPHRASE"] = SECRET
    house.run("keys", "export", tmp_path / "keys")
    house.run("backup", tmp_path / "backup")
    other_house.run("keys", "import", tmp_path / "keys")
    return other_house, tmp_path / "backup"


def table_of(output):
    return [line.split("\t") for line in output.splitlines()]


def test_a_restored_copy_shows_table_rows_and_sha256_of_both_sides(house, carried):
    elsewhere, backup = carried
    shown = table_of(elsewhere.run("restore", backup).stdout)
    assert {row[0] for row in shown} >= {"ledger_entry", "organizations_unit", "accounts_user"}
    for _table, rows, restored, sha256, found, same in shown:
        assert (rows, sha256, "=") == (restored, found, same)
    assert {row[0]: row[1] for row in shown}["organizations_unit"] == "12"
    assert "the chain is whole" in elsewhere.run("verify").stderr
    again = backup.parent / "again"
    elsewhere.run("backup", again)
    assert table_of(elsewhere.run("restore", again, ok=False).stdout) == []  # it is not empty any more


def test_a_restored_copy_can_be_worked_in(carried):
    elsewhere, backup = carried
    elsewhere.run("restore", backup)
    added = elsewhere.python(
        "from lianxin.organizations.actions import found_unit\nfrom lianxin.organizations.models import Unit\n"
        "from lianxin.accounts.models import User\nimport datetime\n"
        "print(found_unit(actor=User.objects.get(username='lianxin'), code='152221999', name='新', kind='township',"
        " parent=Unit.objects.get(code='152221'), since=datetime.date(2026, 1, 1)).pk)"
    )
    assert int(added) > 12
    assert "the chain is whole" in elsewhere.run("verify").stderr


def test_every_model_is_in_a_backup(carried):
    elsewhere, backup = carried
    listed = {row[0] for row in table_of(elsewhere.run("restore", backup).stdout)}
    kept = elsewhere.python(
        "from django.apps import apps\nfrom lianxin.config.backup import LEFT_OUT\n"
        "print(*{m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.managed} - LEFT_OUT)"
    )
    assert listed == set(kept.split())


def part_of(position, backup):
    """Which part of the file a byte belongs to, worked out from the file alone."""
    import json

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
    house.run("backup", tmp_path / "backup")
    good = (tmp_path / "backup").read_bytes()
    rng = random.Random(5)
    parts = {"the header": [], "the manifest": []}
    for position in range(len(good)):
        parts.setdefault(part_of(position, good), []).append(position)
    places = [place for positions in parts.values() for place in {positions[0], positions[-1], *rng.sample(positions, min(5, len(positions)))}]
    damaged = tmp_path / "damaged"
    check = (
        "import sys\nfrom pathlib import Path\nfrom lianxin.config.backup import read_manifest, DamagedBackup\n"
        f"good = Path({str(tmp_path / 'backup')!r}).read_bytes(); damaged = Path({str(damaged)!r})\n"
        f"for place in {places!r}:\n"
        "    damaged.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1:])\n"
        "    try: read_manifest(damaged); print(place, 'nothing')\n"
        "    except DamagedBackup as part: print(place, part)\n"
    )
    named = {int(line.split(" ", 1)[0]): line.split(" ", 1)[1] for line in house.python(check).splitlines()}
    assert {place: named[place].split(":")[0] for place in places} == {place: part_of(place, good) for place in places}


@pytest.mark.parametrize(("cut", "part"), [(10, "the header"), (400, "the manifest"), (-1, "table organizations_unit"), (None, "the end")])
def test_a_file_cut_short_or_longer_is_refused(house, carried, cut, part):
    elsewhere, backup = carried
    whole = backup.read_bytes()
    backup.write_bytes(whole[:cut] if cut else whole + b"x")
    assert part in elsewhere.refuse("restore", backup)


def test_a_damaged_backup_restores_nothing(carried):
    elsewhere, backup = carried
    content = bytearray(backup.read_bytes())
    content[-20] ^= 4
    backup.write_bytes(content)
    assert "table organizations_unit" in elsewhere.refuse("restore", backup)
    assert not elsewhere.database.exists()


def test_keys_are_not_in_a_backup_and_open_only_by_passphrase(house, other_house, tmp_path):
    house.run("backup", tmp_path / "backup")
    house.run("keys", "export", tmp_path / "keys")
    import json

    for key in json.loads((house.home / "keys" / "keys.json").read_text()).values():
        for name in ("backup", "keys"):
            content = (tmp_path / name).read_bytes()
            assert key.encode() not in content
            assert bytes.fromhex(key) not in content
    other_house.environment["LIANXIN_PASSPHRASE"] = "not the passphrase"
    assert "does not open" in other_house.refuse("keys", "import", tmp_path / "keys")
    assert "keys import" in other_house.refuse("restore", tmp_path / "backup")


def test_with_other_keys_nothing_is_restored(house, other_house, tmp_path):
    house.run("backup", tmp_path / "backup")
    other_house.run("init", *COUNTY)
    assert "keys" in other_house.refuse("restore", tmp_path / "backup")


def test_restoring_into_a_house_that_is_lived_in_is_refused(house, tmp_path):
    house.run("backup", tmp_path / "backup")
    assert "not empty" in house.refuse("restore", tmp_path / "backup")


def test_an_existing_file_is_never_written_over(house, tmp_path):
    (tmp_path / "backup").write_text("mine")
    assert "is there already" in house.refuse("backup", tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "mine"


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


def test_a_backup_made_while_people_work_holds_one_instant(house, carried):
    elsewhere, _ = carried
    start = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'lianxin.config.settings'; django.setup()\n"
    command = [sys.executable, "-c", start + WRITER]
    with subprocess.Popen(command, cwd=ROOT, env=house.env, stdout=subprocess.PIPE, text=True) as writer:
        try:
            before = int(writer.stdout.readline())
            during = elsewhere.home / "during"
            house.run("backup", during)
            after = int(writer.stdout.readline())
        finally:
            writer.kill()
    assert after > before
    elsewhere.run("restore", during)
    assert "the chain is whole" in elsewhere.run("verify").stderr
    facts = elsewhere.python("from lianxin.organizations.models import Fact\nprint(Fact.objects.count())")
    assert before <= int(facts)


def test_the_header_names_the_manifest_by_its_hash(house, tmp_path):
    house.run("backup", tmp_path / "backup")
    header, manifest, _ = (tmp_path / "backup").read_bytes().split(b"\n", 2)
    assert header.split()[1].decode() == hashlib.sha256(manifest + b"\n").hexdigest()
