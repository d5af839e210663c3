"""What a model learned comes back from its table as it went in, for each shape of state, through the real gate."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.assets.matrices import read_interactions
from shop_pipeline.assets.recommenders.states import read_state, state_table
from shop_pipeline.checks import Part
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.state import Factors, GroupScores, Links, Parameters, State
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NOTHING = np.float32(np.nan)
# Three customers, three products; an id with a quote and one in Chinese.
CUSTOMERS, PRODUCTS = ["C'1", "C2", "顾客"], ["P1", "P2", "茶"]
LINKS = (
    np.array([[1, 2], [2, -1], [-1, -1]], np.int32),
    np.array([[0.5, -0.25], [2, NOTHING], [NOTHING] * 2], np.float32),
)
STATES: dict[str, State] = {
    "ease": Links(*LINKS),
    "user_neighbours": Links(*LINKS, "customer"),
    "als": Factors(np.arange(6, dtype=np.float32).reshape(3, 2), -np.arange(6, dtype=np.float32).reshape(3, 2)),
    # The second customer is in no group; the second group has no customer, and a quote in its name.
    "popularity_by_country": GroupScores(
        ("all", "Côte d'Ivoire"),
        sp.csr_matrix(np.array([[3, 0, 1], [0, 2, 0]], np.float32)),
        np.array([0, -1, 0], np.int32),
    ),
    "mult_vae": Parameters(
        {"bias": np.array([1, 2], np.float32), "weights": np.arange(6, dtype=np.float32).reshape(2, 3)}
    ),
}


@pytest.fixture
def interactions(bench: Bench) -> Interactions:
    bench.fill("clean.customers", "customer_id", *((id_,) for id_ in CUSTOMERS))
    bench.fill("clean.products", "product_id", *((id_,) for id_ in PRODUCTS))
    rows = [(c, p, 1.0, 1, AS_OF - timedelta(days=1)) for c, p in zip(CUSTOMERS, PRODUCTS, strict=True)]
    bench.fill("features.interactions", "customer_id product_id weight n_events last_event_at", *rows)
    found = read_interactions(bench.duck)
    assert found is not None
    return found


def arrays(state: State) -> dict[str, Any]:
    if isinstance(state, GroupScores):
        return {"groups": state.groups, "scores": state.scores.toarray(), "group_of": state.group_of}
    if isinstance(state, Parameters):
        return dict(state.arrays)
    return {name: getattr(state, name) for name in state.__dataclass_fields__}


@pytest.mark.parametrize("name", STATES)
def test_a_state_comes_back_as_it_was(bench: Bench, interactions: Interactions, name: str) -> None:
    bench.duck.register("found_state", state_table(STATES[name], interactions))
    bench.gate.write(Part(FITTED[name], "SELECT * FROM found_state"))
    found, expected = arrays(read_state(bench.duck, name, interactions)), arrays(STATES[name])
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)


@pytest.mark.parametrize("name", ["ease", "user_neighbours", "als", "popularity_by_country"])
def test_a_state_of_other_ids_is_refused(bench: Bench, interactions: Interactions, name: str) -> None:
    """A product and a customer are gone since the model was fitted."""
    bench.duck.register("found_state", state_table(STATES[name], interactions))
    bench.gate.write(Part(FITTED[name], "SELECT * FROM found_state"))
    bench.duck.execute("DELETE FROM features.interactions WHERE product_id = 'P1' OR customer_id = 'C2'")
    fewer = read_interactions(bench.duck)
    assert fewer is not None
    with pytest.raises(ValueError, match="build it again"):
        read_state(bench.duck, name, fewer)
