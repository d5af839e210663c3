"""Intervals that hold what they promise, and the same bits however many threads make them."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.evaluation import bootstrap
from shop_pipeline.models.evaluation.bootstrap import (
    BootstrapConfig,
    interval_of_mean,
    percentile_interval,
    resampled_means,
)


def test_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """90 % nominal, 300 experiments of 80 exponential draws with mean 1.

    The standard error of the rate is 1.7 points, and percentile intervals of a skewed mean fall a little short."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        means = resampled_means(rng.exponential(size=(80, 1)), 400, rng)
        low, high = percentile_interval(means, 0.9)
        covered += low[0] <= 1 <= high[0]
    assert 0.84 <= covered / 300 <= 0.94


def test_spread_of_resampled_means_is_the_standard_error() -> None:
    """The bootstrap variance of a mean is the population variance over n."""
    rng = np.random.default_rng(0)
    values = rng.gamma(2, size=(500, 2))
    means = resampled_means(values, 4000, rng)
    np.testing.assert_allclose(means.mean(axis=0), values.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(means.std(axis=0), values.std(axis=0) / np.sqrt(500), rtol=0.05)


def test_columns_share_their_resamples() -> None:
    """A column and its double: every resampled mean is the double too, which makes differences paired."""
    values = np.random.default_rng(0).random((50, 1))
    means = resampled_means(np.hstack([values, 2 * values]), 100, np.random.default_rng(1))
    np.testing.assert_allclose(means[:, 1], 2 * means[:, 0])


@pytest.mark.parametrize("n_threads", [1, 3])
def test_threads_do_not_change_the_bits(monkeypatch: pytest.MonkeyPatch, n_threads: int) -> None:
    values = np.random.default_rng(0).random((700, 3))
    monkeypatch.setattr(bootstrap, "BLOCK_BYTES", 700 * 8 * 16)  # 7 blocks
    expected = resampled_means(values, 100, np.random.default_rng(1))
    monkeypatch.setattr(bootstrap, "thread_count", lambda: n_threads)
    assert resampled_means(values, 100, np.random.default_rng(1)).tobytes() == expected.tobytes()


def test_what_is_not_a_number_does_not_count() -> None:
    """The mean of those that count, whose spread is that of 250 and not of 500."""
    rng = np.random.default_rng(0)
    values = rng.gamma(2, size=(500, 1))
    values[::2] = np.nan
    means = resampled_means(values, 4000, rng)
    np.testing.assert_allclose(means.mean(), np.nanmean(values), atol=0.01)
    np.testing.assert_allclose(means.std(), np.nanstd(values) / np.sqrt(250), rtol=0.06)


def test_fewer_than_two_that_count_have_no_interval() -> None:
    values = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, 3.0]])
    low, high = interval_of_mean(values, np.random.default_rng(0), BootstrapConfig())
    np.testing.assert_array_equal(np.isnan(low), [False, True, False])
    np.testing.assert_array_equal([low[2], high[2]], [3, 3])


def test_the_interval_of_equal_values_is_that_value() -> None:
    """9.7 has no exact binary form: sums of it in two orders differ by more than this, the interval must not."""
    values = np.full((100_001, 1), 9.7)
    apart = np.abs(resampled_means(values, 100, np.random.default_rng(0)) - 9.7).max()
    low, high = interval_of_mean(values, np.random.default_rng(0), BootstrapConfig(100))
    assert max(abs(low[0] - 9.7), abs(high[0] - 9.7)) < 3e-15 < apart


def test_resamples_in_which_nothing_counts_are_left_out() -> None:
    """Of three rows two count: 1 of 27 resamples draws the third alone, and the interval is still 1 to 2."""
    values = np.array([[1.0], [2.0], [np.nan]])
    assert np.isnan(resampled_means(values, 1000, np.random.default_rng(0))).any()
    low, high = interval_of_mean(values, np.random.default_rng(0), BootstrapConfig())
    np.testing.assert_array_equal([low[0], high[0]], [1, 2])
