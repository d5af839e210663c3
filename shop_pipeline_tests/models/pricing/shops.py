"""Small shops whose elasticities are known: demand is drawn, prices jump, stock runs out where it is told to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.pricing.sales import PricedSales

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Days:
    """Prices and units of P products on T days, all of them (P, T)."""

    price: DoubleArray
    units: Ints
    in_stock: npt.NDArray[np.bool_]

    def cells(self, group: Ints | None = None) -> PricedSales:
        """Days in stock by product, price spell and week, as the asset adds them up."""
        n, days = self.price.shape
        changed = np.diff(self.price, axis=1, prepend=0.0) != 0
        spell = changed.cumsum().reshape(n, days) - 1
        product, day = np.nonzero(self.in_stock)
        keys, number = np.unique(
            np.stack([product, spell[product, day], day // 7], axis=1), axis=0, return_inverse=True
        )
        number = number.ravel()
        units = self.units[product, day].astype(float)
        log_price = np.zeros(len(keys))
        log_price[number] = np.log(self.price[product, day])
        return PricedSales(
            product=keys[:, 0],
            spell=keys[:, 1],
            week=keys[:, 2],
            log_price=log_price,
            days=np.bincount(number).astype(float),
            days_sold=np.bincount(number, units > 0),
            units=np.bincount(number, units),
            sum_log_units=np.bincount(number, np.log(np.maximum(units, 1))),
            group=np.zeros(n, dtype=np.int64) if group is None else group,
        )


def jumping_prices(n: int, days: int, rng: np.random.Generator, hold: int = 21) -> DoubleArray:
    """Each price is drawn anew every `hold` days, from 7.5 to 12.5."""
    drawn = 10 * rng.choice([0.75, 0.9, 1.0, 1.1, 1.25], (n, days // hold + 2))
    shift = rng.integers(0, hold, n)
    return np.take_along_axis(drawn, (np.arange(days) + shift[:, None]) // hold, axis=1)


def drawn_days(price: DoubleArray, elasticity: DoubleArray, rate: DoubleArray, rng: np.random.Generator) -> Days:
    """Poisson orders at `rate` times (price / 10) ^ elasticity a day, each of one to three units (two on average)."""
    orders = rng.poisson(rate * (price / 10) ** elasticity[:, None])
    units = orders + rng.binomial(2 * orders, 0.5)
    return Days(price, units.astype(np.int64), np.ones(price.shape, dtype=bool))
