"""Intervals of value hold as many customers as they say, when the models are true."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.gamma_gamma import GammaGamma
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.value_interval import PredictiveValue, interval, predictive_value
from shop_pipeline_tests.models.value.buyers import CDNOW, draw, purchases_of
from shop_pipeline_tests.models.value.spenders import with_spend

N = 60_000


def simulate(model: PurchaseModel, spend: GammaGamma, t: float) -> tuple[Purchases, DoubleArray]:
    """Customers of age 39, and what each of them then brings within t (n,)."""
    rng = np.random.default_rng(3)
    bought, _, later = draw(model, np.full(N, 39.0), t, rng)
    customers, nu = with_spend(bought, spend.p, spend.q, spend.v, rng)
    brings = np.zeros(N)
    some = later > 0
    brings[some] = rng.gamma(spend.p * later[some], 1 / nu[some])
    return customers, brings


@pytest.mark.parametrize(
    ("model", "confidence"), [*((model, 0.8) for model in CDNOW), (CDNOW[0], 0.5), (Nbd(2.0, 20.0), 0.8)]
)
def test_as_many_lie_inside_as_is_said(model: PurchaseModel, confidence: float) -> None:
    spend = GammaGamma(6.25, 3.74, 15.45)
    customers, brings = simulate(model, spend, 52.0)
    low, high = interval(model, spend, customers, 52.0, confidence)
    inside = (low <= brings) & (brings <= high)
    p_none = model.predictive(customers, 52.0).p_none
    # Nothing is inside every interval from 0, so those who most likely bring nothing are inside more often.
    said = np.maximum(confidence, p_none)
    assert inside.mean() == pytest.approx(said.mean(), abs=0.012)
    for begin, end in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.8), (0.8, 1.0)):
        group = (p_none >= begin) & (p_none < end)
        if group.sum() > 1_500:
            # Who is hardly ever without a purchase, but may have left, buys either little or much: the widest miss.
            assert inside[group].mean() == pytest.approx(said[group].mean(), abs=0.06 if end <= 0.1 else 0.03)


def test_spend_without_a_variance_has_an_interval() -> None:
    spend = GammaGamma(6.25, 1.5, 5.0)
    customers, brings = simulate(CDNOW[0], spend, 52.0)
    low, high = interval(CDNOW[0], spend, customers, 52.0, 0.8)
    p_none = CDNOW[0].predictive(customers, 52.0).p_none
    assert ((low <= brings) & (brings <= high)).mean() == pytest.approx(np.maximum(0.8, p_none).mean(), abs=0.012)


def one(p_none: float) -> PredictiveValue:
    """One customer who brings 10 times BetaPrime(6, 4), or nothing."""
    return PredictiveValue(np.array([p_none]), np.array([6.0]), np.array([4.0]), np.array([0]), np.array([10.0]))


def test_ends_of_somebody_who_surely_buys_are_quantiles() -> None:
    low, high = one(0.0).interval(0.8)
    np.testing.assert_allclose([low[0], high[0]], stats.betaprime.ppf([0.1, 0.9], 6, 4, scale=10), rtol=1e-9)


def test_a_chance_of_nothing_of_less_than_the_tail_leaves_the_interval_central() -> None:
    # .05 is nothing, so .05 of the .95 others are below the low end: 1 / 19, and .1 above: 17 / 19.
    low, high = one(0.05).interval(0.8)
    np.testing.assert_allclose([low[0], high[0]], stats.betaprime.ppf([1 / 19, 17 / 19], 6, 4, scale=10), rtol=1e-9)


def test_a_chance_of_nothing_of_more_than_the_tail_makes_the_interval_one_sided() -> None:
    # .5 is nothing, and .3 of the .5 others are below the high end.
    low, high = one(0.5).interval(0.8)
    assert low[0] == 0
    assert high[0] == pytest.approx(stats.betaprime.ppf(0.6, 6, 4, scale=10), rel=1e-9)


def test_who_most_likely_brings_nothing_has_nothing_at_both_ends() -> None:
    low, high = one(0.85).interval(0.8)
    assert (low[0], high[0]) == (0, 0)
    assert one(1.0).interval(0.8)[1][0] == 0


def test_exactly_one_purchase_is_spread_as_spend_is() -> None:
    # With a single purchase, the total is Gamma(p, nu), nu ~ Gamma(q, v): v times BetaPrime(p, q). A rate that is known
    # and a short time make a second purchase rare: .0005 of those with a first.
    value = predictive_value(Nbd(1e3, 1e3), GammaGamma(6, 4, 10), purchases_of([0], [0], [0]), 1e-3, 0.0, 1.0)
    middle = 1 - 0.5 * (1 - value.p_none[0])
    assert value.quantile(middle)[0] == pytest.approx(stats.betaprime.ppf(0.5, 6, 4, scale=10), rel=2e-3)


def test_a_margin_and_money_scale_the_ends() -> None:
    customers = purchases_of([3, 8], [20, 38], [39, 39])
    model, spend = Nbd(0.8, 10.0), GammaGamma(6, 4, 10)
    full = np.array(interval(model, spend, customers, 52.0, 0.8))
    np.testing.assert_allclose(interval(model, spend, customers, 52.0, 0.8, margin=0.3), 0.3 * full)
    # A constant rate of purchases is discounted by (1 - d) / -log(d) of the horizon, d = 1.1^-1.
    discounted = np.array(interval(model, spend, customers, 52.0, 0.8, discount_rate=1.1 ** (1 / 52) - 1))
    np.testing.assert_allclose(discounted / full, (1 - 1 / 1.1) / np.log(1.1), rtol=1e-9)


def test_wider_intervals_hold_narrower_ones() -> None:
    customers = purchases_of([0, 3, 8], [0, 20, 38], [39, 39, 39])
    ends = [interval(CDNOW[2], GammaGamma(6, 4, 10), customers, 52.0, share) for share in (0.5, 0.8, 0.95)]
    for (low, high), (lower, higher) in pairwise(ends):
        assert (lower <= low).all()
        assert (higher >= high).all()


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, np.nan])
def test_what_is_no_share_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="an interval holds a share"):
        interval(CDNOW[0], GammaGamma(6, 4, 10), purchases_of([0], [0], [39]), 52.0, confidence)
