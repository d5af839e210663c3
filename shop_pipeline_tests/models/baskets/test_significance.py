"""Fisher's exact test against SciPy and against a count by hand; q-values against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, fisher_exact, hypergeom

from shop_pipeline.models.baskets.significance import log_factorials, log_p_values, log_q_values


def log_p(together: object, antecedent: object, consequent: object, among: object) -> np.ndarray:
    counts = (np.atleast_1d(np.asarray(each)) for each in (together, antecedent, consequent, among))
    k, a, b, n = np.broadcast_arrays(*counts)
    return log_p_values(k, a, b, n, log_factorials(int(n.max())))


def test_the_tea_of_fisher() -> None:
    """Four of eight cups have the milk first. Three right: (16 + 1) / 70, all four right: 1 / 70 (Fisher 1935)."""
    assert np.exp(log_p([4, 3, 0], 4, 4, 8)) == pytest.approx([1 / 70, 17 / 70, 1])


def test_every_table_of_thirty_baskets_is_as_scipy_has_it() -> None:
    tables = [(k, a, b) for a in range(31) for b in range(31) for k in range(max(0, a + b - 30), min(a, b) + 1)]
    k, a, b = np.array(tables).T
    assert np.exp(log_p(k, a, b, 30)) == pytest.approx(hypergeom.sf(k - 1, 30, a, b), rel=1e-10)
    one = (5, 9, 12)
    table = [[5, 4], [7, 14]]
    assert np.exp(log_p(*one, 30)) == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


def test_numbers_of_a_large_shop() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(1, 5000, (2, 200))
    k = np.minimum(rng.poisson(a * b / 1e5 * rng.choice([0.5, 1, 1.5], 200)), np.minimum(a, b))
    assert np.exp(log_p(k, a, b, 100_000)) == pytest.approx(hypergeom.sf(k - 1, 100_000, a, b), rel=1e-7)


def test_p_values_that_are_too_small_for_a_number_have_their_logarithm() -> None:
    """Two products in the same 1,000 of 10,000 baskets and in no other: one of C(10000, 1000) ways, e^-3246."""
    found = log_p(1000, 1000, 1000, 10_000)
    assert found == pytest.approx([-math.log(math.comb(10_000, 1000))], rel=1e-12)
    assert math.exp(found[0]) == 0


def test_each_rule_may_be_among_baskets_of_its_own() -> None:
    both = log_p([3, 3], [5, 5], [6, 6], [10, 20])
    assert both == pytest.approx([log_p(3, 5, 6, 10)[0], log_p(3, 5, 6, 20)[0]])
    assert both[0] > both[1]


@pytest.mark.parametrize("n_more", [0, 7, 1000])
def test_q_values_are_those_of_benjamini_and_hochberg(n_more: int) -> None:
    """What was not searched counts as p = 1."""
    p = np.concatenate([np.random.default_rng(1).random(40) ** 6, [0.01, 0.01, 1.0]])
    wanted = false_discovery_control(np.concatenate([p, np.ones(n_more)]))[: len(p)]
    assert np.exp(log_q_values(np.log(p), len(p) + n_more)) == pytest.approx(wanted)


def test_fewer_hypotheses_than_p_values_are_a_mistake() -> None:
    assert log_q_values(np.empty(0), 0).tolist() == []
    with pytest.raises(ValueError, match="2 p-values of 1 hypotheses"):
        log_q_values(np.zeros(2), 1)
