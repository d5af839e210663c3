-- Who bought what people buy again and again, and when the usual time after the last purchase is over. What came back
-- before the clock was not bought.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_quantity
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
)
SELECT
    customer_id, product_id,
    count(DISTINCT line_date) AS n_purchase_days,
    max(line_at) AS last_purchase_at,
    -- A median may end in a half.
    last_purchase_at + to_hours((24 * any_value(rebuy_days))::BIGINT) AS due_at,
    due_at <= getvariable('as_of') AS is_due
FROM clean.order_lines
JOIN features.product_rules USING (product_id)
LEFT JOIN came_back USING (event_id)
WHERE is_rebought AND line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_service AND NOT is_return
  AND quantity > coalesce(came_back.returned_quantity, 0)
GROUP BY customer_id, product_id
