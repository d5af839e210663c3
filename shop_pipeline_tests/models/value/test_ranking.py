"""Concentration and rank correlation: by hand, against SciPy, and weights against repeated customers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.ranking import Curve, Ordering, rank_correlation

ONCE = np.ones((1, 4))
VALUES = np.array([6.0, 0, 3, 1])


def curve(score: DoubleArray, weights: DoubleArray = ONCE, values: DoubleArray = VALUES) -> Curve:
    return Curve.of(Ordering.of(score), weights, values)


def test_the_best_order() -> None:
    """6, 3, 1, 0 of 10: the curve passes .6, .9, 1, 1; its area is .25 (.3 + .75 + .95 + 1) = .75, so the Gini .5.

    A tenth of four customers is .4 of the first one, who has .6: .24.
    """
    best = curve(VALUES)
    assert best.value[0] == pytest.approx([0, 0.6, 0.9, 1, 1])
    assert best.gini()[0] == pytest.approx(0.5)
    assert best.value_of_first(0.1)[0] == pytest.approx(0.24)
    assert best.value_of_first(0.5)[0] == pytest.approx(0.9)
    assert curve(-VALUES).gini()[0] == pytest.approx(-0.5)


def test_ties_share_evenly() -> None:
    """The first two customers tie at the top: their 6 of 10 are .3 each. All tied: Gini 0."""
    tied = curve(np.array([2.0, 2, 1, 0]))
    assert tied.value_of_first(0.25)[0] == pytest.approx(0.3)
    nothing = curve(np.zeros(4))
    assert nothing.gini()[0] == pytest.approx(0)
    assert nothing.value_of_first(0.1)[0] == pytest.approx(0.1)


def test_no_value_at_all_is_nan() -> None:
    assert np.isnan(curve(VALUES, values=np.zeros(4)).gini()).all()


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_repeated_customers(seed: int) -> None:
    """Of drawn counts, many ties and some weights of 0; rank correlation is that of SciPy."""
    rng = np.random.default_rng(seed)
    score = rng.poisson(1.0, 40).astype(float)
    values = score + rng.poisson(2.0, 40)
    weights = rng.integers(0, 4, (3, 40)).astype(float)
    found = rank_correlation(Ordering.of(score), Ordering.of(values), weights)
    weighted = curve(score, weights, values)
    for place, row in enumerate(weights.astype(int)):
        scores, repeated = np.repeat(score, row), np.repeat(values, row)
        alone = curve(scores, np.ones((1, row.sum())), repeated)
        assert found[place] == pytest.approx(spearmanr(scores, repeated)[0])
        assert weighted.gini()[place] == pytest.approx(alone.gini()[0])
        assert weighted.value_of_first(0.1)[place] == pytest.approx(alone.value_of_first(0.1)[0])


def test_rank_correlation_with_a_constant_is_nan() -> None:
    assert np.isnan(rank_correlation(Ordering.of(np.zeros(4)), Ordering.of(VALUES), ONCE)).all()
