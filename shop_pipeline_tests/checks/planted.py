"""The bad rows: one for each promise of each contract, derived where the contract says enough, else by hand.

A promise for which neither way gives a plant is left out of `PLANTED`; the completeness test then fails and names it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from shop_pipeline.checks.suite import Promise, promises
from shop_pipeline.contracts import TABLES, Column, Table
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline_tests.checks import (
    baskets_rows,
    customer_rows,
    demand_rows,
    inventory_rows,
    market_rows,
    pricing_rows,
    propensity_rows,
    segment_rows,
    value_rows,
)
from shop_pipeline_tests.checks.rows import AS_OF, MOMENT, Plant, last
from shop_pipeline_tests.checks.world import EVALUATIONS

EARLIER = datetime(2025, 1, 1)
NAN, INFINITE = float("nan"), float("inf")


# As text, because the client turns a NaN within a list into a null; that is the third.
VECTORS = [last(factors=vector) for vector in (["0.5", "nan"], [INFINITE, 0.5], [None, 0.5])]


def _fitted(table: Table) -> dict[str, list[Plant]]:
    """Plants for the tables of fitted models, by shape; positions are those of world._fitted."""
    if "rank" in table.column_names:
        own, other = table.key[0], next(name for name in table.column_names if name.startswith("linked"))
        return {
            "weights_are_finite": [last(weight=number) for number in (NAN, INFINITE)],
            "not_linked_to_itself": [last(**{other: "P2" if own == "product_id" else "C2"})],
            "ranks_have_no_gap": [last(rank=2)],
            f"key({own}, rank)": [Plant({1: {"rank": 1}})],
            "in_range(rank)": [Plant({0: {"rank": 0}})],
        }
    if "group_name" in table.column_names:
        return {
            "products_have_a_score": [last(score=number) for number in (None, 0, NAN, INFINITE)]
            + [Plant({0: {"score": 1}})],
            "one_group_per_customer": [
                Plant({-1: {"group_name": "other", "entity": "customer", "id": "C1", "score": None}})
            ],
            "foreign_key(id) -> clean.customers": [Plant({0: {"id": "nowhere"}})],
            "foreign_key(id) -> clean.products": [last(id="nowhere")],
        }
    if "factors" in table.column_names:
        return {"factors_are_finite": VECTORS, "one_length": [last(factors=[0.5])]}
    return {"values_are_finite": [last(values=plant.changes[-1]["factors"]) for plant in VECTORS]}


# Lists of world.LIKE: ranks 1, 1, 3 and 0, 2, 3 are as many as the highest; the last row is alone in its list.
LISTED = {
    "key(product_id, rank)": [Plant({1: {"rank": 1}})],
    "in_range(rank)": [Plant({0: {"rank": 0}})],
    "ranks_have_no_gap": [Plant({2: {"rank": 4}})],
    "not_itself": [last(next_product_id="P2")],
    "no_product_twice": [Plant({2: {"next_product_id": "P2"}})],
}
EVALUATED = {
    "in_range(value)": [last(value=-0.1, ci_low=-0.2, ci_high=0.0)],
    "shares_are_shares": [last(value=1.1, ci_low=1.0, ci_high=1.2)],
    "interval_holds_value": [last(value=0.3), last(value=0.7)],
    "one_champion": [Plant({0: {"is_champion": True}})],
}
# By table and promise; a promise that stands here is not derived. Positions are those of world.GOOD.
BY_HAND: dict[tuple[str, str], list[Plant]] = {
    ("clean.events", "money_events_are_whole"): [
        Plant({1: {column: None}}) for column in ("order_id", "product_id", "quantity", "unit_price")
    ],
    # Without a product there is no version that could be missing.
    ("clean.rates", "rates_are_over_zero"): [last(rate=0)],
    # A gap before the newest rate, an overlap with it, and no end of the one before it.
    ("clean.rates", "rates_follow_one_another"): [
        *(Plant({0: {"valid_until": day}}) for day in (date(2025, 1, 1), date(2025, 1, 3), None)),
        last(valid_until=date(2025, 1, 9)),
    ],
    # In clean.prices, rows 0 and 1 are the versions of P1.
    ("clean.prices", "versions_follow_one_another"): [
        Plant({0: {"valid_until": EARLIER}}),
        Plant({0: {"valid_until": None}}),
        last(valid_until=MOMENT),
    ],
    ("clean.prices", "every_product_has_a_version"): [last(product_id="P1", version=3)],
    ("clean.prices", "foreign_key(product_id) -> clean.products"): [
        Plant({0: {"valid_until": None}, 1: {"product_id": "nowhere"}})
    ],
    # In clean.returns, row 0 is E3's only part, row 1 the unmatched part of E6 and the last row its matched one.
    ("clean.returns", "key(return_event_id, match_number)"): [Plant({1: {"match_number": 1}})],
    ("clean.returns", "known_value(reason)"): [Plant({1: {"reason": "nonsense"}})],
    ("clean.returns", "foreign_key(return_event_id) -> clean.events"): [Plant({0: {"return_event_id": "nowhere"}})],
    ("clean.returns", "in_range(quantity)"): [Plant({-1: {"quantity": 0}, 1: {"quantity": 3}})],
    ("clean.returns", "in_range(amount)"): [
        Plant({-1: {"unit_price": -1, "amount": -1}, 1: {"unit_price": 0.5, "amount": 1}})
    ],
    # E3 is taken for a third part of E6, which still has three units.
    ("clean.returns", "every_return_appears"): [
        Plant({0: {"return_event_id": "E6", "match_number": 3}, 1: {"quantity": 1}})
    ],
    ("clean.returns", "quantities_add_up"): [Plant({1: {"quantity": quantity}}) for quantity in (1, 3)],
    ("clean.returns", "no_sale_gives_back_more_than_it_had"): [
        Plant({1: {"method": "order_id", "reason": None, "sale_event_id": "E2", "sold_at": MOMENT}})
    ],
    # Sold later than it came back; a sale of something else; no sale; another time than the sale's.
    ("clean.returns", "sale_is_of_the_product_and_before"): [
        last(returned_at=EARLIER),
        last(sale_event_id="E4"),
        last(sale_event_id="E6"),
        last(sold_at=EARLIER),
    ],
    ("clean.returns", "unmatched_says_why"): [
        last(reason="no_customer"),
        last(sale_event_id=None),
        last(method="unmatched"),
        Plant({1: {"reason": None}}),
        Plant({1: {"method": "order_id"}}),
    ],
    ("clean.returns", "matched_within_the_window"): [
        last(method=method, days_after=366) for method in ("customer_product_price", "customer_product")
    ],
    ("clean.returns", "amount_is_quantity_times_price"): [last(unit_price=1)],
    ("clean.returns", "totals_reconcile_with_events"): [last(unit_price=1, amount=1)],
    # Another line pays for the difference, so that the totals still hold. The last line is a sale, the one before it a
    # return.
    ("clean.order_lines", "net_is_gross_less_returned"): [Plant({-1: {"net_amount": 1}, 0: {"net_amount": 9}})],
    ("clean.order_lines", "in_range(gross_amount)"): [
        Plant({-1: {"gross_amount": -1, "net_amount": -1}, 0: {"gross_amount": 21, "net_amount": 11}})
    ],
    ("clean.order_lines", "in_range(returned_amount)"): [
        Plant({-1: {"returned_amount": -1, "net_amount": 1}, 0: {"gross_amount": 19, "net_amount": 9}})
    ],
    ("clean.order_lines", "in_range(quantity)"): [last(quantity=0, returned_quantity=0)],
    ("clean.order_lines", "in_range(unit_price)"): [
        Plant({-1: {"unit_price": -1, "booked_amount": -1}, 2: {"unit_price": 4, "booked_amount": 4}})
    ],
    ("clean.order_lines", "in_range(returned_quantity)"): [last(returned_quantity=-1, net_quantity=2)],
    ("clean.order_lines", "in_range(matched_quantity)"): [
        Plant({-2: {"matched_quantity": -1, "returned_quantity": 4, "net_quantity": -4}})
    ],
    ("clean.order_lines", "foreign_key(product_id, product_version) -> clean.prices"): [last(product_version=2)],
    ("clean.order_lines", "products_have_a_version"): [last(product_version=None), Plant({0: {"is_service": True}})],
    ("clean.order_lines", "quantities_add_up"): [
        last(net_quantity=1),
        last(matched_quantity=1),
        last(returned_quantity=2, net_quantity=-1),
        Plant({-2: {"net_quantity": 0}}),
        Plant({-2: {"matched_quantity": 2}}),
    ],
    ("clean.order_lines", "booked_is_the_signed_line"): [
        Plant({-1: {"booked_amount": 1}, 0: {"booked_amount": 19}}),
        Plant({1: {"booked_amount": 10}, 0: {"booked_amount": 0}}),
    ],
    ("clean.order_lines", "totals_reconcile_with_events"): [
        last(gross_amount=1, net_amount=1),
        last(unit_price=1, booked_amount=1),
    ],
    ("clean.orders", "totals_reconcile_with_lines"): [last(net_revenue=1)],
    # The other visit makes up for the difference, so that every event is still counted once.
    ("clean.sessions", "key(session_id)"): [Plant({0: {"session_id": "S2"}})],
    ("clean.sessions", "in_range(n_events)"): [Plant({-1: {"n_events": 0}, 0: {"n_events": 5}})],
    ("clean.sessions", "every_event_is_counted"): [last(n_events=1), last(n_events=3)],
    ("clean.sessions", "ends_at_or_after_its_start"): [last(started_at=datetime(2025, 1, 2, 10, 1))],
    ("clean.sessions", "counts_add_up"): [
        last(n_views=2, n_carts=1),
        last(has_purchase=True),
        last(n_purchases=1, has_purchase=False),
    ],
    ("clean.sessions", "bots_name_their_rule"): [last(is_bot=False), last(bot_rule=None)],
    ("clean.customer_labels", "rule_belongs_to_label"): [last(rule="units_per_line"), last(rule="nonsense")],
    ("clean.customer_labels", "value_reaches_threshold"): [
        last(value=0.5),
        last(threshold=2.0),
        last(value=NAN),
        last(value=INFINITE),
    ],
    ("features.interactions", "nothing_after_as_of"): [
        last(last_event_at=AS_OF),
        last(last_event_at=datetime(2025, 2, 2)),
    ],
    ("features.interactions", "in_range(weight)"): [last(weight=w) for w in (-1.0, NAN)],
    ("features.interactions", "weights_are_finite"): [last(weight=w) for w in (0.0, INFINITE)],
    # Its last row is P2's, which nobody buys again; row 0 is P1's.
    ("features.product_rules", "every_product_is_judged"): [last(product_id="P1")],
    ("features.product_rules", "nothing_after_as_of"): [last(product_id="P6")],
    ("features.product_rules", "hidden_says_why"): [Plant({1: {"rule": None}}), Plant({1: {"is_shown": True}})],
    ("features.product_rules", "rebuying_adds_up"): [
        last(n_buyers=0),
        last(rebuy_share=None),
        last(rebuy_days=5.0),
        last(is_rebought=True),
        Plant({0: {"rebuy_days": None}}),
    ],
    ("features.product_rules", "in_range(rebuy_share)"): [Plant({0: {"rebuy_share": share}}) for share in (-0.5, 1.5)],
    ("features.product_rules", "in_range(rebuy_days)"): [Plant({0: {"rebuy_days": 0.5}})],
    ("features.product_rules", "known_value(rule)"): [Plant({1: {"rule": "nonsense"}})],
    ("features.product_rules", "margins_are_finite"): [last(margin=-INFINITE)],
    ("features.repurchases", "only_rebought_products"): [last(product_id="P2")],
    ("features.repurchases", "nothing_after_as_of"): [
        last(last_purchase_at=AS_OF, due_at=datetime(2025, 2, 9), is_due=False)
    ],
    ("features.repurchases", "due_is_after_its_time"): [
        last(is_due=False),
        last(due_at=datetime(2025, 2, 2)),
        last(due_at=MOMENT),
    ],
    ("models.product_similarity", "not_like_itself"): [last(similar_product_id="P2")],
    ("models.customer_similarity", "not_like_itself"): [last(similar_customer_id="C2")],
    **{
        (f"models.{entity}_similarity", "scores_are_finite"): [last(score=INFINITE)]
        for entity in ("product", "customer")
    },
    ("models.rating_factors", "factors_are_finite"): VECTORS,
    ("models.rating_factors", "biases_are_finite"): [last(bias=number) for number in (NAN, INFINITE)],
    **{(table.qualified, rule): plants for table in FITTED.values() for rule, plants in _fitted(table).items()},
    # Ranks 1, 1, 3 and 0, 2, 3: as many as the highest, so that only the key or the range can tell.
    ("marts.recommendations", "key(customer_id, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.recommendations", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.recommendations", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.recommendations", "no_product_twice"): [Plant({2: {"product_id": "P1"}})],
    ("marts.recommendations", "held_out_as_a_whole"): [Plant({1: {"is_holdout": True}})],
    ("marts.recommendations", "seen_products_left_out"): [Plant({2: {"product_id": "P2"}})],
    ("marts.similar_products", "key(product_id, measure, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.similar_products", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.similar_products", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.popular_products", "key(scope, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.popular_products", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.popular_products", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    # P5 is a product, and hidden.
    ("marts.recommendations", "only_shown_products"): [last(product_id="P5")],
    ("marts.similar_products", "only_shown_products"): [last(similar_product_id="P5")],
    ("marts.popular_products", "only_shown_products"): [last(product_id="P5")],
    ("marts.similar_customers", "key(customer_id, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.similar_customers", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.similar_customers", "ranks_have_no_gap"): [Plant({1: {"rank": 3}})],
    ("marts.similar_customers", "not_like_itself"): [last(similar_customer_id="C2")],
    ("marts.email_recommendations", "key(customer_id, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.email_recommendations", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.email_recommendations", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.email_recommendations", "only_shown_products"): [last(product_id="P5")],
    # C1 gets the first place of nobody's list.
    ("marts.email_recommendations", "nobody_is_left_out"): [last(customer_id="C3")],
    ("marts.product_page_recommendations", "key(product_id, list, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.product_page_recommendations", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.product_page_recommendations", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.product_page_recommendations", "only_shown_products"): [last(shown_product_id="P5")],
    ("marts.product_page_recommendations", "not_on_its_own_page"): [last(shown_product_id="P2")],
    ("marts.home_page_recommendations", "key(list, rank)"): [Plant({1: {"rank": 1}})],
    ("marts.home_page_recommendations", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    ("marts.home_page_recommendations", "ranks_have_no_gap"): [Plant({2: {"rank": 4}})],
    ("marts.home_page_recommendations", "only_shown_products"): [last(product_id="P5")],
    ("marts.sales_daily", "totals_reconcile_with_lines"): [last(net_revenue=1)],
    # One below and at the threshold.
    ("marts.model_readiness", "below_threshold_is_not_full"): [last(observed=15), last(verdict="reduced")],
    ("marts.model_readiness", "in_range(observed)"): [Plant({0: {"observed": -1}})],
    ("marts.model_readiness", "in_range(threshold)"): [last(threshold=-1)],
    ("marts.model_readiness", "known_value(verdict)"): [Plant({0: {"verdict": "nonsense"}})],
    **{(name, rule): plants for name in EVALUATIONS for rule, plants in EVALUATED.items()},
    ("marts.model_selection", "one_chosen"): [last(is_chosen=True)],
    ("marts.hybrid_weights", "not_worse_than_its_best_part"): [last(value=0.55)],
    ("marts.hybrid_weights", "weights_are_finite"): [last(weight=INFINITE)],
    ("marts.hybrid_weights", "in_range(value)"): [last(value=-0.5)],
    ("marts.hybrid_weights", "interval_holds_value"): [last(ci_low=0.55), last(ci_high=0.45)],
    ("marts.hybrid_weights", "has_a_part"): [Plant({0: {"weight": 0.0}, -1: {"weight": 0.0}})],
    ("marts.hybrid_weights", "in_range(hybrid_value)"): [last(hybrid_value=1.5, ci_high=2.0)],
    # Rows 0 and -1 are the curve of diversity, with the NDCG 0.5 and 0.25.
    ("marts.list_trade_offs", "known_value(curve)"): [Plant({at: {"curve": "nonsense"} for at in (0, -1)})],
    ("marts.list_trade_offs", "in_range(ndcg)"): [last(ndcg=-0.5, ndcg_loss=1.0), last(ndcg=1.5, ndcg_loss=-1.0)],
    ("marts.list_trade_offs", "one_used_per_curve"): [last(is_used=True), Plant({0: {"is_used": False}})],
    ("marts.list_trade_offs", "nothing_lost_at_zero"): [Plant({0: {"relevance_kept": 0.9}})],
    ("marts.list_trade_offs", "loss_is_against_zero"): [
        last(ndcg_loss=0.2),
        last(ndcg_loss=NAN),
        Plant({0: {"setting": 0.1}}),
    ],
    ("marts.list_trade_offs", "interval_holds_loss"): [
        last(loss_ci_low=0.3, loss_ci_high=0.4),
        last(loss_ci_low=0.0, loss_ci_high=0.2),
    ],
    ("marts.list_trade_offs", "shares_are_finite"): [last(relevance_kept=INFINITE)],
    ("features.visits", "nothing_after_as_of"): [
        last(last_event_at=AS_OF),
        last(last_event_at=datetime(2025, 2, 2)),
    ],
    ("features.visits", "first_is_not_after_last"): [last(first_event_at=datetime(2025, 1, 31, 0, 1))],
    ("features.visits", "in_range(weight)"): [last(weight=w) for w in (-1.0, NAN)],
    ("features.visits", "weights_are_finite"): [last(weight=w) for w in (0.0, INFINITE)],
    **{
        (name, rule): plants
        for name in ("models.session_links", "marts.session_recommendations")
        for rule, plants in LISTED.items()
    },
    ("models.session_links", "in_range(weight)"): [last(weight=w) for w in (-1.0, NAN)],
    ("models.session_links", "weights_are_finite"): [last(weight=w) for w in (0.0, INFINITE)],
    ("models.session_links", "one_model"): [last(model="popularity")],
    ("models.session_evaluation", "in_range(value)"): [
        last(value=-0.1, ci_low=-0.2, ci_high=0.0),
        last(value=1.1, ci_low=1.0, ci_high=1.2),
    ],
    ("models.session_evaluation", "interval_holds_value"): [last(value=0.3), last(value=0.7)],
    ("models.session_evaluation", "one_champion"): [last(is_champion=False), Plant({0: {"is_champion": True}})],
    # P5 is blocked.
    ("marts.session_recommendations", "only_shown_products"): [last(next_product_id="P5")],
    ("marts.session_recommendations", "scores_fall"): [Plant({1: {"score": 0.6}})],
    ("marts.session_recommendations", "scores_are_finite"): [last(score=number) for number in (0, NAN, INFINITE)],
    # Row 1 is the best trial of als, row 2 its other one.
    ("marts.model_trials", "in_range(value)"): [last(value=-0.1, ci_low=-0.2, ci_high=0.0)],
    ("marts.model_trials", "interval_holds_value"): [last(value=0.3), last(value=0.7)],
    ("marts.model_trials", "done_has_a_value"): [
        last(value=None),
        last(value=INFINITE, ci_high=INFINITE),
        last(status="out_of_time"),
    ],
    ("marts.model_trials", "one_best_per_model"): [last(is_best=True), Plant({1: {"is_best": False}})],
    ("marts.model_trials", "key(model, trial)"): [last(trial=1)],
    **customer_rows.BY_HAND,
    **value_rows.BY_HAND,
    **segment_rows.BY_HAND,
    **propensity_rows.BY_HAND,
    **baskets_rows.BY_HAND,
    **demand_rows.BY_HAND,
    **pricing_rows.BY_HAND,
    **inventory_rows.BY_HAND,
    **market_rows.BY_HAND,
}

# A negative weight, or none, is out of its range and not over zero: there is no row that breaks the range alone.
# A label that nobody knows has no rules of its own.
ALSO: dict[tuple[str, str], set[str]] = {
    # A negative rate is out of its range and not over zero; a rate that is there twice is followed by itself.
    ("clean.rates", "in_range(rate)"): {"rates_are_over_zero"},
    ("clean.rates", "key(currency, valid_from)"): {"rates_follow_one_another"},
    # What is no version is not stored as one, and an unknown product has none.
    ("clean.order_lines", "in_range(product_version)"): {"foreign_key(product_id, product_version) -> clean.prices"},
    ("clean.order_lines", "foreign_key(product_id) -> clean.products"): {
        "foreign_key(product_id, product_version) -> clean.prices"
    },
    # What names no return event leaves one out.
    ("clean.returns", "foreign_key(return_event_id) -> clean.events"): {"every_return_appears"},
    **{
        (name, "in_range(weight)"): {"weights_are_finite"}
        for name in ("features.interactions", "features.visits", "models.session_links")
    },
    # What nobody knows is not shown, and another model is a second one.
    ("marts.session_recommendations", "foreign_key(next_product_id) -> clean.products"): {"only_shown_products"},
    ("models.session_links", "known_value(model)"): {"one_model"},
    ("clean.customer_labels", "known_value(label)"): {"rule_belongs_to_label"},
    # There are as many rows as products: to leave one out is to name another twice, or none.
    ("features.product_rules", "every_product_is_judged"): {"key(product_id)"},
    ("features.product_rules", "nothing_after_as_of"): {"every_product_is_judged"},
    ("features.product_rules", "foreign_key(product_id) -> clean.products"): {
        "every_product_is_judged",
        "nothing_after_as_of",
    },
    # What is no product is not shown, nor bought again; who is no customer has left one out.
    ("features.repurchases", "foreign_key(product_id) -> clean.products"): {"only_rebought_products"},
    **{
        (f"marts.{name}", f"foreign_key({column}) -> clean.products"): {"only_shown_products"}
        for name, column in (
            ("recommendations", "product_id"),
            ("popular_products", "product_id"),
            ("similar_products", "similar_product_id"),
            ("email_recommendations", "product_id"),
            ("product_page_recommendations", "shown_product_id"),
            ("home_page_recommendations", "product_id"),
        )
    },
    ("marts.email_recommendations", "foreign_key(customer_id) -> clean.customers"): {"nobody_is_left_out"},
    ("marts.similar_customers", "key(customer_id, rank)"): {"ranks_have_no_gap"},
    # What is no product has no score; what is neither done nor not done has no value; two links are no three ranks.
    **{
        (table.qualified, "known_value(entity)"): {"products_have_a_score"}
        for table in FITTED.values()
        if "group_name" in table.column_names
    },
    ("models.user_neighbours", "key(customer_id, rank)"): {"ranks_have_no_gap"},
    ("marts.model_trials", "known_value(status)"): {"done_has_a_value"},
    **customer_rows.ALSO,
    **value_rows.ALSO,
    **segment_rows.ALSO,
    **propensity_rows.ALSO,
    **baskets_rows.ALSO,
    **demand_rows.ALSO,
    **pricing_rows.ALSO,
    **inventory_rows.ALSO,
    **market_rows.ALSO,
}


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


def _one_of_each() -> dict[str, Table]:
    """The tables but for those that differ from an earlier one in name and grain alone, as fitted models do."""
    found: dict[str, Table] = {}
    shapes: list[Table] = []
    for name, table in TABLES.items():
        shape = replace(table, name="", grain="")
        if shape not in shapes:
            shapes.append(shape)
            found[name] = table
    return found


ASKED = _one_of_each()
PLANTED = [
    Case(table, promise.name, plant, number)
    for table in ASKED.values()
    for promise in promises(table)
    if promise.severity == "ERROR"
    for number, plant in enumerate(BY_HAND.get((table.qualified, promise.name)) or derived(table, promise))
]
