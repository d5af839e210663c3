"""Linked products: scores and reasons where links speak against a product, too."""

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


def test_reasons_for_and_against_add_up_to_one() -> None:
    """Each share is its part of the score in dense algebra, negative ones included, and all make 1."""
    dense, links = random_dense((60, 25)), links_of_both_signs()
    model = Ease().restore(interactions_of(dense), links)
    listed = model.recommend(np.arange(60), 5)
    reasons = model.explain(np.arange(60), listed, n_reasons=25)
    matrix = as_matrix(links)
    assert (reasons.shares < 0).any()
    for customer in range(60):
        for place in np.flatnonzero(listed.products[customer] >= 0):
            parts = (dense[customer] > 0) * matrix[:, listed.products[customer, place]]
            own = reasons.products[customer, place]
            np.testing.assert_allclose(
                reasons.shares[customer, place][own >= 0], parts[own[own >= 0]] / parts.sum(), rtol=1e-4
            )
            assert set(own[own >= 0]) == set(np.flatnonzero(dense[customer]))
    shares = np.nansum(reasons.shares, axis=2, dtype=np.float64)
    np.testing.assert_allclose(shares[listed.products >= 0], 1, rtol=1e-5)


def test_a_product_that_more_speaks_against_is_not_listed() -> None:
    dense, links = random_dense((60, 25)), links_of_both_signs()
    found = Ease().restore(interactions_of(dense), links).recommend(np.arange(60), 25)
    scores = (dense > 0) @ as_matrix(links)
    expected = [set(np.flatnonzero((scores[c] > 0) & (dense[c] == 0))) for c in range(60)]
    assert [set(row[row >= 0]) for row in found.products] == expected
