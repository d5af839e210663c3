"""What a SQL text reads: tables for the graph, columns for the lineage that the UI shows.

Read from the text by sqlglot, so that the graph can't drift from the SQL. Not here: the texts (`sql_files.py`).
"""

from functools import cache
from typing import Any

import dagster as dg
from sqlglot import exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from ..contracts import TABLES, Table

STAMPS = ("as_of", "run_id")


@cache
def tables_in(sql: str) -> frozenset[str]:
    """The qualified names of the stored tables that `sql` reads; `{batch}` is none."""
    tree = parse_one(sql.replace("{batch}", "batch"), dialect="duckdb")
    return frozenset(f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db)


def checked_against(table: Table) -> frozenset[str]:
    """The tables that the contract of `table` compares it with: they must be built before it."""
    from_rules = (tables_in(rule.sql) for rule in table.rules)
    return frozenset(key.to for key in table.foreign_keys).union(*from_rules)


def _without_rowid(sql: str) -> exp.Expression:
    """The parsed text; DuckDB's number of a row is no column of a contract."""

    def known(node: exp.Expression) -> exp.Expression:
        return exp.Literal.number(0) if isinstance(node, exp.Column) and node.name == "rowid" else node

    return parse_one(sql, dialect="duckdb").transform(known)


@cache
def column_lineage(table: Table, sql: str) -> dg.TableColumnLineage:
    """For each column of `table` the stored columns that `sql` computes it from."""
    tree = qualify(_without_rowid(sql), dialect="duckdb", schema=_schema())
    # All columns at once, without copies of the query: one by one takes more than twice as long.
    nodes = lineage(None, tree, _schema(), scope=build_scope(tree), dialect="duckdb", trim_selects=False, copy=False)
    found = {}
    for column in table.column_names:
        if column not in nodes and column in STAMPS:
            continue
        leaves = {
            (n.expression.db, n.expression.name, n.name.split(".")[-1].strip('"'))
            for n in nodes[column].walk()
            if isinstance(n.expression, exp.Table)
        }
        found[column] = [dg.TableColumnDep(dg.AssetKey([db, name]), source) for db, name, source in sorted(leaves)]
    return dg.TableColumnLineage(found)


@cache
def _schema() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for table in TABLES.values():
        schemas.setdefault(table.schema, {})[table.name] = {c.name: c.type for c in table}
    return schemas
