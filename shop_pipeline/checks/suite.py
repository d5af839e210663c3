"""Contract -> expectations. Each promise of a table has a name and a query for the rows that break it.

Great Expectations asks: the promises of single columns, their order and the key in one expectation with one query
(`NoBrokenColumns`), each of the others in its own (`NoUnexpectedRows`). They are queries because GX's dialect for
DuckDB has no compound keys, foreign keys or regular expressions. Not here: running them (`audit.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.compatibility.pydantic import PrivateAttr

from ..contracts import Column, ForeignKey, Severity, Table


class Asked(gxe.UnexpectedRowsExpectation):  # type: ignore[misc]
    """Remembers its configuration: GX makes it anew 28 times per validation, a quarter of its time on small tables."""

    _made: Any = PrivateAttr(default=None)

    @property
    def configuration(self) -> Any:
        if self._made is None:
            self._made = super().configuration
        return self._made


class NoUnexpectedRows(Asked):
    """The same expectation without the rows: GX asks each query twice, once for the count and once for a sample.

    The sample is `audit.py`'s, of broken promises only and without personal data.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        n_rows = metrics["unexpected_rows_query.row_count"]
        return {"success": n_rows == 0, "result": {"observed_value": n_rows}}


class NoBrokenColumns(Asked):
    """What a table's columns and key promise: the query names those that are broken, of which GX reads 200."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        broken = [row["promise"] for row in metrics["unexpected_rows_query.table"]]
        return {"success": not broken, "result": {"observed_value": broken}}


@dataclass(frozen=True)
class Promise:
    """One named promise; `query` selects the rows that break it.

    `column` is set where it is one column's. `count` is an expression over the batch that counts the broken rows, for
    those that are asked in one query. `is_rule` marks the rules that span rows and are shown by their own name; the
    others count as the contract.
    """

    name: str
    query: str
    severity: Severity = "ERROR"
    column: Column | None = None
    count: str = ""
    is_rule: bool = False


def promises(table: Table, outside: str | None = None) -> list[Promise]:
    """All promises of a table; `outside` is the predicate of the stored rows that stay beside the staged ones."""
    found = [_counted("columns", _order_of_columns(table))]
    for column in table:
        found += _of_column(table, column)
    found += _of_key(table, outside)
    found += [Promise(key.rule, _orphans(key)) for key in table.foreign_keys]
    found += [Promise(rule.name, rule.sql, rule.severity, is_rule=True) for rule in table.rules]
    return found


def expectations(asked: list[Promise]) -> list[Any]:
    """What Great Expectations is given; `meta` says which promises each expectation asks.

    An expectation costs some 3 ms whatever it asks, and a pass over a large table more than its conditions.
    """
    counted = [promise for promise in asked if promise.count]
    found = [
        NoUnexpectedRows(unexpected_rows_query=promise.query, meta={"promises": [promise.name]})
        for promise in asked
        if not promise.count
    ]
    if counted:
        counts = ", ".join(f'{promise.count} AS "{promise.name}"' for promise in counted)
        # One row, also of a batch without rows and of counts that don't read it themselves.
        one_row = f"SELECT {counts} FROM {{batch}} GROUP BY ()"
        broken = f"UNPIVOT ({one_row}) ON COLUMNS(*) INTO NAME promise VALUE n"
        query = f"SELECT promise FROM ({broken}) WHERE n > 0"
        found.append(NoBrokenColumns(unexpected_rows_query=query, meta={"promises": [p.name for p in counted]}))
    return found


def _counted(name: str, query: str) -> Promise:
    return Promise(name, query, count=f"(SELECT count(*) FROM ({query}))")


def _order_of_columns(table: Table) -> str:
    """One row with the columns as they are, where they are not those of the contract."""
    wanted = ", ".join(f"'{name}'" for name in table.column_names)
    found = "SELECT list(column_name) AS columns FROM (DESCRIBE SELECT * FROM {batch})"
    return f"SELECT columns FROM ({found}) WHERE columns IS DISTINCT FROM [{wanted}]"


def _of_column(table: Table, column: Column) -> Iterator[Promise]:
    shown = ", ".join(f'"{name}"' for name in dict.fromkeys((*table.key, column.name)))
    for name, broken in _breaches(column):
        yield Promise(
            name, f"SELECT {shown} FROM {{batch}} WHERE {broken}", column=column, count=f"count(*) FILTER ({broken})"
        )


def _breaches(column: Column) -> Iterator[tuple[str, str]]:
    """The name of each promise of one column, and the condition of the rows that break it."""
    value = f'"{column.name}"'
    if column.required:
        yield f"not_null({column.name})", f"{value} IS NULL"
    bounds = [f"{value} < {column.minimum}"] if column.minimum is not None else []
    bounds += [f"{value} > {column.maximum}"] if column.maximum is not None else []
    if bounds:
        # DuckDB sorts NaN above every number, so that a lower bound alone would let it in.
        bounds += [f"isnan({value})"] if column.type in ("DOUBLE", "FLOAT") else []
        yield f"in_range({column.name})", " OR ".join(bounds)
    if column.values:
        words = ", ".join(f"'{word}'" for word in column.values)
        yield f"known_value({column.name})", f"{value} NOT IN ({words})"


def _of_key(table: Table, outside: str | None) -> Iterator[Promise]:
    columns = ", ".join(f'"{column}"' for column in table.key)
    # Only rows whose hash is there twice are compared: a third of the time of the columns themselves.
    suspects = f"SELECT hash({columns}) FROM {{batch}} GROUP BY ALL HAVING count(*) > 1"
    repeated = f"SELECT {columns} FROM {{batch}} WHERE hash({columns}) IN ({suspects}) GROUP BY ALL HAVING count(*) > 1"
    yield _counted(f"key({', '.join(table.key)})", repeated)
    if outside is not None:
        # A slice is replaced: its keys must not stand in the rows that stay.
        stays = f"(SELECT {columns} FROM {table.qualified} WHERE {outside})"
        stored = f"SELECT {columns} FROM {{batch}} SEMI JOIN {stays} USING ({columns})"
        yield Promise("key_not_stored_elsewhere", stored)


def _orphans(key: ForeignKey) -> str:
    pairs = " AND ".join(f'b."{mine}" = t."{theirs}"' for mine, theirs in zip(key.columns, key.references, strict=True))
    present = " AND ".join(f'b."{mine}" IS NOT NULL' for mine in key.columns)
    columns = ", ".join(f'b."{mine}"' for mine in key.columns)
    return f"SELECT {columns} FROM {{batch}} b ANTI JOIN {key.to} t ON {pairs} WHERE {present} AND ({key.where})"
