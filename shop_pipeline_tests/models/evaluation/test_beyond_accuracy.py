"""Novelty, diversity, coverage and concentration: worked by hand, and by dense algebra."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.evaluation import beyond_accuracy
from shop_pipeline.models.evaluation.beyond_accuracy import coverage, diversity, gini, novelty
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.top_n import TopN
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

# Products 0 .. 3 are had by 4, 2, 1 and none of the four customers with a product; the last customer has none.
BOUGHT = np.array([[1, 1, 1, 0], [1, 2, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])


def lists_of(products: list[list[int]]) -> TopN:
    positions = np.array(products, np.int32)
    return TopN(positions, np.where(positions < 0, np.nan, -np.arange(positions.shape[1])).astype(np.float32))


def trained(dense: np.ndarray = BOUGHT) -> Training:
    return Training.of(interactions_of(dense), np.arange(len(dense)))


def test_novelty_in_bits() -> None:
    """0 bits for what all four have, 1 for a half, 2 for a quarter; what nobody has counts as had by one, 2 as well."""
    found = novelty(lists_of([[0, 1, 2, -1], [2, 0, -1, -1], [-1, -1, -1, -1], [3, -1, -1, -1]]), trained(), [1, 4])
    np.testing.assert_allclose(found, [[0, (0 + 1 + 2) / 3], [2, 1], [np.nan, np.nan], [2, 2]])


def test_diversity_by_hand() -> None:
    """Columns (1 1 1 1 0), (1 2 0 0 0), (1 0 0 0 0): cosines 3 / (2 sqrt 5), 1 / 2 and 1 / sqrt 5."""
    found = diversity(lists_of([[0, 1, 2], [1, 2, -1], [2, -1, -1], [-1, -1, -1]]), trained(), [3])
    pairs = np.array([3 / (2 * 5**0.5), 1 / 2, 1 / 5**0.5])
    expected = [1 - pairs.mean(), 1 - pairs[2], np.nan, np.nan]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-6)


def test_the_same_buyers_are_no_variety_and_others_are_all_of_it() -> None:
    twins = np.array([[1, 2, 0], [3, 6, 0], [0, 0, 1]])
    found = diversity(lists_of([[0, 1], [1, 2]]), trained(twins), [2])
    np.testing.assert_allclose(found[:, 0], [0, 1], atol=1e-6)


@pytest.fixture
def random_case() -> tuple[np.ndarray, TopN]:
    """300 customers, 80 products of which some are rare, and lists of up to 12, some of them short."""
    rng = np.random.default_rng(0)
    dense = (rng.random((300, 80)) < rng.random(80) ** 3) * rng.integers(1, 5, (300, 80))
    dense[0] = 1
    products = np.argsort(rng.random((200, 80)), axis=1)[:, :12]
    products[np.arange(12) >= rng.integers(0, 13, 200)[:, None]] = -1
    return dense, lists_of(products.tolist())


def test_diversity_is_that_of_dense_cosines(random_case: tuple[np.ndarray, TopN]) -> None:
    """For two lengths, the longer one first."""
    dense, lists = random_case
    columns = dense / np.linalg.norm(dense, axis=0)
    found = diversity(lists, trained(dense), [12, 5])
    for row, products in enumerate(lists.products):
        for place, k in enumerate((12, 5)):
            shown = products[:k][products[:k] >= 0]
            cosines = (columns.T @ columns)[np.ix_(shown, shown)][np.triu_indices(len(shown), 1)]
            expected = 1 - cosines.mean() if len(cosines) else np.nan
            np.testing.assert_allclose(found[row, place], expected, atol=1e-6)


def test_threads_do_not_change_the_bits(monkeypatch: pytest.MonkeyPatch, random_case: tuple[np.ndarray, TopN]) -> None:
    dense, lists = random_case
    expected = diversity(lists, trained(dense), [12])
    monkeypatch.setattr(beyond_accuracy, "thread_count", lambda: 5)
    assert diversity(lists, trained(dense), [12]).tobytes() == expected.tobytes()


def test_coverage_counts_products_shown_once_and_padding_never() -> None:
    """The lists show 0, 1 and 3: 3 of 8."""
    assert coverage(np.array([[0, 1], [1, 0], [3, -1]]), 8) == 3 / 8


@pytest.mark.parametrize(
    ("shown", "n_products", "expected"),
    [
        ([0, 1, 2, 3], 4, 0.0),  # each once
        ([2, 2, 2], 4, 3 / 4),  # one has all: 1 - 1/n
        # Shown 0, 1, 1 and 2 times: (-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4).
        ([1, 2, 3, 3, -1], 4, 6 / 16),
        ([-1], 4, np.nan),
    ],
)
def test_gini_by_hand(shown: list[int], n_products: int, expected: float) -> None:
    assert gini(np.array([shown]), n_products) == pytest.approx(expected, nan_ok=True)


def test_gini_is_half_the_relative_mean_difference(random_case: tuple[np.ndarray, TopN]) -> None:
    """G = sum_ij |x_i - x_j| / (2 n^2 mean), the definition that the sorted formula shortens."""
    products = random_case[1].products
    times = np.bincount(products[products >= 0], minlength=90).astype(float)
    expected = np.abs(times[:, None] - times).sum() / (2 * 90**2 * times.mean())
    assert gini(products, 90) == pytest.approx(expected)
