"""SQL files as assets: dependencies and column lineage are read from the text, so they can't drift from it.

A file `sql/<schema>/<table>.sql` fills the table that it is named after. Not here: the files, and what happens to their
rows (`gated.py`).
"""

from functools import cache
from importlib import resources
from typing import Any

import dagster as dg
from sqlglot import exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from ..contracts import TABLES, Table
from .gated import Afterthought, Built, Run, gated_asset

STAMPS = ("as_of", "run_id")


def sql_asset(
    name: str,
    *,
    partitions: dg.PartitionsDefinition | None = None,
    afterwards: Afterthought | None = None,
    extra_deps: tuple[str, ...] = (),
) -> dg.AssetsDefinition:
    """The asset of the SQL file for the table `name`; `extra_deps` only orders it after tables it does not read."""
    table = TABLES[name]

    def build(_: Run) -> Built:
        return Built(sql_text(name), metadata={"dagster/column_lineage": column_lineage(table)})

    # ops tables are the gate's own; they are no assets that one could depend on.
    upstream = {found for found in upstream_tables(name) if not found.startswith("ops.")} | set(extra_deps)
    return gated_asset(table, build, upstream, kinds={"sql"}, partitions=partitions, afterwards=afterwards)


@cache
def sql_text(name: str) -> str:
    """The text of the SQL file that fills `name` (schema.table)."""
    schema, table = name.split(".")
    return (resources.files("shop_pipeline") / "sql" / schema / f"{table}.sql").read_text("utf-8")


def upstream_tables(name: str) -> set[str]:
    """The qualified names of the tables that the SQL file of `name` reads."""
    tree = parse_one(sql_text(name), dialect="duckdb")
    return {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}


@cache
def column_lineage(table: Table) -> dg.TableColumnLineage:
    """For each column of `table` the stored columns that its SQL computes it from."""
    tree = qualify(parse_one(sql_text(table.qualified), dialect="duckdb"), dialect="duckdb", schema=_schema())
    scope = build_scope(tree)
    found = {}
    for column in table.column_names:
        if column in STAMPS and column not in tree.named_selects:
            continue
        node = lineage(column, tree, _schema(), scope=scope, dialect="duckdb")
        leaves = {
            (n.expression.db, n.expression.name, n.name.split(".")[-1].strip('"'))
            for n in node.walk()
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
