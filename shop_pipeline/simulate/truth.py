"""The truth about a sample: what a test may compare with, and the pipeline never reads.

Here: the files of `<out>/truth`. Not here: anything of `<out>/landing` (`feeds`).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from shop_pipeline.simulate import words
from shop_pipeline.simulate.accounts import TEST_ACCOUNTS
from shop_pipeline.simulate.dirt import Dirt
from shop_pipeline.simulate.events import CODE
from shop_pipeline.simulate.files import customer_ids, order_ids
from shop_pipeline.simulate.people import BOT, FRAUD, LOOKER, WHOLESALE
from shop_pipeline.simulate.shop import Shop
from shop_pipeline.simulate.supply import true_shares


def write_truth(shop: Shop, dirt: Dirt, rows: dict[str, int], clean_events: int, folder: Path) -> None:
    """Write every file of the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    customer_truth(shop).to_parquet(folder / "customers.parquet", index=False)
    product_truth(shop).to_parquet(folder / "products.parquet", index=False)
    orders = order_truth(shop)
    orders.to_parquet(folder / "orders.parquet", index=False)
    daily_truth(shop, orders).to_parquet(folder / "daily.parquet", index=False)
    _write_json(folder / "parameters.json", _parameters(shop, rows, clean_events))
    planted = {"share": shop.config.dirt, "counts": dirt.counts, "test_order_ids": dirt.test_orders}
    _write_json(folder / "dirt.json", {**planted, "test_customer_ids": TEST_ACCOUNTS if dirt.test_orders else []})
    _write_json(folder / "campaigns.json", shop.marketing.campaigns)
    _write_json(folder / "experiment.json", shop.marketing.experiments)


def customer_truth(shop: Shop) -> pd.DataFrame:
    """One row per account. Ages and drop-outs are in operational days (see `timeline`)."""
    people, n = shop.people, len(shop.people.kind)
    buys = people.buys
    age = np.where(buys, shop.config.days - people.first_clock, np.nan)
    dropped = np.where(np.isfinite(shop.drop_out), shop.drop_out - people.first_clock, np.nan)
    factor = np.where(people.kind == WHOLESALE, shop.config.wholesale_factor, 1.0)
    return pd.DataFrame(
        {
            "customer_id": customer_ids(np.arange(n)).to_pylist(),
            "bgnbd_rate": people.rate,
            "bgnbd_drop_probability": people.drop,
            "age_days": age,
            "drop_out_age_days": dropped,
            "is_alive": buys & ~np.isfinite(shop.drop_out),
            "mean_order_value": shop.config.p / people.nu * factor,
            "taste": list(people.taste),
            "is_wholesale": people.kind == WHOLESALE,
            "is_looker": people.kind == LOOKER,
            "is_bot": people.kind == BOT,
            "is_fraud": people.kind == FRAUD,
            "is_staff": people.staff,
            "is_test": False,
        }
    )


def product_truth(shop: Shop) -> pd.DataFrame:
    """One row per product."""
    catalogue = shop.catalogue
    ids = np.array([*catalogue.ids, ""])
    return pd.DataFrame(
        {
            "product_id": catalogue.ids,
            "category": np.array(words.CATEGORIES)[catalogue.category],
            "elasticity": catalogue.elasticity,
            "base_price": catalogue.base / 100,
            "popularity": catalogue.popularity,
            "quality": catalogue.quality,
            "launch_date": [shop.timeline.dates[day] for day in catalogue.listed.argmax(axis=0)],
            "stock_out_days": (catalogue.listed & ~catalogue.in_stock).sum(axis=0),
            "partner_product_id": ids[catalogue.partner],
        }
    )


def order_truth(shop: Shop) -> pd.DataFrame:
    """One row per true order (no test orders): local date, source, lines, units, revenue before returns."""
    orders, lines = shop.orders, shop.lines
    spent = lines["quantity"] * lines["price"]
    by_order = lines.assign(spent=spent).groupby("order").agg(lines=("product", "size"), units=("quantity", "sum"))
    revenue = spent.groupby(lines["order"]).sum()
    kind = shop.people.kind[orders["customer"]]
    return pd.DataFrame(
        {
            "order_id": order_ids(np.arange(len(orders))).to_pylist(),
            "customer_id": customer_ids(orders["customer"].to_numpy()).to_pylist(),
            "ordered_at": pd.to_datetime(orders["at"], unit="s", utc=True),
            "order_date": np.array(shop.timeline.dates)[orders["day"]],
            "source": orders["source"],
            "lines": by_order["lines"].to_numpy(),
            "units": by_order["units"].to_numpy(),
            "revenue": revenue.to_numpy() / 100,
            "target_value": orders["value"],
            "is_wholesale": kind == WHOLESALE,
            "is_fraud": kind == FRAUD,
        }
    )


def daily_truth(shop: Shop, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per local day: orders, lines, units, revenue, and the revenue returned on that day."""
    sums = {"orders": ("order_id", "size"), **{c: (c, "sum") for c in ("lines", "units", "revenue")}}
    daily = orders.groupby("order_date").agg(**sums)
    returns = shop.aftercare.events
    returns = returns[returns["kind"].isin([CODE["refund"], CODE["cancel"]])]
    day = shop.timeline.day_of(returns["at"].to_numpy())
    back = np.bincount(day, weights=returns["quantity"] * returns["price"] / 100, minlength=shop.config.days)
    daily = daily.reindex(pd.Index(shop.timeline.dates, name="order_date"), fill_value=0)
    return daily.assign(revenue=daily["revenue"].round(2), returned_revenue=back.round(2)).reset_index()


def _parameters(shop: Shop, rows: dict[str, int], clean_events: int) -> dict[str, object]:
    """The config, derived numbers and sizes."""
    config = shop.config
    return {
        "config": {**asdict(config), "last_day": config.last_day.isoformat()},
        "first_day": config.first_day.isoformat(),
        "mean_order_value": config.p * config.v / (config.q - 1),
        "elasticity": dict(zip(words.DEPARTMENTS, config.elasticities, strict=True)),
        "market_share": dict(zip(words.CATEGORIES, true_shares(shop).tolist(), strict=True)),
        "rows": rows,
        "clean_events": clean_events,
        "orders": len(shop.orders),
        "lines": len(shop.lines),
    }


def _write_json(path: Path, content: object) -> None:
    """Readable JSON, the same bytes each time."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
