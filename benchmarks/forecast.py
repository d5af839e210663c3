"""How good and how fast forecasts are: the back-test, the choice and the forecast of the shop, on files of M4's kind.

    python benchmarks/forecast.py --train Weekly-train.csv --test Weekly-test.csv --season 52 --horizon 13 --json
    python benchmarks/forecast.py --simulate 1000 --season 7 --horizon 28

Files have a header, and then a line per series: its name, and its values from the oldest on; what is short ends in
empty fields. The test file holds the same series, the next values of each. All series end at the same clock.

`mase` divides by the seasonal naive error of the history with --season, `mase_season_1` by the naive one, whatever the
season of the models: both are seen published. Ours is what the shop would publish, the model that the back-test chose
where it beats the seasonal naive one, else that; beside it stands each candidate for itself on the series that it was
tried on, and the naive forecast. Intervals come from the errors of the back-test. Claimed for M4 Weekly: MASE .55 at
most; for 1,000 simulated daily series of two years, 3 minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.forecasting import metrics
from shop_pipeline.models.forecasting.backtest import backtest
from shop_pipeline.models.forecasting.candidates import BASELINE, forecast_many, tried
from shop_pipeline.models.forecasting.error_shape import groups_alike
from shop_pipeline.models.forecasting.forecast import forecast
from shop_pipeline.models.forecasting.intervals import interval_bounds
from shop_pipeline.models.forecasting.panel import Panel
from shop_pipeline.models.forecasting.smoothing import seasonal_naive

LEVELS = (0.8, 0.95)
PERIODS_SIMULATED = 730
Errors: TypeAlias = dict[str, float]


def read_series(path: Path) -> dict[str, list[float]]:
    """Values by name, the oldest first."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))[1:]
    return {line[0]: _values(line) for line in lines if line}


def _values(line: list[str]) -> list[float]:
    """The fields behind the name, without the empty ones at the end."""
    known = [field not in ("", "NA") for field in line[1:]]
    if False in known and True in known[known.index(False) :]:
        raise SystemExit(f"series {line[0]} has an empty field amid its values")
    return [float(field) for field in line[1 : 1 + sum(known)]]


def read_panel(options: argparse.Namespace) -> tuple[Panel, DoubleArray]:
    """The series of the train file, the newest values in the last column, and what came after, (n, H)."""
    train, test = read_series(options.train), read_series(options.test)
    if train.keys() != test.keys():
        raise SystemExit("the files hold different series")
    if any(len(values) < options.horizon for values in test.values()):
        raise SystemExit(f"the test file holds fewer than {options.horizon} values of a series")
    y = np.full((len(train), max(map(len, train.values()))), np.nan)
    for row, values in enumerate(train.values()):
        y[row, y.shape[1] - len(values) :] = values
    came = np.array([test[name][: options.horizon] for name in train])
    return Panel(y, options.season, options.horizon, non_negative=not (y < 0).any()), came


def simulate(options: argparse.Namespace) -> tuple[Panel, DoubleArray]:
    """Daily units of two years: Poisson around a weekly and a yearly pattern, a trend, and a level that wanders."""
    rng = np.random.default_rng(options.seed)
    n, days = options.simulate, np.arange(PERIODS_SIMULATED + options.horizon)
    level = rng.normal(1.5, 1.0, (n, 1)) + rng.normal(0, 0.3, (n, 1)) * days / PERIODS_SIMULATED
    wander = np.cumsum(rng.normal(0, 0.01, (n, len(days))), axis=1)
    weekday = rng.normal(0, 0.3, (n, options.season))[:, days % options.season]
    year = rng.normal(0, 0.3, (n, 1)) * np.sin(2 * np.pi * (days / 365 + rng.random((n, 1))))
    y = rng.poisson(np.exp(level + wander + weekday + year)).astype(np.float64)
    return Panel(y[:, :PERIODS_SIMULATED], options.season, options.horizon), y[:, PERIODS_SIMULATED:]


