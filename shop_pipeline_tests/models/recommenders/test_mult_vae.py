"""The variational autoencoder: the conformance suite and its training where torch is there, its lists without it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.mult_vae import SPACE, MultVae, MultVaeConfig
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    checkerboard,
    interactions_of,
    with_holes,
)

HAS_TORCH = importlib.util.find_spec("torch") is not None
SMALL = MultVaeConfig(
    n_hidden=16, n_latent=4, dropout=0.2, kl_weight=0.01, learning_rate=0.02, max_epochs=60,
    validation_share=0.0,
)  # fmt: skip


@pytest.mark.skipif(not HAS_TORCH, reason="the extra `neural` is not installed")
class TestMultVae(RecommenderConformance):
    def model(self) -> MultVae:
        return MultVae(SMALL)

    def tied(self, dense: np.ndarray) -> MultVae:
        """Random starts leave equal products apart."""
        fitted = self.model().fit(interactions_of(dense), np.random.default_rng(7))
        arrays = fitted.state.arrays
        arrays["decoder"][:, 1:4] = arrays["decoder"][:, [2]]
        arrays["decoder_bias"][1:4] = arrays["decoder_bias"][2]
        return fitted

    def test_another_seed_gives_another_model(self) -> None:
        interactions = interactions_of(checkerboard())
        first, second = (self.model().fit(interactions, np.random.default_rng(seed)) for seed in (1, 2))
        assert first.state.arrays["decoder"].tobytes() != second.state.arrays["decoder"].tobytes()


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_the_error_names_the_extra() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"shop-pipeline\[neural\]"):
        MultVae(SMALL).fit(interactions_of(checkerboard()), np.random.default_rng(0))


def test_importing_the_model_imports_no_torch() -> None:
    code = "import sys, shop_pipeline.models.recommenders.mult_vae; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_space_holds_the_default() -> None:
    for field, values in SPACE.items():
        assert getattr(MultVaeConfig(), field) in values


def drawn_state(n_products: int, rng: np.random.Generator) -> Parameters:
    """Layers that nobody trained: 3 hidden, 2 latent."""
    shapes = {"encoder": (n_products, 3), "mean": (3, 2), "latent": (2, 3), "decoder": (3, n_products)}
    arrays = {name: rng.normal(0, 1, shape) for name, shape in shapes.items()}
    biases = {f"{name}_bias": rng.normal(0, 1, shape[1]) for name, shape in shapes.items()}
    return Parameters({name: array.astype(np.float32) for name, array in (arrays | biases).items()})


def test_restored_it_lists_by_the_formula_without_torch() -> None:
    """The network by dense algebra in float64; customers without a history get nothing."""
    dense = with_holes()
    state = drawn_state(15, np.random.default_rng(3))
    state.arrays["decoder"][:, [5, 14]] = state.arrays["decoder_bias"][[5, 14]] = 0
    found = MultVae().restore(interactions_of(dense), state).recommend(np.arange(25), 15, exclude_seen=False)
    a = {name: array.astype(np.float64) for name, array in state.arrays.items()}
    inputs = (dense > 0) / np.sqrt(np.maximum((dense > 0).sum(axis=1), 1))[:, None]
    mean = np.tanh(inputs @ a["encoder"] + a["encoder_bias"]) @ a["mean"] + a["mean_bias"]
    scores = np.tanh(mean @ a["latent"] + a["latent_bias"]) @ a["decoder"] + a["decoder_bias"]
    scores[:, [5, 14]] = -np.inf
    for customer in range(25):
        expected = np.argsort(-scores[customer])[:13] if dense[customer].any() else np.zeros(0, np.int64)
        np.testing.assert_array_equal(found.products[customer][found.products[customer] >= 0], expected)
        np.testing.assert_allclose(found.scores[customer, : len(expected)], scores[customer][expected], atol=1e-5)


def test_a_state_of_other_products_is_refused() -> None:
    with pytest.raises(ValueError, match="14 products for 15"):
        MultVae().restore(interactions_of(with_holes()), drawn_state(14, np.random.default_rng(3)))


def planted(rng: np.random.Generator) -> tuple[Interactions, np.ndarray]:
    """600 customers in 4 groups that each like their own 25 of 100 products; a fifth is held out."""
    chance = np.where((np.arange(600) % 4)[:, None] == np.arange(100) // 25, 0.4, 0.02)
    bought = rng.random((600, 100)) < chance
    held_out = bought & (rng.random(bought.shape) < 0.2)
    return interactions_of(bought & ~held_out), held_out


def test_finds_planted_groups_and_stops_by_itself() -> None:
    """A list of 10 unseen products of the own group hits by chance 2 of 25 * .6 unseen and .4 * .2 held out; at least
    nine of ten listed must be of the own group.
    """
    pytest.importorskip("torch")
    train, held_out = planted(np.random.default_rng(5))
    config = MultVaeConfig(n_hidden=32, n_latent=8, learning_rate=0.01, batch_customers=100, max_epochs=60)
    lists = MultVae(config).fit(train, np.random.default_rng(1)).recommend(np.arange(600), 10).products
    own_group = lists // 25 == (np.arange(600) % 4)[:, None]
    assert own_group.mean() > 0.9
    hits = np.take_along_axis(held_out, lists, axis=1).sum() / np.minimum(held_out.sum(axis=1), 10).sum()
    assert hits > 0.5


def test_the_state_is_the_same_on_any_number_of_threads() -> None:
    torch = pytest.importorskip("torch")
    matrix = sp.random(700, 300, density=0.05, format="csr", dtype=np.float32, random_state=np.random.default_rng(2))
    ids = [np.array([f"{i:05}" for i in range(n)], dtype=object) for n in matrix.shape]
    before, found = torch.get_num_threads(), []
    config = MultVaeConfig(n_hidden=64, n_latent=16, max_epochs=3)
    try:
        for n_threads in (1, 2, 2):
            torch.set_num_threads(n_threads)
            state = MultVae(config).fit(Interactions(matrix, *ids), np.random.default_rng(9)).state
            found.append(b"".join(array.tobytes() for array in state.arrays.values()))
    finally:
        torch.set_num_threads(before)
    assert len(set(found)) == 1
