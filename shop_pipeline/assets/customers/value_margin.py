"""What of a group's revenue is earned, and what its customers have cost so far.

Here: the margin that lifetime value counts with, and where it is from. Not here: lifetime value (`value.py`), and what
a line costs (`sql/features/purchases.sql`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.arrays import DoubleArray
from ..gated import Run
from .value_histories import RFM

DAYS_PER_YEAR = 365.25
LEAST_COVERED = 0.1
"""Share of the revenue whose cost has to be known. Of a margin between 0 and 1, known for the share s, the whole is
known within 1 - s: from a tenth on that says something, below it one supplier or one order speaks for everybody."""

KNOWN = f"""
SELECT
    sum(revenue_with_cost)::DOUBLE AS revenue_with_cost, sum(known_cost)::DOUBLE AS known_cost,
    sum(net_revenue)::DOUBLE AS net_revenue
FROM {RFM} WHERE customer_group = ?
"""
# Cost where it is known, else what the margin leaves; in the order of the histories.
MONEY = f"""
SELECT
    net_revenue::DOUBLE AS revenue,
    coalesce(known_cost, 0)::DOUBLE + (net_revenue - revenue_with_cost)::DOUBLE * (1 - ?) AS cost,
    age_days / {DAYS_PER_YEAR} AS years
FROM {RFM} WHERE customer_group = ? ORDER BY customer_id
"""


@dataclass(frozen=True)
class Margin:
    """The share of a group's revenue that counts as earned."""

    share: float
    source: str
    """Where it is from, for people."""
    is_known: bool = True
    """False where revenue counts in full because too little is known to cost anything."""

    def __str__(self) -> str:
        return f"{self.share:.1%}: {self.source}"


@dataclass(frozen=True)
class Money:
    """What customers brought and cost so far, and their time as customers, (n,) each; a cost is NaN if not known."""

    revenue: DoubleArray
    cost: DoubleArray
    years: DoubleArray


def margin_of(run: Run, group: str) -> Margin:
    """That of shop.yaml, else that of the lines whose cost is known, if they are enough to speak for the others."""
    given = run.session.settings.value.margin
    if given is not None:
        return Margin(given, "value.margin of shop.yaml")
    row = run.duck.execute(KNOWN, [group]).fetchone()
    if row is None or row[1] is None:
        return Margin(1.0, "no cost is known, revenue counts in full", is_known=False)
    with_cost, cost, revenue = row
    covered = with_cost / revenue if with_cost > 0 and revenue > 0 else 0.0
    if covered < LEAST_COVERED:
        why = f"cost is known of {covered:.1%} of the revenue, less than {LEAST_COVERED:.0%}: revenue counts in full"
        return Margin(1.0, why, is_known=False)
    known, lines = 1 - cost / with_cost, f"the lines whose cost is known, {covered:.1%} of the revenue"
    if known < 0:
        return Margin(0.0, f"{lines}, earn nothing: {known:.1%}")
    return Margin(known, f"of {lines}")


def money_of(run: Run, group: str, margin: Margin) -> Money:
    """Each customer's sums, in the order of the histories; what something costs beside known costs, by the margin."""
    found: Any = run.duck.execute(MONEY, [margin.share, group]).fetchnumpy()
    cost = found["cost"] if margin.is_known else np.full(len(found["cost"]), np.nan)
    return Money(found["revenue"], cost, found["years"])
