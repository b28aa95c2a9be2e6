"""Several schemes worked out in one execution say what each says alone."""

import pytest

from lianxin.home.tests.conftest import in_force, november, town  # noqa: F401  # a county in which units stand differently
from lianxin.schemes import engines, queries


@pytest.mark.parametrize("most", [engines.MOST_ARGUMENTS, 7])
def test_together_is_what_each_says_alone(town, monkeypatch, most, django_assert_num_queries):  # noqa: F811
    monkeypatch.setattr(engines, "MOST_ARGUMENTS", most)
    versions = queries.published()
    reads = [queries.reading(scheme.key, versions=versions) for scheme in queries.schemes_in_force(versions=versions)]
    for ids in (None, [town.branch.pk]):
        alone = [queries.evaluate(read, ids=ids) for read in reads]
        with django_assert_num_queries(1):
            assert queries.evaluate_together(reads, ids=ids) == alone
        assert sum(map(bool, alone)) > 3
    assert queries.evaluate_together(reads, ids=[]) == [[] for _read in reads]
    assert queries.evaluate_together([]) == []
