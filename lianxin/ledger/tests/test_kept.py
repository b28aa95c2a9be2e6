"""Kept values: worked out once per state of the ledger, never served stale."""

from lianxin.ledger import clock
from lianxin.ledger.kept import Head, Kept, ledger_head
from lianxin.ledger.models import Batch
from lianxin.organizations import actions
from tests.world import World


def test_a_value_is_worked_out_again_only_when_the_ledger_has_changed():
    kept: Kept[int] = Kept(2)
    made = []
    make = lambda: made.append(1) or len(made)  # noqa: E731
    first, second = Head(1, "a", 0), Head(2, "b", 0)
    assert [kept.get("x", first, make), kept.get("x", first, make), kept.get("x", second, make)] == [1, 1, 2]


def test_the_least_recently_used_value_goes_first():
    kept: Kept[str] = Kept(2)
    head = Head(1, "a", 0)
    for key in ("x", "y", "x", "z"):
        kept.get(key, head, lambda: "before")
    assert [kept.get(key, head, lambda: "after") for key in ("x", "z", "y")] == ["before", "before", "after"]


def test_an_act_moves_the_head(world: World):
    before = ledger_head()
    assert ledger_head() == before
    actions.set_fact(actor=world.user("county_officer"), unit=world.branch, key="groups", value=2, since=clock.today())
    assert ledger_head() != before


def test_an_import_that_becomes_visible_moves_the_head(world: World):
    batch = Batch.objects.create(sheet="visits", file_hash="", actor=world.user("county_officer"), created_at=clock.now())
    before = ledger_head()
    Batch.objects.filter(pk=batch.pk).update(visible=True)
    assert ledger_head() != before
