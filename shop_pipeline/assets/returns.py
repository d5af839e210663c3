"""`clean.returns`: the money lines of `clean.events` as arrays, matched, and back as a table.

Here: the crossing, and the shares that the UI shows. Not here: how a sale is found (`models/returns.py`), and the net
amounts that follow (`sql/clean/order_lines.sql`).
"""

from typing import Any

import dagster as dg
import pyarrow as pa

from ..models.returns import METHODS, REASONS, Lines, Matches, match_returns
from .gated import Built, Run
from .plots import bars

# In time order, a sale before a return of the same instant, then by id. Sales that no return can reach stay out: most.
MONEY_LINES = """
CREATE OR REPLACE TEMP TABLE money_lines AS
WITH returned AS (
    SELECT order_id, customer_id, product_id FROM clean.events WHERE event_type IN ('refund', 'cancel')
)
SELECT
    *, event_type <> 'purchase' AS is_return,
    row_number() OVER (ORDER BY event_at, event_type <> 'purchase', event_id) - 1 AS line,
    dense_rank() OVER (ORDER BY order_id) AS order_code,
    CASE WHEN customer_id IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY customer_id) END AS customer_code,
    dense_rank() OVER (ORDER BY product_id) AS product_code
FROM clean.events
WHERE event_type IN ('refund', 'cancel') OR event_type = 'purchase' AND (
    (order_id, product_id) IN (SELECT (order_id, product_id) FROM returned)
    OR (customer_id, product_id) IN (SELECT (customer_id, product_id) FROM returned WHERE customer_id IS NOT NULL)
)
"""

ARRAYS = """
SELECT is_return, event_date - DATE '1970-01-01' AS day, order_code, customer_code, product_code, quantity,
    (unit_price * 10000)::BIGINT AS unit_price
FROM money_lines ORDER BY line
"""

# A clock that is set back at midnight can end a day an hour after it began: no sale is younger than its return.
MATCHED = """
SELECT
    back.event_id AS return_event_id, match_number, back.event_at AS returned_at, back.event_date AS return_date,
    back.order_id, back.customer_id, back.product_id, back.is_service, method, reason,
    sale.event_id AS sale_event_id, sale.order_id AS sale_order_id, sale.event_at AS sold_at,
    found.quantity, back.unit_price, found.quantity * back.unit_price AS amount,
    CASE WHEN sale.event_id IS NOT NULL THEN greatest(back.event_date - sale.event_date, 0) END AS days_after
FROM found_returns AS found
JOIN money_lines AS back ON back.line = found.return_line
LEFT JOIN money_lines AS sale ON sale.line = found.sale_line
"""

SHARES = """
SELECT
    coalesce(reason, method) AS matched_by, count(*) AS parts, sum(quantity) AS units, sum(amount) AS money,
    round(units / sum(units) OVER (), 4) AS share_of_units,
    round(money / nullif(sum(money) OVER (), 0), 4) AS share_of_money
FROM clean.returns
GROUP BY method, reason
ORDER BY method = 'unmatched', money DESC, matched_by
"""


def build_returns(run: Run) -> Built:
    """One row per part of a return, matched by `models/returns.py` within the window of `shop.yaml`."""
    run.duck.execute(MONEY_LINES)
    arrays: dict[str, Any] = run.duck.execute(ARRAYS).fetchnumpy()
    found = match_returns(Lines(*arrays.values()), run.session.settings.returns.window_days)
    run.duck.register("found_returns", _table(found))
    return Built(MATCHED)


def _table(found: Matches) -> pa.Table:
    """The rows with their words; null where a part has no reason."""
    reasons = pa.array(found.reason, mask=found.reason < 0)
    return pa.table(
        {
            "return_line": found.return_line,
            "match_number": found.match_number,
            "sale_line": found.sale_line,
            "quantity": found.quantity,
            "method": pa.array(METHODS).take(pa.array(found.method)),
            "reason": pa.array(REASONS).take(reasons),
        }
    )


def matched_shares(run: Run) -> dict[str, Any]:
    """Parts, units and money by how they were matched, or why they were not."""
    shares = run.duck.execute(SHARES).df()
    if shares.empty:
        return {"note": "nothing came back"}
    matched = shares["matched_by"].isin(METHODS)
    return {
        "share_of_units_matched": float(shares.loc[matched, "share_of_units"].sum()),
        "share_of_money_matched": float(shares.loc[matched, "share_of_money"].sum()),
        "by_method": dg.MetadataValue.md(shares.to_markdown(index=False)),
        "plot": bars(shares[["matched_by", "units"]], "units", "matched_by"),
    }
