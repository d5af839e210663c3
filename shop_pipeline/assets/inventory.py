"""What to order when: classes of products, reorder points and safety stock.

Here: `marts.inventory_plan`. Not here: what it is made from (`inventory_shelf.py`), and the mathematics
(`models/inventory`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ..contracts import TABLES
from ..models.arrays import AnyArray, DoubleArray
from ..models.forecasting.error_shape import SHARES_WITHOUT
from ..models.forecasting.lead_time import LeadTimeErrors, lead_time_errors
from ..models.inventory.abc import abc_classes, cumulated_shares
from ..models.inventory.demand import expected_demand
from ..models.inventory.history import History
from ..models.inventory.plan import Plan, Policy, Stock, make_plan, spans
from ..models.inventory.reasons import Counts, reasons, states
from ..models.inventory.stopped import has_stopped, is_hardly_expected
from ..models.inventory.xyz import coefficient_of_variation, xyz_classes
from ..sections import Inventory
from .gated import Built, Run, empty, gated_asset
from .inventory_shelf import FORECAST, READ_FROM, Foreseen, read_foreseen, read_history, read_shelf, read_weekly
from .readiness import NAME as READINESS
from .readiness import shortfall

NAME = "marts.inventory_plan"
PLANNED = """SELECT * FROM found_plan
JOIN (SELECT product_id, counted, on_hand, on_order, stock_date, revenue FROM found_shelf) USING (product_id)"""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [
        gated_asset(TABLES[NAME], build_plan, READ_FROM | {READINESS}, kinds={"python", "numpy"}, afterwards=plan_page)
    ]


def build_plan(run: Run) -> Built:
    """One row per product that is listed or was sold."""
    if note := shortfall(run, "demand_forecast"):
        return empty(NAME, {"note": note})
    if run.duck.execute(f"SELECT 1 FROM {FORECAST} LIMIT 1").fetchone() is None:
        return empty(NAME, {"note": f"no forecast: {FORECAST} says why"})
    shelf, settings = read_shelf(run), run.session.settings.inventory
    foreseen = read_foreseen(run, len(shelf))
    planned = _planned(shelf, foreseen, read_history(run, len(shelf)), settings)
    columns = planned | _classes(shelf, read_weekly(run, len(shelf)), settings)
    run.duck.register("found_plan", pa.table(columns))
    return Built(PLANNED)


def _planned(shelf: pa.Table, foreseen: Foreseen, history: History, settings: Inventory) -> dict[str, Any]:
    told = {name: shelf[name].to_numpy() for name in shelf.column_names}
    known_lead = ~np.isnan(told["lead_time_days"])
    lead_time_days = np.where(known_lead, told["lead_time_days"], settings.lead_time_days)
    policy = Policy(settings.service_level, settings.review_days, settings.order_cost, settings.holding_rate)
    lead, protection = spans(lead_time_days, policy.review_days)
    state = _states(told, foreseen, protection)
    stock = Stock(told["on_hand"], told["on_order"], lead_time_days, told["unit_cost"], state == "stocked")
    over_lead_time, over_protection = (_summed(foreseen, told, days) for days in (np.maximum(lead, 1), protection))
    plan = make_plan(stock, foreseen.y_hat, over_lead_time, over_protection, history, policy)
    sources = _sources(over_protection, plan)
    counts = Counts(told["counted"], told["counted_on"], told["age_days"])
    return {
        "product_id": shelf["product_id"],
        "lead_time_days": stock.lead_time_days,
        "lead_time_source": np.where(known_lead, "feed", "setting"),
        "unit_cost": shelf["unit_cost"],
        **_figures(plan),
        "is_extrapolated": over_protection.is_extrapolated | (plan.protection_days > foreseen.y_hat.shape[1]),
        "error_source": sources,
        "state": state,
        "model": pa.array(foreseen.model, pa.string()),
        "reason": reasons(state, told["silent_days"], stock, counts, plan, sources == "poisson"),
    }


def _states(told: dict[str, AnyArray], foreseen: Foreseen, protection: AnyArray) -> AnyArray:
    silence = has_stopped(told["sale_days"], told["span_days"], told["silent_days"])
    # What is foreseen of a product out of season says more than its silence.
    silence &= foreseen.y_hat.sum(axis=1) < 1
    silence |= is_hardly_expected(expected_demand(foreseen.y_hat, protection), told["silent_days"])
    return states(foreseen.is_there, silence, told["is_dropped"])


def _summed(foreseen: Foreseen, told: dict[str, AnyArray], days: AnyArray) -> LeadTimeErrors:
    """Errors over so many days; products are alike by their share of days without a sale, as `groups_alike` has it."""
    unsold = 1 - told["sale_days"] / np.maximum(told["seen_days"], 1)
    return lead_time_errors(foreseen.errors, foreseen.scale, days, np.searchsorted(SHARES_WITHOUT, unsold))


def _figures(plan: Plan) -> dict[str, Any]:
    return {
        "protection_days": plan.protection_days,
        "demand_in_lead_time": plan.demand_in_lead_time,
        "demand_in_protection": plan.demand_in_protection,
        "safety_stock": plan.safety_stock,
        "reorder_point": plan.reorder_point.astype(np.int64),
        "order_now": plan.order_now,
        "order_quantity": plan.order_quantity.astype(np.int64),
        "stockout_risk": _or_null(plan.stockout_risk),
        "days_of_cover": _or_null(plan.days_of_cover),
    }


def _or_null(values: DoubleArray) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def _sources(spread: LeadTimeErrors, plan: Plan) -> AnyArray:
    is_unknown = np.isnan(spread.draws[:, 0])
    return np.select([is_unknown, plan.is_bounded, spread.is_pooled], ["poisson", "sales", "alike"], "own")


def _classes(shelf: pa.Table, weekly: DoubleArray, settings: Inventory) -> dict[str, Any]:
    revenue = shelf["revenue"].to_numpy()
    variation = coefficient_of_variation(weekly)
    return {
        "cumulated_share": cumulated_shares(revenue),
        "abc_class": abc_classes(revenue, settings.abc["A"], settings.abc["B"]),
        "weekly_variation": _or_null(variation),
        "xyz_class": xyz_classes(variation, settings.xyz["X"], settings.xyz["Y"]),
    }


def plan_page(run: Run) -> dict[str, Any]:
    """How many products are in each class, what is to be ordered now, and what is most urgent of it."""
    told = run.duck.execute(
        f"""SELECT count(*) FILTER (order_now), coalesce(sum(order_quantity * unit_cost) FILTER (order_now), 0),
            count(*) FILTER (order_now AND unit_cost IS NULL) FROM {NAME}"""
    ).fetchone()
    counts = run.duck.execute(
        f"""SELECT abc_class, count(*) FILTER (xyz_class = 'X'), count(*) FILTER (xyz_class = 'Y'),
            count(*) FILTER (xyz_class = 'Z') FROM {NAME} GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    urgent = run.duck.execute(
        f"""SELECT product_id, abc_class || xyz_class, stockout_risk, reason FROM {NAME} WHERE order_now
        ORDER BY abc_class, stockout_risk DESC, product_id LIMIT 10"""
    ).fetchall()
    if told is None or not counts:
        return {}
    classes = ["| | X | Y | Z |", "|---|---|---|---|", *(f"| {' | '.join(map(str, row))} |" for row in counts)]
    first = ["| product | class | risk | |", "|---|---|---|---|"]
    first += [f"| {product} | {both} | {risk:.2f} | {reason} |" for product, both, risk, reason in urgent]
    return {
        "to_order_now": told[0],
        "cost_of_orders_now": round(told[1], 2),
        "to_order_without_known_cost": told[2],
        "classes": dg.MetadataValue.md("\n".join(classes)),
        "most_urgent": dg.MetadataValue.md("\n".join(first)),
    }
