"""Stock levels and the market outside, both made to fit the sales.

Here: the stock and market feeds as numbers. Not here: when a product is out of stock (`catalogue` decides that
before the sales).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.catalogue import N_CATEGORIES
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Floats, Ints


def units_sold(shop: Shop) -> Ints:
    """(days, P) units sold per local day and product."""
    sold = np.zeros((shop.config.days, shop.config.products), dtype=np.int64)
    np.add.at(sold, (shop.lines["day"], shop.lines["product"]), shop.lines["quantity"])
    return sold


def make_stock(shop: Shop, rng: np.random.Generator) -> pd.DataFrame:
    """product, day, on_hand (as the day opens), on_order, lead_time_days; from the launch of a product on.

    A level falls with the sales and is filled up when it is low; it always covers the day's sales, and it is 0 on
    the days of a planted spell (what was left is written off).
    """
    days, n = shop.config.days, shop.config.products
    sold, in_stock = units_sold(shop), shop.catalogue.in_stock
    lead = rng.integers(3, 15, n)
    daily = sold.mean(axis=0)
    low = np.ceil(daily * lead).astype(np.int64) + 3
    full = low + np.ceil(daily * 30).astype(np.int64) + rng.integers(5, 30, n)
    on_hand, on_order = np.zeros((days, n), dtype=np.int64), np.zeros((days, n), dtype=np.int64)
    level = full.copy()
    for day in range(days):
        level = np.where((level < sold[day]) | (level < low // 2), full + sold[day], level)
        level = np.where(in_stock[day], np.maximum(level, 1), 0)
        on_hand[day] = level
        on_order[day] = np.where(level < low, full - level, 0)
        level = level - sold[day]
    when, product = np.nonzero(shop.catalogue.listed)
    levels = {"on_hand": on_hand[when, product], "on_order": on_order[when, product]}
    return pd.DataFrame({"product": product, "day": when, **levels, "lead_time_days": lead[product]})


def true_shares(shop: Shop) -> Floats:
    """(C,) our share of each category's market: between half and one and a half of the config's, evenly spread."""
    return shop.config.market_share * np.linspace(0.5, 1.5, N_CATEGORIES)


def make_market(shop: Shop, rng: np.random.Generator) -> pd.DataFrame:
    """month (its first day, though a month counts only with its days in the sample), category and figures.

    Market revenue is our own (sold lines, before returns) divided by the true share, with 3 % noise.
    """
    months = np.array([d.strftime("%Y-%m-01") for d in shop.timeline.dates])
    names, month = np.unique(months, return_inverse=True)
    revenue = np.zeros((len(names), N_CATEGORIES))
    category = shop.catalogue.category[shop.lines["product"]]
    spent = shop.lines["quantity"] * shop.lines["price"] / 100
    np.add.at(revenue, (month[shop.lines["day"]], category), spent)
    market = revenue / true_shares(shop) * rng.normal(1.0, 0.03, revenue.shape)
    typical = np.array([shop.catalogue.base[shop.catalogue.category == c].mean() / 100 for c in range(N_CATEGORIES)])
    rival = typical * rng.normal(1.02, 0.06, revenue.shape)
    rows, columns = np.divmod(np.arange(revenue.size), N_CATEGORIES)
    figures = {"market_revenue": market.ravel().round(2), "competitor_price": rival.ravel().round(2)}
    return pd.DataFrame({"month": names[rows], "category": columns, **figures})
