"""What visitors do who do not buy, and the bots.

Here: the events of visits without an order. Not here: who visits (`visits`), and sessions with an order (`sessions`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.events import make_events
from shop_pipeline.simulate.people import BOT
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Ints
from shop_pipeline.simulate.visits import (
    BOT_ACTIVE,
    BOT_VIEWS,
    CART,
    CLICK,
    FAVOURITE,
    MEAN_VIEWS,
    REMOVE,
    SEARCH,
    Plan,
    Visits,
    make_visits,
)

MAX_VIEWS = 40  # keeps a visit within 30 minutes


def browse(shop: Shop, plan: Plan, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """All events of a day without an order; sessions are numbered from `session` on."""
    visits = make_visits(shop, plan, day, rng)
    human = _human_events(shop, visits, day, session, rng)
    return pd.concat([human, _bot_events(shop, day, session + len(visits.start), rng)])


def _human_events(shop: Shop, visits: Visits, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """Searches, views, clicks, favourites and carts of the visits."""
    count = np.minimum(rng.geometric(1 / MEAN_VIEWS, len(visits.start)), MAX_VIEWS)
    visit = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    at = visits.start[visit] + 20 + 40 * rank + rng.integers(0, 30, len(visit))
    product = _products(shop, day, visits.focus[visit], rng)
    chance = rng.random(len(visit))

    def some(kind: str, chosen: Ints, delay: int, **columns: Ints | int) -> pd.DataFrame:
        v = visit[chosen]
        who = {"customer": visits.customer[v], "device": visits.device[v], "channel": visits.channel[v]}
        return make_events(kind, at[chosen] + delay, product=product[chosen], session=session + v, **who, **columns)

    searched = np.flatnonzero((rank == 0) & (rng.random(len(visit)) < SEARCH))
    buyable = shop.catalogue.in_stock[day, product]
    carted = np.flatnonzero((chance > 1 - CART) & buyable)
    removed = carted[rng.random(len(carted)) < REMOVE]
    price = shop.catalogue.price[day, product]
    return pd.concat(
        [
            some("view", np.arange(len(visit)), 0),
            some("search", searched, -10).assign(product=-1),
            some("click", np.flatnonzero(chance < CLICK), 5),
            some("favourite", np.flatnonzero((chance > 0.5) & (chance < 0.5 + FAVOURITE)), 9),
            some("add_to_cart", carted, 12, quantity=1, price=price[carted]),
            some("remove_from_cart", removed, 18, quantity=1, price=price[removed]),
        ]
    )


def _products(shop: Shop, day: int, focus: Ints, rng: np.random.Generator) -> Ints:
    """A product for each view: four in five from the category in focus, the others from anywhere, by popularity."""
    catalogue = shop.catalogue
    total = np.concatenate([[0.0], np.cumsum(catalogue.popularity * catalogue.listed[day])])
    empty = total[catalogue.first[focus]] == total[catalogue.first[focus + 1]]
    stray = empty | (rng.random(len(focus)) < 0.2)
    low = np.where(stray, 0.0, total[catalogue.first[focus]])
    high = np.where(stray, total[-1], total[catalogue.first[focus + 1]])
    drawn = low + (high - low) * (1 - rng.random(len(focus)))
    return np.clip(np.searchsorted(total, drawn, side="left") - 1, 0, len(catalogue.ids) - 1).astype(np.int64)


def _bot_events(shop: Shop, day: int, session: int, rng: np.random.Generator) -> pd.DataFrame:
    """Views two seconds apart of any product; in half of the sessions the bot is not logged in."""
    bots = np.flatnonzero(shop.people.kind == BOT)
    bots = bots[rng.random(len(bots)) < BOT_ACTIVE]
    count = np.minimum(rng.poisson(BOT_VIEWS, len(bots)), 800)
    who = np.repeat(np.arange(len(bots)), count)
    rank = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    start = shop.timeline.moment(np.full(len(bots), day), rng)
    listed = np.flatnonzero(shop.catalogue.listed[day])
    customer = np.where(rng.random(len(bots)) < 0.5, bots, -1)
    return make_events(
        "view",
        start[who] + 2 * rank,
        product=listed[rng.integers(0, len(listed), len(who))],
        customer=customer[who],
        session=session + who,
        device=shop.people.device[bots][who],
        channel=0,
    )
