"""What a segment is like, in numbers and as a persona: `marts.segment_profiles`.

Here: the means of each segment, and their paragraphs. Not here: the words (`models/segments/personas.py`), and who is
in a segment (`segment_members.py`).
"""

from dataclasses import fields
from typing import Any

import dagster as dg
import pyarrow as pa

from ...contracts.segment_rules import FEWEST_KNOWN, FEWEST_OF_A_GENDER
from ...models.segments.persona_words import LANGUAGES, Phrase
from ...models.segments.personas import Profile, persona
from ...models.segments.rfm import SEGMENTS
from ..gated import Built, Run, empty
from .segmentation import read_segmentation

NAME = "marts.segment_profiles"
CATEGORY_SHARE = 0.05
"""A category is a segment's own from so much of its money on, and FEWEST_KNOWN buyers: else chance picks the rarest."""
MOST_CATEGORIES = 3
WOMEN = ("female", "f", "woman", "women", "女", "女性", "女士")
MEN = ("male", "m", "man", "men", "男", "男性", "男士")
ALL = "all"

# Sums and means are of decimals: two runs must give the same bits. The group 'all' is everybody, to compare with.
PROFILES = f"""
WITH members AS (
    SELECT customer_id, method, segment, segment_label FROM marts.customer_segments
    UNION ALL
    SELECT customer_id, '{ALL}', '{ALL}', '{ALL}' FROM features.customer_features
),
people AS (
    SELECT
        customer_id,
        year((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))
            - birth_year AS age,
        CASE
            WHEN lower(trim(gender)) IN {WOMEN} THEN 1
            WHEN lower(trim(gender)) IN {MEN} THEN 0
        END AS is_female
    FROM clean.customers
),
means AS (
    SELECT
        method, segment, min(segment_label) AS segment_label, count(*) AS n_customers,
        sum(net_revenue::DECIMAL(18, 4)) AS revenue,
        avg(n_purchases::DECIMAL(18, 4)) AS n_purchases,
        avg(days_since_last::DECIMAL(18, 4)) AS days_since_last,
        avg(mean_purchase::DECIMAL(18, 4)) AS mean_purchase,
        median(mean_purchase) AS median_purchase,
        median(days_since_last) AS median_days_since_last,
        avg(net_revenue::DECIMAL(18, 4)) AS net_revenue,
        avg(n_categories::DECIMAL(18, 4)) AS n_categories,
        avg(units_per_line::DECIMAL(18, 4)) AS units_per_line,
        avg(return_share::DECIMAL(18, 8)) AS return_share,
        avg(discount_share::DECIMAL(18, 8)) AS discount_share,
        avg(visits_30d::DECIMAL(18, 4)) AS visits_30d,
        avg((customer_group = 'wholesale')::INTEGER) AS share_wholesale,
        count(age) AS n_age_known,
        CASE WHEN count(age) >= {FEWEST_KNOWN} THEN round(avg(age))::INTEGER END AS age_years,
        sqrt(greatest(avg(age * age) - avg(age) ** 2, 0)) AS age_spread,
        count(is_female) AS n_gender_known,
        sum(is_female) AS n_women,
        round(avg(is_female), 2) AS share_of_women
    FROM members
    JOIN features.customer_features USING (customer_id)
    LEFT JOIN people USING (customer_id)
    GROUP BY method, segment
),
used AS (
    SELECT method, segment, favourite_channel, count(*) AS n
    FROM members
    JOIN features.customer_features USING (customer_id)
    WHERE favourite_channel IS NOT NULL
    GROUP BY ALL
),
channels AS (
    SELECT
        method, segment, arg_min(favourite_channel, (-n, favourite_channel)) AS top_channel,
        max(n) / sum(n) AS share_top_channel, sum(n)::BIGINT AS n_channel_known
    FROM used
    GROUP BY method, segment
),
spent AS (
    SELECT
        method, segment, category, count(*) FILTER (n_purchases > 0) AS n_buyers,
        sum(revenue::DECIMAL(18, 4)) AS revenue
    FROM members
    JOIN features.customer_categories USING (customer_id)
    GROUP BY ALL
),
shares AS (
    SELECT *, revenue / nullif(sum(revenue) OVER (PARTITION BY method, segment), 0) AS share FROM spent
),
lifts AS (
    SELECT shares.*, shares.share / everybody.share AS lift
    FROM shares
    JOIN shares AS everybody ON everybody.category = shares.category AND everybody.method = '{ALL}'
    WHERE shares.category <> '(none)' AND everybody.share > 0
      AND shares.n_buyers >= {FEWEST_KNOWN} AND shares.share >= {CATEGORY_SHARE}
),
interests AS (
    SELECT
        method, segment,
        list(category ORDER BY lift DESC, category)[:{MOST_CATEGORIES}] AS top_categories,
        list(lift ORDER BY lift DESC, category)[:{MOST_CATEGORIES}] AS top_category_lifts
    FROM lifts
    WHERE lift > 1
    GROUP BY method, segment
)
SELECT
    means.* EXCLUDE (revenue, n_women, share_of_women),
    -- All but a few of one kind would tell of nearly each what they are.
    CASE
        WHEN least(n_women, n_gender_known - n_women) >= {FEWEST_OF_A_GENDER} AND share_of_women BETWEEN 0.01 AND 0.99
        THEN share_of_women
    END AS share_female,
    n_customers / sum(n_customers) OVER of_method AS share_of_customers,
    (revenue / sum(revenue) OVER of_method)::DOUBLE AS share_of_revenue,
    coalesce(top_categories, []::VARCHAR[]) AS top_categories,
    coalesce(top_category_lifts, []::DOUBLE[]) AS top_category_lifts,
    coalesce(n_channel_known, 0) AS n_channel_known,
    CASE WHEN n_channel_known >= {FEWEST_KNOWN} THEN top_channel END AS top_channel,
    CASE WHEN n_channel_known >= {FEWEST_KNOWN} THEN share_top_channel END AS share_top_channel
FROM means
LEFT JOIN channels USING (method, segment)
LEFT JOIN interests USING (method, segment)
WINDOW of_method AS (PARTITION BY method)
ORDER BY method, n_customers DESC, segment
"""


