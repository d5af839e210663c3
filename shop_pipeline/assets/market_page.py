"""What people are told of sales and the market: a short table of each mart, or why it is empty.

Here: from the stored tables to markdown. Not here: how a page looks (`examples.py`), and the tables (`market.py`).
"""

from collections.abc import Mapping
from typing import Any

from ..contracts.market_feed import TODAY
from .examples import page
from .gated import Afterthought, Run
from .plots import line

MONTHS_SHOWN = 12
NO_SALE = {"EXISTS (FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))": "no sale yet"}
NOT_YET = "no period of the market feed lies between the first sale and the run's clock"
NO_FEED = NO_SALE | {
    "EXISTS (FROM raw.market)": "there is no market feed",
    f"EXISTS (FROM clean.market WHERE period_date < {TODAY})": NOT_YET,
    "EXISTS (FROM clean.market WHERE period_until IS NOT NULL)": "nothing tells yet when a period of the market feed"
    " ends",
}
NO_PRICE = {"EXISTS (FROM clean.market WHERE competitor_price > 0)": "the market feed tells no prices"}
NO_PERIOD = {"false": NOT_YET}
"""What has to hold, and what is said where it does not; the first counts."""

SHARE = """
SELECT
    category, period_date AS "from", period_until AS "until, left out", round(revenue, 2) AS ours,
    market_revenue AS market, round(100 * share, 2) AS "share %", round(100 * share_change, 2) AS "change, points",
    round(100 * growth, 1) AS "our growth %", round(100 * market_growth, 1) AS "the market's %"
FROM marts.market_share
QUALIFY row_number() OVER (PARTITION BY category ORDER BY period_date DESC) = 1
ORDER BY category = '(all)' DESC, revenue DESC, category
"""
RIVALS = """
SELECT
    category, period_date AS "from", n_products AS products, round(our_price, 2) AS "our price",
    round(competitor_price, 2) AS theirs, round(100 * gap_share, 1) AS "gap %"
FROM marts.competitor_prices
QUALIFY row_number() OVER (PARTITION BY category ORDER BY period_date DESC) = 1
ORDER BY gap_share DESC NULLS LAST, category
"""
FUNNEL = """
SELECT
    name AS channel, sum(visits)::BIGINT AS visits, sum(with_view)::BIGINT AS viewed, sum(with_cart)::BIGINT AS cart,
    sum(with_checkout)::BIGINT AS checkout, sum(with_purchase)::BIGINT AS bought,
    round(100 * sum(with_purchase) / sum(visits), 2) AS "conversion %"
FROM (SELECT *, unnest([channel, '(all)']) AS name FROM marts.conversion_funnel)
WHERE visit_date > (SELECT max(visit_date) FROM marts.conversion_funnel) - 28
GROUP BY name
ORDER BY sum(visits) DESC, name
"""
GROWTH = """
SELECT
    period, period_date AS "from", orders, round(net_revenue, 2) AS "net revenue",
    round(100 * growth, 1) AS "growth %", round(100 * growth_year, 1) AS "against the year before %"
FROM marts.sales_growth
WHERE category = '(all)'
QUALIFY row_number() OVER (PARTITION BY period ORDER BY period_date DESC) <= 13
ORDER BY period, period_date DESC
"""
TRENDING = """
SELECT
    rank, product_id, title, buyers, buyers_before AS before, round(ratio, 2) AS "share, times",
    printf('%.2g', q_value) AS "q value", CASE WHEN is_trending THEN 'yes' ELSE 'maybe chance' END AS trending,
    CASE WHEN is_new THEN 'new' END AS new
FROM marts.trending_products
JOIN clean.products USING (product_id)
ORDER BY rank
LIMIT 15
"""


def _triangle() -> str:
    """The last cohorts in rows and the months after in columns; months that are not over are left out."""
    month = 'max(round(100 * retention, 1)) FILTER (months_since = {0} AND is_complete) AS "{0}"'
    months = ", ".join(month.format(number) for number in range(1, MONTHS_SHOWN + 1))
    return (
        f"SELECT strftime(cohort_month, '%Y-%m') AS month, any_value(customers) AS customers, {months}"
        f" FROM marts.cohort_retention GROUP BY cohort_month ORDER BY cohort_month DESC LIMIT {MONTHS_SHOWN}"
    )


def _page_or_why(sql: str, about: str, reasons: Mapping[str, str], n_grouped: int = 0) -> Afterthought:
    """The page of the query; of no rows, a note with the first reason whose condition does not hold."""
    show = page(sql, about, n_grouped)

    def tell(run: Run) -> dict[str, Any]:
        return show(run) or {"note": next(why for needed, why in reasons.items() if not _holds(run, needed))}

    return tell


def _holds(run: Run, condition: str) -> bool:
    found = run.duck.execute(f"SELECT {condition}").fetchone()
    return bool(found and found[0])


def revenue(run: Run) -> dict[str, Any]:
    """Net revenue in all, and by day."""
    days = run.duck.execute(
        "SELECT sale_date, sum(net_revenue)::DOUBLE AS net_revenue FROM marts.sales_daily GROUP BY 1 ORDER BY 1"
    ).df()
    if days.empty:
        return {"note": "no sale before the run's clock"}
    return {"net_revenue": float(days["net_revenue"].sum()), "plot": line(days, "sale_date", "net_revenue")}


share = _page_or_why(
    SHARE,
    "The newest period of each category of the market feed: our sales before returns, and the market's.",
    NO_FEED | NO_PERIOD,
)
rivals = _page_or_why(
    RIVALS,
    "The newest period of each category: the mean of our list prices beside the competitor's price.",
    NO_FEED | NO_PRICE | NO_PERIOD,
)
funnel = _page_or_why(
    FUNNEL,
    "Visits of the last 28 days by channel, and how far they came; who reached a step is counted in all before it.",
    {
        "EXISTS (FROM clean.sessions WHERE NOT is_bot)": "no visit of a person is known",
        "false": "the source tells purchases only: nobody is seen browsing",
    },
)
cohorts = _page_or_why(
    _triangle(),
    "Customers by the month of their first purchase, and per cent of them who bought again so many months later.",
    {"false": "no known customer has bought and kept anything yet"},
)
growth = _page_or_why(
    GROWTH,
    "Whole months and weeks of the shop, newest first.",
    NO_SALE | {"false": "no week and no month lies between the first sale and the run's clock as a whole"},
    n_grouped=1,
)
trending = _page_or_why(
    TRENDING,
    "Products of which more of all purchases were in the last 28 whole days than in the 28 before; times: how much"
    " larger their share is.",
    NO_SALE
    | {
        "(SELECT min(line_date) FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))"
        f" <= {TODAY} - 56": ("two windows of 28 days are needed, and the first sale is younger"),
        "false": "no product with at least five buyers rose",
    },
)
