"""A county of so many cases and five entries each, written by the database itself: a million in minutes rather than days.

The rows are what the actions write, with these differences: the chain of the ledger is not computed (digests stand empty), and
one sealed text stands in many rows, with its salt (a text is bound to its row's salt, which may repeat). Texts are those of the
demonstration; the last of them are rare.
"""

from datetime import date, timedelta
from typing import Any

TOWNSHIPS, VILLAGES = 20, 30
"""Townships of the county, villages of each; every village has a branch."""
OPENED = date(2015, 1, 1)
DAYS = 1800
"""Over so many days back from today the cases were reported."""
RARE = 20
"""Texts of which each stands in one of 50,000 cases; the rest are common."""
PEOPLE = {
    "county": ("150000", "county_officer"),
    "township": ("150000003", "township_officer"),
    "secretary": ("150000003003-1", "secretary"),
    "small": ("150001001001-1", "secretary"),
}
"""Account → unit and title. `small` is of another county, where next to nothing happens."""


def make(cases: int) -> None:
    """Fill the database of this process: tables, units, people, cases."""
    from django.core.management import call_command
    from django.db import connection

    from lianxin.cases import tally

    call_command("migrate", verbosity=0)
    _found()
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        fast = ["SET session_replication_role = replica", "SET work_mem = '256MB'", "SET maintenance_work_mem = '512MB'"]
        faster = [f"PRAGMA {setting} = OFF" for setting in ("journal_mode", "synchronous", "foreign_keys")]
        for statement in fast if postgresql else faster:
            cursor.execute(statement)
        places, items, texts, replies = _ground(cursor)
        indexes = _drop_indexes(cursor)
        cursor.execute("SELECT max(id) FROM ledger_entry")
        (founded,) = cursor.fetchone()
        sizes = {
            "cases": cases,
            "founded": founded,
            "places": places,
            "items": items,
            "texts": texts - RARE,
            "rare": RARE,
            "replies": replies,
        }
        for statement in _filling(connection.vendor, sizes):
            cursor.execute(statement)
        for statement in indexes:
            cursor.execute(statement)
        for table in TABLES if postgresql else ():
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}) + 1)")
        tally.count_anew()
        cursor.execute("VACUUM ANALYZE" if postgresql else "PRAGMA journal_mode = WAL")


TABLES = ("cases_case", "cases_reporter", "cases_casestep", "cases_caseclock", "cases_part", "ledger_entry")


def _found() -> None:
    """Two counties, their people and the catalogue."""
    from lianxin.accounts.models import User
    from lianxin.cases.actions import seed_catalogue
    from lianxin.ledger import clock
    from lianxin.organizations import actions
    from lianxin.organizations.actions import NewPerson, NewUnit

    actor = User.objects.create_user("bench", created_at=clock.now())
    units = [NewUnit("150000", "测试旗", "county", None, OPENED), NewUnit("150001", "小旗", "county", None, OPENED)]
    for county, townships, villages in (("150000", TOWNSHIPS, VILLAGES), ("150001", 1, 1)):
        for t in range(1, townships + 1):
            township = f"{county}{t:03d}"
            units.append(NewUnit(township, f"第{t}镇", "township", county, OPENED))
            for v in range(1, villages + 1):
                village = f"{township}{v:03d}"
                units.append(NewUnit(village, f"第{t}镇第{v}嘎查", "village", township, OPENED))
                units.append(NewUnit(f"{village}-1", f"第{t}镇第{v}支部", "branch", village, OPENED))
    found = {unit.code: unit for unit in actions.found_units(actor=actor, units=units)}
    seed_catalogue(actor=actor, unit=found["150000"])
    people = actions.register_people(
        actor=actor,
        people=[
            NewPerson(f"B{n}", f"测试{n}", found[unit], OPENED, 1980, "", title)
            for n, (unit, title) in enumerate(PEOPLE.values())
        ],
    )
    for name, person in zip(PEOPLE, people, strict=True):
        person.user = User.objects.create_user(name, created_at=clock.now())
        person.save(update_fields=["user"])


