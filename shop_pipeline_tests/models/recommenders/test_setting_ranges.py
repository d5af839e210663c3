"""Numbers of links, neighbours and factors: below 1 they are refused before anything is fitted."""

from __future__ import annotations

import pytest

from shop_pipeline.models.recommenders.als import AlsConfig
from shop_pipeline.models.recommenders.content_based import ContentBasedConfig
from shop_pipeline.models.recommenders.ease import EaseConfig
from shop_pipeline.models.recommenders.graph_filter import GraphFilterConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighboursConfig
from shop_pipeline.models.recommenders.nmf import NmfConfig
from shop_pipeline.models.recommenders.pure_svd import PureSvdConfig
from shop_pipeline.models.recommenders.rp3beta import Rp3BetaConfig
from shop_pipeline.models.recommenders.session_neighbours import SessionNeighboursConfig
from shop_pipeline.models.recommenders.sparse_ease import SparseEaseConfig
from shop_pipeline.models.recommenders.transitions import TransitionsConfig
from shop_pipeline.models.recommenders.user_neighbours import UserNeighboursConfig

NUMBERS = {
    AlsConfig: ["n_factors"],
    ContentBasedConfig: ["n_neighbours"],
    EaseConfig: ["n_links"],
    GraphFilterConfig: ["n_factors", "n_links"],
    ItemNeighboursConfig: ["n_neighbours"],
    NmfConfig: ["n_factors"],
    PureSvdConfig: ["n_factors"],
    Rp3BetaConfig: ["n_links"],
    SessionNeighboursConfig: ["n_sampled", "n_neighbours", "n_links"],
    SparseEaseConfig: ["n_neighbours", "n_links"],
    TransitionsConfig: ["n_factors", "n_links"],
    UserNeighboursConfig: ["n_neighbours"],
}


@pytest.mark.parametrize(("config", "name"), [(config, name) for config, names in NUMBERS.items() for name in names])
def test_a_number_below_one_is_refused(config: type, name: str) -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"{name} is {value}, and must be 1 or more"):
            config(**{name: value})
    assert getattr(config(**{name: 1}), name) == 1
