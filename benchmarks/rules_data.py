"""Baskets for `rules.py`: from a file, or made up.

Here: codes of baskets and items. Not here: what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

N_ITEMS = 20_000
MEAN_SIZE = 5
LARGE_SIZE, SHARE_LARGE = 500, 0.001
"""A thousandth of the orders are of resellers: a tenth of all lines."""


@dataclass(frozen=True)
class Lines:
    """One (basket, item) per line, as codes from 0; an item may stand twice in a basket."""

    basket: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    n_baskets: int
    n_items: int


def read_lines(path: str) -> Lines:
    """The columns `transaction_id` and `item` of a CSV file with a header; the first two where they are called
    otherwise. Ids are text: 007 is not 7, and NA is a name.
    """
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if frame.shape[1] < 2:
        raise SystemExit(f"{path} has no two columns, transaction id and item, between commas")
    names = ["transaction_id", "item"] if {"transaction_id", "item"} <= set(frame.columns) else frame.columns[:2]
    (basket, baskets), (item, items) = (pd.factorize(frame[name], sort=True) for name in names)
    return Lines(basket.astype(np.int64), item.astype(np.int64), len(baskets), len(items))


def simulated_lines(n_baskets: int, rng: np.random.Generator) -> Lines:
    """Items by Zipf's law and independent of one another, 1 + Poisson lines a basket, and some large baskets."""
    size = 1 + rng.poisson(MEAN_SIZE - 1, n_baskets)
    size[rng.random(n_baskets) < SHARE_LARGE] = LARGE_SIZE
    share = np.cumsum(1 / np.arange(1, N_ITEMS + 1))
    item = np.searchsorted(share / share[-1], rng.random(size.sum()), side="right")
    return Lines(np.repeat(np.arange(n_baskets), size), np.minimum(item, N_ITEMS - 1), n_baskets, N_ITEMS)
