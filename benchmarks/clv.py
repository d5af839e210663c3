"""What customers will still buy, and what that is worth: fit, hold-out and speed, on any file of transactions.

    python benchmarks/clv.py --transactions orders.csv --customer customer_id --date ordered_at --amount total \
        --calibration-end 2024-09-30 --unit weeks --json
    python benchmarks/clv.py --transactions CDNOW_sample.txt --customer 1 --date 3 --amount 5 \
        --calibration-end 1997-09-30 --unit weeks
    python benchmarks/clv.py --simulate 1000000 --peer-seconds 0

Transactions are a file, a folder of files or a pattern: Parquet, or text with commas, semicolons, tabs, bars or spaces,
plain or gzipped. A COLUMN is a name of the header or a number counted from 1, so that files without a header can be
read; an amount may be a product, as in Quantity*UnitPrice. Dates are ISO, 19970131, or month before day.

Histories end with the calibration; what follows, up to the last day of the file or --holdout-end, is held out. The
lines of one customer and day are one purchase; days whose amounts add up to less than 0 are none. Parameters, their
standard errors and the log-likelihood are in the unit of time that was asked for. Beside the models stands the naive
rule, `past_rate`; intervals are 95 % over resampled customers, and the interval of each customer's revenue, whose
coverage is told, is to hold 80 %. Squared error and the sum of the revenue decide who beats the naive rule.

NBD, in which nobody leaves, is fitted as a yardstick: a model with drop-out has to be likelier than that by more than
chance. Only where none is, NBD is used, and judged beside the others.

Where the package `lifetimes` is installed (the extra `bench`), its fits are timed in the same run, each in a child of
its own that is ended after --peer-seconds; 0 leaves it out.

--simulate draws customers of BG/NBD and Gamma-Gamma with the published parameters of CDNOW, 39 weeks of history and 39
held out; as two purchases of one day are one, the parameters come out up to 4 % beside the true ones. Claimed for
1,000,000: counting, all fits, values, intervals and the report in less than 60 s (23 s of CPU).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from clv_peer import Task, compare, quietest
from clv_told import known, show, tell_fits, tell_report
from transactions import TRUTH, Lines, read_lines, simulated_days, simulated_lines, split

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value import value_model
from shop_pipeline.models.value.maximum_likelihood import PurchaseFit
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.report import judge_value
from shop_pipeline.models.value.value_model import Fit, ValueModel

DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12}


def fit_timed(purchases: Purchases, rounds: int) -> tuple[ValueModel, dict[str, float]]:
    """`fit_value`, and the seconds of each fit in it: those of its quietest round."""
    seconds: dict[str, float] = {}

    def timed(fit: Callable[..., Fit]) -> Callable[..., Fit]:
        def run(*arguments: Any) -> Fit:
            found, took = quietest(lambda: fit(*arguments), 1)
            name = found.model.name
            seconds[name] = min(seconds.get(name, took), took)
            return found

        return run

    value_model.fit = timed(value_model.fit)
    value_model.SPEND_MODELS = tuple(map(timed, value_model.SPEND_MODELS))
    for _ in range(rounds):
        model = value_model.fit_value(purchases)
    return model, seconds


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything but the peer, then the peer."""
    began, cpu_began = time.perf_counter(), time.process_time()
    lines, end, last, making = read(options)
    data, counting = quietest(lambda: split(lines, end, last), 1)
    unit = DAYS_PER_UNIT[options.unit]
    purchases, horizon = rounded(data.calibration.per(unit), options.decimals), data.horizon / unit
    model, fitting = fit_timed(purchases, options.rounds)
    rivals = rivals_of(model)
    predicting = {
        each.purchase.model.name: quietest(
            lambda each=each: each.expected_purchases(purchases, horizon), options.rounds
        )[1]
        for each in rivals
    }
    outcome = data.outcome
    report, judging = quietest(
        lambda: judge_value(
            rivals, purchases, outcome.purchases, outcome.revenue, horizon, np.random.default_rng(options.seed)
        ),
        1,
    )
    figures: dict[str, Any] = {
        "lifetimes": None,
        "n_lines": len(lines.day),
        "n_lines_left_out": lines.n_left_out,
        "n_customers": len(purchases),
        "n_repeat_customers": int((purchases.frequency > 0).sum()),
        "calibration_end": str(end),
        "holdout_end": str(last),
        "unit": options.unit,
        "horizon": horizon,
        "model": model.name,
        "notes": list(model.notes),
        "models": tell_fits(model, horizon),
        **tell_report(report),
        "seconds": {
            "making_or_reading": making,
            "counting": counting,
            "fitting": fitting,
            "predicting": predicting,
            "judging": judging,
            "in_all": time.perf_counter() - began,
            "cpu_in_all": time.process_time() - cpu_began,
        },
    }
    if options.simulate:
        figures["truth"] = TRUTH
    if options.peer_seconds:
        task = Task(data.days, end, unit, purchases, horizon, options.rounds)
        figures["lifetimes"] = beside_peer(task, model, fitting, predicting, options.peer_seconds)
    return figures


