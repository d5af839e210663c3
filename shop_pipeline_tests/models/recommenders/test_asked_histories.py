"""Models that weigh histories: they weigh those that are asked for, and list what weighing all at once gives."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders import contributions
from shop_pipeline.models.recommenders.catalogue import SideInformation, available, make
from shop_pipeline.models.recommenders.contributions import WeighsHistories
from shop_pipeline.models.recommenders.factor_model import FactorModel
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.recommenders.user_neighbours import UserNeighbours, UserNeighboursConfig
from shop_pipeline.models.similarity.content import ProductFeatures

N_CUSTOMERS, N_PRODUCTS, N_OWN = 20_000, 500, 20
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("item_neighbours", {}),
    ("item_neighbours", {"history_power": 0.25}),
    ("content_based", {"amount_power": 0.3}),
    ("rp3beta", {"weighted": False}),
    ("ease", {"weighted": False}),
    ("ease", {"weighted": True}),
    ("sparse_ease", {}),
    ("graph_filter", {}),
    ("transitions", {}),
    ("session_neighbours", {"position_power": 2.0, "match_power": 0.7}),
]
ALL = pytest.mark.parametrize(("name", "settings"), SETTINGS)


def random_shop(n_customers: int, n_products: int, n_own: int) -> Interactions:
    """Everybody has n_own products, of weights 1 to 5, some at the same time; but customer 7, who has none."""
    rng, width = np.random.default_rng(3), n_products // n_own
    columns = rng.integers(0, width, (n_customers, n_own)) + np.arange(n_own) * width
    rows = np.repeat(np.arange(n_customers), n_own)
    weights = np.where(rows == 7, 0, rng.integers(1, 6, len(rows)))
    ids = [np.array([f"{i:06}" for i in range(n)], dtype=object) for n in (n_customers, n_products)]
    return Interactions.from_codes(rows, columns.ravel(), weights, *ids, rng.integers(0, 60, len(rows)))


def side_information(shop: Interactions) -> SideInformation:
    features = np.random.default_rng(0).random((len(shop.product_ids), 5), np.float32)
    described = ProductFeatures(sp.csr_matrix(features), shop.product_ids, tuple("abcde"))
    return SideInformation(has_times=True, product_features=described)


def model_of(name: str, settings: dict[str, Any], shop: Interactions) -> WeighsHistories[Any]:
    model = make(name, settings, side_information(shop))
    assert isinstance(model, WeighsHistories)
    return model


@pytest.fixture(scope="module")
def shop() -> Interactions:
    return random_shop(500, 90, 9)


@pytest.fixture(scope="module")
def large() -> Interactions:
    return random_shop(N_CUSTOMERS, N_PRODUCTS, N_OWN)


def random_links(n: int, n_targets: int, entity: Any = "product") -> Links:
    rng = np.random.default_rng(1)
    weights = -np.sort(-rng.random((n, 30), np.float32), axis=1)
    targets = np.argsort(rng.random((100, n_targets)), axis=1)[rng.integers(0, 100, n), :30].astype(np.int32)
    return Links(targets, weights, entity)


def peak_of_one_list(model: Any) -> int:
    """Bytes as tracemalloc sees them: the arrays of NumPy."""
    model.recommend(np.array([11]), 20)  # compiles
    tracemalloc.start()
    found = model.recommend(np.array([12_345]), 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.products >= 0).all()
    return peak


def test_these_models_weigh_histories(shop: Interactions) -> None:
    """All whose lists follow from links and the customer's entries; factor models keep the customers' factors."""
    side = side_information(shop)
    models = {name: make(name, {}, side) for name in available(side)}
    weighing = {n for n, m in models.items() if isinstance(m, WeighsHistories) and not isinstance(m, FactorModel)}
    assert weighing == {name for name, _ in SETTINGS}


@ALL
def test_lists_are_those_of_all_histories_weighed_at_once(
    name: str, settings: dict[str, Any], shop: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit, whoever is asked for together, in any order and in blocks."""
    model = model_of(name, settings, shop).fit(shop, np.random.default_rng(0))
    everyone = model.recommend_for(shop, 20)
    positions = np.array([*np.random.default_rng(9).permutation(500)[:60], 7, 3, 3])
    for per_block in (16_384, 7):
        monkeypatch.setattr(contributions, "_LISTS_PER_BLOCK", per_block)
        found = model.recommend(positions, 20)
        assert found.products.tobytes() == everyone.products[positions].tobytes()
        assert found.scores.tobytes() == everyone.scores[positions].tobytes()


@ALL
def test_a_list_takes_no_memory_for_entries_of_others(name: str, settings: dict[str, Any], large: Interactions) -> None:
    """Less than one byte for each entry of the shop; their amounts alone would take four."""
    model = model_of(name, settings, large).restore(large, random_links(N_PRODUCTS, N_PRODUCTS))
    assert peak_of_one_list(model) < large.matrix.nnz


def test_a_list_of_neighbours_takes_no_memory_for_all_entries(large: Interactions) -> None:
    """What their entries count was worked out before."""
    links = random_links(N_CUSTOMERS, 1000, "customer")
    model = UserNeighbours(UserNeighboursConfig(weight_power=0.5)).restore(large, links)
    assert peak_of_one_list(model) < large.matrix.nnz
