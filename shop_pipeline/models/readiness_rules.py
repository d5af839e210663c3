"""How much data each model needs, and why: every threshold with its source.

Here: the candidates, in the order of the page, and the sizes that the counting SQL needs. A threshold is worked out
(the functions below), measured by us (`benchmarks/minimum_data.py`), or a field's rule of thumb, named with its author.
Not here: the judging (`readiness`).

Measured: the sample shop (180 days, 5,000 customers, 800 products), 20 draws of n of its customers, trained before the
last 28 days. ALS has a better NDCG@10 than popularity in 14, 45, 70 and 100 % of the draws for 12, 50, 100 and 200
customers; item neighbours in 15, 45 and 70 % for 400, 1,600 and 3,200. The difference of ALS to popularity is 0.04 in
the mean, with a standard deviation of 0.16 among customers.
"""

from __future__ import annotations

import math

from .readiness import Candidate, Requirement

Z95, Z80 = 1.96, 0.84
"""Quantiles of the normal distribution: 95 % two-sided, and a power of 80 %."""


def sample_for_share(error: float) -> int:
    """How many must be asked so that the 95 % interval of any share is at most +- `error` (worst at one half)."""
    return math.ceil((Z95 * 0.5 / error) ** 2)


def sample_for_difference(difference: float, deviation: float) -> int:
    """How many paired differences show a mean of `difference` at 95 % with a power of 80 %."""
    return math.ceil(((Z95 + Z80) * deviation / difference) ** 2)


def pairs_for_sign_test() -> int:
    """The fewest paired differences of which even a clean sweep is significant: 2 * (1/2)^n < 5 %."""
    return next(n for n in range(1, 20) if 2 * 0.5**n < 0.05)


def count_for_doubling() -> int:
    """The smallest count c that chance brings in under 2.5 % of cases where it brings c / 2 in the mean (Poisson)."""

    def chance(c: int) -> float:
        return 1 - math.exp(-c / 2) * sum((c / 2) ** k / math.factorial(k) for k in range(c))

    return next(c for c in range(1, 100) if chance(c) < 0.025)


ROUGH, FINE = sample_for_share(0.25), sample_for_share(0.10)
"""16 and 97: a share within 0.25, and within 0.10."""
RULE_ORDERS = count_for_doubling()
"""12: together in so many orders, a doubling over chance can be told from chance."""
BASKET_PRODUCTS = 100
"""Orders of more products are not searched for pairs. Online Retail: 617 of 20,345 orders hold 75 % of the pairs;
3.1 s of CPU with them and 1.0 without."""
PROFILE_PRODUCTS = 5
"""The 5-core by which recommendation research thins its data (He and McAuley 2016, "Ups and Downs")."""
YEARLY_DAYS = 7 * (2 * 52 + 2 * 13)
"""910: two years of weeks, and two windows of 13 to choose and judge on."""
SILENT_GAPS = 3
"""A customer who is still there stays silent for three mean gaps with probability e^-3 = 5 %."""
EVENTS_PER_PARAMETER = 10
"""Peduzzi and others 1996: fewer than 10 events per parameter bias a regression."""

COUNTED = {
    "steps_of_product": ROUGH,
    "rule_orders": RULE_ORDERS,
    "basket_products": BASKET_PRODUCTS,
    "profile_products": PROFILE_PRODUCTS,
    "silent_gaps": SILENT_GAPS,
}
"""What the counting SQL reads with getvariable."""

ROUGHLY = f"{ROUGH} cases tell a share within 0.25 at 95 %: (1.96 x 0.5 / 0.25)^2"
FINELY = f"{FINE} cases tell a share within 0.10 at 95 %: (1.96 x 0.5 / 0.10)^2"
SIGNS = "with fewer than 6 pairs not even a clean sweep is significant: 2 x (1/2)^5 = 6 %"
PART = "each product needs its own; the others get none"
SILENCE = "who is still there stays silent for 3 gaps with e^-3 = 5 %: only then is silence a sign"


def candidates(n_factors: int) -> tuple[Candidate, ...]:
    """Every model with its requirements; ALS needs more customers and products than it has factors."""
    return (*_built(n_factors), *_about_customers(), *_about_sales())


