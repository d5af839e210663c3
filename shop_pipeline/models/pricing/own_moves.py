"""What a product's price did by itself: the part of its moves that the prices of its group do not share.

Here: common moves of a group by week, and what is left after them. Not here: the slopes on it (`responses.py`).

When a whole shop lowers its prices for a sale, nothing tells the price from the season: any slope fits, with effects of
weeks to match. So each price is first cleared of its product's level and of its own multiple of the moves that the
group made together, in the spirit of the common correlated effects of Pesaran (2006, "Estimation and inference in large
heterogeneous panels with a multifactor error structure"): who takes 25 % off where the others take 20 % moved as they
did.

A week counts with its mean price: a sale of everything from Friday to Monday is one of the days, which effects of weeks
do not see.
"""

import numpy as np

from ..arrays import DoubleArray
from .sales import Numbers, PricedSales

SWEEPS = 100
CLOSE = 1e-6
LEAST_LEFT = 0.05
"""With under 5 % of the variance of its log price left, a product has no slope of its own: of so little, what was not
quite shared is the most."""


def own_moves(sales: PricedSales, season: Numbers, weight: DoubleArray) -> DoubleArray:
    """(M,) log price less product and common moves, of weighted mean 0 by product; 0 where less is left than counts."""
    price = weekly_price(sales)
    x = price - sales.mean(price, weight)
    common = common_moves(sales, season, price, weight)[season]
    common -= sales.mean(common, weight)
    left = x - _loading(sales, x, common, weight)[sales.product] * common
    before, after = (sales.total(weight * values * values) for values in (x, left))
    return np.where((after > LEAST_LEFT * before)[sales.product], left, 0.0)


def weekly_price(sales: PricedSales) -> DoubleArray:
    """(M,) mean log price of the cell's product and week, by days in stock."""
    number = sales.product * (int(sales.week.max(initial=0)) + 1) + sales.week
    total, days = np.bincount(number, sales.days * sales.log_price), np.bincount(number, sales.days)
    found: DoubleArray = total[number] / days[number]
    return found


def common_moves(sales: PricedSales, season: Numbers, price: DoubleArray, weight: DoubleArray) -> DoubleArray:
    """(S,) effects of group and week in log price = product + week + rest, by alternating weighted means.

    Products that come and go do not move it: a week has what it does to those that are there.
    """
    weights = np.bincount(season, weight)
    found = np.zeros(len(weights))
    for _ in range(SWEEPS):
        rest = price - sales.mean(price - found[season], weight)
        new = np.bincount(season, weight * rest) / np.where(weights > 0, weights, 1.0)
        moved, found = np.abs(new - found).max(initial=0), new
        if moved < CLOSE:
            break
    return found


def _loading(sales: PricedSales, x: DoubleArray, common: DoubleArray, weight: DoubleArray) -> DoubleArray:
    """(P,) least squares of each product's moves on the common ones."""
    squares = sales.total(weight * common * common)
    known = squares > 0
    found: DoubleArray = np.where(known, sales.total(weight * x * common), 0.0) / np.where(known, squares, 1.0)
    return found
