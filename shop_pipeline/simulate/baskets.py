"""What is in an order: lines that spend the order's value on liked, available, affordable products.

Here: the choice of products and quantities. Not here: when orders happen (`buying`) or how they look as events
(`sessions`).

A line has a budget. Its product is chosen with weight taste x popularity x (price / base) ^ (elasticity + 1) among
those whose base price is at most 0.8 of the budget; the quantity is budget / price, rounded up or down at random so
that the expectation is exact. So units follow the elasticity, and order values the gamma-gamma distribution: prices
stay below 1.25 of the base, hence the quantity is never forced up to 1, except where even the cheapest are too dear.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.catalogue import N_CATEGORIES, Catalogue
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.people import People
from shop_pipeline.simulate.timeline import Floats, Ints

AFFORDABLE = 0.8
ALWAYS = 2  # the cheapest products of a category, which every budget may choose


def make_lines(
    config: ShopConfig, catalogue: Catalogue, people: People, orders: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Lines (order, day, product, quantity, price in hundredths), one per order and product, by order."""
    lines = _budgets(orders, rng)
    day, customer = lines["day"].to_numpy(), orders["customer"].to_numpy()[lines["order"].to_numpy()]
    budget = lines["budget"].to_numpy()
    product = np.zeros(len(lines), dtype=np.int64)
    edges = np.searchsorted(day, np.arange(config.days + 1))
    for today in range(config.days):
        here = slice(edges[today], edges[today + 1])
        product[here] = _choose(catalogue, today, people.taste[customer[here]], budget[here], rng)
    product = _bring_partners(config, catalogue, lines, product, rng)
    price = catalogue.price[day, product]
    wanted = np.maximum(budget / price, 1.0)
    quantity = np.floor(wanted + rng.random(len(lines))).astype(np.int64)
    frame = pd.DataFrame(
        {"order": lines["order"], "day": day, "product": product, "quantity": quantity, "price": price}
    )
    # The same product twice in an order is one line.
    return frame.groupby(["order", "day", "product", "price"], sort=True)["quantity"].sum().reset_index()


def _budgets(orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """(order, day, budget in hundredths): each order's value cut into 1 or more lines."""
    value = 100 * orders["value"].to_numpy()
    count = np.minimum(1 + rng.poisson(1.4, len(orders)), 1 + (value / 900).astype(np.int64))
    order = np.repeat(np.arange(len(orders)), count)
    parts = rng.gamma(3.0, 1.0, len(order))
    share = parts / np.bincount(order, weights=parts, minlength=len(orders))[order]
    return pd.DataFrame({"order": order, "day": orders["day"].to_numpy()[order], "budget": share * value[order]})


def _choose(catalogue: Catalogue, day: int, taste: Floats, budget: Floats, rng: np.random.Generator) -> Ints:
    """One product per line of a day; taste is (lines, C), budget (lines,) in hundredths."""
    total = np.concatenate([[0.0], np.cumsum(catalogue.demand(day))])
    first, last = catalogue.first[:-1], catalogue.first[1:]
    ends = np.empty((len(budget), N_CATEGORIES), dtype=np.int64)
    for c in range(N_CATEGORIES):
        base = catalogue.base[first[c] : last[c]]
        ends[:, c] = first[c] + np.maximum(np.searchsorted(base, AFFORDABLE * budget, side="right"), ALWAYS)
    ends = np.minimum(ends, last)
    weight = taste * (total[ends] - total[first])
    # Where all that is affordable is out of stock, take the whole catalogue of the day.
    stuck = weight.sum(axis=1) <= 0
    ends[stuck] = last
    weight[stuck] = (taste * (total[last] - total[first]))[stuck]
    cumulated = np.cumsum(weight, axis=1)
    picked = (cumulated < rng.random(len(budget))[:, None] * cumulated[:, -1:]).sum(axis=1)
    rows = np.arange(len(budget))
    low, high = total[first[picked]], total[ends[rows, picked]]
    # 1 - random lies in (0, 1]: with side "left" a product of weight 0 can't be hit.
    target = low + (high - low) * (1 - rng.random(len(budget)))
    chosen: Ints = np.searchsorted(total, target, side="left").astype(np.int64) - 1
    return chosen


def _bring_partners(
    config: ShopConfig, catalogue: Catalogue, lines: pd.DataFrame, product: Ints, rng: np.random.Generator
) -> Ints:
    """Let a product of a planted pair bring its partner into the order's next line, where it can be bought."""
    order, day, budget = (lines[c].to_numpy() for c in ("order", "day", "budget"))
    partner = catalogue.partner[product[:-1]]
    fits = catalogue.in_stock[day[1:], partner] & (catalogue.base[partner] <= AFFORDABLE * budget[1:])
    follows = (partner >= 0) & (order[1:] == order[:-1]) & fits
    follows &= rng.random(len(partner)) < config.pair_probability
    brought = product.copy()
    brought[1:][follows] = partner[follows]
    return brought
