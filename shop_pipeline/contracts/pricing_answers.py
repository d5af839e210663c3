"""How demand answers to prices, and what prices might be: advice from what was seen, no experiment.

Not here: the prices themselves (`pricing.py`), and how both are found (`models/pricing`).
"""

from .mart import mart
from .table import Column, ForeignKey, Rule

PRICED = ForeignKey(("product_id",), "marts.price_history", ("product_id",))
METHODS = ("own", "pooled", "group")
REASONS = (
    "raise_inelastic",
    "lower_elastic",
    "keep_best",
    "keep_uncertain",
    "keep_no_room",
    "keep_paid_prices",
)

PRICE_ELASTICITY = mart(
    "price_elasticity",
    "one product that was in stock at two prices or more, and by how many percent its units change with its price",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("elasticity", "DOUBLE", "percent more units for one percent more price: mostly below 0"),
        Column("ci_low", "DOUBLE", "lower end of the 95 % interval"),
        Column("ci_high", "DOUBLE", "upper end"),
        Column("n_price_points", "BIGINT", "different prices at which it was in stock", minimum=2),
        Column("standard_error", "DOUBLE", "standard deviation of what is not known", minimum=0),
        Column("own_elasticity", "DOUBLE", "by its own sales; null under 20 days with a sale", required=False),
        Column("own_standard_error", "DOUBLE", "its standard error, by price spells", required=False, minimum=0),
        Column(
            "method",
            "VARCHAR",
            "own or pooled, after what it mostly rests on; group: its like alone, as its own sales say nothing",
            values=METHODS,
        ),
        Column("category", "VARCHAR", "first part of the path; (none) without one"),
        Column("n_days", "BIGINT", "days in stock at a known price", minimum=1),
        Column("n_days_sold", "BIGINT", "of them, those with a sale", minimum=0),
        Column("units", "BIGINT", "units sold on them", minimum=0),
        Column("price_source", "VARCHAR", "paid, if any of its prices is no list price", values=("list", "paid")),
        Column("is_significant", "BOOLEAN", "the interval does not hold 0"),
        Column(
            "is_reliable",
            "BOOLEAN",
            "of list prices, all of the interval below 0: prices that were paid also fall with a larger order",
        ),
    ),
    ("product_id",),
    (PRICED,),
    (
        Rule(
            "interval_holds_the_estimate",
            "SELECT product_id FROM {batch} WHERE NOT (ci_low <= elasticity AND elasticity <= ci_high"
            " AND isfinite(ci_low) AND isfinite(ci_high) AND isfinite(standard_error))",
            "ci_low <= elasticity <= ci_high, all of them finite",
        ),
        Rule(
            "own_figures_are_whole",
            "SELECT product_id FROM {batch} WHERE (own_elasticity IS NULL) <> (method = 'group')"
            " OR (own_elasticity IS NULL) <> (own_standard_error IS NULL)"
            " OR NOT isfinite(own_elasticity) OR NOT isfinite(own_standard_error)",
            "own elasticity and its error are there together, and finite, where the product's own sales speak",
        ),
        Rule(
            "marks_follow_the_interval",
            "SELECT product_id FROM {batch} WHERE is_significant <> (ci_low > 0 OR ci_high < 0)"
            " OR is_reliable <> (price_source = 'list' AND ci_high < 0)",
            "significant without 0 in the interval, reliable below it and of list prices",
        ),
        Rule(
            "counts_follow_the_history",
            "SELECT product_id FROM {batch} JOIN (SELECT product_id, count(DISTINCT price) AS prices,"
            " sum(n_days_in_stock) AS days FROM marts.price_history WHERE n_days_in_stock > 0 GROUP BY 1)"
            " USING (product_id) WHERE prices <> n_price_points OR days <> n_days"
            " OR n_days_sold > n_days OR n_days_sold > units",
            "price points and days in stock are those of marts.price_history; on a day with a sale a unit is sold",
        ),
    ),
)

