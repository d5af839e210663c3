"""The `marts` and `ops` schemas: what people query. Every mart says as of when it holds and which run made it."""

from .health import HEALTH
from .judged import JUDGED
from .mart import mart as _mart
from .shown import only_shown_products
from .table import Column, ForeignKey, Rule, Table

RANKS = Rule(
    "ranks_have_no_gap",
    "SELECT {key}, max(rank) AS top, count(*) AS n FROM {{batch}} GROUP BY ALL HAVING max(rank) <> count(*)",
    "ranks are 1, 2, 3 ... within each list",
)


def _ranks(key: str) -> Rule:
    return Rule(RANKS.name, RANKS.sql.format(key=key), RANKS.doc)


REASONS = (
    "similar_to_yours",
    "customers_like_you",
    "bought_next",
    "bought_again",
    "your_taste",
    "new",
    "popular",
)

RECOMMENDATIONS = _mart(
    "recommendations",
    "one product that a customer is shown, at one rank",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("rank", "INTEGER", "1 is shown first", minimum=1),
        Column("product_id", "VARCHAR", "product"),
        Column("score", "DOUBLE", "higher is better; comparable within one customer and one model"),
        Column("model", "VARCHAR", "the model that chose it: the champion, or popularity where it had no more"),
        Column(
            "fallback_level",
            "INTEGER",
            "0 the champion, 1 filled up with popular, 2 popular only",
            minimum=0,
            maximum=2,
        ),
        Column("reason_code", "VARCHAR", "why: the part of the score that is largest", values=REASONS),
        Column("reason_product_ids", "VARCHAR[]", "the customer's own products behind it", required=False),
        Column(
            "reason_share",
            "DOUBLE",
            "their share of the score; above 1 where other own products speak against it",
            required=False,
            minimum=0,
        ),
        Column(
            "relevance_rank",
            "INTEGER",
            "the rank that it had before diversity and margin; null where it was filled in",
            required=False,
            minimum=1,
        ),
        Column("is_holdout", "BOOLEAN", "the customer is held out: show them no list, and compare what they do"),
    ),
    ("customer_id", "rank"),
    (
        ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
    ),
    (
        _ranks("customer_id"),
        Rule(
            "no_product_twice",
            "SELECT customer_id, product_id FROM {batch} GROUP BY ALL HAVING count(*) > 1",
            "a product stands once in a list",
        ),
        only_shown_products(),
        Rule(
            "seen_products_left_out",
            "SELECT customer_id, product_id FROM {batch}"
            " SEMI JOIN features.interactions USING (customer_id, product_id)"
            " ANTI JOIN (FROM features.repurchases WHERE is_due) USING (customer_id, product_id)",
            "nothing that the customer already has to do with, unless it is bought again and again, and due",
        ),
        Rule(
            "held_out_as_a_whole",
            "SELECT customer_id FROM {batch} GROUP BY 1 HAVING count(DISTINCT is_holdout) > 1",
            "all places of a list are marked alike",
        ),
        *HEALTH,
    ),
)

SIMILAR_PRODUCTS = _mart(
    "similar_products",
    "one of the products most like a product",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("measure", "VARCHAR", "how likeness is measured"),
        Column("rank", "INTEGER", "1 is the most alike", minimum=1),
        Column("similar_product_id", "VARCHAR", "the product that is like it"),
        Column("score", "FLOAT", "higher is more alike"),
        Column(
            "n_common_customers",
            "INTEGER",
            "customers who have to do with both; for bought_with, orders that have both; null for content",
            required=False,
            minimum=1,
        ),
    ),
    ("product_id", "measure", "rank"),
    (ForeignKey(("similar_product_id",), "clean.products", ("product_id",)),),
    (_ranks("product_id, measure"), only_shown_products("similar_product_id")),
)

