-- One row per product seen in a track call, at the call that saw it last. Other calls say nothing about products.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN type = 'track' AND json_valid(properties) THEN from_json(properties, '{
            "product_id": "VARCHAR", "sku": "VARCHAR", "name": "VARCHAR", "brand": "VARCHAR", "category": "VARCHAR",
            "products": [{
                "product_id": "VARCHAR", "id": "VARCHAR", "sku": "VARCHAR", "name": "VARCHAR", "brand": "VARCHAR",
                "category": "VARCHAR"
            }]
        }') END AS about
    FROM {records}
),
listed AS (
    SELECT
        *,
        CASE
            WHEN len(about.products) > 0 THEN about.products
            ELSE [{
                'product_id': about.product_id, 'id': NULL, 'sku': about.sku, 'name': about.name, 'brand': about.brand,
                'category': about.category
            }]
        END AS products
    FROM parsed
),
seen AS (
    SELECT *, unnest(products) AS product, generate_subscripts(products, 1) AS position FROM listed
),
named AS (
    SELECT
        *,
        coalesce(product.product_id, product.id, product.sku) AS product_id,
        (coalesce(epoch_us(TRY_CAST(timestamp AS TIMESTAMPTZ)), 0), _path, _row, position) AS sighting
    FROM seen
),
newest AS (
    SELECT
        arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, arg_max(_record, sighting) AS _record,
        true AS _is_readable, product_id,
        arg_max(product.name, sighting) AS title, arg_max(product.brand, sighting) AS brand,
        arg_max(product.category, sighting) AS category
    FROM named
    WHERE product_id IS NOT NULL
    GROUP BY product_id
)
SELECT *, CAST(row_number() OVER (PARTITION BY _path, _row ORDER BY product_id) AS INTEGER) AS _part
FROM newest
