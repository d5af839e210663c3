"""Histories of purchases as the models of lifetime value want them, up to the clock or to an earlier cut.

Here: reading them, the cut, what customers did after it, and whether there are enough of them. Not here: the judging
(`value_judgement.py`), and what a purchase is (`sql/features/rfm.sql`).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from ..models.arrays import DoubleArray
from ..models.readiness_rules import EVENTS_PER_PARAMETER, ROUGH
from ..models.value.purchases import Purchases
from .gated import Run
from .held_out import make_at
from .lineage import tables_in
from .sql_files import sql_text

PURCHASES, RFM = "features.purchases", "features.rfm"
CUT_FROM = tables_in(sql_text(PURCHASES)) | tables_in(sql_text(RFM))
"""What both are made from again at a cut."""
FEWEST_REPEAT = 4 * EVENTS_PER_PARAMETER
"""As in the readiness of CLV, but of each group: 10 repeat buyers for each parameter of BG/NBD."""

HISTORIES = """
SELECT
    customer_id, frequency::DOUBLE AS frequency, recency_days::DOUBLE AS recency, age_days::DOUBLE AS age,
    monetary_value AS spend
FROM {source} WHERE customer_group = ? ORDER BY customer_id
"""
# In the order of the histories. Returns of the whole time until the clock are off: that is what was earned.
OUTCOME = """
SELECT coalesce(purchases, 0)::DOUBLE AS purchases, coalesce(revenue, 0)::DOUBLE AS revenue
FROM {source} LEFT JOIN (
    SELECT customer_id, count(*) AS purchases, sum(amount) AS revenue FROM (
        SELECT customer_id, sum(amount) AS amount FROM features.purchases WHERE purchased_at >= ?
        GROUP BY customer_id, purchase_date HAVING sum(amount) > 0
    ) GROUP BY customer_id
) USING (customer_id)
WHERE customer_group = ? ORDER BY customer_id
"""


@dataclass(frozen=True)
class Cut:
    """The table of customers as they were known at `split_at`, and how long the period behind it is."""

    source: str
    split_at: datetime
    horizon_days: int


def cut_for_value(run: Run) -> Cut | str:
    """The last `value.holdout_days`, else the last third of the days since the first purchase; or why there is none."""
    row = run.duck.execute(f"SELECT min(purchase_date) FROM {PURCHASES}").fetchone()
    if row is None or row[0] is None:
        return "no known customer has bought anything"
    last = _last_day(run)
    n_days = (last - row[0]).days + 1
    held_out = run.session.settings.value.holdout_days or n_days // 3
    if not 0 < held_out < n_days:
        return f"{n_days} days since the first purchase: none is left to fit on before the {held_out} to judge by"
    split_at = run.session.end_of_day(last - timedelta(days=held_out))
    make_at(run, PURCHASES, split_at)
    return Cut(make_at(run, RFM, split_at, over=(PURCHASES,)), split_at, held_out)


def read_histories(run: Run, group: str, source: str = RFM) -> tuple[pa.ChunkedArray, Purchases]:
    """The ids of a group's customers, sorted, and what they bought; time is in days."""
    found = run.duck.execute(HISTORIES.format(source=source), [group]).to_arrow_table()
    arrays = (found[name].to_numpy() for name in ("frequency", "recency", "age", "spend"))
    return found["customer_id"], Purchases(*arrays)


def read_outcome(run: Run, group: str, cut: Cut) -> tuple[DoubleArray, DoubleArray]:
    """Purchases and revenue of the same customers from the cut to the clock, in the order of their histories then."""
    found: Any = run.duck.execute(OUTCOME.format(source=cut.source), [cut.split_at, group]).fetchnumpy()
    return found["purchases"], found["revenue"]


def too_few(purchases: Purchases) -> str | None:
    """Why a group is too small for a fit of its own; None where it is large enough."""
    n_repeat = int((purchases.frequency > 0).sum())
    if len(purchases) >= ROUGH and n_repeat >= FEWEST_REPEAT:
        return None
    return f"{len(purchases):,} customers, {n_repeat:,} of whom bought again; {ROUGH} and {FEWEST_REPEAT} wanted"


def _last_day(run: Run) -> date:
    """The last day of the shop before the clock, which is the end of a day."""
    row = run.duck.execute(
        "SELECT CAST((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC'"
        " AT TIME ZONE getvariable('timezone') AS DATE)"
    ).fetchone()
    assert row is not None
    last: date = row[0]
    return last
