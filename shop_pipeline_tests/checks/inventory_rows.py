"""Clean rows of the tables about inventory, and the bad rows that have to be planted by hand.

P1 is half sold out and ordered, P2 lasts, P4 was never sold nor counted. P3 is ordered, too: 3 on hand and 1 on order
are no more than 4.5 expected and 1.5 for safety.
"""

from datetime import date
from typing import Any

from shop_pipeline_tests.checks.rows import Plant, Row, last, row

NAME = "marts.inventory_plan"
INFINITE = float("inf")


def _planned(product: str, revenue: int, share: float, abc: str, **given: Any) -> Row:
    position = {
        "on_hand": 3,
        "on_order": 1,
        "counted": 9,
        "stock_date": date(2025, 1, 31),
        "lead_time_days": 0.0,
        "demand_in_lead_time": 0.0,
    }
    needs = {"demand_in_protection": 4.5, "safety_stock": 1.5, "reorder_point": 6}
    order = {"order_now": True, "order_quantity": 50}
    classes = {"revenue": revenue, "cumulated_share": share, "abc_class": abc}
    return row(NAME, product_id=product, **(position | needs | order | classes | given))


UNSOLD = {
    **dict.fromkeys(("on_hand", "on_order", "counted", "stock_date", "stockout_risk", "days_of_cover", "model")),
    **dict.fromkeys(("demand_in_protection", "safety_stock"), 0.0),
    **dict.fromkeys(("reorder_point", "order_quantity"), 0),
    "order_now": False,
    "state": "unsold",
    "error_source": "poisson",
}
# 16 + 3 + 1 = 20. By falling revenue the last row stands before P4.
GOOD: dict[str, list[Row]] = {
    NAME: [
        _planned("P1", 16, 0.8, "A"),
        _planned("P2", 3, 0.95, "B", on_hand=6, order_now=False, order_quantity=8, days_of_cover=None),
        _planned("P4", 0, 1.0, "C", **UNSOLD),
        _planned("P3", 1, 1.0, "C"),
    ]
}
WAITS, NEVER = 1, 2

BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (NAME, "figures_are_finite"): [
        last(days_of_cover=INFINITE),
        Plant({NEVER: {"weekly_variation": INFINITE}}),
    ],
    (NAME, "every_forecast_is_planned"): [Plant({0: {"product_id": "P5"}})],
    (NAME, "reorder_point_is_demand_and_safety"): [last(reorder_point=7), last(reorder_point=5)],
    (NAME, "lead_time_is_protected"): [last(demand_in_lead_time=4.6), last(lead_time_days=1.5)],
    (NAME, "order_now_follows"): [
        last(order_now=False),
        Plant({WAITS: {"order_now": True}}),
        Plant({NEVER: {"order_now": True}}),
    ],
    (NAME, "an_order_fills_up"): [
        last(order_quantity=2),
        Plant({WAITS: {"order_quantity": 0}}),
        Plant({NEVER: {"order_quantity": 1}}),
    ],
    (NAME, "nothing_for_what_is_not_ordered"): [
        Plant({NEVER: {"reorder_point": 1}}),
        Plant({NEVER: {"safety_stock": 0.5}}),
    ],
    (NAME, "risk_needs_a_count"): [
        last(stockout_risk=None),
        last(stock_date=None),
        last(counted=None),
        last(stock_date=date(2024, 12, 31)),
        Plant({NEVER: {"stockout_risk": 0.5}}),
        Plant({NEVER: {"days_of_cover": 1.0}}),
    ],
    (NAME, "on_hand_is_of_the_count"): [last(counted=2)],
    (NAME, "nothing_after_as_of"): [last(stock_date=date(2025, 2, 1))],
    (NAME, "shares_add_up"): [last(cumulated_share=0.99), Plant({WAITS: {"cumulated_share": 0.8}})],
    (NAME, "classes_follow_revenue"): [
        last(abc_class="A"),
        Plant({0: {"abc_class": "C"}}),
        Plant({-1: {"abc_class": "B"}, NEVER: {"abc_class": "B"}}),
    ],
}

# What is less than nothing is no sum of demand and safety, and a row that is there twice has its revenue twice.
ALSO: dict[tuple[str, str], set[str]] = {
    (NAME, "in_range(demand_in_protection)"): {"reorder_point_is_demand_and_safety", "lead_time_is_protected"},
    (NAME, "in_range(counted)"): {"on_hand_is_of_the_count"},
    (NAME, "in_range(safety_stock)"): {"reorder_point_is_demand_and_safety"},
    (NAME, "in_range(reorder_point)"): {"reorder_point_is_demand_and_safety", "order_now_follows"},
    (NAME, "in_range(order_quantity)"): {"an_order_fills_up"},
    (NAME, "in_range(cumulated_share)"): {"shares_add_up"},
    (NAME, "known_value(abc_class)"): {"classes_follow_revenue"},
    (NAME, "known_value(state)"): {"order_now_follows", "an_order_fills_up", "nothing_for_what_is_not_ordered"},
    (NAME, "key(product_id)"): {"shares_add_up"},
}
