"""How demand answers to prices, and what prices might be: `marts.price_elasticity` and `marts.price_suggestions`.

Here: the two builders. Not here: the history and the forecast of prices (`pricing.py`), the mathematics
(`models/pricing`).
"""

import numpy as np
import pyarrow as pa

from ..models.pricing.elasticity import METHODS, Elasticities, elasticities
from ..models.pricing.money import decimals
from ..models.pricing.reasons import sentences
from ..models.pricing.sales import PricedSales, groups_alike
from ..models.pricing.suggestion import Offer, suggest
from ..models.pricing.verdict import REASONS, reasons
from .gated import Built, Run, empty
from .readiness import shortfall

ELASTICITY = "marts.price_elasticity"
SUGGESTIONS = "marts.price_suggestions"
READY_AS = "price_elasticity"

# Numbers from 0 for products and price spells, in the order of their ids and days. Logarithms are added up as
# decimals: the sum of floats would depend on the order of threads.
CELLS = """
    WITH spells AS (
        SELECT
            product_id, valid_from, price, row_number() OVER (ORDER BY product_id, valid_from) - 1 AS spell,
            dense_rank() OVER (ORDER BY product_id) - 1 AS product
        FROM marts.price_history
    ),
    days AS (
        SELECT unique_id AS product_id, ds, units
        FROM features.demand_daily
        WHERE level = 'product' AND NOT is_out_of_stock
    )
    SELECT
        product, spell, (date_trunc('week', ds)::DATE - DATE '1970-01-05') // 7 AS week,
        any_value(ln(price::DOUBLE)) AS log_price, count(*)::DOUBLE AS days,
        count(*) FILTER (units > 0)::DOUBLE AS days_sold, sum(units)::DOUBLE AS units,
        sum(ln(greatest(units, 1))::DECIMAL(18, 9))::DOUBLE AS sum_log_units
    FROM days
    ASOF JOIN spells ON days.product_id = spells.product_id AND ds >= valid_from
    GROUP BY ALL
    ORDER BY product, spell, week
"""
PRODUCTS = """
    SELECT
        product_id, coalesce(nullif(trim(split_part(any_value(category), '>', 1)), ''), '(none)') AS category,
        CASE WHEN bool_or(source = 'paid' AND n_days_in_stock > 0) THEN 'paid' ELSE 'list' END AS price_source
    FROM marts.price_history
    LEFT JOIN clean.products USING (product_id)
    GROUP BY product_id
    ORDER BY product_id
"""
# The cost of the version that holds at the clock, and the prices at which somebody could have bought.
OFFERS = """
    WITH costs AS (
        SELECT product_id, arg_max(unit_cost, version) AS unit_cost
        FROM clean.prices
        WHERE (valid_from IS NULL OR valid_from < getvariable('as_of')) AND unit_cost > 0
        GROUP BY product_id
    ),
    seen AS (
        SELECT
            product_id, min(price) FILTER (n_days_in_stock > 0)::DOUBLE AS lowest,
            max(price) FILTER (n_days_in_stock > 0)::DOUBLE AS highest,
            max(price) FILTER (valid_until IS NULL)::DOUBLE AS price
        FROM marts.price_history
        GROUP BY product_id
    )
    SELECT product_id, price, lowest, highest, unit_cost::DOUBLE AS unit_cost, elasticity, ci_low, ci_high, price_source
    FROM marts.price_elasticity
    JOIN seen USING (product_id)
    LEFT JOIN costs USING (product_id)
    ORDER BY product_id
"""


