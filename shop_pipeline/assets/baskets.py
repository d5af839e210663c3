"""What is bought together: the baskets, and the association rules over them.

Here: `features.baskets` and `marts.bought_together`. Not here: the mining (`models/baskets`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ..contracts import TABLES
from ..models.arrays import IdArray
from ..models.baskets.baskets import Baskets
from ..models.baskets.itemsets import Itemsets, frequent_itemsets, mining_memory
from ..models.baskets.rules import Found, find_rules
from .basket_examples import bought_together_page
from .gated import Built, Run, empty, gated_asset
from .matrices import lists_of
from .readiness import NAME as READINESS
from .readiness import shortfall
from .sql_files import sql_asset

NAME, READY_AS = "marts.bought_together", "association_rules"
READS = "features.baskets"


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The baskets and their rules."""
    rules = gated_asset(
        TABLES[NAME], build_rules, (READS, READINESS), kinds={"python", "numpy"}, afterwards=bought_together_page
    )
    return [sql_asset(READS), rules]


def build_rules(run: Run) -> Built:
    """The rules that are sure enough, say more than a more general one, and are hardly chance."""
    if note := shortfall(run, READY_AS):
        return empty(NAME, {"note": note})
    wanted = run.session.settings.baskets
    baskets, products = read_baskets(run)
    if not baskets.n_baskets:
        return empty(NAME, {"note": "no baskets: nothing was sold and kept"})
    memory = mining_memory(baskets, wanted.most_itemsets)
    # Not in the bound: the baskets as they are read, and the lists of the rules that are kept.
    run.log.info(f"itemsets and rules take at most {memory / 2**20:,.0f} MB beside {baskets.n_baskets:,} baskets")
    itemsets = frequent_itemsets(baskets, wanted.min_support, wanted.most_itemsets)
    found = find_rules(baskets, itemsets, wanted.min_confidence, wanted.false_discovery_rate)
    run.duck.register("found_rules", rules_table(found, itemsets, products))
    return Built("SELECT * FROM found_rules", metadata=told(found, itemsets) | {"search_memory_bound_mb": memory >> 20})


def read_baskets(run: Run) -> tuple[Baskets, IdArray]:
    """The baskets, and the ids of the products by position; DuckDB turns ids into positions."""
    run.duck.execute(
        "CREATE OR REPLACE TEMP TABLE basket_products AS SELECT product_id, row_number() OVER (ORDER BY product_id) - 1"
        f" AS position FROM (SELECT DISTINCT product_id FROM {READS})"
    )
    codes: dict[str, Any] = run.duck.execute(
        f"SELECT dense_rank() OVER (ORDER BY order_id) - 1 AS basket, position FROM {READS}"
        " JOIN basket_products USING (product_id)"
    ).fetchnumpy()
    found = run.duck.execute("SELECT product_id FROM basket_products ORDER BY position").fetchall()
    products = np.array([row[0] for row in found], dtype=object)
    n_baskets = int(codes["basket"].max(initial=-1)) + 1
    return Baskets.from_codes(codes["basket"], codes["position"], n_baskets, len(products)), products


def rules_table(found: Found, itemsets: Itemsets, products: IdArray) -> pa.Table:
    """The rows of marts.bought_together."""
    rules, n = found.kept, itemsets.n_baskets
    conviction = rules.conviction
    return pa.table(
        {
            "antecedents": lists_of(itemsets.members(rules.antecedents), products),
            "consequents": lists_of(rules.consequent[:, None], products),
            "support": rules.support,
            "confidence": rules.confidence,
            "lift": rules.lift,
            "leverage": rules.leverage,
            "conviction": pa.array(conviction, mask=np.isinf(conviction)),
            "n_baskets": rules.together.astype(np.int64),
            "n_antecedents": itemsets.length[rules.antecedents],
            "antecedent_support": rules.with_antecedents / n,
            "consequent_support": rules.with_consequent / n,
            "improvement": rules.improvement,
            "lift_by_basket_size": found.lift_by_basket_size,
            "p_value": np.exp(found.log_p),
            "q_value": np.exp(found.log_q),
        }
    )


def told(found: Found, itemsets: Itemsets) -> dict[str, Any]:
    """How many rules were looked at and left out, and why; and whether the support had to be raised."""
    support: dict[str, Any] = {
        "baskets": itemsets.n_baskets,
        "frequent_itemsets": len(itemsets),
        "longest_itemset": int(itemsets.length.max(initial=0)),
        "fewest_baskets_of_a_pair": itemsets.min_count,
    }
    longer = itemsets.min_count_long
    if longer <= itemsets.n_baskets:
        support["fewest_baskets_of_longer_itemsets"] = longer
    if longer > itemsets.asked_count:
        of_longer = f"longer ones in {longer:,}" if longer <= itemsets.n_baskets else "there are no longer ones"
        support["raised"] = (
            f"asked for are {itemsets.asked_count:,} baskets; single products and pairs had to be in"
            f" {itemsets.min_count:,}, {of_longer}: more itemsets are as frequent than baskets.most_itemsets"
        )
    return support | {
        "rules_tried": found.n_rules,
        "hypotheses": found.n_hypotheses,
        "confident_rules": found.n_confident,
        "left_out_as_redundant": found.n_redundant,
        "left_out_as_chance": found.n_chance,
        "rules_kept": len(found.kept),
    }
