"""The hybrid: the conformance suite, and blends worked by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.recommenders import hybrid
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.hybrid import Hybrid, HybridConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    interactions_of,
    with_holes,
)
from shop_pipeline_tests.models.recommenders.told import Told

NO = np.nan


class TestHybrid(RecommenderConformance):
    def model(self) -> Hybrid:
        parts = {
            "item_neighbours": ItemNeighbours(),
            "als": Als(AlsConfig(n_factors=4, regularization=1.0, iterations=30)),
            "popularity": Popularity(),
        }
        return Hybrid(parts, {"item_neighbours": 0.5, "als": 0.4, "popularity": 0.1})

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Customers without history get what its part of them knows without one: the popular products."""
        return dense.any(axis=0).sum() - (dense > 0).sum(axis=1)

    def test_seen_products_are_kept_on_request(self) -> None:
        """The list with the seen products holds all of them and those without; the order of these is another one where
        the best of a part's list, by which it is divided, is one of the customer's own.
        """
        model, own = self.fitted(with_holes()), np.flatnonzero(with_holes()[0])
        everything, unseen = (model.recommend(np.array([0]), 15, exclude).products[0] for exclude in (False, True))
        assert set(everything) == set(unseen) | set(own)

    def test_restored_from_its_state_it_lists_the_same(self) -> None:
        """The state is the weights alone: the parts are restored each from its own."""
        fitted = self.fitted(with_holes())
        parts = self.model().parts
        for name, part in parts.items():
            part.restore(interactions_of(with_holes()), fitted.parts[name].state)
        restored = Hybrid(parts).restore(interactions_of(with_holes()), fitted.state)
        assert restored.weights == fitted.weights
        first, second = (model.recommend(np.arange(25), 6) for model in (fitted, restored))
        assert first.products.tobytes() == second.products.tobytes()
        assert first.scores.tobytes() == second.scores.tobytes()


def blend_of(
    parts: dict[str, list[list[float]]], weights: dict[str, float], n_candidates: int = 100, own: object = None
) -> Hybrid:
    """A hybrid of told lists; customer u has product u, if not told otherwise."""
    told = {name: Told(scores) for name, scores in parts.items()}
    shape = next(iter(told.values())).scores.shape
    dense = np.eye(*shape) if own is None else np.array(own)
    model = Hybrid(told, weights, HybridConfig(n_candidates))
    return model.fit(interactions_of(dense), np.random.default_rng(0))


def asked(model: Hybrid, name: str) -> list[tuple[list[int], int, bool]]:
    part = model.parts[name]
    assert isinstance(part, Told)
    return part.asked


# One customer, who has product 0. By a, products 1, 2 and 3 have 1, 1/2 and 1/4 of its best; by b, 2 and 4 have 1, 1/2.
A, B = [NO, 4, 2, 1, NO], [NO, NO, 10, NO, 5]
# 3/4 a + 1/4 b: product 1 is 3/4; 2 is 3/8 + 1/4; 3 is 3/16; 4 is 1/8.
WEIGHTS = {"a": 0.75, "b": 0.25}


def listed(found: Candidates, row: int = 0) -> list[tuple[int, float]]:
    products = found.products[row]
    return [(int(p), float(s)) for p, s in zip(products, found.scores[row], strict=True) if p >= 0]


def test_blend_by_hand() -> None:
    found = blend_of({"a": [A], "b": [B]}, WEIGHTS).blend(np.array([0]), 5)
    assert listed(found) == [(1, 0.75), (2, 0.625), (3, 0.1875), (4, 0.125)]
    np.testing.assert_array_equal(found.portions[0], [[0.75, 0], [0.375, 0.25], [0.1875, 0], [0, 0.125], [0, 0]])
    np.testing.assert_array_equal(found.sources, [[1, 2, 3, 4, -1]])


