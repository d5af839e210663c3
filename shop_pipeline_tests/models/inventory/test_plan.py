"""The plan, worked by hand over given errors: when, how much, and how risky."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.inventory.history import History
from shop_pipeline.models.inventory.plan import Plan, Policy, Stock, make_plan
from shop_pipeline.models.inventory.reasons import Counts, reasons, states

DAILY = Policy(service_level=0.9, review_days=1, order_cost=None, holding_rate=0.25)
UNKNOWN = float("nan")
# Sales that support any error here: 1,000 days of 2 a day, after a week of 500 a day.
BUSY = np.concatenate([np.full((1, 7), 500.0), np.full((1, 1000), 2.0)], axis=1)
EVEN = np.full((1, 1_000_000), 2.0)


@dataclass(frozen=True)
class Draws:
    """Equally likely errors, the same for all products."""

    n: int
    errors: tuple[float, ...]

    def quantile(self, level: float) -> DoubleArray:
        return np.full(self.n, np.quantile(self.errors, level))

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        found = (np.array(self.errors) > amount[:, None]).mean(axis=1)
        return np.where(np.isnan(self.errors[0]), np.nan, found)


def plan_of(
    daily: float = 2,
    *,
    on_hand: float = 20,
    on_order: float = 0,
    lead: float = 4,
    cost: float = UNKNOWN,
    is_stocked: bool = True,
    errors: tuple[float, ...] = (0,),
    policy: Policy = DAILY,
    sold: DoubleArray = BUSY,
) -> Plan:
    """The plan of one product that sells `daily` units; the horizon is ten days."""
    return make_plan(
        stock_of(on_hand, on_order, lead, cost, is_stocked),
        np.full((1, 10), float(daily)),
        Draws(1, errors),
        Draws(1, errors),
        History(sold),
        policy,
    )


def stock_of(
    on_hand: float = 20, on_order: float = 0, lead: float = 4, cost: float = UNKNOWN, is_stocked: bool = True
) -> Stock:
    numbers = (np.array([float(value)]) for value in (on_hand, on_order, lead, cost))
    return Stock(*numbers, np.array([is_stocked]))


def figures(plan: Plan, *names: str) -> list[float]:
    return [getattr(plan, name)[0] for name in names]


def test_demand_that_is_known_needs_no_safety_stock() -> None:
    """2 a day, 4 days of lead time, 1 until the next look: 10 are gone before what is ordered tomorrow is there."""
    plan = plan_of()
    assert figures(plan, "protection_days", "demand_in_lead_time", "demand_in_protection") == [5, 8, 10]
    assert figures(plan, "safety_stock", "reorder_point", "order_now") == [0, 10, False]


def test_safety_stock_is_the_quantile_of_the_errors() -> None:
    # Of the errors 0 to 10 nine tenths are no more than 9.
    plan = plan_of(errors=tuple(range(11)))
    assert figures(plan, "safety_stock", "reorder_point") == [9, 19]


def test_a_forecast_that_was_always_too_high_is_no_reason_to_stock_less() -> None:
    assert figures(plan_of(errors=(-5, -4)), "safety_stock", "reorder_point") == [0, 10]


def test_units_are_whole() -> None:
    # 5 days of .3 and 2.2 for safety are 3.7, with 1.9 they are 3.4; a half is rounded up.
    assert [figures(plan_of(daily=0.3, errors=(more,)), "reorder_point") for more in (2.2, 1.9, 2.0)] == [[4], [3], [4]]


def test_an_order_is_placed_at_the_reorder_point_and_fills_up() -> None:
    """The lot lasts the lead time, 8; with 7 there, 3 are missing to the reorder point of 10."""
    assert figures(plan_of(on_hand=11), "order_now", "order_quantity") == [False, 8]
    assert figures(plan_of(on_hand=10), "order_now", "order_quantity") == [True, 8]
    assert figures(plan_of(on_hand=7), "order_now", "order_quantity") == [True, 11]


def test_what_is_on_order_counts() -> None:
    assert figures(plan_of(on_hand=7, on_order=4), "order_now") == [False]
    assert figures(plan_of(on_hand=7, on_order=2), "order_now", "order_quantity") == [True, 9]
    assert figures(plan_of(on_hand=7, on_order=UNKNOWN), "order_now", "order_quantity") == [True, 11]


def test_with_both_costs_the_lot_is_the_economic_one() -> None:
    # sqrt(2 x 730 x 5 / (.25 x 2)) = 120.8.
    economic = Policy(0.9, 1, order_cost=5.0, holding_rate=0.25)
    assert figures(plan_of(cost=2, policy=economic), "lot", "order_quantity") == [121, 121]
    assert figures(plan_of(policy=economic), "lot") == [8]


def test_risk_is_the_share_of_errors_that_use_up_what_is_there() -> None:
    """8 are expected in the lead time: with 10 there, errors of 3 and more are too much; of 0 to 9, 7 of 10."""
    errors = tuple(range(10))
    assert figures(plan_of(on_hand=10, errors=errors), "stockout_risk") == [0.7]
    assert figures(plan_of(on_hand=6, on_order=4, errors=errors), "stockout_risk") == [0.7]
    assert figures(plan_of(on_hand=17, errors=errors), "stockout_risk") == [0]
    assert figures(plan_of(on_hand=0, errors=errors), "stockout_risk") == [1]


def test_without_a_lead_time_there_is_no_risk_and_the_review_is_bridged() -> None:
    plan = plan_of(lead=0, on_hand=1, errors=(3,))
    assert figures(plan, "stockout_risk", "demand_in_lead_time", "reorder_point", "order_now") == [0, 0, 5, True]


def test_a_part_of_a_day_counts_whole() -> None:
    plan = plan_of(lead=3.5, policy=Policy(0.9, 7, None, 0.25))
    assert figures(plan, "protection_days", "demand_in_lead_time", "demand_in_protection") == [11, 8, 22]


def test_nobody_counted() -> None:
    """No position: no risk, no cover and no order now, but a reorder point and a quantity."""
    plan = plan_of(on_hand=UNKNOWN, errors=(1,))
    assert figures(plan, "reorder_point", "order_now", "order_quantity") == [11, False, 8]
    assert np.isnan(figures(plan, "stockout_risk", "days_of_cover")).all()


def test_what_is_not_stocked_gets_nothing() -> None:
    plan = plan_of(on_hand=0, is_stocked=False, errors=(3,))
    assert figures(plan, "safety_stock", "reorder_point", "order_now", "lot", "order_quantity") == [0, 0, False, 0, 0]


def test_nothing_is_sold_and_nothing_ordered_before_the_last_is_gone() -> None:
    # No demand and no error: at 0 on hand a usual sale is ordered, since it is stocked.
    assert figures(plan_of(daily=0, on_hand=1), "reorder_point", "order_now", "stockout_risk") == [0, False, 0]
    assert figures(plan_of(daily=0, on_hand=0), "order_now", "order_quantity") == [True, 2]


def test_without_any_error_demand_is_poisson() -> None:
    """10 expected in protection: 14 are enough in 92 % of cases, 13 in 86 %. Over 8 for 12 there: 6 %."""
    plan = plan_of(on_hand=12, errors=(UNKNOWN,), sold=EVEN)
    assert figures(plan, "safety_stock", "reorder_point") == [4, 14]
    assert poisson.cdf(13, 10) < 0.9 < poisson.cdf(14, 10)
    np.testing.assert_allclose(figures(plan, "stockout_risk"), [1 - poisson.cdf(12, 8)], rtol=1e-4)


def test_each_product_has_its_own_lead_time() -> None:
    stock = Stock(*(np.array(v) for v in ([9.0, 9.0], [0.0, 0.0], [2.0, 8.0], [UNKNOWN] * 2)), np.array([True, True]))
    plan = make_plan(
        stock, np.full((2, 10), 1.0), Draws(2, (0,)), Draws(2, (0,)), History(BUSY.repeat(2, axis=0)), DAILY
    )
    assert plan.reorder_point.tolist() == [3, 9]
    assert plan.order_now.tolist() == [False, True]


def test_risk_is_of_the_lead_time_and_safety_of_the_protection() -> None:
    """12 there less 8 expected: errors of 6 over the lead time are too much, and of 2 over the protection are kept."""
    plan = make_plan(stock_of(12), np.full((1, 10), 2.0), Draws(1, (6,)), Draws(1, (2,)), History(BUSY), DAILY)
    assert figures(plan, "stockout_risk", "safety_stock", "reorder_point") == [1, 2, 12]


def told(
    state: str,
    plan: Plan,
    stock: Stock,
    *,
    counted: float | None = None,
    age: float = 1,
    is_unjudged: bool = False,
) -> str:
    units = stock.on_hand if counted is None else np.array([counted])
    counts = Counts(units, np.array(["3 May 2025"]), np.array([age]))
    (sentence,) = reasons(np.array([state]), np.array([40]), stock, counts, plan, np.array([is_unjudged]))
    return sentence


def test_sentences_have_the_figures() -> None:
    errors = tuple(range(11))
    assert told("stocked", plan_of(on_hand=7, errors=errors), stock_of(7)) == (
        "Order 20 now: 7 on hand and 0 on order are no more than 19 (10.0 expected in 5 days and 9.0 for safety)."
    )
    assert told("stocked", plan_of(on_hand=1200, errors=errors), stock_of(1200)) == (
        "Wait: 1,200 on hand and 0 on order are more than 19 (10.0 expected in 5 days and 9.0 for safety);"
        " then order 8."
    )
    assert told("stocked", plan_of(on_hand=UNKNOWN), stock_of(UNKNOWN)) == (
        "Nobody counted the stock: order 8 once no more than 10 are left (10.0 expected in 5 days and 0.0 for safety)."
    )
    assert told("stopped", plan_of(is_stocked=False), stock_of()).startswith("No order: no sale in 40 days,")


def test_sentences_say_what_the_figures_rest_on() -> None:
    """An old count, units that have yet to come, sales that bound the safety stock, and a forecast nobody judged."""
    assert told("stocked", plan_of(on_hand=7), stock_of(7), counted=9, age=3) == (
        "Order 11 now: 7 on hand (counted on 3 May 2025: 9, less what was sold since) and 0 on order are no more than"
        " 10 (10.0 expected in 5 days and 0.0 for safety)."
    )
    late = told("stocked", plan_of(on_hand=UNKNOWN), stock_of(UNKNOWN), counted=9, age=32)
    assert late.startswith("The last count, 9 on 3 May 2025, is too old to rely on: order 8 once no more than 10 are")
    coming = told("stocked", plan_of(on_hand=10, on_order=1), stock_of(10, 1))
    assert coming.endswith("for safety), if the 1 on order come in time; then order 8.")
    assert "come in time" not in told("stocked", plan_of(on_hand=11, on_order=1), stock_of(11, 1))
    bounded = plan_of(errors=(1000,), sold=EVEN)
    assert "for safety, held to what its busiest days so far support)" in told("stocked", bounded, stock_of())
    unjudged = told("stocked", plan_of(errors=(UNKNOWN,)), stock_of(), is_unjudged=True)
    assert "for safety, by how unevenly it sold so far)" in unjudged


def test_safety_stock_is_no_more_than_sales_support() -> None:
    """The busiest 5 days so far had 10, and so many are expected: 14 are enough in nine of ten Poisson cases.

    Errors that say less count.
    """
    plan = plan_of(errors=(1000,), sold=EVEN)
    assert figures(plan, "safety_stock", "reorder_point", "is_bounded") == [4, 14, True]
    assert figures(plan_of(errors=(3,), sold=EVEN), "safety_stock", "is_bounded") == [3, False]


def test_the_weightiest_reason_not_to_order_is_told() -> None:
    flags = np.array([[True, False, False], [True, True, False], [False, True, False], [False, True, True]])
    assert states(*flags.T).tolist() == ["stocked", "stopped", "unsold", "not_listed"]
