"""The prices of products by day, looked up in their spells, as they are known now or were known on a day of the past.

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
    known_from: Numbers
    """(S,) day at whose end it was first known: what most people paid in a week is not known on its Monday."""

    @property
    def n_products(self) -> int:
        return int(self.product[-1]) + 1 if len(self.product) else 0

    def on(self, days: Numbers, known_on: int | None = None) -> DoubleArray:
        """(P, D) log prices on days (D,), by the spells known at the end of day `known_on`; nan without one."""
        known = np.ones(len(self.since), dtype=bool) if known_on is None else self.known_from <= known_on
        found = np.full((self.n_products, len(days)), np.nan)
        if not known.any():
            return found
        product, since = self.product[known], self.since[known]
        span = max(int(since.max()), int(days.max(initial=0))) + 2
        asked = np.arange(self.n_products)[:, None] * span + np.maximum(days, -1) + 1
        at = np.searchsorted(product * span + since + 1, asked, side="right") - 1
        its_own = (at >= 0) & (product[np.maximum(at, 0)] == np.arange(self.n_products)[:, None])
        found[its_own] = self.log_price[known][at[its_own]]
        return found

    def weekly(self, day: int) -> DoubleArray:
        """(P, WEEKS) log prices on `day`, a week before it, and so on, as they were known then; nan without one."""
        return self.on(day - 7 * np.arange(WEEKS), known_on=day)

    def after(self, day: int, horizon: int) -> DoubleArray:
        """(P, H) log prices on the days after `day`, as they are known now."""
        return self.on(day + np.arange(1, horizon + 1))
