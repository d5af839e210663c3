-- One row per customer, each part of the billing address as the newest order has it. Refunds have no address.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(billing) THEN from_json(billing, '{
            "first_name": "VARCHAR", "last_name": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR", "city": "VARCHAR",
            "country": "VARCHAR"
        }') END AS address
    FROM {records}
),
named AS (
    SELECT
        *,
        coalesce(
            nullif(customer_id, '0'), 'guest:' || left(sha256(coalesce(getvariable('id_key'), '') || lower(trim(nullif(address.email, '')))), 24)
        ) AS customer,
        (coalesce(date_created_gmt, ''), _path, _row) AS sighting
    FROM parsed
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, customer,
    arg_max(
        nullif(concat_ws(' ', nullif(address.first_name, ''), nullif(address.last_name, '')), ''), sighting
    ) AS name,
    arg_max(nullif(address.email, ''), sighting) AS email, arg_max(nullif(address.phone, ''), sighting) AS phone,
    arg_max(nullif(address.country, ''), sighting) AS country, arg_max(nullif(address.city, ''), sighting) AS city
FROM named
WHERE customer IS NOT NULL
GROUP BY customer
