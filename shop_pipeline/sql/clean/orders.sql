-- One order. Net is the default: net_revenue is gross_revenue (its sales) less what came back of them, whenever and
-- under whatever number; a return whose sale is not known is taken off the order that it names.
WITH lines AS (
    SELECT lines.*, events.country, events.channel
    FROM clean.order_lines AS lines
    JOIN clean.events AS events USING (event_id)
)
SELECT
    order_id,
    arg_min(customer_id, line_number) AS customer_id,
    min(line_at) AS ordered_at,
    arg_min(line_date, line_number) AS order_date,
    arg_min(country, line_number) AS country,
    arg_min(channel, line_number) AS channel,
    count(*) AS n_lines,
    coalesce(sum(quantity) FILTER (NOT is_return), 0) AS units,
    sum(gross_amount) AS gross_revenue,
    sum(returned_amount) AS returned_revenue,
    sum(net_amount) AS net_revenue,
    bool_and(is_return) AS is_return
FROM lines
GROUP BY order_id
