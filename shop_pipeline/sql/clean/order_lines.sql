-- One product on one order, sold (purchase) or given back (refund, cancel).
SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY event_at, event_id) AS line_number,
    event_id, product_id, customer_id, event_at AS line_at, event_date AS line_date, is_service,
    event_type <> 'purchase' AS is_return,
    quantity, unit_price,
    CASE WHEN is_return THEN 0 ELSE quantity * unit_price END AS gross_amount,
    CASE WHEN is_return THEN quantity * unit_price ELSE 0 END AS returned_amount,
    CASE WHEN is_return THEN -quantity * unit_price ELSE quantity * unit_price END AS net_amount
FROM clean.events
WHERE event_type IN ('purchase', 'refund', 'cancel')
