"""Which products stand on the same orders: the measure `bought_with` of `models.product_similarity`.

Belongs here: the orders as a matrix, and the search over it. Does not belong here: likeness by customers and content
(`similarities.py`), and the kernel (`models/similarity`).
"""

import pyarrow as pa

from ...models.similarity.measures import Similarity
from ...models.similarity.top_k import similarity_memory, top_k_neighbours
from ..gated import Run
from ..lineage import tables_in
from ..matrices import neighbours_table, read_interactions
from ..room import memory_limit

BOUGHT_WITH = "bought_with"
TOGETHER = Similarity("cosine", min_common=2)
"""The cosine of presence on orders. Two products that were sold once, on one order, would be as alike as can be: the
pair has to come up again."""
MOST_PRODUCTS = 200
"""Orders with more different products are left out: stock lists, which pair everything with everything. On Online
Retail they are 1.2 % of the orders and have 61 % of the pairs."""
# Orders stand where customers do. What came back before the clock was not bought.
ORDERS = f"""
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_quantity
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
kept AS (
    SELECT DISTINCT order_id, product_id
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return
      AND quantity > coalesce(came_back.returned_quantity, 0)
)
SELECT order_id AS customer_id, product_id, 1 AS weight, getvariable('as_of') AS last_event_at
FROM kept
QUALIFY count(*) OVER (PARTITION BY order_id) <= {MOST_PRODUCTS}
"""
READS = tables_in(ORDERS)


def bought_with(run: Run) -> pa.Table | None:
    """The rows of this measure; `n_common_customers` counts orders. None without an order.

    Raises `ValueError` where it takes more than `recommend.memory_gb`.
    """
    orders = read_interactions(run.duck, ORDERS)
    if orders is None:
        return None
    matrix, limit, k = orders.matrix, memory_limit(run), run.session.settings.recommend.similar_products
    said = similarity_memory(matrix.shape[0], matrix.getnnz(axis=0), k, TOGETHER, memory_limit_bytes=limit).peak
    run.log.info(f"products on the same orders take {said / 2**20:.0f} MB beside their input")
    found = top_k_neighbours(matrix, k, TOGETHER, memory_limit_bytes=limit)
    return neighbours_table("product", orders.product_ids, found, BOUGHT_WITH)