def _ground(cursor: Any) -> tuple[int, ...]:
    """Small tables to choose from by number: places, items, sealed texts and replies with their tokens. Their sizes."""
    from pathlib import Path

    import yaml
    from django.db import connection

    from lianxin.accounts.sealing import seal
    from lianxin.cases import search
    from lianxin.cases.models import Item
    from lianxin.demo.folder import __file__ as beside
    from lianxin.ledger.proof import new_salt
    from lianxin.organizations.models import Unit

    binary, words = ("bytea", "integer[]") if connection.vendor == "postgresql" else ("blob", "text")
    cursor.execute("CREATE TABLE bench_place (n integer PRIMARY KEY, place bigint, branch bigint, county bigint, path text)")
    cursor.execute("CREATE TABLE bench_item (n integer PRIMARY KEY, item bigint, tier text)")
    for kind in ("text", "reply"):
        cursor.execute(f"CREATE TABLE bench_{kind} (n integer PRIMARY KEY, salt text, sealed {binary}, words {words})")
    units = {unit.code: unit for unit in Unit.objects.all()}
    villages = [unit for unit in units.values() if unit.kind == "village" and unit.code.startswith("150000")]
    cursor.executemany(
        "INSERT INTO bench_place VALUES (%s, %s, %s, %s, %s)",
        [(n, v.pk, units[f"{v.code}-1"].pk, units["150000"].pk, v.path) for n, v in enumerate(villages)],
    )
    items = list(Item.objects.filter(level=3))
    cursor.executemany("INSERT INTO bench_item VALUES (%s, %s, %s)", [(n, it.pk, it.tier) for n, it in enumerate(items)])
    said = yaml.safe_load((Path(beside).parent / "data" / "case_texts.yaml").read_text(encoding="utf-8"))
    reports = [text.replace("{spot}", f"东头第{n}户") for one in said.values() for n, text in enumerate(one["reports"], 1)]
    replies = [text for one in said.values() for text in one["replies"]]
    rare = [f"第{n}号牧道上有鸿雁受伤，翅膀折断了，请派人来看看" for n in range(RARE)]
    for kind, texts in (("text", reports + rare), ("reply", replies)):
        rows = []
        for n, text in enumerate(texts):
            salt = new_salt()
            tokens = search._written(search.tokens(search.grams(text)))
            rows.append((n, salt, seal(text, key="case", bound_to=salt), tokens))
        cursor.executemany(f"INSERT INTO bench_{kind} VALUES (%s, %s, %s, %s)", rows)
    return len(villages), len(items), len(reports) + RARE, len(replies)


def _drop_indexes(cursor: Any) -> list[str]:
    """Take the indexes away for the time of filling; what makes them again."""
    from django.db import connection

    listed = ", ".join(f"'{table}'" for table in (*TABLES, "cases_search"))
    if connection.vendor == "postgresql":
        cursor.execute(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({listed}) AND indexdef NOT LIKE 'CREATE UNIQUE%%'"
        )
    else:
        cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({listed}) AND sql NOT NULL")
    found = cursor.fetchall()
    for name, _sql in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [sql for _name, sql in found]


