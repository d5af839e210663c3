"""The bad rows: one for each promise of each contract, derived where the contract says enough, else by hand.

A promise for which neither way gives a plant is left out of `PLANTED`; the completeness test then fails and names it.
"""

from dataclasses import dataclass
from datetime import datetime

from shop_pipeline.checks.suite import Promise, promises
from shop_pipeline.contracts import TABLES, Column, Table
from shop_pipeline_tests.checks.world import AS_OF, Plant

NAN, INFINITE = float("nan"), float("inf")


def last(**change: object) -> Plant:
    return Plant({-1: change})


# By table and promise; a promise that stands here is not derived. Positions are those of world.GOOD.
BY_HAND: dict[tuple[str, str], list[Plant]] = {
    ("clean.events", "money_events_are_whole"): [
        Plant({1: {column: None}}) for column in ("order_id", "product_id", "quantity", "unit_price")
    ],
    # Another line pays for the difference, so that the totals still hold.
    ("clean.order_lines", "net_is_gross_less_returned"): [Plant({-1: {"net_amount": 1}, 0: {"net_amount": 19}})],
    ("clean.order_lines", "in_range(gross_amount)"): [
        Plant({-1: {"gross_amount": -1, "net_amount": -1}, 0: {"gross_amount": 21, "net_amount": 21}})
    ],
    ("clean.order_lines", "in_range(returned_amount)"): [
        Plant({-1: {"returned_amount": -1, "net_amount": 1}, 0: {"gross_amount": 19, "net_amount": 19}})
    ],
    ("clean.order_lines", "totals_reconcile_with_events"): [last(gross_amount=1, net_amount=1)],
    ("clean.orders", "totals_reconcile_with_lines"): [last(net_revenue=1)],
    ("features.interactions", "nothing_after_as_of"): [
        last(last_event_at=AS_OF),
        last(last_event_at=datetime(2025, 2, 2)),
    ],
    ("features.interactions", "in_range(weight)"): [last(weight=w) for w in (-1.0, NAN)],
    ("features.interactions", "weights_are_finite"): [last(weight=w) for w in (0.0, INFINITE)],
    ("models.product_similarity", "not_like_itself"): [last(similar_product_id="P2")],
    # As text, because the client turns a NaN within a list into a null; that is the third.
    ("models.als_factors", "factors_are_finite"): [
        last(factors=vector) for vector in (["0.5", "nan"], [INFINITE, 0.5], [None, 0.5])
    ],
    ("models.als_factors", "one_length"): [last(factors=[0.5])],
    # Ranks 1, 1, 3 and 0, 2, 3: as many as the highest, so that only the key or the range can tell.
    ("marts.recommendations", "key(customer_id, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.recommendations", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.recommendations", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.recommendations", "no_product_twice"): [Plant({2: {"product_id": "P1"}})],
    ("marts.recommendations", "seen_products_left_out"): [Plant({2: {"product_id": "P2"}})],
    ("marts.similar_products", "key(product_id, measure, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.similar_products", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.similar_products", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.popular_products", "key(scope, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.popular_products", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.popular_products", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.sales_daily", "totals_reconcile_with_lines"): [last(net_revenue=1)],
    ("marts.model_evaluation", "in_range(value)"): [
        last(value=-0.1, ci_low=-0.2, ci_high=0.0),
        last(value=1.1, ci_low=1.0, ci_high=1.2),
    ],
    ("marts.model_evaluation", "interval_holds_value"): [last(value=0.3), last(value=0.7)],
}

# A negative weight, or none, is out of its range and not over zero: there is no row that breaks the range alone.
ALSO: dict[tuple[str, str], set[str]] = {("features.interactions", "in_range(weight)"): {"weights_are_finite"}}


@dataclass(frozen=True)
class Case:
    """One bad frame and the promise that it breaks."""

    table: Table
    rule: str
    plant: Plant
    number: int

    def __str__(self) -> str:
        return f"{self.table.qualified}-{self.rule}-{self.number}"

    @property
    def also(self) -> set[str]:
        return ALSO.get((self.table.qualified, self.rule), set())


def derived(table: Table, promise: Promise) -> list[Plant]:
    """Plants that follow from the contract; none for a rule by name, which only a person can break.

    Nulls are planted all at once, in `test_promises.py`.
    """
    if promise.name.startswith("not_null("):
        return []
    if promise.column is not None:
        return _of_column(promise.name, promise.column)
    if promise.name.startswith("key("):
        return [Plant(twice=(-1,))]
    return [last(**dict.fromkeys(key.columns, "nowhere")) for key in table.foreign_keys if key.rule == promise.name]


def _of_column(promise: str, column: Column) -> list[Plant]:
    if promise.startswith("known_value("):
        return [last(**{column.name: "nonsense"})]
    low = [] if column.minimum is None else [column.minimum - 1]
    high = [] if column.maximum is None else [column.maximum + 1]
    return [last(**{column.name: value}) for value in low + high]


PLANTED = [
    Case(table, promise.name, plant, number)
    for table in TABLES.values()
    for promise in promises(table)
    for number, plant in enumerate(BY_HAND.get((table.qualified, promise.name)) or derived(table, promise))
]
