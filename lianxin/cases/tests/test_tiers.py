"""How long things may take, as the file says; a mistake in it is named with its place."""

import pytest

from lianxin.cases.data_files import DataError, package_file
from lianxin.cases.models import ClockName, Tier
from lianxin.cases.tiers import Span, read_tiers, tiers

TEXT = package_file("tiers").read_text(encoding="utf-8")


def test_the_sample_follows_the_practice_of_two_hours_a_day_seven_and_fifteen_days():
    rules = tiers()
    assert rules.span("danger", ClockName.RESPOND) == Span(hours=2)
    assert rules.span("supply", ClockName.RESPOND) == Span(hours=24)
    assert rules.span("ordinary", ClockName.HANDLE) == Span(days=7)
    assert rules.span("difficult", ClockName.HANDLE) == Span(days=15)


@pytest.mark.parametrize("tier", Tier.values)
def test_another_round_is_never_longer_than_the_first(tier):
    first, again = (tiers().span(tier, ClockName.HANDLE, again=later) for later in (False, True))
    assert (again.hours or again.days * 24) < (first.hours or first.days * 24)


def test_a_kind_without_a_capacity_of_its_own_has_the_default():
    assert (tiers().most_led("team"), tiers().most_led("village")) == (8, 40)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("handle: 7d", "handle: 7w", "tiers.ordinary.handle"),
        ("handle: 7d", "handle: 7", "tiers.ordinary.handle"),
        ("handle: 7d", "handle: 0d", "tiers.ordinary.handle"),
        ("handle: 7d", "handle: -7d", "tiers.ordinary.handle"),
        ("handle: 7d", "handle: 1000000d", "tiers.ordinary.handle"),
        (",  handle: 7d", "", "tiers.ordinary"),
        ("  ordinary:  {", "  ordinry:  {", "ordinary"),
        ("again: {ordinary: 3d, ", "again: {", "again"),
        ("verdict: 10d", "verdict: soon", "verdict"),
        ("pause: {most: 30d}", "pause: {most: 30h}", "pause.most"),
        ("times: 2", "times: 0", "extension.times"),
        ("redos: 3", 'redos: "3"', "escalate.redos"),
        ("branch: 12", "brunch: 12", "capacity.brunch"),
        ("default: 40", "village: 40", "default"),
        ("call_back: {of: 10}", "call_back: 10", "call_back"),
        ("call_back: {of: 10}", "", "call_back"),
        ("verdict: 10d", "verdict: 10d\nverdict: 11d", "verdict"),
        ("tiers:", "tiers: [", "YAML"),
        ("tiers:", "? [tiers]\n:", "YAML"),
        ("times: 2", "times: 2000000000", "extension.times"),
        (TEXT, "", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(before, after, said):
    assert before in TEXT
    with pytest.raises(DataError, match=r"^tiers\.yaml：") as refused:
        read_tiers(TEXT.replace(before, after, 1))
    assert said in str(refused.value)
