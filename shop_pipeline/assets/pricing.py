"""Prices: their history, how demand answers to them, where they go, and what they might be.

Here: the assets, the history and the forecast. Not here: elasticity and suggestions (`pricing_answers.py`), the
mathematics (`models/pricing`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ..contracts import TABLES
from ..models.arrays import DoubleArray
from ..models.pricing.forecast import PriceForecast, forecast_prices
from ..models.pricing.known_prices import KnownPrices
from .gated import Built, Run, empty, gated_asset
from .pricing_answers import ELASTICITY, SUGGESTIONS, build_elasticity, build_suggestions
from .readiness import NAME as READINESS
from .sql_files import sql_asset

HISTORY = "marts.price_history"
FORECAST = "marts.price_forecast"
DAYS = "features.demand_daily"

_SPELLS = f"""
    SELECT
        product_id, price::DOUBLE AS price,
        valid_from - min(valid_from) OVER () AS since, known_from - min(valid_from) OVER () AS known_from,
        (max(valid_from + n_days::INTEGER) OVER () - min(valid_from) OVER () - 1)::BIGINT AS last_day
    FROM {HISTORY}
    ORDER BY product_id, valid_from
"""
_FORECAST = f"""
    SELECT
        product_id,
        (SELECT max(valid_from + n_days::INTEGER) FROM {HISTORY}) + step - 1 AS ds, step,
        y_hat, lo_80, hi_80, model, baseline_y_hat
    FROM found_prices
"""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    python = {"python", "numpy"}
    return [
        sql_asset(HISTORY),
        gated_asset(TABLES[ELASTICITY], build_elasticity, {READINESS, HISTORY, DAYS, "clean.products"}, kinds=python),
        gated_asset(TABLES[FORECAST], build_price_forecast, {HISTORY}, kinds=python),
        gated_asset(TABLES[SUGGESTIONS], build_suggestions, {HISTORY, ELASTICITY, "clean.prices"}, kinds=python),
    ]


def build_price_forecast(run: Run) -> Built:
    """The prices of the next days; what the back-test said as metadata."""
    found = run.duck.execute(_SPELLS).to_arrow_table()
    horizon = run.session.settings.demand.horizon_days
    if not found.num_rows:
        return empty(FORECAST, {"note": "no product has a price"})
    ids, product = np.unique(found["product_id"].to_numpy(), return_inverse=True)
    since, known_from = (found[name].to_numpy().astype(np.int64) for name in ("since", "known_from"))
    last_day = int(found["last_day"][0].as_py())
    if last_day + 1 < horizon + 7:
        wanted = f"{horizon} days ahead want {horizon + 7} behind"
        return empty(FORECAST, {"note": f"{last_day + 1} days of prices are too few: {wanted}"})
    price = found["price"].to_numpy()
    prices = KnownPrices(product.astype(np.int64), since, np.log(price), known_from)
    if not (known_from <= last_day - horizon).any():
        return empty(FORECAST, {"note": f"no price was known {horizon} days before the clock"})
    forecast = forecast_prices(prices, last_day, horizon)
    is_last = np.append(np.diff(product) > 0, True)
    run.duck.register("found_prices", _rows(ids, price[is_last], forecast))
    return Built(_FORECAST, metadata=_told(forecast))


def _rows(ids: np.ndarray[Any, Any], price: DoubleArray, forecast: PriceForecast) -> pa.Table:
    """One row per product and day. From logs to prices by way of today's, which is to stay what it is to the penny."""
    n, horizon = forecast.y_hat.shape
    ratios = {"y_hat": forecast.y_hat, "lo_80": forecast.low, "hi_80": forecast.high}
    return pa.table(
        {
            "product_id": pa.array(ids, pa.string()).take(pa.array(np.repeat(np.arange(n), horizon))),
            "step": pa.array(np.tile(np.arange(1, horizon + 1), n), pa.int32()),
            **{
                name: (price[:, None] * np.exp(logs - forecast.baseline[:, None])).ravel()
                for name, logs in ratios.items()
            },
            "model": pa.array([forecast.model] * (n * horizon), pa.string()),
            "baseline_y_hat": np.repeat(price, horizon),
        }
    )


def _told(forecast: PriceForecast) -> dict[str, Any]:
    judged = forecast.judged
    if not judged.errors:
        return {"model": forecast.model, "judged": "the history is too short: the last price stays"}
    errors = {f"log_error_{name}": round(error, 4) for name, error in judged.errors.items()}
    shares = {"coverage_80": judged.coverage, "coverage_80_of_changing": judged.coverage_of_changing}
    return {"model": forecast.model} | errors | {name: share for name, share in shares.items() if share is not None}
