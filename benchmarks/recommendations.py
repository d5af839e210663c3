"""marts.recommendations for a million customers: the asset's own builder and its gate, in bounded memory.

    python benchmarks/recommendations.py --customers 1000000 --products 20000
    python benchmarks/recommendations.py --customers 100000 --json

A shop without structure, made in the warehouse by SQL: nine tenths of the customers have `--entries` products each, a
twentieth of the products is blocked, three countries. ALS and item neighbours are fitted by their assets' builders and
blended half and half. Then seconds of the lists (candidates, diversity, filling, reasons, writing to the staging table)
and of the gate (all rules, and the swap), and the peak memory of the whole process, which may hold 4 GB for DuckDB
(`WarehouseResource.memory_gb`) besides `recommend.memory_gb` for a model.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.recommenders.models import _fitted
from shop_pipeline.assets.recommenders.recommendations import NAME, build_recommendations
from shop_pipeline.assets.session import Session, run_variables
from shop_pipeline.checks import Gate, Part
from shop_pipeline.contracts import TABLES
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.settings import Paths, ShopSettings
from shop_pipeline.storage import open_warehouse, set_variables

AS_OF = datetime(2025, 3, 1)
PARTS = ("als", "item_neighbours")
DEFAULTS = {"VARCHAR": "'x'", "BOOLEAN": "false", "TIMESTAMP": "TIMESTAMP '2025-02-01'", "DATE": "DATE '2025-02-01'"}


def fill(duck: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """Insert the rows of a query; columns that it does not have are filled by their type where they are needed."""
    given = {row[0] for row in duck.execute(f"DESCRIBE {select}").fetchall()}
    columns = [column for column in TABLES[name] if column.required or column.name in given]
    values = (c.name if c.name in given else f"{DEFAULTS.get(c.type, '0')} AS {c.name}" for c in columns)
    names = ", ".join(column.name for column in columns)
    duck.execute(f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM ({select})")


def fill_shop(duck: duckdb.DuckDBPyConnection, n_customers: int, n_products: int, n_entries: int) -> None:
    """Customers c%10 share a tenth of the products, of which the first are taken most."""
    fill(
        duck,
        "clean.customers",
        "SELECT printf('C%09d', i) AS customer_id, TIMESTAMP '2025-01-01' AS first_event_at,"
        f" ['GB', 'FR', 'DE'][1 + i % 3] AS country FROM range({n_customers}) AS t(i)",
    )
    fill(duck, "clean.products", f"SELECT printf('P%07d', i) AS product_id FROM range({n_products}) AS t(i)")
    fill(
        duck,
        "features.product_rules",
        "SELECT product_id, rule IS NULL AS is_shown, rule FROM (SELECT product_id,"
        " CASE WHEN hash(product_id) % 20 = 0 THEN 'blocked' END AS rule FROM clean.products)",
    )
    share = f"(hash(i) % 1000 / 1000.0) ** 2 * {n_products / 10} + c % 10 * {n_products / 10}"
    fill(
        duck,
        "features.interactions",
        "SELECT DISTINCT ON (customer_id, product_id) printf('C%09d', c) AS customer_id,"
        f" printf('P%07d', least({n_products - 1}, floor({share})::INTEGER)) AS product_id,"
        " 1.0 + hash(i + 1) % 5 AS weight, 1 AS n_events, 1 AS n_purchases"
        f" FROM (SELECT i, i // {n_entries} AS c FROM range({n_customers * 9 // 10 * n_entries}) AS t(i))",
    )


@contextmanager
def opened(folder: Path) -> Iterator[Run]:
    """A run over an empty warehouse in the folder, with the default settings."""
    settings, duck = ShopSettings(), open_warehouse(folder / "warehouse.duckdb", memory_gb=4)
    set_variables(duck, run_variables(settings, "run-1") | {"as_of": AS_OF, "is_full": False})
    gate = Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])
    yield Run(Session(duck, gate, Paths(folder), settings, "run-1"), AS_OF, None, {}, logging.getLogger(__name__))
    duck.close()


def measure(options: argparse.Namespace, run: Run) -> dict[str, Any]:
    """Fit, list, write; seconds of each."""
    fill_shop(run.duck, options.customers, options.products, options.entries)
    seconds: dict[str, float] = {}
    for name in PARTS:
        began = time.perf_counter()
        run.session.gate.write(Part(FITTED[name], _fitted(name, run).source))
        seconds[name] = time.perf_counter() - began
        fill(run.duck, "marts.hybrid_weights", f"SELECT '{name}' AS model, 0.5 AS weight")
    fill(run.duck, "models.evaluation", "SELECT 'hybrid' AS model, true AS is_champion")
    began = time.perf_counter()
    built = build_recommendations(run)
    seconds["lists"] = time.perf_counter() - began
    began = time.perf_counter()
    run.session.gate.write(Part(TABLES[NAME], built.source))
    seconds["gate"] = time.perf_counter() - began
    counted = run.duck.execute(f"SELECT count(DISTINCT customer_id), count(*) FROM {NAME}").fetchone() or (0, 0)
    return {"customers": counted[0], "rows": counted[1]} | {f"{name}_seconds": took for name, took in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as run:
        found = measure(options, run)
    found["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps(found) if options.json else "\n".join(f"{name:<28} {value:,.2f}" for name, value in found.items()))


if __name__ == "__main__":
    main()
