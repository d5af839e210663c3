"""The catalogue: products with categories, prices that change, demand weights and days without stock.

Here: everything about products that exists before anybody buys. Not here: how many are on the shelf (`supply`, which
needs the sales) and who likes which category (`people`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate import words
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.timeline import Bools, Floats, Ints

N_CATEGORIES = len(words.CATEGORIES)


@dataclass(frozen=True)
class Catalogue:
    """P products, ordered by category and base price (the order is internal; the ids are shuffled)."""

    ids: tuple[str, ...]
    """Product ids such as P00042."""
    category: Ints
    """(P,) position in `words.CATEGORIES`, ascending."""
    first: Ints
    """(C + 1,) where each category starts among the products."""
    base: Ints
    """(P,) base price in hundredths of the currency; ascending within a category."""
    popularity: Floats
    """(P,) demand weight at the base price; sums to 1."""
    quality: Floats
    """(P,) mean of the ratings, 1..5."""
    elasticity: Floats
    """(P,) own-price elasticity of units."""
    price: Ints
    """(days, P) price of each day, hundredths."""
    listed: Bools
    """(days, P) whether the product is in the catalogue yet."""
    in_stock: Bools
    """(days, P) whether it can be bought; implies `listed`."""
    partner: Ints
    """(P,) the other half of a planted pair, or -1."""

    def demand(self, day: int) -> Floats:
        """(P,) weight of choosing each product on a day.

        A line spends a budget, so units are budget / price: the choice carries the elasticity plus one.
        """
        relative = self.price[day] / self.base
        return np.where(self.in_stock[day], self.popularity * relative ** (self.elasticity + 1), 0.0)


def make_catalogue(config: ShopConfig, rng: np.random.Generator) -> Catalogue:
    """Draw the products and their price and stock history."""
    n = config.products
    category = np.sort(np.arange(n) % N_CATEGORIES).astype(np.int64)
    level = rng.lognormal(0.0, 0.25, N_CATEGORIES)[category]
    base = np.maximum(60, (500 * level * rng.lognormal(0.0, 0.7, n)).astype(np.int64))
    base = base[np.lexsort((base, category))]
    popularity = rng.lognormal(0.0, 0.7, n)
    listed = _listed(config.days, n, rng)
    return Catalogue(
        ids=tuple(f"P{number:05d}" for number in rng.permutation(n) + 1),
        category=category,
        first=np.searchsorted(category, np.arange(N_CATEGORIES + 1)).astype(np.int64),
        base=base,
        popularity=popularity / popularity.sum(),
        quality=np.clip(rng.normal(3.9, 0.6, n), 1.2, 4.9),
        elasticity=np.asarray(config.elasticities)[np.asarray(words.DEPARTMENT_OF)[category]],
        price=_prices(config, base, rng),
        listed=listed,
        in_stock=listed & ~_spells(config, n, rng),
        partner=_pairs(popularity, base, rng),
    )


def _prices(config: ShopConfig, base: Ints, rng: np.random.Generator) -> Ints:
    """(days, P) prices that jump between the levels of the config."""
    shape = (config.days, len(base))
    drawn = rng.choice(np.asarray(config.price_levels), size=shape)
    changes = rng.random(shape) < config.price_change
    changes[0] = True
    last_change = np.maximum.accumulate(np.where(changes, np.arange(config.days)[:, None], 0), axis=0)
    multiple = np.take_along_axis(drawn, last_change, axis=0)
    prices: Ints = np.rint(base * multiple).astype(np.int64)
    return prices


def _listed(days: int, n: int, rng: np.random.Generator) -> Bools:
    """(days, P): one product in twelve is launched during the sample, the rest was always there."""
    launch = np.where(rng.random(n) < 1 / 12, rng.integers(1, days, n), 0)
    return np.arange(days)[:, None] >= launch


def _spells(config: ShopConfig, n: int, rng: np.random.Generator) -> Bools:
    """(days, P) True on days without stock."""
    starts = rng.random((config.days, n)) < config.stock_out
    lengths = rng.integers(2, 9, (config.days, n))
    ends = np.where(starts, np.arange(config.days)[:, None] + lengths, 0)
    return np.maximum.accumulate(ends, axis=0) > np.arange(config.days)[:, None]


def _pairs(popularity: Floats, base: Ints, rng: np.random.Generator) -> Ints:
    """(P,) partners: one pair per 40 products, among the popular half of the cheaper half (others hardly sell)."""
    n = len(base)
    count = max(1, n // 40)
    cheap = np.argsort(base, kind="stable")[: n // 2]
    popular = cheap[np.argsort(-popularity[cheap], kind="stable")[: n // 4]]
    chosen = rng.choice(popular, size=(count, 2), replace=False)
    partner = np.full(n, -1, dtype=np.int64)
    partner[chosen[:, 0]], partner[chosen[:, 1]] = chosen[:, 1], chosen[:, 0]
    return partner


def product_texts(catalogue: Catalogue, rng: np.random.Generator) -> pd.DataFrame:
    """(P rows) title, description, brand, attributes and unit_cost; one product in five is described in Chinese."""
    n = len(catalogue.ids)
    chinese = (rng.random(n) < 0.2).astype(int)
    colour, style = rng.integers(0, 5, n), rng.integers(0, 5, n)
    brand, weight = rng.integers(0, len(words.BRANDS), n), rng.integers(5, 200, n) * 10
    rows = [
        _texts(c, zh, words.COLOURS[k][zh], words.STYLES[s][zh], words.BRANDS[b], int(w))
        for c, zh, k, s, b, w in zip(catalogue.category, chinese, colour, style, brand, weight, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["title", "description", "brand", "attributes"])
    return frame.assign(unit_cost=np.rint(catalogue.base * rng.uniform(0.4, 0.65, n)) / 100)


def _texts(category: int, zh: int, colour: str, style: str, brand: str, weight: int) -> tuple[str, ...]:
    """Title, description, brand and attributes of one product."""
    noun, leaf = words.NOUNS[category][zh], words.CATEGORIES[category].rsplit(" > ", 1)[1]
    title = f"{colour}{style}{noun}" if zh else f"{colour} {style} {noun}"
    template = words.ZH_DESCRIPTION if zh else words.EN_DESCRIPTION
    description = template.format(style=style, noun=noun, colour=colour.lower(), brand=brand, leaf=leaf)
    attributes = {"colour": colour, "style": style, "weight_g": weight, "language": "zh" if zh else "en"}
    return title, description, brand, json.dumps(attributes, ensure_ascii=False)
