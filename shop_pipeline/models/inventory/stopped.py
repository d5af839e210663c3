"""Which products have stopped selling: those that nobody buys any more are not ordered again.

Here: whether a silence is longer than chance makes it, or next to nothing is expected after it. Not here: the forecast
that expects it.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray

CHANCE = 0.001
LONGEST_SILENCE_DAYS = 365
QUARTER_DAYS = 91
# Some forecasts of who will never sell again stay a little above 0: of 4,000 products of a gift shop 574 were expected
# to sell .085 in 15 days. An order for less than one sale in ten protection periods would lie for years.
NEXT_TO_NOTHING = 0.1


def has_stopped(sale_days: AnyArray, span_days: AnyArray, silent_days: AnyArray) -> BoolArray:
    """Whether the silence since the last sale is no chance, or lasts a year.

    If a product went on selling as before, each of its days with a sale but the first would lie anywhere between the
    first one and today alike (a Poisson process given its number of events: Cox and Lewis 1966), and all
    of them lie in the first `span_days` with a probability of (span / (span + silence)) ^ (sales - 1). Under one in a
    thousand it has stopped; 20,000 products that sell as ever make 20 mistakes. A single sale never says so.

    Args:
        sale_days: days with a sale, int (n,).
        span_days: days on the shelf after the first and up to the last of them, int (n,).
        silent_days: days on the shelf after the last one, int (n,).
    """
    whole = np.maximum(span_days + silent_days, 1)
    chance = (span_days / whole) ** np.maximum(sale_days - 1, 0)
    return np.asarray((silent_days > 0) & (chance < CHANCE) | (silent_days >= LONGEST_SILENCE_DAYS))


def is_hardly_expected(expected: DoubleArray, silent_days: AnyArray) -> BoolArray:
    """Whether a quarter has passed without a sale and less than a tenth of a unit is expected until a delivery.

    Args:
        expected: units over lead time and review, float64 (n,).
        silent_days: days on the shelf after the last sale, int (n,).
    """
    return np.asarray((silent_days >= QUARTER_DAYS) & (expected < NEXT_TO_NOTHING))
