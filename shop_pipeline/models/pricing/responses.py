"""Slopes of demand in the log price, one per product, with effects of products and of weeks by group taken out.

Here: on how many days something is sold (Poisson pseudo-likelihood), and how much on such a day (least squares in
logs). Not here: which moves of a price tell anything (`own_moves.py`), what the two say together (`elasticity.py`).

Both are solved by turns: effects of products and weeks in closed form, slopes by Newton steps. As the price is cleared
of what a group shares, the turns hardly undo one another. Shared effects cost information: a cell keeps the part of it
that the other products of its group do not need to tell what the week was like, 1 - 1 / (n - 1) of n products that sell
alike (the least eigenvalue of the Schur complement): most where there are many, none of two.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, DoubleArray
from .own_moves import own_moves
from .sales import Numbers, PricedSales

ROUNDS = 60
CLOSE = 0.001
"""Steps end when they are so small a share of a slope's standard error."""
STEEPEST = 15.0
LEAST_INFORMATION = 1e-3
"""A slope whose standard error would be over 30 is not known."""
TOO_FAR = 30.0


@dataclass(frozen=True)
class Slopes:
    """P slopes and what each of the M cells had to do with them."""

    slope: DoubleArray
    """(P,) 0 where nothing is known."""
    information: DoubleArray
    """(P,) 1 / variance, if a cell had the variance that the model says; 0 where nothing is known."""
    influence: DoubleArray
    """(M,) how much each cell moves its product's slope."""
    leverage: DoubleArray
    """(M,) share of the cell in its product's information."""
    is_settled: BoolArray
    """(P,) the steps ended by themselves; a slope that still moved after ROUNDS of them is not known."""


def selling_days(sales: PricedSales) -> Slopes:
    """How the share of days with a sale answers to the price: log E[days_sold] = log(days) + product + week + b x."""
    return poisson_slopes(sales, sales.days_sold)


def poisson_slopes(sales: PricedSales, outcome: DoubleArray) -> Slopes:
    """log E[outcome] = log(days) + product + week + b log(price), by Poisson pseudo-likelihood.

    It keeps cells without a sale, and only asks the mean to be right (Santos Silva and Tenreyro 2006, "The log of
    gravity", equation 8).
    """
    product, season = sales.product, sales.season
    sold, sold_in_season = sales.total(outcome), _sums(season, outcome)
    # A product or week of which nothing was sold has an effect of minus infinity: its cells tell nothing.
    days = np.where((sold[product] > 0) & (sold_in_season[season] > 0), sales.days, 0.0)
    x = own_moves(sales, season, days)
    settled = np.zeros(len(sold), dtype=bool)
    level, effect, slope = np.zeros(len(sold)), np.zeros(len(sold_in_season)), np.zeros(len(sold))

    def expected() -> DoubleArray:
        exponent = level[product] + slope[product] * x + effect[season]
        return days * np.exp(np.clip(exponent, -TOO_FAR, TOO_FAR))

    for _ in range(ROUNDS):
        level += _log_ratio(sold, sales.total(expected()))
        mean = expected()
        spread = x - sales.mean(x, mean)
        information = _information(sales, season, mean, spread)
        step = _over(sales.total(spread * (outcome - mean)), information)
        slope = np.clip(slope + np.clip(step, -2, 2), -STEEPEST, STEEPEST)
        effect += _log_ratio(sold_in_season, _sums(season, expected()))
        inside = np.abs(slope) < STEEPEST
        settled = np.abs(step) * np.sqrt(information) * inside < CLOSE
        if settled.all():
            break
    mean = expected()
    return _slopes(sales, season, slope, mean, x - sales.mean(x, mean), outcome - mean, settled)


def units_per_day(sales: PricedSales) -> tuple[Slopes, float]:
    """log(units of a day with a sale) = product + week + b log(price) + e by least squares, and the variance of e."""
    season, weight = sales.season, sales.days_sold
    x, settled = own_moves(sales, season, weight), np.zeros(sales.n_products, dtype=bool)
    y = _over(sales.sum_log_units, weight)
    weight_of_season = _sums(season, weight)
    effect, slope = np.zeros(len(weight_of_season)), np.zeros(sales.n_products)
    squares, information = sales.total(weight * x * x), _information(sales, season, weight, x)
    for _ in range(ROUNDS):
        found = _over(sales.total(weight * x * (y - effect[season])), squares)
        rest = y - found[sales.product] * x
        rest -= sales.mean(rest - effect[season], weight)
        effect = _over(_sums(season, weight * rest), weight_of_season)
        step, slope = found - slope, found
        settled = np.abs(step) * np.sqrt(information) < CLOSE
        if settled.all():
            break
    rest = y - effect[season] - slope[sales.product] * x
    rest -= sales.mean(rest, weight)
    n_used = int((weight > 0).sum()) - len(effect) - 2 * sales.n_products
    variance = float((weight * rest * rest).sum()) / max(n_used, 1)
    return _slopes(sales, season, slope, weight, x, weight * rest, settled), variance


def _information(sales: PricedSales, season: Numbers, weight: DoubleArray, spread: DoubleArray) -> DoubleArray:
    """(P,) what is left of it after the weeks; 0 where it is too little."""
    others = _sums(season, weight)[season] - weight
    found = sales.total(weight * spread * spread * np.maximum(1 - _over(weight, others), 0) * (others > 0))
    return np.where(found > LEAST_INFORMATION, found, 0.0)


def _slopes(
    sales: PricedSales,
    season: Numbers,
    slope: DoubleArray,
    weight: DoubleArray,
    spread: DoubleArray,
    residual: DoubleArray,
    settled: BoolArray,
) -> Slopes:
    information = np.where(settled, _information(sales, season, weight, spread), 0.0)
    squares = weight * spread * spread
    return Slopes(
        np.where(information > 0, slope, 0.0),
        information,
        _over(spread * residual, information[sales.product]),
        _over(squares, sales.total(squares)[sales.product]),
        settled,
    )


def _log_ratio(seen: DoubleArray, expected: DoubleArray) -> DoubleArray:
    """What brings the expected to the seen; 0 where nothing was seen, which is told of no slope."""
    known = (seen > 0) & (expected > 0)
    found: DoubleArray = np.log(np.where(known, seen, 1.0) / np.where(known, expected, 1.0))
    return found


def _over(numerator: DoubleArray, denominator: DoubleArray) -> DoubleArray:
    """The quotient; 0 where the denominator is 0."""
    found: DoubleArray = np.where(denominator > 0, numerator, 0.0) / np.where(denominator > 0, denominator, 1.0)
    return found


def _sums(number: Numbers, values: DoubleArray) -> DoubleArray:
    return np.bincount(number, values).astype(np.float64, copy=False)
