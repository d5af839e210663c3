"""The naive rule: by hand, and its published figures on CDNOW."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import poisson

from shop_pipeline.models.value.past_rate import PastRate
from shop_pipeline.models.value.purchases import Purchases

NAN = float("nan")
# Four repeat purchases in 100 days, of 25 each on the mean; one purchase only; here since today.
THREE = Purchases(np.array([4.0, 0, 0]), np.array([90.0, 0, 0]), np.array([100.0, 50, 0]), np.array([25.0, NAN, NAN]))
RULE = PastRate()


def test_everybody_goes_on_as_before() -> None:
    """4 / 100 x 50 = 2 purchases of 25."""
    assert RULE.expected_purchases(THREE, 50).tolist() == [2, 0, 0]
    assert RULE.value(THREE, 50).tolist() == [50, 0, 0]
    assert RULE.value(THREE, 50, margin=0.4).tolist() == [20, 0, 0]
    assert RULE.p_alive(THREE).tolist() == [1, 1, 1]


def test_later_money_is_worth_less() -> None:
    """One per cent per day on 4 / 100 x 25 = 1 of revenue per day: a sum that SciPy integrates here."""
    expected, _ = quad(lambda day: 1.01**-day, 0, 50)
    assert RULE.value(THREE, 50, discount_rate=0.01)[0] == pytest.approx(expected, rel=1e-12)
    assert RULE.value(THREE, 50, discount_rate=1e-9)[0] == pytest.approx(50, rel=1e-6)


def test_the_interval_is_that_of_a_poisson_number_of_mean_purchases() -> None:
    """With mean 2, P(N <= 0) = .135 is the first above .1, and P(N <= 4) = .947 the first above .9: 0 and 4."""
    assert poisson.cdf([0, 3, 4], 2) == pytest.approx([0.135, 0.857, 0.947], abs=1e-3)
    low, high = RULE.interval(THREE, 50, confidence=0.8)
    assert (low.tolist(), high.tolist()) == ([0, 0, 0], [100, 0, 0])
    factor = RULE.value(THREE, 50, discount_rate=0.01, margin=0.4)[0] / 50
    assert RULE.interval(THREE, 50, confidence=0.8, discount_rate=0.01, margin=0.4)[1][0] == pytest.approx(100 * factor)


def test_ends_are_the_quantiles_of_scipy() -> None:
    """For rates from one purchase in ten years to ten a day, and a mean spend of 1."""
    frequency = np.round(np.geomspace(1, 36500, 300))
    many = Purchases(frequency, np.full(300, 3650.0), np.full(300, 3650.0), np.ones(300))
    mean = RULE.expected_purchases(many, 90)
    for found, probability in zip(RULE.interval(many, 90, confidence=0.8), (0.1, 0.9), strict=True):
        assert found == pytest.approx(poisson.ppf(probability, mean))


@pytest.mark.skipif("SHOP_REAL_DATA" not in os.environ, reason="SHOP_REAL_DATA names no folder")
def test_the_published_errors_on_cdnow() -> None:
    """MAE 1.0237 and RMSE 2.2119 over 39 weeks after 1997-09-30, in which 1,882 days had a purchase."""
    table = pd.read_csv(
        Path(os.environ["SHOP_REAL_DATA"]) / "cdnow/CDNOW_sample.txt", sep=r"\s+", header=None, usecols=[0, 2]
    )
    end = np.datetime64("1997-09-30", "D")
    day = pd.to_datetime(table[2].astype(str)).to_numpy("datetime64[D]")
    # A free day is a purchase in the published figures, so each line is given the amount 1.
    ids, purchases = Purchases.from_days(table[0].to_numpy(), day, np.ones(len(table)), end)
    after = table[day > end].drop_duplicates()
    actual = after.groupby(0).size().reindex(ids, fill_value=0).to_numpy()
    assert (len(ids), actual.sum()) == (2357, 1882)
    error = RULE.expected_purchases(purchases, 273) - actual
    assert np.abs(error).mean() == pytest.approx(1.0237, abs=5e-5)
    assert np.sqrt((error**2).mean()) == pytest.approx(2.2119, abs=5e-5)


def test_who_is_known_for_a_week_has_no_yearly_rate_of_that_week() -> None:
    """One repeat purchase in 5 days is 18 in 90; taken as known for 30 days, 3. Who is known for 60 days has theirs."""
    new_and_old = Purchases(np.array([1.0, 2.0]), np.array([5.0, 50.0]), np.array([5.0, 60.0]), np.array([9.0, 9.0]))
    np.testing.assert_allclose(RULE.expected_purchases(new_and_old, 90), [18.0, 3.0])
    np.testing.assert_allclose(PastRate(youngest=30.0).expected_purchases(new_and_old, 90), [3.0, 3.0])
