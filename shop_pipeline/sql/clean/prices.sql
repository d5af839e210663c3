-- The versions of each product, so that an event finds the price and title of its own moment. A product that no feed
-- lists has one version, as clean.products has it; one that has left the feed keeps its versions, because stored events
-- are of them. Of two versions of one moment the one that landed last holds.
WITH listed AS (
    -- What clean.products refuses is no version either.
    SELECT product_id, valid_from, title, category, unit_price, unit_cost
    FROM raw.products
    WHERE product_id IN (SELECT product_id FROM clean.products WHERE is_listed)
      AND coalesce(unit_price >= 0, true) AND coalesce(unit_cost >= 0, true) AND coalesce(json_valid(attributes), true)
    QUALIFY row_number() OVER (PARTITION BY product_id, valid_from ORDER BY _file DESC, _row DESC, _part DESC) = 1
),
departed AS (
    SELECT product_id, valid_from, title, category, unit_price, unit_cost
    FROM clean.prices
    WHERE product_id IN (SELECT product_id FROM clean.products WHERE NOT is_listed)
      AND EXISTS (SELECT 1 FROM raw.products) AND NOT coalesce(getvariable('is_full'), false)
),
versions AS (
    SELECT product_id, valid_from, title, category, unit_price, unit_cost FROM listed
    UNION ALL
    SELECT product_id, valid_from, title, category, unit_price, unit_cost FROM departed
    UNION ALL
    SELECT product_id, NULL AS valid_from, title, category, unit_price, unit_cost
    FROM clean.products
    WHERE NOT is_listed AND product_id NOT IN (SELECT product_id FROM departed)
)
SELECT
    product_id,
    row_number() OVER by_time AS version,
    valid_from,
    lead(valid_from) OVER by_time AS valid_until,
    title, category, unit_price, unit_cost
FROM versions
WINDOW by_time AS (PARTITION BY product_id ORDER BY valid_from NULLS FIRST)