def errors_of(panel: Panel, came: DoubleArray, y_hat: DoubleArray) -> Errors:
    """The means over the series of which there is a forecast."""
    there = ~np.isnan(y_hat).any(axis=1)
    y, came, y_hat = panel.y[there], came[there], y_hat[there]
    by_series = {
        "mase": metrics.mase(came, y_hat, metrics.naive_scale(y, panel.season)),
        "mase_season_1": metrics.mase(came, y_hat, metrics.naive_scale(y, 1)),
        "smape": metrics.smape(came, y_hat),
    }
    found = {name: mean(values) for name, values in by_series.items()}
    return found | {"wape": metrics.wape(came, y_hat), "n_series": int(there.sum())}


def mean(values: DoubleArray) -> float:
    """Of the series where it is known."""
    return float(values[~np.isnan(values)].mean()) if (~np.isnan(values)).any() else float("nan")


def publish(panel: Panel, options: argparse.Namespace) -> tuple[DoubleArray, dict[str, Any], AnyArray]:
    """What the shop would publish: y_hat (n, H), bounds by level, and the model of each series."""
    dear = np.ones(panel.n_series, bool)
    found = backtest(panel, options.windows, dear, options.seed)
    model = np.where(found.is_published, found.model, BASELINE)
    y_hat = forecast(panel, model, options.seed)
    past = np.where(found.is_published[None, :, None], found.y_hat, found.baseline)
    lowest = 0.0 if panel.non_negative else None
    errors, group = found.actual - past, groups_alike(panel.y)
    # As the shop has it, by all that is known at the clock.
    scale = metrics.naive_scale(panel.y, panel.season)
    scale = np.where(scale > 0, scale, found.scale)
    return y_hat, interval_bounds(y_hat, errors, scale, LEVELS, group, lowest), model


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that is told."""
    panel, came = simulate(options) if options.simulate else read_panel(options)
    began, cpu_began = time.perf_counter(), time.process_time()
    y_hat, bounds, model = publish(panel, options)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    single = forecast_many(panel, tried(panel, np.ones(panel.n_series, bool)), options.seed)
    single["naive"] = seasonal_naive(panel.y, 1, panel.horizon)
    models = {name: errors_of(panel, came, each) for name, each in single.items()}
    covered = {f"coverage_{level:.0%}".rstrip("%"): mean(metrics.coverage(came, *bounds[level])) for level in LEVELS}
    return {
        **errors_of(panel, came, y_hat),
        **covered,
        "season": panel.season,
        "horizon": panel.horizon,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "published": dict(Counter(model).most_common()),
        "baseline": models[BASELINE],
        "naive": models["naive"],
        "models": models,
    }


def show(figures: dict[str, Any]) -> None:
    """A table for people."""
    columns = ("n_series", "mase", "mase_season_1", "smape", "wape")
    print(f"{'':18}" + "".join(f"{name:>15}" for name in columns))
    for name, errors in {"published": figures, **figures["models"]}.items():
        print(f"{name:18}" + "".join(f"{errors[column]:15.4g}" for column in columns))
    print("Published:", ", ".join(f"{name} {count}" for name, count in figures["published"].items()))
    print(f"Intervals: {figures['coverage_80']:.1%} lie within 80 %, {figures['coverage_95']:.1%} within 95 %")
    print(f"{figures['seconds']:.1f} s, {figures['cpu_seconds']:.1f} s of CPU, {figures['peak_gb']:.2f} GB")


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, help="the series as they were known")
    parser.add_argument("--test", type=Path, help="what came after")
    parser.add_argument("--simulate", type=int, default=0, metavar="N", help="draw N daily series instead")
    parser.add_argument("--season", type=int, required=True, help="periods after which a pattern repeats")
    parser.add_argument("--horizon", type=int, required=True, help="periods to forecast")
    parser.add_argument("--windows", type=int, default=5, help="windows of the back-test (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if bool(options.simulate) == bool(options.train and options.test):
        parser.error("either --train and --test, or --simulate")
    return options


def main() -> None:
    """Measure and tell."""
    options = read_options()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)


if __name__ == "__main__":
    main()
