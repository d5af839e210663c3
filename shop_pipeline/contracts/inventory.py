"""What to order when: classes of products, reorder points and safety stock.

Not here: the mathematics (`models/inventory`).
"""

from .mart import mart
from .table import Column, ForeignKey, Rule, Table

STATES = ("stocked", "stopped", "unsold", "not_listed")
OLDEST_COUNT_DAYS = 31
"""An older count says nothing of today: no shop counts less than monthly what it orders by, and losses and deliveries
that no feed tells of add up."""
FRESH_COUNT_DAYS = 7
"""As long as a count holds in features.demand_daily."""

_CLOCK_DAY = "CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)"

_POSITION = "(on_hand::HUGEINT + coalesce(on_order, 0))"

INVENTORY_PLAN = mart(
    "inventory_plan",
    "one product that is listed or was sold within the history of demand: when to order it, and how much",
    (
        Column("product_id", "VARCHAR", "product"),
        Column(
            "on_hand",
            "BIGINT",
            "units of the newest count less what was sold on its day (it is of the opening) and since, at least 0;"
            f" null where nobody counted or {OLDEST_COUNT_DAYS} days are over",
            required=False,
            minimum=0,
        ),
        Column(
            "on_order",
            "BIGINT",
            "units on order at that count, less what was sold beyond it and must have come since",
            required=False,
            minimum=0,
        ),
        Column("counted", "BIGINT", "units of the newest count; null where nobody counted", required=False, minimum=0),
        Column("stock_date", "DATE", "day of that count", required=False),
        Column("lead_time_days", "DOUBLE", "from order to delivery", minimum=0),
        Column("lead_time_source", "VARCHAR", "the stock feed's newest, else the setting", values=("feed", "setting")),
        Column(
            "protection_days",
            "INTEGER",
            "lead time and review in whole days: so long the reorder point has to last",
            minimum=1,
        ),
        Column(
            "is_extrapolated",
            "BOOLEAN",
            "these days are more than the forecast has: its mean goes on, its errors grow with the square root",
        ),
        Column("demand_in_lead_time", "DOUBLE", "units expected over the lead time", minimum=0),
        Column("demand_in_protection", "DOUBLE", "units expected over the protection days", minimum=0),
        Column(
            "safety_stock",
            "DOUBLE",
            "units above these, by the forecast's own errors, that let inventory.service_level of the cycles pass",
            minimum=0,
        ),
        Column("reorder_point", "BIGINT", "order where no more units are on hand and on order together", minimum=0),
        Column("order_now", "BOOLEAN", "to be ordered today; false where on_hand is null"),
        Column(
            "order_quantity",
            "BIGINT",
            "units to order, now or when the reorder point is reached; 0 for what is not ordered again",
            minimum=0,
        ),
        Column(
            "stockout_risk",
            "DOUBLE",
            "probability that more is asked for until an order of today is there than is on hand and on order",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "days_of_cover",
            "DOUBLE",
            "days until the expected demand uses up what is on hand; null where that is, or where none is expected",
            required=False,
            minimum=0,
        ),
        Column("unit_cost", "DOUBLE", "cost of one unit", required=False, minimum=0),
        Column("revenue", "DECIMAL(18,4)", "net revenue of the last 52 whole weeks"),
        Column("cumulated_share", "DOUBLE", "its share of all revenue and of all with more", minimum=0, maximum=1),
        Column("abc_class", "VARCHAR", "by revenue: borders in inventory.abc", values=("A", "B", "C")),
        Column(
            "weekly_variation",
            "DOUBLE",
            "coefficient of variation of the units of these weeks; null with fewer than two weeks or no sale",
            required=False,
            minimum=0,
        ),
        Column("xyz_class", "VARCHAR", "by weekly_variation: borders in inventory.xyz", values=("X", "Y", "Z")),
        Column(
            "state",
            "VARCHAR",
            "ordered again (stocked), or not: it has stopped selling, never sold, or left the products feed",
            values=STATES,
        ),
        Column("model", "VARCHAR", "the model of the forecast; null without one", required=False),
        Column(
            "error_source",
            "VARCHAR",
            "what the safety stock is from: the forecast's errors for it or for products alike; its busiest days"
            " where these say more than they support (sales); or, without errors, demand about the forecast as uneven"
            " as its sales (poisson, wider where several are bought at a time)",
            values=("own", "alike", "sales", "poisson"),
        ),
        Column("reason", "VARCHAR", "why, in one sentence"),
    ),
    ("product_id",),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    rules=(
        Rule(
            "figures_are_finite",
            "SELECT product_id FROM {batch} WHERE NOT (isfinite(lead_time_days) AND isfinite(demand_in_lead_time)"
            " AND isfinite(demand_in_protection) AND isfinite(safety_stock) AND isfinite(cumulated_share)"
            " AND coalesce(isfinite(stockout_risk) AND isfinite(days_of_cover), true)"
            " AND coalesce(isfinite(weekly_variation), true))",
            "no NaN, no infinity",
        ),
        Rule(
            "every_forecast_is_planned",
            "SELECT DISTINCT unique_id FROM marts.demand_forecast WHERE level = 'product' AND EXISTS (FROM {batch})"
            " AND unique_id NOT IN (SELECT product_id FROM {batch})",
            "what has a forecast has a plan",
        ),
        Rule(
            "reorder_point_is_demand_and_safety",
            "SELECT product_id, reorder_point FROM {batch} WHERE state = 'stocked'"
            " AND abs(reorder_point - demand_in_protection - safety_stock) > 0.5 + 1e-6",
            "expected units and safety stock, rounded",
        ),
        Rule(
            "lead_time_is_protected",
            "SELECT product_id FROM {batch} WHERE demand_in_lead_time > demand_in_protection + 1e-9"
            " OR protection_days < lead_time_days",
            "the reorder point lasts longer than the lead time",
        ),
        Rule(
            "order_now_follows",
            "SELECT product_id, order_now FROM {batch} WHERE order_now"
            f" <> (state = 'stocked' AND on_hand IS NOT NULL AND {_POSITION} <= reorder_point)",
            "exactly where units on hand and on order are no more than the reorder point",
        ),
        Rule(
            "an_order_fills_up",
            f"SELECT product_id, order_quantity FROM {{batch}} WHERE (order_quantity > 0) <> (state = 'stocked')"
            f" OR order_now AND {_POSITION} + order_quantity <= reorder_point",
            "what is stocked has a quantity, and after an order there is more than the reorder point",
        ),
        Rule(
            "nothing_for_what_is_not_ordered",
            "SELECT product_id FROM {batch} WHERE state <> 'stocked' AND (reorder_point > 0 OR safety_stock > 0)",
            "no reorder point and no safety stock",
        ),
        Rule(
            "risk_needs_a_count",
            "SELECT product_id FROM {batch} WHERE (on_hand IS NULL) <> (stockout_risk IS NULL)"
            " OR (counted IS NULL) <> (stock_date IS NULL) OR on_hand IS NULL AND days_of_cover IS NOT NULL"
            f" OR (on_hand IS NULL) <> coalesce(stock_date < {_CLOCK_DAY} - {OLDEST_COUNT_DAYS}, true)",
            "a risk exactly where somebody counted, and not too long ago",
        ),
        Rule(
            "on_hand_is_of_the_count",
            "SELECT product_id, on_hand, counted FROM {batch} WHERE on_hand > counted",
            "sales take off, and nothing adds",
        ),
        Rule(
            "counts_are_fresh",
            "SELECT product_id, stock_date FROM {batch} WHERE state = 'stocked'"
            f" AND stock_date < {_CLOCK_DAY} - {FRESH_COUNT_DAYS}",
            "what is ordered again was counted within a week, where it is counted at all",
            "WARN",
        ),
        Rule(
            "nothing_after_as_of",
            f"SELECT product_id, stock_date FROM {{batch}} WHERE stock_date >= {_CLOCK_DAY}",
            "no count at or after the run's clock is used",
        ),
        Rule(
            "shares_add_up",
            "SELECT product_id, cumulated_share FROM (SELECT *, greatest(revenue, 0) AS earned,"
            " sum(earned) OVER () AS whole, sum(earned) OVER (ORDER BY earned DESC, product_id) AS above FROM {batch})"
            " WHERE whole > 0 AND abs(cumulated_share - above / whole) > 1e-6",
            "each share is that of the product and of all with more revenue",
        ),
        Rule(
            "classes_follow_revenue",
            "SELECT product_id, abc_class, revenue FROM (SELECT *, max(abc_class) OVER (ORDER BY revenue DESC,"
            " product_id) AS worst FROM {batch}) WHERE abc_class < worst OR revenue <= 0 AND abc_class <> 'C'",
            "nobody of a better class has less revenue; who has none is C",
        ),
    ),
)

INVENTORY: tuple[Table, ...] = (INVENTORY_PLAN,)
