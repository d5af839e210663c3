"""Which model is chosen for each series, and whether it may be published: `models.forecast_candidates`.

Here: the back-tests of all kinds of series, as rows; `models.forecast_backtest` (SQL) lays them out by day. Not here:
the choice and the judging (`models/forecasting/backtest.py`), and the forecasts from today (`demand_forecasts.py`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..models.arrays import AnyArray, BoolArray, DoubleArray
from ..models.forecasting.backtest import Backtest, backtest
from ..models.forecasting.candidates import BASELINE
from ..models.forecasting.closed import closed_ahead
from ..models.forecasting.error_shape import groups_alike
from ..models.forecasting.intervals import interval_bounds
from ..models.forecasting.metrics import mase, naive_scale, rmsse, squared_naive_scale
from ..models.forecasting.panel import Panel
from ..models.forecasting.reconcile import reconcile_windows
from .demand_series import KINDS, Kind, Past, dear_rows, n_windows, positions_of, read_past
from .gated import Built, Run, empty
from .readiness import shortfall

NAME, READY_AS = "models.forecast_candidates", "demand_forecast"
LEVELS = (0.8, 0.95)
NOTHING = 1e-6
"""What a series is said to have sold that has sold nothing: its bounds are there, and as small."""


@dataclass(frozen=True)
class _Published:
    """What would have been published: forecasts (W, n, H) that add up, model (n,), bounds of the last window (n, H)."""

    y_hat: DoubleArray
    model: AnyArray
    bounds: dict[str, DoubleArray]


def build_candidates(run: Run) -> Built:
    """One row per series and model that was tried on it."""
    if note := shortfall(run, READY_AS):
        return empty(NAME, {"note": note})
    selects, told = [], {}
    for kind in KINDS:
        past = read_past(run, kind)
        if isinstance(past, str):
            told[kind.series] = past
            continue
        selects.append(_rows(run, past))
        told[kind.series] = f"{past.panel.n_series} series, {past.panel.n_periods} periods, {past.panel.horizon} ahead"
        run.log.info(f"{kind.series}: {told[kind.series]}")
    if not selects:
        return empty(NAME, told)
    return Built(" UNION ALL ".join(selects), metadata=told)


def _rows(run: Run, past: Past) -> str:
    """The SELECT of the rows of one kind of series."""
    demand, seed = run.session.settings.demand, run.session.settings.recommend.seed
    windows = n_windows(past, demand.windows)
    found = backtest(past.panel, windows, dear_rows(past, windows, demand.dear_series), seed)
    published = _published(past, found)
    run.duck.register(f"tried_{past.kind.series}", _tried(found, published.model))
    run.duck.register(f"windows_{past.kind.series}", _windows(past, found, published))
    return _select(past.kind)


def _published(past: Past, found: Backtest) -> _Published:
    """The baseline where the chosen model may not be published, added up as the forecast from today is.

    The bounds come from what that was off before the test.
    """
    y_hat = reconcile_windows(each_alone(found.y_hat, found.baseline, found.is_published), found.actual, past.parent)
    model = np.where(found.is_published, found.model, BASELINE)
    errors = (found.actual - y_hat)[:-1]
    return _Published(y_hat, model, bounds_around(y_hat[-1], errors, past.panel.cut(int(found.cutoffs[-1]))))


def each_alone(chosen: DoubleArray, baseline: DoubleArray, is_published: BoolArray) -> DoubleArray:
    """What is published of each series before all is added up, (W, n, H): the baseline where the chosen can't say."""
    return np.where(is_published[:, None] & ~np.isnan(chosen), chosen, baseline)


