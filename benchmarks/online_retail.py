"""UCI Online Retail, 305 daily files, from landing to published: seconds, memory, and who spends them.

    python benchmarks/online_retail.py --data /data/online_retail

The folder (by default online_retail under SHOP_REAL_DATA) holds by-day/*.csv. Each figure is of a fresh process over a
fresh data folder; seconds are from the start of the process to its end, imports included. With --rounds, the quietest
of several; CPU seconds, of all threads, suffer least from neighbours.

whole_year        `shop run` over all files. Claimed: at most 60 s and 1.5 GB.
peer_script       the same steps by `peer_script.py`, with pandas and implicit, without gates and orchestration.
shop_over_peer    the two ratios; `same_counts` says that both came to the same rows and revenue, and to NDCG@10 within
                  .005 (ALS is ours here and implicit there) of those models that both judge. The pipeline does more:
                  it blends six models, and writes lists for visitors, pages and e-mails.
returns_matched   the share of the cancellations whose sale was found: of returns, units and money, and by method.
reconciliation    money of all landed lines, less that of each rule that refuses or drops some, against the net revenue
                  of the pipeline. Claimed: the difference is 0.
one_more_day      `shop run` again after the last file was added to a loaded year. Aimed at: 15 s.
shares            one more run over all files with timers around the parts, and what share each has of its seconds.
                  Aimed at: a third for orchestration and gates.

What counts as what in `shares`: the work is reading, SQL, models, and writing; `gates` is the audit by Great
Expectations, the judgement of rows and the storing of outcomes; `orchestration` is all the rest: imports, finding the
days to load, Dagster's planning and events, plots and lineage for its UI, the interpreter's start and end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from measure import Cost, Stopwatch, best, read_published, report, run_measured, run_shop, scratch_folder
from online_retail_money import reconciliation, returns_matched

SETTINGS = """\
shop: {{timezone: Europe/London, currency: GBP}}
feeds: {{events: {{files: "{files}", format: online_retail}}}}
"""
NDCG_TOLERANCE = 0.005
HERE = Path(__file__).parent
WORK = ("read_and_build", "stage_and_swap", "publish")
ORCHESTRATION = ("imports", "find_days", "plots_and_lineage", "dagster", "interpreter")
COUNTS = """
SELECT (SELECT max(json_extract(outputs, '$."clean.order_lines".rows')) FROM ops.run_manifest)::BIGINT AS order_lines,
    (SELECT max(json_extract(outputs, '$."clean.orders".rows')) FROM ops.run_manifest)::BIGINT AS orders,
    (SELECT max(json_extract(outputs, '$."features.interactions".rows')) FROM ops.run_manifest)::BIGINT AS interactions,
    (SELECT count(*) FROM marts.recommendations) AS recommendations,
    (SELECT round(sum(net_revenue), 2)::DOUBLE FROM marts.sales_daily) AS net_revenue,
    round(max(value) FILTER (model = 'popularity'), 4) AS ndcg_popularity,
    round(max(value) FILTER (model = 'item_neighbours'), 4) AS ndcg_item_neighbours,
    round(max(value) FILTER (model = 'als'), 4) AS ndcg_als,
    round(max(value) FILTER (model = 'hybrid'), 4) AS ndcg_hybrid,
    max(model) FILTER (is_champion) AS champion
FROM marts.model_evaluation WHERE metric = 'ndcg' AND k = 10
"""


def daily_files(folder: Path) -> list[Path]:
    """The files, oldest first. Raises `SystemExit` with what to do where there are none."""
    found = sorted((folder / "by-day").glob("*.csv"))
    if not found:
        raise SystemExit(f"{folder / 'by-day'} holds no .csv files: give --data FOLDER, or set SHOP_REAL_DATA")
    return found


def make_data(parent: Path, name: str, files: str) -> Path:
    """A data folder whose shop.yaml reads `files`."""
    data = parent / name / "data"
    data.mkdir(parents=True)
    (data / "shop.yaml").write_text(SETTINGS.format(files=files), "utf-8")
    return data


def whole_year(folder: Path, scratch: Path) -> tuple[Cost, dict[str, Any], dict[str, Any]]:
    """`shop run` over everything, the counts by which it is compared, and what became of the money."""
    data = make_data(scratch, "whole_year", f"{folder}/by-day/*.csv")
    cost = run_shop(data, "run")
    warehouse = data / "warehouse.duckdb"
    money = {"returns_matched": returns_matched(warehouse), "reconciliation": reconciliation(folder, warehouse)}
    counts = read_published(data, COUNTS)[0]
    return cost, counts | {"units_matched": money["returns_matched"]["all"]["units_matched"]}, money


def peer(folder: Path, scratch: Path) -> tuple[Cost, dict[str, Any]]:
    """The plain script, and its counts."""
    from shop_pipeline.sections import Recommend

    chosen, log = Recommend(), scratch / "peer.log"
    als: dict[str, float] = {"factors": chosen.n_factors, "iterations": chosen.iterations}
    als |= {"regularization": chosen.regularization, "alpha": chosen.alpha}
    command = [sys.executable, str(HERE / "peer_script.py"), "--data", str(folder), "--out", str(scratch / "peer")]
    cost = run_measured([*command, "--als", json.dumps(als)], log)
    return cost, json.loads(log.read_text("utf-8").splitlines()[-1])


def is_same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Equal but for NDCG, which moves with the random start of ALS and with ties in the lists; of models of both."""
    both = [name for name in ours if ours[name] is not None and name in theirs and name != "champion"]
    drift = max(abs(ours[name] - theirs[name]) for name in both if name.startswith("ndcg"))
    return drift <= NDCG_TOLERANCE and all(ours[name] == theirs[name] for name in both if not name.startswith("ndcg"))


