"""Evaluation: means, classes of customers, several lengths, and the test against a rival."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.beyond_accuracy import OF_ALL_LISTS, PER_LIST
from shop_pipeline.models.evaluation.judge import Evaluation, evaluate
from shop_pipeline.models.evaluation.ranking_metrics import METRICS
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.top_n import TopN
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of


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
    assert tuple(rows) == (*METRICS, *OF_ALL_LISTS)
    # Alone, k = 1 and one product held out make all of them the same.
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
    lists, held_out = lists_with_hits(np.arange(5000) % 3 == 0), all_want_product_0(5000)
    first, second, third = (evaluate(lists, held_out, 1, np.random.default_rng(s))[0] for s in (4, 4, 5))
    assert repr(first) == repr(second) != repr(third)


def test_one_customer_has_a_value_and_proves_nothing() -> None:
    lists, rival = lists_with_hits(np.array([True])), lists_with_hits(np.array([False]))
    row = evaluate(lists, all_want_product_0(1), 1, np.random.default_rng(0), baseline=rival)[0]
    assert (row.value, row.baseline, row.beats_baseline) == (1, 0, False)
    assert np.isnan([row.ci_low, row.difference_ci_high]).all()


def some_shop() -> tuple[TopN, TopN, sp.csr_matrix, Training]:
    """60 customers: the first 20 have one product, the next 20 three, the last 20 six; lists of three at random.

    The last of each class has nothing held out, and the 50th an empty list.
    """
    rng = np.random.default_rng(0)
    bought, wanted = np.zeros((60, 12)), np.zeros((60, 12), np.float32)
    for customer in range(60):
        order = rng.permutation(12)
        bought[customer, order[: (1, 3, 6)[customer // 20]]] = 1
        if customer % 20 != 19:
            wanted[customer, order[-2:]] = 1
    scores = np.repeat([[3, 2, 1]], 60, axis=0).astype(np.float32)
    one, other = (
        TopN(np.argsort(rng.random((60, 12)), axis=1)[:, :3].astype(np.int32), scores.copy()) for _ in range(2)
    )
    one.products[50], one.scores[50] = -1, np.nan
    return one, other, sp.csr_matrix(wanted), Training.of(interactions_of(bought), np.arange(60))


def test_classes_are_judged_as_if_they_were_alone() -> None:
    """The row of a class is what an evaluation of its customers only says: values, coverage and all."""
    lists, rival, wanted, training = some_shop()
    rows = evaluate(lists, wanted, 3, np.random.default_rng(0), training=training, baseline=rival)
    assert [row.customers for row in rows[:: len(rows) // 4]] == ["all", "1", "2-4", "5-19"]
    own = slice(20, 40)
    alone = evaluate(
        TopN(lists.products[own], lists.scores[own]),
        wanted[own],
        3,
        np.random.default_rng(0),
        baseline=TopN(rival.products[own], rival.scores[own]),
    )
    of_class = by_metric([row for row in rows if row.customers == "2-4"])
    for metric, expected in by_metric(alone).items():
        found = of_class[metric]
        assert (found.value, found.baseline, found.n_customers) == (expected.value, expected.baseline, 19), metric
    assert tuple(of_class) == (*METRICS, *PER_LIST, *OF_ALL_LISTS)


def test_a_class_of_one_mean_and_the_mean_of_all() -> None:
    """Everybody's mean is the mean of the classes, weighted with how many of each count."""
    lists, _, wanted, training = some_shop()
    rows = evaluate(lists, wanted, 3, np.random.default_rng(0), training=training)
    for metric in (*METRICS, *PER_LIST):
        everybody, *classes = [row for row in rows if row.metric == metric]
        counts = [row.n_customers for row in classes]
        # The empty list is no list for novelty and diversity, and a miss for all others.
        assert counts == [19, 19, 18 if metric in PER_LIST else 19]
        mean = np.average([row.value for row in classes], weights=counts)
        np.testing.assert_allclose(everybody.value, mean)
        assert all(row.ci_low <= row.value <= row.ci_high for row in (everybody, *classes))


def test_several_lengths_at_once_are_the_same_lengths_one_by_one() -> None:
    lists, _, wanted, training = some_shop()
    both = evaluate(lists, wanted, (3, 2), np.random.default_rng(0), training=training)
    for k in (2, 3):
        one = evaluate(lists, wanted, k, np.random.default_rng(0), training=training)
        mine = [row for row in both if row.k == k]
        assert [(row.metric, row.customers, repr(row.value)) for row in mine] == [
            (row.metric, row.customers, repr(row.value)) for row in one
        ]


def test_nothing_but_accuracy_is_tested_against_the_rival() -> None:
    """More novel is not better; the difference is told all the same, with its interval."""
    lists, rival, wanted, training = some_shop()
    rows = by_metric(evaluate(lists, wanted, 3, np.random.default_rng(0), training=training, baseline=rival)[:11])
    assert {metric for metric, row in rows.items() if row.beats_baseline is None} == {*PER_LIST, *OF_ALL_LISTS}
    for metric in PER_LIST:
        row = rows[metric]
        assert row.difference_ci_low < row.value - row.baseline < row.difference_ci_high


def test_empty_lists_are_misses_and_have_no_variety() -> None:
    """Nothing is shown to anybody: recall and coverage are 0, and there is no list of which to ask the rest."""
    _, _, wanted, training = some_shop()
    rows = by_metric(evaluate(TopN.empty(60, 3), wanted, 3, np.random.default_rng(0), training=training)[:8])
    assert rows["recall"].value == rows["coverage"].value == 0
    assert set(rows) == {*METRICS, "coverage"}


def test_training_of_other_customers_is_refused() -> None:
    lists, _, wanted, _ = some_shop()
    training = Training.of(interactions_of(np.ones((5, 12))), np.arange(5))
    with pytest.raises(ValueError, match="60 lists, training of 5"):
        evaluate(lists, wanted, 3, np.random.default_rng(0), training=training)
