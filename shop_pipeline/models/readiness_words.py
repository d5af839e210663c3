"""What the quantities of `features.model_counts` are called on the page.

Not here: how much of each a model needs (`readiness_rules`).
"""

from .readiness_rules import PROFILE_PRODUCTS, ROUGH, RULE_ORDERS

NOUNS = {
    "orders": "orders",
    "product_events": "events with a product",
    "interactions": "customer-product pairs",
    "smaller_side": "customers or products, whichever are fewer",
    "linking_customers": "customers with two products or more",
    "test_buyers": "customers who bought something new in the test period",
    "profiled_customers": f"customers with {PROFILE_PRODUCTS} products or more",
    "visited_products": "products seen in visits",
    "left_products": f"products that visits went on from {ROUGH} times or more",
    "rule_pairs": f"product pairs in {RULE_ORDERS} orders or more",
    "rule_products": "products in such a pair",
    "sold_products": "products sold",
    "buyers": "known buyers",
    "repeat_buyers": "customers who bought on two days or more",
    "history_gaps": "typical gaps between two purchases of a customer that the history holds",
    "rarer_fate": "repeat customers who went silent or who did not, whichever are fewer",
    "history_days": "days since the first sale",
    "repriced_products": "products sold at two prices or more",
}
"""What each quantity of features.model_counts counts."""
