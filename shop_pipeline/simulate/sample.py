"""Writing a sample: the one function that puts feeds, truth and shop.yaml into a folder.

Here: the order of the steps and the report. Not here: what is in the files (`feeds`, `truth`).

Events are made and written day by day, so memory holds the orders and one day of browsing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shop_pipeline.simulate import accounts, feeds
from shop_pipeline.simulate.browsing import browse
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.dirt import Dirt, make_dirt
from shop_pipeline.simulate.event_text import make_event_text
from shop_pipeline.simulate.files import csv_lines, write_lines, write_table
from shop_pipeline.simulate.sessions import order_sessions
from shop_pipeline.simulate.shop import Shop, Streams, make_shop, make_streams
from shop_pipeline.simulate.supply import make_market, make_stock
from shop_pipeline.simulate.truth import write_truth
from shop_pipeline.simulate.visits import Plan, make_plan

FEEDS = (
    "events",
    "products",
    "customers",
    "stock",
    "messages",
    "assignments",
    "tickets",
    "order_labels",
    "market",
)


@dataclass(frozen=True)
class SampleReport:
    """What was written."""

    out: Path
    """Folder of the sample."""
    rows: dict[str, int]
    """Lines per feed, without headers; dirt included."""
    clean_events: int
    """Event rows that are true: late ones included, every other kind of dirt not."""
    dirt: dict[str, int]
    """Planted pieces per kind; a piece is a line."""
    seconds: float
    """Time that it took."""


def write_sample(config: ShopConfig, out: Path) -> SampleReport:
    """Write `landing/`, `truth/` and, if missing, `shop.yaml` into `out`; the same config gives the same bytes."""
    started = time.perf_counter()
    _clear_previous(out)
    streams = make_streams(config)
    shop = make_shop(config, streams)
    plan = make_plan(shop, streams["browsing"])
    dirt = make_dirt(config, plan.expected, shop.lines["day"].to_numpy(), streams["dirt"])
    written, clean = _write_events(shop, plan, dirt, streams, out / "landing" / "events")
    rows = {"events": written, **_write_feeds(shop, streams, out / "landing")}
    write_truth(shop, dirt, rows, clean, out / "truth")
    _write_settings(config, out / "shop.yaml")
    return SampleReport(out, rows, clean, dict(dirt.counts), time.perf_counter() - started)


def _clear_previous(out: Path) -> None:
    """Remove the days of an earlier sample; a folder without our truth is somebody's own and stays as it is."""
    if (out / "truth" / "parameters.json").exists():
        for old in (out / "landing" / "events").glob("events-????-??-??.csv"):
            old.unlink()


def _days(shop: Shop, plan: Plan, rng: np.random.Generator) -> Iterator[tuple[int, pd.DataFrame]]:
    """The true events of each local day, by time."""
    after = shop.aftercare.events
    edges = np.searchsorted(after["at"], shop.timeline.midnight)
    session = len(shop.orders)
    for day, stream in enumerate(rng.spawn(shop.config.days)):
        visits = browse(shop, plan, day, session, stream)
        session = max(session, int(visits["session"].max()) + 1) if len(visits) else session
        parts = [order_sessions(shop, day, stream), visits, after.iloc[edges[day] : edges[day + 1]]]
        events = pd.concat(parts, ignore_index=True)
        yield day, events.sort_values("at", kind="stable", ignore_index=True)


def _write_events(shop: Shop, plan: Plan, dirt: Dirt, streams: Streams, folder: Path) -> tuple[int, int]:
    """One file per local day; returns the lines written and how many of them are true."""
    text = make_event_text(shop)
    written = clean = 0
    for day, events in _days(shop, plan, streams["browsing"]):
        columns = text.columns(events, clean)
        lines = dirt.soil(day, events, columns, csv_lines(columns))
        name = f"events-{shop.timeline.dates[day].isoformat()}.csv"
        written += write_lines(folder / name, list(columns), lines)
        clean += len(events)
    return written, clean


def _write_feeds(shop: Shop, streams: Streams, landing: Path) -> dict[str, int]:
    """Every feed but the events; returns rows per feed."""
    rng = streams["supply"]
    tables = {
        "products": feeds.products(shop, rng),
        "customers": accounts.customers(shop, rng, test_accounts=shop.config.dirt > 0),
        "stock": feeds.stock(shop, make_stock(shop, rng)),
        "messages": feeds.messages(shop),
        "assignments": feeds.assignments(shop),
        "tickets": feeds.tickets(shop),
        "order_labels": feeds.order_labels(shop),
        "market": feeds.market(make_market(shop, rng)),
    }
    return {feed: write_table(landing / feed / f"{feed}.csv", table) for feed, table in tables.items()}


def _write_settings(config: ShopConfig, path: Path) -> None:
    """A shop.yaml that reads this sample; one that exists is the user's and stays."""
    if path.exists():
        return
    shop = f"{{timezone: {config.timezone}, currency: {config.currency}, first_day: {config.first_day}}}"
    sources = [f'  {feed}: {{files: "landing/{feed}/**/*.csv", format: canonical}}' for feed in FEEDS]
    staff = f"customers: {{staff_domains: [{accounts.STAFF_DOMAIN}]}}"
    # What follows from the settings that a shop has to make itself: whose mail is staff's, and where holidays are kept.
    holidays = "demand: {holiday_country: GB}"
    path.write_text("\n".join([f"shop: {shop}", staff, holidays, "feeds:", *sources]) + "\n", encoding="utf-8")
