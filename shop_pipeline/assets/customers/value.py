"""Lifetime value: what each customer is worth from now on, and how that compares with what the books say.

Here: `marts.customer_value`, and the assets around it. A group of customers is valued by its model if that has beaten
the naive rule and still holds, else by the naive rule; its tiers are its own. Not here: the judgement
(`value_judgement.py`), the fits (`value_models.py`), what is earned (`value_margin.py`), the books
(`sql/marts/revenue_reconciliation.sql`), the mathematics (`models/value`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ...contracts import TABLES
from ...contracts.purchases import GROUPS
from ...models.value.lifetime_value import rate_per_unit
from ...models.value.tiers import customer_value_score, tiers, yearly_margin
from ..gated import Built, Run, empty, gated_asset
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from ..sql_files import sql_asset
from .value_histories import CUT_FROM, PURCHASES, RFM, read_histories
from .value_judgement import CALIBRATION, READY_AS, build_evaluation
from .value_judgement import NAME as EVALUATION
from .value_margin import DAYS_PER_YEAR, margin_of, money_of
from .value_models import NAME as PARAMETERS
from .value_models import build_parameters, rule_of
from .value_page import calibration_page, reconciliation_page, tiers_page

NAME, RECONCILIATION = "marts.customer_value", "marts.revenue_reconciliation"
LOWEST = "bronze"
SOON_DAYS = 90

WITH_FACTS = f"""
SELECT
    customer_id, customer_group, frequency, recency_days, age_days, monetary_value, net_revenue,
    found_values.* EXCLUDE (customer_id)
FROM found_values JOIN {RFM} USING (customer_id)
"""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The judgement, the fits, the values, and the books beside them."""
    kinds, from_purchases = {"python", "numpy"}, {READINESS, RFM}
    judged_from = from_purchases | {PURCHASES} | CUT_FROM
    return [
        gated_asset(TABLES[EVALUATION], build_evaluation, judged_from, kinds=kinds),
        gated_asset(TABLES[CALIBRATION], _calibration, {EVALUATION}, kinds={"python"}, afterwards=calibration_page),
        gated_asset(TABLES[PARAMETERS], build_parameters, from_purchases | {EVALUATION}, kinds=kinds),
        gated_asset(TABLES[NAME], build_value, from_purchases | {PARAMETERS}, kinds=kinds, afterwards=tiers_page),
        sql_asset(RECONCILIATION, afterwards=reconciliation_page),
    ]


def build_value(run: Run) -> Built:
    """One row per customer of features.rfm."""
    if note := shortfall(run, READY_AS):
        return empty(NAME, {"note": note})
    told: dict[str, Any] = {}
    values = pa.concat_tables([_values_of(run, group, told) for group in GROUPS])
    if not values.num_rows:
        return empty(NAME, {"note": "no known customer has bought anything"})
    run.duck.register("found_values", values)
    return Built(WITH_FACTS, metadata=told)


def _values_of(run: Run, group: str, told: dict[str, Any]) -> pa.Table:
    """Everything about the customers of a group that is not a fact, and what it was told from into `told`."""
    rule, (ids, purchases), margin = rule_of(run, group), read_histories(run, group), margin_of(run, group)
    settings, n = run.session.settings.value, len(purchases)
    weights = {str(name): weight for name, weight in settings.weights.items()}
    given = {"discount_rate": rate_per_unit(settings.discount_rate, DAYS_PER_YEAR), "margin": margin.share}
    low, high = rule.interval(purchases, settings.horizon_days, confidence=settings.interval, **given)
    clv, money = rule.value(purchases, settings.horizon_days, **given), money_of(run, group, margin)
    score = customer_value_score(money.revenue, money.cost, weights.get(group, 1.0))
    if n:
        told |= {group: f"{n:,} by {rule.name}", f"margin_{group}": str(margin)}
    return pa.table(
        {
            "customer_id": ids,
            "margin": np.full(n, margin.share),
            "p_alive": rule.p_alive(purchases),
            "expected_purchases_90d": rule.expected_purchases(purchases, SOON_DAYS),
            "clv": clv,
            "clv_low": low,
            "clv_high": high,
            "clv_yearly_margin": pa.array(yearly_margin(money.revenue, money.cost, money.years), from_pandas=True),
            "cvs": pa.array(score, from_pandas=True),
            "value_tier": pa.array(tiers(clv, settings.tiers, LOWEST), pa.string()),
            "model": pa.array([rule.name] * n, pa.string()),
        }
    )


def _calibration(_: Run) -> Built:
    """The builder of the evaluation has written the rows; this is the asset that carries them and their page."""
    return Built(f"SELECT * FROM {CALIBRATION}")
