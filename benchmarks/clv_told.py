"""What `clv` found, as plain figures by name and as a page to read.

Here: names and layout. Not here: any measuring.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from shop_pipeline.models.value.gamma_gamma import SpendFit
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.report import ValueReport
from shop_pipeline.models.value.value_model import LEAST_GAIN, ValueModel

SHOWN = (
    "purchases_expected",
    "purchases_actual",
    "purchases_correlation",
    "purchases_mae",
    "purchases_rmse",
    "revenue_expected",
    "revenue_actual",
    "revenue_ratio",
    "revenue_mae",
    "revenue_rmse",
    "revenue_mse_difference",
    "revenue_spearman",
    "revenue_gini",
    "revenue_top_tenth",
    "revenue_top_tenth_best",
    "revenue_coverage",
)

# What `ValueReport.beats` goes by.
DECIDING = ("revenue_mse_difference", "revenue_ratio")


def tell_fits(model: ValueModel, horizon: float) -> dict[str, dict[str, Any]]:
    """Parameters and the like of every fitted model."""
    told: dict[str, dict[str, Any]] = {}
    newcomer = Purchases(np.zeros(1), np.zeros(1), np.zeros(1), np.full(1, np.nan))
    for name, fitted in model.fits.items():
        told[name] = {
            "parameters": fitted.model.parameters(),
            "standard_errors": fitted.standard_errors,
            "log_likelihood": fitted.log_likelihood,
            "n_customers": fitted.n_customers,
            "problem": fitted.problem,
            "is_used": model.is_used(name),
        }
        if isinstance(fitted, SpendFit):
            has_mean = fitted.model.q > 1
            told[name]["mean_spend"] = fitted.model.expected_spend(newcomer)[0] if has_mean else None
            told[name]["correlation_with_frequency"] = fitted.correlation
        else:
            told[name]["twice_log_likelihood_over_nbd"] = twice_over_nbd(model, name)
            told[name]["expected_purchases_of_a_newcomer"] = fitted.model.expected_purchases(newcomer, horizon)[0]
    return told


def twice_over_nbd(model: ValueModel, name: str) -> float | None:
    """Twice what drop-out adds to the log-likelihood, which is to be more than chance adds; None of NBD itself."""
    staying = model.fits[Nbd.name]
    return None if name == Nbd.name else 2 * (model.fits[name].log_likelihood - staying.log_likelihood)


def tell_report(report: ValueReport) -> dict[str, Any]:
    """Hold-out figures by model and group of customers, their intervals, the deciles, and who beats the naive rule."""
    holdout: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for score in report.scores:
        holdout.setdefault(score.model, {}).setdefault(score.customers, {})[score.metric] = score.value
        intervals.setdefault(score.model, {}).setdefault(score.customers, {})[score.metric] = [score.low, score.high]
    deciles: dict[str, Any] = {model: [] for model in holdout}
    for decile in report.deciles:
        row = asdict(decile)
        deciles[row.pop("model")].append(row)
    beats = {model: report.beats(model) for model in holdout}
    return {
        "holdout": holdout,
        "intervals": intervals,
        "deciles": deciles,
        "decided_by": list(DECIDING),
        "beats_past_rate": beats,
    }


def known(value: Any) -> Any:
    """JSON has no NaN: what is not known is null."""
    if isinstance(value, Mapping):
        return {key: known(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [known(each) for each in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value


def show(figures: Mapping[str, Any]) -> None:
    """The figures as a page to read; JSON has more."""
    print(
        f"{figures['n_customers']:,} customers, {figures['n_repeat_customers']:,} with a repeat purchase, up to "
        f"{figures['calibration_end']}; held out {figures['horizon']:g} {figures['unit']} to {figures['holdout_end']}"
    )
    print(f"used: {figures['model']}")
    for note in figures["notes"]:
        print(f"  {note}")
    for name, told in figures["models"].items():
        errors = told["standard_errors"]
        values = (f"{key} {value:.5g} ({shown(errors[key])})" for key, value in told["parameters"].items())
        seconds = figures["seconds"]["fitting"][name]
        print(f"{name:<26} log-likelihood {told['log_likelihood']:,.4f}  {seconds:.2f} s  {', '.join(values)}")
    models = figures["holdout"]
    show_decision(figures)
    for customers in models["past_rate"]:
        print(f"\n{customers:<26}" + "".join(f"{model.split('+')[0]:>16}" for model in models))
        for metric in SHOWN:
            row = (shown(groups[customers].get(metric)) for groups in models.values())
            print(f"{metric:<26}" + "".join(f"{value:>16}" for value in row))
    used = figures["model"]
    print(f"\n{used + ' by decile':<34}{'customers':>12}{'purchases':>22}{'revenue':>28}")
    for row in figures["deciles"][used]:
        purchases = f"{row['expected_purchases']:,.1f} / {row['actual_purchases']:,.0f}"
        revenue = f"{row['expected_revenue']:,.0f} / {row['actual_revenue']:,.0f}"
        print(f"{row['decile']:<34}{row['n_customers']:>12,}{purchases:>22}{revenue:>28}")
    print(f"\nseconds {figures['seconds']['in_all']:.1f}, of CPU {figures['seconds']['cpu_in_all']:.1f}")
    for name, told in (figures["lifetimes"] or {}).items():
        if name != "version":
            least = "at least " if told["is_at_least"] else ""
            ratio = f"{least}{told['seconds_over_ours']:.1f} x ours" if told["seconds_over_ours"] else ""
            print(f"lifetimes {name:<14}{told['status']:>12}{shown(told['seconds']):>12} s  {ratio}")


def show_decision(figures: Mapping[str, Any]) -> None:
    """What each model gains over NBD, whether it beats the naive rule, and the figures by which both are decided."""
    print(f"\ndrop-out counts if twice its gain in log-likelihood over nbd is above {LEAST_GAIN:.2f}")
    for model, beats in figures["beats_past_rate"].items():
        name = model.split("+")[0]
        if name in figures["models"]:
            gain = shown(figures["models"][name]["twice_log_likelihood_over_nbd"])
            scores, ends = (figures[part][model]["all"] for part in ("holdout", "intervals"))
            reasons = (f"{each} {shown(scores.get(each))} ({span(ends.get(each))})" for each in DECIDING)
            does = "beats" if beats else "does not beat"
            print(f"{name:<26} gain {gain:>12}; {does} past_rate by {', '.join(reasons)}")


def span(ends: Sequence[float | None] | None) -> str:
    return " to ".join(shown(end) for end in ends) if ends else "-"


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4f}"
