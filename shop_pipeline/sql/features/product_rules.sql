-- What the shop's rules say of each product that was known before the clock: whether it is shown, what it earns, and
-- whether people buy it again and again. Events, stock, purchases and returns are those known before the clock, so that
-- the same text tells of an earlier one; the catalogue and its prices are those of today.
WITH heard AS (
    SELECT product_id, bool_and(is_service) AS is_service
    FROM clean.events
    WHERE event_at < getvariable('as_of') AND product_id IS NOT NULL
    GROUP BY product_id
),
announced AS (
    SELECT DISTINCT product_id FROM clean.prices WHERE coalesce(valid_from < getvariable('as_of'), true)
),
known AS (
    -- What only later events name, or only a later version of the feed, is not there yet. The one version of a product
    -- that no feed lists is of no day and tells nothing.
    SELECT products.*, coalesce(heard.is_service, false) AS is_service
    FROM clean.products AS products
    LEFT JOIN heard USING (product_id)
    LEFT JOIN announced USING (product_id)
    WHERE heard.is_service = false OR is_listed AND announced.product_id IS NOT NULL
),
-- A day's count is known when the day is over, and the clock is the end of a day.
counted AS (
    SELECT product_id, arg_max(on_hand, stock_date) AS on_hand
    FROM clean.stock
    WHERE stock_date < CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)
    GROUP BY product_id
),
blocked_paths AS (
    SELECT lower(regexp_replace(blocked, '[\s\pZ]', '', 'g')) AS path
    FROM (SELECT unnest(getvariable('blocked_categories')) AS blocked)
),
blocked AS (
    -- Case and spaces do not count; the mark behind both paths keeps `a > bb` apart from `a > b`.
    SELECT DISTINCT product_id
    FROM clean.products
    JOIN blocked_paths ON starts_with(lower(regexp_replace(category, '[\s\pZ]', '', 'g')) || '>', path || '>')
    UNION
    SELECT trim(blocked) FROM (SELECT unnest(getvariable('blocked_products')) AS blocked)
),
judged AS (
    SELECT
        product_id,
        CASE
            WHEN NOT is_listed AND EXISTS (SELECT 1 FROM known WHERE is_listed) THEN 'not_listed'
            WHEN blocked.product_id IS NOT NULL THEN 'blocked'
            -- Postage in the catalogue is sold, but nobody wants it recommended.
            WHEN is_service THEN 'service'
            WHEN on_hand <= 0 AND NOT getvariable('show_out_of_stock') THEN 'out_of_stock'
        END AS rule,
        CASE WHEN unit_price > 0 THEN (unit_price - unit_cost)::DOUBLE / unit_price::DOUBLE END AS margin
    FROM known
    LEFT JOIN blocked USING (product_id)
    LEFT JOIN counted USING (product_id)
),
came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_quantity
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
purchase_days AS (
    SELECT DISTINCT customer_id, product_id, line_date
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_service AND NOT is_return
      AND quantity > coalesce(came_back.returned_quantity, 0)
),
gaps AS (
    SELECT
        customer_id, product_id,
        line_date - lag(line_date) OVER (PARTITION BY customer_id, product_id ORDER BY line_date) AS gap_days
    FROM purchase_days
),
rebuying AS (
    SELECT
        product_id,
        count(DISTINCT customer_id) AS n_buyers,
        count(DISTINCT customer_id) FILTER (gap_days IS NOT NULL) / n_buyers AS rebuy_share,
        median(gap_days) AS rebuy_days
    FROM gaps
    GROUP BY product_id
)
SELECT
    product_id, rule IS NULL AS is_shown, rule, margin,
    coalesce(n_buyers, 0) AS n_buyers, rebuy_share, rebuy_days,
    coalesce(
        rebuy_share >= getvariable('rebuy_share') AND n_buyers >= getvariable('rebuy_buyers')
        AND rebuy_days IS NOT NULL, false
    ) AS is_rebought
FROM judged
LEFT JOIN rebuying USING (product_id)
