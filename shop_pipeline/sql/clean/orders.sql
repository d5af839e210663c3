-- One order. Net is the default: net_revenue is gross_revenue (its sales) less what came back of them, whenever and
-- under whatever number; a return whose sale is not known is taken off the order that it names.
-- Whose it is, and by which way it came, is what was told at the moment of its first sale, even if that is nothing: what
-- a later line adds may be of after the clock of a run that counts the sale.
WITH moments AS (
    SELECT
        lines.order_id, line_at, is_return,
        arg_min(lines.customer_id, line_number) AS customer_id,
        arg_min(country, line_number) AS country,
        arg_min(channel, line_number) AS channel,
        min(line_date) AS line_date,
        count(*) AS n_lines,
        sum(lines.quantity) AS quantity,
        sum(gross_amount) AS gross_amount,
        sum(returned_amount) AS returned_amount,
        sum(net_amount) AS net_amount
    FROM clean.order_lines AS lines
    JOIN clean.events USING (event_id)
    GROUP BY lines.order_id, line_at, is_return
)
SELECT
    order_id,
    arg_min_null(customer_id, (is_return, line_at)) AS customer_id,
    min(line_at) AS ordered_at,
    min(line_date) AS order_date,
    arg_min_null(country, (is_return, line_at)) AS country,
    arg_min_null(channel, (is_return, line_at)) AS channel,
    sum(n_lines) AS n_lines,
    coalesce(sum(quantity) FILTER (NOT is_return), 0) AS units,
    sum(gross_amount) AS gross_revenue,
    sum(returned_amount) AS returned_revenue,
    sum(net_amount) AS net_revenue,
    bool_and(is_return) AS is_return
FROM moments
GROUP BY order_id
