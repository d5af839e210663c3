"""A year of a small stock: days of demand, orders in transit, sales that are lost, and the rules that order.

Here: the simulator, made-up demand, and the two rules that are compared, by `stock.py` and by the tests. Not here: the
plan itself (`shop_pipeline.models.inventory`), which is the pipeline's own.

The clock is the end of a day: what is ordered then is there `lead` days later, in time for the next day. Only what was
sold is seen, not what was asked for; a day that began with an empty shelf says nothing (NaN), as in
features.demand_daily. Days before the simulated year have no gaps.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.forecasting.error_shape import groups_alike
from shop_pipeline.models.forecasting.lead_time import lead_time_errors
from shop_pipeline.models.forecasting.metrics import naive_scale
from shop_pipeline.models.inventory.history import History
from shop_pipeline.models.inventory.plan import Policy, Stock, make_plan, spans

LAST_DAYS = 28
KINDS = ("fast", "slow", "seasonal", "lumpy")
HORIZON, WINDOWS, WEEKS_SEEN, WEEK, YEAR = 28, 6, 8, 7, 365
LUMP = 12
"""Units of a lumpy sale, on average."""
Rule = Callable[[DoubleArray, DoubleArray], DoubleArray]
"""Sales so far (n, days) and units on hand and on order (n,) -> units to order (n,)."""


@dataclass(frozen=True)
class Shop:
    """Demand of n products."""

    demand: DoubleArray
    """Whole units, (n, days)."""
    lead: AnyArray
    """Days from order to delivery, int (n,)."""
    kind: AnyArray
    """str (n,)."""

    def of(self, kind: str) -> Shop:
        """Its products of one kind."""
        mine = self.kind == kind
        return Shop(self.demand[mine], self.lead[mine], self.kind[mine])


@dataclass(frozen=True)
class Outcome:
    """What a rule achieved, per product. A cycle lasts from one delivery to the next."""

    stock: DoubleArray
    """Mean units on hand at the end of a day."""
    asked: DoubleArray
    lost: DoubleArray
    cycles: DoubleArray
    broken: DoubleArray
    """Cycles with a lost sale."""
    orders: DoubleArray
    """Orders placed."""

    def of(self, some: BoolArray) -> Outcome:
        """That of some products."""
        return Outcome(*(getattr(self, field.name)[some] for field in fields(self)))

    def told(self) -> dict[str, float]:
        """Totals over all products."""
        stock, asked, lost, cycles, broken, orders = (float(getattr(self, field.name).sum()) for field in fields(self))
        return {
            "mean_stock": stock,
            "lost_units": lost,
            "lost_share": lost / max(asked, 1),
            "cycles": cycles,
            "broken_cycles": broken,
            "service_level": 1 - broken / max(cycles, 1),
            "orders": orders,
        }


def make_shop(each: int, days: int, rng: np.random.Generator, kinds: tuple[str, ...] = KINDS) -> Shop:
    """`each` products of each kind, twice to half the kind's usual demand; lead times of 3 to 21 days."""
    kind, day = np.repeat(kinds, each), np.arange(days)
    n = len(kind)
    usual = np.select([kind == "fast", kind == "slow", kind == "seasonal"], [20.0, 0.15, 6.0], 0.06)
    week = 1 + 0.4 * np.sin(2 * np.pi * day / WEEK)
    year = np.where((kind == "seasonal")[:, None], 1 + 0.6 * np.sin(2 * np.pi * day / YEAR), 1)
    # Gamma noise of each day makes counts vary more than Poisson ones, as those of shops do.
    mean = (usual * rng.uniform(0.5, 2, n))[:, None] * week * year * rng.gamma(4, 0.25, (n, days))
    units = rng.poisson(mean).astype(np.float64)
    lumps = np.minimum(units, 1) * rng.geometric(1 / LUMP, units.shape)
    return Shop(np.where((kind == "lumpy")[:, None], lumps, units), rng.integers(3, 22, n), kind)


