"""Learned state that does not belong to a model is refused before a kernel could read out of bounds by it."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders.als import Als
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.session_neighbours import SessionNeighbours
from shop_pipeline.models.recommenders.state import Entity, Factors, Links
from shop_pipeline.models.recommenders.user_neighbours import UserNeighbours
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

DENSE = np.ones((30, 10), np.float32)


@pytest.mark.parametrize(
    ("model", "entity", "n_rows"),
    [(ItemNeighbours(), "customer", 30), (SessionNeighbours(), "customer", 30), (UserNeighbours(), "product", 10)],
)
def test_links_between_the_wrong_ids(model: Recommender, entity: Entity, n_rows: int) -> None:
    """The links fit the interactions, and not the model."""
    links = Links(np.full((n_rows, 1), n_rows - 1, np.int32), np.ones((n_rows, 1), np.float32), entity)
    links.check(interactions_of(DENSE).size)
    with pytest.raises(ValueError, match=f"links between {entity}s, where"):
        model.restore(interactions_of(DENSE), links)


@pytest.mark.parametrize("side", ["customers", "products"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_factors_that_are_no_numbers(side: str, value: float) -> None:
    factors = {"customers": np.ones((30, 4), np.float32), "products": np.ones((10, 4), np.float32)}
    Als().restore(interactions_of(DENSE), Factors(**factors))
    factors[side][7, 2] = value
    with pytest.raises(ValueError, match="not a finite number"):
        Als().restore(interactions_of(DENSE), Factors(**factors))
