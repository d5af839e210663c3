"""What would go through a run: rows by feed, days, and the size of the interaction matrix.

Here: what the files' sample (`plan_sample.py`), the published file and the warehouse say together. Not here: what rows
cost (`costs.py`), and whether that fits (`plan.py`).
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np

from ..automation.landing_days import new_files, newest_loaded_day
from ..models.interactions import Size
from ..models.recommenders.als import Als, AlsConfig
from ..models.similarity.size import MatrixSize, size_from_sample
from ..settings import FeedName, Paths, ShopSettings
from ..sources.landing import LandingFile, list_files
from ..storage import memory_database, query
from .costs import Counts
from .plan_sample import EventSample, count_rows, sample_events
from .run import Order

DEGREES = "SELECT count(*) AS degree FROM features.interactions GROUP BY product_id ORDER BY 1 DESC"
CUSTOMERS = """SELECT count(*) AS customers, coalesce(sum(n * n), 0)::DOUBLE AS multiply_adds
FROM (SELECT count(*) AS n FROM features.interactions GROUP BY customer_id)"""
NEWEST = "SELECT outputs FROM ops.run_manifest WHERE run_id IN (SELECT run_id FROM marts.sales_daily) LIMIT 1"


@dataclass(frozen=True)
class FeedSize:
    """The files of a feed that a run would read."""

    name: str
    n_files: int
    size: int
    rows: int


@dataclass(frozen=True)
class Estimate:
    """A run before it is made; `matrix_from` says where the size of the matrix comes from."""

    feeds: tuple[FeedSize, ...]
    since: date | None
    until: date | None
    counts: Counts
    matrix: MatrixSize
    matrix_from: str


def estimate(paths: Paths, settings: ShopSettings, order: Order) -> Estimate:
    """Look at files, the published file and, if no run holds it, the warehouse. Raises `LandingError`, `OSError`."""
    files = event_files(paths, settings, order)
    with memory_database() as duck:
        others = [_feed_size(duck, paths, settings, name) for name in settings.feeds if name != "events"]
        events = sample_events(duck, settings, files, order)
    newest = None if order.full else newest_loaded_day(paths)
    since, until = events.since or newest, events.until or newest
    stored = 0 if order.full else _stored_events(paths)
    again = 0 if order.full or since is None or until is None else _read_again(paths, files, since, until)
    read = FeedSize("events", len(files), sum(file.size for file in files), events.rows)
    feeds = (read, *others)
    matrix, matrix_from = _matrix(paths, events, stored)
    counts = Counts(
        new_rows=sum(feed.rows for feed in feeds) + again,
        kept_rows=sum(feed.rows for feed in others) + round(events.rows * events.asked_for),
        stored_rows=stored - again,
        n_customers=matrix.n_customers,
        n_entries=matrix.n_entries,
        multiply_adds=matrix.multiply_adds,
        list_length=settings.recommend.list_length,
        als_memory=_als(settings, matrix),
        n_measures=len(settings.recommend.product_measures),
        n_similar=len(matrix.degrees) * settings.recommend.similar_products * len(settings.recommend.product_measures),
    )
    return Estimate(feeds, since, until, counts, matrix, matrix_from)


def event_files(paths: Paths, settings: ShopSettings, order: Order) -> list[LandingFile]:
    """The event files that a run would read for the first time: the new ones, all of them with --full."""
    feed = settings.feeds.get("events")
    if feed is None:
        return []
    is_fresh = paths.published.exists() and not order.full
    return new_files(paths, settings) if is_fresh else list_files(paths.data, feed)


def _feed_size(duck: duckdb.DuckDBPyConnection, paths: Paths, settings: ShopSettings, name: FeedName) -> FeedSize:
    """The feeds beside events are read whole by every run."""
    feed = settings.feeds[name]
    files = list_files(paths.data, feed)
    rows = count_rows(duck, settings, name, feed, files)
    return FeedSize(name, len(files), sum(file.size for file in files), rows)


def _ask(paths: Paths, sql: str) -> list[tuple[Any, ...]]:
    found = query(paths.published, sql) if paths.published.exists() else None
    return found.fetchall() if found is not None else []


def _stored_events(paths: Paths) -> int:
    """Clean events of the newest run, as its manifest has them."""
    rows = _ask(paths, NEWEST)
    return int(json.loads(rows[0][0])["clean.events"]["rows"]) if rows else 0


def _read_again(paths: Paths, files: list[LandingFile], since: date, until: date) -> int:
    """Rows of known files that are read once more, because they hold days of the run."""
    names = {file.name for file in files}
    rows = _ask(paths, "SELECT file, n_rows, first_day, last_day FROM ops.landing_files WHERE first_day IS NOT NULL")
    return sum(n for name, n, first, last in rows if name not in names and first <= until and last >= since)


def _matrix(paths: Paths, events: EventSample, stored: int) -> tuple[MatrixSize, str]:
    """From the last run where there is one, grown by the new rows; else from the sample."""
    new = events.rows * events.asked_for
    known, why_not = _matrix_of_last_run(paths) if stored else (None, "no earlier run")
    if known is not None:
        return known.grown((stored + new) / stored), "from the last run, at most"
    # Without the matrix, stored events count as if they were like the sample.
    share = events.sampled * new / max(1.0, new + stored)
    return size_from_sample(
        events.customers, events.products, events.days, max(share, 1e-9)
    ), f"from a sample: {why_not}"


def _matrix_of_last_run(paths: Paths) -> tuple[MatrixSize | None, str]:
    try:
        degrees, customers = query(paths.warehouse, DEGREES), query(paths.warehouse, CUSTOMERS)
        found = degrees.fetchnumpy()["degree"] if degrees else np.zeros(0, np.int64)
        n_customers, multiply_adds = (customers.fetchone() if customers else None) or (0, 0.0)
    except (FileNotFoundError, duckdb.Error) as error:
        return None, f"the warehouse can't be read now ({str(error).splitlines()[0]})"
    return MatrixSize(np.asarray(found, np.int64), n_customers, multiply_adds), ""


def _als(settings: ShopSettings, matrix: MatrixSize) -> int:
    chosen = settings.recommend
    config = AlsConfig(chosen.n_factors, chosen.regularization, chosen.alpha, chosen.iterations)
    return Als(config).memory_bytes(Size(matrix.n_customers, len(matrix.degrees), matrix.n_entries))
