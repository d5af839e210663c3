-- One row per product of the items, as the newest order has it.
WITH named AS (
    SELECT
        *,
        coalesce(
            nullif(nullif(trim(item_product_id), '0'), ''), nullif(trim(item_sku), ''), nullif(trim(item_name), '')
        ) AS product_id,
        (coalesce(order_date, ''), _path, _row) AS sighting
    FROM {records}
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, product_id,
    arg_max(nullif(trim(item_name), ''), sighting) AS title, arg_max(nullif(trim(item_sku), ''), sighting) AS sku
FROM named
WHERE product_id IS NOT NULL
GROUP BY product_id
