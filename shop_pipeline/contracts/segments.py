"""Segments: the models, who is in which, what a segment is like, and who moved.

Here: `models.segmentation`, `models.customer_components` and the marts about segments. Not here: what customers are put
into segments by (`purchases.py`, `customer_features.py`), and what each promises (`segment_rules.py`).
"""

from .mart import mart
from .segment_rules import (
    COMPONENT_RULES,
    MEMBER_RULES,
    MIGRATION_RULES,
    PROFILE_RULES,
    SEGMENTATION_RULES,
)
from .table import Column, ForeignKey, Table

METHODS = ("rfm", "kmeans", "dbscan")
_BUYER = ForeignKey(("customer_id",), "features.rfm", ("customer_id",))
_METHOD = Column("method", "VARCHAR", "what the segments were made by", values=METHODS)
_SEGMENT = Column(
    "segment", "VARCHAR", "segment; its id stays from run to run until a full one; noise: in no cluster of dbscan"
)
_LABEL = Column("segment_label", "VARCHAR", "what people call it")

SEGMENTATION = Table(
    "models",
    "segmentation",
    "one number of the models behind the segments; to put customers into segments needs nothing else",
    (
        Column("method", "VARCHAR", "model", values=("scaling", "kmeans", "density", "pca", "ica")),
        Column("part", "VARCHAR", "which of its vectors: a centre, a core point, a component, ...; or a setting"),
        Column("feature", "VARCHAR", "column of features.customer_features, or which setting"),
        Column("value", "DOUBLE", "the number; centres and core points are in scaled units"),
        Column("learned_at", "TIMESTAMP", "clock (UTC) of the run that learned it"),
    ),
    ("method", "part", "feature"),
    rules=SEGMENTATION_RULES,
)

CUSTOMER_COMPONENTS = Table(
    "models",
    "customer_components",
    "one customer of features.rfm on a map: where customers differ most (pca), and least by chance (ica)",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("pca_1", "DOUBLE", "along the direction in which customers differ most"),
        Column("pca_2", "DOUBLE", "along the next one"),
        Column("ica_1", "DOUBLE", "along the direction that is least like a bell curve"),
        Column("ica_2", "DOUBLE", "along the next one"),
    ),
    ("customer_id",),
    foreign_keys=(_BUYER,),
    rules=COMPONENT_RULES,
)


def _score(letter: str, of: str) -> Column:
    return Column(f"{letter}_score", "INTEGER", f"{of}: 5 is best; rfm only", required=False, minimum=1, maximum=5)


CUSTOMER_SEGMENTS = mart(
    "customer_segments",
    "one customer of features.rfm and the segment that they are in by one method",
    (
        Column("customer_id", "VARCHAR", "customer"),
        _METHOD,
        _SEGMENT,
        _LABEL,
        _score("r", "how recently they bought"),
        _score("f", "on how many days"),
        _score("m", "for how much in all"),
        Column(
            "distance",
            "DOUBLE",
            "in scaled units, to the centre (kmeans) or the nearest core point (dbscan); null for rfm",
            required=False,
            minimum=0,
        ),
        Column("previous_segment", "VARCHAR", "the segment in the last run of an earlier clock", required=False),
        Column("previous_as_of", "TIMESTAMP", "the clock of that run (UTC)", required=False),
    ),
    ("customer_id", "method"),
    (_BUYER,),
    MEMBER_RULES,
)


def _mean(name: str, doc: str, minimum: float | None = 0, maximum: float | None = None) -> Column:
    return Column(name, "DOUBLE", doc, minimum=minimum, maximum=maximum)


SEGMENT_PROFILES = mart(
    "segment_profiles",
    "one segment of one method and what its customers are like; means are over customers",
    (
        _METHOD,
        _SEGMENT,
        _LABEL,
        Column("segment_label_zh", "VARCHAR", "the same in Chinese"),
        Column("n_customers", "BIGINT", "customers", minimum=1),
        _mean("share_of_customers", "share of all customers of features.rfm", maximum=1),
        _mean("share_of_revenue", "share of their net revenue", None),
        _mean("n_purchases", "days with a purchase", 1),
        _mean("days_since_last", "days since the last of them"),
        _mean("median_days_since_last", "the median of the same: what is typical where a few left long ago"),
        _mean("mean_purchase", "amount of a purchase"),
        _mean("median_purchase", "the median over customers of the same: what is typical where a few spend much"),
        _mean("net_revenue", "what a customer paid for what they kept", None),
        _mean("n_categories", "different top categories", 1),
        _mean("units_per_line", "units of a line", 1),
        _mean("return_share", "share of the money that was paid back", maximum=1),
        _mean("discount_share", "share of the list price that was not asked", maximum=1),
        _mean("visits_30d", "visits of the last 30 days"),
        _mean("share_wholesale", "share of those who buy to sell on", maximum=1),
        Column("n_age_known", "BIGINT", "customers whose age is known", minimum=0),
        Column(
            "age_years",
            "INTEGER",
            "mean age in whole years; null where fewer than 5 are known",
            required=False,
            minimum=0,
        ),
        Column("n_gender_known", "BIGINT", "customers who are known as women or men", minimum=0),
        Column(
            "share_female",
            "DOUBLE",
            "share of women in hundredths; null where fewer than 3 are known as women or as men, or nearly all as one",
            required=False,
            minimum=0.01,
            maximum=0.99,
        ),
        Column("top_categories", "VARCHAR[]", "up to 3 top categories that take more of its money than of everybody's"),
        Column("top_category_lifts", "DOUBLE[]", "for each the one share over the other; above 1, the highest first"),
        Column("n_channel_known", "BIGINT", "customers whose favourite channel is known", minimum=0),
        Column(
            "top_channel", "VARCHAR", "the favourite channel of most; null where fewer than 5 are known", required=False
        ),
        Column(
            "share_top_channel",
            "DOUBLE",
            "of those whose favourite channel is known",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column("persona_en", "VARCHAR", "the profile as a paragraph, in English"),
        Column("persona_zh", "VARCHAR", "the same in Chinese"),
    ),
    ("method", "segment"),
    (ForeignKey(("method", "segment"), "marts.customer_segments", ("method", "segment")),),
    PROFILE_RULES,
)

SEGMENT_MIGRATION = mart(
    "segment_migration",
    "one way from a segment in the last run of an earlier clock to a segment now; empty before there was one",
    (
        _METHOD,
        Column("from_segment", "VARCHAR", "segment then; new: in none"),
        Column("to_segment", "VARCHAR", "segment now"),
        Column("n_customers", "BIGINT", "customers who went it, or stayed", minimum=1),
        Column("share", "DOUBLE", "of those who come from from_segment and still are in one", minimum=0, maximum=1),
        Column("previous_as_of", "TIMESTAMP", "the clock of that run (UTC)"),
    ),
    ("method", "from_segment", "to_segment"),
    rules=MIGRATION_RULES,
)

SEGMENTED: tuple[Table, ...] = (
    SEGMENTATION,
    CUSTOMER_COMPONENTS,
    CUSTOMER_SEGMENTS,
    SEGMENT_PROFILES,
    SEGMENT_MIGRATION,
)
