"""Contract -> expectations. Each promise of a table becomes one Great Expectations expectation with a name.

But for the columns themselves they are queries for the rows that break them (`UnexpectedRowsExpectation`): GX's dialect
for DuckDB has no compound keys, foreign keys or regular expressions; a query costs 3 ms where a column expectation of
GX costs 7; and its sample names the broken rows by their key. Not here: running them (`audit.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import great_expectations.expectations as gxe

from ..contracts import Column, ForeignKey, Severity, Table


class NoUnexpectedRows(gxe.UnexpectedRowsExpectation):  # type: ignore[misc]
    """The same expectation without the rows: GX asks each query twice, once for the count and once for a sample.

    The sample is `audit.py`'s, of broken promises only and without personal data.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        n_rows = metrics["unexpected_rows_query.row_count"]
        return {"success": n_rows == 0, "result": {"observed_value": n_rows}}


@dataclass(frozen=True)
class Promise:
    """One named expectation; `query` selects the rows that break it, `column` is set where it is one column's.

    `is_rule` marks the rules that span rows and are shown by their own name; the others count as the contract.
    """

    name: str
    expectation: Any
    severity: Severity = "ERROR"
    query: str | None = None
    column: Column | None = None
    is_rule: bool = False


def promises(table: Table, outside: str | None = None) -> list[Promise]:
    """All promises of a table; `outside` is the predicate of the stored rows that stay beside the staged ones."""
    columns = gxe.ExpectTableColumnsToMatchOrderedList(column_list=list(table.column_names), meta=_meta("columns"))
    found = [Promise("columns", columns)]
    for column in table:
        found += _of_column(table, column)
    found += [_query(name, sql) for name, sql in _of_key(table, outside)]
    found += [_query(key.rule, _orphans(key)) for key in table.foreign_keys]
    found += [_query(rule.name, rule.sql, rule.severity, is_rule=True) for rule in table.rules]
    return found


def _meta(name: str) -> dict[str, str]:
    # GX returns the results of a suite in an order of its own; this is how a result finds its promise.
    return {"promise": name}


def _of_column(table: Table, column: Column) -> Iterator[Promise]:
    shown = ", ".join(f'"{name}"' for name in dict.fromkeys((*table.key, column.name)))
    for name, broken in _breaches(column):
        yield _query(name, f"SELECT {shown} FROM {{batch}} WHERE {broken}", column=column)


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


def _of_key(table: Table, outside: str | None) -> Iterator[tuple[str, str]]:
    columns = ", ".join(f'"{column}"' for column in table.key)
    # Only rows whose hash is there twice are compared: a third of the time of the columns themselves.
    suspects = f"SELECT hash({columns}) FROM {{batch}} GROUP BY ALL HAVING count(*) > 1"
    repeated = f"SELECT {columns} FROM {{batch}} WHERE hash({columns}) IN ({suspects}) GROUP BY ALL HAVING count(*) > 1"
    yield f"key({', '.join(table.key)})", repeated
    if outside is not None:
        # A slice is replaced: its keys must not stand in the rows that stay.
        stays = f"(SELECT {columns} FROM {table.qualified} WHERE {outside})"
        yield "key_not_stored_elsewhere", f"SELECT {columns} FROM {{batch}} SEMI JOIN {stays} USING ({columns})"


def _orphans(key: ForeignKey) -> str:
    pairs = " AND ".join(f'b."{mine}" = t."{theirs}"' for mine, theirs in zip(key.columns, key.references, strict=True))
    present = " AND ".join(f'b."{mine}" IS NOT NULL' for mine in key.columns)
    columns = ", ".join(f'b."{mine}"' for mine in key.columns)
    return f"SELECT {columns} FROM {{batch}} b ANTI JOIN {key.to} t ON {pairs} WHERE {present} AND ({key.where})"


def _query(
    name: str, sql: str, severity: Severity = "ERROR", *, column: Column | None = None, is_rule: bool = False
) -> Promise:
    expectation = NoUnexpectedRows(unexpected_rows_query=sql, description=name, meta=_meta(name))
    return Promise(name, expectation, severity, query=sql, column=column, is_rule=is_rule)
