"""Ranking metrics: worked by hand, and recomputed by scikit-learn and by naive loops."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import ndcg_score

from shop_pipeline.models.evaluation.ranking_metrics import METRICS, score_lists
from shop_pipeline.models.top_n import TopN


def lists_of(products: list[list[int]]) -> TopN:
    positions = np.array(products, np.int32)
    return TopN(positions, np.where(positions < 0, np.nan, -np.arange(positions.shape[1])).astype(np.float32))


def held_out_of(rows: list[list[int]], n_products: int) -> sp.csr_matrix:
    dense = np.zeros((len(rows), n_products), np.float32)
    for row, products in enumerate(rows):
        dense[row, products] = 1
    return sp.csr_matrix(dense)


# List 4, 7, 1, 9 and then padding, k = 5; held out 7, 9, 2, so rel = 0 1 0 1 0 and R = 3.
HAND_WORKED = {
    # 1/log2(3) + 1/log2(5) = 0.630930 + 0.430677 = 1.061606; ideal 1 + 0.630930 + 0.5 = 2.130930; the ratio:
    "ndcg": 0.498189,
    "recall": 2 / 3,  # 2 of the 3 held out
    "precision": 2 / 5,  # 2 of 5 places, padding included
    "f1": 2 * (2 / 5) * (2 / 3) / (2 / 5 + 2 / 3),  # the harmonic mean of the two above
    "map": (1 / 2 + 2 / 4) / 3,  # precision@2 and precision@4, over min(5, 3)
    "mrr": 1 / 2,  # the first at rank 2
    "hit_rate": 1.0,
}


@pytest.mark.parametrize("metric", METRICS)
def test_worked_by_hand(metric: str) -> None:
    values = score_lists(lists_of([[4, 7, 1, 9, -1]]), held_out_of([[7, 9, 2]], 10), 5)
    assert values[0, METRICS.index(metric)] == pytest.approx(HAND_WORKED[metric], abs=1e-6)


def test_perfect_list_scores_one_though_more_is_held_out_than_fits() -> None:
    """k = 2 and R = 4: all are 1 but recall, 2 / 4, and with it F1, 2 * 1 * 0.5 / 1.5."""
    values = score_lists(lists_of([[0, 1]]), held_out_of([[0, 1, 2, 3]], 5), 2)
    np.testing.assert_allclose(values, [[1, 0.5, 1, 2 / 3, 1, 1, 1]])


def test_customers_with_nothing_held_out_are_left_out_and_empty_lists_score_zero() -> None:
    values = score_lists(lists_of([[0, 1], [-1, -1], [2, 0]]), held_out_of([[], [1], [2]], 4), 2)
    np.testing.assert_allclose(values, [[0] * 7, [1, 1, 0.5, 2 / 3, 1, 1, 1]])


def test_nothing_held_out_at_all() -> None:
    assert score_lists(lists_of([[0, 1]]), held_out_of([[]], 4), 2).shape == (0, 7)


@pytest.fixture
def random_case() -> tuple[np.ndarray, np.ndarray]:
    """Orders of 30 products for 200 customers, and who has what held out (at least one)."""
    rng = np.random.default_rng(0)
    relevant = rng.random((200, 30)) < 0.15
    relevant[:, 0] |= ~relevant.any(axis=1)
    return np.argsort(rng.random((200, 30)), axis=1), relevant


@pytest.mark.parametrize("k", [1, 5, 30])
def test_ndcg_equals_scikit_learn(random_case: tuple[np.ndarray, np.ndarray], k: int) -> None:
    orders, relevant = random_case
    scores = np.empty((200, 30))
    np.put_along_axis(scores, orders, np.arange(30, 0, -1.0)[None, :], axis=1)
    values = score_lists(lists_of(orders.tolist()), sp.csr_matrix(relevant.astype(np.float32)), k)
    assert values[:, 0].mean() == pytest.approx(ndcg_score(relevant, scores, k=k), abs=1e-12)


def test_all_others_equal_naive_loops(random_case: tuple[np.ndarray, np.ndarray]) -> None:
    orders, relevant = random_case
    values = score_lists(lists_of(orders.tolist()), sp.csr_matrix(relevant.astype(np.float32)), 7)
    for customer in range(200):
        truth, top = set(np.flatnonzero(relevant[customer])), orders[customer][:7].tolist()
        ranks = [rank for rank, product in enumerate(top, 1) if product in truth]
        average = sum(len([r for r in ranks if r <= rank]) / rank for rank in ranks) / min(7, len(truth))
        recall, precision = len(ranks) / len(truth), len(ranks) / 7
        f1 = 2 * precision * recall / (precision + recall) if ranks else 0
        expected = [recall, precision, f1, average, 1 / ranks[0] if ranks else 0, bool(ranks)]
        np.testing.assert_allclose(values[customer, 1:], expected)


@pytest.mark.parametrize(("n_lists", "k"), [(2, 2), (1, 3), (1, 0)])
def test_shapes_that_do_not_fit_are_refused(n_lists: int, k: int) -> None:
    with pytest.raises(ValueError, match=r"lists|places"):
        score_lists(lists_of([[0, 1]] * n_lists), held_out_of([[0]], 4), k)
