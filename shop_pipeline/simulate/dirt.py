"""Faults planted in the event files, each counted by kind.

Here: what is wrong on purpose, and where. Not here: correct lines (`event_text`).

Late rows are real rows in a later file. Everything else is added: copies of real rows with a new event id and one
fault (an exact duplicate keeps everything). So a reader that refuses every fault is left with exactly the true rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from shop_pipeline.simulate.accounts import TEST_ACCOUNTS
from shop_pipeline.simulate.config import ShopConfig
from shop_pipeline.simulate.events import CODE
from shop_pipeline.simulate.files import Columns
from shop_pipeline.simulate.timeline import Ints

Row = dict[str, str]
MOVED = ("late", "duplicate")
LATEST = 3  # days by which a late row is late at most


def _spoil(column: str, *values: str) -> Callable[[Row, int], None]:
    """A fault that replaces one field; the n-th piece takes the n-th value in turn."""

    def spoil(row: Row, number: int) -> None:
        row[column] = values[number % len(values)]

    return spoil


def _unknown_product(row: Row, number: int) -> None:
    row["product_id"] = f"PX{number:04d}"


def _test_order(row: Row, number: int) -> None:
    row["customer_id"] = TEST_ACCOUNTS[number % len(TEST_ACCOUNTS)]
    row["order_id"] = f"O9{number:06d}"
    row["session_id"] = row["device_id"] = row["ip_address"] = ""


def _broken_line(row: Row, number: int) -> None:
    """Every other piece lacks its last fields, the rest has two too many."""
    if number % 2:
        row["left"], row["over"] = "left", "over"
        return
    for name in list(row)[-(3 + number % 8) :]:
        del row[name]


def _text_in_number(row: Row, number: int) -> None:
    column, text = (("quantity", "two"), ("unit_price", "12.50 pounds"), ("quantity", "3 pcs"))[number % 3]
    row[column] = text


# Kind -> (event type of the row that is copied, None for any; the fault).
FAULTS: dict[str, tuple[str | None, Callable[[Row, int], None]]] = {
    "zero_quantity": ("purchase", _spoil("quantity", "0")),
    "negative_quantity": ("purchase", _spoil("quantity", "-1", "-12")),
    "negative_price": ("purchase", _spoil("unit_price", "-0.01", "-9.99")),
    "text_in_number": ("purchase", _text_in_number),
    "unknown_event_type": (None, _spoil("event_type", "teleport", "purchse", "page-unload")),
    "far_future": (None, _spoil("event_at", "2099-12-31T23:59:59Z", "2098-01-01T00:00:00Z")),
    "bad_timestamp": (None, _spoil("event_at", "yesterday", "2025-13-45T99:99:99Z", "31/02/2025 25:00")),
    "broken_line": (None, _broken_line),
    # A view: so the true totals stand, whether a reader refuses unknown products or only counts them.
    "unknown_product": ("view", _unknown_product),
    "test_order": ("purchase", _test_order),
}
KINDS = (*MOVED, *FAULTS)


@dataclass
class Dirt:
    """The plan, and what has been planted so far."""

    plan: dict[str, Ints]
    """Pieces per kind and local day, (days,) each."""
    rng: np.random.Generator
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    test_orders: list[str] = field(default_factory=list)
    waiting: dict[int, list[pa.Array]] = field(default_factory=dict)
    """Late lines by the day in whose file they will stand."""
    planted: int = 0

    def soil(self, day: int, events: pd.DataFrame, columns: Columns, lines: pa.Array) -> pa.Array:
        """The lines of a day's file: the day's own without late ones, late ones of earlier days, and faults."""
        late, twice = self._moved(day, events)
        added = [*self.waiting.pop(day, []), lines.take(pa.array(twice)), self._faults(day, events, columns)]
        if len(late):
            lag = self.rng.integers(1, LATEST + 1, len(late))
            for target in np.unique(np.minimum(day + lag, len(self.plan["late"]) - 1)):
                moved = late[np.minimum(day + lag, len(self.plan["late"]) - 1) == target]
                self.waiting.setdefault(int(target), []).append(lines.take(pa.array(moved)))
        kept = np.setdiff1d(np.arange(len(lines)), late, assume_unique=True)
        return self._mix(lines if not len(late) else lines.take(pa.array(kept)), pa.concat_arrays(added))

    def _moved(self, day: int, events: pd.DataFrame) -> tuple[Ints, Ints]:
        """Disjoint rows to be late and to be repeated; half of each are purchases if there are enough."""
        n_late, n_twice = int(self.plan["late"][day]), int(self.plan["duplicate"][day])
        n = min(n_late + n_twice, len(events))
        sales = np.flatnonzero(events["kind"] == CODE["purchase"])
        first = self.rng.choice(sales, min(n // 2 + n % 2, len(sales)), replace=False)
        others = np.setdiff1d(np.arange(len(events)), first)
        rows = self.rng.permutation(np.concatenate([first, self.rng.choice(others, n - len(first), replace=False)]))
        late, twice = rows[:n_late], rows[n_late:n]
        self.counts["late"] += len(late)
        self.counts["duplicate"] += len(twice)
        return late, twice

    def _faults(self, day: int, events: pd.DataFrame, columns: Columns) -> pa.Array:
        """The faulty copies of a day as lines."""
        kinds = events["kind"].to_numpy()
        found: list[str] = []
        for fault, (of, spoil) in FAULTS.items():
            eligible = np.arange(len(kinds)) if of is None else np.flatnonzero(kinds == CODE[of])
            for _ in range(int(self.plan[fault][day]) if len(eligible) else 0):
                copied = int(self.rng.choice(eligible))
                row = {name: column[copied].as_py() or "" for name, column in columns.items()}
                found.append(self._fault(fault, row, spoil))
        return pa.array(found, type=pa.string())

    def _fault(self, fault: str, row: Row, spoil: Callable[[Row, int], None]) -> str:
        """One faulty line."""
        self.planted += 1
        row["event_id"] = f"E9{self.planted:08d}"
        spoil(row, self.counts[fault])
        self.counts[fault] += 1
        if fault == "test_order":
            self.test_orders.append(row["order_id"])
        return ",".join(row.values())

    def _mix(self, own: pa.Array, added: pa.Array) -> pa.Array:
        """Put the added lines at random places among a day's own, which keep their order."""
        if not len(added):
            return own
        place = np.concatenate([np.arange(len(own)), self.rng.uniform(0, max(1, len(own)), len(added))])
        return pa.concat_arrays([own, added]).take(pa.array(np.argsort(place, kind="stable")))


def make_dirt(config: ShopConfig, expected: float, sale_days: Ints, rng: np.random.Generator) -> Dirt:
    """Plan the pieces: `config.dirt` x events of each kind, at least 3, on days with sales.

    `expected` is the number of event rows, `sale_days` the local day of every sold line.
    """
    pieces = max(3, round(config.dirt * expected)) if config.dirt > 0 else 0
    not_last = sale_days[sale_days < config.days - 1]
    plan = {}
    for kind in KINDS:
        pool = not_last if kind == "late" else sale_days
        days = rng.choice(pool, pieces) if len(pool) else np.empty(0, dtype=np.int64)
        plan[kind] = np.bincount(days, minlength=config.days).astype(np.int64)
    return Dirt(plan, rng)
