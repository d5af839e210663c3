-- One customer, from the customers feed or, where the feed does not have them, from their events. The country of the
-- first event stands in for a missing one: a later event must not change what was known before it.
WITH seen AS (
    SELECT
        customer_id, min(event_at) AS first_event_at, arg_min(country, (event_at, country)) AS country
    FROM clean.events
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
),
listed AS (
    SELECT
        *,
        row_number() OVER same_id AS occurrence,
        content = first_value(content) OVER same_id AS is_same_content
    FROM (
        SELECT
            *, hash(name, email, phone, birth_year, gender, country, city, signed_up_at, email_consent, sms_consent,
                    phone_consent) AS content
        FROM raw.customers
    )
    WINDOW same_id AS (PARTITION BY customer_id ORDER BY _file, _row, _part)
)
SELECT
    customer_id, listed.name, listed.email, listed.phone, listed.birth_year, listed.gender,
    coalesce(listed.country, seen.country) AS country, listed.city, listed.signed_up_at,
    coalesce(listed.email_consent, false) AS email_consent, coalesce(listed.sms_consent, false) AS sms_consent,
    coalesce(listed.phone_consent, false) AS phone_consent,
    listed.customer_id IS NOT NULL AS is_registered, seen.first_event_at,
    CASE
        WHEN listed.occurrence > 1 AND listed.is_same_content THEN 'exact_duplicate'
        WHEN listed.occurrence > 1 THEN 'duplicate_customer'
        WHEN listed.birth_year NOT BETWEEN 1900 AND year(getvariable('now')) THEN 'impossible_birth_year'
    END AS _rule,
    NULL AS _reason, listed._file, listed._row, listed._part,
    CASE WHEN _rule IS NOT NULL THEN to_json({
        'customer_id': customer_id, 'name': listed.name, 'email': listed.email, 'phone': listed.phone,
        'birth_year': listed.birth_year, 'gender': listed.gender, 'country': listed.country, 'city': listed.city,
        'signed_up_at': listed.signed_up_at
    }) END AS _source
FROM listed
FULL JOIN seen USING (customer_id)
