"""The `features` and `models` schemas: the interaction matrix, and every learned thing as a table."""

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

PRODUCT_SIMILARITY = Table(
    "models",
    "product_similarity",
    "one of the k products most like a product",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("measure", "VARCHAR", "how likeness is measured", values=("cosine",)),
        Column("rank", "INTEGER", "1 is the most alike", minimum=1),
        Column("similar_product_id", "VARCHAR", "the product that is like it"),
        Column("score", "FLOAT", "cosine of the two columns of the interaction matrix", minimum=0, maximum=1.0001),
        Column("n_common_customers", "INTEGER", "customers who have to do with both", minimum=1),
    ),
    ("product_id", "measure", "rank"),
    foreign_keys=(
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
        ForeignKey(("similar_product_id",), "clean.products", ("product_id",)),
    ),
    rules=(Rule("not_like_itself", "SELECT * FROM {batch} WHERE product_id = similar_product_id", "self left out"),),
)

ALS_FACTORS = Table(
    "models",
    "als_factors",
    "the latent factors of one customer or one product",
    (
        Column("entity", "VARCHAR", "customer or product", values=("customer", "product")),
        Column("id", "VARCHAR", "its id"),
        Column("factors", "FLOAT[]", "factor vector; the score of a pair is the dot product"),
    ),
    ("entity", "id"),
    rules=(
        Rule(
            "factors_are_finite",
            # A null within the vector is neither finite nor infinite for isfinite.
            "SELECT entity, id FROM {batch}"
            " WHERE list_bool_or(list_transform(factors, x -> NOT coalesce(isfinite(x), false)))",
            "no NaN, no infinity, no gap",
        ),
        Rule(
            "one_length",
            "SELECT n FROM (SELECT count(DISTINCT len(factors)) AS n FROM {batch}) WHERE n > 1",
            "all vectors have the same length",
        ),
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

LEARNED = (INTERACTIONS, MODEL_COUNTS, PRODUCT_SIMILARITY, ALS_FACTORS)
