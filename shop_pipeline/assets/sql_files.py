"""SQL files as assets: a file `sql/<schema>/<table>.sql` fills the table that it is named after.

Dependencies and column lineage come from the text (`lineage.py`). Not here: what happens to the rows (`gated.py`).
"""

from functools import cache
from importlib import resources

import dagster as dg

from ..checks import Part
from ..contracts import TABLES
from .gated import Afterthought, Built, Run, gated_asset
from .lineage import column_lineage, tables_in

# Tables that a text reads as the last run left them: they are built later, and no dependency.
STORED_STATE = {"clean.products": {"clean.events"}}


def sql_asset(
    name: str,
    *,
    partitions: dg.PartitionsDefinition | None = None,
    afterwards: Afterthought | None = None,
    extra_deps: tuple[str, ...] = (),
    companions: tuple[Part, ...] = (),
) -> dg.AssetsDefinition:
    """The asset of the SQL file for the table `name`; `extra_deps` only orders it after tables it does not read.

    `companions` are written with it.
    """
    table, sql = TABLES[name], sql_text(name)

    def build(_: Run) -> Built:
        return Built(sql, companions, metadata={"dagster/column_lineage": column_lineage(table, sql)})

    upstream = (tables_in(sql) - STORED_STATE.get(name, set())) | set(extra_deps)
    return gated_asset(table, build, upstream, kinds={"sql"}, partitions=partitions, afterwards=afterwards)


@cache
def sql_text(name: str) -> str:
    """The text of the SQL file that fills `name` (schema.table)."""
    schema, table = name.split(".")
    return (resources.files("shop_pipeline") / "sql" / schema / f"{table}.sql").read_text("utf-8")
