"""One trial of a real model, and the search over real models."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.settings_search import Limits
from shop_pipeline.models.evaluation.tuning import TuningConfig, Validation, tune
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.catalogue import SideInformation, candidates
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

PLENTY = Limits(1000, 2**30)


@pytest.fixture(scope="module")
def shop() -> tuple[Interactions, sp.csr_matrix]:
    """200 customers of two tastes, who have 6 of the 10 products of theirs, of which 2 are held out."""
    rng = np.random.default_rng(0)
    bought, held_out = np.zeros((200, 20)), np.zeros((200, 20), np.float32)
    for customer in range(200):
        own = rng.permutation(10)[:6] + 10 * (customer % 2)
        bought[customer, own[:4]], held_out[customer, own[4:]] = 1, 1
    return interactions_of(bought), sp.csr_matrix(held_out)


def test_an_outcome_is_the_mean_over_those_with_something_held_out() -> None:
    """Everybody's most popular unseen product is 1. It is held out for the first two of three who are judged."""
    bought = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]])
    wanted = sp.csr_matrix(np.array([[0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0]], np.float32))
    config = TuningConfig("hit_rate", k=1)
    outcome = Validation(interactions_of(bought), wanted, config, np.random.default_rng(0)).attempt(Popularity())
    assert outcome.value == pytest.approx(2 / 3)
    assert outcome.ci_low < 2 / 3 < outcome.ci_high


def test_seconds_of_fitting_and_listing_are_apart(shop: tuple[Interactions, sp.csr_matrix]) -> None:
    """By a clock that goes 1, 2, 4, 8: fitting takes 1, listing 2."""
    ticks = iter([1.0, 2.0, 4.0, 8.0])
    outcome = Validation(*shop, TuningConfig(), np.random.default_rng(0)).attempt(Popularity(), lambda: next(ticks))
    assert (outcome.fit_seconds, outcome.recommend_seconds) == (1, 2)


def test_many_customers_are_judged_by_a_sample_that_the_seed_names(shop: tuple[Interactions, sp.csr_matrix]) -> None:
    first, second, third = (
        Validation(*shop, TuningConfig(n_customers=50), np.random.default_rng(seed)).customers for seed in (1, 1, 2)
    )
    assert len(set(first)) == 50
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_the_better_model_wins_with_better_settings_than_its_defaults(
    shop: tuple[Interactions, sp.csr_matrix],
) -> None:
    """Two tastes: popularity shows half of its list to the wrong one, factors do not."""
    models = candidates(["popularity", "als"], SideInformation())
    search = tune(*shop, models, PLENTY, np.random.default_rng(0), config=TuningConfig(k=5))
    als, popularity = search.ranking()
    assert (als.model, popularity.model) == ("als", "popularity")
    assert als.value > popularity.ci_high
    defaults = next(trial for trial in search.trials if trial.model == "als")
    assert (defaults.trial, defaults.settings) == (1, models["als"].defaults)
    assert als.value >= defaults.value


def test_nobody_to_judge_is_refused(shop: tuple[Interactions, sp.csr_matrix]) -> None:
    with pytest.raises(ValueError, match="nobody has anything held out"):
        Validation(shop[0], sp.csr_matrix((200, 20), dtype=np.float32), TuningConfig(), np.random.default_rng(0))


def test_held_out_of_other_ids_is_refused(shop: tuple[Interactions, sp.csr_matrix]) -> None:
    with pytest.raises(ValueError, match="held out for training"):
        Validation(shop[0], sp.csr_matrix((3, 20), dtype=np.float32), TuningConfig(), np.random.default_rng(0))