def bounds_around(y_hat: DoubleArray, errors: DoubleArray, known: Panel) -> dict[str, DoubleArray]:
    """Bounds of forecasts (n, H) by the names of their columns: lo_80, hi_80 ...; from errors (W, n, H) before them.

    A series of less than two seasons is as large as what it has sold in a period. Where the shop is closed nothing is
    sold for sure; of a series that had not begun there is nothing to say there, either.
    """
    naive = naive_scale(known.y, known.season)
    sold, seen = np.nansum(np.abs(known.y), axis=1), known.seen.sum(axis=1)
    scale = np.where(naive > 0, naive, np.maximum(sold, NOTHING) / np.maximum(seen, 1))
    found, shut = interval_bounds(y_hat, errors, scale, LEVELS, group=groups_alike(known.y)), closed_ahead(known)
    return {
        f"{end}_{round(100 * level)}": np.where(shut & ~np.isnan(values), 0.0, values)
        for level, both in found.items()
        for end, values in zip(("lo", "hi"), both, strict=True)
    }


def _tried(found: Backtest, published: AnyArray) -> pa.Table:
    """A row per series and model with a score; the baseline and the chosen one have a row in any case."""
    parts = []
    for name, score in found.scores.items():
        squared = found.squared_scores[name]
        rows = np.flatnonzero(~np.isnan(score) | ~np.isnan(squared) | (found.model == name) | (name == BASELINE))
        parts.append(
            pa.table(
                {
                    "position": pa.array(rows, pa.int32()),
                    "model": pa.array([name] * len(rows), pa.string()),
                    "mase": _or_null(score[rows]),
                    "rmsse": _or_null(squared[rows]),
                    "is_chosen": pa.array(found.model[rows] == name),
                    "is_published": pa.array(published[rows] == name),
                }
            )
        )
    return pa.concat_tables(parts)


def _windows(past: Past, found: Backtest, published: _Published) -> pa.Table:
    """A row per series: scales, cutoffs, forecasts of all windows, alone and as published, bounds of the last."""
    n = past.panel.n_series
    cutoffs = [past.day_before(int(cutoff)) for cutoff in found.cutoffs]
    squared = squared_naive_scale(past.panel.cut(int(found.cutoffs[-1])).y, past.panel.season)
    return pa.table(
        {
            "position": pa.array(np.arange(n), pa.int32()),
            "is_slow": pa.array(found.is_slow),
            "naive_scale": _or_null(found.scale),
            "squared_scale": _or_null(squared),
            "cutoffs": pa.array([cutoffs] * n, pa.list_(pa.date32())),
            "error": _or_null(judged_error(found, found.y_hat)),
            "naive_error": _or_null(judged_error(found, found.baseline)),
            "chosen": _lists(found.y_hat.swapaxes(0, 1)),
            "naive": _lists(found.baseline.swapaxes(0, 1)),
            "as_published": _lists(published.y_hat.swapaxes(0, 1)),
            **{name: _lists(values) for name, values in published.bounds.items()},
        }
    )


def judged_error(found: Backtest, y_hat: DoubleArray) -> DoubleArray:
    """Over all windows, in the measure and, as a product without any sale before them has no scale, the unit by which
    the series is judged, (n,)."""
    unit = np.ones(len(found.is_slow))
    return np.where(found.is_slow, rmsse(found.actual, y_hat, unit), mase(found.actual, y_hat, unit))


def _lists(values: DoubleArray) -> pa.Array:
    """A list per row, NaN as null."""
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    offsets = np.arange(0, flat.size + 1, flat.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), _or_null(flat.ravel()))


def _or_null(values: DoubleArray) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def _select(kind: Kind) -> str:
    bounds = ", ".join(
        f"CASE WHEN is_published THEN {name} END AS {name}" for name in ("lo_80", "hi_80", "lo_95", "hi_95")
    )
    return (
        f"SELECT '{kind.series}' AS series, level, unique_id, model, mase, rmsse, is_slow, is_chosen, is_published,"
        f" naive_scale, squared_scale, cutoffs, CASE WHEN is_chosen THEN error WHEN model = '{BASELINE}'"
        f" THEN naive_error END AS error,"
        f" CASE WHEN is_chosen THEN chosen WHEN model = '{BASELINE}' THEN naive END AS forecasts,"
        f" CASE WHEN is_published THEN as_published END AS published, {bounds}"
        f" FROM tried_{kind.series} JOIN windows_{kind.series} USING (position)"
        f" JOIN {positions_of(kind)} USING (position)"
    )
