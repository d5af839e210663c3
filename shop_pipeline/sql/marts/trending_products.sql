-- Products that took a larger share of all purchases in the last 28 days than in the 28 before, and whether that can be
-- chance. Days are whole: the last one is that before the clock's, or the one that ends at a clock of midnight.
-- Counted are buyers and not units: a wholesale order of a thousand is one decision. A buyer counts once per
-- product and window; whom nobody knows is told by the order.
-- The test: if a product's share had not changed, each of its n buyers of both windows would fall into the last one
-- with the probability p that a purchase of any product does, so that a shop that grows makes nothing trend; p_value is
-- the exact chance of that many or more (Przyborowski and Wilenski 1940, two Poisson rates). q_value corrects for the
-- number of products tested (Benjamini and Hochberg 1995): of those with at most .05, one in twenty is chance.
-- Purchases are net of what came back before the clock, without postage and fees and without whom the models leave out.
WITH clock AS (
    SELECT
        -- The first day that is not over.
        CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today,
        today - 28 AS since,
        today - 56 AS before_since,
        (SELECT min(line_date) FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))
            AS first_sale
),
came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
bought AS (
    SELECT
        product_id, line_date, today, since, before_since, first_sale,
        line_date >= since AS is_recent,
        coalesce('customer ' || lines.customer_id, 'order ' || lines.order_id) AS buyer,
        (lines.quantity - coalesce(came_back.units, 0))::BIGINT AS units_kept
    FROM clean.order_lines AS lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    CROSS JOIN clock
    WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return AND units_kept > 0
),
firsts AS (
    SELECT product_id, min(line_date) AS first_date FROM bought GROUP BY product_id
),
counted AS (
    SELECT
        product_id, since,
        count(DISTINCT buyer) FILTER (is_recent) AS buyers,
        count(DISTINCT buyer) FILTER (NOT is_recent) AS buyers_before,
        coalesce(sum(units_kept) FILTER (is_recent), 0) AS units,
        coalesce(sum(units_kept) FILTER (NOT is_recent), 0) AS units_before
    FROM bought
    WHERE line_date >= before_since AND line_date < today
    -- A window that begins before the shop's first sale is no window.
      AND before_since >= first_sale
    GROUP BY ALL
),
totals AS (
    SELECT sum(buyers)::BIGINT AS all_buyers, sum(buyers_before)::BIGINT AS all_before FROM counted
),
tested AS (
    -- Of fewer than five buyers no outcome is unlikely enough: .5 to the fifth is .03.
    SELECT
        *,
        buyers + buyers_before AS n,
        all_buyers / (all_buyers + all_before) AS p,
        least(1, list_sum([
            exp(
                lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * ln(p) + (n - k) * ln(1 - p)
            ) FOR k IN range(buyers, n + 1)
        ])) AS p_value
    FROM counted
    CROSS JOIN totals
    WHERE all_buyers > 0 AND all_before > 0 AND buyers + buyers_before >= 5
),
corrected AS (
    SELECT
        *,
        least(1, min(p_value * n_tested / place) OVER (ORDER BY place DESC)) AS q_value
    FROM (
        SELECT *, count(*) OVER () AS n_tested, row_number() OVER (ORDER BY p_value, product_id) AS place FROM tested
    )
)
SELECT
    product_id,
    row_number() OVER (ORDER BY p_value, product_id) AS rank,
    buyers, buyers_before, units, units_before,
    buyers / all_buyers AS share,
    buyers_before / all_before AS share_before,
    share / nullif(share_before, 0) AS ratio,
    p_value, q_value,
    q_value <= 0.05 AS is_trending,
    first_date >= since AS is_new
FROM corrected
JOIN firsts USING (product_id)
WHERE buyers * all_before > buyers_before * all_buyers