def test_hidden_products_leave_the_scores_of_the_others_as_they_are() -> None:
    shown = np.array([True, False, True, True, True])
    found = blend_of({"a": [A], "b": [B]}, WEIGHTS).blend(np.array([0]), 2, is_shown=shown)
    assert listed(found) == [(2, 0.625), (3, 0.1875)]


def test_what_a_part_thinks_nothing_of_adds_nothing() -> None:
    """Product 2 has -3 by a, and is listed for b alone; of the second customer, a thinks nothing at all."""
    model = blend_of({"a": [[NO, 2, -3, 0], [-1, NO, -2, -3]], "b": [[NO, NO, 5, NO], [NO, NO, 7, NO]]}, WEIGHTS)
    found = model.blend(np.array([0, 1]), 4)
    assert listed(found) == [(1, 0.75), (2, 0.25)]
    assert listed(found, 1) == [(2, 0.25)]


def test_ties_go_to_the_smaller_position() -> None:
    model = blend_of({"a": [[NO, 2, 2, 1]], "b": [[NO, NO, NO, 2]]}, {"a": 0.5, "b": 0.25})
    assert listed(model.blend(np.array([0]), 3)) == [(1, 0.5), (2, 0.5), (3, 0.5)]


def test_strangers_get_nothing() -> None:
    found = blend_of({"a": [A], "b": [B]}, WEIGHTS).blend(np.array([-1, 0]), 3)
    assert (listed(found), len(listed(found, 1))) == ([], 3)
    assert not found.portions[0].any()


