-- One product on one order, sold (purchase) or given back (refund, cancel). Net is the default: net_amount and
-- net_quantity of a sale are what is left after its returns of any later day, and a return keeps only what no sale is
-- known for. gross_amount is before returns; booked_amount is the signed money of the line on its own day.
WITH came_back AS (
    SELECT
        sale_event_id AS event_id, 0 AS matched_quantity, sum(quantity) AS returned_quantity,
        sum(amount) AS returned_amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL
    GROUP BY sale_event_id
    UNION ALL
    SELECT
        return_event_id, sum(quantity) FILTER (sale_event_id IS NOT NULL), sum(quantity) FILTER (sale_event_id IS NULL),
        sum(amount) FILTER (sale_event_id IS NULL)
    FROM clean.returns
    GROUP BY return_event_id
),
-- By time and not by the event's number: a version that comes in between numbers the later ones anew, and events are
-- not loaded again for it.
versions AS (
    SELECT
        product_id AS versioned_id, version AS product_version, title, unit_price AS list_price, unit_cost,
        CASE WHEN version = 1 THEN TIMESTAMP '0001-01-01' ELSE valid_from END AS begins,
        coalesce(valid_until, TIMESTAMP '9999-12-31') AS ends
    FROM clean.prices
)
SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY event_at, event_id) AS line_number,
    event_id, product_id, customer_id, event_at AS line_at, event_date AS line_date, is_service,
    event_type <> 'purchase' AS is_return,
    versions.product_version, title, quantity, unit_price, list_price, unit_cost,
    coalesce(came_back.matched_quantity, 0) AS matched_quantity,
    coalesce(came_back.returned_quantity, 0) AS returned_quantity,
    CASE WHEN is_return THEN 0 ELSE quantity END - coalesce(came_back.returned_quantity, 0) AS net_quantity,
    CASE WHEN is_return THEN 0 ELSE quantity * unit_price END AS gross_amount,
    coalesce(came_back.returned_amount, 0) AS returned_amount,
    gross_amount - coalesce(came_back.returned_amount, 0) AS net_amount,
    CASE WHEN is_return THEN -quantity * unit_price ELSE quantity * unit_price END AS booked_amount
FROM clean.events
LEFT JOIN came_back USING (event_id)
LEFT JOIN versions
    ON versioned_id = CASE WHEN NOT is_service THEN product_id END AND event_at >= begins AND event_at < ends
WHERE event_type IN ('purchase', 'refund', 'cancel')
