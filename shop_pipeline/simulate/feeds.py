"""The feeds besides events and customers as columns of text, with the names of the contract.

Here: one function per feed, from the numbers of the shop to named columns. Not here: events (`event_text`), customers
(`accounts`), formats (`files`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shop_pipeline.simulate import words
from shop_pipeline.simulate.catalogue import product_texts
from shop_pipeline.simulate.files import (
    Columns,
    booleans,
    customer_ids,
    lookup,
    money,
    numbered,
    order_ids,
    strings,
    utc,
    whole,
)
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.timeline import Ints

_CATEGORIES = pa.array(words.CATEGORIES)


def products(shop: Shop, rng: np.random.Generator) -> Columns:
    """One row per product and price period, valid from its first local midnight."""
    catalogue, texts = shop.catalogue, product_texts(shop.catalogue, rng)
    changed = np.diff(catalogue.price, axis=0, prepend=-1) != 0
    launched = np.diff(catalogue.listed.astype(np.int8), axis=0, prepend=0) == 1
    product, day = np.nonzero(((changed & catalogue.listed) | launched).T)
    where = pa.array(product)
    return {
        "product_id": pc.take(pa.array(catalogue.ids), where),
        **{c: pc.take(pa.array(texts[c]), where) for c in ("title", "description")},
        "category": lookup(_CATEGORIES, catalogue.category[product]),
        "brand": pc.take(pa.array(texts["brand"]), where),
        "unit_price": money(catalogue.price[day, product]),
        "unit_cost": money(np.rint(100 * texts["unit_cost"].to_numpy()[product]).astype(np.int64)),
        "attributes": pc.take(pa.array(texts["attributes"]), where),
        "valid_from": utc(shop.timeline.midnight[day]),
    }


def stock(shop: Shop, levels: pd.DataFrame) -> Columns:
    """One row per product and day."""
    dates = pa.array([d.isoformat() for d in shop.timeline.dates])
    return {
        "product_id": lookup(pa.array(shop.catalogue.ids), levels["product"].to_numpy()),
        "stock_date": lookup(dates, levels["day"].to_numpy()),
        **{name: whole(levels[name].to_numpy()) for name in ("on_hand", "on_order", "lead_time_days")},
    }


def messages(shop: Shop) -> Columns:
    """One row per contact, those withheld from the control group included."""
    sent = shop.marketing.messages
    return {
        "message_id": numbered("M", 7, np.arange(len(sent))),
        "campaign_id": strings(sent["campaign_id"]),
        "channel": strings(sent["channel"]),
        "customer_id": customer_ids(_ints(sent["customer"])),
        **{name: utc(_ints(sent[name])) for name in ("sent_at", "opened_at", "clicked_at")},
        "cost": money(np.rint(100 * sent["cost"].to_numpy(dtype=np.float64)).astype(np.int64)),
        "is_control": booleans(sent["is_control"].to_numpy(dtype=np.bool_)),
    }


def assignments(shop: Shop) -> Columns:
    """One row per customer and experiment."""
    assigned = shop.marketing.assignments
    return {
        "experiment_id": strings(assigned["experiment_id"]),
        "variant": strings(assigned["variant"]),
        "customer_id": customer_ids(_ints(assigned["customer"])),
        "assigned_at": utc(_ints(assigned["assigned_at"])),
    }


def tickets(shop: Shop) -> Columns:
    """One row per service case."""
    cases = shop.aftercare.tickets
    return {
        "ticket_id": numbered("T", 6, np.arange(len(cases))),
        "customer_id": customer_ids(_ints(cases["customer"])),
        "opened_at": utc(_ints(cases["opened_at"])),
        "closed_at": utc(_ints(cases["closed_at"])),
        "topic": strings(cases["topic"]),
        "satisfaction": whole(_ints(cases["satisfaction"])),
    }


def order_labels(shop: Shop) -> Columns:
    """One row per order whose outcome is known."""
    labels = shop.aftercare.labels
    return {
        "order_id": order_ids(_ints(labels["order"])),
        "is_fraud": booleans(labels["is_fraud"].to_numpy()),
        "labelled_at": utc(_ints(labels["labelled_at"])),
    }


def market(figures: pd.DataFrame) -> Columns:
    """One row per month and category."""
    return {
        "period_date": strings(figures["month"]),
        "category": lookup(_CATEGORIES, figures["category"].to_numpy()),
        **{
            c: money(np.rint(100 * figures[c].to_numpy()).astype(np.int64))
            for c in ("market_revenue", "competitor_price")
        },
    }


def _ints(column: pd.Series) -> Ints:
    """A column as int64 (an empty frame has columns of objects)."""
    return column.to_numpy(dtype=np.int64)
