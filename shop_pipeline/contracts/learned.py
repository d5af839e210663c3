"""The `features` schema, and of `models` the similarities and the ratings; the recommenders are in `fitted.py`."""

from .fitted import FACTORS_ARE_FINITE, FITTED
from .table import Column, ForeignKey, Rule, Table

INTERACTIONS = Table(
    "features",
    "interactions",
    "one customer and one product that they have to do with: an entry of the interaction matrix",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("product_id", "VARCHAR", "product"),
        Column("weight", "DOUBLE", "sum of event weights, each halved per half-life of its age; over zero", minimum=0),
        Column("n_events", "BIGINT", "events", minimum=1),
        Column("n_purchases", "BIGINT", "purchases", minimum=0),
        Column("last_event_at", "TIMESTAMP", "newest event (UTC)"),
    ),
    ("customer_id", "product_id"),
    foreign_keys=(
        ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
    ),
    rules=(
        Rule(
            "nothing_after_as_of",
            "SELECT customer_id, product_id, last_event_at FROM {batch} WHERE last_event_at >= getvariable('as_of')",
            "no event at or after the run's clock is used",
        ),
        Rule("weights_are_finite", "SELECT * FROM {batch} WHERE NOT isfinite(weight) OR weight <= 0", "over zero"),
    ),
)

MEASURES = ("cosine", "pearson", "euclidean", "jaccard", "tfidf", "bm25", "asymmetric", "content", "bought_with")
COUNTED_ELSE = "; for bought_with, orders that have both; null for content"


def _similarity(entity: str, common: str, measures: tuple[str, ...]) -> Table:
    """The nearest of each product or customer, by measure."""
    own, other = f"{entity}_id", f"similar_{entity}_id"
    return Table(
        "models",
        f"{entity}_similarity",
        f"one of the k {entity}s most like a {entity}",
        (
            Column(own, "VARCHAR", entity),
            Column("measure", "VARCHAR", "how likeness is measured", values=measures),
            Column("rank", "INTEGER", "1 is the most alike", minimum=1),
            Column(other, "VARCHAR", f"the {entity} that is like it"),
            Column("score", "FLOAT", "above 0, higher is more alike; comparable within one measure", minimum=0),
            Column(
                f"n_common_{common}s",
                "INTEGER",
                f"{common}s that have to do with both" + (COUNTED_ELSE if "content" in measures else ""),
                required="content" not in measures,
                minimum=1,
            ),
        ),
        (own, "measure", "rank"),
        foreign_keys=tuple(ForeignKey((column,), f"clean.{entity}s", (own,)) for column in (own, other)),
        rules=(
            Rule("not_like_itself", f"SELECT * FROM {{batch}} WHERE {own} = {other}", "self left out"),
            Rule("scores_are_finite", "SELECT * FROM {batch} WHERE NOT isfinite(score)", "a number"),
        ),
    )


PRODUCT_SIMILARITY = _similarity("product", "customer", MEASURES)
CUSTOMER_SIMILARITY = _similarity("customer", "product", MEASURES[:-2])

RATING_FACTORS = Table(
    "models",
    "rating_factors",
    "what explicit ratings say of one customer, one product, or the shop: bias and latent factors",
    (
        Column("entity", "VARCHAR", "shop, customer or product", values=("shop", "customer", "product")),
        Column("id", "VARCHAR", "its id; empty for the shop"),
        Column("bias", "FLOAT", "of the shop: the mean rating; else how much higher than it"),
        Column("factors", "FLOAT[]", "empty where biases alone are better; for the shop: lowest and highest rating"),
    ),
    ("entity", "id"),
    rules=(
        FACTORS_ARE_FINITE,
        Rule("biases_are_finite", "SELECT entity, id FROM {batch} WHERE NOT isfinite(bias)", "a number"),
    ),
)

MODEL_COUNTS = Table(
    "features",
    "model_counts",
    "one quantity that a model needs enough of",
    (
        Column("quantity", "VARCHAR", "what is counted, before the run's clock"),
        Column("observed", "BIGINT", "how many there are", minimum=0),
    ),
    ("quantity",),
)

LEARNED = (
    INTERACTIONS,
    MODEL_COUNTS,
    PRODUCT_SIMILARITY,
    CUSTOMER_SIMILARITY,
    RATING_FACTORS,
    *FITTED.values(),
)
