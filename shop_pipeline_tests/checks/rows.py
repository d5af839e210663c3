"""Rows that keep the promises of their contract, and what is done to some of them to break one.

Here: how a row is made and spoiled. Not here: the rows of each table (`world.py` and the modules of an area) and the
bad rows of each promise (`planted.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shop_pipeline.contracts import TABLES, Column

Row = dict[str, Any]
AS_OF = datetime(2025, 2, 1)
MOMENT, DAY = datetime(2025, 1, 2, 10), date(2025, 1, 2)
BY_TYPE: dict[str, Any] = {
    "TIMESTAMP": MOMENT,
    "DATE": DAY,
    "BOOLEAN": False,
    "DOUBLE": 0.5,
    "FLOAT": 0.5,
    "FLOAT[]": [0.5, 0.5],
    "VARCHAR[]": ["P1"],
}


def default(column: Column) -> Any:
    """A value that keeps the promises of one column."""
    if column.values:
        return column.values[0]
    if column.type == "VARCHAR":
        return f"{column.name} 1"
    return BY_TYPE.get(column.type, max(1, int(column.minimum or 0)))


def row(name: str, **given: Any) -> Row:
    """A row of the table: defaults, and what is given."""
    unknown = set(given) - set(TABLES[name].column_names)
    assert not unknown, f"{name} has no columns {unknown}"
    return {column.name: default(column) for column in TABLES[name]} | given


@dataclass(frozen=True)
class Plant:
    """Changes to rows of the clean frame by position (-1 is the last), and positions of rows that are there twice."""

    changes: Mapping[int, Row] = field(default_factory=dict)
    twice: tuple[int, ...] = ()

    def spoil(self, rows: list[Row]) -> list[Row]:
        found = [dict(good) for good in rows]
        for position, change in self.changes.items():
            found[position] |= change
        return found + [dict(found[position]) for position in self.twice]


def last(**change: object) -> Plant:
    """Change the last row."""
    return Plant({-1: change})
