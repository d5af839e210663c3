"""The shop before anybody browses: catalogue, people, orders, lines and what follows a sale, drawn in that order.

Here: the assembly of the parts that fit into memory whole. Not here: browsing, which is made day by day (`sessions`,
`browsing`), and files (`files`, `sample`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.simulate.aftercare import Aftercare, make_aftercare
from shop_pipeline.simulate.baskets import make_lines
from shop_pipeline.simulate.buying import complete_orders, fraud_orders, organic_orders
from shop_pipeline.simulate.catalogue import Catalogue, make_catalogue
from shop_pipeline.simulate.config import PARTS, ShopConfig
from shop_pipeline.simulate.marketing import Marketing, make_marketing
from shop_pipeline.simulate.people import People, make_people
from shop_pipeline.simulate.timeline import Floats, Timeline, make_timeline

Streams = dict[str, np.random.Generator]


@dataclass(frozen=True)
class Shop:
    """Everything known about the simulated shop, except its browsing."""

    config: ShopConfig
    timeline: Timeline
    catalogue: Catalogue
    people: People
    drop_out: Floats
    """(N,) operational time of BG/NBD drop-out; inf where the customer stays."""
    orders: pd.DataFrame
    """customer, day, source, at, value, device; the position is the order number."""
    lines: pd.DataFrame
    """order, day, product, price, quantity; ordered by order."""
    marketing: Marketing
    aftercare: Aftercare


def make_streams(config: ShopConfig) -> Streams:
    """One independent generator for each part, spawned from the seed."""
    return dict(zip(PARTS, np.random.default_rng(config.seed).spawn(len(PARTS)), strict=True))


def make_shop(config: ShopConfig, streams: Streams) -> Shop:
    """Draw the shop."""
    timeline = make_timeline(config)
    catalogue = make_catalogue(config, streams["catalogue"])
    people = make_people(config, timeline, streams["people"])
    organic, drop_out = organic_orders(timeline, people, streams["buying"])
    marketing = make_marketing(config, timeline, people, organic, drop_out, streams["marketing"])
    frauds = fraud_orders(timeline, people, streams["buying"])
    every = pd.concat([organic, marketing.orders, frauds], ignore_index=True)
    orders = complete_orders(config, timeline, people, every, streams["buying"])
    lines = make_lines(config, catalogue, people, orders, streams["baskets"])
    aftercare = make_aftercare(config, timeline, catalogue, people, orders, lines, streams["aftercare"])
    return Shop(config, timeline, catalogue, people, drop_out, orders, lines, marketing, aftercare)
