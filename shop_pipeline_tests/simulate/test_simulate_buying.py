"""Buying: BG/NBD counts, gamma-gamma values, seasons, tastes.

Tolerances are 4 standard errors of the mean at the size of the sample, so they shrink with 1 / sqrt(n); a right
generator fails such a check once in 16,000 seeds, and the seed is fixed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from shop_pipeline.simulate import ShopConfig
from shop_pipeline_tests.simulate.reader import Sample

CONFIG = ShopConfig()


@pytest.fixture(scope="module")
def buyers(sample: Sample) -> pd.DataFrame:
    """One row per BG/NBD customer: age_days (operational) and repeat orders seen in the files."""
    orders = sample.sales().drop_duplicates("order_id")
    count = orders[orders["source"] == "organic"].groupby("customer_id").size()
    buyers = sample.truth("customers").dropna(subset="age_days").set_index("customer_id")
    # Everybody's first order is at age 0 and not a repeat one.
    return buyers.assign(repeats=count.reindex(buyers.index) - 1)


def test_the_mean_of_repeat_orders_is_that_of_the_formula(buyers: pd.DataFrame) -> None:
    """E[X(t)], equation 9 of Fader, Hardie & Lee 2005, with each customer's own t."""
    r, alpha, a, b, t = CONFIG.r, CONFIG.alpha, CONFIG.a, CONFIG.b, buyers["age_days"].to_numpy()
    hypergeometric = hyp2f1(r, b, a + b - 1, t / (alpha + t))
    expected = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * hypergeometric)
    gap = buyers["repeats"].to_numpy() - expected
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap))
    # A deviation that the check above would catch: 15 % more orders.
    assert 0.15 * expected.mean() > 4 * gap.std() / np.sqrt(len(gap))


def test_as_many_never_come_back_as_the_formula_says(buyers: pd.DataFrame) -> None:
    """P(X(t) = 0) = (alpha / (alpha + t)) ^ r, equation 8 of Fader, Hardie & Lee 2005 at x = 0."""
    never = (CONFIG.alpha / (CONFIG.alpha + buyers["age_days"].to_numpy())) ** CONFIG.r
    error = np.sqrt((never * (1 - never)).sum())
    assert abs((buyers["repeats"] == 0).sum() - never.sum()) < 4 * error


def test_customers_leave_after_a_repeat_order_with_their_own_probability(buyers: pd.DataFrame) -> None:
    """Each repeat order is a trial with probability p; those who left did so at their last one."""
    p, repeats = buyers["bgnbd_drop_probability"].to_numpy(), buyers["repeats"].to_numpy()
    left = buyers["drop_out_age_days"].notna().to_numpy()
    # Sum of (left - p x trials) is a martingale: mean 0, variance sum of p (1 - p) over all trials.
    gap = (left - p * repeats).sum()
    assert abs(gap) < 4 * np.sqrt((p * (1 - p) * repeats).sum())


def test_the_mean_order_value_is_that_of_gamma_gamma(sample: Sample) -> None:
    """E[Z] = p v / (q - 1), Fader & Hardie 2013, note on the gamma-gamma model, equation 3; here 5 x 27 / 3 = 45."""
    sold = sample.sales()
    sold = sold[~sold["is_wholesale"] & ~sold["is_fraud"]]
    value = (sold["quantity"] * sold["unit_price"]).groupby([sold["customer_id"], sold["order_id"]]).sum()
    mean = value.groupby("customer_id").mean()
    assert mean.mean() == pytest.approx(45.0, abs=4 * mean.std() / np.sqrt(len(mean)))


def test_orders_scatter_around_their_customers_mean_as_gamma_gamma_says(sample: Sample) -> None:
    """Given the customer, the value is Gamma(p): its relative variance is 1 / p (of the values aimed at)."""
    orders = sample.truth("orders").merge(sample.truth("customers")[["customer_id", "mean_order_value"]])
    orders = orders[~orders["is_fraud"]]
    ratio = orders["target_value"] / orders["mean_order_value"]
    assert ratio.mean() == pytest.approx(1.0, abs=4 * np.sqrt(1 / CONFIG.p / len(ratio)))
    # The variance of a sample variance is (kurtosis - 1) s^4 / n; a Gamma(5) has kurtosis 3 + 6 / 5 = 4.2.
    assert ratio.var() == pytest.approx(1 / CONFIG.p, abs=4 * np.sqrt(3.2 / len(ratio)) / CONFIG.p)


def test_baskets_are_worth_what_was_aimed_at(sample: Sample) -> None:
    """Rounding to whole units leaves the expectation; only the smallest baskets cost more than aimed at."""
    orders = sample.truth("orders")
    orders = orders[orders["target_value"] > 10]
    ratio = orders["revenue"] / orders["target_value"]
    assert ratio.mean() == pytest.approx(1.0, abs=0.01)


def test_wholesale_buyers_take_large_quantities(sample: Sample) -> None:
    units = sample.truth("orders").groupby("is_wholesale")["units"].mean()
    # The same distribution times 15; the median lies within a factor of 2 with 75 buyers or so.
    assert 7.5 < units[True] / units[False] < 30


def test_the_week_has_the_seasons_of_the_config(sample: Sample) -> None:
    orders = sample.truth("orders")
    weekday = pd.to_datetime(orders["order_date"]).dt.weekday.value_counts().sort_index().to_numpy()
    # 180 days hold 26 Thursdays to Wednesdays, 25 of the other two days at most one less; Poisson error of a share.
    share = weekday / weekday.sum()
    expected = np.array(CONFIG.weekly) / sum(CONFIG.weekly)
    assert np.abs(share - expected).max() < 4 * np.sqrt(expected.max() / len(orders)) + expected.max() / 26


def test_customers_buy_what_they_like(sample: Sample) -> None:
    """The log score of the true taste beats that of overall popularity: there is something to learn."""
    # The truth lists products by category, in the order of the tastes.
    categories = list(dict.fromkeys(sample.truth("products")["category"]))
    sold = sample.sales().merge(sample.truth("products")[["product_id", "category"]])
    taste = np.array(sample.truth("customers").set_index("customer_id")["taste"].loc[sold["customer_id"]].tolist())
    column = sold["category"].map({c: k for k, c in enumerate(categories)}).to_numpy()
    own = np.log(taste[np.arange(len(sold)), column]).mean()
    general = np.log((np.bincount(column) / len(column))[column]).mean()
    assert own > general + 0.5
