"""Intervals hold what they promise, also where only a part of the customers is drawn."""

import numpy as np
import pytest

from shop_pipeline.models.propensity import resampling
from shop_pipeline.models.propensity.resampling import intervals, mean_differences


def mean_of(values):
    return lambda drawn: np.array([values[drawn].mean()])


@pytest.mark.parametrize("n", [400, 20_000])
def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says(n):
    # 20,000 are more than are drawn: there the spread is narrowed.
    values = np.random.default_rng(1).normal(3, 2, n)
    value, low, high = intervals(mean_of(values), n, np.random.default_rng(2), n_resamples=2000)
    assert value[0] == values.mean()
    half = 1.96 * values.std() / np.sqrt(n)
    np.testing.assert_allclose([low[0], high[0]], [values.mean() - half, values.mean() + half], atol=0.15 * half)


def test_a_difference_by_hand_and_its_sign():
    own, rival = np.array([1.0, 2.0, 3.0] * 100), np.array([2.0, 2.0, 5.0] * 100)
    better, same = mean_differences({"better": (own, rival), "same": (own, own)}, np.random.default_rng(1))
    assert better.value == -1
    assert better.low < -1 < better.high < 0
    assert (same.metric, same.value, same.low, same.high) == ("same", 0, 0, 0)


def test_a_figure_that_is_larger_in_every_resample_lies_in_its_interval():
    # The distance of a mean from 0 is 0 here, and in no resample.
    values = np.array([1.0, -1.0] * 200)
    value, low, high = intervals(lambda drawn: np.abs([values[drawn].mean()]), 400, np.random.default_rng(1))
    assert value[0] == 0
    assert low[0] < 0 < high[0]


def test_what_is_not_defined_has_no_interval():
    value, low, high = intervals(lambda _: np.array([np.nan, 1.0]), 10, np.random.default_rng(1))
    assert np.isnan([value[0], low[0], high[0]]).all()
    assert (value[1], low[1], high[1]) == (1, 1, 1)


def test_resamples_in_which_it_is_not_defined_are_left_out():
    values = np.array([1.0, 2.0, 3.0])
    found = intervals(lambda drawn: np.array([np.nan if len(set(drawn)) < 2 else values[drawn].mean()]), 3,
                      np.random.default_rng(1))  # fmt: skip
    assert np.isfinite(found).all()


def test_the_same_seed_gives_the_same_bits_and_cost_is_bounded():
    drawn_sizes = set()

    def statistic(drawn):
        drawn_sizes.add(len(drawn))
        return np.array([drawn.mean()])

    first, second = (intervals(statistic, 100_000, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert drawn_sizes == {100_000, resampling.MOST_DRAWN}