_SHARE = "as a share of today's"
PRICE_SUGGESTIONS = mart(
    "price_suggestions",
    "one product with an elasticity, and the price that it might have",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("current_price", "DOUBLE", "today's price", minimum=0),
        Column("suggested_price", "DOUBLE", "a better one; null where none surely is", required=False, minimum=0),
        Column("lowest_price", "DOUBLE", "least that was allowed: change, prices seen so far, margin", minimum=0),
        Column("highest_price", "DOUBLE", "most that was allowed: change, prices seen so far", minimum=0),
        Column("unit_cost", "DOUBLE", "cost of one unit; null where it is not known", required=False, minimum=0),
        Column("elasticity", "DOUBLE", "as in marts.price_elasticity"),
        Column(
            "objective",
            "VARCHAR",
            "what was to rise: revenue where no cost is known",
            values=("margin", "revenue"),
        ),
        Column("expected_units_change", "DOUBLE", f"change of units, {_SHARE}", required=False, minimum=-1),
        Column("units_change_low", "DOUBLE", "at ci_low", required=False, minimum=-1),
        Column("units_change_high", "DOUBLE", "at ci_high", required=False, minimum=-1),
        Column("expected_revenue_change", "DOUBLE", f"change of revenue, {_SHARE}", required=False, minimum=-1),
        Column("revenue_change_low", "DOUBLE", "at ci_low", required=False, minimum=-1),
        Column("revenue_change_high", "DOUBLE", "at ci_high", required=False, minimum=-1),
        Column(
            "expected_margin_change",
            "DOUBLE",
            "change of revenue less cost, as a share of today's revenue; null without a cost",
            required=False,
        ),
        Column("margin_change_low", "DOUBLE", "at ci_low", required=False),
        Column("margin_change_high", "DOUBLE", "at ci_high", required=False),
        Column("is_at_limit", "BOOLEAN", "the suggestion is as far away as it may be"),
        Column("reason_code", "VARCHAR", "why the price is to change or to stay", values=REASONS),
        Column("reason", "VARCHAR", "the same as a sentence, with its figures"),
    ),
    ("product_id",),
    (ForeignKey(("product_id",), "marts.price_elasticity", ("product_id",)),),
    (
        Rule(
            "within_its_limits",
            "SELECT product_id FROM {batch} WHERE suggested_price NOT BETWEEN lowest_price AND highest_price"
            " OR suggested_price = current_price OR suggested_price <= 0 OR NOT isfinite(suggested_price)",
            "a suggestion is another price, not under the lowest nor over the highest one",
        ),
        Rule(
            "gains_over_the_whole_interval",
            "SELECT product_id FROM {batch} WHERE suggested_price IS NOT NULL AND NOT coalesce(CASE objective"
            " WHEN 'margin' THEN margin_change_low > 0 AND margin_change_high > 0"
            " ELSE revenue_change_low > 0 AND revenue_change_high > 0 END, false)",
            "what was to rise rises at both ends of the elasticity's interval",
        ),
        Rule(
            "figures_are_whole",
            "SELECT product_id FROM {batch} WHERE (suggested_price IS NULL) <> (expected_units_change IS NULL)"
            " OR (suggested_price IS NULL) <> (expected_revenue_change IS NULL)"
            " OR (suggested_price IS NULL OR unit_cost IS NULL) <> (expected_margin_change IS NULL)"
            " OR (unit_cost IS NULL) <> (objective = 'revenue')"
            " OR (suggested_price IS NULL) <> starts_with(reason_code, 'keep_') OR trim(reason) = ''",
            "a suggestion has its figures and a reason to change; margins are of products with a cost",
        ),
        Rule(
            "follows_its_tables",
            "SELECT product_id FROM {batch} AS b JOIN marts.price_elasticity AS e USING (product_id)"
            " JOIN (SELECT product_id, price FROM marts.price_history WHERE valid_until IS NULL) AS p"
            " USING (product_id) WHERE b.elasticity <> e.elasticity OR b.current_price <> p.price::DOUBLE"
            " OR (b.reason_code = 'keep_paid_prices') <> (e.price_source = 'paid')",
            "elasticity and today's price are those of their own marts; who has no list prices gets no advice",
        ),
    ),
)
