-- What was sold in each week from Monday to Sunday that the shop's days cover whole. The first week of a product may be
-- a part of one: so the weeks of products add up to those of their category and of the shop, as their days do.
WITH shop AS (
    SELECT
        min(ds) FILTER (isodow(ds) = 1) AS first_monday,
        max(ds) FILTER (isodow(ds) = 7) AS last_sunday
    FROM features.demand_daily
    WHERE level = 'all'
)
SELECT
    level, unique_id, parent_id, date_trunc('week', ds)::DATE AS ds,
    sum(units)::BIGINT AS units,
    sum(revenue)::DECIMAL(18, 4) AS revenue,
    avg(price::DECIMAL(18, 4)) AS price,
    2 * count(*) FILTER (is_promotion) > count(*) AS is_promotion,
    count(*) FILTER (is_out_of_stock) > 1 AS is_out_of_stock,
    count(*) FILTER (is_out_of_stock) AS days_out_of_stock
FROM features.demand_daily
WHERE ds BETWEEN (SELECT first_monday FROM shop) AND (SELECT last_sunday FROM shop)
GROUP BY ALL
