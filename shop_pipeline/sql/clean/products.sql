-- One product in the newest version that holds at the run's clock; one that is not on sale by then in its first.
-- Without a products feed, the products are those that events name.
WITH listed AS (
    SELECT
        product_id, title, description, category, brand, unit_price, unit_cost, attributes,
        true AS is_listed, _file, _row,
        coalesce(valid_from < getvariable('as_of'), true) AS holds,
        row_number() OVER (
            PARTITION BY product_id
            ORDER BY holds DESC, CASE WHEN holds THEN valid_from END DESC NULLS LAST, valid_from, _file DESC, _row DESC
        ) AS version_from_newest
    FROM raw.products
),
seen AS (
    -- The newest title that an event carried; ties are broken by the title itself.
    SELECT
        product_id, arg_max(title, (event_at, title)) AS title, min(_file) AS _file, min(_row) AS _row
    FROM raw.events
    WHERE product_id IS NOT NULL AND NOT is_service AND NOT EXISTS (SELECT 1 FROM raw.products)
    GROUP BY product_id
)
SELECT
    product_id, title, description, category, brand, unit_price, unit_cost, attributes, is_listed,
    CASE
        WHEN version_from_newest > 1 THEN 'older_version'
        WHEN unit_price < 0 OR unit_cost < 0 THEN 'negative_price'
        WHEN attributes IS NOT NULL AND NOT json_valid(attributes) THEN 'broken_attributes'
    END AS _rule,
    NULL AS _reason, _file, _row,
    to_json(struct_pack(product_id, title, category, brand, unit_price, unit_cost, attributes)) AS _source
FROM listed
UNION ALL BY NAME
SELECT
    product_id, title, NULL AS description, NULL AS category, NULL AS brand, NULL AS unit_price, NULL AS unit_cost,
    NULL AS attributes, false AS is_listed, NULL AS _rule, NULL AS _reason, _file, _row, NULL AS _source
FROM seen
