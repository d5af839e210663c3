"""The `clean.market` table: figures of the whole market from outside, with the end of each period worked out.

Not here: what we sold of it (`market_share.py`).
"""

from .table import Column, Repair, RowRule, Rule, Table

LIMIT = 0.05
CATEGORY_PATH = (
    r"regexp_replace(regexp_replace(coalesce(category, ''), '^[\s\pZ>]+|[\s\pZ>]+$', '', 'g'),"
    r" '[\s\pZ]*>[\s\pZ>]*', ' > ', 'g')"
)
"""SQL: a path in one writing, `a > b > c`; empty for none."""
HOLDS = "(market.category = '(all)' OR path = market.category OR starts_with(path, market.category || ' > '))"
"""SQL: the feed's category is the product's or above it."""
TODAY = "CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)"
"""SQL: the first day that is not over at the clock."""

MARKET = Table(
    "clean",
    "market",
    "one category of the market in one period, as outside figures told it last",
    (
        Column("category", "VARCHAR", "path, `a > b > c`; it stands for all below it too; (all) is the whole market"),
        Column("period_date", "DATE", "first day of the period"),
        Column(
            "period_until",
            "DATE",
            "first day after it: that of the next period, or where that has not begun at the run's clock, after the"
            " length of the others; null where they are no months, and not of the same days and fewer than 28",
            required=False,
        ),
        Column("market_revenue", "DECIMAL(18,2)", "revenue of the whole market", minimum=0),
        Column("competitor_price", "DECIMAL(18,4)", "what a competitor asks", required=False, minimum=0),
    ),
    ("category", "period_date"),
    rules=(
        Rule(
            "periods_do_not_overlap",
            "SELECT category, period_date FROM (SELECT *, lead(period_date) OVER (PARTITION BY category"
            f" ORDER BY period_date) AS next FROM {{batch}} WHERE period_date < {TODAY})"
            " WHERE period_until <= period_date OR period_until > next",
            "a period ends after it begins, and not after the next one of its category begins",
        ),
        Rule(
            "ends_are_of_periods_that_began",
            f"SELECT category, period_date FROM {{batch}} WHERE period_date >= {TODAY} AND period_until IS NOT NULL",
            "no end of a period that begins at or after the run's clock",
        ),
        Rule(
            "prices_are_over_zero", "SELECT category FROM {batch} WHERE competitor_price = 0", "nothing is for nothing"
        ),
        Rule(
            "most_categories_are_ours",
            "SELECT n_told, n_ours FROM (SELECT count(DISTINCT category) AS n_told FROM {batch}),"
            " (SELECT count(DISTINCT market.category) AS n_ours FROM (SELECT DISTINCT category FROM {batch}) AS market"
            f" JOIN (SELECT DISTINCT {CATEGORY_PATH} AS path FROM clean.products) ON {HOLDS})"
            " WHERE n_ours < n_told / 2",
            "at least half of the feed's categories hold a product of ours: else it may write them in another way",
            "WARN",
        ),
        Rule(
            "periods_are_told_by_their_first_day",
            "SELECT n_last, n FROM (SELECT count(DISTINCT period_date) AS n,"
            " count(DISTINCT period_date) FILTER (period_date = last_day(period_date)) AS n_last FROM {batch})"
            " WHERE n >= 3 AND n_last > n / 2",
            "most dates are not the last days of months: else the feed may tell when a period ends, and all of ours"
            " would be a month late",
            "WARN",
        ),
    ),
    row_rules=(
        RowRule("exact_duplicate", "all columns equal to another row's; one of them stays", 1, dropped=True),
        RowRule("older_figure", "other figures of the period and category that landed later hold", 1, dropped=True),
        RowRule("empty_category", "a category without a name", LIMIT),
        RowRule("in_the_future", "a period that begins after the run's own day", LIMIT),
        RowRule("impossible_figure", "a revenue or a price under zero, or no date (-infinity)", LIMIT),
    ),
    repairs=(Repair("no_price_is_none", "a competitor's price of zero: it is not known"),),
)
