"""Clean rows of the tables about customers, and the bad rows that have to be planted by hand.

Of the shop in `world.py`, C1 is the one customer who bought: on 2 January, one P1 for 10 that they kept (of two for 20)
and one P2 for nothing. They buy to sell on. C2 works there, C3 only looked.
"""

from datetime import date, datetime
from typing import Any

from shop_pipeline_tests.checks.rows import AS_OF, DAY, Plant, Row, last, row

EARLIER = date(2025, 1, 1)
NAN, INFINITE = float("nan"), float("inf")
BUYER = {"customer_id": "C1", "customer_group": "wholesale"}


def _bought(event: str, order: str, product: str, gross: int, returned: int) -> Row:
    money = {"gross_amount": gross, "returned_amount": returned, "amount": gross - returned, "cost": 1}
    return row("features.purchases", event_id=event, order_id=order, product_id=product, quantity=1, **money, **BUYER)


def _known(customer: str, **given: Any) -> Row:
    """Somebody who never ordered, and what is given."""
    zero = ("n_orders", "gross_revenue", "returned_revenue", "net_revenue", "n_tickets")
    nobody = dict.fromkeys(("first_order_at", "last_order_at", "wholesale_rule", "margin", "revenue_with_cost"))
    told = dict.fromkeys(zero, 0) | nobody | {"consents": [], "labels": []}
    return row("marts.customer_360", customer_id=customer, **(told | given))


def _served(customer: str, **given: Any) -> Row:
    zero = ("n_orders", "net_revenue", "returned_revenue", "n_returns", "n_tickets", "n_open_tickets")
    unknown = ("last_order_id", "last_ticket_date", "last_ticket_topic", "mean_satisfaction", "next_product_id")
    nothing = dict.fromkeys(unknown)
    told = dict.fromkeys(zero, 0) | nothing | {"consents": [], "labels": []}
    return row("marts.service_desk", customer_id=customer, **(told | given))


GOOD: dict[str, list[Row]] = {
    "clean.tickets": [row("clean.tickets", ticket_id=id_, customer_id="C1") for id_ in ("T1", "T2")],
    "features.purchases": [_bought("E2", "O2", "P2", 0, 0), _bought("E1", "O1", "P1", 20, 10)],
    # The clock's last day is 31 January, 29 days after the one purchase.
    "features.rfm": [
        row(
            "features.rfm",
            **BUYER,
            n_purchases=1,
            frequency=0,
            recency_days=0,
            age_days=29,
            days_since_last=29,
            monetary_value=None,
            mean_purchase=10.0,
            gross_revenue=20,
            returned_revenue=10,
            net_revenue=10,
            known_cost=2,
            revenue_with_cost=10,
        )
    ],
    "features.customer_features": [
        row(
            "features.customer_features",
            **BUYER,
            **dict.fromkeys(("days_since_last", "age_days", "mean_gap_days", "days_since_visit"), 29.0),
            **dict.fromkeys(("n_purchases", "purchases_30d", "purchases_90d", "units_per_line"), 1.0),
            **dict.fromkeys(("net_revenue", "mean_purchase", "revenue_90d"), 10.0),
            **dict.fromkeys(("n_products", "n_categories"), 2.0),
        )
    ],
    "features.customer_categories": [
        row("features.customer_categories", customer_id="C1", category=category, n_purchases=n, n_units=2 * n)
        | {"revenue": 10.0 * n, "days_since_purchase": 29.0 if n else None, "views_30d": 1 - n, "carts_30d": 0}
        for category, n in (("looked at", 0), ("bought", 1))
    ],
    "marts.customer_360": [
        _known("C3"),
        _known("C2", labels=["staff"], is_left_out=True),
        _known(
            "C1",
            n_orders=2,
            first_order_at=datetime(2025, 1, 2, 10),
            last_order_at=datetime(2025, 1, 2, 10),
            gross_revenue=23,
            returned_revenue=10,
            net_revenue=13,
            revenue_with_cost=10,
            margin=8,
            is_wholesale=True,
            wholesale_rule="units_per_line",
            labels=["wholesale"],
            n_tickets=2,
        ),
    ],
    "marts.service_desk": [
        _served("C3"),
        _served("C2", next_product_id="P1", labels=["staff"]),
        _served(
            "C1",
            n_orders=2,
            net_revenue=13,
            returned_revenue=10,
            n_returns=2,
            last_order_id="O2",
            next_product_id="P3",
            labels=["wholesale"],
            n_tickets=2,
            last_ticket_date=DAY,
            mean_satisfaction=4.0,
        ),
    ],
}