def _filling(vendor: str, sizes: dict[str, int]) -> list[str]:
    """The statements that fill the tables. What a case is follows from its number; the newest ones are open."""
    from lianxin.ledger import clock

    sqlite = vendor == "sqlite"
    total = sizes["cases"]
    first = clock.today() - timedelta(days=DAYS)
    numbers = (
        f"(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {total}) SELECT i FROM s)"
        if sqlite
        else f"generate_series(1, {total})"
    )
    day = f"(i * {DAYS}::bigint / {total})".replace("::bigint", "" if sqlite else "::bigint")
    on = f"date('{first}', '+' || {day} || ' days')" if sqlite else f"(DATE '{first}' + ({day})::integer)"
    at = f"datetime('{first}', '+' || {day} || ' days', '+9 hours')" if sqlite else f"({on} + INTERVAL '9 hours')"

    def later(days: int) -> str:
        return f"datetime('{first}', '+' || ({day} + {days}) || ' days')" if sqlite else f"({on} + INTERVAL '{days} days')"

    empty = "'{}'" if sqlite else "'{}'::jsonb"
    none = "'[]'" if sqlite else "'[]'::jsonb"
    false, true = ("0", "1") if sqlite else ("false", "true")
    open_ = f"i > {total} - {max(total // 50, 50)}"
    state = (
        f"CASE WHEN {open_} THEN CASE i % 10 WHEN 0 THEN 'unclaimed' WHEN 1 THEN 'dispatch' WHEN 2 THEN 'paused'"
        " WHEN 3 THEN 'contested' WHEN 4 THEN 'handled' ELSE 'led' END"
        " ELSE CASE i % 20 WHEN 0 THEN 'presumed' WHEN 1 THEN 'withdrawn' WHEN 2 THEN 'declined' ELSE 'solved' END END"
    )
    source = "CASE WHEN i % 1000 = 0 THEN 'open311' WHEN i % 7 = 0 THEN 'phone' WHEN i % 5 = 0 THEN 'code' ELSE 'web' END"
    waiting = f"({open_} AND i % 10 IN (0, 1))"
    text = f"CASE WHEN i % 2500 = 7 THEN {sizes['texts']} + (i / 2500) % {sizes['rare']} ELSE (i * 7919) % {sizes['texts']} END"
    reply = f"(i * 31) % {sizes['replies']}"
    place = f"(i * 7 + i / 997) % {sizes['places']}"
    item = f"(i * 13 + i / 89) % {sizes['items']}"
    moves = (
        (1, "report", "reported", "unclaimed", "p.place", "p.path", f"{at}"),
        (2, "claim", "claimed", "led", "p.branch", "p.path", f"{later(1)}"),
        (3, "answer", "answered", "led", "p.branch", "p.path", f"{later(2)}"),
        (4, "handle", "handled", "handled", "p.branch", "p.path", f"{later(6)}"),
        (5, "answer_yes", "solved", "solved", "p.branch", "p.path", f"{later(8)}"),
    )
    wide = "" if sqlite else "::bigint"
    source_of = f"FROM {numbers} AS g{'' if sqlite else '(i)'}"
    chosen = f"FROM (SELECT i{wide} AS i {source_of}) n"
    statements = [
        "INSERT INTO cases_case (id, county_id, place_id, item_id, tier, source, state, lead_id, mode, round, returns, escalated,"
        " flagged, reported_at, reported_on, handled_at, ended_at, clock, due_at)"
        f" SELECT i, p.county, p.place, t.item, t.tier, {source}, {state}, CASE WHEN {waiting} THEN NULL ELSE p.branch END,"
        f" CASE WHEN {waiting} THEN '' ELSE 'choice' END, 1, 0, {false}, {false}, {at}, {on},"
        f" CASE WHEN {open_} THEN NULL ELSE {later(6)} END, CASE WHEN {open_} THEN NULL ELSE {later(8)} END,"
        f" CASE WHEN {open_} THEN 'handle' ELSE '' END, CASE WHEN {open_} THEN {later(7)} END"
        f" {chosen} JOIN bench_place p ON p.n = {place} JOIN bench_item t ON t.n = {item}",
        "INSERT INTO cases_reporter (id, case_id, receipt, phone_index, language, network, by_proxy, joined_at, verdict, stars,"
        f" verdict_by) SELECT i, i, 'bench' || i, '', 'zh-hans', '', {false}, {at},"
        f" CASE WHEN {open_} THEN '' ELSE 'solved' END, CASE WHEN {open_} THEN NULL ELSE 3 + i % 3 END,"
        f" CASE WHEN {open_} THEN '' ELSE 'resident' END {chosen}",
    ]
    for number, move, kind, left, unit, path, when in moves:
        words = {1: "t.salt, t.sealed", 4: "r.salt, r.sealed"}.get(number, "'0123456789abcdef', NULL")
        day_of = f"date({when})" if sqlite else f"({when})::date"
        statements += [
            "INSERT INTO ledger_entry (id, kind, unit_id, unit_path, happened_on, recorded_at, actor_id, quantity, subject, data,"
            f" evidence, digest) SELECT {sizes['founded']} + (i - 1) * 5 + {number}, 'cases.{kind}', {unit}, {path}, {day_of},"
            f" {when}, 1, 1,"
            f" 'cases.case:' || i, {empty}, {none}, '' {chosen} JOIN bench_place p ON p.n = {place}",
            "INSERT INTO cases_casestep (id, entry_id, case_id, move, state, unit_id, reporter_id, shown, bound, salt, sealed)"
            f" SELECT (i - 1) * 5 + {number}, {sizes['founded']} + (i - 1) * 5 + {number}, i,"
            f" '{move}', '{left}', NULL, {'i' if number in (1, 5) else 'NULL'}, {true}, '', {words} {chosen}"
            f" JOIN bench_text t ON t.n = {text} JOIN bench_reply r ON r.n = {reply}",
        ]
    said = "t.words || ' ' || r.words" if sqlite else "t.words || r.words"
    statements += [
        "INSERT INTO cases_caseclock"
        " (id, case_id, name, round, unit_id, started_at, due_at, provisional, stopped_at, breached_at)"
        f" SELECT i, i, 'handle', 1, p.branch, {later(1)}, {later(7)}, {false}, CASE WHEN {open_} THEN NULL ELSE {later(6)} END,"
        f" CASE WHEN i % 17 = 0 THEN {later(7)} END {chosen} JOIN bench_place p ON p.n = {place}",
        f"INSERT INTO cases_part (id, case_id, unit_id, joint) SELECT i, i, q.branch, {true} {chosen}"
        f" JOIN bench_place q ON q.n = (i * 11) % {sizes['places']} WHERE i % 20 = 0",
        f"INSERT INTO cases_search ({'rowid' if sqlite else 'case_id'}, words) SELECT i, {said}"
        f" {chosen} JOIN bench_text t ON t.n = {text} JOIN bench_reply r ON r.n = {reply}",
    ]
    return statements