POPULAR_PRODUCTS = _mart(
    "popular_products",
    "one product of a best-seller list",
    (
        Column("scope", "VARCHAR", "all, trending, category: NAME, country: NAME or segment: NAME"),
        Column("rank", "INTEGER", "1 is the most popular", minimum=1),
        Column("product_id", "VARCHAR", "product"),
        Column("score", "DOUBLE", "sum of interaction weights; for trending, buyers of this week less the week before"),
    ),
    ("scope", "rank"),
    (ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    (_ranks("scope"), only_shown_products()),
)

MODEL_READINESS = _mart(
    "model_readiness",
    "one model, and what the data allow for it",
    (
        Column("model", "VARCHAR", "model"),
        Column("table_name", "VARCHAR", "the table that it gates"),
        Column("verdict", "VARCHAR", "full, reduced, or none", values=("full", "reduced", "none")),
        Column("quantity", "VARCHAR", "the quantity that decided, see features.model_counts"),
        Column("observed", "BIGINT", "how many there are", minimum=0),
        Column("threshold", "BIGINT", "the fewest that are enough", minimum=0),
        Column("reason", "VARCHAR", "where the threshold comes from"),
        Column("otherwise", "VARCHAR", "what is done below it"),
        Column("text", "VARCHAR", "what the data allow, as a phrase"),
    ),
    ("model",),
    (),
    (
        Rule(
            "below_threshold_is_not_full",
            "SELECT model FROM {batch} WHERE (verdict = 'full') <> (observed >= threshold)",
            "full exactly where the threshold is reached",
        ),
    ),
)

OUTCOME = (
    Column("run_id", "VARCHAR", "the run that checked"),
    Column("table_name", "VARCHAR", "the table that was checked"),
    Column("rule", "VARCHAR", "the expectation"),
    Column("partition", "VARCHAR", "days that were checked; empty for the whole table"),
    Column("passed", "BOOLEAN", "held"),
    Column("n_rows", "BIGINT", "rows checked", minimum=0),
    Column("n_failed", "BIGINT", "rows that broke it", minimum=0),
    Column(
        "severity",
        "VARCHAR",
        "ERROR refuses the table, WARN does not, REPAIR counts mended rows",
        values=("ERROR", "WARN", "REPAIR"),
    ),
    Column("sample", "VARCHAR", "some failing rows as JSON, personal data masked", required=False),
)
OUTCOME_KEY = ("run_id", "table_name", "rule", "partition")

DATA_QUALITY = _mart(
    "data_quality", "the outcome of one expectation on one table, when it was last checked", OUTCOME, OUTCOME_KEY
)

CHECK_RESULTS = Table(
    "ops",
    "check_results",
    "the outcome of one expectation in one run, also of those that refused a table",
    (*OUTCOME, Column("checked_at", "TIMESTAMP", "when (UTC)")),
    OUTCOME_KEY,
)

LANDING_FILES = Table(
    "ops",
    "landing_files",
    "one landing file of the events feed whose days are all in raw.events",
    (
        Column("file", "VARCHAR", "path under the data folder"),
        Column("fingerprint", "VARCHAR", "name, size and time of change: an equal one is not read again"),
        Column("sha256", "VARCHAR", "hash of the content"),
        Column("n_rows", "BIGINT", "rows read", minimum=0),
        Column("n_refused", "BIGINT", "rows that could not be read", minimum=0),
        Column("first_day", "DATE", "earliest day in it", required=False),
        Column("last_day", "DATE", "latest day in it", required=False),
        Column("is_clean", "BOOLEAN", "all its days are in clean.events too: it is not looked at again"),
    ),
    ("file",),
)

RUN_MANIFEST = Table(
    "ops",
    "run_manifest",
    "one good run: what went in, what came out",
    (
        Column("run_id", "VARCHAR", "run"),
        Column("as_of", "TIMESTAMP", "the run's clock (UTC)"),
        Column("git_revision", "VARCHAR", "revision of the code, where it runs from a checkout", required=False),
        Column("parameters", "VARCHAR", "settings of the run as JSON"),
        Column("seeds", "VARCHAR", "seeds as JSON"),
        Column("versions", "VARCHAR", "library versions as JSON"),
        Column("inputs", "VARCHAR", "SHA-256 of each landing file as JSON"),
        Column("outputs", "VARCHAR", "rows and content hash of each table as JSON, run ids left out"),
    ),
    ("run_id",),
)

MARTS = (
    RECOMMENDATIONS,
    SIMILAR_PRODUCTS,
    POPULAR_PRODUCTS,
    MODEL_READINESS,
    *JUDGED,
    DATA_QUALITY,
)
OPS = (CHECK_RESULTS, LANDING_FILES, RUN_MANIFEST)