# A second purchase, a day before the first row's: what a repeat buyer looks like.
REPEAT = {"n_purchases": 2, "frequency": 1, "first_purchase_date": EARLIER, "recency_days": 1, "age_days": 30}
BY_HAND: dict[tuple[str, str], list[Plant]] = {
    ("clean.tickets", "closed_after_it_was_opened"): [last(closed_at=datetime(2025, 1, 1))],
    ("features.purchases", "nothing_after_as_of"): [last(purchased_at=AS_OF)],
    ("features.purchases", "amount_is_gross_less_returned"): [last(amount=11), last(returned_amount=9)],
    # More units than the line has, other money, another customer's, a return, a service.
    ("features.purchases", "follows_its_line"): [
        last(quantity=3),
        last(gross_amount=21, amount=11),
        last(customer_id="C3", customer_group="ordinary"),
        Plant({0: {"event_id": "E3"}}),
        Plant({0: {"event_id": "E4", "gross_amount": 3, "amount": 3}}),
    ],
    ("features.purchases", "in_range(gross_amount)"): [last(gross_amount=-1, amount=-11)],
    ("features.purchases", "in_range(returned_amount)"): [last(returned_amount=-1, amount=21)],
    ("features.purchases", "groups_follow_labels"): [last(customer_group="ordinary")],
    ("features.purchases", "nobody_left_out_is_here"): [last(customer_id="C2", customer_group="ordinary")],
    ("features.rfm", "counts_add_up"): [
        last(n_purchases=2),
        last(n_purchases=2, frequency=1, monetary_value=5.0),
        last(monetary_value=5.0),
        last(**REPEAT),
        last(first_purchase_date=EARLIER, recency_days=1, age_days=30),
    ],
    ("features.rfm", "days_add_up"): [last(days_since_last=28), last(first_purchase_date=EARLIER, age_days=30)],
    ("features.rfm", "ages_end_at_the_clock"): [last(first_purchase_date=EARLIER, last_purchase_date=EARLIER)],
    ("features.rfm", "means_are_over_zero"): [
        *(last(mean_purchase=mean) for mean in (0.0, NAN, INFINITE)),
        *(last(monetary_value=mean, **REPEAT) for mean in (0.0, NAN, INFINITE)),
    ],
    ("features.rfm", "totals_reconcile_with_purchases"): [
        last(net_revenue=9),
        last(known_cost=3),
        last(known_cost=None),
        last(revenue_with_cost=9),
    ],
    ("features.rfm", "every_buyer_is_here"): [last(customer_id="C3", customer_group="ordinary")],
    ("features.rfm", "groups_follow_labels"): [last(customer_group="ordinary")],
    ("features.rfm", "nobody_left_out_is_here"): [last(customer_id="C2", customer_group="ordinary")],
    ("features.customer_features", "every_buyer_is_here"): [last(customer_id="C3", customer_group="ordinary")],
    ("features.customer_features", "groups_follow_labels"): [last(customer_group="ordinary")],
    ("features.customer_features", "nobody_left_out_is_here"): [last(customer_id="C2", customer_group="ordinary")],
    ("features.customer_features", "agrees_with_rfm"): [
        last(n_purchases=2.0),
        last(days_since_last=30.0),
        last(age_days=30.0),
        last(net_revenue=11.0),
        last(mean_purchase=NAN),
    ],
    ("features.customer_features", "counts_add_up"): [
        last(purchases_30d=2.0),
        last(purchases_90d=2.0),
        last(n_categories=3.0),
        last(days_since_visit=30.0),
        last(mean_gap_days=30.0),
    ],
    ("features.customer_features", "numbers_are_finite"): [
        last(units_per_line=INFINITE),
        *(last(revenue_90d=number) for number in (NAN, -INFINITE)),
    ],
    # What was bought must not take the place of what is below zero.
    ("features.customer_categories", "in_range(views_30d)"): [last(views_30d=-1, carts_30d=1)],
    ("features.customer_categories", "in_range(carts_30d)"): [last(views_30d=1, carts_30d=-1)],
    ("features.customer_categories", "something_happened"): [Plant({0: {"views_30d": 0}})],
    ("features.customer_categories", "purchases_add_up"): [
        last(n_purchases=3),
        last(days_since_purchase=None),
        last(revenue=NAN),
        last(revenue=INFINITE),
        Plant({0: {"days_since_purchase": 1.0}}),
        Plant({0: {"revenue": 1.0}}),
        Plant({0: {"n_units": 1}, -1: {"n_units": 1}}),
    ],
    ("features.customer_categories", "totals_reconcile_with_purchases"): [last(n_units=3)],
    ("marts.customer_360", "every_known_customer_is_here"): [Plant({0: {"customer_id": "nowhere"}})],
    ("marts.customer_360", "nothing_after_as_of"): [last(last_order_at=AS_OF)],
    ("marts.customer_360", "in_range(gross_revenue)"): [last(gross_revenue=-1, net_revenue=-11)],
    ("marts.customer_360", "in_range(returned_revenue)"): [last(returned_revenue=-1, net_revenue=24)],
    ("marts.customer_360", "money_adds_up"): [
        last(net_revenue=12),
        last(margin=None),
        last(revenue_with_cost=None),
        last(margin=11),
    ],
    ("marts.customer_360", "orders_have_their_times"): [
        last(n_orders=0),
        last(first_order_at=None),
        last(last_order_at=None),
        last(first_order_at=datetime(2025, 1, 2, 10, 1)),
        Plant({0: {"first_order_at": datetime(2025, 1, 2)}}),
    ],
    ("marts.customer_360", "totals_reconcile_with_lines"): [
        last(gross_revenue=24, net_revenue=14),
        last(returned_revenue=11, net_revenue=12),
    ],
    ("marts.customer_360", "wholesale_names_its_rule"): [
        last(is_wholesale=False),
        last(wholesale_rule=None),
        last(labels=[]),
    ],
    ("marts.customer_360", "consents_are_theirs"): [last(consents=[way]) for way in ("email", "sms", "phone")],
    ("marts.customer_360", "favourites_agree_with_features"): [
        last(favourite_category="other"),
        last(favourite_channel=None),
    ],
    ("marts.customer_360", "values_are_finite"): [last(clv=INFINITE)],
    ("marts.service_desk", "every_customer_has_a_row"): [Plant({0: {"customer_id": "nowhere"}})],
    ("marts.service_desk", "agrees_with_customer_360"): [
        last(n_orders=3),
        last(net_revenue=12),
        last(n_tickets=3),
        last(consents=["sms"]),
        last(last_order_id=None),
    ],
    ("marts.service_desk", "topics_are_common"): [last(last_ticket_topic=topic) for topic in ("x", "Ann Lee")],
    ("marts.service_desk", "open_cases_are_cases"): [
        last(n_open_tickets=3),
        last(last_ticket_date=None),
        last(mean_satisfaction=INFINITE),
        Plant({0: {"last_ticket_date": DAY}}),
        Plant({0: {"mean_satisfaction": 4.0}}),
    ],
    ("marts.service_desk", "next_product_is_the_first_of_the_list"): [
        last(next_product_id=None),
        last(next_product_id="P1"),
        Plant({0: {"next_product_id": "P1"}}),
    ],
    ("marts.service_desk", "summaries_are_one_line"): [
        last(**{column: text})
        for column in ("summary_en", "summary_zh")
        for text in (" ", "two\nlines", "two\u2028lines")
    ],
}

