"""What every recommender must do, whatever it learns: inherit `RecommenderConformance` and give it a model.

Belongs here: the port's conditions. Does not belong here: what one model alone promises (its own test
module).
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import HistoryRecommender, Recommender
from shop_pipeline.models.top_n import TopN


def interactions_of(dense: np.ndarray) -> Interactions:
    matrix = sp.csr_matrix(np.asarray(dense, dtype=np.float32))
    ids = [
        np.array([f"{kind}{i:04}" for i in range(n)], dtype=object) for kind, n in zip("cp", dense.shape, strict=True)
    ]
    # The later a product's position, the later it was bought.
    return Interactions(matrix, *ids, times=matrix.indices + matrix.data.cumsum() * 1e-6)


def checkerboard(n_customers: int = 24, n_products: int = 14) -> np.ndarray:
    """Even customers bought even products, odd ones odd, but each left one out: its right answer.

    Rectangular, because a square board hides a swap of rows and columns.
    """
    board = (np.arange(n_customers)[:, None] + np.arange(n_products)) % 2 == 0
    weights = board.astype(np.float32)
    for customer in range(n_customers):
        weights[customer, left_out(customer)] = 0
    return weights


def left_out(customer: int) -> int:
    return customer % 2 + 2 * ((customer // 2) % 7)


def with_holes() -> np.ndarray:
    """The checkerboard with customers 3 and 24 without history, and products 5 and 14 that nobody bought."""
    dense = np.zeros((25, 15), dtype=np.float32)
    dense[:24, :14] = checkerboard()
    dense[3] = 0
    dense[:, 5] = 0
    return dense


def content(interactions: Interactions) -> tuple[bytes, ...]:
    matrix = interactions.matrix
    return matrix.data.tobytes(), matrix.indices.tobytes(), matrix.indptr.tobytes(), interactions.customer_ids.tobytes()


class RecommenderConformance:
    """Inherit, and override `model`."""

    is_personal = True

    def model(self) -> Recommender:
        raise NotImplementedError

    def fitted(self, dense: np.ndarray) -> Recommender:
        return self.model().fit(interactions_of(dense), np.random.default_rng(7))

    @pytest.fixture
    def lists(self) -> tuple[np.ndarray, TopN]:
        dense = with_holes()
        return dense, self.fitted(dense).recommend(np.arange(25), 6)

    def test_checkerboard_fills_the_square_that_was_left_out(self) -> None:
        found = self.fitted(checkerboard()).recommend(np.arange(24), 1)
        if self.is_personal:
            np.testing.assert_array_equal(found.products[:, 0], [left_out(c) for c in range(24)])

    def test_shape_and_type(self, lists: tuple[np.ndarray, TopN]) -> None:
        found = lists[1]
        assert found.products.shape == found.scores.shape == (25, 6)
        assert (found.products.dtype, found.scores.dtype) == (np.int32, np.float32)

    def test_no_gap_before_padding_and_score_exactly_where_product(self, lists: tuple[np.ndarray, TopN]) -> None:
        found = lists[1]
        filled = found.products >= 0
        assert (filled == (np.arange(6) < filled.sum(axis=1)[:, None])).all()
        np.testing.assert_array_equal(filled, np.isfinite(found.scores))
        assert (found.products[~filled] == -1).all()

    def test_ordered_by_score_and_then_position(self, lists: tuple[np.ndarray, TopN]) -> None:
        for products, scores in zip(lists[1].products, lists[1].scores, strict=True):
            pairs = [(-s, p) for p, s in zip(products, scores, strict=True) if p >= 0]
            assert pairs == sorted(set(pairs))

    def test_seen_products_are_left_out(self, lists: tuple[np.ndarray, TopN]) -> None:
        dense, found = lists
        for customer in range(25):
            listed = found.products[customer][found.products[customer] >= 0]
            assert (dense[customer, listed] == 0).all()
            assert len(set(listed)) == len(listed)

    def test_seen_products_are_kept_on_request(self) -> None:
        """The list with the seen products holds all of them, and without them is the list that leaves them out."""
        model, own = self.fitted(with_holes()), np.flatnonzero(with_holes()[0])
        everything = model.recommend(np.array([0]), 15, exclude_seen=False).products[0]
        assert set(own) <= set(everything)
        unseen = model.recommend(np.array([0]), 15).products[0]
        np.testing.assert_array_equal(everything[~np.isin(everything, [*own, -1])], unseen[unseen >= 0])

    def test_products_that_nobody_bought_are_in_no_list(self) -> None:
        found = self.fitted(with_holes()).recommend(np.arange(25), 15, exclude_seen=False)
        assert not np.isin(found.products, [5, 14]).any()

    def test_exact_list_lengths(self) -> None:
        """More is asked for than there is, so that the length is what the model knows."""
        dense = with_holes()
        found = self.fitted(dense).recommend(np.arange(25), 40)
        assert found.products.shape == (25, 40)
        lengths = (found.products >= 0).sum(axis=1)
        np.testing.assert_array_equal(lengths, self.expected_lengths(dense))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """All products with a buyer that the customer has not seen; nothing for customers without history."""
        return np.where(dense.any(axis=1), dense.any(axis=0).sum() - (dense > 0).sum(axis=1), 0)

    def test_unknown_customer_gets_an_empty_row_between_known_ones(self) -> None:
        model = self.fitted(with_holes())
        found = model.recommend(np.array([2, -1, 0]), 4)
        assert (found.products[1] == -1).all()
        assert np.isnan(found.scores[1]).all()
        np.testing.assert_array_equal(found.products[[0, 2]], model.recommend(np.array([2, 0]), 4).products)

    def test_no_customers_asked(self) -> None:
        assert self.fitted(with_holes()).recommend(np.array([], dtype=np.int64), 4).products.shape == (0, 4)

    def test_one_customer_in_all(self) -> None:
        found = self.fitted(np.array([[1, 0, 2]])).recommend(np.array([0]), 2)
        assert (found.products == -1).all()

    def test_input_is_unchanged(self) -> None:
        interactions = interactions_of(with_holes())
        before = content(interactions)
        model = self.model().fit(interactions, np.random.default_rng(7))
        model.recommend(np.arange(25), 4)
        assert content(interactions) == before

    def test_refit_with_the_same_seed_gives_the_same_bits(self) -> None:
        first, second = (self.fitted(with_holes()).recommend(np.arange(25), 6) for _ in range(2))
        assert first.products.tobytes() == second.products.tobytes()
        assert first.scores.tobytes() == second.scores.tobytes()

    def test_refit_forgets_the_first_data(self) -> None:
        model = self.fitted(checkerboard())
        model.fit(interactions_of(with_holes()), np.random.default_rng(7))
        fresh = self.fitted(with_holes())
        np.testing.assert_array_equal(
            model.recommend(np.arange(25), 6).products, fresh.recommend(np.arange(25), 6).products
        )

    def tied(self, dense: np.ndarray) -> Recommender:
        """A model with products 1, 2 and 3 equal; override it if training leaves noise between equals."""
        return self.fitted(dense)

    def test_ties_go_to_the_smaller_position(self) -> None:
        """Products 1, 2 and 3 have the same buyers; customer 4 has only product 0 and gets them in order."""
        dense = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]])
        found = self.tied(dense).recommend(np.array([4]), 3)
        np.testing.assert_array_equal(found.products, [[1, 2, 3]])
        assert len(set(found.scores[0])) == 1

    def test_restored_from_its_state_it_lists_the_same(self) -> None:
        fitted = self.fitted(with_holes())
        restored = self.model().restore(interactions_of(with_holes()), fitted.state)
        first, second = (model.recommend(np.arange(25), 6) for model in (fitted, restored))
        assert first.products.tobytes() == second.products.tobytes()
        assert first.scores.tobytes() == second.scores.tobytes()

    def test_a_state_of_other_ids_is_refused(self) -> None:
        model = self.fitted(with_holes())
        with pytest.raises(ValueError, match=" for "):
            model.restore(interactions_of(checkerboard(30, 20)), model.state)
        with pytest.raises(RuntimeError, match="not fitted"):
            model.recommend(np.array([0]), 3)

    def test_histories_given_from_outside_get_the_lists_of_the_same_customers(self) -> None:
        """As strangers under other names, the fitted customers get what they get by name."""
        fitted = self.fitted(with_holes())
        if not isinstance(fitted, HistoryRecommender):
            pytest.skip("needs customers that it was fitted on")
        known = interactions_of(with_holes())
        strangers = Interactions(known.matrix, "x" + known.customer_ids, known.product_ids, known.times)
        found, expected = fitted.recommend_for(strangers, 6), fitted.recommend(np.arange(25), 6)
        np.testing.assert_array_equal(found.products, expected.products)
        np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5)

    def measured(self) -> Recommender:
        """The model whose memory is measured: many pools of threads would leave garbage that is not the model's."""
        return self.model()

    def test_memory_is_at_most_what_was_announced(self) -> None:
        """As tracemalloc sees it: the arrays of NumPy, and not those of compiled libraries. Beside them Python holds
        some hundred kB of its own; to find BLAS, threadpoolctl looks at every library that the process has loaded.
        """
        rng = np.random.default_rng(2)
        interactions = interactions_of((rng.random((1500, 300)) < 0.05) * rng.integers(1, 5, (1500, 300)))
        self.measured().fit(interactions, rng)  # compiles
        tracemalloc.start()
        model = self.measured().fit(interactions, rng)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= model.memory_bytes(interactions.size) + 700_000

    @pytest.mark.parametrize("positions", [[25], [-2], [[0]], [0.5]])
    def test_positions_out_of_range_are_refused(self, positions: list[object]) -> None:
        with pytest.raises(ValueError, match="position"):
            self.fitted(with_holes()).recommend(np.array(positions), 3)

    def test_n_below_one_is_refused(self) -> None:
        with pytest.raises(ValueError, match="n is 0"):
            self.fitted(with_holes()).recommend(np.array([0]), 0)

    def test_unfitted_is_refused(self) -> None:
        with pytest.raises(RuntimeError, match="not fitted"):
            self.model().recommend(np.array([0]), 3)

    @pytest.mark.parametrize("dense", [np.zeros((3, 2)), np.array([[1, -1], [0, 1]])])
    def test_nothing_or_negative_weights_are_refused(self, dense: np.ndarray) -> None:
        with pytest.raises(ValueError, match="above 0"):
            self.fitted(dense)
