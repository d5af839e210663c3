"""What every model of ratings must do: inherit `PredictorConformance` and give it a model.

Belongs here: the port's conditions. Does not belong here: what one model alone promises (its own test module).
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.predictor import RatingPredictor
from shop_pipeline.models.ratings.ratings import Ratings
from shop_pipeline_tests.models.ratings.synthetic import drawn, ids


def small() -> Ratings:
    """Customer 2 of 4 and product 3 of 4 have no rating; the values go from 1 to 5."""
    customers, products = np.array([0, 0, 1, 1, 3, 3], np.int32), np.array([0, 1, 0, 2, 1, 2], np.int32)
    return Ratings(customers, products, np.array([5, 3, 4, 1, 2, 4], np.float32), ids("c", 4), ids("p", 4))


class PredictorConformance:
    """Inherit, and override `model`."""

    def model(self) -> RatingPredictor:
        raise NotImplementedError

    def fitted(self, ratings: Ratings) -> RatingPredictor:
        return self.model().fit(ratings, np.random.default_rng(7))

    def test_every_pair_gets_a_rating_in_the_range_that_was_seen(self) -> None:
        customers, products = (grid.ravel() for grid in np.mgrid[-1:4, -1:4])
        found = self.fitted(small()).predict(customers, products)
        assert found.dtype == np.float32
        assert found.shape == (25,)
        assert ((found >= 1) & (found <= 5)).all()

    def test_strangers_get_what_is_known_about_the_other(self) -> None:
        """Nobody knows -1; 2 and 3 have ids but no rating, which is the same."""
        model = self.fitted(small())
        state = model.state
        pairs = np.array([[-1, 2, 0, 0, -1, 2], [0, 0, -1, 3, -1, 3]])
        both = [state.product_bias[0]] * 2 + [state.customer_bias[0]] * 2 + [0, 0]
        np.testing.assert_allclose(model.predict(*pairs), np.clip(state.mean + np.array(both), 1, 5), rtol=1e-6)

    def test_no_pairs(self) -> None:
        assert self.fitted(small()).predict(np.zeros(0, np.int32), np.zeros(0, np.int32)).shape == (0,)

    def test_one_rating_in_all_is_the_answer_to_everything(self) -> None:
        one = small().part(np.array([1]))
        np.testing.assert_array_equal(self.fitted(one).predict(np.array([0, -1, 3]), np.array([1, 2, -1])), [3, 3, 3])

    def test_input_is_unchanged_and_the_same_seed_gives_the_same_bits(self) -> None:
        ratings = small()
        before = [each.tobytes() for each in (ratings.customers, ratings.products, ratings.values)]
        first, second = (self.fitted(ratings).state for _ in range(2))
        assert [each.tobytes() for each in (ratings.customers, ratings.products, ratings.values)] == before
        for name in ("customer_bias", "product_bias", "customers", "products"):
            assert getattr(first, name).tobytes() == getattr(second, name).tobytes()

    def test_restored_from_its_state_it_predicts_the_same(self) -> None:
        fitted = self.fitted(small())
        restored = self.model().restore(small().size, fitted.state)
        pairs = small().customers, small().products
        assert restored.predict(*pairs).tobytes() == fitted.predict(*pairs).tobytes()

    def test_a_state_of_other_ids_is_refused(self) -> None:
        with pytest.raises(ValueError, match=" for "):
            self.model().restore(Size(5, 4, 6), self.fitted(small()).state)

    def test_memory_is_at_most_what_was_announced_and_not_far_below(self) -> None:
        ratings, rng = drawn(np.random.default_rng(1)).ratings, np.random.default_rng(2)
        self.model().fit(small(), rng)  # compiles
        buffers = 3 * 8192 * 8  # NumPy converts types 8,192 numbers at a time
        tracemalloc.start()
        model = self.model().fit(ratings, rng)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        announced = model.memory_bytes(ratings.size)
        assert peak <= announced + buffers
        assert announced <= 3 * peak + buffers

    @pytest.mark.parametrize("positions", [[4], [-2], [0.5]])
    def test_positions_out_of_range_are_refused(self, positions: list[float]) -> None:
        model, right = self.fitted(small()), np.array([0])
        for pair in ((np.array(positions), right), (right, np.array(positions))):
            with pytest.raises(ValueError, match="position"):
                model.predict(*pair)

    def test_lengths_that_differ_are_refused(self) -> None:
        with pytest.raises(ValueError, match="2 customers for 1 products"):
            self.fitted(small()).predict(np.array([0, 1]), np.array([0]))

    def test_unfitted_is_refused(self) -> None:
        with pytest.raises(RuntimeError, match="not fitted"):
            self.model().predict(np.array([0]), np.array([0]))

    def test_no_rating_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            self.fitted(small().part(np.zeros(0, np.int64)))
