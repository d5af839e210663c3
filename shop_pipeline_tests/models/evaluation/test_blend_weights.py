"""Weights of a blend: never worse than the best part, worked by hand and on random shops."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.blend_weights import Blend, BlendConfig, learn_weights
from shop_pipeline.models.evaluation.ranking_metrics import score_lists
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.hybrid import Hybrid, HybridConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.rp3beta import Rp3Beta
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of
from shop_pipeline_tests.models.recommenders.told import Told

NO = np.nan


def learn(
    parts: dict[str, Recommender], held_out: object, config: BlendConfig | None = None, own: object = None
) -> Blend:
    """Weights of parts fitted on `own`, customer u with product u if not told otherwise."""
    held = sp.csr_matrix(np.array(held_out, np.float32))
    interactions = interactions_of(np.eye(*held.shape) if own is None else np.array(own))
    fitted = {name: part.fit(interactions, np.random.default_rng(0)) for name, part in parts.items()}
    return learn_weights(fitted, held, config, np.random.default_rng(1))


def test_two_halves_of_the_truth_by_hand() -> None:
    """Of products 2 and 3, held out for both customers, a puts 2 on the first place and b puts 3 there; the others are
    wrong, and not the same. Each alone: 1 hit of 2 places at rank 1 of lists of 2,

        1 / (1 + 1 / log2 3) = .6131.

    With equal weights the two hits of value 1/2 stand above all else, of value 1/4 at most: NDCG 1.
    """
    nobody_wants = {"a": [NO, NO, 4, NO, 2, NO], "b": [NO, NO, NO, 8, NO, 4]}
    found = learn(
        {name: Told([scores] * 2) for name, scores in nobody_wants.items()},
        [[0, 0, 1, 1, 0, 0]] * 2,
        BlendConfig(k=2),
    )
    assert found.value == pytest.approx(1.0)
    assert found.alone == pytest.approx({"a": 0.6131, "b": 0.6131}, abs=1e-4)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert min(found.weights.values()) > 1 / 3
    assert (found.ci_low, found.ci_high, found.n_customers) == (pytest.approx(1), pytest.approx(1), 2)


def random_shop(seed: int, n_customers: int) -> tuple[Interactions, sp.csr_matrix]:
    """Customers who like one of three thirds of 60 products, some more than others; a quarter is held out."""
    rng = np.random.default_rng(seed)
    liked = rng.integers(0, 3, n_customers)[:, None] == np.arange(60) // 20
    bought = rng.random((n_customers, 60)) < np.where(liked, 0.3, 0.03) * rng.beta(1, 2, 60) * 3
    bought[0, 0] = True
    held_out = bought & (rng.random(bought.shape) < 0.25)
    held_out[0, 0] = False
    return interactions_of(bought & ~held_out), sp.csr_matrix(held_out.astype(np.float32))


def noise(interactions: Interactions, seed: int) -> Told:
    return Told(np.random.default_rng(seed).random(interactions.matrix.shape) + 1)


def parts_of(seed: int, n_customers: int = 150) -> tuple[dict[str, Recommender], Interactions, sp.csr_matrix]:
    interactions, held_out = random_shop(seed, n_customers)
    parts = {
        "neighbours": ItemNeighbours(),
        "noise": noise(interactions, seed + 100),
        "popularity": Popularity(),
        "walks": Rp3Beta(),
    }
    fitted = {name: part.fit(interactions, np.random.default_rng(0)) for name, part in parts.items()}
    return fitted, interactions, held_out


@pytest.mark.parametrize("seed", range(12))
def test_never_worse_than_the_best_part(seed: int) -> None:
    """On the customers from whom the weights were learned; and the value is that of the hybrid's own lists."""
    fitted, interactions, held_out = parts_of(seed)
    config = BlendConfig(n_candidates=30, least_gain=0.0 if seed % 2 else 0.01)
    found = learn_weights(fitted, held_out, config, np.random.default_rng(seed))
    assert found.value >= max(found.alone.values())
    weights = np.array([found.weights[name] for name in sorted(fitted)], np.float32)
    hybrid = Hybrid(fitted, config=HybridConfig(30)).restore(interactions, Parameters({"weights": weights}))
    everyone = np.arange(150)
    value = score_lists(hybrid.recommend(everyone, 10), held_out, 10)[:, 0].mean()
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.ci_low < value < found.ci_high
    for name, part in fitted.items():
        alone = score_lists(part.recommend(everyone, 10), held_out, 10)[:, 0].mean()
        assert found.alone[name] == pytest.approx(alone, abs=1e-12)
        assert value >= alone - 1e-12


