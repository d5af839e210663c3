-- One row per e-mail address, each cell as the newest order has it. Lines without an address name no customer.
WITH named AS (
    SELECT *, nullif(lower(trim("Email")), '') AS mail, (coalesce("Created at", ''), _path, _row) AS sighting
    FROM {records}
)
SELECT
    arg_max(_path, sighting) AS _path, arg_max(_row, sighting) AS _row, 1 AS _part,
    arg_max(_record, sighting) AS _record,
    true AS _is_readable, mail,
    arg_max(nullif(trim("Billing Name"), ''), sighting) AS name,
    arg_max(coalesce(nullif(trim("Phone"), ''), nullif(trim("Billing Phone"), '')), sighting) AS phone,
    arg_max(nullif(trim("Billing Country"), ''), sighting) AS country,
    arg_max(nullif(trim("Billing City"), ''), sighting) AS city,
    arg_max(nullif(trim("Accepts Marketing"), ''), sighting) AS email_consent
FROM named
WHERE mail IS NOT NULL
GROUP BY mail
