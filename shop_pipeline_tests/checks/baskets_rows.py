"""Clean rows of the tables about baskets, and the bad rows that have to be planted by hand.

Of the shop in `world.py`: order O1 kept one P1 and order O2 one P2. The rules are made up to fit two baskets in which
both products stand once: who has one has the other.
"""

from datetime import date
from typing import Any

from shop_pipeline_tests.checks.rows import Plant, Row, last, row

BASKETS, RULES = "features.baskets", "marts.bought_together"
LESS = {"improvement": 0.0}


def _rule(antecedent: str, consequent: str, **given: Any) -> Row:
    """In one of two baskets: confidence 1 against a support of 1/2."""
    halves = dict.fromkeys(("support", "antecedent_support", "consequent_support", "improvement", "p_value"), 0.5)
    sides = {"antecedents": [antecedent], "consequents": [consequent], "n_baskets": 1, "n_antecedents": 1}
    measures = {"confidence": 1.0, "lift": 2.0, "leverage": 0.25, "conviction": None, "q_value": 0.5}
    measures["lift_by_basket_size"] = 1.5
    return row(RULES, **sides, **halves, **measures, **given)


GOOD: dict[str, list[Row]] = {
    BASKETS: [
        row(BASKETS, order_id=order, product_id=product, quantity=1) for order, product in (("O1", "P1"), ("O2", "P2"))
    ],
    RULES: [_rule("P1", "P2"), _rule("P2", "P1")],
}

BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (BASKETS, "follows_its_lines"): [last(quantity=3), Plant({0: {"quantity": 3}})],
    (BASKETS, "holds_all_purchases"): [last(product_id="P1")],
    (BASKETS, "one_day_per_basket"): [Plant({-1: {"order_id": "O1", "basket_date": date(2025, 1, 3)}})],
    # The orders of the world are all of C1: staff's are planted in assets/test_baskets_sql.py.
    (BASKETS, "nobody_left_out_is_here"): [last(order_id="nowhere")],
    (RULES, "sides_are_sorted_and_apart"): [
        last(antecedents=["P1", "P2"], consequents=["P1"], n_antecedents=2),
        last(antecedents=["P2", "P2"], n_antecedents=2),
        last(antecedents=["P2", "P1"], n_antecedents=2),
        last(consequents=["P1", "P2"]),
        last(n_antecedents=2),
    ],
    (RULES, "products_are_in_baskets"): [last(antecedents=["P3"])],
    (RULES, "supports_are_shares_of_the_baskets"): [last(n_baskets=2)],
    (RULES, "measures_follow_from_supports"): [
        last(conviction=1.0),
        last(lift=2.1),
        last(leverage=0.2),
    ],
    # Low and high are to break the same rules: where one end alone says less than chance, the other is made to.
    (RULES, "in_range(confidence)"): [last(confidence=-1.0), last(confidence=2.0, **LESS)],
    (RULES, "in_range(consequent_support)"): [
        last(consequent_support=-1.0, **LESS),
        last(consequent_support=2.0),
    ],
    (RULES, "in_range(p_value)"): [last(p_value=-1.0, **LESS), last(p_value=2.0)],
    (RULES, "in_range(q_value)"): [last(q_value=-1.0), last(q_value=2.0, **LESS)],
    (RULES, "rules_say_more_than_chance"): [
        last(**LESS),
        last(improvement=0.6),
        last(lift_by_basket_size=2.1),
        last(p_value=0.6),
    ],
}
_LINES = {"follows_its_lines", "holds_all_purchases"}
_MEASURES, _SUPPORTS = "measures_follow_from_supports", "supports_are_shares_of_the_baskets"
ALSO: dict[tuple[str, str], set[str]] = {
    # What is in no basket is missing from one, and what is of no line follows none.
    (BASKETS, "in_range(quantity)"): {"holds_all_purchases"},
    (BASKETS, "holds_all_purchases"): {"follows_its_lines"},
    (BASKETS, "one_day_per_basket"): _LINES,
    (BASKETS, "nobody_left_out_is_here"): {*_LINES, "foreign_key(order_id) -> clean.orders"},
    (BASKETS, "foreign_key(order_id) -> clean.orders"): {*_LINES, "nobody_left_out_is_here"},
    (BASKETS, "foreign_key(product_id) -> clean.products"): _LINES,
    (RULES, "in_range(support)"): {_MEASURES, _SUPPORTS},
    (RULES, "in_range(antecedent_support)"): {_MEASURES, _SUPPORTS},
    (RULES, "in_range(consequent_support)"): {_MEASURES, _SUPPORTS, "rules_say_more_than_chance"},
    (RULES, "in_range(confidence)"): {_MEASURES, "rules_say_more_than_chance"},
    (RULES, "in_range(lift)"): {_MEASURES, "rules_say_more_than_chance"},
    (RULES, "in_range(leverage)"): {_MEASURES},
    (RULES, "in_range(conviction)"): {_MEASURES},
    (RULES, "in_range(n_baskets)"): {_SUPPORTS},
    (RULES, "in_range(n_antecedents)"): {"sides_are_sorted_and_apart"},
    (RULES, "in_range(improvement)"): {"rules_say_more_than_chance"},
    (RULES, "in_range(p_value)"): {"rules_say_more_than_chance"},
    (RULES, "in_range(q_value)"): {"rules_say_more_than_chance"},
}