def simulate(shop: Shop, first: int, review_days: int, rule: Rule) -> Outcome:
    """Run the shop from day `first` on. It opens with five weeks of demand on hand."""
    n, days = shop.demand.shape
    sold, rows = shop.demand.copy(), np.arange(n)
    on_hand = np.ceil(shop.demand[:, :first].mean(axis=1) * 35)
    arriving = np.zeros((n, days + int(shop.lead.max()) + 1))
    stock, lost, cycles, broken, orders = (np.zeros(n) for _ in range(5))
    is_broken = np.zeros(n, dtype=bool)
    for day in range(first, days):
        served = np.minimum(shop.demand[:, day], on_hand)
        sold[:, day] = np.where(on_hand > 0, served, np.nan)
        missed = shop.demand[:, day] - served
        on_hand, lost, is_broken = on_hand - served, lost + missed, is_broken | (missed > 0)
        if (day - first) % review_days == 0:
            ordered = rule(sold[:, : day + 1], on_hand + arriving[:, day:].sum(axis=1))
            arriving[rows, day + shop.lead] += ordered
            orders = orders + (ordered > 0)
        came = arriving[:, day] > 0
        cycles, broken, is_broken = cycles + came, broken + (came & is_broken), is_broken & ~came
        on_hand = on_hand + arriving[:, day]
        # What has come is no longer on its way.
        arriving[:, day] = 0
        stock += on_hand
    return Outcome(stock / (days - first), shop.demand[:, first:].sum(axis=1), lost, cycles, broken, orders)


def planned(lead: AnyArray, policy: Policy) -> Rule:
    """The pipeline's plan, made anew at every look from the sales until then, with a light forecast."""
    n = len(lead)
    _, protection = spans(lead.astype(float), policy.review_days)

    def rule(sold: DoubleArray, position: DoubleArray) -> DoubleArray:
        errors, scale = past_errors(sold), naive_scale(sold, WEEK)
        stock = Stock(position, np.zeros(n), lead.astype(float), np.full(n, np.nan), np.ones(n, dtype=bool))
        over = lead_time_errors(errors, scale, protection, groups_alike(sold))
        # Nobody looks at the risks here, for which the errors over the lead time would be.
        plan = make_plan(stock, weekday_means(sold), over, over, History(sold), policy)
        return np.where(plan.order_now, plan.order_quantity, 0)

    return rule


def fixed(lead: AnyArray, review_days: int, kept_days: float, *, knows_lead: bool) -> Rule:
    """Who has no more than `kept_days` days of the last sales on hand and on order fills up by a cycle more, or by one.

    The cycle is the plan's, the longer of lead time and review. Who knows lead times keeps those days beside them. The
    last sales are those of four weeks with something on the shelf, so that the rule does not forget what is sold out.
    """
    low = kept_days + lead * knows_lead

    def rule(sold: DoubleArray, position: DoubleArray) -> DoubleArray:
        known = ~np.isnan(sold)
        is_last = known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= LAST_DAYS)
        daily = _mean(np.where(is_last, sold, np.nan))
        full = np.ceil(daily * (low + np.maximum(lead, review_days)))
        return np.where(position <= daily * low, np.maximum(full - position, 1), 0)

    return rule


def rival_of(outcome: Outcome, shop: Shop, first: int, review_days: int, *, knows_lead: bool) -> tuple[int, Outcome]:
    """The fixed rule with the fewest whole days whose mean stock is no less than that of `outcome`."""

    def rival(days: int) -> Outcome:
        return simulate(shop, first, review_days, fixed(shop.lead, review_days, days, knows_lead=knows_lead))

    candidates = range(1, 3 * YEAR)
    place = bisect_left(candidates, outcome.stock.sum(), key=lambda days: rival(days).stock.sum())
    if place == len(candidates):
        raise ValueError("no fixed rule keeps as much stock")
    return candidates[place], rival(candidates[place])


def past_errors(sold: DoubleArray) -> DoubleArray:
    """What came less what was foreseen, in windows side by side up to the clock, (W, n, H)."""
    days = sold.shape[1]
    cuts = [days - HORIZON * window for window in range(WINDOWS, 0, -1)]
    return np.stack([sold[:, cut : cut + HORIZON] - weekday_means(sold[:, :cut]) for cut in cuts])


def weekday_means(sold: DoubleArray) -> DoubleArray:
    """A light forecast: the mean of each weekday over the last weeks, (n, H); 0 where nothing was seen."""
    weeks = sold[:, -WEEK * WEEKS_SEEN :].reshape(len(sold), WEEKS_SEEN, WEEK)
    means = _mean(weeks.swapaxes(1, 2).reshape(-1, WEEKS_SEEN)).reshape(len(sold), WEEK)
    return np.tile(means, HORIZON // WEEK)


def _mean(values: DoubleArray) -> DoubleArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.nanmean(values, axis=1))
