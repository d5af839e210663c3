"""The events feed as columns of text.

Here: the columns of the events and the tables behind them. Not here: the other feeds (`feeds`), and what is wrong on
purpose (`dirt`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from shop_pipeline.simulate import words
from shop_pipeline.simulate.events import CHANNELS, EVENT_TYPES
from shop_pipeline.simulate.files import Columns, customer_ids, lookup, money, numbered, order_ids, quoted, utc, whole
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Ints

_COUNTRIES = pa.array([name for name, _, _ in words.COUNTRIES])


@dataclass(frozen=True)
class EventText:
    """Turns days of events into columns of text; holds the tables that every day needs."""

    shop: Shop
    products: pa.Array
    addresses: pa.Array
    device_country: Ints
    reviews: pa.Array

    def columns(self, events: pd.DataFrame, first_number: int) -> Columns:
        """The events feed; event ids count from `first_number` in the order of the rows."""
        c = {name: events[name].to_numpy() for name in events.columns}
        priced = np.where(c["price"] >= 0, 0, -1)
        country = np.where(c["device"] >= 0, self.device_country[c["device"]], -1)
        return {
            "event_at": utc(c["at"]),
            "event_type": lookup(pa.array(EVENT_TYPES), c["kind"]),
            "product_id": lookup(self.products, c["product"]),
            "event_id": numbered("E", 9, np.arange(first_number, first_number + len(events))),
            "customer_id": customer_ids(c["customer"]),
            "session_id": numbered("S", 8, c["session"]),
            "order_id": order_ids(c["order"]),
            "quantity": whole(c["quantity"]),
            "unit_price": money(c["price"]),
            "currency": lookup(pa.array([self.shop.config.currency]), priced),
            "rating": whole(c["rating"]),
            "review_text": lookup(self.reviews, c["text"]),
            "country": lookup(_COUNTRIES, country),
            "ip_address": lookup(self.addresses, c["device"]),
            "device_id": numbered("D", 7, c["device"]),
            "channel": lookup(pa.array(CHANNELS), c["channel"]),
        }


def make_event_text(shop: Shop) -> EventText:
    """Prepare the tables. Addresses are private ones (10.0.0.0/8), one per device, so nobody's are used."""
    n = len(shop.people.device_country)
    host = np.arange(n) * 2_654_435_761 % 2**24
    addresses = pa.array([f"10.{h >> 16}.{h >> 8 & 255}.{h & 255}" for h in host.tolist()])
    reviews = quoted(pa.array(words.review_texts()))
    return EventText(shop, pa.array(shop.catalogue.ids), addresses, shop.people.device_country, reviews)
