"""The package `lifetimes` on the same customers: what it finds and how long it takes.

Here: its calls, each in a child with a deadline. Not here: our own models (`clv`).
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from children import Answer, call_in_child

from shop_pipeline.models.value.gamma_gamma import SpendFit
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.value_model import Fit

FITTERS = {
    "bg_nbd": "BetaGeoFitter",
    "mbg_nbd": "ModifiedBetaGeoFitter",
    "pareto_nbd": "ParetoNBDFitter",
    "gamma_gamma": "GammaGammaFitter",
}


@dataclass(frozen=True)
class Task:
    """What both are given."""

    days: pd.DataFrame
    """customer, day, amount: days with a purchase up to `end`."""
    end: np.datetime64
    days_per_unit: float
    purchases: Purchases
    """In the unit of time that was asked for."""
    horizon: float
    rounds: int


def compare(
    task: Task, fits: Mapping[str, Fit], ours: Mapping[str, Mapping[str, float]], deadline: float
) -> dict[str, Any] | None:
    """Seconds of `lifetimes` for counting, fits and predictions, and over ours; None where it is not installed.

    Args:
        fits: ours, by the name of the model.
        ours: our seconds, under "counting", "fitting" and "predicting" by model.
        deadline: seconds that each of its calls may take.
    """
    if find_spec("lifetimes") is None:
        return None
    found: dict[str, Any] = {"version": version("lifetimes")}
    answer = call_in_child(lambda: {"seconds": quietest(lambda: count(task), task.rounds)[1]}, deadline)
    found["counting"] = beside(answer, ours["counting"]["histories"])
    for name in FITTERS:
        answer = call_in_child(lambda name=name: fit_theirs(name, task), deadline)
        found[name] = beside(answer, ours["fitting"][name])
        if answer.value:
            found[name]["log_likelihood"] = likelihood(fits[name], answer.value["parameters"], task.purchases)
        if answer.value and name in ours["predicting"]:
            ratio = answer.value["predicting_seconds"] / ours["predicting"][name]
            found[name]["predicting_seconds_over_ours"] = ratio
    return found


def beside(answer: Answer, ours: float) -> dict[str, Any]:
    """What a child told, and its seconds over ours; of one that was ended at its deadline, the least they can be."""
    told = {"status": answer.status, "seconds": None, **(answer.value or {})}
    seconds = answer.seconds if answer.status == "out_of_time" else told["seconds"]
    return told | {"seconds_over_ours": seconds and seconds / ours, "is_at_least": answer.status == "out_of_time"}


def count(task: Task) -> pd.DataFrame:
    from lifetimes.utils import summary_data_from_transaction_data

    return summary_data_from_transaction_data(
        task.days, "customer", "day", "amount", observation_period_end=task.end, freq_multiplier=task.days_per_unit
    )


def fit_theirs(name: str, task: Task) -> dict[str, Any]:
    """Fit, and predict, in this process."""
    import lifetimes

    histories = (task.purchases.frequency, task.purchases.recency, task.purchases.age)
    repeat = task.purchases.frequency > 0
    given = (histories[0][repeat], task.purchases.spend[repeat]) if name == "gamma_gamma" else histories
    # It prints when it does not converge, and warns of logarithms of 0 on the way.
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, seconds = quietest(lambda: getattr(lifetimes, FITTERS[name])().fit(*given), task.rounds)
        expected, predicting = None, None
        if name != "gamma_gamma":
            predict = model.conditional_expected_number_of_purchases_up_to_time
            numbers, predicting = quietest(lambda: predict(task.horizon, *histories), task.rounds)
            expected = float(np.sum(numbers))
    parameters = {key: float(value) for key, value in model.params_.items()}
    return {
        "seconds": seconds,
        "parameters": parameters,
        "expected_purchases": expected,
        "predicting_seconds": predicting,
    }


def likelihood(ours: Fit, parameters: Mapping[str, float], purchases: Purchases) -> float | None:
    """Our log-likelihood at their parameters, as theirs is of another scale; None of spend and of impossible ones."""
    if isinstance(ours, SpendFit) or not all(0 < value < math.inf for value in parameters.values()):
        return None
    return float(type(ours.model)(**parameters).log_likelihood(purchases))


def quietest(work: Callable[[], Any], rounds: int) -> tuple[Any, float]:
    """The answer, and the seconds of the quickest of some rounds."""
    best, answer = math.inf, None
    for _ in range(rounds):
        began = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - began)
    return answer, best
