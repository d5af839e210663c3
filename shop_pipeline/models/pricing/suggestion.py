"""Which other price would surely bring more, by what was seen of demand so far.

Here: limits, the best price within them, and the test that it gains over the whole interval of the elasticity. Not
here: the elasticity (`elasticity.py`), and the words (`reasons.py`).

With units q(p) = q0 (p / p0)^e, the margin (p - c) q(p) is largest at p* = c e / (1 + e) if e < -1, and rises without
end otherwise; revenue p q(p) rises with the price if e > -1, and falls if e < -1. So most best prices lie at a limit.
For a fixed price, units are monotone in e: what gains at both ends of the interval gains all over it.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, DoubleArray
from .sales import Numbers

CENT = 0.01
LEAST_CHANGE = 0.01
"""A change of price under one percent is not worth the work."""
REASONS = (
    "raise_inelastic",
    "lower_elastic",
    "keep_best",
    "keep_uncertain",
    "keep_no_room",
    "keep_paid_prices",
)
RAISE, LOWER, BEST, UNCERTAIN, NO_ROOM, PAID = range(6)


@dataclass(frozen=True)
class Offer:
    """P products with their prices so far; every figure (P,)."""

    price: DoubleArray
    """Today's."""
    cost: DoubleArray
    """Of one unit; nan where it is not known."""
    lowest_seen: DoubleArray
    highest_seen: DoubleArray
    elasticity: DoubleArray
    low: DoubleArray
    """Lower end of the elasticity's interval."""
    high: DoubleArray
    is_listed: BoolArray
    """All prices are list prices. Paid ones fall with a larger order: their elasticity is no advice."""


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
    reason: Numbers
    """(P,) position in REASONS."""

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
    # No demand rises with its price, whatever chance says.
    ends = np.minimum(np.stack([offer.elasticity, offer.low, offer.high]), 0.0)
    tried = np.stack([in_cents(best_price(e, offer.cost), lowest, highest) for e in ends])
    gains = np.stack([gain(price, e, offer) for price in tried for e in ends]).reshape(3, 3, -1)
    another = np.abs(tried / offer.price - 1) >= LEAST_CHANGE
    sure = another & (gains.min(axis=1) > 0)
    worth = np.where(sure, gains[:, 0], -np.inf)
    first = worth.argmax(axis=0)[None]
    found = np.take_along_axis(tried, first, axis=0)[0]
    usable = np.isfinite(np.take_along_axis(worth, first, axis=0)[0]) & offer.is_listed & (offer.low < 0)
    price = np.where(usable, found, np.nan)
    hopeful = (another & (gains[:, 0] > 0)).any(axis=0) | (offer.low >= 0)
    reason = _reason(offer, price, hopeful, np.isfinite(tried[0]))
    # What is not known, to the power of 0, would be 1.
    units = np.where(np.isfinite(price), (price / offer.price) ** ends - 1, np.nan)
    revenue = (1 + units) * price / offer.price - 1
    margin = revenue - units * offer.cost / offer.price
    return Suggestions(price, lowest, highest, units, revenue, margin, reason)


def limits(offer: Offer, max_change: float, min_margin: float) -> tuple[DoubleArray, DoubleArray]:
    """(P,) lowest and highest price allowed, in whole cents; the lowest is over the highest where there is no room."""
    floor = np.where(np.isfinite(offer.cost), offer.cost / (1 - min_margin), 0.0)
    lowest = np.maximum(np.maximum(offer.price * (1 - max_change), offer.lowest_seen), floor)
    highest = np.minimum(offer.price * (1 + max_change), offer.highest_seen)
    # What is a whole number of cents may miss it by its last bit.
    return np.round(np.ceil(lowest / CENT - 1e-6) * CENT, 2), np.round(np.floor(highest / CENT + 1e-6) * CENT, 2)


def best_price(elasticity: DoubleArray, cost: DoubleArray) -> DoubleArray:
    """(P,) price with the largest margin, without a cost with the largest revenue; 0 and inf are as far as allowed."""
    steep = elasticity < -1
    markup = np.where(steep, elasticity, -2.0) / (1 + np.where(steep, elasticity, -2.0))
    best: DoubleArray = np.where(steep, np.where(np.isfinite(cost), cost * markup, 0.0), np.inf)
    return best


def in_cents(price: DoubleArray, lowest: DoubleArray, highest: DoubleArray) -> DoubleArray:
    """(P,) the next price in whole cents within the limits, which are whole cents; nan where there is none."""
    inside = np.clip(price, lowest, np.maximum(lowest, highest))
    return np.where(lowest <= highest, np.round(inside, 2), np.nan)


def gain(price: DoubleArray, elasticity: DoubleArray, offer: Offer) -> DoubleArray:
    """(P,) change of the margin, without a cost of the revenue, as a share of today's revenue; -inf for no price."""
    known = np.isfinite(price)
    ratio = np.where(known, price, offer.price) / offer.price
    units = ratio**elasticity
    cost = np.where(np.isfinite(offer.cost), offer.cost, 0.0) / offer.price
    found: DoubleArray = np.where(known, (ratio - cost) * units - (1 - cost), -np.inf)
    return found


def _reason(offer: Offer, price: DoubleArray, hopeful: BoolArray, has_room: BoolArray) -> Numbers:
    told = [~offer.is_listed, ~has_room, price > offer.price, price < offer.price, hopeful]
    return np.select(told, [PAID, NO_ROOM, RAISE, LOWER, UNCERTAIN], BEST).astype(np.int64)
