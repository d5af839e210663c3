-- One row per product of the line items, as the newest order has it.
WITH named AS (
    SELECT
        *,
        coalesce(nullif(trim("Lineitem sku"), ''), nullif(trim("Lineitem name"), '')) AS product_id,
        -- Their text is in the order of time, but for the hours between two offsets.
        (coalesce("Created at", ''), _path, _row) AS sighting
    FROM {records}
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, product_id,
    arg_max(nullif(trim("Lineitem name"), ''), sighting) AS title,
    arg_max(nullif(trim("Vendor"), ''), sighting) AS brand,
    arg_max("Lineitem price", sighting) AS unit_price
FROM named
WHERE product_id IS NOT NULL
GROUP BY product_id
