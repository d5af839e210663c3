-- One row per customer, each cell as the newest order has it. Lines of nobody name no customer.
WITH named AS (
    SELECT
        *,
        nullif(lower(trim(billing_email)), '') AS mail,
        coalesce(nullif(nullif(trim(customer_id), '0'), ''), 'guest:' || left(sha256(coalesce(getvariable('id_key'), '') || mail), 24)) AS customer,
        (coalesce(order_date, ''), _path, _row) AS sighting
    FROM {records}
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, customer,
    arg_max(nullif(trim(concat_ws(' ', billing_first_name, billing_last_name)), ''), sighting) AS name,
    arg_max(nullif(trim(billing_email), ''), sighting) AS email,
    arg_max(nullif(trim(billing_phone), ''), sighting) AS phone,
    arg_max(nullif(trim(billing_country), ''), sighting) AS country,
    arg_max(nullif(trim(billing_city), ''), sighting) AS city
FROM named
WHERE customer IS NOT NULL
GROUP BY customer
