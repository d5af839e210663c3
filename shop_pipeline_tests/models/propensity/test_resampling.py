"""Intervals hold what they promise, also where only a part of the customers is drawn."""

import numpy as np
import pytest

from shop_pipeline.models.propensity import resampling
from shop_pipeline.models.propensity.resampling import Customers, intervals, mean_differences


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


def test_rows_of_a_customer_are_drawn_together():
    # 300 customers of 12 rows that are all alike: what is known is 300 numbers, not 3,600.
    own = np.random.default_rng(1).normal(3, 2, 300)
    groups = np.random.default_rng(3).permutation(np.repeat(np.arange(300, dtype=np.int32), 12))
    values = own[groups]
    half = 1.96 * own.std() / np.sqrt(300)
    value, low, high = intervals(mean_of(values), 3600, np.random.default_rng(2), n_resamples=2000, groups=groups)
    np.testing.assert_allclose([low[0], high[0]], [value[0] - half, value[0] + half], atol=0.15 * half)
    apart = intervals(mean_of(values), 3600, np.random.default_rng(2), n_resamples=2000)
    assert (apart[2] - apart[1])[0] < 0.35 * (high - low)[0]
    (difference,) = mean_differences({"x": (values, 0 * values)}, np.random.default_rng(2), groups)
    assert (difference.low, difference.high) == pytest.approx((low[0], high[0]), abs=0.15 * half)


def test_of_many_customers_with_rows_some_are_drawn_and_the_spread_is_narrowed():
    own = np.random.default_rng(1).normal(3, 2, 4_000)
    values, groups = np.repeat(own, 5), np.repeat(np.arange(4_000, dtype=np.int32), 5)
    drawn_sizes = set()

    def mean(drawn):
        drawn_sizes.add(len(drawn))
        return np.array([values[drawn].mean()])

    value, low, high = intervals(mean, 20_000, np.random.default_rng(2), n_resamples=2000, groups=groups)
    half = 1.96 * own.std() / np.sqrt(4_000)
    np.testing.assert_allclose([low[0], high[0]], [value[0] - half, value[0] + half], atol=0.15 * half)
    assert drawn_sizes == {20_000, resampling.MOST_DRAWN}


def test_customers_with_more_and_fewer_rows_are_drawn_with_all_of_them():
    groups = np.array([7, 3, 7, 7, 3, 5], np.int32)
    rows_of = {3: [1, 4], 5: [5], 7: [0, 2, 3]}
    for seed in range(20):
        drawn = Customers(6, groups).draw(np.random.default_rng(seed))
        counts = {row: int(np.sum(drawn == row)) for row in range(6)}
        times = [{counts[row] for row in rows} for rows in rows_of.values()]
        assert all(len(each) == 1 for each in times)
        assert sum(each.pop() for each in times) == 3


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
