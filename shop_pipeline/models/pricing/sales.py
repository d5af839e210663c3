"""What was sold at which price: the cells from which elasticities are learned.

Here: one cell per product, price spell and week, and the effects of products and weeks that are taken out of it. Not
here: the estimates (`responses.py`, `elasticity.py`), and where cells come from (`assets/pricing.py`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import DoubleArray

Numbers = npt.NDArray[np.int64]
FEWEST = 5
"""Products of a group: with fewer, the weeks take most of what the prices tell."""


def groups_alike(category: Numbers) -> Numbers:
    """(P,) groups 0..G-1 from numbers of categories (P,); the products of all small ones are one group."""
    small = (np.bincount(category) < FEWEST)[category] if len(category) else np.zeros(0, dtype=bool)
    found: Numbers = np.unique(np.where(small, -1, category), return_inverse=True)[1].astype(np.int64)
    return found


@dataclass(frozen=True)
class PricedSales:
    """M cells of P products in G groups. Only days in stock count: without stock there is no demand to be seen.

    Days of one product, price spell and week are one cell, so that 14.6 million days become 2 million cells: within it
    neither the price nor the effect of the week differs.
    """

    product: Numbers
    """(M,) position of the product, 0..P-1."""
    spell: Numbers
    """(M,) number of the price spell; another one for every product and change of price."""
    week: Numbers
    """(M,) number of the week, from 0."""
    log_price: DoubleArray
    """(M,) natural logarithm of the price."""
    days: DoubleArray
    """(M,) days in stock, at least 1."""
    days_sold: DoubleArray
    """(M,) of them, those with a sale."""
    units: DoubleArray
    """(M,) units sold."""
    sum_log_units: DoubleArray
    """(M,) sum of log(units of the day) over the days with a sale."""
    group: Numbers
    """(P,) group of each product, 0..G-1: those whose demand rises and falls together."""

    @property
    def n_products(self) -> int:
        return len(self.group)

    @property
    def season(self) -> Numbers:
        """(M,) number of the cell's group and week, from 0 without a gap."""
        both = self.group[self.product] * (int(self.week.max(initial=0)) + 1) + self.week
        found: Numbers = np.unique(both, return_inverse=True)[1].astype(np.int64)
        return found

    def total(self, values: DoubleArray) -> DoubleArray:
        """(P,) sums of cells (M,) by product."""
        return np.bincount(self.product, values, self.n_products).astype(np.float64, copy=False)

    def mean(self, values: DoubleArray, weights: DoubleArray) -> DoubleArray:
        """(M,) weighted mean of the cell's product; 0 where nothing has weight."""
        weight = self.total(weights)
        return (self.total(weights * values) / np.where(weight > 0, weight, 1.0))[self.product]

    def n_prices(self) -> Numbers:
        """(P,) different prices at which the product was in stock."""
        return self._distinct(np.unique(self.log_price, return_inverse=True)[1])

    def n_spells(self) -> Numbers:
        """(P,) price spells in which the product was in stock."""
        return self._distinct(self.spell)

    def _distinct(self, what: Numbers) -> Numbers:
        order = np.lexsort((what, self.product))
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(self.product[order]) != 0) | (np.diff(what[order]) != 0)
        return np.bincount(self.product[order][first], minlength=self.n_products).astype(np.int64)
