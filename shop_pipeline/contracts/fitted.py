"""The fitted recommenders in the `models` schema: one table per model, in one of five shapes.

`FITTED` says which table holds which model of `models/recommenders/catalogue.py`. Not here: what a model learns
(`models/recommenders`), and the crossing between tables and arrays (`assets/recommenders/states.py`).
"""

from .table import Column, ForeignKey, Rule, Table

FACTORS_ARE_FINITE = Rule(
    "factors_are_finite",
    # A null within the vector is neither finite nor infinite for isfinite.
    "SELECT entity, id FROM {batch} WHERE list_bool_or(list_transform(factors, x -> NOT coalesce(isfinite(x), false)))",
    "no NaN, no infinity, no gap",
)
ONE_LENGTH = Rule(
    "one_length",
    "SELECT n FROM (SELECT count(DISTINCT len(factors)) AS n FROM {batch}) WHERE n > 1",
    "all vectors have the same length",
)


def _links(name: str, entity: str, doc: str) -> Table:
    """Weighted links of a product (or customer) to others, as `state.Links`."""
    own, other = f"{entity}_id", f"linked_{entity}_id"
    return Table(
        "models",
        name,
        f"one link from a {entity} to another: {doc}",
        (
            Column(own, "VARCHAR", f"{entity} that the customer has" if entity == "product" else entity),
            Column("rank", "INTEGER", "1 has the largest weight", minimum=1),
            Column(other, "VARCHAR", f"{entity} that it speaks for"),
            Column("weight", "FLOAT", "what it adds to the score, for one unit of the history; may be negative"),
        ),
        (own, "rank"),
        foreign_keys=tuple(ForeignKey((column,), f"clean.{entity}s", (own,)) for column in (own, other)),
        rules=(
            Rule("weights_are_finite", f"SELECT {own}, rank FROM {{batch}} WHERE NOT isfinite(weight)", "a number"),
            Rule("not_linked_to_itself", f"SELECT {own}, rank FROM {{batch}} WHERE {own} = {other}", "self left out"),
            Rule(
                "ranks_have_no_gap",
                f"SELECT {own}, max(rank) AS top, count(*) AS n FROM {{batch}} GROUP BY ALL HAVING top <> n",
                "ranks are 1, 2, 3 ... within each list",
            ),
        ),
    )


def _factors(name: str, doc: str) -> Table:
    """Latent factors of customers and products, as `state.Factors`."""
    return Table(
        "models",
        f"{name}_factors",
        f"the latent factors of one customer or one product: {doc}",
        (
            Column("entity", "VARCHAR", "customer or product", values=("customer", "product")),
            Column("id", "VARCHAR", "its id"),
            Column("factors", "FLOAT[]", "factor vector; the score of a pair is the dot product"),
        ),
        ("entity", "id"),
        rules=(FACTORS_ARE_FINITE, ONE_LENGTH),
    )


def _group_scores(name: str, doc: str) -> Table:
    """Scores of products by group of customers, and who is in which group, as `state.GroupScores`."""
    return Table(
        "models",
        name,
        f"a product's score within a group of customers, or a customer's group: {doc}",
        (
            Column("group_name", "VARCHAR", "group of customers"),
            Column("entity", "VARCHAR", "customer or product", values=("customer", "product")),
            Column("id", "VARCHAR", "its id"),
            Column("score", "FLOAT", "of a product: higher is more popular; null for a customer", required=False),
        ),
        ("group_name", "entity", "id"),
        foreign_keys=tuple(
            ForeignKey(("id",), f"clean.{entity}s", (f"{entity}_id",), where=f"entity = '{entity}'")
            for entity in ("customer", "product")
        ),
        rules=(
            Rule(
                "products_have_a_score",
                "SELECT group_name, entity, id FROM {batch}"
                " WHERE (entity = 'product') <> (coalesce(isfinite(score), false) AND score > 0)",
                "a finite score above 0, and none for a customer",
            ),
            Rule(
                "one_group_per_customer",
                "SELECT id FROM {batch} WHERE entity = 'customer' GROUP BY id HAVING count(*) > 1",
                "a customer stands in one group",
            ),
        ),
    )


MULT_VAE = Table(
    "models",
    "mult_vae",
    "one row of a weight matrix, or a whole bias vector, of the multinomial variational autoencoder",
    (
        Column("name", "VARCHAR", "layer"),
        Column("position", "INTEGER", "row of the matrix; -1 for a vector", minimum=-1),
        Column("values", "FLOAT[]", "its numbers"),
    ),
    ("name", "position"),
    rules=(
        Rule(
            "values_are_finite",
            "SELECT name, position FROM {batch}"
            ' WHERE list_bool_or(list_transform("values", x -> NOT coalesce(isfinite(x), false)))',
            "no NaN, no infinity, no gap",
        ),
    ),
)

FITTED: dict[str, Table] = {
    "popularity": _group_scores("popularity", "best sellers of all"),
    "popularity_trending": _group_scores("popularity_trending", "best sellers of late"),
    "popularity_by_category": _group_scores("popularity_by_category", "best sellers of the customer's category"),
    "popularity_by_country": _group_scores("popularity_by_country", "best sellers of the customer's country"),
    "item_neighbours": _links("item_neighbours", "product", "bought by the same customers"),
    "user_neighbours": _links("user_neighbours", "customer", "with the same products"),
    "content_based": _links("content_based", "product", "alike in words, category, brand, price and attributes"),
    "als": _factors("als", "implicit alternating least squares"),
    "pure_svd": _factors("pure_svd", "truncated singular value decomposition"),
    "nmf": _factors("nmf", "non-negative matrix factorisation"),
    "ease": _links("ease", "product", "ridge regression on all other products"),
    "sparse_ease": _links("sparse_ease", "product", "ridge regression on the nearest products"),
    "graph_filter": _links("graph_filter", "product", "low-pass filter of the graph of products"),
    "rp3beta": _links("rp3beta", "product", "random walk of three steps, popular products penalised"),
    "transitions": _links("transitions", "product", "bought next"),
    "session_neighbours": _links("session_neighbours", "product", "next in similar histories"),
    "mult_vae": MULT_VAE,
}
"""Name in the catalogue of recommenders -> the table with its learned state."""
