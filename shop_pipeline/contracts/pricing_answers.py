"""How demand answers to prices, and what prices might be: advice from what was seen, no experiment.

Not here: the prices themselves (`pricing.py`), and how both are found (`models/pricing`).
"""

from .mart import mart
from .table import Column, ForeignKey, Rule

PRICED = ForeignKey(("product_id",), "marts.price_history", ("product_id",))
METHODS = ("own", "pooled", "group")
REASONS = (
    "raise_inelastic",
    "raise_under_best",
    "lower_elastic",
    "keep_best",
    "keep_uncertain",
    "keep_rises_with_price",
    "keep_no_room",
    "keep_under_cost",
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
        Column(
            "own_elasticity",
            "DOUBLE",
            "by its own sales; null under 20 days with a sale, or where its price only moved with its group's",
            required=False,
        ),
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
_AT_HIGH = "at ci_high, or at 0 where that is over it"
PRICE_SUGGESTIONS = mart(
    "price_suggestions",
    "one product with an elasticity, and the price that it might have",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("current_price", "DOUBLE", "today's price", minimum=0),
        Column("suggested_price", "DOUBLE", "a better one; null where none surely is", required=False, minimum=0),
        Column("lowest_price", "DOUBLE", "least that was allowed: change, prices seen in stock, margin", minimum=0),
        Column("highest_price", "DOUBLE", "most that was allowed: change, prices seen in stock", minimum=0),
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
        Column("units_change_high", "DOUBLE", _AT_HIGH, required=False, minimum=-1),
        Column("expected_revenue_change", "DOUBLE", f"change of revenue, {_SHARE}", required=False, minimum=-1),
        Column("revenue_change_low", "DOUBLE", "at ci_low", required=False, minimum=-1),
        Column("revenue_change_high", "DOUBLE", _AT_HIGH, required=False, minimum=-1),
        Column(
            "expected_margin_change",
            "DOUBLE",
            "change of revenue less cost, as a share of today's revenue; null without a cost",
            required=False,
        ),
        Column("margin_change_low", "DOUBLE", "at ci_low", required=False),
        Column("margin_change_high", "DOUBLE", _AT_HIGH, required=False),
        Column("is_at_limit", "BOOLEAN", "the suggestion is as far away as it may be"),
        Column("reason_code", "VARCHAR", "why the price is to change or to stay", values=REASONS),
        Column("reason", "VARCHAR", "the same as a sentence, with its figures"),
    ),
    ("product_id",),
    (ForeignKey(("product_id",), "marts.price_elasticity", ("product_id",)),),
    (
        Rule(
            "within_its_limits",
            "SELECT product_id FROM {batch} WHERE suggested_price NOT BETWEEN lowest_price AND highest_price",
            "a suggestion is not under the lowest nor over the highest price",
        ),
        Rule(
            "gains_over_the_whole_interval",
            "SELECT product_id FROM {batch} WHERE suggested_price IS NOT NULL AND NOT coalesce(CASE objective"
            " WHEN 'margin' THEN margin_change_low > 0 AND margin_change_high > 0"
            " WHEN 'revenue' THEN revenue_change_low > 0 AND revenue_change_high > 0 ELSE true END, false)",
            "what was to rise rises at both ends of the elasticity's interval, which today's own price never does",
        ),
        Rule(
            "units_follow_the_elasticity",
            "SELECT product_id FROM {batch} AS b JOIN marts.price_elasticity AS e USING (product_id)"
            " WHERE NOT greatest("
            " abs(expected_units_change + 1 - pow(suggested_price / current_price, least(e.elasticity, 0))),"
            " abs(units_change_low + 1 - pow(suggested_price / current_price, least(ci_low, 0))),"
            " abs(units_change_high + 1 - pow(suggested_price / current_price, least(ci_high, 0)))) <= 1e-9",
            "units change by the ratio of prices to the power of the elasticity and of both ends of its interval, each"
            " at most 0",
        ),
        Rule(
            "what_rises_with_its_price_is_kept",
            "SELECT product_id FROM {batch} WHERE elasticity > 0 AND suggested_price IS NOT NULL",
            "demand that rises with its price is no ground for another one",
        ),
        Rule(
            "money_follows_units",
            "SELECT product_id FROM {batch} WHERE NOT greatest("
            " abs((1 + expected_units_change) * suggested_price / current_price - 1 - expected_revenue_change),"
            " abs((1 + units_change_low) * suggested_price / current_price - 1 - revenue_change_low),"
            " abs((1 + units_change_high) * suggested_price / current_price - 1 - revenue_change_high),"
            " abs(expected_revenue_change - expected_units_change * unit_cost / current_price"
            " - expected_margin_change), abs(revenue_change_low - units_change_low * unit_cost / current_price"
            " - margin_change_low), abs(revenue_change_high - units_change_high * unit_cost / current_price"
            " - margin_change_high)) <= 1e-9",
            "revenue changes with units and price, the margin by that less the cost of the units",
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