def test_parts_are_asked_deeper_where_rules_leave_a_list_short() -> None:
    """Products 1 to 9 in order for both customers, product 0 their own; 1 to 4 are hidden, and for the second 6 to 9
    are not known. Of three products each is left with none: both are asked for all, and the first gets three.
    """
    scores = [NO, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    short = [NO, 9, 8, NO, NO, 5, NO, NO, NO, NO]
    model = blend_of({"a": [scores, short, scores]}, {"a": 1}, 3, [[1] + 9 * [0]] * 3)
    shown = np.array([False] * 5 + [True] * 5)
    found = model.blend(np.array([0, 1, 2]), 3, is_shown=shown)
    assert [product for product, _ in listed(found)] == [5, 6, 7]
    np.testing.assert_allclose([score for _, score in listed(found)], [5 / 9, 4 / 9, 3 / 9], rtol=1e-6)
    assert [product for product, _ in listed(found, 1)] == [5]
    assert asked(model, "a") == [([0, 1, 2], 3, True), ([0, 1, 2], 10, True)]


def test_only_those_whose_lists_are_short_are_asked_again_four_times_deeper() -> None:
    """Of 20 products the first customer is shown what is at the front; the second has no more than its list of one."""
    many = [[*range(20, 0, -1)], [20] + [NO] * 19, [*range(1, 21)]]
    model = blend_of({"a": many}, {"a": 1}, 2, np.zeros((3, 20)) + np.eye(3, 20))
    shown = np.arange(20) < 10
    found = model.blend(np.array([0, 1, 2]), 2, is_shown=shown)
    assert [product for product, _ in listed(found, 2)] == [9, 8]
    assert asked(model, "a") == [([0, 1, 2], 2, True), ([2], 8, True), ([2], 20, True)]


def test_a_list_that_ends_at_zero_is_not_asked_deeper() -> None:
    model = blend_of({"a": [[NO, 3, -1, -2, -3]]}, {"a": 1}, 2)
    assert listed(model.blend(np.array([0]), 2)) == [(1, 1.0)]
    assert len(asked(model, "a")) == 1


def test_a_part_of_weight_zero_is_not_asked() -> None:
    model = blend_of({"a": [A], "b": [B]}, {"a": 1})
    assert listed(model.blend(np.array([0]), 5)) == [(1, 1.0), (2, 0.5), (3, 0.25)]
    assert asked(model, "b") == []
    assert model.weights == {"a": 1.0, "b": 0.0}


def test_own_products_come_back_where_they_are_bought_again() -> None:
    """The customer has 0 and 1, of which 0 may come again: by a it has 8, twice the best of the rest, and becomes 1.

    The second customer has nothing to come again, and is not asked for it.
    """
    model = blend_of({"a": [[8, 9, 4, 2], [8, 9, 4, 2]]}, {"a": 1}, own=[[1, 1, 0, 0], [1, 1, 0, 0]])
    again = sp.csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    found = model.blend(np.array([1, 0]), 4, again=again)
    assert listed(found, 1) == [(0, 1.0), (2, 1.0), (3, 0.5)]
    assert listed(found) == [(2, 1.0), (3, 0.5)]
    assert asked(model, "a") == [([1], 4, True), ([0], 4, True), ([0], 4, False)]


@pytest.mark.parametrize("is_own_shown", [True, False])
def test_what_comes_again_changes_nothing_for_the_others(is_own_shown: bool) -> None:
    """Of products 1 and 2, a has 4 and 2, b has 5 and 8: 1/2 + 5/16 and 1/4 + 1/2. By a, product 0 has ten times the
    best of them: it becomes 1, of which the weight is half.
    """
    model = blend_of({"a": [[40, 4, 2]], "b": [[NO, 5, 8]]}, {"a": 0.5, "b": 0.5})
    again = sp.csr_matrix(np.array([[1, 0, 0]], np.float32))
    without = listed(model.blend(np.array([0]), 3))
    assert without == [(1, 0.8125), (2, 0.75)]
    found = model.blend(np.array([0]), 3, again=again, is_shown=np.array([is_own_shown, True, True]))
    assert listed(found) == without + [(0, 0.5)] * is_own_shown


def test_a_part_that_has_nothing_but_what_comes_again_goes_by_the_best_of_that() -> None:
    """The customer has 0, 1 and 2; a lists nothing else, or nothing else above 0, and 0 and 1 come again."""
    again = sp.csr_matrix(np.array([[1, 1, 0, 0]], np.float32))
    for other in (NO, -3):
        model = blend_of({"a": [[4, 8, 9, other]], "b": [[NO, NO, NO, 5]]}, WEIGHTS, own=[[1, 1, 1, 0]])
        assert listed(model.blend(np.array([0]), 4, again=again)) == [(1, 0.75), (0, 0.375), (3, 0.25)]


def test_nothing_to_come_again_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts are asked for the same customers in the same blocks, and only once, as without the rule.

    Rows of one part and four places are 32 bytes, of which 100 hold three.
    """
    monkeypatch.setattr(hybrid, "BLOCK_BYTES", 100)
    model = blend_of({"a": [[1, 2, 3, 4, 5]] * 6}, {"a": 1}, 4, np.eye(6, 5) + 1e-3)
    again = sp.csr_matrix(([1], ([5], [5 - 1])), shape=(6, 5), dtype=np.float32)
    model.blend(np.arange(5), 4)
    calls = asked(model, "a").copy()
    assert calls == [([0, 1, 2], 4, True), ([3, 4], 4, True)]
    model.blend(np.arange(5), 4, again=again)
    assert asked(model, "a") == 2 * calls


def test_a_product_that_comes_again_and_is_hidden_is_not_listed() -> None:
    model = blend_of({"a": [[8, 9, 4, 2]]}, {"a": 1}, own=[[1, 1, 0, 0]])
    again = sp.csr_matrix(np.array([[1, 0, 0, 0]], np.float32))
    found = model.blend(np.array([0]), 4, again=again, is_shown=np.array([False, True, True, True]))
    assert listed(found) == [(2, 1.0), (3, 0.5)]


def test_asked_deeper_parts_add_to_what_others_had_listed() -> None:
    """Asked for three, a lists 1, 2, 3 and b lists 4, 5, 1; 1, 4 and 5 are hidden. Asked for all, b knows 3 too: to
    the 1/2 of 5/8 that product 3 had, it adds 1/2 of 2/8. Product 2, which b doesn't know, stays at 1/2 of 6/8.
    """
    parts = {"a": [[NO, 8, 6, 5, NO, NO, 1]], "b": [[NO, 4, NO, 2, 8, 7, 1]]}
    model = blend_of(parts, {"a": 0.5, "b": 0.5}, 3)
    before = model.blend(np.array([0]), 3)
    assert listed(before) == [(1, 0.75), (4, 0.5), (5, 0.4375)]
    found = model.blend(np.array([0]), 3, is_shown=np.array([True, False, True, True, False, False, True]))
    assert listed(found) == [(3, 0.4375), (2, 0.375), (6, 0.125)]
    np.testing.assert_array_equal(found.portions[0], [[0.3125, 0.125], [0.375, 0], [0.0625, 0.0625]])
    assert [n for _, n, _ in asked(model, "b")] == [3, 3, 7]


def sparse_shop(n_customers: int = 300, n_products: int = 80) -> Hybrid:
    rng = np.random.default_rng(3)
    dense = (rng.random((n_customers, n_products)) < 0.1) * rng.integers(1, 4, (n_customers, n_products))
    dense[0, 0] = 1
    parts = {"item_neighbours": ItemNeighbours(), "popularity": Popularity()}
    return Hybrid(parts, config=HybridConfig(10)).fit(interactions_of(dense), rng)


def test_rules_are_exact_for_every_customer() -> None:
    """Nothing hidden, nothing that they have but what comes again, no gap, and full lists, with nine tenths hidden."""
    model, rng = sparse_shop(), np.random.default_rng(4)
    shown = rng.permutation(80) < 8
    own = model.interactions.matrix
    again = own.multiply(rng.random(own.shape) < 0.3).tocsr()
    again.eliminate_zeros()
    found = model.blend(np.arange(300), 5, is_shown=shown, again=again)
    may = shown & ((own.toarray() == 0) | (again.toarray() > 0))
    for customer in range(300):
        listed_products = found.products[customer][found.products[customer] >= 0]
        assert may[customer, listed_products].all()
        # What comes again is looked for in the first ten alone, so that only the others are sure to be found.
        assert len(listed_products) >= min(5, (shown & (own[[customer]].toarray()[0] == 0)).sum())
    assert (found.products[:, 0] >= 0).all()


def test_portions_add_up_to_the_score() -> None:
    found = sparse_shop().blend(np.arange(300), 8)
    np.testing.assert_allclose(found.portions.sum(axis=2), np.nan_to_num(found.scores), rtol=1e-6)


def by_rules(model: Hybrid) -> Candidates:
    """Lists of eight with eight ninths hidden, and of what customers have, some that comes again."""
    own = model.interactions.matrix
    again = own.multiply(np.random.default_rng(1).random(own.shape) < 0.05).tocsr()
    again.eliminate_zeros()
    return model.blend(np.arange(300), 8, is_shown=np.arange(80) % 9 == 0, again=again)


def test_blocks_leave_every_bit_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = by_rules(sparse_shop())
    monkeypatch.setattr(hybrid, "BLOCK_BYTES", 5000)
    cut = by_rules(sparse_shop())
    assert whole.products.tobytes() == cut.products.tobytes()
    assert whole.portions.tobytes() == cut.portions.tobytes()


def test_blocks_of_factor_models_differ_by_rounding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their scores are matrix products, which BLAS sums up in an order that depends on how many rows it is handed; the
    same blocks give the same bits.
    """
    parts = {"als": Als(AlsConfig(n_factors=16)), "items": ItemNeighbours(), "svd": PureSvd(PureSvdConfig(16))}
    model = Hybrid(parts, config=HybridConfig(10)).fit(sparse_shop().interactions, np.random.default_rng(0))
    whole, again = by_rules(model), by_rules(model)
    assert whole.portions.tobytes() == again.portions.tobytes()
    monkeypatch.setattr(hybrid, "BLOCK_BYTES", 5000)
    cut = by_rules(model)
    np.testing.assert_array_equal(whole.products, cut.products)
    np.testing.assert_allclose(whole.portions, cut.portions, rtol=1e-4, atol=1e-6)


def test_a_part_with_nothing_but_noise_says_nothing() -> None:
    """The customer has all of a small department, for which PureSVD has no factor, and nobody else has anything of it
    and of the large one: what is left is popularity's.
    """
    dense = np.zeros((123, 43))
    dense[:120, :40] = np.random.default_rng(0).random((120, 40)) < 0.3
    dense[120:, 40:] = [[1, 1, 1], [1, 1, 0], [0, 1, 1]]
    parts = {"svd": PureSvd(PureSvdConfig(n_factors=8)), "popularity": Popularity()}
    model = Hybrid(parts, {"svd": 0.7, "popularity": 0.3}).fit(interactions_of(dense), np.random.default_rng(0))
    found = model.blend(np.array([0, 120, 121]), 10)
    of_svd = found.portions[:, :, model.names.index("svd")]
    np.testing.assert_allclose(of_svd.max(axis=1), [0.7, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found.scores[1:, 0], 0.3, rtol=1e-6)


@pytest.mark.parametrize("comes_again", [False, True])
def test_memory_is_bounded_by_blocks_and_not_by_customers(monkeypatch: pytest.MonkeyPatch, comes_again: bool) -> None:
    """As tracemalloc sees it, with popularity alone as parts, which hold nothing themselves."""
    monkeypatch.setattr(hybrid, "BLOCK_BYTES", 2**20)
    dense = np.zeros((9_000, 200), np.float32)
    dense[np.arange(9_000), np.arange(9_000) % 200] = 1
    model = Hybrid({"a": Popularity(), "b": Popularity()}).fit(interactions_of(dense), np.random.default_rng(0))
    del dense
    again = model.interactions.matrix if comes_again else None
    model.blend(np.arange(20), 20, again=again)  # compiles
    tracemalloc.start()
    model.blend(np.arange(9_000), 20, again=again)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= model.blend_bytes(9_000, 20) <= 3 * peak


@pytest.mark.parametrize("weights", [{"a": -1.0}, {"a": 0.0}, {"a": np.nan}, {"c": 1.0}])
def test_weights_that_make_no_blend_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Hybrid({"a": Told([A])}, weights)


def test_a_hybrid_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        Hybrid({})


def test_restored_with_parts_of_other_ids_it_is_refused() -> None:
    model = blend_of({"a": [A]}, {"a": 1})
    with pytest.raises(ValueError, match="a was fitted for other"):
        model.restore(interactions_of(np.eye(2, 5)), Parameters({"weights": np.ones(1, np.float32)}))
    with pytest.raises(RuntimeError, match="not fitted"):
        model.recommend(np.array([0]), 1)


def test_restored_with_other_weights_it_blends_by_them() -> None:
    model = blend_of({"a": [A], "b": [B]}, WEIGHTS)
    model.restore(model.interactions, Parameters({"weights": np.array([0, 1], np.float32)}))
    assert listed(model.blend(np.array([0]), 5)) == [(2, 1.0), (4, 0.5)]
    with pytest.raises(ValueError, match="for 2 parts"):
        model.restore(interactions_of(np.eye(1, 5)), Parameters({"weights": np.ones(3, np.float32)}))


def test_rules_of_another_shape_are_refused() -> None:
    model = blend_of({"a": [A]}, {"a": 1})
    with pytest.raises(ValueError, match="rules"):
        model.blend(np.array([0]), 3, is_shown=np.ones(4, bool))
    with pytest.raises(ValueError, match="rules"):
        model.blend(np.array([0]), 3, again=sp.csr_matrix((2, 5), dtype=np.float32))