def _built(n_factors: int) -> tuple[Candidate, ...]:
    something = "a list needs one entry"
    return (
        Candidate(
            "popularity",
            "marts.popular_products",
            "best sellers",
            (
                Requirement("product_events", 1, "none", something, "no best sellers"),
                Requirement(
                    "orders",
                    1,
                    "reduced",
                    "who looks or rates does not always buy",
                    "best sellers by views and ratings, not by sales, from {product_events:,} events",
                ),
                Requirement("product_events", FINE, "reduced", FINELY, "best sellers, in an order that is much chance"),
            ),
        ),
        Candidate(
            "product_similarity",
            "models.product_similarity",
            "similar products",
            (
                Requirement("linking_customers", ROUGH, "none", ROUGHLY, "no similar products"),
                Requirement("linking_customers", FINE, "reduced", FINELY, "similar products, coarse"),
            ),
        ),
        Candidate(
            "customer_similarity",
            "models.customer_similarity",
            "user similarity for {profiled_customers:,} customers",
            (
                Requirement("profiled_customers", ROUGH, "none", ROUGHLY, "no user similarity"),
                Requirement(
                    "profiled_customers", FINE, "reduced", FINELY, "user similarity for {profiled_customers:,}, coarse"
                ),
            ),
        ),
        Candidate(
            "item_neighbours",
            "models.item_neighbours",
            "item neighbours as a rival",
            (
                Requirement("linking_customers", ROUGH, "none", ROUGHLY, "no item neighbours"),
                Requirement(
                    "linking_customers",
                    3200,
                    "reduced",
                    "measured: better than best sellers in 70 % of our draws of 3,200 customers, in 45 % of 1,600",
                    "item neighbours as a rival that rarely wins",
                ),
            ),
        ),
        Candidate(
            "als",
            "models.als_factors",
            "factors",
            (
                Requirement(
                    "smaller_side",
                    n_factors,
                    "none",
                    "recommend.n_factors: a matrix has no more dimensions than its smaller side",
                    "no factors",
                ),
                Requirement(
                    "linking_customers",
                    200,
                    "reduced",
                    "measured: better than best sellers in all our draws of 200 customers, in 70 % of 100",
                    "factors that may be worse than best sellers",
                ),
            ),
        ),
        Candidate(
            "model_evaluation",
            "marts.model_evaluation",
            "models judged",
            (
                Requirement("test_buyers", pairs_for_sign_test(), "none", SIGNS, "no model judged"),
                Requirement(
                    "test_buyers",
                    sample_for_difference(0.04, 0.16),
                    "reduced",
                    "shows the difference that we measured, 0.04 NDCG with a deviation of 0.16, in 80 % of cases",
                    "models judged, only large differences seen",
                ),
            ),
        ),
        Candidate(
            "recommendations",
            "marts.recommendations",
            "personal lists where a model beats best sellers",
            (
                Requirement("interactions", 1, "none", something, "no recommendations"),
                Requirement("test_buyers", pairs_for_sign_test(), "reduced", SIGNS, "best sellers for everybody"),
                Requirement("linking_customers", ROUGH, "reduced", ROUGHLY, "best sellers for everybody"),
            ),
        ),
        Candidate(
            "session_transitions",
            "models.session_links",
            "transitions for all {left_products:,} products",
            (
                Requirement("left_products", 1, "none", ROUGHLY, "no transitions between products"),
                Requirement(
                    "left_products", "visited_products", "reduced", PART, "transitions for {left_products:,} products"
                ),
            ),
        ),
    )


def _about_customers() -> tuple[Candidate, ...]:
    return (
        Candidate(
            "clv",
            "marts.customer_value",
            "CLV of each customer",
            (
                Requirement(
                    "buyers",
                    ROUGH,
                    "none",
                    f"the mean of {ROUGH} values that scatter as much as they are large is known within half",
                    "no CLV",
                ),
                Requirement(
                    "repeat_buyers",
                    4 * EVENTS_PER_PARAMETER,
                    "reduced",
                    "10 repeat buyers for each of the 4 parameters of BG/NBD (rule of Peduzzi and others 1996)",
                    "CLV by the past rate",
                ),
                Requirement("history_gaps", SILENT_GAPS, "reduced", SILENCE, "CLV by the past rate"),
            ),
        ),
        Candidate(
            "churn",
            "marts.churn_scores",
            "churn of each customer",
            (
                Requirement(
                    "rarer_fate",
                    3 * EVENTS_PER_PARAMETER,
                    "none",
                    "10 of the rarer kind for recency, frequency and money each (Peduzzi and others 1996)",
                    "no churn scores",
                ),
                Requirement("history_gaps", SILENT_GAPS, "none", SILENCE, "no churn scores"),
            ),
        ),
    )


def _about_sales() -> tuple[Candidate, ...]:
    doubling = f"a pair in {RULE_ORDERS} orders where chance brings {RULE_ORDERS // 2} has p < 2.5 % (Poisson)"
    return (
        Candidate(
            "association_rules",
            "marts.bought_together",
            "rules for {rule_pairs:,} pairs, on every product",
            (
                Requirement("rule_pairs", 1, "none", doubling, "no rules"),
                Requirement("rule_products", "sold_products", "reduced", PART, "rules for {rule_pairs:,} pairs"),
            ),
        ),
        Candidate(
            "demand_forecast",
            "marts.demand_forecast",
            "forecasts with weekly and yearly season",
            (
                Requirement(
                    "history_days",
                    28,
                    "none",
                    "two weeks to learn from, a week to choose on, a week to judge on",
                    "no forecasts",
                ),
                Requirement(
                    "history_days",
                    YEARLY_DAYS,
                    "reduced",
                    "a yearly season has to be seen twice before it is judged on two quarters",
                    "forecasts without a yearly season",
                ),
            ),
        ),
        Candidate(
            "price_elasticity",
            "marts.price_elasticity",
            "elasticity of all {repriced_products:,} products",
            (
                Requirement("repriced_products", 1, "none", "a slope needs two points", "no elasticities"),
                Requirement(
                    "repriced_products",
                    "sold_products",
                    "reduced",
                    PART,
                    "elasticity of {repriced_products:,} products",
                ),
            ),
        ),
    )
