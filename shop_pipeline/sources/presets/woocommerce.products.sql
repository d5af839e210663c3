-- One row per product of the items, as the newest order has it. Orders without items say nothing about products.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(line_items) THEN
            from_json(line_items, '[{"product_id": "VARCHAR", "sku": "VARCHAR", "name": "VARCHAR"}]') END AS items
    FROM {records}
),
seen AS (
    SELECT
        *,
        unnest(CASE WHEN len(items) > 0 THEN items ELSE [NULL] END) AS item,
        generate_subscripts(CASE WHEN len(items) > 0 THEN items ELSE [NULL] END, 1) AS position
    FROM parsed
),
named AS (
    SELECT
        *,
        coalesce(nullif(item.product_id, '0'), nullif(item.sku, ''), item.name) AS product_id,
        (coalesce(date_created_gmt, ''), _path, _row, position) AS sighting
    FROM seen
),
newest AS (
    SELECT
        arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, arg_max(_record, sighting) AS _record,
        true AS _is_readable, product_id,
        arg_max(item.name, sighting) AS title, arg_max(nullif(item.sku, ''), sighting) AS sku
    FROM named
    WHERE product_id IS NOT NULL
    GROUP BY product_id
)
SELECT *, CAST(row_number() OVER (PARTITION BY _path, _row ORDER BY product_id) AS INTEGER) AS _part
FROM newest
