"""Transitions: the conformance suite, and links and amounts against the formula in plain Python."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.transitions import SPACE, Transitions, TransitionsConfig
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


class TestTransitions(RecommenderConformance):
    def model(self) -> Transitions:
        return Transitions()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Only products that share a customer with an own product, all being within the window."""
        together = dense.T @ dense > 0
        np.fill_diagonal(together, val=False)
        return (((dense > 0) @ together > 0) & (dense == 0)).sum(axis=1)

    def tied(self, dense: np.ndarray) -> Transitions:
        """Without decay: 1, 2 and 3 follow product 0 at different distances."""
        return Transitions(TransitionsConfig(decay=1)).fit(interactions_of(dense), np.random.default_rng(7))


class TestSmoothTransitions(TestTransitions):
    """The board has 14 products, so that the factors hold all of it, and lists are as long as without smoothing."""

    def model(self) -> Transitions:
        return Transitions(TransitionsConfig(smooth=0.4))


def sequences(seed: int = 5, n_customers: int = 40, n_products: int = 12) -> Interactions:
    """Histories of up to 8 products, some at the same time, of weights 1 to 3."""
    rng = np.random.default_rng(seed)
    rows, columns, times = [], [], []
    for customer in range(n_customers):
        products = rng.permutation(n_products)[: rng.integers(0, 9)]
        rows += [customer] * len(products)
        columns += products.tolist()
        times += rng.integers(0, 6, len(products)).tolist()
    ids = [np.array([f"{i:03}" for i in range(n)], dtype=object) for n in (n_customers, n_products)]
    return Interactions.from_codes(np.array(rows), np.array(columns), rng.integers(1, 4, len(rows)), *ids, times)


def histories(interactions: Interactions) -> list[list[tuple[int, int, float]]]:
    """Per customer (step, product, weight), oldest first; equal times are one step, in order of products."""
    found, matrix = [], interactions.matrix
    for customer in range(matrix.shape[0]):
        own = range(matrix.indptr[customer], matrix.indptr[customer + 1])
        moments = sorted({interactions.times[entry] for entry in own})
        found.append(
            sorted((moments.index(interactions.times[e]), int(matrix.indices[e]), float(matrix.data[e])) for e in own)
        )
    return found


def links_by_hand(interactions: Interactions, config: TransitionsConfig) -> np.ndarray:
    """The counted part as in the docstring of `Transitions`."""
    n = interactions.matrix.shape[1]
    counts = np.zeros((n, n))
    for history in histories(interactions):
        for (step, i, _), (later, j, _) in combinations(history, 2):
            if later - step <= config.window:
                weight = config.decay ** (max(later - step, 1) - 1)
                counts[i, j] += weight
                counts[j, i] += weight * (config.reversed_weight if later > step else 1)
    entries = np.bincount(interactions.matrix.indices, minlength=n)
    rows = counts.sum(axis=1) * entries.sum() / counts.sum()
    divisor = (rows + config.shrinkage)[:, None] ** config.source_power
    return counts / (divisor * (entries + config.shrinkage) ** config.target_power)


def as_matrix(model: Transitions) -> np.ndarray:
    links = model.state
    dense = np.zeros((len(links.targets), len(links.targets)))
    rows, slots = np.nonzero(links.targets >= 0)
    dense[rows, links.targets[rows, slots]] = links.weights[rows, slots]
    return dense


@pytest.mark.parametrize("window", [2, 20])
def test_links_are_those_of_the_formula(window: int) -> None:
    config, data = TransitionsConfig(window=window, decay=0.7, shrinkage=3), sequences()
    model = Transitions(config).fit(data, np.random.default_rng(0))
    np.testing.assert_allclose(as_matrix(model), links_by_hand(data, config), rtol=1e-5)


def test_scores_fade_with_the_steps_to_the_newest() -> None:
    config, data = TransitionsConfig(history_decay=0.5), sequences()
    model = Transitions(config).fit(data, np.random.default_rng(0))
    found = model.recommend(np.arange(40), 12, exclude_seen=False)
    links = links_by_hand(data, config)
    for customer, history in enumerate(histories(data)):
        expected = np.zeros(12)
        for step, product, weight in history:
            expected += weight * 0.5 ** (history[-1][0] - step) * links[product]
        listed = found.products[customer][found.products[customer] >= 0]
        assert len(listed) == (expected > 0).sum()
        np.testing.assert_allclose(found.scores[customer][: len(listed)], expected[listed], rtol=1e-5)


