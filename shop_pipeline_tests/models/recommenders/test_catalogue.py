"""The list of recommenders: every entry is made from plain settings and back, and refuses what it does not know."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.trials import Setting
from shop_pipeline.models.recommenders.catalogue import (
    CATALOGUE,
    SideInformation,
    available,
    candidates,
    make,
    settings_of,
)
from shop_pipeline.models.recommenders.groups import CustomerGroups, ProductGroups
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.similarity.content import ProductFeatures
from shop_pipeline_tests.models.recommenders.recommender_conformance import checkerboard, interactions_of

SHOP = interactions_of(checkerboard())
EVERYTHING = SideInformation(
    has_times=True,
    customer_groups=CustomerGroups(SHOP.customer_ids, ["DE"] * len(SHOP.customer_ids)),
    product_groups=ProductGroups(SHOP.product_ids, ["toys"] * len(SHOP.product_ids)),
    product_features=ProductFeatures(
        sp.csr_matrix(np.random.default_rng(0).random((14, 5)), dtype=np.float32), SHOP.product_ids, tuple("abcde")
    ),
)
NAMES = available(EVERYTHING)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_made_fitted_and_lists_products(name: str) -> None:
    model = make(name, {}, EVERYTHING)
    assert isinstance(model, Recommender)
    # With what they have: as many singular vectors as products give the board back as it is, and nothing else.
    lists = model.fit(SHOP, np.random.default_rng(0)).recommend(np.arange(24), 3, exclude_seen=False)
    assert (lists.products >= 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_settings_survive_json(name: str) -> None:
    """A value other than the default for each setting that is searched, to JSON and back into a model."""
    entry = CATALOGUE[name]
    changed = {setting: values[-1] for setting, values in entry.space().items()}
    model = make(name, changed, EVERYTHING)
    again = make(name, json.loads(json.dumps(settings_of(model))), EVERYTHING)
    assert again.config == model.config  # type: ignore[attr-defined]
    assert settings_of(again) == entry.defaults() | changed


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_value_of_a_space_makes_a_model(name: str) -> None:
    """The defaults are among them (`Candidate` refuses others), and each is of the default's type."""
    if name not in NAMES:
        pytest.skip("a need of it is not met here")
    candidate = candidates([name], EVERYTHING)[name]
    for setting, values in candidate.space.items():
        assert len(set(values)) == len(values) > 1
        for value in values:
            model = candidate.make(candidate.defaults | {setting: value})
            assert model.memory_bytes(SHOP.size) > 0


def test_a_model_is_available_where_its_needs_are_met() -> None:
    """Without anything but weights: those that need nothing. Times add those that need times alone."""
    nothing, times = set(available(SideInformation())), set(available(SideInformation(has_times=True)))
    assert {"popularity", "item_neighbours", "als"} <= nothing
    assert "popularity_trending" in times - nothing
    assert all(CATALOGUE[name].needs == ("times",) for name in times - nothing)
    assert times < set(NAMES)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("als", {"factors": 8}, "als has no setting 'factors'; it has n_factors, "),
        ("als", {"n_factors": "8"}, "als: n_factors is '8', expected int"),
        ("als", {"n_factors": 8.5}, "als: n_factors is 8.5, expected int"),
        ("als", {"n_factors": True}, "als: n_factors is True, expected int"),
        ("popularity", {"measure": "weight"}, "popularity: measure is 'customers' and can't be 'weight'"),
        ("popularity_by_country", {}, "popularity_by_country needs customer_groups"),
        ("svdpp", {}, "there is no model 'svdpp'; there are popularity, "),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(name: str, settings: dict[str, Setting], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        make(name, settings)
    assert str(refused.value).startswith(message)


def test_an_integer_will_do_for_a_number() -> None:
    """As YAML gives it: 1 for 1.0."""
    assert settings_of(make("als", {"regularization": 1}))["regularization"] == 1


def test_given_settings_are_not_searched() -> None:
    found = candidates(["als"], SideInformation(), {"als": {"n_factors": 7}})["als"]
    assert "n_factors" not in found.space
    assert found.defaults["n_factors"] == 7
    assert settings_of(found.make(found.defaults))["n_factors"] == 7


def test_the_rival_is_not_searched() -> None:
    """What all others have to beat is the same before and after a search."""
    assert CATALOGUE["popularity"].space() == {}
    assert settings_of(Popularity()) == CATALOGUE["popularity"].defaults()


def test_reading_the_list_imports_no_model() -> None:
    """The catalogue is read where only names are wanted."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, shop_pipeline.models.recommenders.catalogue as c; c.CATALOGUE;"
         " print([m for m in sys.modules if m.endswith(('.als', '.ease', 'torch', 'implicit'))])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"
