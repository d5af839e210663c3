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


MENDED = """
WITH refused AS (
    SELECT
        rule, "partition" AS day, json_extract_string(row_json, '$.product_id') AS product_id,
        upper(json_extract_string(row_json, '$.currency')) AS currency
    FROM clean.quarantine
    WHERE table_name = 'clean.events'
)
SELECT count(*) FROM refused
WHERE rule = 'unknown_product' AND product_id IN (SELECT product_id FROM clean.products)
   OR rule = 'unknown_currency'
      AND EXISTS (SELECT 1 FROM clean.rates WHERE rates.currency = refused.currency AND valid_from <= day)
"""


def assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Products first: an event of an unknown product is refused."""
    return [
        sql_asset("clean.products"),
        sql_asset("clean.prices"),
        sql_asset("clean.rates"),
        sql_asset("clean.stock"),
        sql_asset("clean.market"),
        sql_asset("clean.events", partitions=partitions, companions=(LOADED_FILES,)),
        sql_asset("clean.customers"),
        sql_asset("clean.tickets"),
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
    return {"by_rule": dg.MetadataValue.md(counted.to_markdown(index=False))} | dict(_plot(counted)) | _advice(run)


def _advice(run: Run) -> dict[str, Any]:
    """Refused events whose product or rate came later: their days are loaded already, and not loaded again for it."""
    counted = run.duck.execute(MENDED).fetchone() or (0,)
    if not counted[0]:
        return {}
    return {
        "advice": f"{counted[0]:,} refused events name a product or currency known by now: `shop run --full` takes them"
    }


def _plot(counted: Any) -> Iterator[tuple[str, Any]]:
    if len(counted):
        yield "plot", bars(counted, "rows", "rule")
