"""RP3beta: the conformance suite, and its weights against dense transition matrices."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders import gram
from shop_pipeline.models.recommenders.rp3beta import SPACE, Rp3Beta, Rp3BetaConfig
from shop_pipeline_tests.models.recommenders.linked_products_algebra import (
    as_matrix,
    fit,
    kept,
    random_dense,
    same_colour_lengths,
)
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance


class TestRp3Beta(RecommenderConformance):
    def model(self) -> Rp3Beta:
        return Rp3Beta()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        return same_colour_lengths(dense)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("alpha", "beta", "n_links"), [(1.0, 0.0, 30), (0.7, 0.4, 30), (1.2, 0.6, 5)])
def test_weights_are_two_steps_of_the_walk(weighted: bool, alpha: float, beta: float, n_links: int) -> None:
    dense = random_dense((50, 30)).astype(np.float64)
    dense[dense.sum(axis=1) == 0, 0] = 1
    x = dense if weighted else (dense > 0).astype(np.float64)
    to_product = x / x.sum(axis=1, keepdims=True)
    to_customer = x.T / x.sum(axis=0)[:, None]
    expected = to_customer**alpha @ to_product**alpha / x.sum(axis=0) ** beta
    found = as_matrix(fit(Rp3Beta(Rp3BetaConfig(alpha, beta, n_links, weighted)), dense))
    np.testing.assert_allclose(found, kept(expected, n_links), rtol=2e-6)


def test_weights_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for n_threads in (1, 3):
        monkeypatch.setattr(gram, "thread_count", lambda n=n_threads: n)
        found.append(fit(Rp3Beta(), random_dense((80, 40))).weights.tobytes())
    assert found[0] == found[1]


def test_default_is_in_the_space() -> None:
    assert all(getattr(Rp3BetaConfig(), name) in values for name, values in SPACE.items())
