"""A simulated shop of millions of events, from landing to published: seconds, memory, and the slowest assets.

    python benchmarks/simulated.py --events 5000000

`shop sample` with 180 days; customers and products grow with the events unless they are given (5,000,000 events: 60,240
and 5,000). Making the sample is not counted. Then `shop run` in a fresh process over all nine feeds, imports included.
Claimed for 5,000,000 events: at most 4 minutes and 6 GB.
"""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from measure import read_published, report, run_measured, run_shop, scratch_folder, seconds_by_asset

EVENTS_PER_CUSTOMER, EVENTS_PER_PRODUCT = 83, 1000
SLOWEST = 10
MAKE_SAMPLE = """
import sys
from pathlib import Path
from shop_pipeline.simulate import ShopConfig, write_sample
out, *sizes = sys.argv[1:]
write_sample(ShopConfig(**{name: int(size) for name, size in (each.split("=") for each in sizes)}), Path(out))
"""
ROWS = """
SELECT sum(n_rows)::BIGINT AS event_lines_read, (SELECT count(*) FROM marts.recommendations) AS recommendations
FROM ops.landing_files
"""


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make the sample in one process, run the pipeline in the next, and read what it says of itself."""
    customers = options.customers or max(20, options.events // EVENTS_PER_CUSTOMER)
    products = options.products or max(24, options.events // EVENTS_PER_PRODUCT)
    sizes = {"events": options.events, "days": options.days, "customers": customers, "products": products}
    sizes["seed"] = options.seed
    with scratch_folder() as name:
        data = Path(name) / "data"
        command = [sys.executable, "-c", MAKE_SAMPLE, str(data), *(f"{key}={value}" for key, value in sizes.items())]
        run_measured(command, Path(name) / "sample.log")
        cost = run_shop(data, "run")
        [rows] = read_published(data, ROWS)
        return {
            "sizes": sizes,
            **rows,
            "seconds": cost.seconds,
            "cpu_seconds": cost.cpu_seconds,
            "peak_gb": cost.peak_gb,
            "warehouse_mb": (data / "warehouse.duckdb").stat().st_size / 1e6,
            "published_mb": (data / "shop.duckdb").stat().st_size / 1e6,
            "events_per_second": rows["event_lines_read"] / cost.seconds,
            "slowest_assets_seconds": dict(islice(seconds_by_asset(data).items(), SLOWEST)),
        }


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--customers", type=int, help="default: one for 83 events")
    parser.add_argument("--products", type=int, help="default: one for 1,000 events")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report(measure(options), as_json=options.json)


if __name__ == "__main__":
    main()
