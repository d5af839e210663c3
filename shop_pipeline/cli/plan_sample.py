"""Rows, days and customers of a feed from a sample of its landing files, read by the reader itself.

Every format counts as it will: a line of some formats holds several rows. Not here: which bytes are sampled
(`sources/sampling.py`), and what becomes of the counts (`plan_counts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np

from ..contracts import FEEDS
from ..settings import Feed, ShopSettings
from ..sources.file_kinds import kind_and_compression
from ..sources.landing import LandingFile
from ..sources.reader import stage_feed
from ..sources.sampling import Sampled, is_parquet, parquet_rows, sample_files
from ..sources.utf8_copy import python_encoding
from .run import Order

SAMPLED = "sampled"


@dataclass(frozen=True)
class EventSample:
    """What a sample says of events: their `rows`, of which it holds the part `sampled`; their days, and the part
    `asked_for` of their rows that lies in the days of the order; customer, product and day of each
    sampled row there.
    """

    rows: int
    sampled: float
    since: date | None
    until: date | None
    asked_for: float
    customers: Any
    products: Any
    days: Any


def count_rows(
    duck: duckdb.DuckDBPyConnection, settings: ShopSettings, name: str, feed: Feed, files: Sequence[LandingFile]
) -> int:
    """Rows of all `files`. Leaves the sample, as the reader staged it, in the table `sampled`."""
    with TemporaryDirectory(prefix="shop-plan-") as folder:
        sampled = sample_files(duck, files, python_encoding(feed.encoding), Path(folder))
        stage_feed(duck, FEEDS[name], feed, [one.copy for one in sampled], settings.shop, SAMPLED)
    found = dict(duck.execute(f"SELECT _file, count(*) FROM {SAMPLED} GROUP BY 1").fetchall())
    kinds = {kind_and_compression(file) for file in files}
    return sum(_rows_of_kind(duck, [f for f in files if kind_and_compression(f) == k], sampled, found) for k in kinds)


def _rows_of_kind(
    duck: duckdb.DuckDBPyConnection, files: Sequence[LandingFile], sampled: Sequence[Sampled], found: dict[str, int]
) -> int:
    """Files of one kind and packing: by rows per byte of those sampled; Parquet by footer and rows per record."""
    names = {file.name for file in files}
    mine = [one for one in sampled if one.file.name in names]
    rows = sum(found.get(one.copy.name, 0) for one in mine)
    if files and is_parquet(files[0]):
        return round(parquet_rows(duck, files) * rows / max(1, sum(one.lines for one in mine)))
    return round(sum(file.size for file in files) * rows / max(1, sum(one.size for one in mine)))


def sample_events(
    duck: duckdb.DuckDBPyConnection, settings: ShopSettings, files: Sequence[LandingFile], order: Order
) -> EventSample:
    """Of the event files. Raises `LandingError`, `OSError`, `duckdb.Error` as reading them would."""
    feed, nobody = settings.feeds.get("events"), np.zeros(0, str)
    if feed is None or not files:
        return EventSample(0, 1.0, order.since, order.until, 1.0, nobody, nobody, nobody)
    rows = count_rows(duck, settings, "events", feed, files)
    good = f"FROM {SAMPLED} WHERE _rule IS NULL AND event_date BETWEEN ? AND ?"
    today = datetime.now(settings.shop.zone).date()
    possible = [settings.shop.first_day, today]
    first, last = duck.execute(f"SELECT min(event_date), max(event_date) {good}", possible).fetchone() or (None, None)
    since, until = order.since or first, order.until or last
    asked = [since or today, until or today]
    n_asked = _one(duck.execute(f"SELECT count(*) {good}", asked))
    n_sampled = max(1, _one(duck.execute(f"SELECT count(*) FROM {SAMPLED}")))
    known = "customer_id IS NOT NULL AND product_id IS NOT NULL"
    pairs: dict[str, Any] = duck.execute(
        f"SELECT customer_id, product_id, event_date {good} AND {known}", asked
    ).fetchnumpy()
    ids = (np.asarray(pairs[name], dtype=str) for name in ("customer_id", "product_id", "event_date"))
    return EventSample(rows, min(1.0, n_sampled / max(1, rows)), since, until, n_asked / n_sampled, *ids)


def _one(found: duckdb.DuckDBPyConnection) -> int:
    row = found.fetchone()
    return int(row[0]) if row else 0