def one_more_day(files: list[Path], scratch: Path) -> Cost:
    """All files but the last are loaded; the second run has one more."""
    landing = scratch / "one_more_day" / "landing"
    landing.mkdir(parents=True)
    data = make_data(scratch, "one_more_day", f"{landing}/*.csv")
    for file in files[:-1]:
        (landing / file.name).symlink_to(file)
    run_shop(data, "run")
    (landing / files[-1].name).symlink_to(files[-1])
    return run_shop(data, "run")


def shares(folder: Path, scratch: Path) -> dict[str, Any]:
    """Seconds by part of an instrumented run, and the share of gates and orchestration."""
    data = make_data(scratch, "shares", f"{folder}/by-day/*.csv")
    log = scratch / "shares.log"
    cost = run_measured([sys.executable, str(HERE / "online_retail.py"), "--instrumented", str(data)], log)
    seconds = json.loads(log.read_text("utf-8").splitlines()[-1])
    seconds["interpreter"] = cost.seconds - sum(seconds.values())
    orchestration = sum(seconds[name] for name in ORCHESTRATION)
    return {
        "seconds": {"total": cost.seconds} | {name: seconds[name] for name in (*WORK, "gates", *ORCHESTRATION)},
        "work": sum(seconds[name] for name in WORK) / cost.seconds,
        "gates": seconds["gates"] / cost.seconds,
        "orchestration": orchestration / cost.seconds,
        "orchestration_and_gates": (orchestration + seconds["gates"]) / cost.seconds,
    }


def instrumented(data: Path) -> None:
    """Run the pipeline in this process, and print the seconds of its parts as the last line."""
    watch = Stopwatch()
    with watch.part("imports"):
        os.environ["SHOP_DATA"] = str(data)
        from shop_pipeline.cli.run import Order, run_pipeline
        from shop_pipeline.settings import apply_quiet_environment, find_paths
    apply_quiet_environment(find_paths())
    _watch_gate(watch)
    _watch_assets(watch)
    with watch.part("dagster"):
        status = run_pipeline(find_paths(), Order())
    if status:
        raise SystemExit(status)
    print(json.dumps(watch.seconds))


def _watch_gate(watch: Stopwatch) -> None:
    from shop_pipeline.checks import Auditor, Gate

    watch.watch(Gate, "write", "stage_and_swap")
    watch.watch(Gate, "_stage", "read_and_build")  # the asset's own SQL runs here
    for step in ("_judge", "_store_outcomes"):
        watch.watch(Gate, step, "gates")
    watch.watch(Auditor, "__init__", "gates")
    watch.watch(Auditor, "audit", "gates")


def _watch_assets(watch: Stopwatch) -> None:
    from shop_pipeline.assets import clean, hybrid, marts, models, ops, raw, sessions, sql_files, trade_offs
    from shop_pipeline.cli import run

    for module in (raw, clean, hybrid, models, sessions, trade_offs, marts, ops, sql_files):
        watch.replace(module, "gated_asset", partial(_with_timed_builder, watch))
    watch.watch(sql_files, "column_lineage", "plots_and_lineage")
    watch.watch(ops, "publish", "publish")
    watch.watch(run, "choose_days", "find_days")


def _with_timed_builder(watch: Stopwatch, gated_asset: Callable[..., Any]) -> Callable[..., Any]:
    def made(table: Any, build: Any, deps: Any, *, afterwards: Any = None, **options: Any) -> Any:
        then = watch.timed("plots_and_lineage", afterwards) if afterwards else None
        return gated_asset(table, watch.timed("read_and_build", build), deps, afterwards=then, **options)

    return made


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """All figures, one process after the other; shop and peer take turns."""
    files = daily_files(folder)
    with scratch_folder() as name:
        turns = [Path(name) / str(turn) for turn in range(rounds)]
        years, rivals = zip(*((whole_year(folder, turn), peer(folder, turn)) for turn in turns), strict=True)
        year, rival = (best(cost for cost, *_ in each) for each in (years, rivals))
        ours, theirs = years[0][1], rivals[0][1]
        money = years[0][2]
        return {
            "files": len(files),
            "whole_year": year,
            "peer_script": rival,
            "shop_over_peer": {
                "seconds": year.seconds / rival.seconds,
                "cpu_seconds": year.cpu_seconds / rival.cpu_seconds,
                "peak_gb": year.peak_gb / rival.peak_gb,
            },
            "same_counts": is_same(ours, theirs),
            "counts": {"shop": ours, "peer": theirs},
            **money,
            "one_more_day": best(one_more_day(files, turn) for turn in turns),
            "shares": min((shares(folder, turn) for turn in turns), key=lambda found: found["seconds"]["total"]),
        }


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    real = os.environ.get("SHOP_REAL_DATA")
    parser.add_argument("--data", type=Path, default=Path(real) / "online_retail" if real else None)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--instrumented", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.instrumented:
        instrumented(options.instrumented)
    elif options.data is None:
        parser.error("--data is missing, and SHOP_REAL_DATA is not set")
    else:
        report(measure(options.data.resolve(), options.rounds), as_json=options.json)


if __name__ == "__main__":
    main()
