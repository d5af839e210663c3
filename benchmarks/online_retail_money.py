"""What became of the money of UCI Online Retail: how much of the returns was matched, and where every penny is.

Here: the figures that `online_retail.py` prints of a warehouse, the second half counted from the landing files with
DuckDB alone, without any code of the pipeline. Not here: seconds and memory (`online_retail.py`).

    python benchmarks/online_retail_money.py --data /data/online_retail --warehouse /data/or/warehouse.duckdb
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import duckdb
from measure import report

SHARES = """
SELECT
    count(DISTINCT return_event_id) AS n_returns,
    coalesce(sum(quantity) FILTER (method <> 'unmatched'), 0)::BIGINT AS units_matched,
    1 - count(DISTINCT return_event_id) FILTER (method = 'unmatched') / count(DISTINCT return_event_id)
        AS share_of_returns_wholly_matched,
    sum(quantity) FILTER (method <> 'unmatched') / sum(quantity) AS share_of_units_matched,
    sum(amount) FILTER (method <> 'unmatched')::DOUBLE / sum(amount)::DOUBLE AS share_of_money_matched
FROM clean.returns
"""
BY_METHOD = """
SELECT method || coalesce(': ' || reason, '') AS name, count(*) AS parts, sum(quantity)::BIGINT AS units,
    sum(amount)::DOUBLE AS money
FROM clean.returns GROUP BY ALL ORDER BY money DESC
"""
# Copies first: of equal lines one stays. Then what no sale and no cancellation can be.
LANDED = """
CREATE TEMP TABLE landed AS
SELECT
    *, Quantity::DECIMAL(18, 0) * UnitPrice::DECIMAL(18, 4) AS money,
    CASE
        WHEN row_number() OVER (
            PARTITION BY InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
        ) > 1 THEN 'exact_duplicate'
        WHEN Quantity::BIGINT <= 0 AND InvoiceNo NOT LIKE 'C%' THEN 'quantity_not_positive'
        WHEN UnitPrice::DECIMAL(18, 4) < 0 THEN 'negative_price'
    END AS rule
FROM read_csv(?, all_varchar = true, header = true)
"""
REFUSED = """
SELECT rule, count(*) AS rows,
    sum((row_json->>'quantity')::DECIMAL(18, 0) * (row_json->>'unit_price')::DECIMAL(18, 4)) AS money
FROM clean.quarantine GROUP BY rule
"""
COPIES = "SELECT sum(n_failed)::BIGINT FROM marts.data_quality WHERE rule = 'exact_duplicate'"


def _rows(duck: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[dict[str, Any]]:
    found = duck.execute(sql, list(values))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def returns_matched(warehouse: Path) -> dict[str, Any]:
    """Shares of all returns and of those of products, and parts, units and money by method and reason."""
    with duckdb.connect(str(warehouse), read_only=True) as duck:
        methods = {row.pop("name"): row for row in _rows(duck, BY_METHOD)}
        products = _rows(duck, f"{SHARES} WHERE NOT is_service")[0]
        return {"all": _rows(duck, SHARES)[0], "products_without_services": products, "by_method": methods}


def reconciliation(folder: Path, warehouse: Path) -> dict[str, Any]:
    """Money of all landed lines less that of each rule, beside what the pipeline has; differences are exact."""
    with duckdb.connect() as files:
        files.execute(LANDED, [str(folder / "by-day" / "*.csv")])
        landed = _rows(files, "SELECT count(*) AS rows, sum(money) AS money FROM landed")[0]
        sql = "SELECT rule, count(*) AS rows, sum(money) AS money FROM landed WHERE rule NOT NULL GROUP BY 1 ORDER BY 1"
        less = {row.pop("rule"): row for row in _rows(files, sql)}
    with duckdb.connect(str(warehouse), read_only=True) as duck:
        refused = {row.pop("rule"): row for row in _rows(duck, REFUSED)}
        lines = _rows(duck, "SELECT count(*) AS rows, sum(net_amount) AS money FROM clean.order_lines")[0]
        counted = {rule: row["rows"] for rule, row in refused.items()} | {"exact_duplicate": _count(duck, COPIES)}
    expected = {name: landed[name] - sum(row[name] for row in less.values()) for name in ("rows", "money")}
    same = counted == {rule: row["rows"] for rule, row in less.items()}
    same &= all(row["money"] == less.get(rule, {}).get("money") for rule, row in refused.items())
    return {
        "landed": _plain(landed),
        "less": {rule: _plain(row) for rule, row in less.items()},
        "expected_net_revenue": _plain(expected),
        "net_revenue": _plain(lines),
        "difference": _plain({name: lines[name] - expected[name] for name in expected}),
        "every_rule_agrees": same,
    }


def _count(duck: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = duck.execute(sql).fetchone()
    return int(row[0] or 0) if row else 0


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Decimals as floats, for people and for JSON; behind all sums and differences."""
    return {"rows": int(row["rows"]), "money": float(row["money"])}


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds by-day/*.csv")
    parser.add_argument("--warehouse", type=Path, required=True, help="warehouse.duckdb of a run over them")
    options = parser.parse_args()
    figures = {"returns_matched": returns_matched(options.warehouse)}
    report(figures | {"reconciliation": reconciliation(options.data, options.warehouse)}, as_json=False)


if __name__ == "__main__":
    main()
