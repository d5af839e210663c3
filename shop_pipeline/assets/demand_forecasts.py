"""What will be sold, from today: the three marts of forecasts, by the models that the back-test allows.

Here: forecasts that add up, with bounds from the back-test's errors. Not here: the choice of the models
(`demand_backtest.py`), forecasting and adding up (`models/forecasting`), what people are told (`demand_page.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..contracts.demand_series import LAST_DAY
from ..models.arrays import AnyArray, DoubleArray
from ..models.forecasting.candidates import BASELINE
from ..models.forecasting.forecast import forecast_by
from ..models.forecasting.reconcile import reconcile, weights
from .demand_backtest import bounds_around, each_alone
from .demand_series import REVENUE, UNITS, WEEKLY_UNITS, Kind, Past, read_past
from .gated import Built, Run, empty

BACKTEST = "models.forecast_backtest"
FORECASTS = {
    "marts.demand_forecast": UNITS,
    "marts.demand_forecast_weekly": WEEKLY_UNITS,
    "marts.sales_forecast": REVENUE,
}


@dataclass(frozen=True)
class _Judged:
    """The back-test: the published model of each series (n,), and of the windows (W, n, H) what came (NaN: unknown),
    what was said of each series alone, and how far what was published, with parts that add up, was off.
    """

    model: AnyArray
    actual: DoubleArray
    alone: DoubleArray
    errors: DoubleArray


def builder_of(name: str) -> Callable[[Run], Built]:
    """What builds the mart `name`."""

    def build(run: Run) -> Built:
        return _build(run, name, FORECASTS[name])

    return build


def _build(run: Run, name: str, kind: Kind) -> Built:
    # Without a back-test the data did not allow one, and its asset says why.
    there = run.duck.execute(f"SELECT count(*) FROM {BACKTEST} WHERE series = ?", [kind.series]).fetchone()
    if not there or not there[0]:
        return empty(name, {"note": f"no back-test of {kind.series}: see models.forecast_candidates"})
    past = read_past(run, kind)
    if isinstance(past, str):
        return empty(name, {"note": past})
    judged = _judged(run, past)
    found = forecast_by(past.panel, judged.model, run.session.settings.recommend.seed)
    model, n_silent = found.model, int((found.model != judged.model).sum())
    y_hat = reconcile(found.y_hat, weights(judged.alone, judged.actual, past.parent), past.parent)
    bounds = bounds_around(y_hat, judged.errors, past.panel)
    run.duck.register("found_forecasts", _table({"y_hat": y_hat, "baseline_y_hat": found.baseline} | bounds))
    run.duck.register(
        "found_models",
        pa.table({"position": np.arange(len(model), dtype=np.int32), "model": pa.array(model, pa.string())}),
    )
    start, running = past.day_before(past.panel.n_periods), _running(run, past)
    if running == past.panel.horizon:
        return empty(name, {"note": "the history reaches no further ahead than the running week"})
    return Built(
        f"SELECT level, unique_id, parent_id, DATE '{start}' + 1 + {kind.days} * (step - 1) AS ds, model,"
        f" step - {running} AS step, f.* EXCLUDE (position, step) FROM found_forecasts AS f"
        f" JOIN {past.positions} USING (position) JOIN found_models USING (position) WHERE f.step > {running}",
        metadata={
            "series": len(y_hat),
            "steps": past.panel.horizon - running,
            "periods_known": past.panel.n_periods,
            "left_to_the_baseline": n_silent,
        },
    )


def _running(run: Run, past: Past) -> int:
    """1 where the first period ahead has begun: who adds up weeks to come must not count what is sold already."""
    (last_day,) = run.duck.execute(f"SELECT {LAST_DAY}").fetchone() or (None,)
    return int(last_day > past.day_before(past.panel.n_periods))


def _judged(run: Run, past: Past) -> _Judged:
    rows = run.duck.execute(
        "SELECT position, dense_rank() OVER (ORDER BY cutoff) - 1 AS number, step - 1 AS step, is_published,"
        f" CASE WHEN is_published THEN model ELSE '{BASELINE}' END AS model, y, y_hat, chosen_y_hat, baseline_y_hat"
        f" FROM {BACKTEST} JOIN {past.positions} USING (unique_id) WHERE series = ?",
        [past.kind.series],
    ).fetchnumpy()
    n, cells = past.panel.n_series, (rows["number"], rows["position"], rows["step"])
    model, is_published = np.empty(n, object), np.zeros(n, bool)
    model[rows["position"]], is_published[rows["position"]] = rows["model"], rows["is_published"]
    shape = (len(np.unique(rows["number"])), n, past.panel.horizon)
    actual, y_hat, chosen, baseline = (
        _matrix(rows[name], cells, shape) for name in ("y", "y_hat", "chosen_y_hat", "baseline_y_hat")
    )
    return _Judged(model, actual, each_alone(chosen, baseline, is_published), actual - y_hat)


def _matrix(values: Any, cells: tuple[Any, ...], shape: tuple[int, ...]) -> DoubleArray:
    found = np.full(shape, np.nan)
    found[cells] = np.ma.filled(values, np.nan)
    return found


def _table(values: dict[str, DoubleArray]) -> pa.Table:
    n, horizon = values["y_hat"].shape
    head = {"position": np.repeat(np.arange(n, dtype=np.int32), horizon)}
    head["step"] = np.tile(np.arange(1, horizon + 1, dtype=np.int32), n)
    return pa.table(head | {name: np.ascontiguousarray(found).ravel() for name, found in values.items()})
