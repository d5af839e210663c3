"""Clean rows of the tables about sales and the market, and the bad rows that have to be planted by hand.

Of the shop in `world.py`: all products are of `category 1`, and the first sale is of 2 January: P1 for 20, of which 10
came back on the same day. The market is told by weeks from that day on. Of sales_daily there are 10 in a, 3 of services
and nothing in b. C1 is the one buyer; here they bought first in December, and in January, for 10 in all.
"""

from datetime import date

from shop_pipeline_tests.checks.rows import DAY, Plant, Row, last, row

NAN = float("nan")
WEEKS = (DAY, date(2025, 1, 9), date(2025, 1, 16))
JANUARY, DECEMBER, NOVEMBER = date(2025, 1, 1), date(2024, 12, 1), date(2024, 11, 1)
MONDAY, NEXT_MONDAY = date(2024, 12, 30), date(2025, 1, 6)


def _share(week: int, **given: object) -> Row:
    nothing = dict.fromkeys(("share", "growth", "market_growth", "share_change"))
    dates = {"period_date": WEEKS[week], "period_until": WEEKS[week + 1]}
    told = {"n_products": 0, "revenue": 0, "net_revenue": 0, "market_revenue": 0, "is_complete": False} | nothing
    return row("marts.market_share", **(told | dates | given))


def _rival(week: int, **given: object) -> Row:
    nothing = dict.fromkeys(("our_price", "paid_price", "gap", "gap_share"))
    dates = {"period_date": WEEKS[week], "period_until": WEEKS[week + 1], "category": "category 1"}
    told = {"n_products": 0, "competitor_price": 5} | nothing
    return row("marts.competitor_prices", **(told | dates | given))


def _period(period: str, begins: date, category: str, net: int, **given: object) -> Row:
    nothing = dict.fromkeys(("previous", "year_before", "growth", "growth_year"))
    told = {"period": period, "period_date": begins, "category": category, "net_revenue": net}
    return row("marts.sales_growth", **(told | nothing | given))


def _month(number: int, net: int) -> Row:
    told = {"cohort_month": DECEMBER, "months_since": number, "net_revenue": net, "retention": 1.0, "is_complete": True}
    return row("marts.cohort_retention", customers=1, retained=1, **told)


GOOD: dict[str, list[Row]] = {
    "clean.market": [
        row("clean.market", category="category 1", period_date=WEEKS[week], period_until=WEEKS[week + 1])
        for week in (0, 1)
    ],
    "marts.market_share": [
        _share(0, category="category 1", is_complete=True, n_products=6, revenue=20, net_revenue=10)
        | {"market_revenue": 100, "share": 0.2},
        _share(1, category="category 1", is_complete=True, n_products=6, market_revenue=200)
        | {"share": 0.0, "growth": -1.0, "market_growth": 1.0, "share_change": -0.2},
        _share(0, category="elsewhere"),
    ],
    "marts.competitor_prices": [
        _rival(0, n_products=6, our_price=10.0, paid_price=10.0, gap=5.0, gap_share=1.0),
        _rival(1),
    ],
    "marts.sales_growth": [
        _period("month", JANUARY, "a", 10),
        _period("month", JANUARY, "(service)", 3),
        _period("week", MONDAY, "(all)", 13),
        _period("week", NEXT_MONDAY, "(all)", 0, previous=13, growth=-1.0),
        _period("month", JANUARY, "b", 0),
    ],
    "marts.conversion_funnel": [
        row("marts.conversion_funnel", visits=1, with_view=1, with_cart=0, with_checkout=0, with_purchase=0)
        | {"view_rate": 1.0, "cart_rate": 0.0, "checkout_rate": None, "purchase_rate": None, "conversion": 0.0}
    ],
    # More than they paid was paid back for what they bought first.
    "marts.cohort_retention": [_month(0, -1), _month(1, 11)],
    "marts.trending_products": [
        row("marts.trending_products", product_id="P1", rank=1, buyers=6, buyers_before=2, units=6, units_before=2)
        | {"share": 0.6, "share_before": 0.2, "ratio": 3.0, "p_value": 0.01, "q_value": 0.02, "is_trending": True},
        row("marts.trending_products", product_id="P2", rank=2, buyers=5, buyers_before=0, units=5, units_before=0)
        | {"share": 0.4, "share_before": 0.0, "ratio": None, "p_value": 0.03, "q_value": 0.06, "is_new": True},
    ],
}

