"""Landing files to clean.events, gates and quarantine included, beside DuckDB's own COPY of the same files.

    python benchmarks/landing.py --events 5000000

Makes the event files of the sample shop (with their dirt) as CSV, and the same rows as one Parquet file. For each kind
and in a process of its own: COPY into a bare table with the columns of the file; and everything that the assets do from
the listing of the files to clean.events (hashing, inspection, reading, gates, quarantine, products; not Dagster, whose
price does not grow with the rows). Both are measured `--rounds` times in turn; the ratio is of the quietest rounds.
Claimed: at most 4 times the COPY. `--memory-gb` limits DuckDB in the landing, to see it work with files larger than it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from measure import report, run_measured, scratch_folder

KINDS = ("csv", "parquet")
TYPES = {"event_at": "TIMESTAMP", "quantity": "BIGINT", "unit_price": "DECIMAL(18,4)", "rating": "DOUBLE"}
CLEAN = ("clean.products", "clean.prices", "clean.rates", "clean.events")


def make(data: Path, events: int) -> None:
    """The sample shop, and its readable events as Parquet."""
    import duckdb

    from shop_pipeline.simulate import ShopConfig, write_sample

    write_sample(ShopConfig(events=events), data)
    typed = ", ".join(f"TRY_CAST({name} AS {type_}) AS {name}" for name, type_ in TYPES.items())
    rows = f"read_csv('{source(data, 'csv')}', all_varchar = true, ignore_errors = true)"
    duckdb.execute(
        f"COPY (SELECT * REPLACE ({typed}) FROM {rows} WHERE TRY_CAST(event_at AS TIMESTAMP) IS NOT NULL)"
        f" TO '{source(data, 'parquet')}' (FORMAT parquet)"
    )


def source(data: Path, kind: str) -> str:
    """The files of a kind, as a pattern."""
    return str(data / "landing/events/*.csv" if kind == "csv" else data / "events.parquet")


def copy(data: Path, kind: str, database: Path) -> float:
    """Seconds of DuckDB's COPY into a bare table; lines that it can't read are left out."""
    import duckdb

    duck = duckdb.connect(str(database))
    files = source(data, kind)
    first = sorted(data.glob("landing/events/*.csv"))[0]
    names = first.read_text("utf-8").splitlines()[0].split(",")
    columns = ", ".join(f"{name} {TYPES.get(name, 'VARCHAR')}" for name in names)
    duck.execute(f"CREATE TABLE bare ({columns})")
    began = time.perf_counter()
    duck.execute(f"COPY bare FROM '{files}' ({'HEADER, IGNORE_ERRORS' if kind == 'csv' else 'FORMAT parquet'})")
    return time.perf_counter() - began


def land(data: Path, kind: str, database: Path, memory_gb: float) -> float:
    """Seconds of what the assets do with the same files."""
    from shop_pipeline.assets.gated import Run, part_of
    from shop_pipeline.assets.raw import build_events, builder_of
    from shop_pipeline.assets.session import Session, run_variables
    from shop_pipeline.assets.sql_files import sql_text
    from shop_pipeline.checks import Gate, Part
    from shop_pipeline.contracts import FEEDS, TABLES
    from shop_pipeline.settings import Feed, Paths, load_settings
    from shop_pipeline.storage import drop_scratch, open_warehouse, set_variables

    paths = Paths(data)
    settings = load_settings(paths.shop_yaml)
    settings = settings.model_copy(update={"feeds": settings.feeds | {"events": Feed(files=source(data, kind))}})
    duck = open_warehouse(database, memory_gb=memory_gb)
    now = datetime.now()
    days = (settings.shop.first_day, now.date())
    span = {"since": days[0], "until": days[1], "as_of": now}
    set_variables(duck, run_variables(settings, "landing") | span)
    gate = Gate(duck, "landing", TABLES["clean.quarantine"], TABLES["ops.check_results"])
    run = Run(Session(duck, gate, paths, settings, "landing"), now, days, {}, logging.getLogger("landing"))
    began = time.perf_counter()
    whole = replace(run, days=None)
    for feed, each, build in (("events", run, build_events), ("products", whole, builder_of(FEEDS["products"]))):
        built = build(each)
        gate.write(part_of(FEEDS[feed], built, each), *built.companions)
        drop_scratch(duck)
    for name in CLEAN:
        gate.write(Part(TABLES[name], sql_text(name)))
        drop_scratch(duck)
    seconds = time.perf_counter() - began
    logging.warning("rows %s", duck.execute("SELECT count(*) FROM clean.events").fetchall())
    return seconds


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Each step in a process of its own, in turn; the quietest round of each."""
    with scratch_folder() as name:
        folder = Path(name)

        def step(what: str, kind: str) -> dict[str, float]:
            database, log = folder / "bench.duckdb", folder / "step.log"
            database.unlink(missing_ok=True)
            sizes = ["--events", str(options.events), "--memory-gb", str(options.memory_gb)]
            command = [sys.executable, __file__, "--step", what, kind, name, *sizes]
            cost = run_measured(command, log)
            found = float(log.read_text("utf-8").split("seconds ")[-1].split()[0]) if what != "make" else 0.0
            return {"seconds": found, "peak_gb": cost.peak_gb}

        step("make", "csv")
        rounds = {(what, kind): [] for kind in KINDS for what in ("copy", "land")}
        for _ in range(options.rounds):
            for (what, kind), costs in rounds.items():
                costs.append(step(what, kind))
        quietest = {key: min(costs, key=lambda cost: cost["seconds"]) for key, costs in rounds.items()}
    return {
        "events": options.events,
        "memory_gb": options.memory_gb,
        **{
            kind: {
                "copy_seconds": quietest["copy", kind]["seconds"],
                "landing_seconds": quietest["land", kind]["seconds"],
                "ratio": quietest["land", kind]["seconds"] / quietest["copy", kind]["seconds"],
                "landing_peak_gb": quietest["land", kind]["peak_gb"],
            }
            for kind in KINDS
        },
    }


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-gb", type=float, default=4.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step is None:
        report(measure(options), as_json=options.json)
        return
    what, kind, name = options.step
    data, database = Path(name) / "data", Path(name) / "bench.duckdb"
    if what == "make":
        make(data, options.events)
    else:
        arguments = (data, kind, database)
        print("seconds", copy(*arguments) if what == "copy" else land(*arguments, options.memory_gb))


if __name__ == "__main__":
    main()
