-- One row per product entity or item, at the event that saw it last. Other events say nothing about products.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(contexts) THEN
            from_json(contexts, '{"data": [{"schema": "VARCHAR", "data": "JSON"}]}').data END AS entities,
        coalesce(
            contexts_com_snowplowanalytics_snowplow_ecommerce_product_1,
            CAST(to_json([e.data for e in entities if e.schema LIKE 'iglu:%.ecommerce/product/%']) AS VARCHAR)
        ) AS product_text
    FROM {records}
),
listed AS (
    SELECT
        * EXCLUDE (entities),
        list_concat(
            CASE WHEN json_valid(product_text) THEN from_json(product_text, '[{
                "id": "VARCHAR", "name": "VARCHAR", "brand": "VARCHAR", "category": "VARCHAR"
            }]') END,
            [{'id': ti_sku, 'name': ti_name, 'brand': NULL, 'category': ti_category}]
        ) AS products
    FROM parsed
),
seen AS (
    SELECT * EXCLUDE (products), unnest(products) AS product, generate_subscripts(products, 1) AS position FROM listed
),
newest AS (
    SELECT
        arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, arg_max(_record, sighting) AS _record,
        true AS _is_readable, product.id AS product_id,
        arg_max(product.name, sighting) AS title, arg_max(product.brand, sighting) AS brand,
        arg_max(product.category, sighting) AS category
    FROM (SELECT *, (coalesce(derived_tstamp, collector_tstamp, ''), _path, _row, position) AS sighting FROM seen)
    WHERE product.id IS NOT NULL
    GROUP BY product.id
)
SELECT *, CAST(row_number() OVER (PARTITION BY _path, _row ORDER BY product_id) AS INTEGER) AS _part
FROM newest
