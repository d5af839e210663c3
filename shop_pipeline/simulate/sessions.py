"""The sessions in which orders are placed: from the search to the purchase lines.

Here: the events around an order. Not here: visits that end without one (`browsing`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shop_pipeline.simulate.events import CHANNELS, make_events
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Floats, Ints

OTHER_VIEWS = 2.0  # mean number of products looked at and not bought
EVENTS_PER_ORDER = 1 + 0.4 + OTHER_VIEWS + 2 * 0.1  # checkout, search, views, something put back
EVENTS_PER_LINE = 3.5  # view, half a click, add_to_cart, purchase


def order_sessions(shop: Shop, day: int, rng: np.random.Generator) -> pd.DataFrame:
    """Events of the sessions of all orders of a day; the session's number is that of the order.

    Everything happens in the 25 minutes before the purchase, which is the last event.
    """
    low, high = np.searchsorted(shop.orders["day"], [day, day + 1])
    orders = np.arange(low, high)
    first, last = np.searchsorted(shop.lines["day"], [day, day + 1])
    lines = shop.lines.iloc[first:last]
    channel = _channels(shop, orders, rng)
    return pd.concat([_bought(shop, lines, channel, low, rng), _around(shop, orders, channel, day, rng)])


def _channels(shop: Shop, orders: Ints, rng: np.random.Generator) -> Ints:
    """Channel of each order; that of the campaign, where one caused it."""
    channel = rng.choice(5, size=len(orders), p=[0.35, 0.3, 0.1, 0.2, 0.05])
    by_campaign = {str(c["campaign_id"]): CHANNELS.index(str(c["channel"])) for c in shop.marketing.campaigns}
    for position, source in enumerate(shop.orders["source"].to_numpy()[orders]):
        if source.startswith("campaign:"):
            channel[position] = by_campaign[source.removeprefix("campaign:")]
    return channel.astype(np.int64)


def _who(shop: Shop, orders: Ints, channel: Ints) -> dict[str, Ints]:
    """Customer, device, session and channel of events that belong to orders."""
    chosen = shop.orders.iloc[orders]
    both = {name: chosen[name].to_numpy() for name in ("customer", "device")}
    return {**both, "session": orders, "channel": channel}


def _bought(shop: Shop, lines: pd.DataFrame, channel: Ints, low: int, rng: np.random.Generator) -> pd.DataFrame:
    """View, perhaps click, add_to_cart and purchase of each line."""
    order, product = lines["order"].to_numpy(), lines["product"].to_numpy()
    who = _who(shop, order, channel[order - low])
    money = {"quantity": lines["quantity"].to_numpy(), "price": lines["price"].to_numpy()}
    at = shop.orders["at"].to_numpy()[order]
    viewed = at - 300 - rng.integers(0, 1_000, len(lines))
    clicked = rng.random(len(lines)) < 0.5
    click = {name: values[clicked] for name, values in who.items()}
    return pd.concat(
        [
            make_events("view", viewed, product=product, **who),
            make_events("click", viewed[clicked] + 5, product=product[clicked], **click),
            make_events("add_to_cart", viewed + rng.integers(10, 100, len(lines)), product=product, **money, **who),
            make_events("purchase", at, product=product, order=order, **money, **who),
        ]
    )


def _around(shop: Shop, orders: Ints, channel: Ints, day: int, rng: np.random.Generator) -> pd.DataFrame:
    """Search, other views, something put into the cart and back, checkout."""
    at = shop.orders["at"].to_numpy()[orders]
    low = int(orders[0]) if len(orders) else 0
    sought = orders[rng.random(len(orders)) < 0.4]
    looked = np.repeat(orders, rng.poisson(OTHER_VIEWS, len(orders)))
    undone = orders[rng.random(len(orders)) < 0.1]
    weight = np.cumsum(shop.catalogue.demand(day))
    other, back = (_weighted(weight, len(rows), rng) for rows in (looked, undone))
    put = at[undone - low] - rng.integers(120, 1_200, len(undone))
    cart = {"product": back, "quantity": 1, "price": shop.catalogue.price[day, back]}
    who = {name: _who(shop, rows, channel[rows - low]) for name, rows in (("s", sought), ("l", looked), ("u", undone))}
    return pd.concat(
        [
            make_events("search", at[sought - low] - 1_400, **who["s"]),
            make_events("view", at[looked - low] - rng.integers(250, 1_300, len(looked)), product=other, **who["l"]),
            make_events("add_to_cart", put, **cart, **who["u"]),
            make_events("remove_from_cart", put + 60, **cart, **who["u"]),
            make_events(
                "checkout", at - rng.integers(15, 60, len(orders)), order=orders, **_who(shop, orders, channel)
            ),
        ]
    )


def _weighted(cumulated: Floats, n: int, rng: np.random.Generator) -> Ints:
    """n positions drawn with the given cumulated weights; a weight of 0 is never drawn."""
    found: Ints = np.searchsorted(cumulated, (1 - rng.random(n)) * cumulated[-1], side="left").astype(np.int64)
    return found