def build_elasticity(run: Run) -> Built:
    """One row per product that was in stock at two prices or more."""
    if note := shortfall(run, READY_AS):
        return empty(ELASTICITY, {"note": note})
    products = run.duck.execute(PRODUCTS).to_arrow_table()
    cells = run.duck.execute(CELLS).to_arrow_table()
    category = np.unique(products["category"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    sales = PricedSales(
        product=cells["product"].to_numpy().astype(np.int64),
        spell=cells["spell"].to_numpy().astype(np.int64),
        week=cells["week"].to_numpy().astype(np.int64),
        log_price=cells["log_price"].to_numpy(),
        days=cells["days"].to_numpy(),
        days_sold=cells["days_sold"].to_numpy(),
        units=cells["units"].to_numpy(),
        sum_log_units=cells["sum_log_units"].to_numpy(),
        group=groups_alike(category),
    )
    found = elasticities(sales)
    known = np.isfinite(found.elasticity)
    if not known.any():
        return empty(ELASTICITY, {"note": "prices only moved together, or too little was sold, to tell an elasticity"})
    run.duck.register("found_elasticities", _rows(products, sales, found))
    told = {
        "products": int(known.sum()),
        "one_price": int((found.n_prices < 2).sum()),
        "nothing_to_learn_from": int((~known & (found.n_prices >= 2)).sum()),
        "not_settled": int(found.own.is_unsettled.sum()),
        **{f"method_{name}": int((found.method[known] == at).sum()) for at, name in enumerate(METHODS)},
    }
    return Built("SELECT * FROM found_elasticities", metadata=told)


def _rows(products: pa.Table, sales: PricedSales, found: Elasticities) -> pa.Table:
    kept = np.isfinite(found.elasticity)
    is_paid = products["price_source"].to_numpy() == "paid"
    nullable = {"own_elasticity": found.own.elasticity, "own_standard_error": found.own.standard_error}
    counts = {"n_days": sales.days, "n_days_sold": sales.days_sold, "units": sales.units}
    columns = {
        "product_id": products["product_id"],
        "elasticity": found.elasticity,
        "ci_low": found.low,
        "ci_high": found.high,
        "n_price_points": found.n_prices,
        "standard_error": found.standard_error,
        **{name: pa.array(values, from_pandas=True) for name, values in nullable.items()},
        "method": pa.array(METHODS).take(pa.array(found.method)),
        "category": products["category"],
        **{name: sales.total(values).astype(np.int64) for name, values in counts.items()},
        "price_source": products["price_source"],
        "is_significant": (found.low > 0) | (found.high < 0),
        "is_reliable": ~is_paid & (found.high < 0),
    }
    return pa.table(columns).filter(pa.array(kept))


def build_suggestions(run: Run) -> Built:
    """One row per product with an elasticity."""
    found, prices = run.duck.execute(OFFERS).to_arrow_table(), run.session.settings.prices
    if not found.num_rows:
        return empty(SUGGESTIONS, {"note": "no product has an elasticity"})
    given = {name: found[name].to_numpy().astype(np.float64) for name in found.column_names[1:8]}
    offer = Offer(
        price=given["price"],
        cost=given["unit_cost"],
        lowest_seen=given["lowest"],
        highest_seen=given["highest"],
        elasticity=given["elasticity"],
        low=given["ci_low"],
        high=given["ci_high"],
        is_listed=found["price_source"].to_numpy() == "list",
        decimals=decimals(run.session.settings.shop.currency),
    )
    answer = suggest(offer, prices.max_change, prices.min_margin)
    reason = reasons(offer, answer)
    changes = {
        name: pa.array(values, from_pandas=True)
        for kind in ("units", "revenue", "margin")
        for name, values in zip(
            (f"expected_{kind}_change", f"{kind}_change_low", f"{kind}_change_high"), getattr(answer, kind), strict=True
        )
    }
    columns = {
        "product_id": found["product_id"],
        "current_price": offer.price,
        "suggested_price": pa.array(answer.price, from_pandas=True),
        "lowest_price": answer.lowest,
        "highest_price": answer.highest,
        "unit_cost": pa.array(offer.cost, from_pandas=True),
        "elasticity": offer.elasticity,
        "objective": np.where(np.isfinite(offer.cost), "margin", "revenue"),
        **changes,
        "is_at_limit": answer.is_at_limit,
        "reason_code": pa.array(REASONS).take(pa.array(reason)),
        "reason": sentences(offer, answer, reason),
    }
    run.duck.register("found_suggestions", pa.table(columns))
    return Built("SELECT * FROM found_suggestions", metadata=_counted(reason))


def _counted(reason: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, object]:
    return {name: int((reason == at).sum()) for at, name in enumerate(REASONS)}