BY_HAND: dict[tuple[str, str], list[Plant]] = {
    ("marts.sales_daily", "net_is_gross_less_returned"): [last(gross_revenue=1), last(returned_revenue=1)],
    ("marts.sales_daily", "no_day_is_missing"): [
        Plant({0: {"sale_date": date(2025, 1, 1)}}),
        last(sale_date=date(2025, 1, 3)),
    ],
    ("clean.market", "periods_do_not_overlap"): [
        last(period_until=WEEKS[1]),
        Plant({0: {"period_until": date(2025, 1, 10)}}),
    ],
    ("clean.market", "ends_are_of_periods_that_began"): [
        last(period_date=date(2025, 2, 1), period_until=date(2025, 2, 8))
    ],
    ("clean.market", "prices_are_over_zero"): [last(competitor_price=0)],
    ("marts.market_share", "nothing_after_as_of"): [last(period_until=date(2025, 2, 2))],
    ("marts.market_share", "share_is_revenue_over_market"): [
        last(share=0.0),
        Plant({1: {"share": 0.1, "share_change": -0.1}}),
    ],
    ("marts.market_share", "growth_is_against_the_period_just_before"): [
        *(Plant({1: {"growth": growth}}) for growth in (None, 0.0)),
        *(Plant({1: {"market_growth": growth}}) for growth in (None, 0.5)),
        *(Plant({1: {"share_change": change}}) for change in (None, 0.2)),
        last(growth=0.0),
        # A day without a market between the two: the second has no period just before.
        Plant({0: {"period_until": date(2025, 1, 8)}}),
    ],
    ("marts.market_share", "revenue_reconciles_with_lines"): [
        last(revenue=1),
        last(net_revenue=-1),
        last(category="(all)"),
    ],
    ("marts.market_share", "in_range(growth)"): [last(growth=-1.5)],
    ("marts.market_share", "in_range(market_growth)"): [last(market_growth=-1.5)],
    ("marts.competitor_prices", "foreign_key(category, period_date) -> clean.market"): [last(category="nowhere")],
    ("marts.competitor_prices", "nothing_after_as_of"): [last(period_until=date(2025, 2, 2))],
    ("marts.competitor_prices", "prices_are_over_zero"): [
        last(competitor_price=0),
        last(n_products=1),
        last(paid_price=0.0),
        last(paid_price=NAN),
        Plant({0: {"our_price": 0.0, "gap": -5.0, "gap_share": -1.0}}),
    ],
    ("marts.competitor_prices", "gap_is_ours_less_theirs"): [
        last(gap=1.0),
        last(gap_share=1.0),
        Plant({0: {"gap": 4.0}}),
        Plant({0: {"gap_share": None}}),
    ],
    ("marts.competitor_prices", "in_range(gap_share)"): [last(gap_share=-1.5)],
    ("marts.sales_growth", "only_whole_periods"): [last(period_date=date(2025, 2, 1)), last(period_date=DAY)],
    ("marts.sales_growth", "sums_reconcile_with_days"): [last(net_revenue=1), last(category="(all)")],
    ("marts.sales_growth", "growth_is_against_the_periods_before"): [
        last(previous=1),
        last(year_before=1),
        last(growth=0.5),
        last(growth_year=NAN),
        Plant({3: {"growth": None}}),
        Plant({3: {"growth": NAN}}),
        Plant({3: {"previous": 12}}),
    ],
    ("marts.sales_growth", "no_period_is_missing"): [
        Plant({3: {"period_date": date(2025, 1, 13), "previous": None, "growth": None}})
    ],
    ("marts.conversion_funnel", "nothing_after_as_of"): [last(visit_date=date(2025, 2, 1))],
    ("marts.conversion_funnel", "counts_fall"): [
        # Of no checkout and of nothing in the cart there is no rate that could leave its range.
        last(with_checkout=1, purchase_rate=0.0),
        last(with_purchase=1, conversion=1.0),
    ],
    ("marts.conversion_funnel", "rates_follow_counts"): [
        *(last(**{rate: 0.5}) for rate in ("view_rate", "cart_rate", "checkout_rate", "purchase_rate", "conversion")),
        last(cart_rate=None),
    ],
    ("marts.conversion_funnel", "visits_are_of_people"): [
        last(visits=2, with_view=2),
        last(visit_date=date(2025, 1, 3)),
    ],
    ("marts.cohort_retention", "every_month_is_there"): [
        last(months_since=2, is_complete=False),
        Plant({0: {"cohort_month": NOVEMBER}, 1: {"cohort_month": NOVEMBER}}),
    ],
    ("marts.cohort_retention", "all_are_there_at_first"): [
        Plant({0: {"retained": 0, "retention": 0.0}}),
        last(retention=0.5),
    ],
    ("marts.cohort_retention", "every_buyer_is_in_one_cohort"): [
        Plant({0: {"customers": 2, "retained": 2}, 1: {"customers": 2, "retention": 0.5}})
    ],
    ("marts.cohort_retention", "cohorts_keep_their_size"): [last(customers=2, retention=0.5)],
    ("marts.cohort_retention", "totals_reconcile_with_lines"): [last(net_revenue=10)],
    ("marts.cohort_retention", "complete_months_are_over"): [last(is_complete=False)],
    ("marts.trending_products", "in_range(rank)"): [Plant({0: {"rank": 0}})],
    # Both ends break the same rules.
    ("marts.trending_products", "in_range(share)"): [last(share=-1.0), last(share=2.0, ratio=1.0)],
    ("marts.trending_products", "in_range(p_value)"): [last(p_value=-1.0, is_trending=True), last(p_value=2.0)],
    ("marts.trending_products", "in_range(q_value)"): [last(q_value=-1.0), last(q_value=2.0, is_trending=True)],
    ("marts.trending_products", "ranks_have_no_gap"): [last(rank=3), last(rank=1)],
    ("marts.trending_products", "share_rises"): [
        last(share_before=0.4, ratio=1.0),
        last(units=4),
        last(is_new=False, buyers_before=1),
        last(buyers_before=1, units_before=1),
        last(ratio=1.0),
        Plant({0: {"ratio": None}}),
        Plant({0: {"ratio": NAN}}),
    ],
    ("marts.trending_products", "trending_is_no_chance"): [
        last(is_trending=True),
        last(q_value=0.02, is_trending=True),
    ],
}

