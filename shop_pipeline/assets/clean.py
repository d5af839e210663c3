"""Stage 2, `clean`: what the rest may trust. One SQL file per table; refused rows stand in `clean.quarantine`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from ..checks import Part
from ..contracts import TABLES
from .gated import Built, Run, gated_asset
from .plots import bars
from .returns import build_returns, matched_shares
from .sql_files import sql_asset

REFUSING = tuple(name for name, table in TABLES.items() if table.row_rules)


# A landing file is done with when its days are clean: one whose days are in raw only comes up again.
LOADED_FILES = Part(
    TABLES["ops.landing_files"],
    """SELECT * REPLACE (is_clean OR first_day IS NULL
        OR (first_day >= getvariable('since') AND last_day <= getvariable('until')) AS is_clean)
    FROM ops.landing_files""",
)


def assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Products first: an event of an unknown product is refused."""
    return [
        sql_asset("clean.products"),
        sql_asset("clean.prices"),
        sql_asset("clean.rates"),
        sql_asset("clean.events", partitions=partitions, companions=(LOADED_FILES,)),
        sql_asset("clean.customers"),
        gated_asset(
            TABLES["clean.returns"],
            build_returns,
            ("clean.events",),
            kinds={"python", "numpy"},
            afterwards=matched_shares,
        ),
        sql_asset("clean.order_lines"),
        sql_asset("clean.orders"),
        sql_asset("clean.sessions"),
        sql_asset("clean.customer_labels"),
        gated_asset(TABLES["clean.quarantine"], _quarantine, REFUSING, kinds={"sql"}, afterwards=_refusals),
    ]


def _quarantine(_: Run) -> Built:
    # The gate has filled it slice by slice, with the tables that refused; here the whole of it passes its contract.
    return Built("SELECT * FROM clean.quarantine")


def _refusals(run: Run) -> dict[str, Any]:
    counted = run.duck.execute(
        "SELECT table_name || ' ' || rule AS rule, count(*) AS rows FROM clean.quarantine GROUP BY ALL ORDER BY 1"
    ).df()
    return {"by_rule": dg.MetadataValue.md(counted.to_markdown(index=False))} | dict(_plot(counted))


def _plot(counted: Any) -> Iterator[tuple[str, Any]]:
    if len(counted):
        yield "plot", bars(counted, "rows", "rule")
