"""Contract -> expectations. Each promise of a table becomes one Great Expectations expectation with a name.

Column promises are GX's own expectations. Keys, foreign keys and rules over rows are queries for the rows that break
them: GX's dialect for DuckDB has no regular expressions and no compound keys. Not here: running them (`audit.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import great_expectations.expectations as gxe

from ..contracts import Column, ForeignKey, Severity, Table


@dataclass(frozen=True)
class Promise:
    """One named expectation; `query` selects the breaking rows where it is a query, `column` where it is a column's.

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
        found += _of_column(column)
    found += [_query(name, sql) for name, sql in _of_key(table, outside)]
    found += [_query(key.rule, _orphans(key)) for key in table.foreign_keys]
    found += [_query(rule.name, rule.sql, rule.severity, is_rule=True) for rule in table.rules]
    return found


def _meta(name: str) -> dict[str, str]:
    # GX returns the results of a suite in an order of its own; this is how a result finds its promise.
    return {"promise": name}


def _of_column(column: Column) -> Iterator[Promise]:
    on = column.name
    if column.required:
        name = f"not_null({on})"
        yield Promise(name, gxe.ExpectColumnValuesToNotBeNull(column=on, meta=_meta(name)), column=column)
    if column.minimum is not None or column.maximum is not None:
        name, low, high = f"in_range({on})", column.minimum, column.maximum
        bounds = gxe.ExpectColumnValuesToBeBetween(column=on, min_value=low, max_value=high, meta=_meta(name))
        yield Promise(name, bounds, column=column)
    if column.values:
        name = f"known_value({on})"
        known = gxe.ExpectColumnValuesToBeInSet(column=on, value_set=list(column.values), meta=_meta(name))
        yield Promise(name, known, column=column)


def _of_key(table: Table, outside: str | None) -> Iterator[tuple[str, str]]:
    columns = ", ".join(f'"{column}"' for column in table.key)
    yield f"key({', '.join(table.key)})", f"SELECT {columns} FROM {{batch}} GROUP BY ALL HAVING count(*) > 1"
    if outside is not None:
        # A slice is replaced: its keys must not stand in the rows that stay.
        stays = f"(SELECT {columns} FROM {table.qualified} WHERE {outside})"
        yield "key_not_stored_elsewhere", f"SELECT {columns} FROM {{batch}} SEMI JOIN {stays} USING ({columns})"


def _orphans(key: ForeignKey) -> str:
    pairs = " AND ".join(f'b."{mine}" = t."{theirs}"' for mine, theirs in zip(key.columns, key.references, strict=True))
    present = " AND ".join(f'b."{mine}" IS NOT NULL' for mine in key.columns)
    columns = ", ".join(f'b."{mine}"' for mine in key.columns)
    return f"SELECT {columns} FROM {{batch}} b ANTI JOIN {key.to} t ON {pairs} WHERE {present} AND ({key.where})"


def _query(name: str, sql: str, severity: Severity = "ERROR", *, is_rule: bool = False) -> Promise:
    expectation = gxe.UnexpectedRowsExpectation(unexpected_rows_query=sql, description=name, meta=_meta(name))
    return Promise(name, expectation, severity, query=sql, is_rule=is_rule)
