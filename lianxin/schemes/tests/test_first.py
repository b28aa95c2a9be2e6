from datetime import date

import pytest

from lianxin.ledger.actions import record
from lianxin.schemes import actions, queries
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_contact_point_owes_what_131_asks(world: World):
    actions.seed_library(actor=world.user("county_officer"), unit=world.county)
    for day in (date(2025, 3, 2), date(2025, 3, 2), date(2025, 8, 9)):
        record(actor=world.user("contact_leader"), kind="liaison.inspected", unit=world.branch, happened_on=day)
    rows = {row.clause: row for row in queries.standings("contact-131", units=[world.branch], as_of=date(2025, 9, 30))}
    inspect = rows["inspect"]
    assert (inspect.n, inspect.need, inspect.missing, inspect.due, inspect.state) == (2, 3, 1, date(2025, 12, 31), "pending")
    assert rows["research"].state == "not_started"
    assert rows[""].state == "pending"
    for scheme in queries.schemes_in_force(date(2025, 9, 30)):
        found = queries.standings(scheme.key, as_of=date(2025, 9, 30))
        print(
            scheme,
            [
                (
                    row.unit_code,
                    row.clause,
                    row.n,
                    row.need,
                    row.missing,
                    row.due,
                    row.state,
                    row.pace,
                    row.alert,
                    row.score,
                    row.stars,
                )
                for row in found
            ],
        )
    for item in queries.owed(world.user("secretary"), as_of=date(2025, 12, 1)):
        print(item.text, item.row.unit_name)
