"""What will be sold, from today: the three marts of forecasts, by the models that the back-test allows.

Here: forecasts that add up, with bounds from the back-test's errors. Not here: the choice of the models
(`demand_backtest.py`), forecasting and adding up (`models/forecasting`), what people are told (`demand_page.py`).
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from ..models.arrays import AnyArray, DoubleArray
from ..models.forecasting.candidates import BASELINE
from ..models.forecasting.forecast import forecast
from ..models.forecasting.reconcile import reconcile
from .demand_backtest import bounds_around
from .demand_series import REVENUE, UNITS, WEEKLY_UNITS, Kind, Past, read_past
from .gated import Built, Run, empty

BACKTEST = "models.forecast_backtest"
FORECASTS = {
    "marts.demand_forecast": UNITS,
    "marts.demand_forecast_weekly": WEEKLY_UNITS,
    "marts.sales_forecast": REVENUE,
}


def builder_of(name: str) -> Callable[[Run], Built]:
    """What builds the mart `name`."""

    def build(run: Run) -> Built:
        return _build(run, name, FORECASTS[name])

    return build


def _build(run: Run, name: str, kind: Kind) -> Built:
    # Without a back-test the data did not allow one, and its asset says why.
    judged = run.duck.execute(f"SELECT count(*) FROM {BACKTEST} WHERE series = ?", [kind.series]).fetchone()
    if not judged or not judged[0]:
        return empty(name, {"note": f"no back-test of {kind.series}: see models.forecast_candidates"})
    past = read_past(run, kind)
    if isinstance(past, str):
        return empty(name, {"note": past})
    model, errors = _judged(run, past)
    seed = run.session.settings.recommend.seed
    alone, naive = (forecast(past.panel, models, seed) for models in (model, np.full(len(model), BASELINE, object)))
    y_hat = reconcile(alone, _variance(errors, past.panel.y), past.parent)
    bounds = bounds_around(y_hat, errors, past.panel)
    run.duck.register("found_forecasts", _table({"y_hat": y_hat, "baseline_y_hat": naive} | bounds))
    run.duck.register(
        "found_models",
        pa.table({"position": np.arange(len(model), dtype=np.int32), "model": pa.array(model, pa.string())}),
    )
    start = past.day_before(past.panel.n_periods)
    return Built(
        f"SELECT level, unique_id, parent_id, DATE '{start}' + 1 + {kind.days} * (step - 1) AS ds, model,"
        f" f.* EXCLUDE (position) FROM found_forecasts AS f JOIN {past.positions} USING (position)"
        " JOIN found_models USING (position)",
        metadata={"series": len(y_hat), "steps": past.panel.horizon, "periods_known": past.panel.n_periods},
    )


def _judged(run: Run, past: Past) -> tuple[AnyArray, DoubleArray]:
    """Of the back-test: the published model (n,), and what was published was off (W, n, H)."""
    rows = run.duck.execute(
        "SELECT position, dense_rank() OVER (ORDER BY cutoff) - 1 AS number, step - 1 AS step,"
        f" CASE WHEN is_published THEN model ELSE '{BASELINE}' END AS model,"
        " y - CASE WHEN is_published THEN y_hat ELSE baseline_y_hat END AS error"
        f" FROM {BACKTEST} JOIN {past.positions} USING (unique_id) WHERE series = ?",
        [past.kind.series],
    ).fetchnumpy()
    n = past.panel.n_series
    model = np.empty(n, object)
    model[rows["position"]] = rows["model"]
    errors = np.full((len(np.unique(rows["number"])), n, past.panel.horizon), np.nan)
    errors[rows["number"], rows["position"], rows["step"]] = np.ma.filled(rows["error"], np.nan)
    return model, errors


def _variance(errors: DoubleArray, y: DoubleArray) -> DoubleArray:
    """Mean squared error of each series, (n,); of one that was never judged, the mean square of what it sold.

    What has never been wrong would take no part in adding up: it gets a millionth of the largest.
    """
    judged, seen = (~np.isnan(errors)).sum(axis=(0, 2)), (~np.isnan(y)).sum(axis=1)
    sold = np.nansum(y**2, axis=1) / np.maximum(seen, 1)
    found = np.where(judged > 0, np.nansum(errors**2, axis=(0, 2)) / np.maximum(judged, 1), sold)
    least = 1e-6 * max(float(found.max()), 1e-6)
    return np.asarray(np.maximum(found, least))


def _table(values: dict[str, DoubleArray]) -> pa.Table:
    n, horizon = values["y_hat"].shape
    head = {"position": np.repeat(np.arange(n, dtype=np.int32), horizon)}
    head["step"] = np.tile(np.arange(1, horizon + 1, dtype=np.int32), n)
    return pa.table(head | {name: np.ascontiguousarray(found).ravel() for name, found in values.items()})
