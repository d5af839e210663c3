"""The prices of products by day, looked up in their spells.

Not here: forecasts (`forecast.py`).
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray
from .sales import Numbers

WEEKS = 52
"""How far back a forecast looks."""


@dataclass(frozen=True)
class KnownPrices:
    """S spells of P products, ordered by product and day. A spell holds until the product's next one."""

    product: Numbers
    """(S,) position of the product, 0..P-1; each has a spell."""
    since: Numbers
    """(S,) first day, 0 or later."""
    log_price: DoubleArray
    """(S,) natural logarithm of the price."""

    @property
    def n_products(self) -> int:
        return int(self.product[-1]) + 1 if len(self.product) else 0

    def on(self, days: Numbers) -> DoubleArray:
        """(P, D) log prices on days (D,); nan before a product's first one."""
        span = max(int(self.since.max(initial=0)), int(days.max(initial=0))) + 2
        asked = np.arange(self.n_products)[:, None] * span + np.maximum(days, -1) + 1
        found = np.searchsorted(self.product * span + self.since + 1, asked, side="right") - 1
        owner = self.product[np.maximum(found, 0)]
        known = (found >= 0) & (owner == np.arange(self.n_products)[:, None])
        return np.where(known, self.log_price[np.maximum(found, 0)], np.nan)

    def weekly(self, day: int) -> DoubleArray:
        """(P, WEEKS) log prices on `day`, a week before it, and so on; nan before a product's first one."""
        return self.on(day - 7 * np.arange(WEEKS))

    def after(self, day: int, horizon: int) -> DoubleArray:
        """(P, H) log prices on the days after `day`."""
        return self.on(day + np.arange(1, horizon + 1))