def build_profiles(run: Run) -> Built:
    """A row for each segment of each method, with its persona."""
    rows = run.duck.execute(PROFILES).to_arrow_table().to_pylist()
    if not rows:
        return empty(NAME, {"note": "no customer with a purchase: no segments"})
    everybody = _profile(next(row for row in rows if row["method"] == ALL))
    names, currency = _names(run), run.session.settings.shop.currency
    told = []
    for row in rows:
        if row["method"] != ALL:
            own, name = _profile(row), names[row["method"], row["segment"]]
            texts = {f"persona_{each}": persona(name, own, everybody, currency, each) for each in LANGUAGES}
            told.append(row | texts | {"segment_label_zh": name.zh})
    run.duck.register("found_profiles", pa.Table.from_pylist(told))
    return Built("SELECT * EXCLUDE (age_spread) FROM found_profiles", metadata={"personas": _page(told)})


def _names(run: Run) -> dict[tuple[str, str], Phrase]:
    """What each segment is called, by method and id."""
    stored = read_segmentation(run)
    of_rfm = {("rfm", name): Phrase(one.english, one.chinese) for name, one in SEGMENTS.items()}
    return of_rfm | (stored.names() if stored else {})


def _profile(row: dict[str, Any]) -> Profile:
    known = {field.name: row[field.name] for field in fields(Profile)}
    lists = {name: tuple(row[name]) for name in ("top_categories", "top_category_lifts")}
    return Profile(**known | lists)


def _page(rows: list[dict[str, Any]]) -> Any:
    """All personas, method by method, the largest segments first."""
    lines: list[str] = []
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        lines += [f"## {method}", *(f"- {row['persona_en']}\n- {row['persona_zh']}" for row in own)]
    return dg.MetadataValue.md("\n\n".join(lines))
