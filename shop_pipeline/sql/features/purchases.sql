-- What known customers bought and still had at the clock: one sold line, net of what came back of it before then. The
-- net columns of clean.order_lines know of later returns too, and are not used.
-- Customers with a label that the models leave out are not in it. A line of which no unit is left was no purchase.
-- A cost or list price that makes 1,000,000,000,000 or more of a line, as no amount does, is a mistake and not known.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
wholesale AS (
    SELECT customer_id FROM clean.customer_labels WHERE label = 'wholesale'
),
categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
kept AS (
    SELECT
        lines.*,
        lines.quantity - coalesce(came_back.units, 0)::BIGINT AS units_kept,
        coalesce(came_back.amount, 0)::DECIMAL(18, 4) AS paid_back
    FROM clean.order_lines AS lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_service AND NOT is_return
      AND units_kept > 0
)
SELECT
    event_id, order_id, kept.customer_id,
    CASE WHEN wholesale.customer_id IS NULL THEN 'ordinary' ELSE 'wholesale' END AS customer_group,
    product_id, coalesce(categories.category, '(none)') AS category, orders.channel,
    line_at AS purchased_at, line_date AS purchase_date,
    units_kept AS quantity,
    (gross_amount - paid_back)::DECIMAL(18, 4) AS amount,
    TRY_CAST(units_kept * unit_cost AS DECIMAL(16, 4)) AS cost,
    TRY_CAST(units_kept * list_price AS DECIMAL(16, 4)) AS list_amount,
    gross_amount,
    paid_back AS returned_amount
FROM kept
LEFT JOIN wholesale ON wholesale.customer_id = kept.customer_id
LEFT JOIN categories USING (product_id)
LEFT JOIN clean.orders AS orders USING (order_id)