_SHARE, _RIVALS, _GROWTH = "marts.market_share", "marts.competitor_prices", "marts.sales_growth"
_FUNNEL, _COHORTS, _TRENDING = "marts.conversion_funnel", "marts.cohort_retention", "marts.trending_products"
_FALL, _RATES, _PEOPLE = "counts_fall", "rates_follow_counts", "visits_are_of_people"
_STEPS = ("visits", "with_view", "with_cart", "with_checkout")
_QUOTIENTS = ("view_rate", "cart_rate", "checkout_rate", "purchase_rate", "conversion")
ALSO: dict[tuple[str, str], set[str]] = {
    ("clean.market", "key(category, period_date)"): {"periods_do_not_overlap"},
    (_SHARE, "in_range(revenue)"): {"revenue_reconciles_with_lines"},
    (_SHARE, "in_range(share)"): {"share_is_revenue_over_market"},
    **{(_SHARE, f"in_range({c})"): {"growth_is_against_the_period_just_before"} for c in ("growth", "market_growth")},
    **{(_RIVALS, f"in_range({c})"): {"prices_are_over_zero"} for c in ("n_products", "competitor_price")},
    (_RIVALS, "in_range(gap_share)"): {"gap_is_ours_less_theirs"},
    **{
        ("marts.sales_daily", rule): {"net_is_gross_less_returned"}
        for rule in ("in_range(gross_revenue)", "in_range(returned_revenue)", "totals_reconcile_with_lines")
    },
    (_GROWTH, "key(period, period_date, category)"): {"no_period_is_missing"},
    **{(_FUNNEL, f"in_range({column})"): {_FALL, _RATES} for column in _STEPS},
    (_FUNNEL, "in_range(with_purchase)"): {_RATES},
    **{(_FUNNEL, f"in_range({rate})"): {_RATES} for rate in _QUOTIENTS},
    (_FUNNEL, "key(visit_date, channel)"): {_PEOPLE},
    (_FUNNEL, "nothing_after_as_of"): {_PEOPLE},
    (_COHORTS, "in_range(months_since)"): {"every_month_is_there"},
    (_COHORTS, "in_range(customers)"): {"cohorts_keep_their_size", "all_are_there_at_first"},
    (_COHORTS, "in_range(retained)"): {"all_are_there_at_first"},
    (_COHORTS, "in_range(retention)"): {"all_are_there_at_first"},
    (_COHORTS, "key(cohort_month, months_since)"): {"every_month_is_there", "totals_reconcile_with_lines"},
    **{(_TRENDING, f"in_range({c})"): {"share_rises"} for c in ("units", "units_before", "share", "share_before")},
    **{(_TRENDING, f"in_range({c})"): {"trending_is_no_chance"} for c in ("p_value", "q_value")},
    (_TRENDING, "key(product_id)"): {"ranks_have_no_gap"},
}