_RFM, _FEATURES, _CATEGORIES = "features.rfm", "features.customer_features", "features.customer_categories"
_PAGE, _DESK = "marts.customer_360", "marts.service_desk"
ALSO: dict[tuple[str, str], set[str]] = {
    ("features.purchases", "foreign_key(customer_id) -> clean.customers"): {"follows_its_line", "groups_follow_labels"},
    ("features.purchases", "nobody_left_out_is_here"): {"follows_its_line"},
    ("features.purchases", "in_range(gross_amount)"): {"follows_its_line"},
    **{
        (name, "known_value(customer_group)"): {"groups_follow_labels"}
        for name in ("features.purchases", _RFM, _FEATURES)
    },
    (_RFM, "in_range(n_purchases)"): {"counts_add_up"},
    (_RFM, "in_range(frequency)"): {"counts_add_up"},
    (_RFM, "in_range(recency_days)"): {"counts_add_up", "days_add_up"},
    (_RFM, "in_range(age_days)"): {"days_add_up", "ages_end_at_the_clock"},
    (_RFM, "in_range(days_since_last)"): {"days_add_up"},
    (_RFM, "in_range(known_cost)"): {"totals_reconcile_with_purchases"},
    (_RFM, "every_buyer_is_here"): {"foreign_key(customer_id) -> features.purchases"},
    (_RFM, "nobody_left_out_is_here"): {"every_buyer_is_here", "foreign_key(customer_id) -> features.purchases"},
    (_RFM, "foreign_key(customer_id) -> features.purchases"): {"every_buyer_is_here", "groups_follow_labels"},
    (_FEATURES, "in_range(n_purchases)"): {"agrees_with_rfm", "counts_add_up"},
    (_FEATURES, "in_range(days_since_last)"): {"agrees_with_rfm", "counts_add_up"},
    (_FEATURES, "in_range(age_days)"): {"agrees_with_rfm", "counts_add_up"},
    (_FEATURES, "in_range(n_products)"): {"counts_add_up"},
    (_FEATURES, "in_range(purchases_90d)"): {"counts_add_up"},
    (_FEATURES, "every_buyer_is_here"): {"foreign_key(customer_id) -> features.rfm"},
    (_FEATURES, "nobody_left_out_is_here"): {"every_buyer_is_here", "foreign_key(customer_id) -> features.rfm"},
    (_FEATURES, "foreign_key(customer_id) -> features.rfm"): {"every_buyer_is_here", "groups_follow_labels"},
    (_CATEGORIES, "key(customer_id, category)"): {"totals_reconcile_with_purchases"},
    (_CATEGORIES, "in_range(n_units)"): {"purchases_add_up", "totals_reconcile_with_purchases"},
    (_PAGE, "key(customer_id)"): {"totals_reconcile_with_lines"},
    (_PAGE, "every_known_customer_is_here"): {"nothing_after_as_of", "foreign_key(customer_id) -> clean.customers"},
    (_PAGE, "foreign_key(customer_id) -> clean.customers"): {"every_known_customer_is_here", "nothing_after_as_of"},
    (_PAGE, "in_range(gross_revenue)"): {"totals_reconcile_with_lines"},
    (_PAGE, "in_range(returned_revenue)"): {"totals_reconcile_with_lines"},
    (_DESK, "in_range(n_orders)"): {"agrees_with_customer_360"},
    (_DESK, "in_range(n_tickets)"): {"agrees_with_customer_360", "open_cases_are_cases"},
    (_DESK, "every_customer_has_a_row"): {"foreign_key(customer_id) -> marts.customer_360"},
    (_DESK, "foreign_key(customer_id) -> marts.customer_360"): {
        "every_customer_has_a_row",
        "next_product_is_the_first_of_the_list",
    },
    (_DESK, "foreign_key(next_product_id) -> clean.products"): {"next_product_is_the_first_of_the_list"},
}
