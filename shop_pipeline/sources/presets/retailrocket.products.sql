-- One row per product and moment at which one of its properties changes, with all properties that hold from then on. It
-- stands on the first line that says the change. Lines that only repeat what held before give no row of their own.
WITH RECURSIVE paths AS (
    SELECT categoryid, [categoryid] AS path, parentid AS above FROM {category_tree}
    UNION
    SELECT paths.categoryid, list_prepend(tree.categoryid, path), tree.parentid
    FROM paths
    JOIN {category_tree} AS tree ON tree.categoryid = above
    WHERE NOT list_contains(path, tree.categoryid)
),
categories AS (
    SELECT categoryid, array_to_string(arg_max(path, len(path)), ' > ') AS category
    FROM paths
    GROUP BY categoryid
),
-- A moment or a name that can't be read is for the rules; such a line can't be ordered among the others.
numbered AS (
    SELECT
        *, CASE WHEN regexp_full_match(timestamp, '\d{1,14}') THEN CAST(timestamp AS BIGINT) END AS moment,
        _is_readable AND moment IS NOT NULL AND itemid IS NOT NULL AND property IS NOT NULL AS is_usable
    FROM {records}
),
changes AS (
    SELECT
        *, lead(moment) OVER later AS until
    FROM (
        SELECT *, value IS DISTINCT FROM lag(value) OVER earlier OR lag(_row) OVER earlier IS NULL AS is_change
        FROM numbered
        WHERE is_usable
        WINDOW earlier AS (PARTITION BY itemid, property ORDER BY moment, _path, _row)
    )
    WHERE is_change
    WINDOW later AS (PARTITION BY itemid, property ORDER BY moment, _path, _row)
),
versions AS (
    SELECT itemid, moment, min((_path, _row)) AS place
    FROM changes
    GROUP BY itemid, moment
),
filled AS (
    SELECT
        versions.itemid, versions.moment, versions.place,
        max(changes.value) FILTER (property = 'categoryid') AS categoryid,
        list((property, changes.value) ORDER BY property) FILTER (property <> 'categoryid') AS others
    FROM versions
    JOIN changes
        ON changes.itemid = versions.itemid
        AND changes.moment <= versions.moment AND coalesce(changes.until > versions.moment, true)
    GROUP BY ALL
)
SELECT
    numbered._path, numbered._row, 1 AS _part, numbered._record, numbered._is_readable, numbered.itemid,
    coalesce(categories.category, filled.categoryid) AS category,
    CAST(to_json(map_from_entries(filled.others)) AS VARCHAR) AS attributes,
    CASE WHEN filled.moment IS NULL THEN timestamp ELSE CAST(epoch_ms(filled.moment) AS VARCHAR) END AS valid_from
FROM numbered
LEFT JOIN filled ON filled.place = (numbered._path, numbered._row)
LEFT JOIN categories USING (categoryid)
WHERE filled.moment IS NOT NULL OR NOT is_usable