def test_where_a_part_has_rounding_alone_the_value_is_the_hybrids() -> None:
    """Customers 60 to 62 have the whole of another department, for which PureSVD has no factor: what was held out for
    them is what popularity lists first.
    """
    rng = np.random.default_rng(0)
    bought = rng.random((60, 40)) < 0.4
    bought[:, 0] = True
    held = bought & (rng.random(bought.shape) < 0.2) & (np.arange(40) > 0)
    dense, held_out = np.zeros((63, 43)), np.zeros((63, 43), np.float32)
    dense[:60, :40], held_out[:60, :40] = bought & ~held, held
    dense[60:, 40:], held_out[60:, 0] = 1, 1
    interactions = interactions_of(dense)
    parts = {"popularity": Popularity(), "svd": PureSvd(PureSvdConfig(n_factors=4))}
    fitted = {name: part.fit(interactions, np.random.default_rng(0)) for name, part in parts.items()}
    found = learn_weights(fitted, sp.csr_matrix(held_out), BlendConfig(k=5), np.random.default_rng(0))
    assert found.value >= max(found.alone.values())
    assert found.weights["popularity"] > 0
    hybrid = Hybrid(fitted, found.weights).fit(interactions, np.random.default_rng(0))
    hybrid = Hybrid(fitted).restore(interactions, hybrid.state)
    ndcg = score_lists(hybrid.recommend(np.arange(63), 5), sp.csr_matrix(held_out), 5)[:, 0]
    assert found.value == pytest.approx(ndcg.mean(), abs=1e-12)
    # Only popularity speaks to them, whatever its weight.
    np.testing.assert_allclose(ndcg[60:], 1)


@pytest.mark.parametrize("seed", range(4))
def test_noise_has_no_weight(seed: int) -> None:
    """Of 2,000 customers; on 150, the luckiest share of noise can gain more than a percent."""
    fitted, _, held_out = parts_of(seed, 2000)
    found = learn_weights(fitted, held_out, BlendConfig(n_candidates=30), np.random.default_rng(seed))
    assert found.weights["noise"] == 0
    assert found.alone["noise"] < min(value for name, value in found.alone.items() if name != "noise")


def test_a_part_that_gains_too_little_stays_out() -> None:
    """b finds what a misses for one customer of 40, a gain of 1/39 = 2.6 %: it joins at 1 %, and not at 5 %."""
    hit, miss = [NO] * 40 + [1, NO], [NO] * 40 + [NO, 1]
    a, b = [miss] + [hit] * 39, [hit] + [[NO] * 42] * 39
    held_out = [[0] * 40 + [1, 0]] * 40
    low = learn({"a": Told(a), "b": Told(b)}, held_out, BlendConfig(k=1, least_gain=0.01))
    # The first customer's right product is the first of two only with equal shares, by position, or more for b.
    assert (low.value, low.alone["a"]) == (pytest.approx(1), pytest.approx(39 / 40))
    assert low.weights["b"] >= 0.5
    high = learn({"a": Told(a), "b": Told(b)}, held_out, BlendConfig(k=1, least_gain=0.05))
    assert (high.value, high.weights) == (pytest.approx(39 / 40), {"a": 1.0, "b": 0.0})


def test_of_two_equal_parts_one_is_enough() -> None:
    lists = [[NO, NO, 3, 2]] * 2
    found = learn({"a": Told(lists), "b": Told(lists)}, [[0, 0, 0, 1]] * 2)
    assert sorted(found.weights.values()) == [0, 1]


def test_same_rng_same_blend_and_at_most_so_many_customers() -> None:
    fitted, _, held_out = parts_of(0)
    config = BlendConfig(n_customers=50)
    first, second = (learn_weights(fitted, held_out, config, np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert first.n_customers == 50


def test_customers_without_anything_held_out_are_not_judged() -> None:
    """The second customer's list is all wrong, and nobody minds."""
    parts = {"a": Told([[NO, NO, 1, NO], [NO, NO, NO, 1]])}
    assert learn(parts, [[0, 0, 1, 0], [0, 0, 0, 0]]).value == pytest.approx(1)


def test_where_no_part_lists_anything_the_value_is_zero() -> None:
    found = learn({"a": Told([[NO] * 4] * 2), "b": Told([[NO] * 4] * 2)}, [[0, 0, 1, 1]] * 2)
    assert (found.value, sum(found.weights.values())) == (0, 1)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        learn({"a": Told([[1, 2]])}, [[0, 0]])
    with pytest.raises(ValueError, match="held out for parts"):
        learn_weights({}, sp.csr_matrix(np.eye(2, dtype=np.float32)))
    with pytest.raises(ValueError, match="least_gain"):
        BlendConfig(least_gain=-1)
