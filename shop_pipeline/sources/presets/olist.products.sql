-- One row per product, its category in English where the translation table has it.
WITH categories AS (
    SELECT * FROM {categories} WHERE _is_readable
    QUALIFY row_number() OVER (PARTITION BY product_category_name ORDER BY _path, _row) = 1
)
SELECT
    products._path, products._row, 1 AS _part, products._record, products._is_readable, product_id,
    coalesce(product_category_name_english, products.product_category_name) AS category,
    nullif(json_merge_patch('{}', json_object(
        'weight_g', product_weight_g, 'length_cm', product_length_cm, 'height_cm', product_height_cm,
        'width_cm', product_width_cm, 'photos', product_photos_qty
    )), '{}') AS attributes
FROM {records} AS products
LEFT JOIN categories ON categories.product_category_name = products.product_category_name
