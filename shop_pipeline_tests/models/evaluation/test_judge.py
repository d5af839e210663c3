"""Evaluation: means, intervals that hold what they promise, and the test against a rival."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.evaluation.bootstrap import percentile_interval, resampled_means
from shop_pipeline.models.evaluation.judge import Evaluation, evaluate
from shop_pipeline.models.evaluation.ranking_metrics import METRICS
from shop_pipeline.models.top_n import TopN


def lists_with_hits(hits: np.ndarray) -> TopN:
    """One place per list: product 0, which is held out for everyone, where `hits`, and product 1 otherwise."""
    return TopN(np.where(hits, 0, 1).astype(np.int32)[:, None], np.ones((len(hits), 1), np.float32))


def all_want_product_0(n_customers: int) -> sp.csr_matrix:
    return sp.csr_matrix(np.repeat([[1, 0, 0]], n_customers, axis=0).astype(np.float32))


def by_metric(rows: list[Evaluation]) -> dict[str, Evaluation]:
    return {row.metric: row for row in rows}


def test_rows_values_and_rival() -> None:
    """Half of the customers hit, with k = 1 each metric is 0.5; the rival hits for a quarter."""
    customers = np.arange(400)
    rows = by_metric(
        evaluate(
            lists_with_hits(customers % 2 == 0),
            all_want_product_0(400),
            1,
            np.random.default_rng(0),
            baseline=lists_with_hits(customers % 4 == 0),
        )
    )
    assert tuple(rows) == (*METRICS, "coverage")
    for metric in METRICS:
        row = rows[metric]
        assert (row.value, row.baseline, row.n_customers, row.k) == (0.5, 0.25, 400, 1)
        assert row.ci_low < 0.5 < row.ci_high
        assert 0 < row.difference_ci_low < 0.25 < row.difference_ci_high
        assert row.beats_baseline is True
    assert rows["coverage"].value == 2 / 3
    assert rows["coverage"].beats_baseline is None


def test_pairing_finds_a_difference_that_intervals_apart_would_hide() -> None:
    """The model hits where the rival does and for 2 % more: intervals overlap, the difference is certain."""
    hits = np.random.default_rng(0).random(1000) < 0.5
    better = hits | (np.arange(1000) % 50 == 0)
    held_out, rng = all_want_product_0(1000), np.random.default_rng(1)
    row = evaluate(lists_with_hits(better), held_out, 1, rng, baseline=lists_with_hits(hits))[0]
    assert row.ci_low < row.baseline
    assert row.beats_baseline is True


def test_no_difference_is_no_win() -> None:
    lists = lists_with_hits(np.arange(100) % 3 == 0)
    row = evaluate(lists, all_want_product_0(100), 1, np.random.default_rng(0), baseline=lists)[0]
    assert (row.difference_ci_low, row.difference_ci_high, row.beats_baseline) == (0, 0, False)


def test_without_a_rival_nothing_is_tested() -> None:
    row = evaluate(lists_with_hits(np.ones(9, bool)), all_want_product_0(9), 1, np.random.default_rng(0))[0]
    assert np.isnan([row.baseline, row.difference_ci_low]).all()
    assert row.beats_baseline is None


def test_nobody_to_judge_on_gives_nan_and_no_win() -> None:
    lists = lists_with_hits(np.ones(3, bool))
    nothing = sp.csr_matrix((3, 3), dtype=np.float32)
    row = evaluate(lists, nothing, 1, np.random.default_rng(0), baseline=lists)[0]
    assert np.isnan([row.value, row.ci_low, row.ci_high]).all()
    assert (row.n_customers, row.beats_baseline) == (0, False)


def test_same_seed_same_interval() -> None:
    lists, held_out = lists_with_hits(np.arange(50) % 3 == 0), all_want_product_0(50)
    first, second, third = (evaluate(lists, held_out, 1, np.random.default_rng(s))[0] for s in (4, 4, 5))
    assert repr(first) == repr(second) != repr(third)


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
