"""Every figure opens: what is listed as counted is what was counted, and the rest says why not."""

from datetime import date

import pytest
from hypothesis import given

from lianxin.ledger.actions import record
from lianxin.schemes import actions, explain, queries
from lianxin.schemes.queries import Reading, evaluate
from lianxin.schemes.scheme import Each, Every
from lianxin.schemes.scratch import scratch
from lianxin.schemes.tests.pool import KINDS, TEXTS
from lianxin.schemes.tests.test_engines_agree import POOL, TOGETHER, frames
from lianxin.schemes.tests.worlds import worlds
from tests.world import World


@pytest.mark.django_db
def test_a_second_visit_on_one_day_is_listed_with_the_reason(world: World):
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    for day in (date(2025, 3, 2), date(2025, 3, 2), date(2025, 8, 9)):
        record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=day)
    why = queries.explain("contact-131", world.branch, as_of=date(2025, 9, 30))
    assert why is not None
    inspect = next(clause for clause in why.clauses if clause.row.clause == "inspect")
    assert [entry.happened_on for entry in inspect.counted] == [date(2025, 3, 2), date(2025, 8, 9)]
    assert [entry.why for entry in inspect.not_counted] == ["same_day"]
    assert "at_least: 3" in inspect.source


@pytest.mark.parametrize("key", TEXTS)
@TOGETHER
@given(records=worlds())
def test_as_many_entries_are_listed_as_were_counted(key: str, records):
    scheme = POOL[key]
    sources = (POOL["counts"], POOL["cells"])
    for frame in frames(key)[1:3]:
        read = Reading(scheme, frame, sources, KINDS)
        with scratch(records, "sqlite") as engine:
            for row in evaluate(read, engine=engine):
                clause = scheme.clause(row.clause)
                if clause is None or not explain.can_drill(clause) or type(clause.test).__name__ == "Ratio":
                    continue
                if row.state in ("not_applicable", "unknown", "waived") or clause.per or isinstance(clause.test, Every):
                    continue
                entries, _sql = explain.listed(read, row.clause, [row.unit_id], engine)
                counted = [entry for entry in entries if entry.why == "counted"]
                asked = clause.test.at_least if isinstance(clause.test, Each) else 1
                assert len(counted) == row.n * asked, (row, entries)
