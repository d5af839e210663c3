"""Linked products: scores where links speak against a product, too."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.recommenders.ease import Ease
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.recommenders.linked_products_algebra import as_matrix, random_dense
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of


def links_of_both_signs() -> Links:
    """Weights from -1 to 1 for every pair of 25 products."""
    weights = np.random.default_rng(5).uniform(-1, 1, (25, 25)).astype(np.float32)
    np.fill_diagonal(weights, -2)
    order = np.argsort(-weights, axis=1)[:, :24].astype(np.int32)
    return Links(order, np.take_along_axis(weights, order, axis=1))


def test_a_product_that_more_speaks_against_is_not_listed() -> None:
    dense, links = random_dense((60, 25)), links_of_both_signs()
    found = Ease().restore(interactions_of(dense), links).recommend(np.arange(60), 25)
    scores = (dense > 0) @ as_matrix(links)
    expected = [set(np.flatnonzero((scores[c] > 0) & (dense[c] == 0))) for c in range(60)]
    assert [set(row[row >= 0]) for row in found.products] == expected