def test_one_pair_by_hand() -> None:
    """One customer bought 0 and then 1. C_01 = 1 and C_10 = .5; rows rescaled to 2 entries in all: 4/3 and 2/3."""
    data = Interactions.from_codes(
        np.array([0, 0]), np.array([0, 1]), np.ones(2), np.array(["u"]), np.array(["a", "b"]), np.array([1.0, 2.0])
    )
    config = TransitionsConfig(reversed_weight=0.5, source_power=1, target_power=0, shrinkage=0)
    links = as_matrix(Transitions(config).fit(data, np.random.default_rng(0)))
    np.testing.assert_allclose(links, [[0, 0.75], [0.75, 0]], rtol=1e-6)


def baskets(n_customers: int, n_products: int) -> Interactions:
    """Each customer bought all products but the last at one time, and the last one later."""
    rows, columns = np.divmod(np.arange(n_customers * n_products), n_products)
    ids = [np.array([f"{i:03}" for i in range(n)], dtype=object) for n in (n_customers, n_products)]
    return Interactions.from_codes(rows, columns, np.ones(len(rows)), *ids, (columns == n_products - 1) * 1.0)


def test_the_window_counts_steps_and_not_products() -> None:
    """30 products of one basket are all one step before the next product, and none apart: equal links from each."""
    data, config = baskets(1, 31), TransitionsConfig(window=1)
    links = as_matrix(Transitions(config).fit(data, np.random.default_rng(0)))
    np.testing.assert_allclose(links, links_by_hand(data, config), rtol=1e-5)
    assert (links[:30, 30] == links[0, 30]).all()
    assert links[0, 30] > 0


def test_of_a_large_basket_no_ids_are_preferred() -> None:
    """Of 400 products in a basket, 100 are nearest to the next; over 60 customers each is among them 15 times on
    average, standard deviation 3.4, and the first 100 products as often as the last.
    """
    config = TransitionsConfig(source_power=0, target_power=0, shrinkage=0, n_links=401)
    links = as_matrix(Transitions(config).fit(baskets(60, 401), np.random.default_rng(0)))[:400, 400]
    assert links.sum() == 60 * 100
    assert links.min() > 0
    assert abs(links[:100].mean() - links[-100:].mean()) < 2


def test_smoothing_is_the_truncated_decomposition() -> None:
    """Dense linear algebra gives the same links, the best of which are kept where they are above 0."""
    data = sequences()
    config = TransitionsConfig(smooth=0.5, n_factors=3, shrinkage=2)
    sharp = links_by_hand(data, config)
    entries = np.bincount(data.matrix.indices, minlength=12) + 2
    counts = links_by_hand(data, TransitionsConfig(shrinkage=2, source_power=0, target_power=0))
    rows = counts.sum(axis=1) * data.matrix.nnz / counts.sum() + 2
    left, values, right = np.linalg.svd(counts / np.sqrt(np.outer(rows, entries)))
    smooth = (left[:, :3] * values[:3]) @ right[:3] / np.sqrt(rows)[:, None]
    lengths = [np.linalg.norm(part, axis=1).mean() for part in (sharp, smooth)]
    expected = sharp + 0.5 * smooth * lengths[0] / lengths[1]
    np.fill_diagonal(expected, 0)
    found = as_matrix(Transitions(config).fit(data, np.random.default_rng(0)))
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-5 * expected.max())


def test_without_a_pair_there_is_nothing_to_smooth() -> None:
    """Three customers with one product each: no links, and nothing divided by 0 on the way."""
    positions = np.arange(3)
    ids = np.array(["a", "b", "c"])
    data = Interactions.from_codes(positions, positions, np.ones(3), ids, ids, np.arange(3.0))
    with np.errstate(all="raise"):
        links = Transitions(TransitionsConfig(smooth=0.4)).fit(data, np.random.default_rng(0)).state
    assert (links.targets == -1).all()
    assert np.isnan(links.weights).all()


def test_needs_times() -> None:
    data = interactions_of(np.ones((2, 3)))
    with pytest.raises(ValueError, match="without times"):
        Transitions().fit(Interactions(data.matrix, data.customer_ids, data.product_ids), np.random.default_rng(0))


def test_defaults_are_in_the_space() -> None:
    assert all(getattr(TransitionsConfig(), name) in values for name, values in SPACE.items())
