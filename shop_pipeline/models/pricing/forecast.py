"""Where prices go: simple forecasts, judged against the last price, with intervals from past changes.

Here: candidates, their back-test, the choice, and intervals. Not here: prices by day (`known_prices.py`).

A shop's price mostly stays, so the last price is hard to beat; what may beat it is that promotions end. One model is
chosen for the shop: a product changes its price a few times a year, which is too little to choose by.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray
from .known_prices import KnownPrices
from .price_intervals import Errors, interval, kind

BASELINE = "last_price"
MOST_ORIGINS = 13
CLOSE = 1e-9
FEWEST_DAYS = 28
"""History before a first forecast that is judged."""


@dataclass(frozen=True)
class Judged:
    """What forecasts were worth on the last `horizon` days; empty and None where history is too short to tell."""

    errors: dict[str, float]
    """Root mean squared log error of each candidate."""
    coverage: float | None
    """Share of the prices inside the interval that was told before."""
    coverage_of_changing: float | None
    """The same over products whose price changed in the year before."""


@dataclass(frozen=True)
class PriceForecast:
    """P products and H days; prices in logs."""

    model: str
    y_hat: DoubleArray
    low: DoubleArray
    high: DoubleArray
    baseline: DoubleArray
    """(P,) the last price."""
    judged: Judged


Candidate = Callable[[DoubleArray, DoubleArray], DoubleArray]
"""Takes (P, WEEKS) log prices, newest first, and (H,) weights of the last price; gives (P, H) log prices."""


def last_price(past: DoubleArray, kept: DoubleArray) -> DoubleArray:
    """It stays: the naive forecast."""
    return np.repeat(past[:, :1], len(kept), axis=1)


def usual_price(past: DoubleArray, kept: DoubleArray) -> DoubleArray:
    """It goes to the median of the last year; of an even number of weeks, the lower one of the two in the middle."""
    middle = (np.isfinite(past).sum(axis=1) - 1) // 2
    ordered = np.sort(past, axis=1)  # nan comes last
    return np.repeat(np.take_along_axis(ordered, middle[:, None], axis=1), len(kept), axis=1)


def reversion(past: DoubleArray, kept: DoubleArray) -> DoubleArray:
    """It returns to the mean of the last year; of its distance the share `kept` is left after h days."""
    mean = np.nanmean(past, axis=1)[:, None]
    found: DoubleArray = mean + kept * (past[:, :1] - mean)
    return found


def trend(past: DoubleArray, kept: DoubleArray) -> DoubleArray:
    """mu + beta t + e by least squares over the last year; the last price where three weeks are not known."""
    seen = np.isfinite(past)
    n = seen.sum(axis=1)
    t = np.where(seen, -np.arange(past.shape[1]), 0.0)
    y = np.where(seen, past, 0.0)
    mean_t, mean_y = t.sum(axis=1) / n, y.sum(axis=1) / n
    spread = np.where(seen, t - mean_t[:, None], 0.0)
    squares = (spread * spread).sum(axis=1)
    slope = np.where(n >= 3, (spread * y).sum(axis=1) / np.where(n >= 3, squares, 1.0), 0.0)
    level = np.where(n >= 3, mean_y - slope * mean_t, past[:, 0])
    found: DoubleArray = level[:, None] + slope[:, None] * np.arange(1, len(kept) + 1) / 7
    return found


CANDIDATES: dict[str, Candidate] = {
    BASELINE: last_price,
    "usual_price": usual_price,
    "reversion": reversion,
    "trend": trend,
}


@dataclass(frozen=True)
class Origin:
    """A day of the past, as it was: the products whose price was known by then, what was known, and what came."""

    past: DoubleArray
    """(P', WEEKS) log prices, newest first."""
    later: DoubleArray
    """(P', H) log prices of the days after it."""


def forecast_prices(prices: KnownPrices, last_day: int, horizon: int) -> PriceForecast:
    """The prices of the `horizon` days after `last_day`, of all products; each has a price by then.

    Candidates are compared at up to 13 weekly origins before the last `horizon` days, which judge: another than the
    last price is published only if its squared log error is smaller in both. An origin knows what was known at its end;
    products without a known price are not in it. Raises ValueError where the history is not longer than `horizon` and a
    week, or no price was known `horizon` days before its end.
    """
    last, earlier = _days(last_day - horizon, fewest=6), _days(last_day - 2 * horizon, FEWEST_DAYS)
    if not last:
        raise ValueError(f"{last_day + 1} days of prices are too few to forecast {horizon}: {horizon + 7} wanted")
    known = {day: _origin(prices, day, horizon) for day in {*last, *earlier}}
    last, earlier = ([day for day in days if len(known[day].past)] for days in (last, earlier))
    if not last:
        raise ValueError(f"no price was known {horizon} days before the last one")
    model, judged = BASELINE, Judged({}, None, None)
    if earlier:
        model, judged = _judge([known[day] for day in earlier], known[last_day - horizon])
    learned_from = [known[day] for day in last]
    kept, past = kept_distance(learned_from), prices.weekly(last_day)
    y_hat = CANDIDATES[model](past, kept)
    low, high = interval(y_hat, past, _errors(model, learned_from, kept))
    return PriceForecast(model, y_hat, low, high, past[:, 0], judged)


def _days(newest: int, fewest: int) -> list[int]:
    """Weekly days back from `newest`, each with at least `fewest` days before it."""
    return list(range(newest, fewest - 1, -7))[:MOST_ORIGINS]


def _origin(prices: KnownPrices, day: int, horizon: int) -> Origin:
    past = prices.weekly(day)
    begun = np.isfinite(past[:, 0])  # a price that is known on the day is known for the days after it
    return Origin(past[begun], prices.after(day, horizon)[begun])


def kept_distance(origins: list[Origin]) -> DoubleArray:
    """(H,) share of the distance from the year's mean that is left after h days, pooled over products and origins.

    The slope through the origin of later distances on present ones, between 0 and 1; 1 where no price ever changed.
    """
    products, squares = np.zeros(origins[0].later.shape[1]), 0.0
    for each in origins:
        mean = np.nanmean(each.past, axis=1)
        distance = each.past[:, 0] - mean
        products += distance @ (each.later - mean[:, None])
        squares += float(distance @ distance)
    # Of the same logarithm 52 times the mean may differ in its last bit.
    found: DoubleArray = np.clip(products / squares, 0, 1) if squares > 1e-12 else np.ones(len(products))
    return found


def _judge(earlier: list[Origin], test: Origin) -> tuple[str, Judged]:
    """The model by the earlier origins, and what it did afterwards."""
    kept = kept_distance(earlier)
    before = {name: _squared_error(name, earlier, kept) for name in CANDIDATES}
    after = {name: _squared_error(name, [test], kept) for name in CANDIDATES}
    best = min(before, key=lambda name: before[name])
    wins = before[best] < before[BASELINE] and after[best] < after[BASELINE]
    model = best if wins else BASELINE
    low, high = interval(CANDIDATES[model](test.past, kept), test.past, _errors(model, earlier, kept))
    inside = ((low - CLOSE <= test.later) & (test.later <= high + CLOSE)).mean(axis=1)
    errors = {name: float(np.sqrt(error)) for name, error in after.items()}
    return model, Judged(errors, _mean(inside), _mean(inside[kind(test.past) > 0]))


def _squared_error(name: str, origins: list[Origin], kept: DoubleArray) -> float:
    errors = [each.later - CANDIDATES[name](each.past, kept) for each in origins]
    return sum(float((error * error).sum()) for error in errors) / max(sum(error.size for error in errors), 1)


def _errors(name: str, origins: list[Origin], kept: DoubleArray) -> Errors:
    pasts = [each.past for each in origins]
    return Errors.of(pasts, [each.later - CANDIDATES[name](each.past, kept) for each in origins])


def _mean(values: DoubleArray) -> float | None:
    return float(values.mean()) if len(values) else None
