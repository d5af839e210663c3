"""Which landing files are new, and the days that they hold.

The published file remembers what is loaded (`ops.landing_files`), so that looking does not touch the warehouse while a
run has it. Not here: loading (`assets/raw.py`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ..contracts import FEEDS
from ..contracts.feeds import ORIGIN
from ..settings import Paths, ShopSettings
from ..sources.landing import LandingFile, list_files
from ..sources.reader import stage_feed
from ..storage import memory_database, query

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
# Looking reads the times alone; a day that turns out to have no readable event is loaded as an empty one.
TIMES = replace(
    FEEDS["events"], columns=(*(c for c in FEEDS["events"] if c.name in ("event_at", "event_date")), *ORIGIN)
)


@dataclass(frozen=True)
class Days:
    """Calendar days of the shop, both included."""

    since: date
    until: date

    @property
    def tags(self) -> dict[str, str]:
        """What makes a Dagster run one over this range of partitions."""
        return {RANGE_START: self.since.isoformat(), RANGE_END: self.until.isoformat()}


def new_files(paths: Paths, settings: ShopSettings) -> list[LandingFile]:
    """The event files that no published run has loaded in their present state."""
    feed = settings.feeds.get("events")
    if feed is None:
        return []
    known = {row[0] for row in _ask(paths, "SELECT fingerprint FROM ops.landing_files WHERE is_clean")}
    return [file for file in list_files(paths.data, feed) if file.fingerprint not in known]


def days_of(files: Sequence[LandingFile], settings: ShopSettings) -> Days | None:
    """The days of the events in `files`, impossible ones left out; None where there are none.

    Raises `LandingError` for a file that can't be read.
    """
    with memory_database() as duck:
        stage_feed(duck, TIMES, settings.feeds["events"], files, settings.shop, "looked_at")
        row = duck.execute(
            "SELECT min(event_date), max(event_date) FROM looked_at WHERE _rule IS NULL AND event_date BETWEEN ? AND ?",
            [settings.shop.first_day, datetime.now(settings.shop.zone).date()],
        ).fetchone()
    return Days(row[0], row[1]) if row and row[0] else None


def days_to_load(paths: Paths, files: Sequence[LandingFile], settings: ShopSettings) -> Days | None:
    """The days of `files`, and those that earlier states of the same files had: what has left a file has to go.

    With the days in their names, where their rows are of others: a run reads a new file only by its name's day.
    """
    found = days_of(files, settings)
    names = {file.name for file in files}
    rows = _ask(paths, "SELECT file, first_day, last_day FROM ops.landing_files WHERE first_day IS NOT NULL")
    earlier = [Days(first, last) for name, first, last in rows if name in names]
    today = datetime.now(settings.shop.zone).date()
    named = [Days(day, day) for f in files if (day := f.named_date) and settings.shop.first_day <= day <= today]
    every = earlier + ([found, *named] if found else [])
    return Days(min(d.since for d in every), max(d.until for d in every)) if every else None


def newest_loaded_day(paths: Paths) -> date | None:
    """The newest day of the published run, or None before the first."""
    rows = _ask(paths, "SELECT max(last_day) FROM ops.landing_files")
    return rows[0][0] if rows else None


def _ask(paths: Paths, sql: str) -> list[tuple[Any, ...]]:
    found = query(paths.published, sql) if paths.published.exists() else None
    return found.fetchall() if found is not None else []


def yesterday_and_before(now: datetime, settings: ShopSettings) -> Days | None:
    """Yesterday with the look-back of `shop.lookback_days` for late events; None before the first day is over."""
    yesterday = now.astimezone(settings.shop.zone).date() - timedelta(days=1)
    since = max(yesterday - timedelta(days=settings.shop.lookback_days), settings.shop.first_day)
    return Days(since, yesterday) if since <= yesterday else None


def state_of(files: Sequence[LandingFile]) -> str:
    """One text for a set of files in their present state; equal exactly if nothing has changed."""
    return hashlib.sha256("\n".join(sorted(file.fingerprint for file in files)).encode()).hexdigest()
