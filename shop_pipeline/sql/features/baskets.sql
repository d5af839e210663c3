-- What was bought together: one product of one order, with the units that were kept at the clock. Baskets are of
-- everybody, with an account or without, but not of customers with a label that the models leave out; services are not
-- in them. What came back before the clock is taken off the sale that it belongs to; a product of which no unit is left
-- is not in its basket. A product that stands on several lines of an order is in its basket once, with all its units.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
kept AS (
    SELECT order_id, product_id, lines.quantity - coalesce(came_back.units, 0)::BIGINT AS units_kept
    FROM clean.order_lines AS lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return AND units_kept > 0
),
-- An order may take days to be told: its basket is of the first, even if all of that day came back.
days AS (
    SELECT order_id, min(line_date) AS basket_date
    FROM clean.order_lines
    WHERE line_at < getvariable('as_of') AND NOT is_return
    GROUP BY order_id
)
SELECT order_id, product_id, basket_date, sum(units_kept)::BIGINT AS quantity
FROM kept JOIN days USING (order_id)
GROUP BY ALL
