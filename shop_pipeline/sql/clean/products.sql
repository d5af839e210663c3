-- One product in the newest version that holds at the run's clock; one that is not on sale by then in its first.
-- Without a products feed, the products are those that events name. A product that has left the feed stays as it was:
-- what was sold of it stays sold.
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN unit_price < 0 OR unit_cost < 0 THEN 'negative_price'
            WHEN attributes IS NOT NULL AND NOT json_valid(attributes) THEN 'broken_attributes'
        END AS broken,
        coalesce(valid_from < getvariable('as_of'), true) AS holds
    FROM raw.products
),
listed AS (
    -- A broken version does not hide the good one before it.
    SELECT
        *,
        row_number() OVER (
            PARTITION BY product_id, broken IS NULL
            ORDER BY
                holds DESC, CASE WHEN holds THEN valid_from END DESC NULLS LAST, valid_from,
                _file DESC, _row DESC, _part DESC
        ) AS version_from_newest
    FROM judged
),
seen AS (
    -- The newest title that an event before the clock carried; ties are broken by the title itself. Later events name
    -- what nobody knows before the clock, and no more: a new title is not that of earlier days.
    SELECT
        product_id,
        CASE
            WHEN min(event_at) < getvariable('as_of')
                THEN arg_max(title, (event_at, title)) FILTER (event_at < getvariable('as_of'))
            ELSE arg_max(title, (event_at, title))
        END AS title,
        min(_file) AS _file, min(_row) AS _row, min(_part) AS _part
    FROM raw.events
    WHERE product_id IS NOT NULL AND NOT is_service AND NOT EXISTS (SELECT 1 FROM raw.products)
    GROUP BY product_id
),
departed AS (
    SELECT * FROM clean.products
    WHERE product_id NOT IN (SELECT product_id FROM listed WHERE broken IS NULL)
      AND product_id NOT IN (SELECT product_id FROM seen)
      AND product_id IN (SELECT product_id FROM clean.events WHERE NOT is_service)
      AND NOT coalesce(getvariable('is_full'), false)
)
SELECT
    product_id, title, description, category, brand, unit_price, unit_cost, attributes, true AS is_listed,
    coalesce(broken, CASE WHEN version_from_newest > 1 THEN 'older_version' END) AS _rule,
    NULL AS _reason, _file, _row, _part,
    to_json(struct_pack(product_id, title, category, brand, unit_price, unit_cost, attributes)) AS _source
FROM listed
UNION ALL BY NAME
SELECT
    product_id, title, NULL AS description, NULL AS category, NULL AS brand, NULL AS unit_price, NULL AS unit_cost,
    NULL AS attributes, false AS is_listed, NULL AS _rule, NULL AS _reason, _file, _row, _part,
    NULL AS _source
FROM seen
UNION ALL BY NAME
SELECT
    product_id, title, description, category, brand, unit_price, unit_cost, attributes, false AS is_listed,
    NULL AS _rule, NULL AS _reason, NULL AS _file, NULL AS _row, NULL AS _part, NULL AS _source
FROM departed
