"""Which other price would surely bring more, by what was seen of demand so far.

Here: limits, the best price within them, and the test that it gains over the whole interval of the elasticity. Not
here: the elasticity (`elasticity.py`), why a price changes or stays (`verdict.py`), and the words (`reasons.py`).

With units q(p) = q0 (p / p0)^e, the margin (p - c) q(p) is largest at p* = c e / (1 + e) if e < -1, and rises without
end otherwise; revenue p q(p) rises with the price if e > -1, and falls if e < -1. So most best prices lie at a limit.
For a fixed price, units are monotone in e: what gains at both ends of the interval gains all over it. No demand rises
with its price, so an end over 0 counts as 0; where the estimate itself is over 0 there is no suggestion.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, DoubleArray

LEAST_CHANGE = 0.01
"""A change of price under one percent is not worth the work."""


@dataclass(frozen=True)
class Offer:
    """P products with their prices so far; every figure (P,)."""

    price: DoubleArray
    """Today's."""
    cost: DoubleArray
    """Of one unit; nan where it is not known."""
    lowest_seen: DoubleArray
    """Of the prices at which it was in stock."""
    highest_seen: DoubleArray
    elasticity: DoubleArray
    low: DoubleArray
    """Lower end of the elasticity's interval."""
    high: DoubleArray
    is_listed: BoolArray
    """All prices are list prices. Paid ones fall with a larger order: their elasticity is no advice."""
    decimals: int
    """Digits after the point of a price: whole coins of the shop's currency."""

    @property
    def ends(self) -> DoubleArray:
        """(3, P) elasticity, lower and upper end of its interval, as they are believed: at most 0."""
        return np.minimum(np.stack([self.elasticity, self.low, self.high]), 0.0)

    @property
    def falls(self) -> BoolArray:
        """(P,) units fell while the price rose, as demand does."""
        return self.elasticity <= 0


@dataclass(frozen=True)
class Tried:
    """The best prices of three elasticities: the estimate, and both ends of its interval."""

    price: DoubleArray
    """(3, P) within the limits; nan where none is allowed."""
    is_another: BoolArray
    """(3, P) it is so far from today's that it is worth the work."""
    gain: DoubleArray
    """(3, 3, P) what each of the prices gains at each of the elasticities."""


@dataclass(frozen=True)
class Suggestions:
    """P products; figures of change are shares of today's revenue, nan without a suggestion."""

    price: DoubleArray
    """(P,) nan where today's is kept."""
    lowest: DoubleArray
    highest: DoubleArray
    units: DoubleArray
    """(3, P) change of units at the elasticity, and at the lower and upper end of its interval."""
    revenue: DoubleArray
    margin: DoubleArray
    """(3, P) nan without a cost."""
    tried: Tried

    @property
    def is_at_limit(self) -> BoolArray:
        """(P,) it is as far away as is allowed."""
        found: BoolArray = (self.price == self.lowest) | (self.price == self.highest)
        return found


def suggest(offer: Offer, max_change: float, min_margin: float) -> Suggestions:
    """The price that gains most among those that surely gain, within the limits; else today's.

    Limits: `max_change` of today's price, the prices seen so far (beyond them nobody knows the demand), and
    `min_margin` of the price above the cost.
    """
    lowest, highest = limits(offer, max_change, min_margin)
    tried = _tried(offer, lowest, highest)
    sure = tried.is_another & (tried.gain.min(axis=1) > 0)
    worth = np.where(sure, tried.gain[:, 0], -np.inf)
    first = worth.argmax(axis=0)[None]
    found = np.take_along_axis(tried.price, first, axis=0)[0]
    usable = np.isfinite(np.take_along_axis(worth, first, axis=0)[0]) & offer.is_listed & offer.falls
    price = np.where(usable, found, np.nan)
    # What is not known, to the power of 0, would be 1.
    units = np.where(np.isfinite(price), (price / offer.price) ** offer.ends - 1, np.nan)
    revenue = (1 + units) * price / offer.price - 1
    margin = revenue - units * offer.cost / offer.price
    return Suggestions(price, lowest, highest, units, revenue, margin, tried)


def _tried(offer: Offer, lowest: DoubleArray, highest: DoubleArray) -> Tried:
    ends = offer.ends
    price = np.stack([in_coins(best_price(e, offer.cost), lowest, highest, offer.decimals) for e in ends])
    gains = np.stack([gain(each, e, offer) for each in price for e in ends]).reshape(3, 3, -1)
    return Tried(price, is_another(price, offer), gains)


def is_another(price: DoubleArray, offer: Offer) -> BoolArray:
    """(..., P) the price is at least LEAST_CHANGE away from today's; nan is not."""
    found: BoolArray = np.abs(price / offer.price - 1) >= LEAST_CHANGE
    return found


def limits(offer: Offer, max_change: float, min_margin: float) -> tuple[DoubleArray, DoubleArray]:
    """(P,) lowest and highest price allowed, in whole coins; the lowest is over the highest where there is no room."""
    floor = np.where(np.isfinite(offer.cost), offer.cost / (1 - min_margin), 0.0)
    lowest = np.maximum(np.maximum(offer.price * (1 - max_change), offer.lowest_seen), floor)
    highest = np.minimum(offer.price * (1 + max_change), offer.highest_seen)
    coins = 10.0**offer.decimals
    # What is a whole number of coins may miss it by its last bit.
    up, down = np.ceil(lowest * coins - 1e-6), np.floor(highest * coins + 1e-6)
    return np.round(up / coins, offer.decimals), np.round(down / coins, offer.decimals)


def best_price(elasticity: DoubleArray, cost: DoubleArray) -> DoubleArray:
    """(P,) price with the largest margin, without a cost with the largest revenue; 0 and inf are as far as allowed."""
    steep = elasticity < -1
    markup = np.where(steep, elasticity, -2.0) / (1 + np.where(steep, elasticity, -2.0))
    best: DoubleArray = np.where(steep, np.where(np.isfinite(cost), cost * markup, 0.0), np.inf)
    return best


def in_coins(price: DoubleArray, lowest: DoubleArray, highest: DoubleArray, decimals: int) -> DoubleArray:
    """(P,) the next price in whole coins within the limits, which are whole coins; nan where there is none."""
    inside = np.clip(price, lowest, np.maximum(lowest, highest))
    return np.where(lowest <= highest, np.round(inside, decimals), np.nan)


def gain(price: DoubleArray, elasticity: DoubleArray, offer: Offer) -> DoubleArray:
    """(P,) change of the margin, without a cost of the revenue, as a share of today's revenue; -inf for no price."""
    known = np.isfinite(price)
    ratio = np.where(known, price, offer.price) / offer.price
    units = ratio**elasticity
    cost = np.where(np.isfinite(offer.cost), offer.cost, 0.0) / offer.price
    found: DoubleArray = np.where(known, (ratio - cost) * units - (1 - cost), -np.inf)
    return found
