"""Dagster's SQLite event log, without the cost per partition that the stock one has.

Why it exists: for a run over a range of days the stock log stores one planned event per asset and day, and makes a new
SQLAlchemy engine (and so compiles every statement again) for each. A year of days over 17 assets took 60 s before
anything ran; with one planned event per asset and one engine per file it takes 3 s. It uses two private members of the
stock class, so a test loads a year through it. It can go when dagster's own log stores partition subsets on SQLite.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from dagster import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine

BUSY_SECONDS = 60


class RangeEventLogStorage(SqliteEventLogStorage):
    """One engine per database file, and one planned event per asset, whatever the range of days."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._there: set[tuple[str, str]] = set()
        self._batch = threading.local()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        return True

    def has_table(self, table_name: str) -> bool:
        return self._stays(("table", table_name), super().has_table)

    def has_secondary_index(self, name: str) -> bool:
        return self._stays(("index", name), super().has_secondary_index)

    def _stays(self, what: tuple[str, str], ask: Callable[[str], bool]) -> bool:
        """What was there once is not asked again: the stock log asks at each check's event, with a new engine."""
        if what not in self._there and ask(what[1]):
            self._there.add(what)
        return what in self._there

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """One transaction per file for the materializations of all days of an asset."""
        with self._db_lock, ExitStack() as transactions:
            self._batch.connections, self._batch.transactions = {}, transactions
            try:
                super().store_event_batch(events)
            finally:
                self._batch.connections = None

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        connections = getattr(self._batch, "connections", None)
        if connections is not None:  # this thread is in a batch, and holds the lock
            if shard not in connections:
                connections[shard] = self._batch.transactions.enter_context(self._begin(shard))
            yield connections[shard]
        else:
            with self._db_lock, self._begin(shard) as connection:
                yield connection

    @contextmanager
    def _begin(self, shard: str) -> Iterator[Connection]:
        engine = self._engines.get(shard) or self._open(shard)
        with engine.connect() as connection, connection.begin():
            yield connection

    def _open(self, shard: str) -> Engine:
        engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _relax)
        self._initdb(engine)
        self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        return engine

    def wipe(self) -> None:
        self._forget()
        super().wipe()

    def dispose(self) -> None:
        self._forget()
        super().dispose()

    def _forget(self) -> None:
        """Close the files, and know nothing of them: they may be gone the next time."""
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
            self._there.clear()


def _relax(connection: Any, _: Any) -> None:
    # The log is in WAL mode: a crash of the machine can lose the last events, never break the file.
    connection.execute("PRAGMA synchronous = NORMAL")
