"""What the shop's rules, diversity and margin cost in relevance, on the test period.

Belongs here: the declaration of `marts.list_trade_offs`. Does not belong here: the measuring
(`models/lists/trade_off.py`).
"""

from .mart import mart
from .table import Column, Rule

CURVES = ("rules", "diversity", "margin")

LIST_TRADE_OFFS = mart(
    "list_trade_offs",
    "one setting of one thing beside relevance that lists are made for, tried on the test period",
    (
        Column("curve", "VARCHAR", "what is changed; all else is as shop.yaml has it", values=CURVES),
        Column("setting", "DOUBLE", "how much it counts; of rules, 0 is without and 1 with them", minimum=0, maximum=1),
        Column("is_used", "BOOLEAN", "the setting of shop.yaml when it was tried"),
        Column("k", "INTEGER", "length of the list", minimum=1),
        Column("ndcg", "DOUBLE", "NDCG, mean over customers", minimum=0, maximum=1),
        Column("ndcg_loss", "DOUBLE", "NDCG at setting 0 of the curve less that"),
        Column("loss_ci_low", "DOUBLE", "lower end of its 95 % bootstrap interval, paired", required=False),
        Column("loss_ci_high", "DOUBLE", "upper end", required=False),
        Column("recall", "DOUBLE", "recall, mean over customers", minimum=0, maximum=1),
        Column(
            "relevance_kept",
            "DOUBLE",
            "sum of the scores of the listed products / the same at setting 0; above 1 where diversity undoes some of"
            " what margin cost, or models that are asked deeper find more",
            minimum=0,
        ),
        Column(
            "diversity",
            "DOUBLE",
            "1 - mean cosine of the pairs of a list, mean over lists of two or more; null without one",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column("coverage", "DOUBLE", "products in any list / all products that training knows", minimum=0, maximum=1),
        Column(
            "mean_margin",
            "DOUBLE",
            "mean margin of the listed products, as a share of their list price; null where none is known",
            required=False,
            maximum=1,
        ),
        Column("n_customers", "BIGINT", "customers with something to find", minimum=1),
        Column("split_at", "TIMESTAMP", "start of the test period (UTC); training ends there"),
    ),
    ("curve", "setting"),
    rules=(
        Rule(
            "one_used_per_curve",
            "SELECT curve FROM {batch} WHERE curve IS NOT NULL GROUP BY curve HAVING count(*) FILTER (is_used) <> 1",
            "each curve marks the one setting of shop.yaml",
        ),
        Rule(
            "nothing_lost_at_zero",
            "SELECT curve, setting FROM {batch} WHERE setting = 0 AND relevance_kept <> 1",
            "setting 0 keeps all relevance: the others are held against it",
        ),
        Rule(
            "loss_is_against_zero",
            "SELECT b.curve, b.setting FROM {batch} AS b"
            " LEFT JOIN (SELECT curve, max(ndcg) AS ndcg FROM {batch} WHERE setting = 0 GROUP BY 1) AS zero"
            " USING (curve)"
            " WHERE b.curve IS NOT NULL AND b.ndcg IS NOT NULL AND b.ndcg_loss IS NOT NULL"
            " AND NOT coalesce(abs(zero.ndcg - b.ndcg - b.ndcg_loss) < 1e-9, false)",
            "each curve has a setting 0, and losses are what is missing to its NDCG",
        ),
        Rule(
            "interval_holds_loss",
            "SELECT curve, setting FROM {batch}"
            " WHERE ndcg_loss < loss_ci_low - 1e-12 OR ndcg_loss > loss_ci_high + 1e-12",
            "low <= loss <= high",
        ),
        Rule(
            "shares_are_finite",
            "SELECT curve, setting FROM {batch} WHERE NOT isfinite(relevance_kept)",
            "a number",
        ),
    ),
)