def rivals_of(model: ValueModel) -> list[ValueModel]:
    """The model with each purchase model that was fitted; NBD is a mere yardstick of drop-out unless it is used."""
    fits = [each for each in model.fits.values() if isinstance(each, PurchaseFit)]
    return [replace(model, purchase=each) for each in fits if each.model.name != Nbd.name or each is model.purchase]


def beside_peer(
    task: Task, model: ValueModel, fitting: dict[str, float], predicting: dict[str, float], deadline: float
) -> dict[str, Any] | None:
    """The peer against our seconds; None where it is not installed."""
    histories = quietest(lambda: count_ours(task), task.rounds)[1]
    ours = {"counting": {"histories": histories}, "fitting": fitting, "predicting": predicting}
    return compare(task, model.fits, ours, deadline)


def read(options: argparse.Namespace) -> tuple[Lines, np.datetime64, np.datetime64, float]:
    """The lines, the last day of the histories, the last day that is held out, and the seconds that took."""
    if options.simulate:
        lines, seconds = quietest(lambda: simulated_lines(options.simulate, np.random.default_rng(options.seed)), 1)
        return lines, *simulated_days(), seconds
    columns = (options.customer, options.date, options.amount)
    lines, seconds = quietest(lambda: read_lines(options.transactions, columns), 1)
    end = day_of(options.calibration_end)
    last = day_of(options.holdout_end) if options.holdout_end else lines.day.max()
    if not lines.day.min() <= end < last:
        raise ValueError(f"the calibration ends on {end}, which is not within {lines.day.min()} and {last}")
    return lines, end, last, seconds


def day_of(text: str) -> np.datetime64:
    return pd.Timestamp(text).to_datetime64().astype("datetime64[D]")


def rounded(purchases: Purchases, decimals: int | None) -> Purchases:
    """As published summaries are: half up, where float64 may have a half as a little less."""
    if decimals is None:
        return purchases
    unit = 10.0**decimals

    def half_up(values: DoubleArray) -> DoubleArray:
        return np.floor(np.round(values * unit, 6) + 0.5) / unit

    times_and_spend = (purchases.recency, purchases.age, purchases.spend)
    return Purchases(purchases.frequency, *(half_up(each) for each in times_and_spend))


def count_ours(task: Task) -> Any:
    """What the peer is asked to count, by our own function."""
    days = task.days
    day = days["day"].to_numpy("datetime64[D]")
    return Purchases.from_days(days["customer"].to_numpy(), day, days["amount"].to_numpy(), task.end)


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--transactions", metavar="FILE", help="file, folder or pattern")
    source.add_argument("--simulate", metavar="N", type=int, help="draw so many customers instead")
    for name in ("customer", "date", "amount"):
        parser.add_argument(f"--{name}", metavar="COLUMN")
    parser.add_argument("--calibration-end", metavar="DATE", help="the last day of the histories")
    parser.add_argument("--holdout-end", metavar="DATE", help="the last day that is held out (default: of the file)")
    parser.add_argument("--unit", choices=tuple(DAYS_PER_UNIT), default="weeks")
    parser.add_argument("--decimals", type=int, help="round times and spends, as published summaries are (CDNOW: 2)")
    parser.add_argument("--rounds", type=int, default=1, help="fit so often, and tell the seconds of the quickest")
    parser.add_argument("--peer-seconds", type=float, default=30.0, help="deadline of each fit of lifetimes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.transactions:
        missing = [each for each in ("customer", "date", "amount", "calibration_end") if getattr(options, each) is None]
        if missing:
            parser.error("needed with --transactions: " + ", ".join(f"--{each.replace('_', '-')}" for each in missing))
    try:
        figures = known(measure(options))
    except ValueError as problem:
        raise SystemExit(str(problem)) from problem
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
