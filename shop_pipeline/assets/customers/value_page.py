"""What people are told of lifetime value: the model beside the naive rule, expected against actual, tiers, the books.

Here: pages in markdown from the stored rows, and the picture of the calibration. Not here: the figures
(`models/value/report.py`) and the tables (`value.py`, `value_judgement.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from ...contracts.value_judged import NAIVE, SEEN, WANTED
from ..examples import markdown
from ..gated import Run
from ..plots import calibration

FIGURES = {
    "revenue_ratio": "revenue, expected / actual",
    "revenue_rmse": "revenue, root mean squared error",
    "revenue_mae": "revenue, mean absolute error",
    "purchases_ratio": "purchases, expected / actual",
    "purchases_mae": "purchases, mean absolute error",
    "revenue_spearman": "rank correlation (Spearman)",
    "revenue_gini": "Gini / the best possible",
    "revenue_top_tenth": "share of revenue of the tenth put first",
    "revenue_top_tenth_best": "the best possible",
    SEEN: "customers inside their interval",
    WANTED: "so many were to be inside",
}
WHO = {"all": "all", "one_time": "who bought once", "repeat": "who bought again"}

DECILES = """
SELECT
    customer_group AS customers, decile AS tenth, n_customers, round(expected_purchases, 1) AS "purchases expected",
    actual_purchases::BIGINT AS actual, round(expected_revenue, 2) AS "revenue expected",
    round(actual_revenue, 2) AS "revenue actual"
FROM marts.clv_calibration WHERE is_published ORDER BY customer_group, decile DESC
"""
POINTS = """
SELECT
    customer_group || ': ' || model AS model, expected_purchases / n_customers AS expected,
    actual_purchases / n_customers AS actual
FROM marts.clv_calibration ORDER BY model, decile
"""
TIERS = """
SELECT
    customer_group AS customers, value_tier AS tier, count(*) AS n_customers, round(min(clv), 2) AS "clv from",
    round(max(clv), 2) AS "to", round(sum(clv), 2) AS total,
    round(100 * sum(clv) / nullif(sum(sum(clv)) OVER (PARTITION BY customer_group), 0), 1) AS "% of theirs",
    round(sum(net_revenue), 2) AS "revenue so far"
FROM marts.customer_value GROUP BY customer_group, value_tier ORDER BY customer_group, avg(clv) DESC, value_tier
"""
PARTS = """
SELECT part, n_customers, gross_revenue, returned_revenue, net_revenue, valued_revenue FROM (
    SELECT *, 0 AS place FROM marts.revenue_reconciliation
    UNION ALL BY NAME
    SELECT
        'the books' AS part, sum(gross_revenue) AS gross_revenue, sum(returned_revenue) AS returned_revenue,
        sum(net_revenue) AS net_revenue, sum(valued_revenue) AS valued_revenue, 1 AS place
    FROM marts.revenue_reconciliation HAVING count(*) > 0
) ORDER BY place, net_revenue DESC, part
"""


def evaluation_page(judged: pd.DataFrame, horizon_days: int) -> str:
    """A sentence and a table for each group of customers, model against naive rule, from rows of clv_evaluation."""
    pages = [_page_of(group, own, horizon_days) for group, own in judged.groupby("customer_group")]
    return "\n".join(pages)


def calibration_page(run: Run) -> dict[str, Any]:
    """What was expected of each tenth of the customers and what came, as a table and a picture; of the stored rows."""
    points = run.duck.execute(POINTS).df()
    if points.empty:
        return {}
    about = "Tenths of the customers by the revenue that the published rule expected of them, the highest first."
    picture = calibration(points, "expected", "actual", "model")
    return _page(run, "calibration", DECILES, about, 1) | {"plot": picture}


def tiers_page(run: Run) -> dict[str, Any]:
    """How many customers each tier has, and what they are worth; of the stored rows."""
    return _page(run, "tiers", TIERS, "Customers of a group by what is expected of them.", 1)


def reconciliation_page(run: Run) -> dict[str, Any]:
    """Where the booked revenue is; of the stored rows."""
    about = "The parts of the booked revenue before the clock. Lifetime value is told from ordinary and wholesale."
    return _page(run, "reconciliation", PARTS, about)


def _page(run: Run, name: str, sql: str, about: str, n_grouped: int = 0) -> dict[str, Any]:
    """The metadata `name`: a sentence and the rows; nothing without rows."""
    found = run.duck.execute(sql)
    head = [column[0] for column in found.description or ()]
    rows = found.fetchall()
    return {name: dg.MetadataValue.md(markdown(about, head, rows, n_grouped))} if rows else {}


def _page_of(group: Any, judged: pd.DataFrame, horizon_days: int) -> str:
    model = next((name for name in judged["model"].unique() if name != NAIVE), NAIVE)
    chosen = judged[judged["is_published"]]["model"].to_list()[0]
    rows = {(row["customers"], row["metric"], row["model"]): row for row in judged.to_dict("records")}
    gain = rows["all", "revenue_mse_difference", model]
    about = (
        f"{group}: {chosen} is published. Over {horizon_days} days held out, the mean squared error in revenue of"
        f" {model} less that of {NAIVE} is {gain['value']:z.2f} ({gain['ci_low']:z.2f} to {gain['ci_high']:z.2f}) for"
        f" {gain['n_customers']:,} customers."
    )
    return markdown(about, ["customers", "figure", model, NAIVE], list(_lines(rows, model)), 1)


def _lines(rows: Mapping[Any, Mapping[Any, Any]], model: str) -> Iterator[Sequence[str]]:
    """One line per class of customers and figure that either has."""
    for customers, who in WHO.items():
        for metric, words in FIGURES.items():
            cells = [rows.get((customers, metric, name)) for name in (model, NAIVE)]
            if any(cells):
                yield who, words, *(f"{cell['value']:z.3f}" if cell else "" for cell in cells)
