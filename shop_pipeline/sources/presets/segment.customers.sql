-- One row per user that was identified, at the call that did it last; each trait as it was given last. Calls without
-- a user or without traits say nothing about customers.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN type = 'identify' AND json_valid(traits) THEN from_json(traits, '{
            "name": "VARCHAR", "firstName": "VARCHAR", "lastName": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR",
            "birthday": "VARCHAR", "gender": "VARCHAR", "createdAt": "VARCHAR",
            "address": {"country": "VARCHAR", "city": "VARCHAR"}
        }') END AS trait,
        (coalesce(epoch_us(TRY_CAST(timestamp AS TIMESTAMPTZ)), 0), _path, _row) AS sighting
    FROM {records}
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, userId AS customer_id,
    arg_max(coalesce(trait.name, nullif(concat_ws(' ', trait.firstName, trait.lastName), '')), sighting) AS name,
    arg_max(trait.email, sighting) AS email, arg_max(trait.phone, sighting) AS phone,
    arg_max(trait.birthday, sighting) AS birthday, arg_max(trait.gender, sighting) AS gender,
    arg_max(trait.createdAt, sighting) AS created_at, arg_max(trait.address.country, sighting) AS country,
    arg_max(trait.address.city, sighting) AS city
FROM parsed
WHERE trait IS NOT NULL AND userId IS NOT NULL
GROUP BY userId
