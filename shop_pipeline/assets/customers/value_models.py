"""Models of lifetime value as a table: what was fitted becomes `models.clv_parameters`, and comes back from it.

Here: `models.clv_parameters`, and the rule by which a group is valued. What was judged is fitted again, the same pair
of models; where that does not hold on everything before the clock, the group has the naive rule. Not here: the fitting
(`models/value`), and which model is published (`value_judgement.py`).
"""

import math
from typing import Any

import pandas as pd

from ...contracts.purchases import GROUPS
from ...contracts.value_judged import NAIVE
from ...models.value.gamma_gamma import GammaGamma, SpendFit
from ...models.value.maximum_likelihood import PurchaseFit
from ...models.value.nbd import Nbd
from ...models.value.past_rate import PastRate
from ...models.value.purchase_model import PurchaseModel
from ...models.value.purchases import Purchases
from ...models.value.spend_by_frequency import GammaGammaByFrequency
from ...models.value.spend_of_known_mean import GammaGammaOfKnownMean
from ...models.value.value_model import PURCHASE_MODELS, ValueModel, fit_value
from ..gated import Built, Run, empty
from ..readiness import shortfall
from .value_histories import read_histories, too_few
from .value_judgement import NAIVE_RULE, READY_AS, Judged, judged_model

NAME = "models.clv_parameters"
KINDS: tuple[type[PurchaseModel], ...] = (*PURCHASE_MODELS, Nbd)
PURCHASES: dict[str, type[Any]] = {kind.name: kind for kind in KINDS}
SPEND: dict[str, type[Any]] = {kind.name: kind for kind in (GammaGamma, GammaGammaByFrequency, GammaGammaOfKnownMean)}
USED = f"""
SELECT
    model, map_from_entries(list((parameter, value))), map_from_entries(list((parameter, standard_error))),
    any_value(log_likelihood), any_value(n_customers), any_value(problem)
FROM {NAME} WHERE customer_group = ? AND is_used GROUP BY model ORDER BY model
"""


def build_parameters(run: Run) -> Built:
    """One row per group, model and parameter, fitted on everything before the clock.

    Of a group that was not judged all models are fitted, for people to see; none of them is used.
    """
    if note := shortfall(run, READY_AS) or shortfall(run, READY_AS, "reduced"):
        return empty(NAME, {"note": note})
    rows: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    for group in GROUPS:
        _, purchases = read_histories(run, group)
        if note := too_few(purchases):
            told[f"note_{group}"] = f"nothing is fitted on {group} customers: {note}"
            continue
        model, is_used, notes = _refitted(purchases, judged_model(run, group))
        told |= {group: model.name} | ({f"note_{group}": "; ".join(notes)} if notes else {})
        rows += _rows(group, model, is_used=is_used)
    if not rows:
        return empty(NAME, told)
    run.duck.register("found_clv_parameters", pd.DataFrame(rows))
    return Built("SELECT * FROM found_clv_parameters", metadata=told)


def rule_of(run: Run, group: str) -> ValueModel | PastRate:
    """The model that is used for a group, as it stands in the table; the naive rule where none is."""
    purchase, spend = None, None
    for name, parameters, errors, *about in run.duck.execute(USED, [group]).fetchall():
        log_likelihood, n_customers, problem = about
        known = {key: math.nan if error is None else error for key, error in errors.items()}
        if name in PURCHASES:
            purchase = PurchaseFit(PURCHASES[name](**parameters), log_likelihood, known, problem, n_customers)
        else:
            model = SPEND[name](**parameters)
            # How spend goes with frequency has no column: it is told where it forbids a model (`problem`).
            spend = SpendFit(model, log_likelihood, known, problem, n_customers, correlation=math.nan)
    if purchase is None or spend is None:
        return NAIVE_RULE
    return ValueModel(purchase, spend, {}, ())


def _refitted(purchases: Purchases, judged: Judged | None) -> tuple[ValueModel, bool, tuple[str, ...]]:
    """The judged pair of models on these histories, whether it is used, and what is to say of it."""
    if judged is None:
        model = fit_value(purchases)
        return model, False, model.notes
    model = fit_value(purchases, only=judged.kinds)
    if judged.has_won and model.problem:
        return model, False, (f"{model.name} has won, but {NAIVE} is used. On all purchases, {model.problem}",)
    return model, judged.has_won, model.notes


def _rows(group: str, model: ValueModel, *, is_used: bool) -> list[dict[str, Any]]:
    return [
        {
            "customer_group": group,
            "model": name,
            "parameter": parameter,
            "value": value,
            "standard_error": _known(fit.standard_errors[parameter]),
            "log_likelihood": fit.log_likelihood,
            "n_customers": fit.n_customers,
            "problem": fit.problem,
            "is_used": is_used and model.is_used(name),
        }
        for name, fit in model.fits.items()
        for parameter, value in fit.model.parameters().items()
    ]


def _known(error: float) -> float | None:
    return None if math.isnan(error) else error
