"""Lifetime value: what each customer is worth from now on, and how that compares with what the books say.

Here: `marts.customer_value`, and the assets around it. A group of customers is valued by its model if that has beaten
the naive rule, else by the naive rule. Not here: the judgement (`value_judgement.py`), the fits (`value_models.py`),
the books (`sql/marts/revenue_reconciliation.sql`), the mathematics (`models/value`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ..contracts import TABLES
from ..contracts.purchases import GROUPS
from ..models.value.lifetime_value import rate_per_unit
from ..models.value.tiers import customer_value_score, tiers, yearly_margin
from .gated import Built, Run, empty, gated_asset
from .readiness import NAME as READINESS
from .readiness import shortfall
from .sql_files import sql_asset
from .value_histories import CUT_FROM, PURCHASES, RFM, read_histories
from .value_judgement import CALIBRATION, READY_AS, build_evaluation
from .value_judgement import NAME as EVALUATION
from .value_models import NAME as PARAMETERS
from .value_models import build_parameters, rule_of
from .value_page import calibration_page, reconciliation_page, tiers_page

NAME, RECONCILIATION = "marts.customer_value", "marts.revenue_reconciliation"
LOWEST = "bronze"
DAYS_PER_YEAR = 365.25
SOON_DAYS = 90

# Of the lines whose cost is known.
KNOWN_MARGIN = f"""
SELECT CASE WHEN sum(revenue_with_cost) > 0 THEN 1 - sum(known_cost) / sum(revenue_with_cost) END
FROM {RFM} WHERE customer_group = ?
"""
# Cost where it is known, else what the margin leaves; in the order of the histories.
MONEY = f"""
SELECT
    net_revenue::DOUBLE AS revenue,
    coalesce(known_cost, 0)::DOUBLE + (net_revenue - revenue_with_cost)::DOUBLE * (1 - ?) AS cost,
    age_days / {DAYS_PER_YEAR} AS years
FROM {RFM} WHERE customer_group = ? ORDER BY customer_id
"""
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
    values = [_values_of(run, group, told) for group in GROUPS]
    table = pa.concat_tables(values)
    if not table.num_rows:
        return empty(NAME, {"note": "no known customer has bought anything"})
    names = tiers(table["clv"].to_numpy(), run.session.settings.value.tiers, LOWEST)
    run.duck.register("found_values", table.append_column("value_tier", pa.array(names, pa.string())))
    return Built(WITH_FACTS, metadata=told)


def margin_of(run: Run, group: str) -> tuple[float, str]:
    """The share of a group's revenue that is earned, and where it is from."""
    given = run.session.settings.value.margin
    if given is not None:
        return given, "value.margin of shop.yaml"
    row = run.duck.execute(KNOWN_MARGIN, [group]).fetchone()
    if row is None or row[0] is None:
        return 1.0, "no cost is known: revenue counts in full"
    known = float(row[0])
    if known < 0:
        return 0.0, f"the lines whose cost is known earn nothing: {known:.1%}"
    return known, "of the lines whose cost is known"


def _values_of(run: Run, group: str, told: dict[str, Any]) -> pa.Table:
    """Everything about the customers of a group that is not a fact, and what it was told from into `told`."""
    rule, (ids, purchases), (margin, source) = rule_of(run, group), read_histories(run, group), margin_of(run, group)
    settings, n = run.session.settings.value, len(purchases)
    weights = {str(name): weight for name, weight in settings.weights.items()}
    given = {"discount_rate": rate_per_unit(settings.discount_rate, DAYS_PER_YEAR), "margin": margin}
    low, high = rule.interval(purchases, settings.horizon_days, confidence=settings.interval, **given)
    money: Any = run.duck.execute(MONEY, [margin, group]).fetchnumpy()
    score = customer_value_score(money["revenue"], money["cost"], weights.get(group, 1.0))
    if n:
        told |= {group: f"{n:,} by {rule.name}", f"margin_{group}": f"{margin:.1%}: {source}"}
    return pa.table(
        {
            "customer_id": ids,
            "margin": np.full(n, margin),
            "p_alive": rule.p_alive(purchases),
            "expected_purchases_90d": rule.expected_purchases(purchases, SOON_DAYS),
            "clv": rule.value(purchases, settings.horizon_days, **given),
            "clv_low": low,
            "clv_high": high,
            "clv_yearly_margin": yearly_margin(money["revenue"], money["cost"], money["years"]),
            "cvs": pa.array(score, from_pandas=True),
            "model": pa.array([rule.name] * n, pa.string()),
        }
    )


def _calibration(_: Run) -> Built:
    """The builder of the evaluation has written the rows; this is the asset that carries them and their page."""
    return Built(f"SELECT * FROM {CALIBRATION}")
