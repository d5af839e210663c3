-- One row per item seen, at the event that saw it last. Events without items say nothing about products.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(items) THEN from_json(items, '[{
            "item_id": "VARCHAR", "item_name": "VARCHAR", "item_brand": "VARCHAR", "item_category": "VARCHAR",
            "item_category2": "VARCHAR", "item_category3": "VARCHAR", "item_category4": "VARCHAR",
            "item_category5": "VARCHAR"
        }]') END AS listed
    FROM {records}
),
seen AS (
    SELECT
        * EXCLUDE (listed),
        unnest(CASE WHEN len(listed) > 0 THEN listed ELSE [NULL] END) AS item,
        generate_subscripts(CASE WHEN len(listed) > 0 THEN listed ELSE [NULL] END, 1) AS position
    FROM parsed
),
named AS (
    SELECT
        * EXCLUDE (position),
        coalesce(nullif(nullif(item.item_id, '(not set)'), ''), nullif(item.item_name, '(not set)')) AS product_id,
        nullif(item.item_name, '(not set)') AS item_title,
        nullif(item.item_brand, '(not set)') AS item_brand,
        nullif(array_to_string(list_filter(
            [item.item_category, item.item_category2, item.item_category3, item.item_category4, item.item_category5],
            lambda level: level NOT IN ('', '(not set)')
        ), ' > '), '') AS item_path,
        (coalesce(TRY_CAST(event_timestamp AS BIGINT), 0), _path, _row, position) AS sighting
    FROM seen
),
newest AS (
    SELECT
        arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, arg_max(_record, sighting) AS _record,
        true AS _is_readable, product_id,
        arg_max(item_title, sighting) AS title, arg_max(item_brand, sighting) AS brand,
        arg_max(item_path, sighting) AS category
    FROM named
    WHERE product_id IS NOT NULL
    GROUP BY product_id
)
SELECT *, CAST(row_number() OVER (PARTITION BY _path, _row ORDER BY product_id) AS INTEGER) AS _part
FROM newest
