"""Price elasticity of every product: by how many percent its units change when its price rises by one.

Here: the own estimate of each product with a robust variance, and the pooled one with its interval. Not here: the
regressions (`responses.py`), the pooling itself (`pooling.py`).

Units of a day are none on most days, and some days are a trade order's. E[units] = P(sold) x E[units | sold], so the
elasticity is the sum of two slopes in the log price: of the days with a sale, and of the units on such a day in logs
(the two-part model, Duan, Manning, Morris and Newhouse 1983). On eight simulated shops of two years its own estimates
were a third closer to the truth than one Poisson pseudo-likelihood over units, which one large order can carry away;
logs of units alone drop the days without a sale, and with them what the price does to those.

The variance is clustered by price spell, as that is what a shop decides; each cluster counts as if the slope had been
found without it (the jackknife, CR3; MacKinnon, Nielsen and Webb 2023). A few spells say little about their variance,
so it is drawn to the group's, as if that were PRIOR_SPELLS spells (Smyth 2004).

Moves that all prices of a group make together tell nothing (`own_moves.py`): a shop that only ever has sales of
everything has no elasticities.

What it can not see: these are prices that somebody chose. Who lowers a price because demand is falling, or raises it
for a season that other products of the group do not have, makes the elasticity wrong; so does an effect on other
products, and what customers put in store.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, DoubleArray
from .pooling import pool
from .responses import Slopes, selling_days, units_per_day
from .sales import FEWEST, Numbers, PricedSales

NORMAL_95 = 1.959963984540054
FEWEST_DAYS_SOLD = 20
"""Under 20 days with a sale a product has no estimate of its own: the normal distribution is far from a slope's."""
PRIOR_SPELLS = 20
MOST_LEVERAGE = 0.9
METHODS = ("own", "pooled", "group")


@dataclass(frozen=True)
class Own:
    """What each of P products says by itself; nan where it says nothing."""

    elasticity: DoubleArray
    standard_error: DoubleArray
    is_unsettled: BoolArray
    """(P,) of them, those with sales enough whose regression did not come to an end."""


@dataclass(frozen=True)
class Elasticities:
    """P products; `elasticity` is nan for those of which nothing can be said (one price, or nobody alike)."""

    elasticity: DoubleArray
    standard_error: DoubleArray
    low: DoubleArray
    high: DoubleArray
    own: Own
    method: Numbers
    """(P,) position in METHODS: mostly its own, mostly the group's, the group's alone."""
    n_prices: Numbers


def elasticities(sales: PricedSales) -> Elasticities:
    """Own and pooled elasticities of all products with at least two prices, with 95 % intervals."""
    own, n_prices = own_elasticities(sales), sales.n_prices()
    mean, error = own.elasticity.copy(), own.standard_error.copy()
    method = np.zeros(sales.n_products, dtype=np.int64)
    for members in _poolable(sales, own, n_prices):
        y, variance = own.elasticity[members], own.standard_error[members] ** 2
        said = np.isfinite(variance)
        pooled = pool(np.where(said, y, 0.0), np.where(said, variance, np.inf))
        mean[members], error[members] = pooled.mean, np.sqrt(pooled.variance)
        method[members] = np.where(said, pooled.own_share < 0.5, 2)
    reach = NORMAL_95 * error
    return Elasticities(mean, error, mean - reach, mean + reach, own, method, n_prices)


def own_elasticities(sales: PricedSales) -> Own:
    """Each product by itself; effects of weeks are shared by its group."""
    days, (units, noise) = selling_days(sales), units_per_day(sales)
    sold = sales.total(sales.days_sold) >= FEWEST_DAYS_SOLD
    enough = sold & (days.information > 0) & (units.information > 0)
    nothing = np.full(sales.n_products, np.nan)
    by_model = nothing.copy()
    by_model[enough] = 1 / days.information[enough] + noise / units.information[enough]
    variance = _moderated(sales, _clustered(sales, days, units), by_model)
    return Own(
        np.where(enough, days.slope + units.slope, nothing),
        np.where(enough, np.sqrt(variance), nothing),
        sold & ~(days.is_settled & units.is_settled),
    )


def _clustered(sales: PricedSales, days: Slopes, units: Slopes) -> DoubleArray:
    """(P,) variance by price spells: squares of what each moves, without itself."""
    spell, number = np.unique(sales.spell, return_inverse=True)
    owner = np.zeros(len(spell), dtype=np.int64)
    owner[number] = sales.product
    moved = np.zeros(len(spell))
    for part in (days, units):
        leverage = np.minimum(np.bincount(number, part.leverage), MOST_LEVERAGE)
        moved += np.bincount(number, part.influence) / (1 - leverage)
    return np.bincount(owner, moved * moved, sales.n_products).astype(np.float64, copy=False)


def _moderated(sales: PricedSales, clustered: DoubleArray, by_model: DoubleArray) -> DoubleArray:
    """(P,) variances: the ratio of the clustered to the model's own, drawn to that of the group.

    Two spells of one product cancel out and tell nothing of their variance; n spells tell as much as n - 2.
    """
    known = np.isfinite(by_model)
    ratio = np.where(known, clustered, 0.0) / np.where(known, by_model, 1.0)
    told = np.where(known, np.maximum(sales.n_spells() - 2, 0), 0).astype(np.float64)
    n_told = np.bincount(sales.group, told)
    shop = (told * ratio).sum() / told.sum() if told.sum() else 1.0
    usual = (np.bincount(sales.group, told * ratio) + PRIOR_SPELLS * shop) / (n_told + PRIOR_SPELLS)
    drawn = (told * ratio + PRIOR_SPELLS * usual[sales.group]) / (told + PRIOR_SPELLS)
    found: DoubleArray = by_model * drawn
    return found


def _poolable(sales: PricedSales, own: Own, n_prices: Numbers) -> list[Numbers]:
    """Products to pool with one another: those of a group, and as one those of groups that are too small."""
    said = np.isfinite(own.standard_error)
    wanted = n_prices >= 2
    large = np.bincount(sales.group[said & wanted], minlength=int(sales.group.max(initial=-1)) + 1) >= FEWEST
    alone = wanted & ~large[sales.group]
    groups = [np.flatnonzero(wanted & (sales.group == group)) for group in np.flatnonzero(large)]
    return groups + ([np.flatnonzero(alone)] if (alone & said).sum() >= FEWEST else [])
