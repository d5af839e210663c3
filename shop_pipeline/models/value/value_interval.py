"""Between which amounts a customer's value will lie.

Here: the predictive distribution of what somebody brings, and its ends. Not here: its mean (`lifetime_value`).

Of the number N of purchases in the horizon the model says the mean, the variance and the probability of none. What they
cost together is Gamma(p N, nu), with nu known as Gamma(p x + q, v + x m). So given N > 0, the total is G / nu with G a
mixture of Gamma(p N, 1). It is taken as the one Gamma with its mean and variance, which is exact for one purchase, and
then the total is a beta-prime variable: heavy tails of spend stay heavy, also where its variance is infinite. The whole
is discounted by the customer's mean discount. What is unknown about the parameters is left out: with thousands of
customers it is small beside chance.

On 300,000 customers simulated from each of six pairs of models, the share inside intervals of .8 is within .008 of what
it should be, and at worst .76, among those who bring nothing with a probability of .02 to .1: who has perhaps left and
else buys a lot brings little or much, which no Gamma is like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.value.alike import alike
from shop_pipeline.models.value.gamma_gamma import GammaGamma
from shop_pipeline.models.value.lifetime_value import discounted_purchases
from shop_pipeline.models.value.purchase_model import Predictive, PurchaseModel
from shop_pipeline.models.value.purchases import Purchases

# A smaller chance of buying at all counts as this one: no end of an interval that anybody asks for lies there.
LEAST_CHANCE = 1e-9


@dataclass(frozen=True, slots=True)
class PredictiveValue:
    """What each of n customers brings: nothing with probability `p_none`, else `unit` times BetaPrime(shape, tail).

    Args:
        p_none, shape, tail: by history (m,).
        which: the history of each customer (n,).
        unit: of money, by customer (n,).
    """

    p_none: DoubleArray
    shape: DoubleArray
    tail: DoubleArray
    which: AnyArray
    unit: DoubleArray

    def quantile(self, probability: float) -> DoubleArray:
        """The amount (n,) that is not exceeded with this probability."""
        units = np.zeros(len(self.p_none))
        some = self.p_none < probability
        none, shape, tail = self.p_none[some], self.shape[some], self.tail[some]
        # The complement's quantile keeps its digits in the long tail of amounts.
        rest = betaincinv(tail, shape, (1 - probability) / (1 - none))
        units[some] = (1 - rest) / rest
        return units[self.which] * self.unit

    def interval(self, confidence: float) -> tuple[DoubleArray, DoubleArray]:
        """Ends (n,) that hold the value with this probability, as much of the rest below as above where that can be.

        Whose probability of nothing is more than half of that rest has 0 as the low end, and then all of the rest lies
        above, or the interval would hold more than was asked for. Who brings nothing with a probability above
        `confidence` has 0 at both ends, below the mean.
        """
        outside = (1 - confidence) / 2
        central = (self.p_none < outside)[self.which]
        low = np.where(central, self.quantile(outside), 0.0)
        high = np.where(central, self.quantile(1 - outside), self.quantile(confidence))
        return low, high


def predictive_value(
    model: PurchaseModel, spend: GammaGamma, purchases: Purchases, horizon: float, discount_rate: float, margin: float
) -> PredictiveValue:
    """The distribution of what each customer earns the shop within the horizon, in money of today.

    Args:
        discount_rate: per unit of time.
        margin: share of the revenue that is earned.
    """
    positions, which = alike(purchases.frequency, purchases.recency, purchases.age)
    histories = purchases.part(positions)
    number = model.predictive(histories, horizon)
    discounted = discounted_purchases(model, histories, horizon, discount_rate)
    discount = np.divide(discounted, number.mean, out=np.ones(len(histories)), where=number.mean > 0)
    shape, scale = _gamma_of_total(number, spend.p)
    tail, rate = spend.posterior(purchases)
    unit = margin * (discount * scale)[which] * rate
    return PredictiveValue(number.p_none, shape, tail[positions], which, unit)


def interval(
    model: PurchaseModel,
    spend: GammaGamma,
    purchases: Purchases,
    horizon: float,
    confidence: float,
    discount_rate: float = 0.0,
    margin: float = 1.0,
) -> tuple[DoubleArray, DoubleArray]:
    """Ends (n,) between which each customer's value lies with probability `confidence`, see `PredictiveValue`.

    Raises:
        ValueError: `confidence` is not within 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"an interval holds a share between 0 and 1, not {confidence}")
    return predictive_value(model, spend, purchases, horizon, discount_rate, margin).interval(confidence)


def _gamma_of_total(number: Predictive, p: float) -> tuple[DoubleArray, DoubleArray]:
    """Shape and scale (n,) of the Gamma with mean and variance of Gamma(p N, 1) given N > 0.

    Given N > 0, the mean is at least 1; rounding may say otherwise of those who almost surely buy nothing.
    """
    some = np.maximum(1 - number.p_none, LEAST_CHANCE)
    mean = np.maximum(number.mean / some, 1.0)
    variance = np.maximum((number.variance + number.mean**2) / some - mean**2, 0.0)
    scale = 1 + p * variance / mean
    return p * mean / scale, scale
