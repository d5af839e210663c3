"""Histories of purchases as the models of lifetime value want them, up to the clock or to an earlier cut.

Here: reading them, the cut, what customers did after it, and whether there are enough of them. Not here: the judging
(`value_judgement.py`), what a purchase is (`sql/features/rfm.sql`), and who is wholesale
(`sql/clean/customer_labels.sql`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from ...models.arrays import DoubleArray
from ...models.readiness_rules import EVENTS_PER_PARAMETER, ROUGH
from ...models.value.purchases import Purchases
from ..gated import Run
from ..held_out import days_before, make_at
from ..lineage import tables_in
from ..sql_files import sql_text

LABELS, PURCHASES, RFM = "clean.customer_labels", "features.purchases", "features.rfm"
CUT_FROM = frozenset[str]().union(*(tables_in(sql_text(name)) for name in (LABELS, PURCHASES, RFM)))
"""What all three are made from again at a cut."""
FEWEST_REPEAT = 4 * EVENTS_PER_PARAMETER
"""As in the readiness of CLV, but of each group: 10 repeat buyers for each parameter of BG/NBD."""
BEGUN = 0.02
"""Of so many repeat buyers there are twice as many purchases, of which this share is more than one: a single line with
a wrong date does not say when the history begins."""

# The clock is the end of a day.
HISTORY_DAYS = f"""
SELECT CAST(
    (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE
) - quantile_disc(purchase_date, {BEGUN}) + 1
FROM (SELECT DISTINCT customer_id, purchase_date FROM {PURCHASES})
"""
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
        SELECT customer_id, sum(amount) AS amount FROM {outcome} WHERE purchased_at >= ?
        GROUP BY customer_id, purchase_date HAVING sum(amount) > 0
    ) GROUP BY customer_id
) USING (customer_id)
WHERE customer_group = ? ORDER BY customer_id
"""


@dataclass(frozen=True)
class Cut:
    """Two tables and a period of so many days: customers as they were known at `split_at`, and what they bought."""

    source: str
    outcome: str
    split_at: datetime
    horizon_days: int


def cut_for_value(run: Run) -> Cut | str:
    """The last `value.holdout_days` before the clock are held out; or why there is no such cut.

    Without that setting, a third of the history, but no more than what is told: `value.horizon_days`. The history
    begins where `BEGUN` of the purchases have happened.
    """
    row = run.duck.execute(HISTORY_DAYS).fetchone()
    if row is None or row[0] is None:
        return "no known customer has bought anything"
    n_days, settings = int(row[0]), run.session.settings.value
    held_out = settings.holdout_days or min(n_days // 3, settings.horizon_days)
    if not 0 < held_out < n_days:
        return f"the history has {n_days} days: none is left to fit on before the {held_out} to judge by"
    split_at = days_before(run, held_out)
    make_at(run, LABELS, split_at)
    make_at(run, PURCHASES, split_at, over=(LABELS,))
    source = make_at(run, RFM, split_at, over=(LABELS, PURCHASES))
    # Also what came is of the labels of the cut: who turned out to be a bot would have bought nothing.
    return Cut(source, make_at(run, PURCHASES, run.as_of, over=(LABELS,)), split_at, held_out)


def read_histories(run: Run, group: str, source: str = RFM) -> tuple[pa.ChunkedArray, Purchases]:
    """The ids of a group's customers, sorted, and what they bought; time is in days."""
    found = run.duck.execute(HISTORIES.format(source=source), [group]).to_arrow_table()
    arrays = (found[name].to_numpy() for name in ("frequency", "recency", "age", "spend"))
    return found["customer_id"], Purchases(*arrays)


def read_outcome(run: Run, group: str, cut: Cut) -> tuple[DoubleArray, DoubleArray]:
    """Purchases and revenue of the same customers from the cut to the clock, in the order of their histories then."""
    found: Any = run.duck.execute(
        OUTCOME.format(source=cut.source, outcome=cut.outcome), [cut.split_at, group]
    ).fetchnumpy()
    return found["purchases"], found["revenue"]


def too_few(purchases: Purchases) -> str | None:
    """Why a group is too small for a fit of its own; None where it is large enough."""
    n_repeat = int((purchases.frequency > 0).sum())
    if len(purchases) >= ROUGH and n_repeat >= FEWEST_REPEAT:
        return None
    return f"{len(purchases):,} customers, {n_repeat:,} of whom bought again; {ROUGH} and {FEWEST_REPEAT} wanted"
