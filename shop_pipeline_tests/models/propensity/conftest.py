"""Customers whose truth is known: labels are drawn from log-odds that are linear in the logarithms of two features."""

from collections.abc import Callable

import numpy as np
import pytest

from shop_pipeline.models.propensity.features import Features, Labelled

NAMES = ("days_since_last", "n_purchases", "net_revenue", "return_share")


def made_features(n: int, seed: int) -> Features:
    """Heavy tails, like those of a shop; the last two say nothing about the labels."""
    rng = np.random.default_rng(seed)
    days, purchases, revenue = np.expm1(np.abs(rng.normal([3, 1, 5], [1, 0.7, 1.5], (n, 3)))).T
    return Features(NAMES, np.column_stack([days, purchases, revenue, rng.uniform(0, 1, n)]))


def true_log_odds(features: Features) -> np.ndarray:
    days, purchases = np.log1p(features.columns(NAMES[:2])).T
    return 0.5 + 1.2 * (days - 3) - 1.5 * (purchases - 1)


def made_cut(n: int, seed: int) -> Labelled:
    features = made_features(n, seed)
    chance = 1 / (1 + np.exp(-true_log_odds(features)))
    return Labelled(features, np.random.default_rng(seed + 1000).random(n) < chance)


@pytest.fixture(scope="session")
def cut_of() -> Callable[[int, int], Labelled]:
    """A cut of n customers from a seed."""
    return made_cut


@pytest.fixture(scope="session")
def cut() -> Labelled:
    return made_cut(4000, 1)


@pytest.fixture(scope="session")
def later_cut() -> Labelled:
    return made_cut(3000, 2)
