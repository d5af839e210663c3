"""Graph filter: the conformance suite, and its weights against the formula with a dense decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders import gram, graph_filter
from shop_pipeline.models.recommenders.graph_filter import SPACE, GraphFilter, GraphFilterConfig
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline_tests.models.recommenders.linked_products_algebra import (
    as_matrix,
    fit,
    kept,
    random_dense,
    same_colour_lengths,
    without_rounding,
)
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance


class TestGraphFilter(RecommenderConformance):
    def model(self) -> GraphFilter:
        return GraphFilter()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        return same_colour_lengths(dense)

    def tied(self, dense: np.ndarray) -> Recommender:
        return without_rounding(self.model(), self.fitted(dense))


@pytest.mark.parametrize("n_links", [30, 4])
@pytest.mark.parametrize(("sharpening", "low_pass"), [(0.0, 0.0), (0.0, 0.3), (0.7, 0.0), (0.7, 0.3)])
def test_weights_are_those_of_the_dense_formula(sharpening: float, low_pass: float, n_links: int) -> None:
    dense = random_dense((50, 30))
    x = (dense > 0).astype(np.float64)
    customers, products = np.maximum(x.sum(axis=1), 1), x.sum(axis=0)
    r = x / np.sqrt(np.outer(customers, products))
    vectors = np.linalg.svd(r, full_matrices=False)[2][:20]
    smooth = r.T @ r
    ideal = vectors.T @ vectors * np.sqrt(products) / np.sqrt(products)[:, None]
    expected = (smooth + low_pass * ideal) @ (np.eye(30) - sharpening * smooth)
    found = as_matrix(fit(GraphFilter(GraphFilterConfig(sharpening, low_pass, 20, n_links)), dense))
    # 20 factors and 10 more that the decomposition takes along are all 30, so that it is exact.
    np.testing.assert_allclose(found, kept(expected, n_links), atol=1e-5)


def test_weights_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for n_threads in (1, 3):
        for module in (graph_filter, gram):
            monkeypatch.setattr(module, "thread_count", lambda n=n_threads: n)
        found.append(fit(GraphFilter(), random_dense((80, 40))).weights.tobytes())
    assert found[0] == found[1]


def test_default_is_in_the_space() -> None:
    assert all(getattr(GraphFilterConfig(), name) in values for name, values in SPACE.items())
