"""The sample through the real reader: how many rows are readable, why others are not, and what came out.

Here: `stage_feed` on the sample, and questions to the staged table. Not here: which mapping is tried
(`formats`, `mapping`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from shop_pipeline.contracts.feeds import EVENT_TYPES, FEEDS
from shop_pipeline.settings import Feed, Shop

from ..event_words import OTHER
from ..landing import LandingFile
from ..presets import DERIVED, load_feed_preset
from ..problems import LandingError, first_line
from ..quoting import identifier, literals
from ..reader import stage_feed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TARGET = "_inspected"
SHOWN = 5
EARLIEST = "1995-01-01"
"""There were no web shops to speak of before; a column of small numbers taken for seconds would lie there."""


@dataclass(frozen=True)
class Reading:
    """What the reader made of a sample."""

    n_rows: int = 0
    n_readable: int = 0
    """Without a rule; of events also with a known word and a time that can be."""
    n_records: int = 0
    """Lines of the files that have a row."""
    reasons: tuple[tuple[str, int], ...] = ()
    """Why others are not, the most frequent first."""
    examples: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)
    """Canonical column to file, line and value of the first row that has one."""
    filled: frozenset[str] = frozenset()
    event_types: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    """Of events: file to its first and last day in the shop's time zone."""
    currencies: Mapping[str, int] = field(default_factory=dict)
    """Of events: currency in upper case (`usd` is USD) to its events with a price, most first."""
    problem: str = ""
    """Why nothing could be read at all."""

    @property
    def readable(self) -> float:
        """Share, 0..1; 0 for a sample without rows."""
        return self.n_readable / self.n_rows if self.n_rows else 0.0


def read_sample(
    connection: "DuckDBPyConnection", feed_name: str, feed: Feed, files: Sequence[LandingFile], shop: Shop
) -> Reading:
    """Read and count. Never raises for files or mappings that can't be read: `problem` says it."""
    cursor = connection.cursor()
    try:
        stage_feed(cursor, FEEDS[feed_name], feed, files, shop, TARGET)
        return _look(cursor, feed_name, feed)
    except LandingError as error:
        return Reading(problem=str(error).splitlines()[0])
    except duckdb.Error as error:
        return Reading(problem=first_line(error))
    finally:
        cursor.close()


def _look(cursor: "DuckDBPyConnection", feed_name: str, feed: Feed) -> Reading:
    is_event = feed_name == "events"
    good = f"_rule IS NULL AND {_is_sensible()}" if is_event else "_rule IS NULL"
    n_rows, n_readable, n_records = _row(
        cursor, f"SELECT count(*), count(*) FILTER ({good}), count(DISTINCT (_file, _row)) FROM {TARGET}"
    )
    mapped = [column for column in load_feed_preset(feed, feed_name).columns if column not in DERIVED]
    examples = {column: found for column in mapped if (found := _example(cursor, column, good))}
    return Reading(
        n_rows=n_rows,
        n_readable=n_readable,
        n_records=n_records,
        reasons=_reasons(cursor, is_event),
        examples=examples,
        filled=frozenset(examples),
        event_types=dict(_event_types(cursor)) if is_event else {},
        days=_days(cursor, good) if is_event else {},
        currencies=_currencies(cursor, good) if is_event else {},
    )


def _is_sensible() -> str:
    known = f"list_contains({literals([*EVENT_TYPES, OTHER])}, event_type)"
    return f"{known} AND event_at BETWEEN TIMESTAMP '{EARLIEST}' AND now()::TIMESTAMP + INTERVAL 2 DAY"


def _reasons(cursor: "DuckDBPyConnection", is_event: bool) -> tuple[tuple[str, int], ...]:
    unlikely = f"""
        UNION ALL SELECT CASE WHEN list_contains({literals([*EVENT_TYPES, OTHER])}, event_type)
            THEN 'unlikely time: ' || event_at ELSE 'unknown event word: ' || event_type END
        FROM {TARGET} WHERE _rule IS NULL AND NOT ({_is_sensible()})"""
    rows = cursor.execute(f"""
        SELECT said, count(*) FROM (
            SELECT _rule || coalesce(': ' || _reason, '') AS said FROM {TARGET} WHERE _rule IS NOT NULL
            {unlikely if is_event else ""}
        ) GROUP BY said ORDER BY count(*) DESC, said LIMIT {SHOWN}
    """)
    return tuple((said, count) for said, count in rows.fetchall())


def _example(cursor: "DuckDBPyConnection", column: str, good: str) -> tuple[str, int, str] | None:
    name = identifier(column)
    row = cursor.execute(f"""
        SELECT _file, _row, CAST({name} AS VARCHAR) FROM {TARGET} WHERE {name} IS NOT NULL
        ORDER BY NOT ({good}), _file, _row, _part LIMIT 1
    """).fetchone()
    return (row[0], row[1], row[2]) if row else None


def _event_types(cursor: "DuckDBPyConnection") -> list[tuple[str, int]]:
    counted = f"SELECT event_type, count(*) FROM {TARGET} WHERE event_type IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    return cursor.execute(counted).fetchall()


def _days(cursor: "DuckDBPyConnection", good: str) -> dict[str, tuple[date, date]]:
    rows = cursor.execute(f"SELECT _file, min(event_date), max(event_date) FROM {TARGET} WHERE {good} GROUP BY 1")
    return {file: (first, last) for file, first, last in rows.fetchall()}


def _currencies(cursor: "DuckDBPyConnection", good: str) -> dict[str, int]:
    rows = cursor.execute(f"""
        SELECT upper(currency), count(unit_price) FROM {TARGET} WHERE currency IS NOT NULL AND {good}
        GROUP BY 1 ORDER BY 2 DESC, 1
    """)
    return dict(rows.fetchall())


def _row(cursor: "DuckDBPyConnection", sql: str) -> tuple[Any, ...]:
    return cursor.execute(sql).fetchall()[0]
