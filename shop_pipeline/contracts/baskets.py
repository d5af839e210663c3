"""What is bought together: the baskets, and the association rules over them.

Not here: the mining (`models/baskets`).
"""

from .mart import mart
from .table import Column, ForeignKey, Rule, Table


def _share(name: str, doc: str) -> Column:
    return Column(name, "DOUBLE", doc, minimum=0, maximum=1)


FEATURES_BASKETS = Table(
    "features",
    "baskets",
    "one product of one order, as many units of it as were kept at the run's clock: everybody's orders, no services",
    (
        Column("order_id", "VARCHAR", "order"),
        Column("product_id", "VARCHAR", "product"),
        Column("basket_date", "DATE", "first calendar day of the order, in the shop's time zone, kept or not"),
        Column("quantity", "BIGINT", "units kept", minimum=1),
    ),
    ("order_id", "product_id"),
    foreign_keys=(
        ForeignKey(("order_id",), "clean.orders", ("order_id",)),
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
    ),
    rules=(
        Rule(
            "follows_its_lines",
            "SELECT order_id, product_id FROM {batch} LEFT JOIN (SELECT order_id, product_id, sum(quantity) AS sold"
            " FROM clean.order_lines WHERE line_at < getvariable('as_of') AND NOT is_return AND NOT is_service"
            " GROUP BY ALL) USING (order_id, product_id) WHERE quantity > sold"
            " OR sold IS NULL AND order_id IS NOT NULL AND product_id IS NOT NULL",
            "the order sold the product before the run's clock, and as many units at least as were kept",
        ),
        Rule(
            "holds_all_purchases",
            "SELECT order_id, product_id FROM (SELECT order_id, product_id, sum(quantity) AS kept"
            " FROM features.purchases GROUP BY ALL) AS p LEFT JOIN {batch} AS b USING (order_id, product_id)"
            " WHERE b.order_id IS NULL OR b.quantity < kept",
            "what known customers kept is in a basket, with all its units",
        ),
        Rule(
            "one_day_per_basket",
            "SELECT order_id FROM {batch} GROUP BY order_id HAVING min(basket_date) <> max(basket_date)",
            "all products of an order are of one basket, and it has one day",
        ),
        Rule(
            "nobody_left_out_is_here",
            "SELECT DISTINCT order_id FROM {batch} ANTI JOIN (FROM clean.order_lines ANTI JOIN (SELECT customer_id"
            " FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)) USING (customer_id))"
            " USING (order_id) WHERE order_id IS NOT NULL",
            "no basket is of customers alone who have a label that the models leave out",
        ),
    ),
)

BOUGHT_TOGETHER = mart(
    "bought_together",
    "one association rule, who has these products in the basket has that one, too: no more general rule is as sure, and"
    " neither the rule nor what each antecedent adds is chance or the size of the baskets, but for"
    " `baskets.false_discovery_rate`",
    (
        Column("antecedents", "VARCHAR[]", "products that are in the basket, sorted by id"),
        Column("consequents", "VARCHAR[]", "the one product that goes with them"),
        _share("support", "share of the baskets that hold all of them"),
        _share("confidence", "share of the baskets with the antecedents that hold the consequent"),
        Column("lift", "DOUBLE", "confidence / consequent_support: 2 is twice as often as by chance", minimum=0),
        Column("leverage", "DOUBLE", "support less that of independence", minimum=-0.25, maximum=0.25),
        Column(
            "conviction",
            "DOUBLE",
            "how many times as often the rule would fail by chance; null where it never fails",
            required=False,
            minimum=0,
        ),
        Column("n_baskets", "BIGINT", "baskets that hold all of them", minimum=1),
        Column("n_antecedents", "INTEGER", "products in antecedents", minimum=1),
        _share("antecedent_support", "share of the baskets that hold the antecedents"),
        _share("consequent_support", "share of the baskets that hold the consequent"),
        _share(
            "improvement",
            "confidence over that of the best more general rule: fewer antecedents or none, the same consequent",
        ),
        Column(
            "lift_by_basket_size",
            "DOUBLE",
            "lift that sizes of baskets alone give: what is in large baskets goes with everything; `lift` is more",
            minimum=0,
        ),
        _share(
            "p_value",
            "Fisher's exact test, one-sided, of antecedents and consequent, as if all baskets were alike",
        ),
        _share(
            "q_value",
            "smallest false discovery rate (Benjamini and Hochberg) that lets the rule in, of all pairs of a frequent"
            " itemset and a frequent product; told from the largest of p_value, the p-value of the rule among baskets"
            " that keep their sizes, and those with which one antecedent adds nothing to the others",
        ),
    ),
    ("antecedents", "consequents"),
    rules=(
        Rule(
            "sides_are_sorted_and_apart",
            "SELECT antecedents, consequents FROM {batch} WHERE list_sort(list_distinct(antecedents)) <> antecedents"
            " OR len(consequents) <> 1 OR list_has_any(antecedents, consequents) OR n_antecedents <> len(antecedents)",
            "different products on the left, sorted, and one other on the right",
        ),
        Rule(
            "products_are_in_baskets",
            "SELECT product_id FROM (SELECT DISTINCT unnest(antecedents || consequents) AS product_id FROM {batch})"
            " ANTI JOIN features.baskets USING (product_id)",
            "every product was in a basket",
        ),
        Rule(
            "supports_are_shares_of_the_baskets",
            "WITH held AS (SELECT product_id, count(*) AS n FROM features.baskets GROUP BY 1),"
            " told AS (SELECT count(DISTINCT order_id) AS n_all FROM features.baskets)"
            " SELECT antecedents, consequents FROM {batch} CROSS JOIN told"
            " JOIN held AS c ON c.product_id = consequents[1] LEFT JOIN held AS a ON a.product_id = antecedents[1]"
            " WHERE NOT (abs(support - n_baskets / n_all) < 1e-12 AND abs(consequent_support - c.n / n_all) < 1e-12"
            " AND (n_antecedents > 1 OR abs(antecedent_support - a.n / n_all) < 1e-12))",
            "supports of the rule and of single products are counts of baskets over all baskets",
        ),
        Rule(
            "measures_follow_from_supports",
            "SELECT antecedents, consequents FROM {batch} WHERE NOT ("
            "abs(confidence - support / antecedent_support) < 1e-9"
            " AND abs(lift / (confidence / consequent_support) - 1) < 1e-9"
            " AND abs(leverage - (support - antecedent_support * consequent_support)) < 1e-9"
            " AND (conviction IS NULL) = (confidence = 1)"
            " AND coalesce(abs(conviction * (1 - confidence) - (1 - consequent_support)) < 1e-9, true))",
            "confidence, lift, leverage and conviction follow from the three supports",
        ),
        Rule(
            "rules_say_more_than_chance",
            "SELECT antecedents, consequents FROM {batch} WHERE NOT (lift > 1 AND lift > lift_by_basket_size - 1e-9"
            " AND improvement > 0"
            " AND improvement <= confidence - consequent_support + 1e-12 AND q_value >= p_value)",
            "what goes with nothing, in large baskets with everything, or with fewer products as surely, is no rule;"
            " the correction never helps",
        ),
    ),
)

BASKETS: tuple[Table, ...] = (FEATURES_BASKETS, BOUGHT_TOGETHER)
