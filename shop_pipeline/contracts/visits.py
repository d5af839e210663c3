"""Visits and what comes next in them: for visitors whom nobody knows.

Here: the declarations of `features.visits`, of what is learned from it, and of `marts.session_recommendations`. Not
here: `clean.sessions`, which counts the events of a visit (`visitors.py`), and lists for customers (`published.py`).
"""

from .judged import INTERVAL
from .mart import mart
from .shown import only_shown_products
from .table import Column, ForeignKey, Rule, Table

MODELS = ("transitions", "item_neighbours", "popularity")

VISITS = Table(
    "features",
    "visits",
    "one visit and one product that it had to do with: looked at, put into the cart, bought ...",
    (
        Column("visit_id", "VARCHAR", "session: ID; order: ID without a session; day: DATE CUSTOMER without both"),
        Column("product_id", "VARCHAR", "product"),
        Column("weight", "DOUBLE", "largest event weight, of a purchase the share that was kept; over zero", minimum=0),
        Column("first_event_at", "TIMESTAMP", "its first event in the visit (UTC): the order in which products came"),
        Column("last_event_at", "TIMESTAMP", "its newest event in the visit (UTC)"),
    ),
    ("visit_id", "product_id"),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    rules=(
        Rule(
            "nothing_after_as_of",
            "SELECT visit_id, product_id, last_event_at FROM {batch} WHERE last_event_at >= getvariable('as_of')",
            "no event at or after the run's clock is used",
        ),
        Rule(
            "first_is_not_after_last",
            "SELECT visit_id, product_id FROM {batch} WHERE first_event_at > last_event_at",
            "the first event is not later than the newest",
        ),
        Rule("weights_are_finite", "SELECT * FROM {batch} WHERE NOT isfinite(weight) OR weight <= 0", "over zero"),
    ),
)


def _lists(other: str) -> tuple[Rule, ...]:
    return (
        Rule(
            "ranks_have_no_gap",
            "SELECT product_id, max(rank) AS top, count(*) AS n FROM {batch} GROUP BY ALL HAVING top <> n",
            "ranks are 1, 2, 3 ... within each list",
        ),
        Rule("not_itself", f"SELECT product_id, rank FROM {{batch}} WHERE product_id = {other}", "self left out"),
        Rule(
            "no_product_twice",
            f"SELECT product_id, {other} FROM {{batch}} GROUP BY ALL HAVING count(*) > 1",
            "a product stands once in a list",
        ),
    )


_BOTH_KNOWN = tuple(
    ForeignKey((column,), "clean.products", ("product_id",)) for column in ("product_id", "next_product_id")
)

SESSION_LINKS = Table(
    "models",
    "session_links",
    "one product that visits went on to from a product, as the champion of models.session_evaluation tells",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("rank", "INTEGER", "1 has the largest weight", minimum=1),
        Column("next_product_id", "VARCHAR", "product that comes next"),
        Column("weight", "FLOAT", "over zero, higher is likelier; comparable within one product", minimum=0),
        Column("model", "VARCHAR", "the model that found it", values=MODELS),
    ),
    ("product_id", "rank"),
    foreign_keys=_BOTH_KNOWN,
    rules=(
        *_lists("next_product_id"),
        Rule(
            "weights_are_finite",
            "SELECT product_id, rank FROM {batch} WHERE NOT isfinite(weight) OR weight <= 0",
            "over zero",
        ),
        Rule(
            "one_model",
            "SELECT n FROM (SELECT count(DISTINCT model) AS n FROM {batch}) WHERE n > 1",
            "all links are of one model",
        ),
    ),
)

SESSION_EVALUATION = Table(
    "models",
    "session_evaluation",
    "one metric of one model on the visits of the test period: one product is known, the next are to be found",
    (
        Column("model", "VARCHAR", "model", values=MODELS),
        Column("metric", "VARCHAR", "metric"),
        Column("k", "INTEGER", "length of the list", minimum=1),
        Column("value", "DOUBLE", "mean over visits", minimum=0, maximum=1),
        Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval", required=False),
        Column("ci_high", "DOUBLE", "upper end", required=False),
        Column("baseline", "VARCHAR", "the rival"),
        Column("beats_baseline", "BOOLEAN", "the paired difference to the rival is over zero with its whole interval"),
        Column("is_champion", "BOOLEAN", "the model that fills models.session_links"),
        Column("n_visits", "BIGINT", "visits that were asked, one question each", minimum=0),
        Column("split_at", "TIMESTAMP", "start of the test period (UTC); training ends there"),
    ),
    ("model", "metric", "k"),
    rules=(
        Rule(INTERVAL.name, INTERVAL.sql.format(key="model, metric, k"), INTERVAL.doc),
        Rule(
            "one_champion",
            "SELECT n FROM (SELECT count(DISTINCT model) AS n FROM {batch} WHERE is_champion) WHERE n <> 1"
            " AND EXISTS (FROM {batch})",
            "one model is the champion",
        ),
    ),
)

SESSION_RECOMMENDATIONS = mart(
    "session_recommendations",
    "one product that a visitor whom nobody knows is shown after a product, at one rank",
    (
        Column("product_id", "VARCHAR", "product that the visitor looks at"),
        Column("rank", "INTEGER", "1 is shown first", minimum=1),
        Column("next_product_id", "VARCHAR", "product that is shown"),
        Column("score", "DOUBLE", "over zero, higher is better; comparable within one product and one model"),
        Column(
            "model",
            "VARCHAR",
            "the model that chose it: the champion; content where it has nothing; popularity where that is not enough",
            values=("content", *MODELS),
        ),
    ),
    ("product_id", "rank"),
    foreign_keys=_BOTH_KNOWN,
    rules=(
        *_lists("next_product_id"),
        only_shown_products("next_product_id"),
        Rule(
            "scores_fall",
            "SELECT a.product_id, a.rank FROM {batch} AS a JOIN {batch} AS b"
            " ON b.product_id = a.product_id AND b.model = a.model AND b.rank = a.rank + 1"
            " WHERE a.score < b.score",
            "within one product and one model, a better rank has no lower score",
        ),
        Rule(
            "scores_are_finite",
            "SELECT product_id, rank FROM {batch} WHERE NOT isfinite(score) OR score <= 0",
            "over zero",
        ),
    ),
)

VISITED = (VISITS, SESSION_LINKS, SESSION_EVALUATION, SESSION_RECOMMENDATIONS)
